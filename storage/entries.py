"""What is remembered of the addresses that sources listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.records import EntryRecord
from storage import tables
from storage.columns import key_of
from storage.statements import chunks, upsert
from storage.tables import row_of, select_record


def entry_records(connection: sa.Connection, source: str, addresses: Sequence[str]) -> Mapping[str, EntryRecord]:
    """By address: this source's own record; else, where another source has an article of it, the first such record."""
    table = tables.entry
    asked = {key_of(address): address for address in addresses}
    found: dict[str, EntryRecord] = {}
    for chunk in chunks(list(asked)):
        query = (
            select_record(table, EntryRecord)
            .add_columns(table.c.address_key)
            .where(table.c.address_key.in_(chunk), sa.or_(table.c.source == source, table.c.article_id.is_not(None)))
            .order_by(table.c.id)
        )
        for row in connection.execute(query).mappings():
            facts = dict(row)
            address, record = asked[facts.pop("address_key")], EntryRecord(**facts)
            if address not in found or record.source == source:
                found[address] = record
    return found


def due_retries(connection: sa.Connection, source: str, now: datetime, limit: int) -> tuple[EntryRecord, ...]:
    """Pages of this source that are due again, the longest due first."""
    table = tables.entry
    query = (
        select_record(table, EntryRecord)
        .where(table.c.source == source, table.c.next_try_at <= now)
        .order_by(table.c.next_try_at, table.c.id)
        .limit(limit)
    )
    return tuple(EntryRecord(**row) for row in connection.execute(query).mappings())


def save_entries(connection: sa.Connection, records: Sequence[EntryRecord]) -> None:
    rows = [row_of(record, address_key=key_of(record.address)) for record in records]
    upsert(connection, tables.entry, rows, ["source", "address_key"])
