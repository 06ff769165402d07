"""The channels that need no network: console and files. And the registry that opens all of them."""

from __future__ import annotations

import errno
import io
from datetime import timedelta
from pathlib import Path

import pytest
from fake_sinks import make_message, serve_slack
from rich.console import Console

from delivery.console import open_console
from delivery.email import SmtpAccount
from delivery.file import name_file, open_file
from delivery.registry import open_channel
from pipeline.errors import ConfigError, DeliveryDeferred
from pipeline.records import Channel, Message

ACCOUNT = SmtpAccount("mail.example", sender="watch@desk.example")


def print_message(message: Message, is_terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=is_terminal, color_system="standard" if is_terminal else None)
    open_console(console)(message)
    return out.getvalue()


# --- console ----------------------------------------------------------------------------------------------------


def test_the_console_shows_an_alert_as_a_paragraph() -> None:
    lines = print_message(make_message()).splitlines()
    assert lines[0].startswith("Putin: Путин ответил ─")
    assert lines[1:4] == ["Rule Putin · Paper · ru", "Путин сказал «нет».", "https://paper.example/1"]


def test_the_console_lights_the_mention() -> None:
    shown = print_message(make_message(), is_terminal=True)
    assert "\x1b[1;30;43mПутин\x1b[0m" in shown


def test_the_console_shows_a_digest_as_its_text() -> None:
    shown = print_message(make_message(kind="digest", text="daily\n\n* Headline\n  the **Kurils** again\n"))
    assert "\n* Headline\n  the **Kurils** again\n" in shown


@pytest.mark.parametrize(
    "hostile",
    [
        "[red]x[/red]",
        "[/]",
        "[link=javascript:alert(1)]x[/link]",
        "\x1b]0;title\x07",
        "\x9b31m",
        "\x1b[2J",
        "\r\x08\x08",
    ],
)
def test_the_console_takes_no_markup_and_no_control_sequence_from_outside(hostile: str) -> None:
    for kind in ("alert", "digest"):
        message = make_message(
            kind=kind, subject=hostile, sentence=hostile, context=hostile, text=hostile, title=hostile, marks=((0, 2),)
        )
        shown = print_message(message)
        assert not set(shown) & {"\x1b", "\x9b", "\x07", "\x08", "\r"}
        if hostile.isprintable():
            assert hostile in shown


def test_a_console_that_is_gone_defers() -> None:
    out = io.StringIO()
    send = open_console(Console(file=out))
    out.close()
    with pytest.raises(DeliveryDeferred):
        send(make_message())


# --- files ------------------------------------------------------------------------------------------------------


def test_a_message_is_a_text_and_a_page_named_by_time_kind_and_key(tmp_path: Path) -> None:
    open_file(tmp_path / "out" / "box")(make_message())
    name = "20261124T070000Z-alert-abababababababab"
    assert sorted(path.name for path in (tmp_path / "out" / "box").iterdir()) == [f"{name}.html", f"{name}.txt"]
    text = (tmp_path / "out" / "box" / f"{name}.txt").read_text(encoding="utf-8")
    assert text.startswith("Putin: Путин ответил\n\nПутин ответил\n")


def test_the_same_message_twice_is_one_file(tmp_path: Path) -> None:
    send = open_file(tmp_path)
    send(make_message())
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    send(make_message())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


def test_another_message_of_the_same_name_overwrites_nothing(tmp_path: Path) -> None:
    send = open_file(tmp_path)
    send(make_message(text="one", html=""))
    for _ in range(2):
        send(make_message(text="two", html=""))
    texts = sorted(path.read_text(encoding="utf-8").splitlines()[-1] for path in tmp_path.iterdir())
    assert texts == ["one", "two"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("../../etc/passwd", "alert"),
        ("/absolute", "alert"),
        ("..", ".."),
        ("a/b\\c", "../alert"),
        ("x\x00y", "al\x00ert"),
        ("\ud800", "digest"),
        ("", ""),
        ("x" * 5000, "y" * 5000),
        ("CON", "nul."),
    ],
)
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str, kind: str) -> None:
    folder = tmp_path / "inner"
    open_file(folder)(make_message(key=key, kind=kind))
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    assert len(list(folder.iterdir())) == 2


def test_different_keys_have_different_files() -> None:
    assert len({name_file(make_message(key=key)) for key in ("a", "b", "ab" * 32, "AB" * 32, "../a", "")}) == 6


def test_a_full_disk_defers_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("delivery.file.os.fsync", full)
    with pytest.raises(DeliveryDeferred, match="No space left on device"):
        open_file(tmp_path)(make_message())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_defers(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(DeliveryDeferred):
        open_file(tmp_path / "taken")(make_message())


def test_a_message_without_html_and_with_surrogates_is_written(tmp_path: Path) -> None:
    open_file(tmp_path)(make_message(subject="x\ud800", text="\udfff", html=""))
    (path,) = tmp_path.iterdir()
    assert "\ufffd" in path.read_text(encoding="utf-8")


def test_files_sort_by_time() -> None:
    early = make_message(key="ff" * 32)
    late = make_message(key="00" * 32, created_at=early.created_at + timedelta(seconds=1))
    assert name_file(early) < name_file(late)


# --- the registry -----------------------------------------------------------------------------------------------


def open_as(channel: Channel, tmp_path: Path, secrets: dict[str, str] | None = None) -> object:
    return open_channel(
        channel, secret=lambda name: (secrets or {}).get(name, ""), smtp=ACCOUNT, folder=tmp_path, console=Console()
    )


def test_every_kind_opens(tmp_path: Path) -> None:
    with serve_slack() as slack:
        for kind, options in {
            "console": {},
            "file": {"folder": "messages"},
            "email": {"to": "a@desk.example, b@desk.example", "from_name": "Night Desk"},
            "slack": {"webhook_secret": "SLACK_WEBHOOK"},
        }.items():
            send = open_as(Channel("desk", kind, True, options=options), tmp_path, {"SLACK_WEBHOOK": slack.webhook})
            if kind in ("file", "slack"):
                send(make_message())
    assert len(slack.posts) == 1
    assert len(list((tmp_path / "messages").iterdir())) == 2


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("pigeon", {}, "channel desk: unknown kind `pigeon` — one of console, file, email, slack"),
        ("slack", {}, "channel desk: `webhook_secret` is missing — add `webhook_secret:` to the channel"),
        (
            "slack",
            {"webhook_secret": "SLACK_WEBHOOK"},
            "channel desk: the secret SLACK_WEBHOOK is not set — set WATCHWIRE_SECRET_SLACK_WEBHOOK",
        ),
        ("slack", {"webhook_secret": "WRONG"}, "channel desk: the webhook is not an https address"),
        ("email", {}, "channel desk: `to` is missing"),
        ("email", {"to": "nobody"}, "channel desk: `nobody` is no mail address"),
        ("file", {}, "channel desk: `folder` is missing"),
    ],
)
def test_a_channel_that_cannot_work_says_why(tmp_path: Path, kind: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_as(Channel("desk", kind, True, options=options), tmp_path, {"WRONG": "http://not-https.example/secret"})
    assert str(caught.value).startswith(message)
    assert "not-https.example" not in str(caught.value)
