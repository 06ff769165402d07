"""HTML pages that list articles, read by CSS selectors that are data; and the door for every kind of listing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from extractors.encoding import decode_html
from extractors.entry_fields import MAX_TITLE
from extractors.feed import read_feed
from pipeline.addresses import is_web_address
from pipeline.dates import parse_date
from pipeline.errors import NotAListing, ParseError
from pipeline.records import Entry, Listing, ListingRule, SourceKind
from pipeline.text import clean

MAX_ENTRIES = 2_000
MAX_MARKUP = 2_000_000
"""Characters of a listing page: a BeautifulSoup tree costs 19 ms for 300 kB and grows with it."""


def read_source_listing(
    body: bytes, headers: Mapping[str, str], url: str, kind: SourceKind, rule: ListingRule | None
) -> Listing:
    """The listing of a source, whatever its kind. Raises ParseError. Picklable: it runs in another process."""
    if kind is SourceKind.LISTING and rule is not None:
        return read_listing_page(body, headers, url, rule)
    return read_feed(body, headers, url)


def read_listing_page(body: bytes, headers: Mapping[str, str], url: str, rule: ListingRule) -> Listing:
    """Entries of an HTML page in document order, at most 2,000, and the address of the next page.

    `headers` have lower-case names; relative links are joined to `<base>` or to `url`. Raises NotAListing when nothing
    matches `rule.item`, ParseError `bad_selector` for a selector that is none.
    """
    markup = decode_html(body, headers)
    if len(markup) > MAX_MARKUP:
        raise ParseError(f"a listing page of {len(markup)} characters", code="too_large")
    soup = BeautifulSoup(markup, "lxml")
    base = soup.find("base", href=True)
    root = urljoin(url, str(base["href"])) if isinstance(base, Tag) else url
    try:
        items = soup.select(rule.item)
        entries = [_read_entry(item, root, rule) for item in items[:MAX_ENTRIES]]
        older = soup.select_one(rule.next) if rule.next else None
    except SelectorSyntaxError as error:
        raise ParseError(f"not a CSS selector: {str(error).splitlines()[0]}", code="bad_selector") from error
    if not items:
        raise NotAListing(f"nothing on the page matches `{rule.item}`")
    usable = tuple(entry for entry in entries if entry is not None)
    return Listing(
        entries=usable,
        title=_text_of(soup.title),
        next_url=_address_of(older, root),
        dropped=len(items) - len(usable),
    )


def _read_entry(item: Tag, root: str, rule: ListingRule) -> Entry | None:
    link = item if item.name == "a" and item.has_attr("href") else item.select_one(rule.link)
    address = _address_of(link, root)
    if not address or link is None:
        return None
    title = item.select_one(rule.title) if rule.title else link
    date = item.select_one(rule.date) if rule.date else None
    published_raw = clean(str(date.get("datetime") or _text_of(date)))[:64] if date is not None else ""
    return Entry(
        url=address,
        title=_text_of(title or link),
        published_at=parse_date(published_raw),
        published_raw=published_raw,
    )


def _address_of(link: Tag | None, root: str) -> str:
    """The absolute address of a link; empty when it has none that can be fetched."""
    if link is None or not link.get("href"):
        return ""
    try:
        address = urljoin(root, str(link["href"]).strip())
    except ValueError:
        return ""
    return address if is_web_address(address) else ""


def _text_of(element: Tag | None) -> str:
    return clean(" ".join(element.get_text(" ").split()))[:MAX_TITLE] if element is not None else ""
