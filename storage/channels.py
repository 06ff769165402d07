"""Channels, as planted."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from pipeline.records import Channel
from storage import tables
from storage.statements import upsert
from storage.tables import row_of, select_record


def plant_channels(connection: sa.Connection, channels: Sequence[Channel]) -> None:
    """Bring the table to what the file says. A channel that left the file is disabled; what waits for it is kept."""
    table = tables.channel
    upsert(connection, table, [row_of(channel) for channel in channels], ["slug"])
    planted = [channel.slug for channel in channels]
    connection.execute(sa.update(table).where(table.c.slug.not_in(planted)).values(is_enabled=False))


def list_channels(connection: sa.Connection) -> tuple[Channel, ...]:
    """Every channel, by slug; disabled ones too."""
    rows = connection.execute(select_record(tables.channel, Channel).order_by(tables.channel.c.slug))
    return tuple(Channel(**row) for row in rows.mappings())
