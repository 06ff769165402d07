"""Slack: what is posted is inside Block Kit's limits and holds no control sequence but ours; what each answer means."""

from __future__ import annotations

import json
import logging
import re
import socket
from typing import Any

import pytest
from fake_sinks import make_message, serve_slack
from hypothesis import given
from hypothesis import strategies as st

from delivery.slack import build_post, open_slack
from pipeline.errors import ConfigError, DeliveryAmbiguous, DeliveryDeferred, DeliveryError, DeliveryRefused

SECRET = "very-secret-token"
SLACK_PAYLOADS = [
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U0123456>",
    "<#C0123456|general>",
    "<!subteam^S0123456>",
    "<!date^1392734382^{date}^https://evil.example|x>",
    "<http://evil.example|bank.example>",
    "<mailto:evil@evil.example|write us>",
    "</archives/C1>",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "<<!channel>>",
    "<!chan\x00nel>",
    "<!chan\nnel>",
    "<\u202e!channel>",
    "*bold* _italic_ ~gone~ `code`",
    "```a block```",
    "> a quotation",
    ">>> a long quotation",
    "• a list\n1. and one",
    "|",
    "a|b>c<d&e",
    ":boom: :skin-tone-3:",
    "@channel @here @everyone",
    "<" * 5000,
    "&" * 5000,
    "слово " * 9000,
    "安" * 9000,
    "🇯🇵" * 3000,
    "**Putin** **<!channel>**",
    "https://evil.example/<!channel>",
    "https://evil.example/|x>",
    "javascript:alert(1)",
    "{{7*7}} {% raw %}",
]
CONTROL = re.compile(r"<([^>]*)>")
OUR_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+(\|[^<>|]*)?")


def mrkdwn_of(post: dict[str, Any]) -> list[str]:
    """Every string Slack would read as mrkdwn."""
    texts = [post["text"]]
    for block in post["blocks"]:
        parts = [block["text"]] if "text" in block else block["elements"]
        texts += [part["text"] for part in parts if part["type"] == "mrkdwn"]
    return texts


def check_post(post: dict[str, Any], addresses: tuple[str, ...]) -> None:
    """Block Kit's limits, and no control sequence but links on the message's own addresses."""
    assert len(post["blocks"]) <= 50
    for block in post["blocks"]:
        if block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= 3000
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 0 < len(block["text"]["text"]) <= 150
        if block["type"] == "context":
            assert 0 < len(block["elements"]) <= 10
    for text in mrkdwn_of(post):
        for sequence in CONTROL.findall(text):
            assert OUR_LINK.fullmatch(sequence), sequence
            assert sequence.split("|")[0] in addresses
        assert "<" not in CONTROL.sub("", text)
        assert ">" not in CONTROL.sub("", text)
    assert post["unfurl_links"] is post["unfurl_media"] is False
    assert len(json.dumps(post)) < 400_000


@pytest.mark.parametrize("payload", SLACK_PAYLOADS, ids=range(len(SLACK_PAYLOADS)))
def test_an_alert_says_nothing_but_text(payload: str) -> None:
    message = make_message(
        subject=payload, title=payload, sentence=payload, marks=((0, len(payload) // 2),), context=payload, text=payload
    )
    check_post(build_post(message), ("https://paper.example/1",))


@pytest.mark.parametrize("payload", SLACK_PAYLOADS, ids=range(len(SLACK_PAYLOADS)))
def test_a_digest_says_nothing_but_text(payload: str) -> None:
    text = f"watchwire daily\n\nPUTIN (1)\n\n* {payload}\n  Paper · 1 source\n  {payload}\n  https://paper.example/1\n"
    own = ("https://paper.example/1", "https://evil.example/%3C!channel%3E", "https://evil.example/%7Cx%3E")
    check_post(build_post(make_message(kind="digest", subject=payload or "x", text=text)), own)


@given(st.text(alphabet=st.sampled_from("<>&|!@#*_~`` \n*Ж安:/h"), max_size=200))
def test_no_text_at_all_is_a_control_sequence(payload: str) -> None:
    message = make_message(title=payload, sentence=payload, marks=((1, 9),), context=payload)
    check_post(build_post(message), ("https://paper.example/1",))


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "https://user:pw@evil.example/", "https://e.example\\@f.example", "data:text/html,x", ""],
)
def test_an_address_that_must_not_be_linked_is_not(url: str) -> None:
    post = build_post(make_message(url=url))
    assert "<" not in "".join(mrkdwn_of(post))


