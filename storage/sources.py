"""Sources and what their last rounds left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.records import RoundKind, Source, SourceHealth, SourceState
from storage import tables
from storage.statements import upsert
from storage.tables import row_of, select_record


def plant_sources(connection: sa.Connection, sources: Sequence[Source]) -> tuple[int, int, int, int]:
    """Bring the table to what the file says: how many were added, changed, unchanged and retired.

    A source that left the file is retired: disabled and kept with all it brought. One whose address or way of reading
    changed forgets its validators, which speak of the old address, and is due now.
    """
    stored = {source.slug: source for source in list_sources(connection)}
    given = {source.slug: source for source in sources}
    added = [source for slug, source in given.items() if slug not in stored]
    changed = [source for slug, source in given.items() if slug in stored and stored[slug] != source]
    retired = [slug for slug, source in stored.items() if slug not in given and source.is_enabled]
    upsert(connection, tables.source, [row_of(source) for source in (*added, *changed)], ["slug"])
    for slug in retired:
        connection.execute(sa.update(tables.source).where(tables.source.c.slug == slug).values(is_enabled=False))
    for source in changed:
        if _is_read_otherwise(stored[source.slug], source):
            connection.execute(
                sa.update(tables.source_state)
                .where(tables.source_state.c.source == source.slug)
                .values(etag="", last_modified="", body_sha256="", next_due_at=None)
            )
    return len(added), len(changed), len(given) - len(added) - len(changed), len(retired)


def _is_read_otherwise(before: Source, after: Source) -> bool:
    return (before.url, before.kind, before.listing) != (after.url, after.kind, after.listing)


def list_sources(connection: sa.Connection) -> tuple[Source, ...]:
    """Every source, by slug; retired and switched-off ones too."""
    rows = connection.execute(select_record(tables.source, Source).order_by(tables.source.c.slug))
    return tuple(Source(**row) for row in rows.mappings())


def due_sources(connection: sa.Connection, now: datetime, only: Sequence[str] = ()) -> tuple[Source, ...]:
    """Enabled sources whose time has come, the longest overdue first, never polled ones before all."""
    source, state = tables.source.c, tables.source_state.c
    query = (
        select_record(tables.source, Source)
        .select_from(tables.source.outerjoin(tables.source_state))
        .where(source.is_enabled, sa.or_(state.next_due_at.is_(None), state.next_due_at <= now))
        .order_by(state.next_due_at.is_not(None), state.next_due_at, source.slug)
    )
    rows = connection.execute(query).mappings()
    return tuple(Source(**row) for row in rows if not only or row["slug"] in only)


def source_state(connection: sa.Connection, source: str) -> SourceState:
    """Its state; of a source never polled, a blank one."""
    table = tables.source_state
    row = connection.execute(select_record(table, SourceState).where(table.c.source == source)).mappings().one_or_none()
    return SourceState(**row) if row else SourceState(source)


def save_state(connection: sa.Connection, state: SourceState) -> None:
    upsert(connection, tables.source_state, [row_of(state)], ["source"])


def source_health(connection: sa.Connection, *, is_enabled: bool | None = None) -> tuple[SourceHealth, ...]:
    """How each source is, by slug. `articles` are those it listed, whoever listed them first; `last_article_at` is when
    it last listed one for the first time."""
    source, state = tables.source.c, tables.source_state.c
    entry, round_ = tables.entry.c, tables.round.c
    listed = (entry.source == source.slug) & entry.article_id.is_not(None)
    last_outcome = (
        sa.select(round_.outcome)
        .where(round_.source == source.slug, round_.kind != RoundKind.BACKFILL)
        .order_by(round_.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            source.slug.label("source"),
            source.name,
            source.is_enabled,
            state.last_polled_at,
            last_outcome.label("last_outcome"),
            sa.func.coalesce(state.failures, 0).label("failures"),
            sa.func.coalesce(state.last_error, "").label("last_error"),
            sa.select(sa.func.count(entry.article_id.distinct())).where(listed).scalar_subquery().label("articles"),
            sa.select(sa.func.max(entry.first_seen_at)).where(listed).scalar_subquery().label("last_article_at"),
            state.next_due_at,
        )
        .select_from(tables.source.outerjoin(tables.source_state))
        .order_by(source.slug)
    )
    if is_enabled is not None:
        query = query.where(source.is_enabled == is_enabled)
    return tuple(SourceHealth(**row) for row in connection.execute(query).mappings())
