"""Send what waits in the outbox, one task a channel, so that a channel that is down holds up no other.

`monitor` and `digest` deliver what they made as their last step. The deployment of this flow is for what was held back
or failed then.
"""

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.logs import listen_to_core
from flows.pages import channel_rows, summarise_reports
from flows.retrying import TASK_OPTIONS
from flows.threads import gather_results, in_thread
from pipeline.notify import DeliveryReport
from watchwire.wiring import workshop


@task(name="deliver", task_run_name="deliver to {channel}", **TASK_OPTIONS)
async def deliver_to(channel: str) -> DeliveryReport:
    """Everything that is due for one channel. A message that fails is put off in the outbox; only a channel that
    cannot be opened, or a database that does not answer, raises."""
    return await in_thread(workshop().deliver, channel, datetime.now(UTC))


async def deliver_all(channels: list[str] | None = None) -> tuple[str, bool]:
    """Every enabled channel, or those named. Returns what became of it in a sentence, and whether any could be used."""
    slugs = channels or await in_thread(workshop().channel_slugs)
    reports, failed = await gather_results(deliver_to, slugs)
    if slugs:
        await acreate_table_artifact(
            channel_rows(reports, failed), key="channels", description="What each channel took"
        )
    return summarise_reports(reports, failed), bool(reports) or not failed


@flow(name="deliver", flow_run_name=lambda: f"deliver {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", timeout_seconds=1800)
async def deliver(channels: list[str] | None = None) -> State[None]:
    """Send the alerts and digests that wait in the outbox.

    Args:
        channels: Slugs of channels, as in channels.yaml. Empty: every enabled channel.
    """
    listen_to_core()
    sentence, is_any_usable = await deliver_all(channels)
    return Completed(message=sentence) if is_any_usable else Failed(message=sentence)
