"""Every table, once. Columns are named as the fields of the records they hold; what a record does not have is
explained; `address_key` is `key_of(address)`. The migrations build the same schema step by step, and a test compares
the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from pipeline.records import (
    AlertState,
    DeliveryState,
    EntryOutcome,
    ListingRule,
    Message,
    PollOutcome,
    ReadingDepth,
    RoundKind,
    SourceKind,
)
from storage.columns import Choice, Id, Json, Keys, Text, Time

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def row_of(record: Any, **extra: Any) -> dict[str, Any]:
    """A record's fields as a row, with further columns."""
    return {field.name: getattr(record, field.name) for field in fields(record)} | extra


@lru_cache
def select_record(table: sa.Table, kind: type[Any]) -> sa.Select[Any]:
    """Select the columns a record has a field for. Kept, because building it takes longer than running it."""
    return sa.select(*(table.c[field.name] for field in fields(kind)))


def _pairs(value: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in value)


def _outcome_counts(value: Mapping[str, int]) -> dict[EntryOutcome, int]:
    return {EntryOutcome(name): number for name, number in value.items()}


def _listing_rule(value: dict[str, Any]) -> ListingRule:
    return ListingRule(**value)


def _message(value: dict[str, Any]) -> Message:
    created_at = datetime.fromisoformat(value["created_at"])
    return Message(**{**value, "created_at": created_at, "marks": _pairs(value["marks"])})


def _required(name: str, kind: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=False, **options)


# --- what is planted --------------------------------------------------------------------------------------------

source = sa.Table(
    "source",
    metadata,
    sa.Column("slug", Text(), primary_key=True),
    _required("name", Text()),
    _required("url", Text()),
    _required("kind", Choice(SourceKind)),
    _required("language", Text()),
    _required("country", Text()),
    _required("interval_minutes", sa.Integer()),
    _required("tags", Json(tuple)),
    _required("is_enabled", sa.Boolean()),
    sa.Column("listing", Json(_listing_rule)),
    _required("archive_url", Text()),
    _required("note", Text()),
)

source_state = sa.Table(
    "source_state",
    metadata,
    sa.Column("source", Text(), sa.ForeignKey("source.slug"), primary_key=True),
    _required("etag", Text()),
    _required("last_modified", Text()),
    _required("body_sha256", Text()),
    sa.Column("last_polled_at", Time()),
    sa.Column("last_changed_at", Time()),
    sa.Column("next_due_at", Time()),
    _required("is_imported", sa.Boolean()),
    _required("failures", sa.Integer()),
    _required("last_error", Text()),
)

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("slug", Text(), primary_key=True),
    _required("kind", Text()),
    _required("is_enabled", sa.Boolean()),
    _required("takes", Json(tuple)),
    _required("options", Json(dict)),
)

watchlist_version = sa.Table(
    "watchlist_version",
    metadata,
    sa.Column("version", Text(), primary_key=True),
    _required("text", Text()),
    _required("planted_at", Time()),
    # Counts plantings, a return to an older version included: the highest is the current one, whatever the clock did.
    _required("planting", sa.Integer(), unique=True),
)

# --- what we know -----------------------------------------------------------------------------------------------

story = sa.Table(
    "story",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("first_seen_at", Time()),
    _required("last_seen_at", Time(), index=True),
)

article = sa.Table(
    "article",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("source", Text(), sa.ForeignKey("source.slug")),
    _required("address", Text()),
    _required("address_key", Text(), unique=True),
    _required("url", Text()),
    _required("title", Text()),
    _required("text", Text()),
    _required("byline", Text()),
    _required("language", Text()),
    sa.Column("published_at", Time()),
    _required("first_seen_at", Time()),
    _required("revision", sa.Integer()),
    _required("depth", Choice(ReadingDepth)),
    _required("exact", Text()),
    _required("story_id", Id(), sa.ForeignKey("story.id"), index=True),
    sa.Column("copy_of", Id(), sa.ForeignKey("article.id")),
    _required("is_history", sa.Boolean()),
    _required("capture_sha256", Text()),
    # Publication where known and sane, else when we learned of it: what windows of stories go by.
    _required("seen_at", Time(), index=True),
    # The whole fingerprint; the table `shingle` is its inverted index.
    _required("shingles", Keys()),
    _required("terms", Json(dict)),
    # Title and text, case-folded: what `search` looks in.
    _required("folded", Text()),
    sa.Index(None, "exact", "seen_at"),
    sa.Index(None, "source", "seen_at"),
    sa.Index(None, "language", "seen_at"),
)

revision = sa.Table(
    "revision",
    metadata,
    sa.Column("article_id", Id(), sa.ForeignKey("article.id"), primary_key=True),
    sa.Column("number", sa.Integer(), primary_key=True),
    _required("url", Text()),
    _required("title", Text()),
    _required("text", Text()),
    _required("byline", Text()),
    _required("language", Text()),
    sa.Column("published_at", Time()),
    _required("depth", Choice(ReadingDepth)),
    _required("exact", Text()),
    _required("capture_sha256", Text()),
    # When a later text took its place; unknown where the caller did not say.
    sa.Column("replaced_at", Time()),
)

