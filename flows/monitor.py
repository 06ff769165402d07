"""The scheduled pass: collect every source that is due, then deliver what was found."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.futures import wait

from flows.deliver import deliver_to_all
from flows.retrying import TASK_OPTIONS
from flows.tables import list_alerts, list_failed_batches, list_reports, list_rounds
from pipeline.records import Round
from watchwire.wiring import workshop


@task(name="collect", task_run_name="collect {slugs}", **TASK_OPTIONS)
def collect_batch(slugs: list[str]) -> tuple[Round, ...]:
    """One round of each of these sources. A task is a batch by host: its price is 30 ms of server time."""
    return workshop().collect_batch(slugs, datetime.now(UTC))


@flow(name="monitor", flow_run_name="monitor {sources}", timeout_seconds=3600)
async def monitor(sources: list[str] | None = None) -> list[Round]:
    """Collect what is due and deliver it.

    Args:
        sources: Only these sources, by slug, whether due or not. Empty: every source that is due.
    """
    shop = workshop()
    batches = [list(batch) for batch in shop.due_batches(datetime.now(UTC), only=sources or ())]
    collecting = [collect_batch.submit(batch) for batch in batches]
    await asyncio.to_thread(wait, collecting)
    answers = [future.result(raise_on_failure=False) for future in collecting]
    rounds = [item for answer in answers if not isinstance(answer, BaseException) for item in answer]
    failed = [
        (batch, answer) for batch, answer in zip(batches, answers, strict=True) if isinstance(answer, BaseException)
    ]

    alerts = shop.recent_alerts([number for item in rounds for number in item.alerts])
    await acreate_table_artifact(
        list_rounds(rounds) + list_failed_batches(failed), key="sources", description="What each source brought"
    )
    await acreate_table_artifact(list_alerts(alerts), key="alerts", description="New alerts")
    reports = await deliver_to_all()
    await acreate_table_artifact(list_reports(reports), key="deliveries", description="What each channel took")
    if failed:
        raise failed[0][1]
    return rounds
