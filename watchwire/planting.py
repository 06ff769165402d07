"""Seed files into the database: read, checked as a whole, planted in an order that leaves nothing half done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.records import Channel, Source
from pipeline.seeds import parse_channels, parse_sources
from pipeline.watchlist.entries import Watchlist, parse_watchlist
from storage.engine import upgrade_database
from storage.store import open_store
from watchwire.settings import Settings


@dataclass(frozen=True, slots=True)
class Seeds:
    """The three files, read and found without a mistake."""

    sources: tuple[Source, ...]
    channels: tuple[Channel, ...]
    watchlist: Watchlist
    watchlist_text: str


@dataclass(frozen=True, slots=True)
class PlantReport:
    added: int
    changed: int
    unchanged: int
    retired: int
    watchlist_version: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntrySummary:
    """What a watch entry compiles to."""

    slug: str
    title: str
    kind: str
    forms: int
    exclusions: int
    examples: str


def read_seeds(folder: Path | None) -> Seeds:
    """The seed files of a folder, or the bundled ones. Raises SeedError at the first mistake, ConfigError if one is
    not there."""
    watchlist_text, watchlist_name = _read(folder, "watchlist.yaml")
    watchlist = parse_watchlist(watchlist_text, watchlist_name)
    sources = parse_sources(*_read(folder, "sources.yaml"))
    channels = parse_channels(*_read(folder, "channels.yaml"))
    _check_channels(watchlist, channels)
    return Seeds(sources, channels, watchlist, watchlist_text)


def read_watchlist(file: Path | None, folder: Path | None) -> Watchlist:
    """A watchlist file, else the one of the seeds."""
    return read_watchlist_text(file, folder)[0]


def read_watchlist_text(file: Path | None, folder: Path | None) -> tuple[Watchlist, str]:
    """The same with the text it was read from."""
    text, name = (_text_of(file, file.name), str(file)) if file is not None else _read(folder, "watchlist.yaml")
    return parse_watchlist(text, name), text


def describe_watchlist(watchlist: Watchlist) -> list[EntrySummary]:
    """What each entry compiles to. Takes a second: dictionaries are loaded."""
    from pipeline.watchlist.forms import Role, compile_forms

    forms = compile_forms(watchlist)
    summaries = []
    for entry in watchlist.entries:
        mine = [form for form in forms if form.entry == entry.slug]
        shown = [form.text for form in mine if form.role not in (Role.EXCLUDED, Role.OTHER)]
        examples = ", ".join(shown[:: max(1, len(shown) // 8)][:8])
        summaries.append(
            EntrySummary(entry.slug, entry.title, entry.kind.value, len(shown), len(mine) - len(shown), examples)
        )
    return summaries


def plant_seeds(settings: Settings, seeds: Seeds, now: datetime) -> PlantReport:
    """Create or upgrade the database and plant the seeds. Planting the same twice changes nothing."""
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade_database(settings.database)
    store = open_store(settings.database)
    try:
        added, changed, unchanged, retired = store.plant_sources(seeds.sources)
        store.plant_channels(seeds.channels)
        store.plant_watchlist(seeds.watchlist.version, seeds.watchlist_text, now)
    finally:
        store.close()
    enabled = tuple(channel.slug for channel in seeds.channels if channel.is_enabled)
    return PlantReport(added, changed, unchanged, retired, seeds.watchlist.version, enabled)


def _check_channels(watchlist: Watchlist, channels: tuple[Channel, ...]) -> None:
    known = {channel.slug for channel in channels}
    for rule in watchlist.rules:
        for slug in rule.channels:
            if slug not in known:
                raise ConfigError(
                    f"names the channel `{slug}`, which channels.yaml does not have",
                    place=f"rule {rule.slug}",
                    mend=f"one of {', '.join(sorted(known))}",
                )


def _read(folder: Path | None, name: str) -> tuple[str, str]:
    """Text and the name to show in messages."""
    place: Traversable = files("seeds") if folder is None else folder
    return _text_of(place / name, name), name if folder is None else str(folder / name)


def _text_of(file: Traversable, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("no such file", place=str(file), mend=f"write one, or copy the bundled {name}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}", place=str(file)) from None
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", place=str(file)) from None
