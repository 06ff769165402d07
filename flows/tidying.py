"""Before the worker starts: of the runs that fell due while it was away, one of each deployment is left. One pass
catches up with all that were missed, since what is due is decided by the tables of watchwire; so does one digest."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.sorting import FlowRunSort

PAGE = 200


async def collapse_missed_runs(now: datetime) -> int:
    """Delete the scheduled runs expected before `now` that never started, but for the latest of each deployment.

    Returns how many were deleted. Talks to the server of PREFECT_API_URL.
    """
    missed = FlowRunFilter(
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
    )
    kept: set[UUID | None] = set()
    dropped = 0
    async with get_client() as client:
        while runs := await client.read_flow_runs(
            flow_run_filter=missed, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=PAGE, offset=len(kept)
        ):
            for run in runs:
                if run.deployment_id in kept:
                    await client.delete_flow_run(run.id)
                    dropped += 1
                kept.add(run.deployment_id)
    return dropped


if __name__ == "__main__":
    asyncio.run(collapse_missed_runs(datetime.now(UTC)))
