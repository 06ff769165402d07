"""Stand-ins for the web, written once. Storage is never faked: SQLite is fast and PostgreSQL is there.

`FakeWeb` serves pages and listings written as JSON, so that tests of the path say what a page means and nothing about
HTML. A listing is a list of entries, a page is {"title", "text", …}; an exception is raised instead of an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import NotAListing, NotAnArticle, WatchwireError
from pipeline.ports import CollectTools, Store
from pipeline.records import (
    Capture,
    Channel,
    Entry,
    FetchRequest,
    Listing,
    Mention,
    Reading,
    Rule,
    Source,
    SourceKind,
    Tagging,
)

NOW = datetime(2018, 11, 14, 12, tzinfo=UTC)


class FakeWeb:
    """Addresses to answers. `asked` is every address fetched, in order."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.asked: list[str] = []
        self.etags: dict[str, str] = {}
        self.redirects: dict[str, str] = {}

    def fetch(self, request: FetchRequest) -> Capture:
        self.asked.append(request.url)
        url = self.redirects.get(request.url, request.url)
        answer = self.pages[url]
        if isinstance(answer, Exception):
            raise answer
        etag = self.etags.get(url, "")
        headers = {"etag": etag} if etag else {}
        if etag and request.etag == etag:
            return Capture(request.url, url, 304, headers, b"", NOW, hashlib.sha256(b"").hexdigest())
        body = json.dumps(answer, ensure_ascii=False).encode()
        return Capture(request.url, url, 200, headers, body, NOW, hashlib.sha256(body).hexdigest())


def read_listing(capture: Capture, source: Source) -> Listing:
    answer = json.loads(capture.body)
    if not isinstance(answer, dict) or "entries" not in answer:
        raise NotAListing("an HTML page instead of a feed")
    entries = tuple(
        Entry(
            url=row["url"],
            title=row.get("title", ""),
            summary=row.get("summary", ""),
            published_at=datetime.fromisoformat(row["date"]) if "date" in row else None,
        )
        for row in answer["entries"]
    )
    return Listing(entries, next_url=answer.get("next", ""), dropped=answer.get("dropped", 0))


def read_articles(captures: Iterable[Capture]) -> Iterator[Reading | WatchwireError]:
    for capture in captures:
        answer = json.loads(capture.body)
        if "text" not in answer:
            yield NotAnArticle("no readable body")
            continue
        yield Reading(
            title=answer.get("title", ""),
            text=answer["text"],
            language=answer.get("language", "en"),
            canonical_url=answer.get("canonical", ""),
        )


def tag_words(title: str, text: str, language: str) -> Tagging:
    """Mentions of the words Putin, Crimea and Kurils, plainly."""
    mentions = []
    for where, content in (("title", title), ("text", text)):
        for word in ("Putin", "Crimea", "Kurils"):
            start = content.find(word)
            if start >= 0:
                mentions.append(Mention(word.lower(), where, start, start + len(word), word, "the word itself", "v1"))
    return Tagging(tuple(mentions))


class KeptBodies:
    """Bodies by hash, in memory."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def keep(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        self.bodies[digest] = body
        return digest


RULES = tuple(Rule(slug, slug.title(), any_of=(slug,)) for slug in ("putin", "crimea", "kurils"))
CHANNELS = (Channel("console", "console", True), Channel("mail", "email", False))


def make_source(slug: str = "herald", **changes: Any) -> Source:
    facts: dict[str, Any] = {
        "slug": slug,
        "name": slug.title(),
        "url": f"https://{slug}.example/feed",
        "kind": SourceKind.FEED,
        "language": "en",
        "country": "JP",
        **changes,
    }
    return Source(**facts)


def make_tools(web: FakeWeb, store: Store, **changes: Any) -> CollectTools:
    parts: dict[str, Any] = {
        "fetch": web.fetch,
        "keep_body": KeptBodies().keep,
        "read_listing": read_listing,
        "read_articles": read_articles,
        "tag": tag_words,
        "store": store,
        "rules": RULES,
        "channels": CHANNELS,
        "pages_per_round": 500,
        "stopwatch": lambda: 0.0,
        **changes,
    }
    return CollectTools(**parts)
