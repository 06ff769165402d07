"""A web server that misbehaves on purpose: raw sockets on loopback, one path per behaviour.

Every behaviour ends by itself: after `MAX_SECONDS`, after `MAX_BYTES`, or when the client hangs up. Use it as

    with open_server() as server:
        server.pages["/feed"] = reply(body, {"Content-Type": "application/rss+xml"})
        fetch(server.url("/feed"))
        server.requests[-1].headers["user-agent"]

`pages` maps a path to the bytes to send, or to a function taking (connection, request); the paths in `BEHAVIOURS` are
there from the start.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_SECONDS = 20.0
MAX_BYTES = 64 << 20

Behaviour = Callable[[socket.socket, "Request"], None]


@dataclass(frozen=True)
class Request:
    path: str
    """With the query."""
    headers: dict[str, str]
    """Lower-case names."""
    connection: int
    """1 for the first connection the server took."""


@dataclass
class Server:
    host: str
    port: int
    pages: dict[str, bytes | Behaviour]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    server_names: list[str] = field(default_factory=list)
    """What TLS clients named in SNI."""
    is_open: bool = True
    scheme: str = "http"

    @property
    def endpoint(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str, host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


@contextlib.contextmanager
def open_server(host: str = "127.0.0.1", port: int = 0, tls: tuple[str, str] | None = None) -> Iterator[Server]:
    """Serve until the block ends. `tls`: (certificate file, key file)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(64)
    server = Server(host, listener.getsockname()[1], dict(BEHAVIOURS), scheme="https" if tls else "http")
    context = _tls_context(tls, server) if tls else None
    threading.Thread(target=_accept, args=(listener, server, context), daemon=True).start()
    try:
        yield server
    finally:
        server.is_open = False
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _tls_context(files: tuple[str, str], server: Server) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.sni_callback = lambda _socket, name, _context: server.server_names.append(name or "")
    return context


