"""What is put in order after `prefect deploy` and before the worker starts: `python -m flows.tidying prefect.yaml`.

The worker of `watchwire up` is the only one of its server, so while it is not running nothing is: whatever still counts
as running was lost, and holds the slot of its deployment until somebody says so. Runs that fell due meanwhile would all
start at once. One pass catches up with all of them, since what is due is decided by the tables of watchwire, and so
does one digest.
"""

import asyncio
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Crashed

FIRST_PASS = "monitor/monitor-now"
CAUGHT_UP_BY_FIRST_PASS = ("monitor", "deliver")
PAGE = 200


async def tidy(deployments_file: Path, now: datetime) -> None:
    """Everything in turn, on the server of PREFECT_API_URL; then the first pass is asked for."""
    listed = yaml.safe_load(deployments_file.read_text(encoding="utf-8"))["deployments"]
    async with get_client() as client:
        await forget_deployments(client, {item["name"] for item in listed})
        await settle_lost_runs(client)
        await collapse_missed_runs(client, now)
        await start_first_pass(client)


async def forget_deployments(client: PrefectClient, listed: Collection[str]) -> None:
    """Delete deployments that the file no longer has; `prefect deploy` only adds and changes."""
    for deployment in await client.read_deployments():
        if deployment.name not in listed:
            await client.delete_deployment(deployment.id)


async def settle_lost_runs(client: PrefectClient) -> int:
    """Mark as crashed what a worker that is gone was running. Returns how many."""
    lost = FlowRunFilter(
        state=FlowRunFilterState(
            type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
        ),
        deployment_id=FlowRunFilterDeploymentId(is_null_=False),
    )
    settled = 0
    while runs := await client.read_flow_runs(flow_run_filter=lost, limit=PAGE):
        for run in runs:
            await client.set_flow_run_state(run.id, Crashed(message="watchwire was stopped meanwhile"), force=True)
        settled += len(runs)
    return settled


async def collapse_missed_runs(client: PrefectClient, now: datetime) -> int:
    """Delete the scheduled runs expected before `now` that never started, but for the latest of each deployment that
    the first pass does not catch up with. Returns how many were deleted."""
    missed = FlowRunFilter(
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
    )
    caught_up = {item.id for item in await client.read_deployments() if item.name in CAUGHT_UP_BY_FIRST_PASS}
    kept: set[UUID | None] = set()
    deleted = 0
    while runs := await client.read_flow_runs(
        flow_run_filter=missed, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=PAGE, offset=len(kept)
    ):
        for run in runs:
            if run.deployment_id in kept | caught_up:
                await client.delete_flow_run(run.id)
                deleted += 1
            else:
                kept.add(run.deployment_id)
    return deleted


async def start_first_pass(client: PrefectClient) -> None:
    """A pass at once: nobody waits ten minutes to see the first result."""
    deployment = await client.read_deployment_by_name(FIRST_PASS)
    await client.create_flow_run_from_deployment(deployment.id)


if __name__ == "__main__":
    asyncio.run(tidy(Path(sys.argv[1]), datetime.now(UTC)))
