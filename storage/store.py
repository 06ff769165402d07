"""The door of the storage room: records in, records out; each call one transaction. Fulfils the Protocols Store, Unit
and Outbox of `pipeline/ports.py`. Safe to use from several threads; every method may raise StorageError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from pipeline.ports import StoryCandidate
from pipeline.records import (
    Alert,
    AlertDraft,
    Article,
    BackfillState,
    Channel,
    Delivery,
    DeliveryState,
    Digest,
    DigestMaterial,
    EntryRecord,
    Fingerprint,
    Message,
    Round,
    Source,
    SourceHealth,
    SourceState,
    StoryFacts,
    Tagging,
)
from storage import alerts, articles, channels, deliveries, digests, entries, rounds, sources, stories, watchlists
from storage.census import count_rows
from storage.connections import BUSY_SECONDS, Database, connect_database
from storage.engine import require_schema


def open_store(url: str, *, busy_seconds: float = BUSY_SECONDS) -> SqlStore:
    """Open a database that is there and at this version's schema; nothing is created or upgraded.

    Raises ConfigError for a URL we cannot use, DatabaseOutdated with what to run, DatabaseUnreachable, DatabaseLocked.
    """
    database = connect_database(url, busy_seconds=busy_seconds)
    try:
        with database.reading() as connection:
            require_schema(connection, database.place)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


class SqlUnit:
    """One write transaction: the port `Unit`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def article(self, article_id: int) -> Article | None:
        return articles.article_by_id(self._connection, article_id)

    def article_by_address(self, address: str) -> Article | None:
        return articles.article_by_address(self._connection, address)

    def entries_of(self, article_id: int) -> tuple[str, ...]:
        return articles.entries_of(self._connection, article_id)

    def story_candidates(
        self, fingerprint: Fingerprint, *, since: datetime, until: datetime, entries: Sequence[str]
    ) -> Sequence[StoryCandidate]:
        return stories.story_candidates(self._connection, fingerprint, since=since, until=until, entries=entries)

    def add_article(self, article: Article, fingerprint: Fingerprint, tagging: Tagging) -> Article:
        return articles.add_article(self._connection, article, fingerprint, tagging)

    def add_revision(
        self, article: Article, fingerprint: Fingerprint, tagging: Tagging, now: datetime | None = None
    ) -> None:
        articles.add_revision(self._connection, article, fingerprint, tagging, now)

    def add_alert(self, draft: AlertDraft, article: Article, now: datetime) -> Alert | None:
        return alerts.add_alert(self._connection, draft, article, now)

    def add_delivery(self, channel: str, message: Message, now: datetime, alert_id: int | None = None) -> None:
        deliveries.add_delivery(self._connection, channel, message, now, alert_id)

    def save_entries(self, records: Sequence[EntryRecord]) -> None:
        entries.save_entries(self._connection, records)

    def save_round(self, round: Round, state: SourceState | None) -> None:
        rounds.save_round(self._connection, round, state)

    def save_backfill(self, state: BackfillState) -> None:
        rounds.save_backfill(self._connection, state)


