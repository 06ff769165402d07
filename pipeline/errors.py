"""Every error watchwire raises on purpose, and whether trying again helps.

    WatchwireError
    ├── ConfigError                 a person wrote something we cannot use: place and mend are named
    │   ├── SettingError            an environment setting
    │   └── SeedError               a line of a YAML file in seeds/
    ├── FetchError                  the web did not give us the bytes
    │   ├── AddressRefused          we will not connect there (private network, scheme, credentials)
    │   ├── Unreachable             no connection, TLS failure, reset, deadline           retry
    │   ├── HttpError               an answer with status 4xx or 5xx                      retry if 408, 425, 429, 5xx
    │   ├── BodyBroken              cut short, wrong length, undecodable coding           retry
    │   ├── BodyTooLarge            more bytes than the limit, on the wire or decoded
    │   └── RedirectLoop            too many redirects
    ├── ParseError                  the bytes are not what they should be
    │   ├── NotAListing             HTML instead of a feed, no entries anywhere
    │   ├── NotAnArticle            a page without a readable body
    │   ├── ForbiddenMarkup         a DTD with entities, a prolog that is too long
    │   └── ParserKilled            the parser ran out of time or memory, or crashed
    ├── StorageError
    │   ├── DatabaseLocked          another process holds the write lock                  retry
    │   ├── DatabaseUnreachable     no server, no file, no permission                     retry
    │   ├── DatabaseOutdated        the schema is not the one this version needs
    │   └── DatabaseDamaged         an integrity check failed, or the disk is full
    ├── DeliveryError
    │   ├── DeliveryDeferred        the channel is down, busy or greylisting              retry
    │   ├── DeliveryAmbiguous       it may have been accepted; the answer was lost        retry, same key
    │   └── DeliveryRefused         the channel will never take this message
    └── UnknownName                 a source, channel or digest nobody has defined

Foreign exceptions are translated once, at the edge where they appear; inside, only these travel. Each carries a
short `code` that is counted and stored, a `place` (file and line, address, channel) and a `mend` where there is one.
Raised from other processes, they survive pickling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class WatchwireError(Exception):
    """The root. `code` is stable and counted; `should_retry` says whether the same call may succeed later."""

    code = "error"
    should_retry = False
    exit_code = 1

    def __init__(self, message: str, *, code: str = "", place: str = "", mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.place = place
        self.mend = mend

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text} — {self.mend}" if self.mend else text

    def __reduce__(self) -> tuple[Callable[..., WatchwireError], tuple[Any, ...]]:
        return (_rebuild, (type(self), dict(self.__dict__), self.args))


def _rebuild(kind: type[WatchwireError], state: dict[str, Any], args: tuple[Any, ...]) -> WatchwireError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = args
    return error


class ConfigError(WatchwireError):
    code = "config"
    exit_code = 2


class SettingError(ConfigError):
    code = "setting"


class SeedError(ConfigError):
    """`place` is `file:line`; the message says what was found and what was expected."""

    code = "seed"


class UnknownName(WatchwireError):
    code = "unknown_name"
    exit_code = 2


class FetchError(WatchwireError):
    """`retry_after_seconds` is what the server asked for, or None."""

    code = "fetch"
    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        place: str = "",
        mend: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, code=code, place=place, mend=mend)
        self.retry_after_seconds = retry_after_seconds


class AddressRefused(FetchError):
    code = "address_refused"


class Unreachable(FetchError):
    code = "unreachable"
    should_retry = True


class HttpError(FetchError):
    code = "http_error"

    def __init__(self, status: int, *, place: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(
            f"the server answered {status}",
            code=f"http_{status}",
            place=place,
            retry_after_seconds=retry_after_seconds,
        )
        self.status = status
        self.should_retry = status in (408, 425, 429) or status >= 500


class BodyBroken(FetchError):
    code = "body_broken"
    should_retry = True


class BodyTooLarge(FetchError):
    code = "too_large"


class RedirectLoop(FetchError):
    code = "redirects"


class ParseError(WatchwireError):
    code = "parse"


class NotAListing(ParseError):
    code = "not_a_listing"


class NotAnArticle(ParseError):
    code = "not_an_article"


class ForbiddenMarkup(ParseError):
    code = "forbidden_markup"


class ParserKilled(ParseError):
    """`code` tells which: parser_timeout, parser_memory or parser_crash."""

    code = "parser_killed"


class StorageError(WatchwireError):
    code = "storage"
    exit_code = 3


class DatabaseLocked(StorageError):
    code = "database_locked"
    should_retry = True


class DatabaseUnreachable(StorageError):
    code = "database_unreachable"
    should_retry = True


class DatabaseOutdated(StorageError):
    code = "database_outdated"


class DatabaseDamaged(StorageError):
    code = "database_damaged"


class DeliveryError(WatchwireError):
    """`retry_after_seconds` is what the channel asked for, or None."""

    code = "delivery"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        place: str = "",
        mend: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, code=code, place=place, mend=mend)
        self.retry_after_seconds = retry_after_seconds


class DeliveryDeferred(DeliveryError):
    code = "deferred"
    should_retry = True


class DeliveryAmbiguous(DeliveryError):
    code = "ambiguous"
    should_retry = True


class DeliveryRefused(DeliveryError):
    code = "refused"
