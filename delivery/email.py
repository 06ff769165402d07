"""The email channel: one mail per message over SMTP (RFC 5321), plain text and HTML (RFC 5322, 2046).

What a server says before MAIL FROM is about the channel: the message waits. What it says to MAIL, RCPT and DATA is
about the message: 4xx waits, 5xx is refused. A connection that is lost after the text was sent and before the answer
leaves it open whether the mail was taken: ambiguous, and the repeat carries the same Message-ID.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import format_datetime, parseaddr

from pipeline.briefing.quoting import one_line
from pipeline.errors import ConfigError, DeliveryAmbiguous, DeliveryDeferred, DeliveryRefused
from pipeline.ports import Send
from pipeline.records import Message
from pipeline.text import clean

HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
SUBJECT_LIMIT = 250
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """How mails leave."""

    host: str
    port: int = 587
    user: str = ""
    """Empty: no login."""
    password: str = field(default="", repr=False)
    sender: str = ""
    """`alerts@example.org` or `watchwire <alerts@example.org>`."""
    security: str = "starttls"
    """none, starttls or tls. With the last two nothing is sent, and no password given, in the clear."""
    timeout_seconds: float = 30.0


def open_email(
    account: SmtpAccount, recipients: Sequence[str], *, from_name: str = "", tls: ssl.SSLContext | None = None
) -> Send:
    """Mails to these recipients, all named in To. Raises ConfigError when account or recipients cannot be used.

    The sender raises DeliveryDeferred, DeliveryAmbiguous or DeliveryRefused; no error text holds the password. When a
    server takes the mail for some recipients only, it is refused as a whole, naming the others: visible, and sent again
    on request. `tls` replaces the context made from the system's certificates.
    """
    sender = _sender_address(account, from_name)
    addresses = _recipient_addresses(recipients)
    if account.security not in ("none", "starttls", "tls"):
        raise ConfigError(f"`{account.security}` is no SMTP security", mend="none, starttls or tls")
    if not account.host:
        raise ConfigError("no mail server is set", mend="set WATCHWIRE_SMTP_HOST")
    if account.user and account.security == "none":
        raise ConfigError(
            "a password would be sent in the clear", mend="set WATCHWIRE_SMTP_SECURITY to starttls or tls"
        )
    context = tls or ssl.create_default_context()

    def send(message: Message) -> None:
        mail = build_mail(message, sender, addresses)
        with _connect(account, context) as session:
            _transfer(session, account, sender.addr_spec, addresses, mail)

    return send


def build_mail(message: Message, sender: Address, recipients: Sequence[str]) -> bytes:
    """The mail as bytes, the same for the same message.

    Raises DeliveryRefused when the bytes, read again, have other headers than were put in. `EmailMessage` decodes
    RFC 2047 words on assignment, so that a headline can smuggle in line ends that no check of the headline sees
    (CVE-2024-6923 and its family): the words are broken before, and the result is compared after.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = _header_text(message.subject, SUBJECT_LIMIT) or "watchwire"
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = message_id(message.key, sender.domain)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail.set_content(clean(message.text), cte="quoted-printable")
    if message.html:
        mail.add_alternative(clean(message.html), subtype="html", cte="quoted-printable")
    content = mail.as_bytes()
    _check_headers(content)
    return content


def message_id(key: str, domain: str) -> str:
    """`<key@domain>`; a key that is not a hash is hashed, since only few characters may stand there."""
    name = key if re.fullmatch("[0-9a-f]{16,64}", key) else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"<{name}@{domain}>"


def _header_text(text: str, limit: int = 80) -> str:
    """One line in which no RFC 2047 word begins."""
    return one_line(text, limit).replace("=?", "= ?")


def _check_headers(content: bytes) -> None:
    names = [name.lower() for name in message_from_bytes(content, policy=compat32)]
    if sorted(names) != sorted(name.lower() for name in HEADERS):
        raise DeliveryRefused("the mail would have other headers than its own", code="header_guard")


def _sender_address(account: SmtpAccount, from_name: str) -> Address:
    name, address = parseaddr(account.sender)
    if not _ADDRESS.fullmatch(address) or not account.sender.isprintable():
        raise ConfigError(
            f"`{one_line(account.sender, 80)}` is no address to send from", mend="set WATCHWIRE_SMTP_SENDER"
        )
    return Address(_header_text(from_name or name), addr_spec=address)


