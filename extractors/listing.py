"""HTML pages that list articles, read by a rule of CSS selectors; and the choice between them and feeds."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from extractors.encoding import decode_html
from extractors.entry_fields import MAX_TITLE, choose_address, choose_date
from extractors.feed import read_feed
from extractors.feed_bytes import MAX_ENTRIES
from pipeline.errors import NotAListing, ParseError
from pipeline.records import Entry, Listing, ListingRule, SourceKind
from pipeline.text import clean

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MAX_TAGS = 100_000
"""BeautifulSoup takes about 20 µs and 1 kB a tag; the fullest archive page of a year has some ten thousand."""


def read_source_listing(
    body: bytes, headers: Mapping[str, str], url: str, kind: SourceKind, rule: ListingRule | None
) -> Listing:
    """Read what a source was asked for: a feed, or a page by its rule. Takes simple values, so it runs in the sandbox.

    `headers` have lower-case names, `url` is where the body came from. Raises ParseError.
    """
    if kind is SourceKind.FEED:
        return read_feed(body, headers, url)
    if rule is None:
        raise ParseError("a listing page without a rule to read it by", code="bad_selector")
    return read_listing_page(body, headers, url, rule)


def read_listing_page(body: bytes, headers: Mapping[str, str], url: str, rule: ListingRule) -> Listing:
    """One entry per element that `rule.item` matches, in document order, at most 2,000; and the next page, if any.

    Links are joined to the page's `<base>` or to `url`. `dropped` counts items without a usable link. Raises
    NotAListing when nothing matches or no match has a link; ParseError: `bad_selector`, `too_many_tags`.
    """
    soup = _parse(clean(decode_html(body, headers)))
    base = _base_of(soup, url)
    language = _attribute(soup.html, "lang")[:2].lower()
    items = _select(soup, rule.item, "item")
    if not items:
        raise NotAListing(f"nothing on the page matches `{rule.item}`")
    entries = [_read_item(item, base, url, rule, language) for item in items[:MAX_ENTRIES]]
    usable = tuple(entry for entry in entries if entry is not None)
    if not usable:
        raise NotAListing(f"{len(items)} elements match `{rule.item}`, none has a link `{rule.link}`")
    return Listing(
        entries=usable,
        title=_text_of(soup.title),
        next_url=_next_page(soup, base, url, rule),
        dropped=len(items) - len(usable),
    )


def _parse(text: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup

    if text.count("<") > MAX_TAGS:
        raise ParseError(f"more than {MAX_TAGS} tags on one page", code="too_many_tags")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bs4 remarks on XML and on text that looks like a file name
        return BeautifulSoup(text, "lxml")


def _base_of(soup: BeautifulSoup, url: str) -> str:
    base = soup.find("base", href=True)
    return choose_address([_attribute(base, "href")], "", url) or url


def _select(element: Tag, selector: str, field: str, limit: int = 0) -> list[Tag]:
    from soupsieve import SelectorSyntaxError

    try:
        return list(element.select(selector, limit=limit))
    except (SelectorSyntaxError, NotImplementedError, ValueError) as error:
        raise ParseError(f"`{selector}` is no selector ({field})", code="bad_selector") from error


def _read_item(item: Tag, base: str, url: str, rule: ListingRule, language: str) -> Entry | None:
    links = [item] if item.name == "a" and item.has_attr("href") else _select(item, rule.link, "link", 20)
    for link in links:
        address = choose_address([_attribute(link, "href")], "", base)
        if address and not _is_same_page(address, url):
            break
    else:
        return None
    titles = [*(_select(item, rule.title, "title", 1) if rule.title else []), link]
    published_at, published_raw = None, ""
    if rule.date:
        dates = _select(item, rule.date, "date", 1)
        published_at, published_raw = choose_date(
            (text for date in dates for text in (_attribute(date, "datetime"), _text_of(date))), language
        )
    return Entry(
        url=address,
        title=next((text for title in titles if (text := _text_of(title))), "") or _unwritten_title(link),
        published_at=published_at,
        published_raw=published_raw,
    )


def _unwritten_title(link: Tag) -> str:
    """Of a link that is a picture."""
    texts = [_attribute(link, "title"), _attribute(link, "aria-label"), _attribute(link.find("img"), "alt")]
    return next((" ".join(text.split())[:MAX_TITLE] for text in texts if text.strip()), "")


def _next_page(soup: BeautifulSoup, base: str, url: str, rule: ListingRule) -> str:
    found = _select(soup, rule.next, "next", 1) if rule.next else []
    address = choose_address([_attribute(link, "href") for link in found], "", base)
    return "" if _is_same_page(address, url) else address


def _is_same_page(left: str, right: str) -> bool:
    """But for the fragment: `#top` and `href=""` lead nowhere."""
    return urldefrag(left).url == urldefrag(right).url


def _attribute(element: object, name: str) -> str:
    value = element.get(name) if hasattr(element, "get") else None
    return value if isinstance(value, str) else ""


def _text_of(element: Tag | None) -> str:
    return " ".join(element.get_text(" ").split())[:MAX_TITLE] if element is not None else ""
