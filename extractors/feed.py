"""RSS, RDF, Atom, CDF and JSON feeds, read in a process that can be killed.

feedparser decides what a feed says; what goes in and what comes out is ours: bytes are settled first
(`extractors.feed_bytes`), markup becomes plain text, dates go through `pipeline.dates`, and links that are no web
addresses are dropped and counted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from extractors.entry_fields import MAX_GUID, MAX_NAME, MAX_TITLE, choose_address, choose_date, longest_text
from extractors.feed_bytes import open_feed
from extractors.json_feed import read_json_feed
from extractors.markup import markup_to_line
from pipeline.errors import NotAListing, ParseError
from pipeline.records import Entry, Listing
from pipeline.text import clean


def read_feed(body: bytes, headers: Mapping[str, str], url: str) -> Listing:
    """Entries of a feed in document order, at most 2,000.

    `headers` have lower-case names; `url` is where the body came from, relative links are joined to it. `dropped`
    counts entries beyond the limit and without a usable address. Raises ParseError, and nothing else for any bytes:
    NotAListing, ForbiddenMarkup, `parser_error` where feedparser fails.
    """
    feed = open_feed(body, headers)
    if feed.is_json:
        return read_json_feed(feed.text, url)
    parsed = _parse(feed.text)
    if not parsed.entries and not parsed.get("version"):
        raise NotAListing("no feed and no entries")
    channel = parsed.feed
    language = _text_of(channel, "language")[:2].lower()
    entries = [_read_entry(item, url, language) for item in parsed.entries]
    usable = tuple(entry for entry in entries if entry is not None)
    if entries and not usable:
        raise NotAListing(f"{len(entries)} entries, none with a usable address")
    reason = f"not well-formed: {parsed.get('bozo_exception')}" if parsed.get("bozo") else ""
    return Listing(
        entries=usable,
        title=markup_to_line(_text_of(channel, "title"), MAX_TITLE),
        dropped=feed.dropped + len(entries) - len(usable),
        note=clean("; ".join(note for note in (feed.note, reason) if note))[:300],
    )


def _parse(text: str) -> Any:
    import feedparser

    document = io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode("utf-8"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(document, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        raise ParseError(f"{type(error).__name__}: {error}"[:300], code="parser_error") from error


def _read_entry(item: dict[str, Any], url: str, language: str) -> Entry | None:
    guid = clean(_text_of(item, "id"))[:MAX_GUID]
    address = choose_address((_text_of(item, "feedburner_origlink"), _text_of(item, "link")), guid, url)
    if not address:
        return None
    published_at, published_raw = choose_date(
        (_text_of(item, name) for name in ("published", "updated", "created")), language
    )
    return Entry(
        url=address,
        title=markup_to_line(_text_of(item, "title"), MAX_TITLE),
        summary=longest_text(_descriptions(item)),
        guid=guid,
        published_at=published_at,
        published_raw=published_raw,
        author=markup_to_line(_text_of(item, "author"), MAX_NAME),
    )


def _descriptions(item: dict[str, Any]) -> Iterator[str]:
    yield _text_of(item, "summary")
    for content in dict.get(item, "content", ()):
        yield _text_of(content, "value")


def _text_of(item: dict[str, Any], name: str) -> str:
    # dict's own get: feedparser's turns `updated` into `published` and `id` into other things on the way.
    value = dict.get(item, name)
    return value if isinstance(value, str) else ""
