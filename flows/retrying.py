"""How the tasks of all flows are run: nothing cached, nothing persisted, tried again only where the error says so."""

from __future__ import annotations

from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff

from pipeline.errors import WatchwireError


async def should_retry(_task: Any, _run: Any, state: Any) -> bool:
    """Whether trying again may help; a bug does not get better by repeating it."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, WatchwireError) and error.should_retry


TASK_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": 2,
    "retry_condition_fn": should_retry,
    "retry_delay_seconds": exponential_backoff(5),
    "retry_jitter_factor": 0.5,
}
