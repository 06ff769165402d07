"""The flows on the real Workshop and the bundled newsroom: what was found is stored, alerted and delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.backfill import backfill
from flows.digest import digest
from flows.monitor import monitor
from pipeline.records import AlertState
from watchwire.newsroom import Newsroom, open_newsroom, read_newsroom_seeds
from watchwire.planting import plant_seeds
from watchwire.settings import Settings
from watchwire.wiring import Workshop, close_workshop, open_workshop

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with open_newsroom() as opened:
        yield opened


@pytest.fixture
def real_shop(prefect_server: None, newsroom: Newsroom, tmp_path: Path) -> Iterator[Workshop]:
    settings = Settings(home=tmp_path, allow_hosts=newsroom.hosts)
    plant_seeds(settings, read_newsroom_seeds(newsroom.addresses), datetime.now(UTC))
    yield open_workshop(settings)
    close_workshop()


def test_two_passes_a_backfill_and_a_digest(real_shop: Workshop, newsroom: Newsroom, read_artifact: Any) -> None:
    first = asyncio.run(monitor(return_state=True))
    assert first.is_completed()
    assert asyncio.run(read_artifact(first, "alerts")) is None, "a first import is history"
    rows = asyncio.run(read_artifact(first, "sources"))
    assert {(row["outcome"], row["kind"]) for row in rows} == {("changed", "import"), ("failed", "import")}

    newsroom.show_edition("second")
    second = asyncio.run(monitor([row["source"] for row in rows], return_state=True))
    alerts = real_shop.store.list_alerts(50)
    page = asyncio.run(read_artifact(second, "alerts"))
    assert alerts
    assert all(alert.state is AlertState.DELIVERED for alert in alerts), "the pass delivers what it found"
    assert page.count("\n") == 1 + len(alerts)
    assert all(f"(<{alert.url}>)" in page for alert in alerts)

    past = asyncio.run(backfill(newsroom.archive, since=date(2018, 9, 1), until=date(2018, 11, 1)))
    assert past.is_done
    assert sum(past.counts.values()) > 0
    assert len(real_shop.store.list_alerts(50)) == len(alerts), "what a backfill brings alerts nobody"

    composed = asyncio.run(digest("daily"))
    assert composed is not None
    assert composed.upto_alert_id == max(alert.id for alert in alerts)
    assert real_shop.digest_file(composed).read_text(encoding="utf-8") == composed.html


def test_passes_at_the_same_time_find_what_one_finds(real_shop: Workshop, newsroom: Newsroom, tmp_path: Path) -> None:
    """`monitor-now` beside `monitor`, or an operator beside the schedule."""
    sources = [item.source for item in asyncio.run(monitor())]
    newsroom.show_edition("second")

    async def run_three() -> None:
        await asyncio.gather(*(monitor(sources) for _ in range(3)))

    asyncio.run(run_three())
    alerts = real_shop.store.list_alerts(50)
    assert sorted(alert.rule for alert in alerts) == ["abe", "crimea", "kurils", "putin"]
    assert all(alert.state is AlertState.DELIVERED for alert in alerts)
    assert len(list((tmp_path / "messages").glob("*.txt"))) == len(alerts), "each was sent once"