shingle = sa.Table(
    "shingle",
    metadata,
    sa.Column("key", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("article_id", Id(), sa.ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

mention = sa.Table(
    "mention",
    metadata,
    sa.Column("article_id", Id(), sa.ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    _required("entry", Text()),
    _required("where", Text()),
    _required("start", sa.Integer()),
    _required("end", sa.Integer()),
    _required("form", Text()),
    _required("why", Text()),
    _required("watchlist_version", Text()),
    sqlite_with_rowid=False,
)

veto = sa.Table(
    "veto",
    metadata,
    sa.Column("article_id", Id(), sa.ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    _required("entry", Text()),
    _required("where", Text()),
    _required("start", sa.Integer()),
    _required("end", sa.Integer()),
    _required("form", Text()),
    _required("why", Text()),
    sqlite_with_rowid=False,
)

# Each watch entry an article mentions, once, with the article's seen_at: so that the newest articles about an entry
# are found without reading its whole past.
article_entry = sa.Table(
    "article_entry",
    metadata,
    sa.Column("entry", Text(), primary_key=True),
    sa.Column("article_id", Id(), sa.ForeignKey("article.id"), primary_key=True, autoincrement=False),
    _required("seen_at", Time()),
    sa.Index(None, "entry", "seen_at"),
    sqlite_with_rowid=False,
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("source", Text(), sa.ForeignKey("source.slug")),
    _required("address", Text()),
    _required("address_key", Text(), index=True),
    _required("url", Text()),
    _required("line_hash", Text()),
    _required("outcome", Choice(EntryOutcome)),
    sa.Column("article_id", Id(), sa.ForeignKey("article.id")),
    _required("tries", sa.Integer()),
    sa.Column("next_try_at", Time()),
    _required("first_seen_at", Time()),
    _required("code", Text()),
    _required("title", Text()),
    _required("summary", Text()),
    sa.Column("published_at", Time()),
    _required("guid", Text()),
    _required("author", Text()),
    _required("is_history", sa.Boolean()),
    sa.UniqueConstraint("source", "address_key"),
    sa.Index(None, "source", "next_try_at"),
    sa.Index(None, "source", "article_id", "first_seen_at"),
)

# --- what happened ----------------------------------------------------------------------------------------------

round = sa.Table(
    "round",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("source", Text(), sa.ForeignKey("source.slug")),
    _required("kind", Choice(RoundKind)),
    _required("outcome", Choice(PollOutcome)),
    _required("counts", Json(_outcome_counts)),
    _required("code", Text()),
    _required("error", Text()),
    _required("copies", sa.Integer()),
    _required("alerts", Json(tuple)),
    _required("mentions", Json(dict)),
    _required("dropped", sa.Integer()),
    _required("failures", Json(dict)),
    sa.Column("started_at", Time()),
    _required("seconds", sa.Double()),
    sa.Index(None, "source", "id"),
    sa.Index(None, "kind", "id"),
)

backfill = sa.Table(
    "backfill",
    metadata,
    sa.Column("source", Text(), sa.ForeignKey("source.slug"), primary_key=True),
    sa.Column("since", Time(), primary_key=True, autoincrement=False),
    sa.Column("until", Time(), primary_key=True, autoincrement=False),
    _required("next_url", Text()),
    _required("pages", sa.Integer()),
    _required("is_done", sa.Boolean()),
)

# --- what goes out ----------------------------------------------------------------------------------------------

# What an alert said is kept as it was said: a later revision of the article does not rewrite it.
alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("rule", Text()),
    _required("story_id", Id(), sa.ForeignKey("story.id")),
    _required("article_id", Id(), sa.ForeignKey("article.id")),
    _required("entries", Json(tuple)),
    _required("sentence", Text()),
    _required("marks", Json(_pairs)),
    _required("created_at", Time(), index=True),
    _required("state", Choice(AlertState), index=True),
    _required("title", Text()),
    _required("url", Text()),
    _required("source", Text()),
    _required("language", Text()),
    sa.Column("published_at", Time()),
    sa.UniqueConstraint("rule", "story_id"),
    sa.Index(None, "rule", "id"),
)

# The outbox. A row is leased while `attempt` is set; `alert_id` is empty for digests.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("key", Text()),
    _required("channel", Text()),
    _required("message", Json(_message)),
    sa.Column("alert_id", Id(), sa.ForeignKey("alert.id"), index=True),
    _required("state", Choice(DeliveryState)),
    _required("tries", sa.Integer()),
    _required("next_try_at", Time()),
    sa.Column("lease_until", Time()),
    _required("attempt", Text()),
    _required("last_error", Text()),
    _required("is_ambiguous", sa.Boolean()),
    _required("created_at", Time()),
    sa.Column("sent_at", Time()),
    sa.UniqueConstraint("key", "channel"),
    sa.Index(None, "channel", "state", "next_try_at"),
    sa.Index(None, "state", "id"),
)

# Digests of one name form a chain: each names the one before it (0: none), and none is followed twice. Windows alone
# would not do: a quiet day's window is empty and ends where it began.
digest = sa.Table(
    "digest",
    metadata,
    sa.Column("id", Id(), primary_key=True),
    _required("name", Text()),
    _required("previous_id", Id()),
    _required("after_alert_id", Id()),
    _required("upto_alert_id", Id()),
    _required("after_round_id", Id()),
    _required("upto_round_id", Id()),
    _required("created_at", Time()),
    _required("subject", Text()),
    _required("text", Text()),
    _required("html", Text()),
    _required("data", Text()),
    sa.UniqueConstraint("name", "previous_id"),
)
