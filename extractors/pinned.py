"""Connections that go to the judged address and nowhere else, and end when their time is up.

requests' timeouts count per read: a server that sends a byte a second keeps a thread for ever. A `Deadline` counts wall
time over name look-up, connecting, TLS, headers, redirects and body, and cuts the socket when it has passed.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from extractors.guard import AddressPolicy, is_ip_address
from pipeline.errors import Unreachable


class Deadline:
    """Wall time for one exchange. `hold` names the socket to cut; a later `hold` replaces it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_ours = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.has_passed = False

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._replace(None, is_ours=False)

    def remaining(self) -> float:
        """Seconds left. Raises Unreachable (`deadline`) when there are none."""
        left = self._ends_at - time.monotonic()
        if self.has_passed or left <= 0:
            raise self.error()
        return left

    def hold(self, held: socket.socket, *, is_ours: bool = False) -> None:
        """`is_ours`: close it when it is replaced. Raises Unreachable (`deadline`) when there is no time left."""
        self._replace(held, is_ours=is_ours)
        self.remaining()

    def _replace(self, held: socket.socket | None, *, is_ours: bool) -> None:
        with self._lock:
            if self._socket is not None and self._is_ours:
                self._socket.close()
            self._socket, self._is_ours = held, is_ours

    def error(self) -> Unreachable:
        return Unreachable(f"not finished after {self._seconds:g} s", code="deadline")

    def _cut(self) -> None:
        with self._lock:
            self.has_passed = True
            if self._socket is not None:
                # The plain socket's own shutdown: that of a TLS socket takes the session away from the reading thread.
                with contextlib.suppress(OSError):
                    socket.SocketType.shutdown(self._socket, socket.SHUT_RDWR)


class Wire:
    """What the connections of one fetcher share. The deadline belongs to the exchange running in this thread."""

    def __init__(self, policy: AddressPolicy, connect_seconds: float) -> None:
        self._policy = policy
        self._connect_seconds = connect_seconds
        self._here = threading.local()

    @contextlib.contextmanager
    def within(self, deadline: Deadline) -> Iterator[None]:
        self._here.deadline = deadline
        try:
            with deadline:
                yield
        finally:
            del self._here.deadline

    @property
    def deadline(self) -> Deadline:
        deadline: Deadline = self._here.deadline
        return deadline

    def connect(self, host: str, port: int) -> socket.socket:
        """Resolve, judge all, connect to one of the judged. Raises AddressRefused, Unreachable."""
        failure: OSError | None = None
        addresses = self._policy.judge_host(host, port) if is_ip_address(host) else self._judge(host, port)
        for address in addresses:
            seconds = min(self._connect_seconds, self.deadline.remaining())
            try:
                connected = socket.create_connection((address, port), timeout=seconds)
            except OSError as error:
                failure = error
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
        self.deadline.remaining()
        if isinstance(failure, ConnectionRefusedError):
            raise Unreachable(f"{host}:{port} refused the connection", code="refused") from failure
        if isinstance(failure, TimeoutError):
            raise Unreachable(f"{host}:{port} did not answer", code="connect_timeout") from failure
        raise Unreachable(f"{host}:{port}: {failure}") from failure

    def _judge(self, host: str, port: int) -> list[str]:
        """In a thread of its own, because a resolver's wait cannot be interrupted, only left behind."""
        answers: list[list[str] | Exception] = []

        def judge() -> None:
            try:
                answers.append(self._policy.judge_host(host, port))
            except Exception as error:
                answers.append(error)

        thread = threading.Thread(target=judge, daemon=True, name=f"resolve {host}")
        thread.start()
        thread.join(self.deadline.remaining())
        if not answers:
            raise Unreachable(f"{host} was not resolved in time", code="deadline")
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]


class _Pinned:
    """What both kinds of connection do differently from urllib3's. SNI, certificate check and Host stay as they are."""

    wire: Wire
    host: str
    port: int
    sock: Any

    def _new_conn(self) -> socket.socket:
        connected = self.wire.connect(self.host, self.port)
        # A TLS handshake takes the descriptor away from this object, so the deadline holds its own.
        self.wire.deadline.hold(connected.dup(), is_ours=True)
        return connected

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.wire.deadline.hold(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self.wire.deadline.hold(self.sock)  # a connection kept from an earlier exchange
        super().request(*args, **kwargs)  # type: ignore[misc]


class GuardedAdapter(HTTPAdapter):
    """requests' pooled transport over pinned connections: no retries, no proxies."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(pool_connections=64, pool_maxsize=8, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        plain = type("PlainConnection", (_Pinned, HTTPConnection), {"wire": self._wire})
        secure = type("SecureConnection", (_Pinned, HTTPSConnection), {"wire": self._wire})
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
