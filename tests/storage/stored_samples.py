"""Records to store, with one line for what a test is about and defaults for the rest."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.records import (
    Alert,
    AlertDraft,
    Article,
    EntryOutcome,
    EntryRecord,
    Fingerprint,
    Mention,
    Message,
    PollOutcome,
    ReadingDepth,
    Round,
    RoundKind,
    Source,
    SourceKind,
    Tagging,
)
from storage.store import SqlStore

NOW = datetime(2018, 11, 14, 12, 30, 15, 123456, tzinfo=UTC)
HERALD = Source(
    "herald", "The Herald", "https://herald.example/feed", SourceKind.FEED, "en", "JP", tags=("press", "jp")
)
MIRROR = Source("mirror", "Mirror", "https://mirror.example/feed", SourceKind.FEED, "ru", "RU")


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def make_article(name: str = "a", **changes: Any) -> Article:
    article = Article(
        id=0,
        source="herald",
        address=f"herald.example/{name}",
        url=f"https://herald.example/{name}",
        title=f"Title of {name}",
        text=f"Text of {name}.",
        byline="A. Writer",
        language="en",
        published_at=None,
        first_seen_at=NOW,
        revision=1,
        depth=ReadingDepth.FULL,
        exact=hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(),
        story_id=0,
        copy_of=None,
        is_history=False,
        capture_sha256="ab" * 32,
    )
    return replace(article, **changes)


def make_fingerprint(exact: str = "", shingles: tuple[int, ...] = (), **terms: float) -> Fingerprint:
    return Fingerprint(exact, shingles, terms)


def make_tagging(*entries: str) -> Tagging:
    """One mention of each entry, side by side in the text."""
    return Tagging(
        tuple(Mention(entry, "text", n, n + 1, "T", "the word itself", "v1") for n, entry in enumerate(entries))
    )


def make_record(name: str = "a", **changes: Any) -> EntryRecord:
    record = EntryRecord(
        source="herald",
        address=f"herald.example/{name}",
        url=f"https://herald.example/{name}",
        line_hash="0123456789abcdef",
        outcome=EntryOutcome.NEW,
        article_id=None,
        tries=0,
        next_try_at=None,
        first_seen_at=NOW,
    )
    return replace(record, **changes)


def make_round(**changes: Any) -> Round:
    return replace(Round("herald", RoundKind.POLL, PollOutcome.CHANGED, started_at=NOW), **changes)


def make_message(key: str = "key", **changes: Any) -> Message:
    return replace(Message(key, "alert", "Subject", "Text", "", NOW), **changes)


def make_draft(rule: str = "putin", **changes: Any) -> AlertDraft:
    return replace(AlertDraft(rule, ("putin",), "Putin spoke.", ((0, 5),)), **changes)


def plant(store: SqlStore) -> None:
    store.plant_sources((HERALD, MIRROR))


def add_article(
    store: SqlStore, name: str = "a", *entries: str, shingles: tuple[int, ...] = (), **changes: Any
) -> Article:
    article = make_article(name, **changes)
    with store.writing() as unit:
        return unit.add_article(article, make_fingerprint(article.exact, shingles), make_tagging(*entries))


def add_alert(store: SqlStore, name: str, *channels: str, rule: str = "putin") -> Alert:
    """An article in a story of its own, its alert, and its message for each channel."""
    article = add_article(store, name, "putin")
    with store.writing() as unit:
        alert = unit.add_alert(make_draft(rule), article, NOW)
        assert alert is not None
        for channel in channels:
            unit.add_delivery(channel, make_message(f"alert-{name}"), NOW, alert_id=alert.id)
    return alert
