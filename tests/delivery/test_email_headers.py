"""No headline, rule name, source name or key adds a header to a mail, ends one early, or breaks the text below."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, compat32, default

import pytest
from fake_sinks import make_message
from hypothesis import given
from hypothesis import strategies as st

from delivery.email import HEADERS, SmtpAccount, build_mail, open_email
from pipeline.errors import ConfigError, DeliveryRefused

SENDER = Address("Night Desk", addr_spec="watch@desk.example")
TO = ("a@desk.example", "b@desk.example")

HEADER_PAYLOADS = [
    "x\r\nBcc: evil@x.example",
    "x\nBcc: evil@x.example",
    "x\rBcc: evil@x.example",
    "x\r\n\r\n<html>a body of mine</html>",
    "x\r\n\tBcc: evil@x.example",
    "x\r\n Bcc: evil@x.example",
    "\r\nBcc: evil@x.example",
    "\n\n\n",
    "x\x0bBcc: evil@x.example",
    "x\x0cBcc: evil@x.example",
    "x\x1cBcc: evil@x.example",
    "x\x1dBcc: evil@x.example",
    "x\x1eBcc: evil@x.example",
    "x\x85Bcc: evil@x.example",
    "x\u2028Bcc: evil@x.example",
    "x\u2029Bcc: evil@x.example",
    "x\x00Bcc: evil@x.example",
    "x\ud800Bcc: evil@x.example",
    "x\udcff\udc80y",
    "x%0d%0aBcc: evil@x.example",
    "x\\r\\nBcc: evil@x.example",
    "=?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "=?UTF-8?Q?x=0ABcc:_evil=40x.example?=",
    "=?utf-8?b?eA0KQmNjOiBldmlsQHguZXhhbXBsZQ==?=",
    "=?utf-8?B?eA0KDQo8aHRtbD4=?= tail",
    "head =?iso-8859-1?q?x=0D=0ABcc:_e?= =?utf-8?q?vil=40x.example?=",
    "=?us-ascii?q?=0D=0A=0D=0Abody?=",
    "==?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "=?=?utf-8?q?x=0D=0ABcc:_evil=40x.example?=?=",
    "=\u200b?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "=\x01?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "=\u202e?utf-8?q?x=0D=0ABcc:_evil=40x.example?=",
    "=?utf-16?b?AA0ACgBCAGMAYw==?=",
    "=?unknown-8bit?q?=0D=0ABcc:x?=",
    "=?utf-7?q?+AA0ACg-Bcc:_evil=40x.example?=",
    "=?utf-8*en?q?x=0D=0ABcc:_evil=40x.example?=",
    "Content-Type: text/html",
    "a, b, c",
    "desk@evil.example, other",
    '"quoted" \\" and (a comment) <evil@x.example>',
    "<evil@x.example>",
    "Путин: 安倍元首相の「遺産」 — ".strip() * 40,
    "x" * 10_000,
    "слово " * 2_000,
    "🇯🇵🇷🇺 emoji 👩‍👩‍👧‍👦 " * 20,
    "\u202egnp.exe",
    "",
    " ",
    ": : :",
    ".",
]


def names_of(mail: bytes) -> list[str]:
    """Header names as a mail server sees them: up to the first empty line, without continuation lines."""
    head = mail.split(b"\r\n\r\n")[0]
    return sorted(line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t"))


def test_the_payload_is_real_on_this_python() -> None:
    """Without the guard, EmailMessage itself writes the injected header: this is what the guard is for."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "=?utf-8?q?x=0D=0ABcc:_evil=40x.example?="
    written = mail.as_bytes()
    if b"\r\nBcc:" not in written.replace(b"\n", b"\r\n").replace(b"\r\r", b"\r"):
        pytest.skip("this Python's email package no longer writes line ends into headers")


def test_what_slips_by_the_first_guard_is_caught_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("delivery.email._header_text", lambda text, limit=0: text)
    monkeypatch.setattr("delivery.email.EmailMessage", lambda policy: Injected())
    with pytest.raises(DeliveryRefused) as caught:
        build_mail(make_message(), SENDER, TO)
    assert caught.value.code == "header_guard"


class Injected(EmailMessage):
    """A mail whose library writes one header too many."""

    def as_bytes(self, *args: object, **kwargs: object) -> bytes:
        return super().as_bytes().replace(b"Subject: ", b"Bcc: evil@x.example\r\nSubject: ")


