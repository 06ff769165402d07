"""`watchwire demo`: the main job on the bundled newsroom, start to end, without a network."""

from __future__ import annotations

import asyncio
import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from watchwire.commands.look import print_alerts
from watchwire.commands.work import print_ledger, print_rounds
from watchwire.printing import console, error_console

ARCHIVE_SINCE, ARCHIVE_UNTIL = date(2018, 9, 1), date(2018, 11, 1)


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    home: Annotated[Path, typer.Option(help="Where it keeps its files; emptied first.")] = Path(".watchwire/demo"),
) -> None:
    """The bundled newsroom on loopback → monitor twice → backfill → alerts and a digest, all printed. No network."""
    from watchwire.newsroom import open_newsroom, read_newsroom_seeds
    from watchwire.planting import plant_seeds
    from watchwire.prefect_home import prefect_environment
    from watchwire.settings import Settings, set_environment
    from watchwire.wiring import close_workshop, open_workshop

    begun = time.monotonic()
    _empty(home)
    with open_newsroom() as newsroom:
        settings = Settings(home=home, allow_hosts=newsroom.hosts)
        _say(1, f"A sample newsroom of {len(newsroom.addresses)} sites is on loopback; planting its sources.")
        seeds = read_newsroom_seeds(newsroom.addresses)
        report = plant_seeds(settings, seeds, datetime.now(UTC))
        set_environment({**prefect_environment(settings), "PREFECT_LOGGING_LEVEL": "WARNING"})
        shop = open_workshop(settings)
        try:
            _say(2, "First pass of the `monitor` flow (Prefect makes its own database first: about 12 s) …")
            asyncio.run(_monitor("First pass: everything is new, so it is history and alerts nothing item by item"))
            newsroom.show_edition("second")
            _say(3, "The newsroom has moved on. Second pass …")
            every = sorted(source.slug for source in seeds.sources)
            asyncio.run(_monitor("Second pass: what is new since", every))
            _say(4, f"Backfilling the archive of {newsroom.archive} …")
            asyncio.run(_backfill(newsroom.archive))
            _say(5, "Alerts, each with the sentence that caused it:")
            print_alerts(shop.store.list_alerts(50), settings.timezone)
            _say(6, "The digest:")
            path = asyncio.run(_digest())
        finally:
            close_workshop()
    out = console()
    out.print(Text(f"\nDigest as a page:  {path}", style="bold"))
    out.print(Text(f"Database:          {settings.home.absolute() / 'watchwire.db'}"))
    out.print(Text(f"Watchlist:         {report.watchlist_version}"))
    out.print(Text(f"Done in {time.monotonic() - begun:.0f} s. `watchwire up` watches for real; see README.md."))


async def _monitor(title: str, sources: list[str] | None = None) -> None:
    from flows.monitor import monitor

    print_rounds(await monitor(sources), title)


async def _backfill(source: str) -> None:
    from flows.backfill import backfill

    print_ledger(await backfill(source, since=ARCHIVE_SINCE, until=ARCHIVE_UNTIL))


async def _digest() -> Path:
    from flows.digest import digest
    from watchwire.wiring import workshop

    composed = await digest("daily")
    assert composed is not None, "nobody else composes digests in the demo's own database"
    console().print(Text(composed.text), soft_wrap=True)
    return workshop().digest_file(composed)


def _empty(home: Path) -> None:
    """Make the folder anew. Only one that a demo made is emptied."""
    mark = home / "made-by-watchwire-demo"
    if home.exists() and any(home.iterdir()) and not mark.exists():
        raise typer.BadParameter(f"{home} is not empty and no demo made it", param_hint="--home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    mark.touch()


def _say(step: int, text: str) -> None:
    error_console().print(Text(f"\n[{step}/6] {text}", style="bold cyan"))
