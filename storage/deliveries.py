"""The outbox: what waits for a channel, who is sending it, what became of it.

A row is leased before it is sent and marked after: `attempt` names the lease, and only its holder may mark the row. A
lease that ran out without a mark leaves the row ambiguous, because its sender may have died after the channel took the
message; it is sent again under the same key. `tries` counts leases, so a message that kills its sender is counted too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from pipeline.records import Delivery, DeliveryState, Message
from storage import tables
from storage.alerts import settle_alert
from storage.statements import chunks, insert_missing
from storage.tables import select_record


def add_delivery(
    connection: sa.Connection, channel: str, message: Message, now: datetime, alert_id: int | None = None
) -> None:
    """Queue a message for a channel, due now; the same key for the same channel is stored once."""
    row = {
        "key": message.key,
        "channel": channel,
        "message": message,
        "alert_id": alert_id,
        "state": DeliveryState.PENDING,
        "tries": 0,
        "next_try_at": now,
        "lease_until": None,
        "attempt": "",
        "last_error": "",
        "is_ambiguous": False,
        "created_at": now,
        "sent_at": None,
    }
    insert_missing(connection, tables.delivery, row)


def claim_deliveries(
    connection: sa.Connection, channel: str, now: datetime, *, limit: int, lease_seconds: float
) -> tuple[Delivery, ...]:
    """Lease pending rows that are due and not leased, the longest due first. Rows that another is just claiming are
    passed over (SKIP LOCKED on PostgreSQL; on SQLite there is one writer at a time)."""
    table = tables.delivery
    free = sa.or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
    query = (
        sa.select(table.c.id)
        .where(table.c.channel == channel, table.c.state == DeliveryState.PENDING, table.c.next_try_at <= now, free)
        .order_by(table.c.next_try_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(query))
    claimed: dict[int, Delivery] = {}
    attempt = uuid4().hex
    for chunk in chunks(ids):
        rows = table.c.id.in_(chunk)
        connection.execute(
            sa.update(table)
            .where(rows)
            .values(
                is_ambiguous=sa.or_(table.c.is_ambiguous, table.c.attempt != ""),
                attempt=attempt,
                lease_until=now + timedelta(seconds=lease_seconds),
                tries=table.c.tries + 1,
            )
        )
        for row in connection.execute(select_record(table, Delivery).where(rows)).mappings():
            claimed[row["id"]] = Delivery(**row)
    return tuple(claimed[number] for number in ids)


def mark_sent(connection: sa.Connection, delivery: Delivery, now: datetime) -> bool:
    """False when the lease was lost to somebody else."""
    return _mark(connection, delivery, state=DeliveryState.SENT, sent_at=now, last_error="")


def mark_deferred(
    connection: sa.Connection, delivery: Delivery, error: str, next_try_at: datetime, *, is_ambiguous: bool
) -> bool:
    """Pending again, due later. Once ambiguous, a row stays so: it may have been accepted then."""
    ambiguous = sa.or_(tables.delivery.c.is_ambiguous, sa.literal(is_ambiguous))
    return _mark(connection, delivery, last_error=error, next_try_at=next_try_at, is_ambiguous=ambiguous)


def mark_failed(connection: sa.Connection, delivery: Delivery, error: str) -> bool:
    """A dead letter, until it is replayed."""
    return _mark(connection, delivery, state=DeliveryState.FAILED, last_error=error)


def replay_failed(connection: sa.Connection, channel: str | None = None) -> int:
    """Failed rows, of one channel or all, wait again, due at once, their tries counted anew. How many."""
    table = tables.delivery
    failed = table.c.state == DeliveryState.FAILED
    if channel is not None:
        failed = sa.and_(failed, table.c.channel == channel)
    rows = connection.execute(sa.select(table.c.id, table.c.alert_id).where(failed)).all()
    for chunk in chunks([row.id for row in rows]):
        connection.execute(sa.update(table).where(table.c.id.in_(chunk)).values(state=DeliveryState.PENDING, tries=0))
    for alert_id in {row.alert_id for row in rows} - {None}:
        settle_alert(connection, alert_id)
    return len(rows)


def list_deliveries(
    connection: sa.Connection, state: DeliveryState | None = None, limit: int = 1000
) -> tuple[Delivery, ...]:
    """Newest first."""
    table = tables.delivery
    query = select_record(table, Delivery).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state)
    return tuple(Delivery(**row) for row in connection.execute(query).mappings())


def _mark(connection: sa.Connection, delivery: Delivery, **values: object) -> bool:
    table = tables.delivery
    result = connection.execute(
        sa.update(table)
        .where(
            table.c.id == delivery.id,
            table.c.attempt == delivery.attempt,
            table.c.attempt != "",
            table.c.state == DeliveryState.PENDING,
        )
        .values(attempt="", lease_until=None, **values)
    )
    if result.rowcount == 0:
        return False
    alert_id = connection.scalar(sa.select(table.c.alert_id).where(table.c.id == delivery.id))
    if alert_id is not None:
        settle_alert(connection, alert_id)
    return True
