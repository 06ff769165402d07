"""prefect.yaml as the server has it afterwards, and the order `watchwire up` makes before its worker starts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import get_current_settings
from prefect.states import Pending, Running, Scheduled

from flows.pool import make_pool
from flows.tidying import collapse_missed_runs, forget_deployments, settle_lost_runs, start_first_pass
from watchwire.prefect_home import server_environment
from watchwire.settings import Settings

pytestmark = pytest.mark.xdist_group("prefect")

ROOT = Path(__file__).parent.parent.parent
DEPLOYMENTS = ROOT / "prefect.yaml"
NOW = datetime.now(UTC)
Answer = TypeVar("Answer")


def ask(question: Callable[[PrefectClient], Awaitable[Answer]]) -> Answer:
    async def with_client() -> Answer:
        async with get_client() as client:
            return await question(client)

    return asyncio.run(with_client())


def deploy(file: Path) -> None:
    environment = {
        **os.environ,
        **server_environment(Settings(timezone="Asia/Tokyo"), port=1),
        **get_current_settings().to_environment_variables(exclude_unset=True),
    }
    command = (sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def read_deployments() -> dict[str, DeploymentResponse]:
    return {item.name: item for item in ask(lambda client: client.read_deployments())}


@pytest.fixture(scope="session")
def registered(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """prefect.yaml on a server that knows an older one, with a deployment more and a schedule for `monitor-now`."""
    content = yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))
    now = next(item for item in content["deployments"] if item["name"] == "monitor-now")
    now["schedules"] = [{"interval": 3600, "slug": "hourly"}]
    content["deployments"] = [now, {**now, "name": "retired"}]
    older = tmp_path_factory.mktemp("older") / "prefect.yaml"
    older.write_text(yaml.safe_dump(content), encoding="utf-8")
    asyncio.run(make_pool(ROOT))
    deploy(older)
    assert {name: len(item.schedules) for name, item in read_deployments().items()} == {"monitor-now": 1, "retired": 1}
    deploy(DEPLOYMENTS)
    listed = yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))["deployments"]
    ask(lambda client: forget_deployments(client, {item["name"] for item in listed}))


@pytest.mark.usefixtures("registered")
def test_the_server_has_what_the_file_says_and_nothing_of_an_older_one() -> None:
    found = read_deployments()
    described = {
        name: (item.entrypoint, [_describe(schedule.schedule) for schedule in item.schedules])
        for name, item in found.items()
    }
    assert described == {
        "monitor": ("flows.monitor.monitor", ["every 600 s from 00:00 UTC"]),
        "monitor-now": ("flows.monitor.monitor", []),
        "deliver": ("flows.deliver.deliver", ["every 600 s from 00:05 UTC"]),
        "daily": ("flows.digest.digest", ["0 7 * * * in Asia/Tokyo"]),
        "weekly": ("flows.digest.digest", ["0 7 * * 1 in Asia/Tokyo"]),
        "backfill": ("flows.backfill.backfill", []),
    }
    assert {name: item.parameters for name, item in found.items() if item.parameters} == {
        "daily": {"name": "daily"},
        "weekly": {"name": "weekly"},
    }
    for name in ("monitor", "deliver"):
        assert found[name].global_concurrency_limit.limit == 1
        assert found[name].concurrency_options.collision_strategy == "CANCEL_NEW"
    for item in found.values():
        assert not item.pull_steps, "the project is installed: nothing is fetched, no folder of this machine is stored"
        assert item.work_pool_name == "watchwire"
        assert load_flow_from_entrypoint(item.entrypoint).name == item.entrypoint.split(".")[1]
        for parameter in item.parameter_openapi_schema["properties"].values():
            assert parameter["description"], "the form in the pages explains every field"


def _describe(schedule: Any) -> str:
    if hasattr(schedule, "cron"):
        return f"{schedule.cron} in {schedule.timezone}"
    return f"every {schedule.interval.total_seconds():.0f} s from {schedule.anchor_date:%H:%M %Z}"


@pytest.mark.usefixtures("registered")
def test_a_run_that_was_lost_gives_its_slot_back() -> None:
    """A worker that was killed together with its run leaves it running; every later run would be cancelled."""
    monitor = read_deployments()["monitor"].id

    async def start_and_lose(client: PrefectClient) -> str:
        lost = await client.create_flow_run_from_deployment(monitor)
        await client.set_flow_run_state(lost.id, Pending())
        await client.set_flow_run_state(lost.id, Running())
        return lost.id

    async def start_another(client: PrefectClient) -> str:
        run = await client.create_flow_run_from_deployment(monitor)
        answer = await client.set_flow_run_state(run.id, Pending())
        return answer.state.name

    lost = ask(start_and_lose)
    assert ask(start_another) == "Cancelled", "one pass at a time"
    assert ask(settle_lost_runs) == 1
    assert ask(lambda client: client.read_flow_run(lost)).state.is_crashed()
    assert ask(start_another) == "Pending"
    ask(settle_lost_runs)


@pytest.mark.usefixtures("registered")
def test_of_missed_runs_one_digest_is_left_and_the_first_pass_does_the_rest() -> None:
    found = read_deployments()

    async def miss_runs(client: PrefectClient) -> None:
        for name in ("monitor", "deliver", "daily", "weekly"):
            for days in (3, 2, 1):
                due = NOW - timedelta(days=days)
                await client.create_flow_run_from_deployment(found[name].id, state=Scheduled(scheduled_time=due))

    async def waiting(client: PrefectClient) -> list[tuple[str, datetime | None]]:
        names = {item.id: name for name, item in found.items()}
        runs = await client.read_flow_runs()
        return sorted(
            (names[run.deployment_id], run.expected_start_time)
            for run in runs
            if run.deployment_id and run.state.is_scheduled() and run.expected_start_time < datetime.now(UTC)
        )

    ask(miss_runs)
    assert ask(lambda client: collapse_missed_runs(client, NOW)) == 10
    yesterday = NOW - timedelta(days=1)
    assert ask(waiting) == [("daily", yesterday), ("weekly", yesterday)]
    ask(start_first_pass)
    assert [name for name, _ in ask(waiting)] == ["daily", "monitor-now", "weekly"]
