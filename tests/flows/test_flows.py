"""What the flows promise: one failure sinks no other, tries again only where it may help, shows what happened."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fake_workshop import DIGEST, FakeWorkshop

from flows.backfill import backfill
from flows.deliver import deliver
from flows.digest import digest
from flows.monitor import monitor
from pipeline.errors import ConfigError, DatabaseLocked

pytestmark = pytest.mark.xdist_group("prefect")


def test_monitor_collects_in_batches_then_delivers(shop: FakeWorkshop, read_artifact: Any) -> None:
    state = asyncio.run(monitor(return_state=True))

    assert state.is_completed()
    assert state.message == "3 sources; 1 alerts; 2 sent, 4 put off"
    assert [call[0] for call in shop.calls] == ["due", "collect", "collect", "deliver", "deliver"]
    rows = asyncio.run(read_artifact(state, "sources"))
    assert [(row["source"], row["outcome"], row["entries"]) for row in rows] == [
        ("north-wire", "changed", "2 new"),
        ("south-wire", "changed", "2 new"),
        ("east-wire", "changed", "2 new"),
    ]
    assert "https://news.example/" in asyncio.run(read_artifact(state, "alerts"))
    rows = asyncio.run(read_artifact(state, "channels"))
    assert [(row["channel"], row["sent"], row["put off"]) for row in rows] == [("console", 1, 2), ("mail", 1, 2)]


def test_monitor_polls_named_sources_due_or_not(shop: FakeWorkshop) -> None:
    asyncio.run(monitor(["east-wire"]))
    assert shop.calls[:2] == [("due", ("east-wire",)), ("collect", "east-wire")]


def test_monitor_gives_its_rounds_to_who_awaits_it(shop: FakeWorkshop) -> None:
    assert [item.source for item in asyncio.run(monitor())] == ["north-wire", "south-wire", "east-wire"]


def test_a_batch_that_breaks_off_sinks_no_other(shop: FakeWorkshop, read_artifact: Any) -> None:
    shop.fails = {"north-wire": [ZeroDivisionError("a bug")]}
    state = asyncio.run(monitor(return_state=True))

    assert state.is_completed()
    assert state.message.endswith("1 of 2 batches broke off")
    rows = asyncio.run(read_artifact(state, "sources"))
    assert {row["source"]: (row["outcome"], row["error"]) for row in rows} == {
        "east-wire": ("changed", ""),
        "north-wire": ("batch broke off", "ZeroDivisionError: a bug"),
        "south-wire": ("batch broke off", "ZeroDivisionError: a bug"),
    }
    assert ("deliver", "mail") in shop.calls, "what the other batch found is delivered"


def test_monitor_fails_when_every_batch_does(shop: FakeWorkshop) -> None:
    shop.fails = {"north-wire": [ZeroDivisionError("a bug")], "east-wire": [ConfigError("no watchlist")]}
    state = asyncio.run(monitor(return_state=True))
    assert state.is_failed()
    assert ("deliver", "mail") in shop.calls, "what earlier runs left is delivered all the same"


@pytest.mark.parametrize(
    ("error", "tries"),
    [(DatabaseLocked("busy"), 2), (ConfigError("no watchlist"), 1), (ZeroDivisionError("a bug"), 1)],
    ids=["may pass", "will not pass", "a bug"],
)
def test_only_what_may_pass_is_tried_again(shop: FakeWorkshop, error: Exception, tries: int) -> None:
    shop.fails = {"north-wire": [error]}
    asyncio.run(monitor(return_state=True))
    assert shop.calls.count(("collect", "north-wire", "south-wire")) == tries


def test_a_run_with_nothing_due_still_delivers(shop: FakeWorkshop, read_artifact: Any) -> None:
    shop.batches = ()
    state = asyncio.run(monitor(return_state=True))
    assert state.is_completed()
    assert asyncio.run(read_artifact(state, "sources")) is None
    assert ("deliver", "console") in shop.calls


def test_a_channel_that_cannot_be_opened_holds_up_no_other(shop: FakeWorkshop, read_artifact: Any) -> None:
    shop.fails = {"mail": [ConfigError("no mail server", place="channel mail")]}
    state = asyncio.run(deliver(return_state=True))

    assert state.is_completed()
    assert state.message == "1 sent, 2 put off, channels that could not be used: mail"
    rows = asyncio.run(read_artifact(state, "channels"))
    assert [(row["channel"], row["error"]) for row in rows] == [
        ("console", ""),
        ("mail", "config: channel mail: no mail server"),
    ]
    shop.channels = ("mail",)
    shop.fails = {"mail": [ConfigError("no mail server")] * 2}
    assert asyncio.run(deliver(return_state=True)).is_failed()


def test_digest_is_composed_shown_and_delivered(shop: FakeWorkshop, read_artifact: Any) -> None:
    state = asyncio.run(digest("daily", return_state=True))

    assert state.is_completed()
    assert state.message == "1 story on Kurils; 2 sent, 4 put off"
    page = asyncio.run(read_artifact(state, "digest"))
    assert (shop.folder / "daily-9.html").as_uri() in page
    assert f"````text\n{DIGEST.text}\n````" in page, "the fence is longer than any run of backticks inside"
    assert asyncio.run(digest("daily")) == DIGEST


def test_a_digest_somebody_else_made_is_no_failure(shop: FakeWorkshop) -> None:
    shop.digest = None
    assert asyncio.run(digest("daily")) is None
    assert not [call for call in shop.calls if call[0] == "deliver"]


def test_backfill_shows_its_progress_and_its_account(shop: FakeWorkshop, read_artifact: Any) -> None:
    state = asyncio.run(backfill("north-wire", since=date(2018, 9, 1), until=date(2018, 11, 1), return_state=True))

    assert state.is_completed()
    assert shop.calls == [("backfill", "north-wire", "2018-09-01T00:00:00+09:00", "2018-11-01T00:00:00+09:00")]
    assert asyncio.run(read_artifact(state, "backfill")) == 100.0
    rows = asyncio.run(read_artifact(state, "backfill-ledger"))
    assert {row["what"]: row["count"] for row in rows} == {
        "new": 8,
        "out of the period": 1,
        "listed in all": 9,
        "archive pages": 2,
        "copies": 0,
    }


def test_a_backfill_that_stopped_early_fails_and_says_why(shop: FakeWorkshop, read_artifact: Any) -> None:
    shop.ledger = replace(shop.ledger, is_done=False, stopped_by="the server answered 503")
    state = asyncio.run(backfill("north-wire", since=date(2018, 9, 1), return_state=True))
    assert state.is_failed()
    assert state.message == "2 archive pages, 9 entries listed; stopped: the server answered 503"
    assert asyncio.run(read_artifact(state, "backfill")) == 60.0


def test_log_lines_of_the_core_are_found_in_the_run(shop: FakeWorkshop) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
    from prefect.logging.handlers import APILogHandler

    async def read_lines(run: Any) -> list[str]:
        await APILogHandler.aflush()
        async with get_client() as client:
            logs = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])))
        return [line.message for line in logs if line.name == "pipeline.collect"]

    state = asyncio.run(monitor(return_state=True))
    lines = asyncio.run(read_lines(state.state_details.flow_run_id))
    assert sorted(lines) == ["collecting east-wire", "collecting north-wire"]
