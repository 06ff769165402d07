"""The main job: collect from the sources that are due, then tell what was found.

One task run is one batch of sources, about sixteen a run: a task run costs Prefect 30 ms and 19 KiB, so a task per
source would cost more than the sources. What became of each source is in our own database and in one artifact.
"""

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Completed, Failed

from flows.deliver import deliver_all
from flows.logs import listen_to_core
from flows.pages import alerts_page, source_rows
from flows.retrying import TASK_OPTIONS
from flows.threads import gather_results, in_thread
from pipeline.records import Round
from watchwire.wiring import workshop


def _name_batch() -> str:
    slugs = task_run.parameters["slugs"]
    more = f" and {len(slugs) - 3} more" if len(slugs) > 3 else ""
    return f"collect {', '.join(slugs[:3])}{more}"


@task(name="collect", task_run_name=_name_batch, **TASK_OPTIONS)
async def collect_batch(slugs: tuple[str, ...]) -> tuple[Round, ...]:
    """One round of each of these sources, which share their hosts with no other batch."""
    return await in_thread(workshop().collect_batch, slugs, datetime.now(UTC))


@flow(name="monitor", flow_run_name=lambda: f"monitor {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", timeout_seconds=3600)
async def monitor(sources: list[str] | None = None) -> State[list[Round]]:
    """Collect from the sources that are due, alert, and deliver what was found.

    A batch that breaks off does not stop the others; the run fails when every batch did. Awaited, it gives the rounds.

    Args:
        sources: Slugs of sources to poll, due or not. Empty: every source that is due.
    """
    listen_to_core()
    shop = workshop()
    batches = await in_thread(shop.due_batches, datetime.now(UTC), sources or ())
    collected, broken = await gather_results(collect_batch, batches, shop.settings.collect_threads)
    rounds = [item for batch in collected for item in batch]
    alerts = await in_thread(shop.recent_alerts, [number for item in rounds for number in item.alerts])
    if batches:
        await acreate_table_artifact(source_rows(rounds, broken), key="sources", description="What each source brought")
    if alerts:
        await acreate_markdown_artifact(alerts_page(alerts), key="alerts", description="New alerts")
    delivered, _ = await deliver_all()
    words = [f"{len(rounds)} sources", f"{len(alerts)} alerts", delivered]
    words += [f"{len(broken)} of {len(batches)} batches broke off"] if broken else []
    sentence = "; ".join(words)
    return Failed(message=sentence) if broken and not collected else Completed(message=sentence, data=rounds)
