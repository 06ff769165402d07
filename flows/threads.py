"""The work itself is synchronous: it is done in threads of the run's process, several task runs side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import anyio.to_thread

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: Any) -> Result:
    """`function(*arguments)` in a thread that knows the task run it works for, so that its log lines find it.

    A timeout or a cancellation stops the waiting, not the thread; what bounds the thread is the deadline of each fetch,
    parse and send inside.
    """
    return await anyio.to_thread.run_sync(function, *arguments, abandon_on_cancel=True)


async def gather_results(
    work: Callable[[Item], Awaitable[Result]], items: Sequence[Item], at_once: int = 8
) -> tuple[list[Result], dict[Item, Exception]]:
    """`work(item)` for every item, at most `at_once` at the same time.

    Returns the results in the order of the items, and the errors of the items that failed: one failure sinks no other.
    What is no ordinary exception, cancellation above all, is raised.
    """
    places = asyncio.Semaphore(at_once)

    async def do(item: Item) -> Result:
        async with places:
            return await work(item)

    answers = await asyncio.gather(*(do(item) for item in items), return_exceptions=True)
    results: list[Result] = []
    failed: dict[Item, Exception] = {}
    for item, answer in zip(items, answers, strict=True):
        if isinstance(answer, Exception):
            failed[item] = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            results.append(answer)
    return results, failed
