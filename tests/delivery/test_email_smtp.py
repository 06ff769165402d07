"""Mails over real SMTP on loopback: what each answer of a server means for the message."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default

import pytest
from fake_sinks import MailServer, make_certificate, make_message, serve_mail

from delivery.email import SmtpAccount, open_email
from pipeline.errors import DeliveryAmbiguous, DeliveryDeferred, DeliveryError, DeliveryRefused

PASSWORD = "right horse"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def account_of(server: MailServer, security: str = "none", user: str = "", password: str = "") -> SmtpAccount:
    return SmtpAccount(server.host, server.port, user, password, "watch@desk.example", security, timeout_seconds=2.0)


def send_to(server: MailServer, *recipients: str) -> None:
    open_email(account_of(server), recipients or ("a@desk.example",))(make_message())


def test_a_mail_arrives_whole_with_its_dots() -> None:
    text = ".\n..\n.a line that begins with a dot\n" + "длинная строка " * 200 + "\nend\n"
    with serve_mail() as server:
        open_email(account_of(server), ("a@desk.example", "b@desk.example"))(make_message(text=text))
    assert server.recipients == [["a@desk.example", "b@desk.example"]]
    parsed = message_from_bytes(server.mails[0], policy=default)
    assert parsed.get_body(("plain",)).get_content().replace("\r\n", "\n") == text
    assert parsed["Message-ID"] == f"<{'ab' * 32}@desk.example>"


@pytest.mark.parametrize(
    ("script", "kind", "code"),
    [
        ({"MAIL": ["451 4.7.1 greylisted"]}, DeliveryDeferred, "smtp_451"),
        ({"MAIL": ["421 4.3.2 closing"]}, DeliveryDeferred, "smtp_421"),
        ({"MAIL": ["550 5.7.1 not you"]}, DeliveryRefused, "smtp_550"),
        ({"RCPT": ["451 4.7.1 greylisted, come back"]}, DeliveryDeferred, "smtp_451"),
        ({"RCPT": ["450 4.2.0 busy"]}, DeliveryDeferred, "smtp_450"),
        ({"RCPT": ["550 5.1.1 nobody here"]}, DeliveryRefused, "smtp_550"),
        ({"DATA": ["452 4.3.1 disk full"]}, DeliveryDeferred, "smtp_452"),
        ({"DATA": ["552 5.3.4 too big"]}, DeliveryRefused, "smtp_552"),
        ({"DATA": ["554 5.7.1 looks like spam"]}, DeliveryRefused, "smtp_554"),
        ({"EHLO": ["drop"]}, DeliveryDeferred, "unreachable"),
        ({"MAIL": ["drop"]}, DeliveryDeferred, "connection"),
        ({"RCPT": ["drop"]}, DeliveryDeferred, "connection"),
        ({"DATA": ["drop"]}, DeliveryAmbiguous, "answer_lost"),
    ],
)
def test_what_an_answer_means(script: dict[str, list[str]], kind: type[DeliveryError], code: str) -> None:
    with serve_mail(script) as server:
        with pytest.raises(DeliveryError) as caught:
            send_to(server)
        assert type(caught.value) is kind
        assert caught.value.code == code
        if kind is not DeliveryAmbiguous:
            assert server.mails == [], "nothing was taken"


def test_after_a_lost_answer_the_repeat_has_the_same_message_id() -> None:
    with serve_mail({"DATA": ["drop"]}) as server:
        with pytest.raises(DeliveryAmbiguous):
            send_to(server)
        send_to(server)
    ids = {message_from_bytes(mail, policy=default)["Message-ID"] for mail in server.mails}
    assert len(server.mails) == 2
    assert len(ids) == 1


def test_one_bad_recipient_of_three_is_named_and_the_others_have_the_mail() -> None:
    told = r"2 of 3 recipients, not for bad@desk\.example \(550\)"
    script = {"RCPT bad@desk.example": ["550 nobody"]}
    with serve_mail(script) as server, pytest.raises(DeliveryRefused, match=told):
        send_to(server, "a@desk.example", "bad@desk.example", "c@desk.example")
    assert server.recipients == [["a@desk.example", "c@desk.example"]]


def test_when_all_are_refused_a_temporary_one_decides() -> None:
    script = {"RCPT a@desk.example": ["550 nobody"], "RCPT b@desk.example": ["451 later"]}
    with serve_mail(script) as server, pytest.raises(DeliveryDeferred):
        send_to(server, "a@desk.example", "b@desk.example")


@contextmanager
def raw_server(greeting: bytes | None) -> Iterator[MailServer]:
    """Takes a connection, says one thing or nothing, and holds the line."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    held: list[socket.socket] = []

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        held.append(connection)
        if greeting is not None:
            connection.sendall(greeting)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield MailServer(port=listener.getsockname()[1])
    finally:
        listener.close()
        thread.join(5)
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    "greeting", [b"554 5.3.2 no service\r\n", b"421 later\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_a_greeting_that_is_none_defers(greeting: bytes) -> None:
    with raw_server(greeting) as server, pytest.raises(DeliveryDeferred):
        send_to(server)


def test_a_server_that_says_nothing_defers_in_time() -> None:
    with raw_server(None) as server:
        account = SmtpAccount(server.host, server.port, sender="w@desk.example", security="none", timeout_seconds=0.3)
        with pytest.raises(DeliveryDeferred) as caught:
            open_email(account, ("a@desk.example",))(make_message())
    assert caught.value.code == "timeout"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeliveryDeferred) as caught:
        send_to(MailServer(port=port))
    assert caught.value.code == "unreachable"


