"""One GET, guarded: address policy on every hop, a wall-clock deadline, byte limits, honest conditional requests.

`open_fetcher(...)` gives the callable that satisfies `pipeline.ports.Fetch`, the only way the project asks the web for
anything. No cookies, no credentials, no proxies, nothing from the environment or `.netrc`: the request is what
stands here. Redirects are followed by our own loop, because requests reads the whole body of a redirect even when told
not to follow it.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError as TransportError

from extractors.body import ACCEPT_ENCODING, read_body
from extractors.guard import AddressPolicy, Resolver, Target, check_address, resolve_host
from extractors.pinned import Deadline, GuardedAdapter, Wire
from pipeline.errors import AddressRefused, BodyBroken, FetchError, HttpError, RedirectLoop, Unreachable
from pipeline.records import Capture, FetchRequest
from pipeline.text import clean

logger = logging.getLogger(__name__)

MEBIBYTE = 1 << 20
MAX_RETRY_AFTER_SECONDS = 6 * 3_600.0
_REDIRECTS = (301, 302, 303, 307, 308)
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5"


def open_fetcher(
    *,
    user_agent: str,
    allow: Collection[str] = (),
    total_seconds: float = 30.0,
    connect_seconds: float = 5.0,
    max_bytes: int = 10 * MEBIBYTE,
    max_redirects: int = 10,
    resolver: Resolver = resolve_host,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ca_bundle: str = "",
) -> Fetcher:
    """A fetcher with its own connection pool, safe to call from many threads.

    `allow`: `host:port` endpoints outside public address space that may be reached all the same. `total_seconds` is
    wall time for the whole exchange, redirects included. `max_bytes` counts on the wire and decoded, each.
    `ca_bundle`: a PEM file of certificate authorities in place of the bundled ones.
    """
    wire = Wire(AddressPolicy(frozenset(allow), resolver), connect_seconds)
    return Fetcher(
        wire,
        user_agent=user_agent,
        total_seconds=total_seconds,
        max_bytes=max_bytes,
        max_redirects=max_redirects,
        clock=clock,
        ca_bundle=ca_bundle,
    )


class Fetcher:
    """See `open_fetcher`. Close it, or use it in a `with` block."""

    def __init__(
        self,
        wire: Wire,
        *,
        user_agent: str,
        total_seconds: float,
        max_bytes: int,
        max_redirects: int,
        clock: Callable[[], datetime],
        ca_bundle: str,
    ) -> None:
        self._wire = wire
        self._adapter = GuardedAdapter(wire)
        self._user_agent = user_agent
        self._total_seconds = total_seconds
        self._max_bytes = max_bytes
        self._max_redirects = max_redirects
        self._clock = clock
        self._verify: bool | str = ca_bundle or True

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._adapter.close()

    def __call__(self, request: FetchRequest) -> Capture:
        """Fetch one address. A 304 comes back with an empty body, if we asked for it.

        Raises AddressRefused (`ssrf_blocked`, `bad_scheme`, `bad_url`), Unreachable (`dns`, `refused`,
        `connect_timeout`, `tls`, `reset`, `protocol`, `deadline`), HttpError, BodyBroken, BodyTooLarge, RedirectLoop.
        """
        deadline = Deadline(self._total_seconds)
        try:
            with self._wire.within(deadline):
                return self._follow(request, deadline)
        except FetchError as error:
            if deadline.has_passed and not isinstance(error, AddressRefused | HttpError):
                error = deadline.error()
            error.place = error.place or request.url[:200]
            raise error from error.__cause__

    def _follow(self, request: FetchRequest, deadline: Deadline) -> Capture:
        first = target = check_address(request.url)
        seen = {target.url}
        while True:
            deadline.remaining()
            is_conditional = _is_same_site(first, target) and bool(request.etag or request.last_modified)
            response = self._send(target, self._headers(request, is_conditional=is_conditional))
            try:
                location = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not location:
                    return self._receive(request, target, response, is_conditional, deadline)
            finally:
                response.close()
            target = _redirected(target, location)
            if target.url in seen or len(seen) > self._max_redirects:
                raise RedirectLoop(f"{len(seen)} redirects, the last to {target.url[:200]}")
            seen.add(target.url)

    def _headers(self, request: FetchRequest, *, is_conditional: bool) -> dict[str, str]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": request.accept or _ACCEPT,
            "Accept-Encoding": ACCEPT_ENCODING,
        }
        if is_conditional and _is_sendable(request.etag):
            headers["If-None-Match"] = request.etag
        if is_conditional and _is_sendable(request.last_modified):
            headers["If-Modified-Since"] = request.last_modified
        return headers

    def _send(self, target: Target, headers: dict[str, str]) -> requests.Response:
        """Headers of the answer, body unread. Straight to the adapter: a Session would read bodies of redirects."""
        try:
            prepared = requests.Request("GET", target.url, headers=headers).prepare()
            return self._adapter.send(prepared, stream=True, timeout=self._total_seconds, verify=self._verify)
        except FetchError as error:
            error.place = error.place or target.url[:200]
            raise
        except requests.exceptions.SSLError as error:
            raise Unreachable(f"TLS: {_reason(error)}", code="tls", place=target.url[:200]) from error
        except requests.exceptions.InvalidURL as error:
            raise AddressRefused("not an address", code="bad_url", place=target.url[:200]) from error
        except requests.exceptions.Timeout as error:
            raise Unreachable("no answer in time", code="deadline", place=target.url[:200]) from error
        except (requests.exceptions.RequestException, TransportError, OSError, ValueError) as error:
            code = "reset" if _has_cause(error, ConnectionError) else "protocol"
            raise Unreachable(_reason(error), code=code, place=target.url[:200]) from error

    def _receive(
        self,
        request: FetchRequest,
        target: Target,
        response: requests.Response,
        is_conditional: bool,
        deadline: Deadline,
    ) -> Capture:
        now = self._clock()
        status = response.status_code
        body = b""
        if status == 304:
            if not is_conditional:
                raise BodyBroken("the server answered 304 to a request without conditions", code="unasked_304")
            if "transfer-encoding" not in response.headers:
                response.raw.read(1, decode_content=False)  # nothing is there: this hands the connection back
        elif status == 200:
            body = read_body(response.raw, self._max_bytes)
        else:
            retry_after = parse_retry_after(response.headers.get("retry-after", ""), now)
            raise HttpError(status, place=target.url[:200], retry_after_seconds=retry_after)
        if deadline.has_passed:
            raise deadline.error()  # a body that ends with its connection looks complete when we cut it
        headers = {name.lower(): clean(" ".join(value.split())) for name, value in response.headers.items()}
        return Capture(
            url=request.url,
            final_url=target.url,
            status=status,
            headers=headers,
            body=body,
            fetched_at=now,
            sha256=hashlib.sha256(body).hexdigest(),
        )


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110: seconds or a date), within [0, 6 h]. None: nothing."""
    value = value.strip()[:64]
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        seconds = (at - now).total_seconds()
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def _redirected(target: Target, location: str) -> Target:
    # Header text arrives as latin-1; servers mean UTF-8. The raw value is judged before it is joined, because joining
    # cuts out tabs and line ends.
    location = location.encode("latin-1", "replace").decode("utf-8", "replace").strip(" ")
    if any(character < " " or character in "\x7f\\" for character in location):
        raise AddressRefused("control characters or a backslash in a redirect", code="bad_url", place=target.url[:200])
    try:
        joined = urljoin(target.url, location)
    except ValueError as error:
        raise AddressRefused("not an address", code="bad_url", place=location[:200]) from error
    return check_address(joined)


def _is_same_site(first: Target, target: Target) -> bool:
    """The same origin, or the step from http to https on one host: there a validator still means the same document."""
    if first.origin == target.origin:
        return True
    return (first.scheme, first.port, target.scheme, target.port) == ("http", 80, "https", 443) and (
        first.host == target.host
    )


def _is_sendable(validator: str) -> bool:
    return bool(validator) and validator.isascii() and validator.isprintable() and len(validator) <= 1_000


def _has_cause(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether `kind` is anywhere in what caused `error`: client libraries wrap, and keep what they wrap in `args`."""
    pending: list[object] = [error]
    for _ in range(20):
        if not pending:
            return False
        current = pending.pop()
        if isinstance(current, kind):
            return True
        if isinstance(current, BaseException):
            pending += [*current.args, current.__cause__, current.__context__, getattr(current, "reason", None)]
    return False


def _reason(error: BaseException) -> str:
    return clean(f"{type(error).__name__}: {error}")[:300]