def _recipient_addresses(recipients: Sequence[str]) -> tuple[str, ...]:
    for recipient in recipients:
        if not _ADDRESS.fullmatch(recipient):
            raise ConfigError(f"`{one_line(recipient, 80)}` is no mail address", mend="write it like name@example.org")
    if not recipients:
        raise ConfigError("no recipient is given", mend="name them in `to`, separated by commas")
    return tuple(dict.fromkeys(recipients))


@contextmanager
def _connect(account: SmtpAccount, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A session that is encrypted and logged in as the account says. Every failure up to here is deferred."""
    session: smtplib.SMTP | None = None
    try:
        try:
            if account.security == "tls":
                session = smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout_seconds, context=context)
            else:
                session = smtplib.SMTP(account.host, account.port, timeout=account.timeout_seconds)
            session.ehlo_or_helo_if_needed()
            if account.security == "starttls":
                session.starttls(context=context)
                session.ehlo()
            if account.user:
                session.login(account.user, account.password)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            # ValueError: user or password are not ASCII. The cause is cut off: it may hold what was sent.
            raise _channel_trouble(account, error) from None
        yield session
    finally:
        if session is not None:
            session.close()


def _channel_trouble(account: SmtpAccount, error: Exception) -> DeliveryDeferred:
    place = f"{account.host}:{account.port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return DeliveryDeferred(
                f"the login was refused ({error.smtp_code})",
                code="auth",
                place=place,
                mend="set WATCHWIRE_SMTP_USER and its secret right; the message waits",
                retry_after_seconds=1800.0,  # guessing on may lock the account
            )
        case smtplib.SMTPNotSupportedError():
            return DeliveryDeferred(
                "the server does not offer the encryption or login that is configured", code="tls", place=place
            )
        case smtplib.SMTPResponseException():
            return DeliveryDeferred(
                f"the server answered {error.smtp_code} to the greeting", code=f"smtp_{error.smtp_code}", place=place
            )
        case ssl.SSLError():
            return DeliveryDeferred(f"no TLS: {error.reason or 'handshake failed'}", code="tls", place=place)
        case ValueError():
            return DeliveryDeferred("user or password cannot be sent: not ASCII", code="auth", place=place)
        case _ if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return DeliveryDeferred("no answer in time", code="timeout", place=place)
    return DeliveryDeferred(f"no connection ({type(error).__name__})", code="unreachable", place=place)


def _transfer(session: smtplib.SMTP, account: SmtpAccount, sender: str, recipients: Sequence[str], mail: bytes) -> None:
    place = f"{account.host}:{account.port}"
    try:
        _expect(session.mail(sender), place, "the sender")
        refused = {}
        for recipient in recipients:
            answer = session.rcpt(recipient)
            if answer[0] not in (250, 251):
                refused[recipient] = answer
        if len(refused) == len(recipients):
            _expect(min(refused.values()), place, "every recipient")
        _expect(session.docmd("DATA"), place, "the text", fine=354)
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryDeferred(
            f"the connection broke before the mail was sent ({type(error).__name__})", code="connection", place=place
        ) from None
    try:
        session.send(_stuff_dots(mail) + b".\r\n")
        answer = session.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryAmbiguous(
            f"the mail was sent and its answer lost ({type(error).__name__})", code="answer_lost", place=place
        ) from None
    _expect(answer, place, "the mail")
    if refused:
        told = ", ".join(f"{recipient} ({code})" for recipient, (code, _) in refused.items())
        raise DeliveryRefused(
            f"taken for {len(recipients) - len(refused)} of {len(recipients)} recipients, not for {told}",
            code="recipients",
            place=place,
        )
    with suppress(smtplib.SMTPException, OSError):
        session.quit()


def _expect(answer: tuple[int, bytes], place: str, what: str, fine: int = 250) -> None:
    code, words = answer
    if code == fine:
        return
    said = one_line(words.decode("utf-8", "replace"), 160)
    kind = DeliveryRefused if 500 <= code <= 599 else DeliveryDeferred
    raise kind(f"the server refused {what}: {code} {said}", code=f"smtp_{code}", place=place)


def _stuff_dots(mail: bytes) -> bytes:
    """RFC 5321, 4.5.2: a line that begins with a dot gets another one."""
    text = re.sub(rb"(?m)^\.", b"..", mail)
    return text if text.endswith(b"\r\n") else text + b"\r\n"
