"""JSON Feed 1.0 and 1.1 (jsonfeed.org), after its bytes were settled."""

from __future__ import annotations

import json
from typing import Any

from extractors.entry_fields import MAX_GUID, MAX_NAME, MAX_TITLE, choose_address, choose_date, longest_text
from extractors.feed_bytes import MAX_ENTRIES
from extractors.markup import markup_to_line
from pipeline.errors import NotAListing
from pipeline.records import Entry, Listing
from pipeline.text import clean


def read_json_feed(text: str, url: str) -> Listing:
    """Raises NotAListing for everything that is not a JSON object with a list of items, one of them usable."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAListing(f"not JSON: {error}"[:300]) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise NotAListing("JSON, but no JSON feed")
    language = _text_of(feed, "language")[:2].lower()
    entries = [_read_item(item, url, language) for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    usable = tuple(entry for entry in entries if entry is not None)
    if items and not usable:
        raise NotAListing(f"{len(items)} items, none with a usable address")
    return Listing(
        entries=usable,
        title=markup_to_line(_text_of(feed, "title"), MAX_TITLE),
        dropped=len(items) - len(usable),
    )


def _read_item(item: dict[str, Any], url: str, language: str) -> Entry | None:
    guid = clean(_text_of(item, "id"))[:MAX_GUID]
    address = choose_address((_text_of(item, "url"), _text_of(item, "external_url")), guid, url)
    if not address:
        return None
    published_at, published_raw = choose_date(
        (_text_of(item, name) for name in ("date_published", "date_modified")), language
    )
    return Entry(
        url=address,
        title=markup_to_line(_text_of(item, "title"), MAX_TITLE),
        summary=longest_text(_text_of(item, name) for name in ("summary", "content_html", "content_text")),
        guid=guid,
        published_at=published_at,
        published_raw=published_raw,
        author=_author(item),
    )


def _author(item: dict[str, Any]) -> str:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [_text_of(person, "name") for person in people[:10] if isinstance(person, dict)]
    return markup_to_line(", ".join(name for name in names if name), MAX_NAME)


def _text_of(item: dict[str, Any], name: str) -> str:
    """Numbers are taken as their digits: ids and dates are often written so."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
