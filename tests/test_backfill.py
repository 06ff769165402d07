"""The past of a source: walked page by page, resumed where it stopped, accounted for entry by entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import NOW, FakeWeb, make_source, make_tools
from test_collect import SITE, page

from pipeline.backfill import BackfillProgress, backfill_source
from pipeline.errors import ConfigError, Unreachable
from pipeline.records import EntryOutcome, ListingRule

SINCE, UNTIL = datetime(2018, 9, 1, tzinfo=UTC), datetime(2018, 11, 1, tzinfo=UTC)
SOURCE = make_source(listing=ListingRule(item="li", date="time", next="a.next"), archive_url=f"{SITE}/archive/1")


@pytest.fixture
def web() -> FakeWeb:
    """Three archive pages of two articles each; the last lies before the period."""
    web = FakeWeb()
    days = ["2018-10-30", "2018-10-02", "2018-09-20", "2018-09-05", "2018-08-20", "2018-08-01"]
    for number in (1, 2, 3):
        entries = []
        for day in days[2 * number - 2 : 2 * number]:
            entries.append({"url": f"{SITE}/{day}", "date": f"{day}T08:00:00+00:00"})
            web.pages[f"{SITE}/{day}"] = page(f"News of {day}", f"Putin spoke on {day}.")
        web.pages[f"{SITE}/archive/{number}"] = {"entries": entries, "next": f"{SITE}/archive/{number + 1}"}
    return web


@pytest.fixture
def planted(store: Any) -> Any:
    store.plant_sources((SOURCE,))
    return store


def test_a_period_is_walked_to_its_start_and_stored_as_history(web, planted) -> None:
    seen: list[BackfillProgress] = []
    ledger = backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, seen.append)
    assert ledger.is_done and ledger.pages == 3
    assert ledger.counts == {EntryOutcome.NEW: 4}
    assert (ledger.listed, ledger.out_of_period) == (6, 2)
    assert ledger.mentions == {"putin": 4}
    assert planted.list_alerts(10) == ()
    assert f"{SITE}/archive/4" not in web.asked
    assert [round(step.fraction, 2) for step in seen] == [0.49, 0.93, 1.0]


def test_a_backfill_that_stopped_goes_on_without_fetching_what_is_stored(web, planted) -> None:
    web.pages[f"{SITE}/archive/2"], kept = Unreachable("down"), web.pages[f"{SITE}/archive/2"]
    ledger = backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, lambda _: None)
    assert not ledger.is_done and "down" in ledger.stopped_by
    web.pages[f"{SITE}/archive/2"] = kept
    web.asked.clear()
    ledger = backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, lambda _: None)
    assert ledger.is_done and ledger.counts == {EntryOutcome.NEW: 2}
    assert f"{SITE}/archive/1" not in web.asked


def test_a_second_backfill_of_the_same_period_finds_all_known(web, planted) -> None:
    for _ in range(2):
        ledger = backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, lambda _: None)
    assert ledger.counts == {EntryOutcome.KNOWN: 4}


def test_an_archive_that_goes_in_a_circle_ends(web, planted) -> None:
    web.pages[f"{SITE}/archive/1"]["next"] = f"{SITE}/archive/1"
    ledger = backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, lambda _: None)
    assert not ledger.is_done and "goes on" in ledger.stopped_by


def test_the_state_of_polling_is_left_alone(web, planted) -> None:
    backfill_source(SOURCE, SINCE, UNTIL, make_tools(web, planted), NOW, lambda _: None)
    assert not planted.source_state("herald").is_imported


def test_a_source_without_an_archive_says_what_to_write() -> None:
    with pytest.raises(ConfigError, match="archive"):
        backfill_source(make_source(), SINCE, UNTIL, None, NOW, lambda _: None)
