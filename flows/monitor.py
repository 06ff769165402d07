"""The main job: collect from the sources that are due, then tell what was found.

One task run is one batch of sources, about sixteen a run: a task run costs Prefect 30 ms and 19 KiB, so a task per
source would cost more than the sources. What became of each source is in our own database and in one artifact.
"""

from datetime import UTC, datetime

import anyio
from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Completed, Failed

from flows.deliver import deliver_all
from flows.gathering import gather_results
from flows.pages import alerts_page, source_rows
from flows.retries import DELAYS, JITTER, is_worth_retrying
from pipeline.records import Round
from watchwire.wiring import workshop


def _name_batch() -> str:
    slugs = task_run.parameters["slugs"]
    more = f" and {len(slugs) - 3} more" if len(slugs) > 3 else ""
    return f"collect {', '.join(slugs[:3])}{more}"


@task(
    name="collect a batch of sources",
    task_run_name=_name_batch,
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=is_worth_retrying,
)
async def collect_batch(slugs: tuple[str, ...]) -> tuple[Round, ...]:
    """One round of each source of a batch, in a thread of this process. How long it may take is bounded by the
    deadline of each fetch and each parse; a timeout of the task would leave the thread running."""
    return await anyio.to_thread.run_sync(workshop().collect_batch, slugs, datetime.now(UTC))


@flow(
    name="monitor",
    flow_run_name=lambda: f"monitor {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    persist_result=False,
)
async def monitor(sources: list[str] | None = None) -> State:
    """Collect from the sources that are due, alert, and deliver what was found.

    A batch that breaks off does not stop the others. The run fails when every batch did.

    Args:
        sources: Slugs of sources to poll, due or not. Empty: every source that is due.
    """
    shop = workshop()
    batches = await anyio.to_thread.run_sync(shop.due_batches, datetime.now(UTC), sources or ())
    collected, broken = await gather_results(collect_batch, batches, at_once=shop.settings.collect_threads)
    rounds = [item for batch in collected for item in batch]
    alerts = await anyio.to_thread.run_sync(shop.recent_alerts, [number for item in rounds for number in item.alerts])
    if batches:
        await acreate_table_artifact(source_rows(rounds, broken), key="sources", description="What each source brought.")
    if alerts:
        await acreate_markdown_artifact(alerts_page(alerts), key="alerts", description="What was found.")
    delivered, _ = await deliver_all()
    words = [f"{len(rounds)} sources", f"{len(alerts)} alerts", delivered]
    words += [f"{len(broken)} of {len(batches)} batches broke off"] if broken else []
    sentence = "; ".join(words)
    return Failed(message=sentence) if broken and not collected else Completed(message=sentence)
