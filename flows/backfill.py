"""Read the archive of one source for a period, with a progress bar in Prefect's pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact, create_progress_artifact, update_progress_artifact

from flows.retrying import TASK_OPTIONS
from pipeline.backfill import BackfillLedger, BackfillProgress
from watchwire.wiring import day_start, workshop


@task(name="walk archive", task_run_name="walk the archive of {source}", **TASK_OPTIONS)
def walk_archive(source: str, since: datetime, until: datetime) -> BackfillLedger:
    """All pages of the period. Tried again, it goes on where it stopped."""
    progress = create_progress_artifact(0.0, key="backfill", description=f"Archive of {source}")
    assert isinstance(progress, UUID)

    def show(step: BackfillProgress) -> None:
        update_progress_artifact(progress, step.fraction * 100)

    return workshop().backfill(source, since, until, datetime.now(UTC), show)


@flow(name="backfill", flow_run_name="backfill {source} from {since}", timeout_seconds=86_400)
async def backfill(source: str, since: date, until: date | None = None) -> BackfillLedger:
    """Read a source's archive; what it brings is history and alerts nothing item by item.

    Args:
        source: Slug of a source with an archive.
        since: First day, in the reader's time zone.
        until: The day after the last one. Empty: tomorrow.
    """
    zone = workshop().settings.timezone
    end = until or datetime.now(UTC).date() + timedelta(days=1)
    ledger = walk_archive(
        source,
        day_start(datetime.combine(since, time()), zone),
        day_start(datetime.combine(end, time()), zone),
    )
    rows = [{"what": outcome.value, "entries": count} for outcome, count in ledger.counts.items()]
    rows += [{"what": f"failed: {code}", "entries": count} for code, count in ledger.failures.items()]
    await acreate_table_artifact(rows, key="backfill-ledger", description=f"{source}: {ledger.listed} entries listed")
    return ledger
