"""What the command line prints: tables for people, JSON lines for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

MARK_STYLE = "bold black on yellow"


def console() -> Console:
    """Standard output; wide enough for tables when it is not a terminal."""
    return Console(soft_wrap=False, width=None if sys.stdout.isatty() else 140, highlight=False)


def error_console() -> Console:
    """Standard error: progress and remarks, so that standard output stays the result."""
    return Console(stderr=True, highlight=False)


def to_plain(value: Any) -> Any:
    """A record as JSON-ready values: times as ISO 8601, enums as their words."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(item) for item in value]
    return value


def print_json(value: Any) -> None:
    """One JSON document, indented."""
    sys.stdout.write(json.dumps(to_plain(value), ensure_ascii=False, indent=2) + "\n")


def print_json_lines(values: Iterable[Any]) -> None:
    """One JSON document a line, written as they come."""
    for value in values:
        sys.stdout.write(json.dumps(to_plain(value), ensure_ascii=False) + "\n")
        sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], empty: str) -> None:
    """A table, or the sentence `empty` when there are no rows."""
    out = console()
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", pad_edge=False)
    for column in columns:
        is_number = column.endswith("#")
        table.add_column(column.rstrip("#"), justify="right" if is_number else "left", overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        count += 1
    if count:
        out.print(table)
    else:
        out.print(Text(empty))


def mark_sentence(sentence: str, marks: Iterable[tuple[int, int]]) -> Text:
    """The sentence with its mentions highlighted."""
    text = Text(sentence)
    for start, end in marks:
        text.stylize(MARK_STYLE, start, end)
    return text


def mark_mentions(content: str, mentions: Iterable[tuple[int, int]], vetoes: Iterable[tuple[int, int]]) -> Text:
    """A text with its mentions highlighted and its vetoed look-alikes struck through."""
    text = mark_sentence(content, mentions)
    for start, end in vetoes:
        text.stylize("strike dim", start, end)
    return text


def show_time(moment: datetime | None, timezone: str) -> str:
    """In the reader's zone, to the minute."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M") if moment else ""
