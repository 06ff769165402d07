"""Before the worker starts: runs that fell due while it was away are dropped. One pass catches up with all of them,
since what is due is decided by the tables of watchwire; the digests' windows are caught up with the same way."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
)

PAGE = 200


async def drop_missed_runs(now: datetime) -> int:
    """Delete scheduled runs of every deployment that were expected before `now` and never started."""
    missed = FlowRunFilter(
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
    )
    dropped = 0
    async with get_client() as client:
        while runs := await client.read_flow_runs(flow_run_filter=missed, limit=PAGE):
            for run in runs:
                await client.delete_flow_run(run.id)
            dropped += len(runs)
    return dropped


if __name__ == "__main__":
    asyncio.run(drop_missed_runs(datetime.now(UTC)))
