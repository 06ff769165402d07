"""Verbs that set things up and check them: plant, db, sources, watchlist, settings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from watchwire.printing import print_json, print_json_lines, print_table
from watchwire.settings import describe_settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def add_to(app: typer.Typer) -> None:
    app.command("plant")(plant)
    app.command("settings")(show_settings)
    db = typer.Typer(help="The database: upgrade, check.", no_args_is_help=True)
    db.command("upgrade")(upgrade)
    db.command("check")(check)
    app.add_typer(db, name="db")
    sources = typer.Typer(help="The sources that are polled: list, check.", no_args_is_help=True)
    sources.command("list")(list_sources)
    sources.command("check")(check_source)
    app.add_typer(sources, name="sources")
    watchlist = typer.Typer(help="The watchlist: check.", no_args_is_help=True)
    watchlist.command("check")(check_watchlist)
    app.add_typer(watchlist, name="watchlist")


def plant(
    seeds: Annotated[
        Path | None, typer.Option(help="Folder with sources.yaml, watchlist.yaml, channels.yaml.", exists=True)
    ] = None,
    json: Json = False,
) -> None:
    """Bring the seed files into the database, creating or upgrading it first. Doing it twice changes nothing."""
    from watchwire.planting import plant_seeds, read_seeds

    settings = load_settings()
    report = plant_seeds(settings, read_seeds(seeds or settings.seeds), datetime.now(UTC))
    if json:
        print_json(report)
        return
    typer.echo(
        f"Sources: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.retired} retired. Watchlist {report.watchlist_version}. Channels: {', '.join(report.channels)}."
    )


def show_settings(json: Json = False) -> None:
    """Every setting with its value, default and meaning."""
    rows = describe_settings(load_settings())
    if json:
        print_json_lines(rows)
        return
    print_table(
        "Settings (environment variables)",
        ("variable", "type", "value", "default", "help"),
        ([row["variable"], row["type"], row["value"], row["default"], row["help"]] for row in rows),
        "",
    )


def upgrade() -> None:
    """Create the database or bring its schema up to this version."""
    from storage.engine import upgrade_database

    settings = load_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    upgrade_database(settings.database)
    typer.echo("The database is up to date.")


def check(json: Json = False) -> None:
    """Integrity, schema, references, counts. Exit 1 when something is wrong."""
    from storage.engine import check_database

    problems = check_database(load_settings().database)
    if json:
        print_json({"problems": problems})
    else:
        for problem in problems:
            typer.echo(problem)
        if not problems:
            typer.echo("The database is sound.")
    raise typer.Exit(1 if problems else 0)


def list_sources(json: Json = False) -> None:
    """Planted sources."""
    from watchwire.wiring import workshop

    sources = workshop().store.list_sources()
    if json:
        print_json_lines(sources)
        return
    print_table(
        "Sources",
        ("source", "name", "lang", "country", "kind", "every#", "tags", "address"),
        (
            [
                source.slug + ("" if source.is_enabled else " (off)"),
                source.name,
                source.language,
                source.country,
                source.kind.value,
                f"{source.interval_minutes} min",
                " ".join(source.tags),
                source.url,
            ]
            for source in sources
        ),
        "No sources are planted. `watchwire plant` does it.",
    )


def check_source(source: str, json: Json = False) -> None:
    """Poll one source and show what it would bring; nothing is stored."""
    from watchwire.wiring import workshop

    listing = workshop().check_source(source)
    if json:
        print_json(listing)
        return
    print_table(
        f"{source}: {listing.title or 'untitled'}, {len(listing.entries)} entries"
        + (f", {listing.dropped} dropped" if listing.dropped else "")
        + (f" ({listing.note})" if listing.note else ""),
        ("published", "title", "address"),
        ([entry.published_raw, entry.title, entry.url] for entry in listing.entries),
        "It lists nothing.",
    )


def check_watchlist(
    file: Annotated[Path | None, typer.Argument(help="Default: the watchlist of the seeds.", exists=True)] = None,
    json: Json = False,
) -> None:
    """Read a watchlist and show what it compiles to; mistakes are named with file and line."""
    from watchwire.planting import describe_watchlist, read_watchlist

    settings = load_settings()
    rows = describe_watchlist(read_watchlist(file, settings.seeds))
    if json:
        print_json_lines(rows)
        return
    print_table(
        "Watch entries",
        ("entry", "title", "kind", "forms#", "look-alikes#", "examples"),
        ([row.slug, row.title, row.kind, str(row.forms), str(row.exclusions), row.examples] for row in rows),
        "The watchlist is empty.",
    )
