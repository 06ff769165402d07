"""Alerts: one per (rule, story)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from pipeline.records import Alert, AlertDraft, AlertState, Article, DeliveryState
from storage import tables
from storage.statements import chunks, insert_numbered
from storage.tables import row_of, select_record


def add_alert(connection: sa.Connection, draft: AlertDraft, article: Article, now: datetime) -> Alert | None:
    """None when (rule, story) has its alert already. Writers take turns, so looking before inserting is enough; the
    unique constraint holds the law."""
    table = tables.alert
    same = sa.select(table.c.id).where(table.c.rule == draft.rule, table.c.story_id == article.story_id)
    if connection.execute(same).first() is not None:
        return None
    alert = Alert(
        id=0,
        rule=draft.rule,
        story_id=article.story_id,
        article_id=article.id,
        entries=draft.entries,
        sentence=draft.sentence,
        marks=draft.marks,
        created_at=now,
        state=AlertState.PENDING,
        title=article.title,
        url=article.url,
        source=article.source,
        language=article.language,
        published_at=article.published_at,
    )
    row = row_of(alert)
    del row["id"]
    return _read(connection, [insert_numbered(connection, table, row)])[0]


def list_alerts(
    connection: sa.Connection, limit: int, *, rule: str | None = None, since: datetime | None = None
) -> tuple[Alert, ...]:
    """Newest first; `since` is a time of creation."""
    table = tables.alert
    query = select_record(table, Alert).order_by(table.c.id.desc()).limit(limit)
    if rule is not None:
        query = query.where(table.c.rule == rule)
    if since is not None:
        query = query.where(table.c.created_at >= since)
    return tuple(Alert(**row) for row in connection.execute(query).mappings())


def alerts_by_id(connection: sa.Connection, ids: Sequence[int]) -> tuple[Alert, ...]:
    """In the order of the ids; unknown ones are left out."""
    found = {alert.id: alert for chunk in chunks(ids) for alert in _read(connection, chunk)}
    return tuple(found[number] for number in ids if number in found)


def alerts_between(connection: sa.Connection, after: int, upto: int) -> tuple[Alert, ...]:
    """Of the half-open window (after, upto], by id."""
    table = tables.alert
    query = select_record(table, Alert).where(table.c.id > after, table.c.id <= upto).order_by(table.c.id)
    return tuple(Alert(**row) for row in connection.execute(query).mappings())


def last_alert_id(connection: sa.Connection) -> int:
    """0 when there is none."""
    return connection.scalar(sa.select(sa.func.max(tables.alert.c.id))) or 0


def settle_alert(connection: sa.Connection, alert_id: int) -> None:
    """An alert is delivered when one of its deliveries was sent, failed when all of them failed, else pending."""
    delivery = tables.delivery.c
    states = set(connection.scalars(sa.select(delivery.state).where(delivery.alert_id == alert_id).distinct()))
    if DeliveryState.SENT in states:
        state = AlertState.DELIVERED
    elif states == {DeliveryState.FAILED}:
        state = AlertState.FAILED
    else:
        state = AlertState.PENDING
    table = tables.alert
    connection.execute(sa.update(table).where(table.c.id == alert_id, table.c.state != state).values(state=state))


def _read(connection: sa.Connection, ids: Sequence[int]) -> list[Alert]:
    table = tables.alert
    rows = connection.execute(select_record(table, Alert).where(table.c.id.in_(ids))).mappings()
    return [Alert(**row) for row in rows]
