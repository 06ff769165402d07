"""Every setting of watchwire in one table: environment variable, type, default, help.

The only module that reads the environment. A variable that begins with WATCHWIRE_ and is not in the table is an
error, so a typing mistake never passes for a default. Secrets are given as WATCHWIRE_SECRET_<NAME> and are looked up
by name when a channel is opened; they are never part of a `Settings`, which may be printed.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.errors import SettingError

PREFIX = "WATCHWIRE_"
SECRET_PREFIX = "WATCHWIRE_SECRET_"


_HOME = Path(".watchwire")


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per setting; its variable is WATCHWIRE_ and the field's name in capitals."""

    home: Path = _setting(_HOME, "Folder for the database, captures, digests and Prefect's own files.")
    database_url: str = _setting("", "SQLite or PostgreSQL URL. Empty: watchwire.db in the home folder.")
    seeds: Path | None = _setting(None, "Folder with sources.yaml, watchlist.yaml, channels.yaml. Empty: the bundled.")
    timezone: str = _setting("UTC", "The reader's time zone, for digests and their schedule (IANA name).")
    contact: str = _setting("", "Address or page of the operator, sent in the User-Agent.")
    allow_hosts: tuple[str, ...] = _setting((), "host:port pairs on private networks that may be fetched, by commas.")
    total_seconds: float = _setting(30.0, "Longest time one fetch may take, from connect to the last byte.")
    connect_seconds: float = _setting(5.0, "Longest time to connect.")
    max_body_bytes: int = _setting(10 * 1024 * 1024, "Largest body, on the wire and decoded.")
    parse_seconds: float = _setting(5.0, "Longest time for parsing one listing; its process is killed then.")
    extract_seconds: float = _setting(10.0, "Longest time for reading one page; its process is killed then.")
    parser_memory_mb: int = _setting(1024, "Memory a parsing process may use.")
    parser_workers: int = _setting(2, "Parsing processes.")
    collect_threads: int = _setting(8, "Batches of sources collected at the same time.")
    batches_per_run: int = _setting(16, "Into how many batches, by host, the due sources of a run are gathered.")
    pages_per_round: int = _setting(
        500, "Most pages fetched from one source in one round; the rest waits for the next."
    )
    lease_seconds: float = _setting(300.0, "How long a claimed delivery belongs to its sender.")
    smtp_host: str = _setting("", "Mail server.")
    smtp_port: int = _setting(587, "Its port.")
    smtp_user: str = _setting("", "Its user; the password is the secret SMTP_PASSWORD.")
    smtp_sender: str = _setting("", "From address of mails.")
    smtp_security: str = _setting("starttls", "none, starttls or tls.")
    server_port: int = _setting(4200, "Port of the Prefect server and its pages under `watchwire up`.")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.home / 'watchwire.db').absolute()}"


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises SettingError naming the variable, what it holds and what it should."""
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    given: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(SECRET_PREFIX):
            continue
        if variable not in known:
            names = [item.name.upper() for item in known.values()]
            near = difflib.get_close_matches(variable.removeprefix(PREFIX), names, n=1)
            raise SettingError(
                "no such setting",
                place=variable,
                mend=f"did you mean {PREFIX}{near[0]}?" if near else "`watchwire settings` lists them all",
            )
        if text.strip():
            given[known[variable].name] = _parse(variable, text.strip(), str(known[variable].type))
    settings = Settings(**given)
    _check(settings)
    return settings


def set_environment(variables: Mapping[str, str]) -> None:
    """For libraries that are configured by environment only, before they are imported; children inherit it."""
    os.environ.update(variables)


def find_secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret of that name; empty when it is not set."""
    return environment.get(SECRET_PREFIX + name.upper(), "")


def hide_password(url: str) -> str:
    """A database URL as it may be shown."""
    return re.sub(r"://([^:/@]*):[^@/]*@", r"://\1:***@", url)


def describe_settings(settings: Settings) -> list[dict[str, str]]:
    """The table as rows: variable, type, value, default, help."""
    return [
        {
            "variable": PREFIX + item.name.upper(),
            "type": str(item.type).replace(" | None", "").replace("tuple[str, ...]", "list"),
            "value": _show(getattr(settings, item.name)),
            "default": _show(item.default),
            "help": item.metadata["help"],
        }
        for item in fields(Settings)
    ]


def _parse(variable: str, text: str, kind: str) -> Any:
    try:
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "Path" | "Path | None":
                return Path(text).expanduser()
            case "tuple[str, ...]":
                return tuple(part.strip() for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingError(
            f"`{text}` is not {'a whole number' if kind == 'int' else 'a number'}", place=variable
        ) from None
    return text


def _check(settings: Settings) -> None:
    for name in ("total_seconds", "connect_seconds", "max_body_bytes", "parse_seconds", "extract_seconds"):
        _require(getattr(settings, name) > 0, name, "must be more than 0")
    for name in ("parser_workers", "collect_threads", "batches_per_run", "pages_per_round", "lease_seconds"):
        _require(getattr(settings, name) >= 1, name, "must be at least 1")
    _require(settings.parser_memory_mb >= 256, "parser_memory_mb", "must be at least 256")
    _require(settings.smtp_security in ("none", "starttls", "tls"), "smtp_security", "must be none, starttls or tls")
    for name in ("smtp_port", "server_port"):
        _require(1 <= getattr(settings, name) <= 65535, name, "must be a port from 1 to 65535")
    try:
        ZoneInfo(settings.timezone)
    except (ValueError, OSError, KeyError):
        _require(False, "timezone", f"`{settings.timezone}` is no time zone; write it like Asia/Tokyo")


def _require(holds: bool, name: str, message: str) -> None:
    if not holds:
        raise SettingError(message, place=PREFIX + name.upper())


def _show(value: object) -> str:
    if isinstance(value, str) and "://" in value:
        return hide_password(value)
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)
