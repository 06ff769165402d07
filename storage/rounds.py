"""The ledger of rounds, and how far backfills have come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from pipeline.records import BackfillState, EntryOutcome, Round, RoundKind, SourceState
from storage import tables
from storage.sources import save_state
from storage.statements import insert_numbered, upsert
from storage.tables import row_of, select_record

_BRINGING = (EntryOutcome.NEW, EntryOutcome.SUMMARY)


def save_round(connection: sa.Connection, round: Round, state: SourceState | None) -> None:
    """The ledger line, and the source's state unless None."""
    insert_numbered(connection, tables.round, row_of(round))
    if state is not None:
        save_state(connection, state)


def list_rounds(connection: sa.Connection, limit: int, source: str | None = None) -> tuple[Round, ...]:
    """Newest first."""
    table = tables.round
    query = select_record(table, Round).order_by(table.c.id.desc()).limit(limit)
    if source is not None:
        query = query.where(table.c.source == source)
    return tuple(Round(**row) for row in connection.execute(query).mappings())


def last_round_id(connection: sa.Connection) -> int:
    """0 when there is none."""
    return connection.scalar(sa.select(sa.func.max(tables.round.c.id))) or 0


def history_rounds(connection: sa.Connection, after: int, upto: int) -> tuple[Round, ...]:
    """First imports and backfills with ids in (after, upto] that brought articles, oldest first."""
    table = tables.round
    query = (
        select_record(table, Round)
        .where(table.c.kind.in_((RoundKind.IMPORT, RoundKind.BACKFILL)), table.c.id > after, table.c.id <= upto)
        .order_by(table.c.id)
    )
    rounds = (Round(**row) for row in connection.execute(query).mappings())
    return tuple(round for round in rounds if _brought(round.counts))


def _brought(counts: Mapping[EntryOutcome, int]) -> bool:
    return any(counts.get(outcome) for outcome in _BRINGING)


def save_backfill(connection: sa.Connection, state: BackfillState) -> None:
    upsert(connection, tables.backfill, [row_of(state)], ["source", "since", "until"])


def backfill_state(connection: sa.Connection, source: str, since: datetime, until: datetime) -> BackfillState | None:
    table = tables.backfill
    query = select_record(table, BackfillState).where(
        table.c.source == source, table.c.since == since, table.c.until == until
    )
    row = connection.execute(query).mappings().one_or_none()
    return BackfillState(**row) if row else None