class SqlStore:
    """The ports `Store` and `Outbox`, planting, and what command line and pages read. See `open_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        self._database.close()

    # --- collecting: the port Store ------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[SqlUnit]:
        with self._database.writing() as connection:
            yield SqlUnit(connection)

    def source_state(self, source: str) -> SourceState:
        with self._database.reading() as connection:
            return sources.source_state(connection, source)

    def due_sources(self, now: datetime, only: Sequence[str] = ()) -> tuple[Source, ...]:
        with self._database.reading() as connection:
            return sources.due_sources(connection, now, only)

    def entry_records(self, source: str, addresses: Sequence[str]) -> Mapping[str, EntryRecord]:
        with self._database.reading() as connection:
            return entries.entry_records(connection, source, addresses)

    def due_retries(self, source: str, now: datetime, limit: int) -> tuple[EntryRecord, ...]:
        with self._database.reading() as connection:
            return entries.due_retries(connection, source, now, limit)

    def backfill_state(self, source: str, since: datetime, until: datetime) -> BackfillState | None:
        with self._database.reading() as connection:
            return rounds.backfill_state(connection, source, since, until)

    # --- delivering: the port Outbox -----------------------------------------------------------------------------

    def claim_deliveries(
        self, channel: str, now: datetime, *, limit: int, lease_seconds: float
    ) -> tuple[Delivery, ...]:
        with self._database.writing(is_serialised=False) as connection:
            return deliveries.claim_deliveries(connection, channel, now, limit=limit, lease_seconds=lease_seconds)

    def mark_sent(self, delivery: Delivery, now: datetime) -> bool:
        with self._database.writing() as connection:
            return deliveries.mark_sent(connection, delivery, now)

    def mark_deferred(self, delivery: Delivery, error: str, next_try_at: datetime, *, is_ambiguous: bool) -> bool:
        with self._database.writing() as connection:
            return deliveries.mark_deferred(connection, delivery, error, next_try_at, is_ambiguous=is_ambiguous)

    def mark_failed(self, delivery: Delivery, error: str) -> bool:
        with self._database.writing() as connection:
            return deliveries.mark_failed(connection, delivery, error)

    def replay_failed(self, channel: str | None = None) -> int:
        with self._database.writing() as connection:
            return deliveries.replay_failed(connection, channel)

    def list_deliveries(self, state: str | None = None, limit: int = 1000) -> tuple[Delivery, ...]:
        with self._database.reading() as connection:
            return deliveries.list_deliveries(connection, DeliveryState(state) if state else None, limit)

    # --- digests -------------------------------------------------------------------------------------------------

    def digest_material(self, name: str, now: datetime) -> DigestMaterial:
        with self._database.reading() as connection:
            return digests.digest_material(connection, name)

    def save_digest(
        self,
        material: DigestMaterial,
        subject: str,
        text: str,
        html: str,
        data: str,
        now: datetime,
        deliveries: Sequence[tuple[str, Message]],
    ) -> Digest | None:
        with self._database.writing() as connection:
            return digests.save_digest(
                connection,
                material,
                subject=subject,
                text=text,
                html=html,
                data=data,
                now=now,
                deliveries=deliveries,
            )

    def digest(self, digest_id: int) -> Digest | None:
        with self._database.reading() as connection:
            return digests.digest_by_id(connection, digest_id)

    def list_digests(self, limit: int = 20, name: str | None = None) -> tuple[Digest, ...]:
        with self._database.reading() as connection:
            return digests.list_digests(connection, limit, name)

    # --- planting ------------------------------------------------------------------------------------------------

    def plant_sources(self, planted: Sequence[Source]) -> tuple[int, int, int, int]:
        """(added, changed, unchanged, retired). Doing it twice changes nothing."""
        with self._database.writing() as connection:
            return sources.plant_sources(connection, planted)

    def plant_channels(self, planted: Sequence[Channel]) -> None:
        with self._database.writing() as connection:
            channels.plant_channels(connection, planted)

    def plant_watchlist(self, version: str, text: str, now: datetime) -> None:
        with self._database.writing() as connection:
            watchlists.plant_watchlist(connection, version, text, now)

    def current_watchlist(self) -> tuple[str, str]:
        """(version, text). Raises ConfigError when none is planted."""
        with self._database.reading() as connection:
            return watchlists.current_watchlist(connection)

    # --- looking -------------------------------------------------------------------------------------------------

    def list_sources(self) -> tuple[Source, ...]:
        with self._database.reading() as connection:
            return sources.list_sources(connection)

    def source_health(self) -> tuple[SourceHealth, ...]:
        with self._database.reading() as connection:
            return sources.source_health(connection)

    def list_channels(self) -> tuple[Channel, ...]:
        with self._database.reading() as connection:
            return channels.list_channels(connection)

    def list_alerts(self, limit: int, rule: str | None = None, since: datetime | None = None) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return alerts.list_alerts(connection, limit, rule=rule, since=since)

    def alerts_by_id(self, ids: Sequence[int]) -> tuple[Alert, ...]:
        with self._database.reading() as connection:
            return alerts.alerts_by_id(connection, ids)

    def list_articles(
        self, limit: int, source: str | None = None, entry: str | None = None, language: str | None = None
    ) -> tuple[Article, ...]:
        with self._database.reading() as connection:
            return articles.list_articles(connection, limit, source=source, entry=entry, language=language)

    def article(self, article_id: int) -> tuple[Article, Tagging] | None:
        """An article with its mentions and vetoes."""
        with self._database.reading() as connection:
            article = articles.article_by_id(connection, article_id)
            return (article, articles.tagging_of(connection, article_id)) if article else None

    def search_articles(self, words: str, limit: int) -> tuple[Article, ...]:
        with self._database.reading() as connection:
            return articles.search_articles(connection, words, limit)

    def list_stories(self, limit: int) -> tuple[StoryFacts, ...]:
        with self._database.reading() as connection:
            return stories.list_stories(connection, limit)

    def list_rounds(self, limit: int, source: str | None = None) -> tuple[Round, ...]:
        with self._database.reading() as connection:
            return rounds.list_rounds(connection, limit, source)

    def counts(self) -> dict[str, int]:
        with self._database.reading() as connection:
            return count_rows(connection)
