"""A pass over the sample newsroom with and without Prefect, in one run on loopback.

First pass: every page is fetched, read, tagged and stored. Quiet pass: every source answers that nothing has changed.
Prefect's server is started and everything imported before the clock is; medians of the quiet passes, one first pass
each.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from watchwire.newsroom import open_newsroom, read_newsroom_seeds
from watchwire.planting import plant_seeds
from watchwire.prefect_home import prefect_environment
from watchwire.settings import Settings, set_environment
from watchwire.wiring import close_workshop, open_workshop

QUIET_PASSES = 5
WARM_UP = "warm-up"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, open_newsroom() as newsroom:
        seeds = read_newsroom_seeds(newsroom.addresses)
        every = [source.slug for source in seeds.sources]
        set_environment({**prefect_environment(Settings(home=Path(folder))), "PREFECT_LOGGING_LEVEL": "ERROR"})
        start_prefect()
        print(f"{'':24}{'first pass':>12}{'quiet pass':>12}   seconds, {len(every)} sources")
        for name, collect in PASSES:
            settings = Settings(home=Path(folder) / name, allow_hosts=newsroom.hosts)
            plant_seeds(settings, seeds, datetime.now(UTC))
            open_workshop(settings)
            first = clock(lambda collect=collect: collect(every))
            quiet = statistics.median(clock(lambda collect=collect: collect(every)) for _ in range(QUIET_PASSES))
            close_workshop()
            if name != WARM_UP:
                print(f"{name:24}{first:12.2f}{quiet:12.2f}")


def collect_plainly(sources: list[str]) -> None:
    from watchwire.wiring import workshop

    now = datetime.now(UTC)
    shop = workshop()
    shop.collect_batches(shop.due_batches(now, only=sources), now, on_round=lambda _: None)
    for channel in shop.channel_slugs():
        shop.deliver(channel, now)


def collect_by_flow(sources: list[str]) -> None:
    from flows.monitor import monitor

    asyncio.run(monitor(sources))


def start_prefect() -> None:
    from prefect import flow

    @flow
    async def nothing() -> None: ...

    asyncio.run(nothing())


def clock(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


PASSES = ((WARM_UP, collect_plainly), ("without Prefect", collect_plainly), ("as a flow", collect_by_flow))

if __name__ == "__main__":
    main()
