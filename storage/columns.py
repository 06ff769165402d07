"""Column types that make a row read back exactly as the record that was stored, the same in SQLite and PostgreSQL.

Times are whole microseconds since 1970 in UTC, as 64-bit integers: neither engine then has a say in zones, rounding or
the order of dates. Structured values are JSON in plain text columns for the same reason. Every text passes `clean`.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from pipeline.text import clean

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


class Text(TypeDecorator[str]):
    """A string without what PostgreSQL refuses (NUL, lone surrogates): cleaned on its way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


class Choice(TypeDecorator[StrEnum]):
    """A member of an enumeration, stored as its word."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.kind(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


class Time(TypeDecorator[datetime]):
    """An aware datetime. A naive one is a bug and raises ValueError."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        # A zone can carry the first and last day of the calendar over its edge in UTC.
        return min(max((value - _EPOCH) // timedelta(microseconds=1), _FIRST), _LAST)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """A structured value; `restore` makes of what JSON knows what the record has, e.g. a tuple of a list."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, restore: Callable[[Any], Any]) -> None:
        super().__init__()
        self.restore = restore

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.restore(json.loads(value))


class Keys(TypeDecorator[tuple[int, ...]]):
    """Signed 64-bit numbers, packed: eight bytes each, native order of the machines we run on (little-endian)."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> bytes | None:
        return None if value is None else array("q", value).tobytes()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> tuple[int, ...] | None:
        if value is None:
            return None
        keys = array("q")
        keys.frombytes(value)
        return tuple(keys)


def key_of(text: str) -> str:
    """A short stand-in for a text of any length, to be unique by: 128 bits of its SHA-256, in hex.

    PostgreSQL refuses index rows over 2.7 kB, and addresses are written by strangers.
    """
    return hashlib.sha256(clean(text).encode()).hexdigest()[:32]


def Id() -> sa.types.TypeEngine[int]:  # noqa: N802 - reads as the type it returns
    """A row number: 64 bits, and in SQLite the rowid itself."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _plain(value: Any) -> Any:
    """What JSON knows. Texts are cleaned here already, because JSON escapes control characters and hides them."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    return value
