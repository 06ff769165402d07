"""Versions of the watchlist: each mention names the version that found it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from pipeline.errors import ConfigError
from storage import tables
from storage.statements import upsert


def plant_watchlist(connection: sa.Connection, version: str, text: str, now: datetime) -> None:
    """Make this version the current one. Planting the current one again changes nothing."""
    table = tables.watchlist_version
    current = _current(connection)
    if current is not None and (current["version"], current["text"]) == (version, text):
        return
    planting = (current["planting"] if current else 0) + 1
    upsert(
        connection,
        table,
        [{"version": version, "text": text, "planted_at": now, "planting": planting}],
        ["version"],
    )


def current_watchlist(connection: sa.Connection) -> tuple[str, str]:
    """(version, text). Raises ConfigError when none is planted."""
    current = _current(connection)
    if current is None:
        raise ConfigError("no watchlist is planted", mend="run `watchwire plant`")
    return current["version"], current["text"]


def _current(connection: sa.Connection) -> sa.RowMapping | None:
    table = tables.watchlist_version
    query = sa.select(table.c.version, table.c.text, table.c.planting).order_by(table.c.planting.desc()).limit(1)
    return connection.execute(query).mappings().one_or_none()
