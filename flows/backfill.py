"""Read the past of one source from its archive. Can be stopped and started: the place is kept with every page."""

import asyncio
from datetime import UTC, date, datetime, time

import anyio
from prefect import flow, task
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact, aupdate_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.pages import ledger_rows
from flows.retries import DELAYS, JITTER, is_worth_retrying
from pipeline.backfill import BackfillLedger, BackfillProgress
from watchwire.wiring import day_start, workshop

SECONDS_BETWEEN_UPDATES = 2.0


@task(
    name="walk an archive",
    task_run_name="walk the archive of {source}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=is_worth_retrying,
)
async def walk_archive(source: str, since: datetime, until: datetime) -> BackfillLedger:
    """The whole walk, in a thread; meanwhile its progress goes into an artifact every two seconds."""
    last = BackfillProgress(pages=0, entries=0, articles=0, fraction=0.0)

    def note_page(progress: BackfillProgress) -> None:
        nonlocal last
        last = progress

    artifact = await acreate_progress_artifact(0.0, key="backfill", description=f"The archive of {source}.")
    walk = asyncio.ensure_future(
        anyio.to_thread.run_sync(workshop().backfill, source, since, until, datetime.now(UTC), note_page)
    )
    while not walk.done():
        await asyncio.wait((walk,), timeout=SECONDS_BETWEEN_UPDATES)
        await aupdate_progress_artifact(
            artifact,
            progress=round(last.fraction * 100, 1),
            description=f"The archive of {source}: {last.pages} pages, {last.articles} articles.",
        )
    return walk.result()


@flow(name="backfill", flow_run_name="backfill {source} since {since}", persist_result=False)
async def backfill(source: str, since: date, until: date | None = None) -> State:
    """Read a source's archive. What it brings is history: stored, tagged, told in one line of the digest.

    A run that was stopped goes on where it was when it is started again with the same values.

    Args:
        source: Slug of a source that has an archive in sources.yaml.
        since: The first day, in the reader's time zone.
        until: The day after the last. Empty: up to the start of today.
    """
    zone = workshop().settings.timezone
    end = until or datetime.now(UTC).date()
    ledger = await walk_archive(source, *(day_start(datetime.combine(day, time()), zone) for day in (since, end)))
    await acreate_table_artifact(ledger_rows(ledger), key="backfill-ledger", description=f"The archive of {source}.")
    sentence = f"{ledger.pages} archive pages, {ledger.listed} entries"
    return Completed(message=sentence) if ledger.is_done else Failed(message=f"{sentence}; {ledger.stopped_by}")
