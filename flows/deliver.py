"""Send what waits in the outbox: what was held, or failed and is due again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.futures import wait

from flows.retrying import TASK_OPTIONS
from flows.tables import list_reports
from pipeline.notify import DeliveryReport
from watchwire.wiring import workshop


@task(name="deliver", task_run_name="deliver to {channel}", **TASK_OPTIONS)
def deliver_to(channel: str) -> DeliveryReport:
    """Everything that is due for one channel."""
    return workshop().deliver(channel, datetime.now(UTC))


async def deliver_to_all() -> list[DeliveryReport]:
    """One task a channel, side by side: a dead channel does not hold up the others. Raises the first error, after
    all have ended."""
    sending = [deliver_to.submit(channel) for channel in workshop().channel_slugs()]
    await asyncio.to_thread(wait, sending)
    return [future.result() for future in sending]


@flow(name="deliver", flow_run_name="deliver what waits", timeout_seconds=1800)
async def deliver() -> None:
    """Send what waits in the outbox of every enabled channel."""
    reports = await deliver_to_all()
    await acreate_table_artifact(list_reports(reports), key="deliveries", description="What each channel took")
