"""One Prefect server for all tests of the flows, started when the first of them asks; its files in a temporary folder.

Its start takes about 13 s. Prefect reads its settings when it is imported, so they are set before any test module of
this folder is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_workshop import FakeWorkshop

from watchwire.prefect_home import prefect_environment
from watchwire.settings import Settings

HOME = Path(tempfile.mkdtemp(prefix="watchwire-flows-"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: starts servers or many processes; more than a few seconds")
    os.environ.update(prefect_environment(Settings(home=HOME)))


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def shop(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorkshop:
    """The process's Workshop for this test, and a fast way through retries."""
    import flows.deliver
    import flows.monitor
    from watchwire import wiring

    fake = FakeWorkshop(tmp_path)
    monkeypatch.setattr(wiring, "_process_workshop", fake)
    for module, name in ((flows.monitor, "collect_batch"), (flows.deliver, "deliver_to")):
        monkeypatch.setattr(module, name, getattr(module, name).with_options(retry_delay_seconds=0))
    return fake


@pytest.fixture
def read_artifact() -> Any:
    """`read_artifact(state, key)`: the data of the artifact of that key made by that flow run; None if it made none."""
    import json

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey

    async def read(state: Any, key: str) -> Any:
        async with get_client() as client:
            found = await client.read_artifacts(
                artifact_filter=ArtifactFilter(
                    key=ArtifactFilterKey(any_=[key]),
                    flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]),
                )
            )
        if not found:
            return None
        data = found[0].data
        return json.loads(data) if found[0].type == "table" else data

    return read
