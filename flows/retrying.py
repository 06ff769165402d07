"""How the tasks of all flows are run: nothing cached, nothing persisted, tried again only where the error says so."""

from typing import Any

from prefect.cache_policies import NO_CACHE

from pipeline.errors import WatchwireError


def should_retry(_task: Any, _run: Any, state: Any) -> bool:
    """Prefect's `retry_condition_fn`. The state of a task that raised carries the exception as its data.

    A locked database or a channel that is down may pass; a bug or a wrong setting will not.
    """
    error = state.data
    return isinstance(error, WatchwireError) and error.should_retry


TASK_OPTIONS: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "persist_result": False,
    "retries": 3,
    "retry_condition_fn": should_retry,
    "retry_delay_seconds": [5, 20, 60],
    "retry_jitter_factor": 0.5,  # so that batches that failed together do not come back together
}
