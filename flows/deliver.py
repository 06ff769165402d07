"""Send what waits in the outbox, one task a channel, so that a channel that is down holds up no other.

`monitor` and `digest` deliver what they made as their last step. The deployment of this flow is for what was held back
or failed then.
"""

from datetime import UTC, datetime

import anyio
from prefect import flow, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Completed, Failed

from flows.gathering import gather_results
from flows.pages import channel_rows
from flows.retries import DELAYS, JITTER, is_worth_retrying
from pipeline.notify import DeliveryReport
from watchwire.wiring import workshop


@task(
    name="deliver to a channel",
    task_run_name=lambda: f"deliver to {task_run.parameters['channel']}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=is_worth_retrying,
)
async def deliver_to_channel(channel: str) -> DeliveryReport:
    """Send what is due for one channel. A message that fails is put off in the outbox; only a channel that cannot be
    opened, or a database that does not answer, raises."""
    return await anyio.to_thread.run_sync(workshop().deliver, channel, datetime.now(UTC))


async def deliver_all(channels: list[str] | None = None) -> tuple[str, bool]:
    """Every enabled channel, or the named ones, side by side. Returns a sentence, and whether any channel worked."""
    slugs = channels or list(await anyio.to_thread.run_sync(workshop().channel_slugs))
    reports, failed = await gather_results(deliver_to_channel, slugs)
    if failed or any(item.sent or item.deferred or item.failed or item.ambiguous for item in reports):
        await acreate_table_artifact(channel_rows(reports, failed), key="channels", description="What was sent.")
    words = [f"{sum(item.sent for item in reports)} sent"]
    put_off = sum(item.deferred + item.ambiguous for item in reports)
    given_up = sum(item.failed for item in reports)
    words += [f"{put_off} put off"] if put_off else []
    words += [f"{given_up} failed"] if given_up else []
    words += [f"channels that could not be used: {', '.join(failed)}"] if failed else []
    return ", ".join(words), bool(reports) or not failed


@flow(
    name="deliver",
    flow_run_name=lambda: f"deliver {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    persist_result=False,
)
async def deliver(channels: list[str] | None = None) -> State:
    """Send the alerts and digests that wait in the outbox.

    Args:
        channels: Slugs of channels, as in channels.yaml. Empty: every enabled channel.
    """
    sentence, is_well = await deliver_all(channels)
    return Completed(message=sentence) if is_well else Failed(message=sentence)
