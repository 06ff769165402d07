"""Read the archive of one source for a period, with its progress in Prefect's pages."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

from prefect import flow, task
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.logs import listen_to_core
from flows.pages import ledger_rows
from flows.retrying import TASK_OPTIONS
from flows.threads import in_thread
from pipeline.backfill import BackfillLedger, BackfillProgress
from watchwire.wiring import day_start, workshop

SECONDS_BETWEEN_UPDATES = 2.0


@task(name="walk archive", task_run_name="walk the archive of {source}", **TASK_OPTIONS)
async def walk_archive(source: str, since: datetime, until: datetime) -> BackfillLedger:
    """All pages of the period. Tried again, it goes on where it stopped."""
    last = BackfillProgress(pages=0, entries=0, articles=0, fraction=0.0)

    def note(progress: BackfillProgress) -> None:
        nonlocal last
        last = progress

    artifact = await acreate_progress_artifact(0.0, key="backfill", description=f"Archive of {source}")
    walk = asyncio.ensure_future(in_thread(workshop().backfill, source, since, until, datetime.now(UTC), note))
    while not walk.done():
        await asyncio.wait((walk,), timeout=SECONDS_BETWEEN_UPDATES)
        text = f"Archive of {source}: {last.pages} pages, {last.entries} entries, {last.articles} new articles"
        await aupdate_progress_artifact(artifact, progress=round(last.fraction * 100, 1), description=text)
    return walk.result()


@flow(name="backfill", flow_run_name="backfill {source} from {since}", timeout_seconds=86_400)
async def backfill(source: str, since: date, until: date | None = None) -> State[BackfillLedger]:
    """Read a source's archive; what it brings is history and alerts nothing item by item.

    A run that was stopped goes on where it was when one is started with the same values. Awaited, it gives the ledger;
    it fails when the archive could not be walked to the end.

    Args:
        source: Slug of a source with an archive.
        since: First day, in the reader's time zone.
        until: The day after the last one. Empty: tomorrow.
    """
    listen_to_core()
    zone = workshop().settings.timezone
    end = until or datetime.now(UTC).date() + timedelta(days=1)
    first, last = (day_start(datetime.combine(day, time()), zone) for day in (since, end))
    ledger = await walk_archive(source, first, last)
    await acreate_table_artifact(ledger_rows(ledger), key="backfill-ledger", description=f"The archive of {source}")
    sentence = f"{ledger.pages} archive pages, {ledger.listed} entries listed"
    if not ledger.is_done:
        return Failed(message=f"{sentence}; stopped: {ledger.stopped_by}")
    return Completed(message=sentence, data=ledger)