# --- encryption and login ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_and_logged_in(security: str, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_tls, client_tls = certificate
    with serve_mail(tls=server_tls, security=security) as server:
        user = "desk" if security == "starttls" else ""  # aiosmtpd offers AUTH after STARTTLS only
        send = open_email(account_of(server, security, user, PASSWORD), ("a@desk.example",), tls=client_tls)
        send(make_message())
    assert len(server.mails) == 1
    assert server.logins == ([("desk", PASSWORD)] if user else [])


def test_a_wrong_password_waits_and_is_not_told(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_tls, client_tls = certificate
    with serve_mail(tls=server_tls, security="starttls") as server:
        account = account_of(server, "starttls", "desk", "wrong-pony-battery")
        with pytest.raises(DeliveryDeferred, match="login was refused") as caught:
            open_email(account, ("a@desk.example",), tls=client_tls)(make_message())
    error = caught.value
    assert error.code == "auth"
    assert error.retry_after_seconds is not None, "one try a run, so that the account is not locked"
    assert "wrong-pony" not in f"{error} {error!r} {error.__cause__} {error.__dict__}"
    assert server.mails == []


def test_a_stripped_starttls_sends_nothing_in_the_clear() -> None:
    with serve_mail() as server:
        account = account_of(server, "starttls", "desk", PASSWORD)
        with pytest.raises(DeliveryDeferred) as caught:
            open_email(account, ("a@desk.example",))(make_message())
    assert caught.value.code == "tls"
    assert server.mails == []
    assert server.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_signed_is_not_trusted(
    security: str, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    with serve_mail(tls=certificate[0], security=security) as server, pytest.raises(DeliveryDeferred) as caught:
        open_email(account_of(server, security, "desk", PASSWORD), ("a@desk.example",))(make_message())
    assert caught.value.code == "tls"
    assert server.mails == []
    assert server.logins == []


def test_a_password_that_is_not_ascii_is_an_error_of_ours_and_not_told(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server_tls, client_tls = certificate
    with serve_mail(tls=server_tls, security="starttls") as server:
        account = account_of(server, "starttls", "desk", "пароль-лошади")
        with pytest.raises(DeliveryDeferred) as caught:
            open_email(account, ("a@desk.example",), tls=client_tls)(make_message())
    assert "пароль" not in f"{caught.value} {caught.value.__dict__}"
