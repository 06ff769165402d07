"""What databases say when they fail, translated once into the errors of the house."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from pipeline.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseOutdated,
    DatabaseUnreachable,
    StorageError,
    WatchwireError,
)

UPGRADE = "run `watchwire db upgrade`"
_SQLITE = {  # primary result codes, https://www.sqlite.org/rescode.html
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachable,
    sqlite3.SQLITE_PERM: DatabaseUnreachable,
    sqlite3.SQLITE_READONLY: DatabaseUnreachable,
    sqlite3.SQLITE_FULL: DatabaseDamaged,
    sqlite3.SQLITE_IOERR: DatabaseDamaged,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}
_POSTGRES = {  # SQLSTATE, longest prefix first
    "40001": DatabaseLocked,  # serialization failure
    "40P01": DatabaseLocked,  # deadlock
    "55P03": DatabaseLocked,  # lock not available: lock_timeout
    "57014": DatabaseLocked,  # statement cancelled
    "42P01": DatabaseOutdated,  # undefined table
    "42703": DatabaseOutdated,  # undefined column
    "53": DatabaseUnreachable,  # too many connections, out of memory
    "53100": DatabaseDamaged,  # disk full
    "58": DatabaseDamaged,  # I/O error
    "XX": DatabaseDamaged,  # data or index corrupted
    "28": DatabaseUnreachable,  # password, no such role
    "3D": DatabaseUnreachable,  # no such database
    "08": DatabaseUnreachable,  # connection lost
    "57P": DatabaseUnreachable,  # server shut down or starting
}


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise what SQLAlchemy and its drivers raise as StorageError, `place` being the database as it may be shown.

    A row that the database refuses (a broken constraint, a number out of range) becomes a plain WatchwireError with
    code `refused_by_database`: it is the fault of one record, and a pass over other sources must not end by it.
    """
    try:
        yield
    except (exc.IntegrityError, exc.DataError) as error:
        raise _refused(_first_line(error), place) from error
    except exc.DBAPIError as error:
        raise _translate(error, place) from error
    except exc.TimeoutError as error:
        raise DatabaseLocked("all connections are in use", place=place) from error


def _refused(said: str, place: str) -> WatchwireError:
    return WatchwireError(f"the database refused a row: {said}", code="refused_by_database", place=place)


def _translate(error: exc.DBAPIError, place: str) -> WatchwireError:
    origin, said = error.orig, _first_line(error)
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        if "no such table" in said or "no such column" in said or "has no column" in said:
            return DatabaseOutdated(f"the schema is not the one this version needs: {said}", place=place, mend=UPGRADE)
        kind = _SQLITE.get(code, StorageError)
        if code == sqlite3.SQLITE_FULL:
            return kind("the disk is full", place=place, mend="make room; what was not stored is fetched again")
        if code == sqlite3.SQLITE_BUSY:
            return kind("another process holds the write lock", place=place, mend="try again in a moment")
        return kind(said, place=place)
    state = getattr(origin, "sqlstate", None) or ""
    if state.startswith("54"):  # a limit of the server: a value too long for an index
        return _refused(said, place)
    if error.connection_invalidated or not state:
        return DatabaseUnreachable(said, place=place)
    kinds = [kind for prefix, kind in _POSTGRES.items() if state.startswith(prefix)]
    kind = _POSTGRES.get(state) or (kinds[0] if kinds else StorageError)
    return kind(said, place=place, mend=UPGRADE if kind is DatabaseOutdated else "")


def _first_line(error: exc.DBAPIError) -> str:
    """The driver's own words; what follows the first line may quote the row."""
    return str(error.orig).strip().split("\n")[0]
