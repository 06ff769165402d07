"""How a database is opened: SQLite as a file, PostgreSQL by its URL; and how its transactions begin.

SQLite: write-ahead log, synchronous=FULL (what is committed survives a power cut), foreign keys on. Reading and
writing use connections of their own: the reading ones cannot write at all, the writing ones begin IMMEDIATE. So no
transaction ever starts reading and then asks for the write lock, which SQLite answers with "locked" at once and
without waiting (SQLITE_BUSY_SNAPSHOT).

PostgreSQL: reading transactions are REPEATABLE READ and read only, one snapshot each. Writing ones are READ COMMITTED
and take one advisory lock first, so that story decisions see each other and ids of alerts and rounds commit in their
order, which is what digest windows rely on.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from pipeline.errors import ConfigError, DatabaseOutdated
from storage.faults import UPGRADE, translated

BUSY_SECONDS = 30.0
"""How long a writer waits for another before DatabaseLocked."""
_LOCK_KEY = 0x77617463  # "watc": the advisory lock of writers
_POSTGRES_NAMES = ("postgresql", "postgres", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Database:
    """Two ways into one database. `place` is its URL without the password."""

    place: str
    reader: sa.Engine
    writer: sa.Engine

    @property
    def is_sqlite(self) -> bool:
        return self.writer.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A read transaction: one snapshot. Raises StorageError."""
        with translated(self.place), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, is_serialised: bool = True) -> Iterator[sa.Connection]:
        """A write transaction, committed at the end of the block, rolled back by any error.

        `is_serialised=False` leaves out PostgreSQL's advisory lock, for work that locks its own rows. Raises
        DatabaseLocked after the busy time-out, StorageError otherwise.
        """
        with translated(self.place), self.writer.begin() as connection:
            if is_serialised and not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_KEY)))
            yield connection

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def connect_database(url: str, *, busy_seconds: float = BUSY_SECONDS, should_create: bool = False) -> Database:
    """Prepare the connections; nothing is asked of the database yet.

    Raises ConfigError for a URL we cannot use, DatabaseOutdated when the SQLite file is not there and `should_create`
    is not given.
    """
    if (path := re.match(r"sqlite(?:\+pysqlite)?:///(.+)", url, re.DOTALL)) and ":memory:" not in url:
        return _connect_sqlite(Path(path[1]).absolute(), busy_seconds, should_create)
    parsed = _parse_postgres(url)
    place = parsed.render_as_string(hide_password=True)
    engine = sa.create_engine(
        parsed,
        pool_size=8,
        max_overflow=24,
        pool_timeout=busy_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 10,
            "application_name": "watchwire",
            "options": f"-c lock_timeout={round(busy_seconds * 1000)} -c timezone=UTC",
        },
    )
    return Database(
        place,
        reader=engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        writer=engine.execution_options(isolation_level="READ COMMITTED"),
    )


def _parse_postgres(url: str) -> sa.URL:
    mend = "write sqlite:////folder/file.db or postgresql://user@host/name"
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ConfigError("not a database URL", mend=mend) from None
    if parsed.drivername not in _POSTGRES_NAMES:
        raise ConfigError("not a database we can use", place=parsed.render_as_string(hide_password=True), mend=mend)
    return parsed.set(drivername="postgresql+psycopg")


def _connect_sqlite(path: Path, busy_seconds: float, should_create: bool) -> Database:
    """`path` is taken as it is written: `?`, `#` and `%` are parts of names."""
    place = f"sqlite:///{path}"
    if not should_create and not path.exists():
        raise DatabaseOutdated("there is no database yet", place=place, mend=UPGRADE)
    # Opened by a file: URI, so that a file that went away is an error and not an empty database.
    uri = f"file:{quote(str(path))}?mode={'rwc' if should_create else 'rw'}"

    def connect(*pragmas: str) -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        for pragma in ("foreign_keys=ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def make_engine(begin: str, *pragmas: str, pool_size: int, max_overflow: int) -> sa.Engine:
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: connect(*pragmas),
            poolclass=sa.QueuePool,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=busy_seconds,
            hide_parameters=True,
        )

        @sa.event.listens_for(engine, "begin")
        def begin_transaction(connection: sa.Connection) -> Any:
            connection.exec_driver_sql(begin)

        return engine

    return Database(
        place,
        reader=make_engine("BEGIN", "query_only=ON", pool_size=8, max_overflow=24),
        writer=make_engine("BEGIN IMMEDIATE", "journal_mode=WAL", "synchronous=FULL", pool_size=2, max_overflow=30),
    )