@pytest.mark.parametrize("payload", HEADER_PAYLOADS, ids=range(len(HEADER_PAYLOADS)))
def test_a_subject_adds_no_header(payload: str) -> None:
    mail = build_mail(make_message(subject=payload), SENDER, TO)
    assert names_of(mail) == sorted(HEADERS)
    parsed = message_from_bytes(mail, policy=default)
    assert parsed["To"] == "a@desk.example, b@desk.example"
    assert len(parsed["Subject"]) <= 260
    assert parsed.get_body(("plain",)).get_content().startswith("Путин ответил")


@pytest.mark.parametrize("payload", HEADER_PAYLOADS, ids=range(len(HEADER_PAYLOADS)))
def test_a_from_name_adds_no_header_and_no_sender(payload: str) -> None:
    account = SmtpAccount("mail.example", sender="watch@desk.example", security="none")
    from delivery.email import _sender_address

    mail = build_mail(make_message(), _sender_address(account, payload), TO)
    assert names_of(mail) == sorted(HEADERS)
    parsed = message_from_bytes(mail, policy=default)
    assert [address.addr_spec for address in parsed["From"].addresses] == ["watch@desk.example"]


@pytest.mark.parametrize("payload", HEADER_PAYLOADS, ids=range(len(HEADER_PAYLOADS)))
def test_text_html_and_key_add_no_header(payload: str) -> None:
    mail = build_mail(make_message(key=payload, text=payload, html=f"<p>{payload}</p>"), SENDER, TO)
    assert names_of(mail) == sorted(HEADERS)


@given(st.text(max_size=300))
def test_no_text_at_all_adds_a_header(subject: str) -> None:
    assert names_of(build_mail(make_message(subject=subject), SENDER, TO)) == sorted(HEADERS)


@given(
    st.lists(st.sampled_from(["=?", "?=", "utf-8", "?q?", "?b?", "=0D=0A", "\r\n", "Bcc:", " ", "=", "?", "é", "安"]))
)
def test_no_encoded_word_at_all_adds_a_header(parts: list[str]) -> None:
    mail = build_mail(make_message(subject="".join(parts)), SENDER, TO)
    assert names_of(mail) == sorted(HEADERS)
    assert "bcc" not in [name.lower() for name in message_from_bytes(mail, policy=compat32)]


def test_a_mail_is_whole_and_the_same_twice() -> None:
    message = make_message(key="0f" * 32)
    mail = build_mail(message, SENDER, TO)
    parsed = message_from_bytes(mail, policy=default)
    assert parsed["Subject"] == "Putin: Путин ответил"
    assert parsed["From"] == "Night Desk <watch@desk.example>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Date"].datetime == message.created_at
    assert f"Message-ID: <{'0f' * 32}@desk.example>\r\n".encode() in mail.replace(b"\r\n ", b" ")
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert parsed.get_body(("plain",)).get_content().replace("\r\n", "\n") == message.text
    assert parsed.get_body(("html",)).get_content().strip() == message.html
    assert max(map(len, mail.split(b"\r\n"))) <= 998
    again = message_from_bytes(build_mail(message, SENDER, TO), policy=default)
    assert again["Message-ID"] == parsed["Message-ID"]


@pytest.mark.parametrize(
    ("account", "recipients", "message"),
    [
        (SmtpAccount("m.example", sender="no address"), TO, "is no address to send from"),
        (SmtpAccount("m.example", sender="a@b.example\r\nBcc: c@d.example"), TO, "is no address to send from"),
        (SmtpAccount("", sender="a@b.example"), TO, "no mail server is set"),
        (SmtpAccount("m.example", sender="a@b.example"), (), "no recipient is given"),
        (SmtpAccount("m.example", sender="a@b.example"), ("c@d.example\nRCPT TO:<e@f.example>",), "is no mail address"),
        (SmtpAccount("m.example", sender="a@b.example"), ("два@d.example",), "is no mail address"),
        (SmtpAccount("m.example", sender="a@b.example", security="ssl"), TO, "is no SMTP security"),
        (
            SmtpAccount("m.example", sender="a@b.example", security="none", user="u", password="pw-secret"),
            TO,
            "in the clear",
        ),
    ],
)
def test_an_account_that_cannot_work_is_told_before_anything_is_sent(
    account: SmtpAccount, recipients: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        open_email(account, recipients)
    assert "pw-secret" not in str(caught.value)


def test_the_password_is_not_printed() -> None:
    assert "right horse" not in repr(SmtpAccount("m.example", password="right horse"))
