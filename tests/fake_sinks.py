"""Places where messages end up in tests: a mail server and a Slack webhook on loopback that misbehave by script, and
an outbox in memory with the store's own laws."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from pipeline.records import Delivery, DeliveryState, Message


def make_message(key: str = "ab" * 32, kind: str = "alert", **changes: Any) -> Message:
    """An alert that is well formed, but for the changes."""
    values: dict[str, Any] = {
        "key": key,
        "kind": kind,
        "subject": "Putin: Путин ответил",
        "text": "Путин ответил\n\n**Путин** сказал «нет».\n\nhttps://paper.example/1\n",
        "html": "<!DOCTYPE html><html><body><p>Путин ответил</p></body></html>",
        "created_at": datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
        "title": "Путин ответил",
        "url": "https://paper.example/1",
        "sentence": "Путин сказал «нет».",
        "marks": ((0, 5),),
        "context": "Rule Putin · Paper · ru",
    }
    return Message(**(values | changes))


# --- outbox -----------------------------------------------------------------------------------------------------


class FakeOutbox:
    """`pipeline.ports.Outbox` in memory: leases, tries counted by lease, only the holder of a lease may mark."""

    def __init__(self) -> None:
        self.rows: dict[int, Delivery] = {}
        self.lease_until: dict[int, datetime] = {}

    def add(self, message: Message, channel: str = "desk", now: datetime = datetime(2026, 11, 24, tzinfo=UTC)) -> None:
        number = len(self.rows) + 1
        self.rows[number] = Delivery(number, message.key, channel, message, DeliveryState.PENDING, 0, now)

    def claim_deliveries(self, channel: str, now: datetime, *, limit: int, lease_seconds: float) -> Sequence[Delivery]:
        due = [
            row
            for row in self.rows.values()
            if row.channel == channel
            and row.state is DeliveryState.PENDING
            and row.next_try_at <= now
            and self.lease_until.get(row.id, now) <= now
        ]
        claimed = []
        for row in sorted(due, key=lambda row: (row.next_try_at, row.id))[:limit]:
            leased = replace(
                row,
                tries=row.tries + 1,
                attempt=f"{row.id}.{row.tries + 1}",
                is_ambiguous=row.is_ambiguous or bool(row.attempt),
            )
            self.rows[row.id] = leased
            self.lease_until[row.id] = now + timedelta(seconds=lease_seconds)
            claimed.append(leased)
        return claimed

    def mark_sent(self, delivery: Delivery, now: datetime) -> bool:
        return self._mark(delivery, state=DeliveryState.SENT, last_error="")

    def mark_deferred(self, delivery: Delivery, error: str, next_try_at: datetime, *, is_ambiguous: bool) -> bool:
        return self._mark(delivery, last_error=error, next_try_at=next_try_at, is_ambiguous=is_ambiguous)

    def mark_failed(self, delivery: Delivery, error: str) -> bool:
        return self._mark(delivery, state=DeliveryState.FAILED, last_error=error)

    def states(self) -> dict[str, DeliveryState]:
        return {row.key: row.state for row in self.rows.values()}

    def _mark(self, delivery: Delivery, **values: Any) -> bool:
        row = self.rows[delivery.id]
        if row.attempt != delivery.attempt or row.state is not DeliveryState.PENDING:
            return False
        self.rows[row.id] = replace(row, attempt="", **values)
        self.lease_until.pop(row.id, None)
        return True


# --- mail -------------------------------------------------------------------------------------------------------


@dataclass
class MailServer:
    """An aiosmtpd server. `script` holds, by command, the answers to give one after another; after them, and for
    commands it does not name, all is well. The answer `drop` cuts the connection instead; for DATA the mail has been
    taken by then."""

    script: dict[str, list[str]] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = 0

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's names)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if answer := self._next(server, "EHLO"):
            return [answer]
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._next(server, "MAIL")
        if not answer:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._next(server, "RCPT") or self._next(server, f"RCPT {address}")
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._next(server, "DATA")
        if answer in ("", "drop"):
            self.mails.append(bytes(envelope.content or b""))
            self.recipients.append(list(envelope.rcpt_tos))
        return answer or "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right horse", handled=False)

    def _next(self, server: SMTP, command: str) -> str:
        answers = self.script.get(command, [])
        answer = answers.pop(0) if answers else ""
        if answer == "drop":
            server.transport.abort()
        return answer


@contextmanager
def serve_mail(
    script: dict[str, list[str]] | None = None, tls: ssl.SSLContext | None = None, security: str = "none"
) -> Iterator[MailServer]:
    """A mail server for the time of the block. `security` none, starttls or tls, as for `SmtpAccount`."""
    mail = MailServer(script or {})
    loop = asyncio.new_event_loop()

    def make_protocol() -> SMTP:
        return SMTP(
            mail,
            hostname="sink.example",
            loop=loop,
            tls_context=tls if security == "starttls" else None,
            authenticator=mail.authenticate,
            auth_require_tls=security == "starttls",
            enable_SMTPUTF8=False,
        )

    server = loop.run_until_complete(
        loop.create_server(make_protocol, mail.host, 0, ssl=tls if security == "tls" else None)
    )
    mail.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield mail
    finally:

        async def stop() -> None:
            server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server called 127.0.0.1 and of a client that trusts it, and nobody else."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "sink.pem"
    path.write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client


# --- Slack ------------------------------------------------------------------------------------------------------


@dataclass
class SlackServer:
    """A webhook. `script` holds the answers to give one after another, `200` after them: a status, a status with
    headers, `slow` (never answers), `cut` (takes the post and closes), `half` (200, then closes inside the body)."""

    script: list[str | tuple[str, dict[str, str]]] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    webhook: str = ""
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve_slack(*script: str | tuple[str, dict[str, str]]) -> Iterator[SlackServer]:
    """A webhook for the time of the block."""
    slack = SlackServer(list(script))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = slack.script.pop(0) if slack.script else "200"
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            slack.paths.append(self.path)
            slack.headers.append(dict(self.headers))
            if status in ("200", "cut", "half", "slow"):
                slack.posts.append(json.loads(body))
            if status == "slow":
                slack.closing.wait(10)
            if status in ("cut", "slow"):
                self.close_connection = True
                return
            words = {"200": b"ok", "half": b"ok", "404": b"no_service"}.get(status, b"something_else")
            self.send_response(200 if status == "half" else int(status))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(words) + (100 if status == "half" else 0)))
            self.end_headers()
            self.wfile.write(words)
            self.close_connection = True

        def do_GET(self) -> None:
            slack.paths.append(f"GET {self.path}")
            self.send_error(405)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    slack.webhook = f"http://127.0.0.1:{server.server_address[1]}/services/T00/B00/very-secret-token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        slack.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
