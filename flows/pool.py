"""The work pool of this machine: where and by which command a run's process is started.

Run before `prefect deploy`: `python -m flows.pool`. What belongs to the machine stands here and not in prefect.yaml:
the interpreter, and the folder that relative paths in the settings are meant from. Naming the command has a second
reason: a worker that is given none resolves a workspace for every run first, 3.4 CPU-seconds a run instead of 2.0.
"""

import asyncio
import shlex
import sys
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.workers.process import ProcessWorker

POOL = "watchwire"


async def make_pool(folder: Path) -> None:
    """Create the pool, or bring it up to date, on the server of PREFECT_API_URL."""
    template = ProcessWorker.get_default_base_job_template()
    variables = template["variables"]["properties"]
    # -P: a folder `flows` that happens to lie in the working directory is not ours
    variables["command"]["default"] = shlex.join((sys.executable, "-P", "-m", "prefect.engine"))
    variables["working_dir"]["default"] = str(folder)
    async with get_client() as client:
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template), overwrite=True
        )


if __name__ == "__main__":
    asyncio.run(make_pool(Path.cwd()))
