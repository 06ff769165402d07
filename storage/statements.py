"""Statements both engines know and SQLAlchemy's core does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
_CHUNK = 500
"""Values in one IN list: SQLite before 3.32 takes 999 parameters."""


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in portions that fit an IN list."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Insert rows, or replace every column of those whose keys are there; of two with the same keys the last wins."""
    if not rows:
        return
    statement = _insert(connection, table)
    changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=changes), list(rows))


def insert_missing(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert a row unless one of its unique keys is there."""
    connection.execute(_insert(connection, table).on_conflict_do_nothing(), row)


def insert_numbered(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> int:
    """Insert a row and return the number it got."""
    result = connection.execute(sa.insert(table), row)
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
