"""How much of everything there is."""

from __future__ import annotations

import sqlalchemy as sa

from pipeline.records import AlertState, DeliveryState
from storage import tables


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """Numbers for the status, in the order they are shown."""
    article, alert, delivery = tables.article.c, tables.alert.c, tables.delivery.c
    counted: dict[str, tuple[sa.Table, sa.ColumnElement[bool]]] = {
        "sources": (tables.source, tables.source.c.is_enabled),
        "entries": (tables.entry, sa.true()),
        "articles": (tables.article, sa.true()),
        "copies": (tables.article, article.copy_of.is_not(None)),
        "revisions": (tables.revision, sa.true()),
        "stories": (tables.story, sa.true()),
        "alerts": (tables.alert, sa.true()),
        "alerts pending": (tables.alert, alert.state == AlertState.PENDING),
        "deliveries pending": (tables.delivery, delivery.state == DeliveryState.PENDING),
        "deliveries sent": (tables.delivery, delivery.state == DeliveryState.SENT),
        "deliveries failed": (tables.delivery, delivery.state == DeliveryState.FAILED),
        "deliveries ambiguous": (
            tables.delivery,
            sa.and_(delivery.state == DeliveryState.PENDING, delivery.is_ambiguous),
        ),
        "digests": (tables.digest, sa.true()),
        "rounds": (tables.round, sa.true()),
    }
    return {
        name: connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
        for name, (table, condition) in counted.items()
    }
