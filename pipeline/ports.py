"""What the middle needs from outside, as small Protocols. Concrete parts are joined in `watchwire/wiring.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.errors import WatchwireError
from pipeline.records import (
    Alert,
    AlertDraft,
    Article,
    BackfillState,
    Capture,
    Channel,
    Delivery,
    EntryRecord,
    FetchRequest,
    Fingerprint,
    Listing,
    Message,
    Reading,
    Round,
    Rule,
    Source,
    SourceState,
    Tagging,
)


class Fetch(Protocol):
    def __call__(self, request: FetchRequest) -> Capture:
        """Raises FetchError."""
        ...


class ReadListing(Protocol):
    def __call__(self, capture: Capture, source: Source) -> Listing:
        """Parse a feed or listing page in a process that can be killed. Raises ParseError."""
        ...


class ReadArticle(Protocol):
    def __call__(self, captures: Iterable[Capture]) -> Iterator[Reading | WatchwireError]:
        """Read pages in processes that can be killed; answers in the order of the captures, failures as values.

        Takes captures as they come, so fetching the next page and reading the last one overlap.
        """
        ...


class KeepBody(Protocol):
    def __call__(self, body: bytes) -> str:
        """Store bytes durably, compressed, by content; return their sha256 in hex. Storing twice is storing once."""
        ...


class Tag(Protocol):
    def __call__(self, title: str, text: str, language: str) -> Tagging: ...


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """A stored article that may be the original of a copy, or of the same story."""

    article_id: int
    story_id: int
    source: str
    exact: str
    shingles: frozenset[int]
    terms: Mapping[str, float]
    language: str
    entries: frozenset[str]
    """Watch entries it mentions."""
    seen_at: datetime
    """Its publication time where known and sane, else when it was first seen."""
    is_history: bool
    copy_of: int | None


class Unit(Protocol):
    """One write transaction. Nothing is visible to others until its `with` block ends without an error."""

    def article(self, article_id: int) -> Article | None: ...

    def article_by_address(self, address: str) -> Article | None: ...

    def entries_of(self, article_id: int) -> tuple[str, ...]:
        """Watch entries the stored revision of this article mentions."""
        ...

    def story_candidates(
        self, fingerprint: Fingerprint, *, since: datetime, until: datetime, entries: Sequence[str]
    ) -> Sequence[StoryCandidate]:
        """Articles seen between the times that share the exact text, a shingle, or a watch entry; newest first."""
        ...

    def add_article(
        self,
        article: Article,
        fingerprint: Fingerprint,
        tagging: Tagging,
    ) -> Article:
        """Insert (id and, when 0, story_id are assigned: a new story). Returns it with its numbers."""
        ...

    def add_revision(
        self, article: Article, fingerprint: Fingerprint, tagging: Tagging, now: datetime | None = None
    ) -> None:
        """Replace the current text, mentions and fingerprint of `article.id`; the old text stays as a revision.

        `now` is when that happened: the story moved then. Without it the story's time stays.
        """
        ...

    def add_alert(self, draft: AlertDraft, article: Article, now: datetime) -> Alert | None:
        """None when (rule, story) has its alert already."""
        ...

    def add_delivery(self, channel: str, message: Message, now: datetime, alert_id: int | None = None) -> None:
        """Into the outbox; the same key for the same channel is stored once."""
        ...

    def save_entries(self, records: Sequence[EntryRecord]) -> None: ...

    def save_round(self, round: Round, state: SourceState | None) -> None:
        """Validators, next due time, ledger line: in this same transaction. None leaves the source's state alone."""
        ...

    def save_backfill(self, state: BackfillState) -> None: ...


class Store(Protocol):
    def source_state(self, source: str) -> SourceState: ...

    def entry_records(self, source: str, addresses: Sequence[str]) -> Mapping[str, EntryRecord]:
        """What is remembered of these addresses for this source; where this source never listed one but another
        did and has an article of it, that record (with its own `source`)."""
        ...

    def due_retries(self, source: str, now: datetime, limit: int) -> Sequence[EntryRecord]:
        """Failed and deferred pages of this source that are due again, oldest first."""
        ...

    def backfill_state(self, source: str, since: datetime, until: datetime) -> BackfillState | None: ...

    def writing(self) -> AbstractContextManager[Unit]:
        """Begin a write transaction (IMMEDIATE on SQLite, under one advisory lock on PostgreSQL).

        Raises DatabaseLocked after the busy timeout.
        """
        ...


class Outbox(Protocol):
    def claim_deliveries(self, channel: str, now: datetime, *, limit: int, lease_seconds: float) -> Sequence[Delivery]:
        """Pending rows that are due, leased to the caller. The lease is committed before this returns."""
        ...

    def mark_sent(self, delivery: Delivery, now: datetime) -> bool:
        """False when the lease was lost to somebody else."""
        ...

    def mark_deferred(self, delivery: Delivery, error: str, next_try_at: datetime, *, is_ambiguous: bool) -> bool: ...

    def mark_failed(self, delivery: Delivery, error: str) -> bool: ...


class Send(Protocol):
    def __call__(self, message: Message) -> None:
        """Raises DeliveryError: deferred, ambiguous or refused."""
        ...


@dataclass(frozen=True, slots=True)
class CollectTools:
    """Everything a round needs, joined in wiring."""

    fetch: Fetch
    keep_body: KeepBody
    read_listing: ReadListing
    read_articles: ReadArticle
    tag: Tag
    store: Store
    rules: tuple[Rule, ...]
    channels: tuple[Channel, ...]
    pages_per_round: int
    stopwatch: Callable[[], float]
    """Monotonic seconds. For the ledger's durations only; decisions go by `now`."""
