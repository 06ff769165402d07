"""Foreign strings made fit to be shown: one line of text, a sentence with its mentions, an address to link.

Escaping for HTML, mail headers and Slack stays with whoever writes HTML, mail and Slack. What is done here holds for
all of them: no control characters, no characters that turn the reading direction of what follows, no address but
plain http and https.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import quote, urlsplit

from pipeline.text import clean

# C1 controls (U+009B begins terminal commands), bidirectional overrides and isolates, invisible tag characters.
_INVISIBLE = re.compile("[\x80-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_BREAK = re.compile("[\t\n\r\x85\u2028\u2029]")
_IN_ADDRESS = "!$&'()*+,;=:@/?-._~%[]"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence, inside or outside a mention."""

    text: str
    is_marked: bool


def one_line(text: str, limit: int = 0) -> str:
    """Text on one line, its spaces single. With a limit, cut there at the latest and ended by an ellipsis."""
    line = " ".join(_tidy(text).split())
    if limit and len(line) > limit:
        return line[: limit - 1].rstrip() + "…"
    return line


def split_marks(sentence: str, marks: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """A sentence in pieces, in order, by its marks (offsets into `sentence`); marks that touch become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(start, 0), min(end, len(sentence))) for start, end in marks):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    pieces: list[Piece] = []
    done = 0
    for start, end in merged:
        pieces += [Piece(_tidy(sentence[done:start]), False), Piece(_tidy(sentence[start:end]), True)]
        done = end
    pieces.append(Piece(_tidy(sentence[done:]), False))
    return tuple(piece for piece in pieces if piece.text)


def mark_plainly(pieces: Iterable[Piece]) -> str:
    """A sentence on one line with **mentions** between double asterisks: « » and 「 」 are the text's own."""
    return " ".join("".join(f"**{piece.text}**" if piece.is_marked else piece.text for piece in pieces).split())


def link_address(url: str) -> str:
    """An address that may be linked, in ASCII; empty when it must not be.

    Only http and https, with a host and without user or password. The host becomes its punycode (RFC 5891), so that a
    look-alike shows; other characters outside RFC 3986 are percent-encoded, `<`, `>`, `"` and `|` with them.
    """
    if not url or "\\" in url or _BREAK.search(url) or clean(url) != url:
        return ""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.password is not None:
        return ""
    host = _ascii_host(host)
    if not host:
        return ""
    address = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    address += quote(parts.path, safe=_IN_ADDRESS)
    if parts.query:
        address += "?" + quote(parts.query, safe=_IN_ADDRESS)
    if parts.fragment:
        address += "#" + quote(parts.fragment, safe=_IN_ADDRESS)
    return address


def shown_host(address: str) -> str:
    """The host to print beside a link made by `link_address`."""
    return (urlsplit(address).hostname or "").removeprefix("www.") if address else ""


def shown_time(at: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """`Tue 24 Nov, 07:05` on the reader's clock; with the year when that is not the year of `now`."""
    local = at.astimezone(zone)
    year = f" {local.year}" if now is None or local.year != now.astimezone(zone).year else ""
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}, {local:%H:%M}"


def language_code(language: str) -> str:
    """A code fit for a `lang` attribute, else empty."""
    return language if re.fullmatch("[a-z]{2,3}", language) else ""


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 story`, `3 stories`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _tidy(text: str) -> str:
    return _INVISIBLE.sub("", _BREAK.sub(" ", clean(text)))


def _ascii_host(host: str) -> str:
    if ":" in host:  # an IPv6 literal, judged by urlsplit
        return f"[{host}]" if re.fullmatch("[0-9a-f:.]+", host) else ""
    if not host.isascii():
        import idna  # its tables are large and few hosts need them

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return ""
    return host if re.fullmatch("[a-z0-9._-]+", host) else ""
