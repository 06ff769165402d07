"""When a task is tried again: the error says it, nobody else does."""

from typing import Any

from pipeline.errors import WatchwireError

DELAYS = [5, 20, 60]
"""Seconds before the second, third and fourth try; jitter spreads them, so that batches do not come back as one."""
JITTER = 0.5


def is_worth_retrying(_task: object, _run: object, state: Any) -> bool:
    """Prefect's `retry_condition_fn`. The state of a task that raised carries the exception as its data.

    A locked database or a network that is down may pass; a bug or a wrong setting will not.
    """
    error = state.data
    return isinstance(error, WatchwireError) and error.should_retry