def test_an_alert_reads_well() -> None:
    post = build_post(make_message(title="A & B", sentence="安倍晋三元首相が", marks=((0, 4),)))
    assert post["text"] == "Putin: Путин ответил"
    assert [block["type"] for block in post["blocks"]] == ["section", "section", "context"]
    assert post["blocks"][0]["text"]["text"] == "*<https://paper.example/1|A &amp; B>*"
    assert post["blocks"][1]["text"]["text"] == "\u200b*安倍晋三*\u200b元首相が"
    assert post["blocks"][2]["elements"][0]["text"] == "Rule Putin · Paper · ru · paper.example"


def test_a_long_digest_is_cut_at_a_story_and_says_how_much_is_left() -> None:
    stories = [f"* Headline {n}\n  Paper\n  {'слово ' * 150}\n  https://paper.example/{n}" for n in range(400)]
    post = build_post(make_message(kind="digest", subject="daily", text="\n\n".join(stories)))
    own = tuple(f"https://paper.example/{n}" for n in range(400))
    check_post(post, own)
    shown = sum(text.count("paper.example/") for text in mrkdwn_of(post))
    note = post["blocks"][-1]["elements"][0]["text"]
    assert int(re.search(r"(\d+) more", note)[1]) == 400 - shown > 0


# --- answers ----------------------------------------------------------------------------------------------------


def test_a_message_is_posted_once() -> None:
    with serve_slack() as slack:
        open_slack(slack.webhook)(make_message())
    assert len(slack.posts) == 1
    assert slack.headers[0]["Content-Type"] == "application/json"
    assert "Authorization" not in slack.headers[0]


@pytest.mark.parametrize(
    ("answer", "kind", "code", "wait"),
    [
        (("429", {"Retry-After": "30"}), DeliveryDeferred, "http_429", 30.0),
        (("429", {}), DeliveryDeferred, "http_429", 60.0),
        (("429", {"Retry-After": "-5"}), DeliveryDeferred, "http_429", 60.0),
        (("429", {"Retry-After": "NaN"}), DeliveryDeferred, "http_429", 60.0),
        ("500", DeliveryDeferred, "http_500", None),
        ("503", DeliveryDeferred, "http_503", None),
        ("400", DeliveryRefused, "http_400", None),
        ("403", DeliveryRefused, "http_403", None),
        ("404", DeliveryRefused, "http_404", None),
        ("410", DeliveryRefused, "http_410", None),
        (("302", {"Location": "/elsewhere"}), DeliveryRefused, "http_302", None),
        ("cut", DeliveryAmbiguous, "answer_lost", None),
        ("slow", DeliveryAmbiguous, "answer_lost", None),
    ],
)
def test_what_an_answer_means(
    answer: str | tuple[str, dict[str, str]], kind: type[DeliveryError], code: str, wait: float | None
) -> None:
    with serve_slack(answer) as slack, pytest.raises(DeliveryError) as caught:
        open_slack(slack.webhook, timeout_seconds=0.3)(make_message())
    error = caught.value
    assert (type(error), error.code, error.retry_after_seconds) == (kind, code, wait)
    assert len(slack.paths) == 1, "no redirect is followed and nothing is repeated"


def test_slacks_own_word_is_repeated() -> None:
    with serve_slack("404") as slack, pytest.raises(DeliveryRefused, match="Slack answered 404: no_service"):
        open_slack(slack.webhook)(make_message())


def test_a_200_is_enough_even_when_its_body_is_cut() -> None:
    with serve_slack("half") as slack:
        open_slack(slack.webhook)(make_message())
    assert len(slack.posts) == 1


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeliveryDeferred) as caught:
        open_slack(f"http://127.0.0.1:{port}/services/{SECRET}")(make_message())
    assert caught.value.code == "unreachable"


def test_a_proxy_in_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_slack() as proxy, serve_slack() as slack:
        address = proxy.webhook.split("/services")[0]
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, address)
        monkeypatch.setenv("NO_PROXY", "")
        open_slack(slack.webhook)(make_message())
    assert proxy.paths == []
    assert len(slack.posts) == 1


@pytest.mark.parametrize("answer", ["400", "404", "500", "429", "cut", "slow", "nobody"])
def test_the_secret_is_in_no_error_and_no_log(answer: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serve_slack(answer) as slack:
        webhook = slack.webhook if answer != "nobody" else f"http://127.0.0.1:1/services/{SECRET}"
        with pytest.raises(DeliveryError) as caught:
            open_slack(webhook, timeout_seconds=0.3)(make_message())
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None, (
        "the foreign error holds the address and is not shown"
    )
    assert SECRET not in f"{error} {error!r} {error.__dict__} {caplog.text}"


@pytest.mark.parametrize(
    "webhook",
    [
        "http://hooks.slack.example/services/very-secret-token",
        "hooks.slack.example/services/very-secret-token",
        "ftp://x/very-secret-token",
        "https:///very-secret-token",
        "https://[very-secret-token",
        "",
    ],
)
def test_a_webhook_must_be_an_https_address(webhook: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_slack(webhook)
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"
