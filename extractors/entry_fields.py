"""The fields of an entry, chosen from what a source offers for them: what feeds and listing pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urljoin

from extractors.markup import markup_to_lines
from pipeline.addresses import is_web_address
from pipeline.dates import parse_date
from pipeline.text import clean

MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_GUID = 2_048
MAX_NAME = 200
_SPACE = re.compile(r"[\t\r\n]+")


def choose_address(links: Iterable[str], guid: str, url: str) -> str:
    """The first link that is, or joined to `url` becomes, a web address; else a guid that is one; else nothing."""
    for raw in links:
        link = _SPACE.sub("", clean(raw)).strip().replace("&amp;", "&").replace(" ", "%20")
        if not link or (link == guid and "/" not in link):
            continue  # feedparser takes a guid for a permalink unless told otherwise; `n-17` is none
        try:
            joined = urljoin(url, link)
        except ValueError:
            continue
        if is_web_address(joined):
            return joined
    return guid if is_web_address(guid) else ""


def choose_date(candidates: Iterable[str], language: str) -> tuple[datetime | None, str]:
    """The first that is a date, with the text it came from; without one, the first text."""
    texts = [text for raw in candidates if (text := clean(" ".join(raw[:500].split())))]
    for text in texts:
        if moment := parse_date(text, language=language):
            return moment, text
    return None, texts[0][:100] if texts else ""


def longest_text(markups: Iterable[str]) -> str:
    """Description or full content, whichever says more: it stands in for the page when that cannot be read."""
    texts = [markup_to_lines(markup, MAX_SUMMARY) for markup in markups]
    return max(texts, key=len, default="")