def _accept(listener: socket.socket, server: Server, context: ssl.SSLContext | None) -> None:
    while server.is_open:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        arguments = (connection, server, server.connections, context)
        threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(connection: socket.socket, server: Server, number: int, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        stack.enter_context(connection)
        connection.settimeout(MAX_SECONDS)
        if context:
            connection = stack.enter_context(context.wrap_socket(connection, server_side=True))
        while (request := _read_request(connection, number)) is not None:
            server.requests.append(request)
            page = server.pages.get(request.path, server.pages.get(request.path.partition("?")[0], NOT_FOUND))
            if not isinstance(page, bytes):
                page(connection, request)
                return
            connection.sendall(page)
            if not _is_whole(page):
                return


def _is_whole(page: bytes) -> bool:
    """Whether the connection can go on after this answer."""
    head, _, body = page.partition(b"\r\n\r\n")
    return b" 304 " in head or f"content-length: {len(body)}".encode() in head.lower().split(b"\r\n")


def _read_request(connection: socket.socket, number: int) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk or len(received) > 1 << 20:
            return None
        received += chunk
    first, *lines = received.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(first.split(" ")[1], headers, number)


def reply(
    body: bytes = b"", headers: dict[str, str] | None = None, status: str = "200 OK", *, with_length: bool = True
) -> bytes:
    """A whole answer. Without a length, the end of the connection is the end of the body."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if with_length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(location: str, status: str = "302 Found", body: bytes = b"") -> bytes:
    return reply(body, {"Location": location}, status)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n", headers: str = "") -> bytes:
    """An answer in chunks; `end` replaces the closing chunk."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode() + body + end


@functools.cache
def bomb(decoded_bytes: int, wbits: int = 31) -> bytes:
    """Zeros, compressed about a thousand times: gzip (31), zlib (15) or bare deflate (-15)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    block = bytes(1 << 20)
    pieces = [packer.compress(block) for _ in range(decoded_bytes // len(block))]
    return b"".join([*pieces, packer.flush()])


NOT_FOUND = reply(b"nothing here", status="404 Not Found")


def _repeat(connection: socket.socket, piece: bytes, pause: float = 0.0) -> None:
    """Send `piece` again and again, within the server's bounds."""
    ends_at = time.monotonic() + MAX_SECONDS
    sent = 0
    while time.monotonic() < ends_at and sent < MAX_BYTES:
        connection.sendall(piece)
        sent += len(piece)
        if pause:
            time.sleep(pause)


def _silent(connection: socket.socket, _request: Request) -> None:
    connection.recv(1)  # until the client hangs up or the time-out of the socket


def _drip_headers(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _repeat(connection, b"X-Drip: a\r\n", pause=0.3)


def _drip_body(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    _repeat(connection, b"a", pause=0.2)


def _drip_endless(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _repeat(connection, b"a", pause=0.2)


def _drip_chunks(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _repeat(connection, b"1\r\na\r\n", pause=0.2)


def _drip_trailers(connection: socket.socket, _request: Request) -> None:
    connection.sendall(chunked(b"body", end=b"0\r\n"))
    _repeat(connection, b"X-Drip: a\r\n", pause=0.2)


def _endless_continue(connection: socket.socket, _request: Request) -> None:
    _repeat(connection, b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01)


def _endless_headers(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _repeat(connection, b"X-Filler: " + b"a" * 10_000 + b"\r\n")


def _endless_header_line(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    _repeat(connection, b"a" * 10_000)


def _endless_status_line(connection: socket.socket, _request: Request) -> None:
    _repeat(connection, b"a" * 10_000)


def _endless_body(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _repeat(connection, b"a" * 65_536)


def _endless_chunks(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _repeat(connection, b"1000\r\n" + b"a" * 0x1000 + b"\r\n")


def _endless_chunk_line(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;")
    _repeat(connection, b"a" * 10_000)


def _endless_gzip(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    _repeat(connection, gzip.compress(bytes(1 << 20)))


def _empty_members(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    _repeat(connection, gzip.compress(b"") * 3_000)


def _endless_error(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 503 Busy\r\n\r\n")
    _repeat(connection, b"a" * 65_536)


def _endless_redirect_body(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /plain\r\n\r\n")
    _repeat(connection, b"a" * 65_536)


def _endless_304(connection: socket.socket, _request: Request) -> None:
    connection.sendall(b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n")
    _silent(connection, _request)


def _chain(connection: socket.socket, request: Request) -> None:
    """/chain?n → /chain?n+1, for ever."""
    number = int(request.path.partition("?")[2] or 0)
    connection.sendall(redirect(f"/chain?{number + 1}"))


def _reset(connection: socket.socket, _request: Request) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def _reset_in_body(connection: socket.socket, request: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    time.sleep(0.05)
    _reset(connection, request)


BEHAVIOURS: dict[str, bytes | Behaviour] = {
    "/plain": reply(b"hello", {"Content-Type": "text/plain"}),
    # never finished
    "/silent": _silent,
    "/drip-headers": _drip_headers,
    "/drip-body": _drip_body,
    "/drip-endless": _drip_endless,
    "/drip-chunks": _drip_chunks,
    "/drip-trailers": _drip_trailers,
    "/endless-continue": _endless_continue,
    "/endless-304": _endless_304,
    # never enough
    "/endless-headers": _endless_headers,
    "/endless-header-line": _endless_header_line,
    "/endless-status-line": _endless_status_line,
    "/endless-body": _endless_body,
    "/endless-chunks": _endless_chunks,
    "/endless-chunk-line": _endless_chunk_line,
    "/endless-gzip": _endless_gzip,
    "/empty-members": _empty_members,
    "/endless-error": _endless_error,
    "/endless-redirect-body": _endless_redirect_body,
    "/announces-terabytes": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nabc",
    "/chain": _chain,
    "/loop": redirect("/loop-back"),
    "/loop-back": redirect("/loop"),
    # not what they say
    "/reset": _reset,
    "/reset-in-body": _reset_in_body,
    "/short-length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "/bad-chunk": chunked(b"good", end=b"zz\r\nbad\r\n0\r\n\r\n"),
    "/cut-chunk": chunked(b"good", end=b"ff\r\ncut"),
    "/no-last-chunk": chunked(b"good", end=b""),
    "/empty": reply(b""),
    "/empty-close": reply(b"", with_length=False),
    "/no-status": b"hello, I am no web server\r\n\r\n",
    "/hang-up": b"",
    "/unasked-304": reply(status="304 Not Modified", with_length=False),
    "/brotli": reply(b"\x0b\x02\x80hello\x03", {"Content-Encoding": "br"}),
    "/zstd": reply(b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00hello", {"Content-Encoding": "zstd"}),
    "/seven-codings": reply(b"x", {"Content-Encoding": ", ".join(["gzip"] * 7)}),
    "/not-gzip": reply(b"plain text", {"Content-Encoding": "gzip"}),
    "/cut-gzip": reply(gzip.compress(b"hello " * 9_000)[:-20], {"Content-Encoding": "gzip"}, with_length=False),
    "/damaged-gzip": reply(gzip.compress(b"hello " * 99)[:-8] + bytes(8), {"Content-Encoding": "gzip"}),
}
