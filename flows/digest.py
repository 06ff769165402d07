"""Compose the digest of what came since the last one, store it, deliver it."""

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.deliver import deliver_all
from flows.logs import listen_to_core
from flows.pages import digest_page
from flows.retrying import TASK_OPTIONS
from flows.threads import in_thread
from pipeline.records import Digest
from watchwire.wiring import workshop


@task(name="compose digest", task_run_name="compose {name}", **TASK_OPTIONS)
async def compose_digest(name: str) -> Digest | None:
    """None when another run has just closed this window."""
    return await in_thread(workshop().compose_digest, name, datetime.now(UTC))


@flow(name="digest", flow_run_name="{name} digest", timeout_seconds=1800)
async def digest(name: str = "daily") -> State[Digest | None]:
    """Compose and deliver a digest. Awaited, it gives the digest, or None when another run has just made it.

    Args:
        name: Which digest. Every name has windows of its own: what `daily` told, `weekly` tells again.
    """
    listen_to_core()
    composed = await compose_digest(name)
    if composed is None:
        return Completed(message="another run has just composed this digest", data=None)
    file = await in_thread(workshop().digest_file, composed)
    await acreate_markdown_artifact(digest_page(composed, file), key="digest", description=f"The {name} digest")
    delivered, _ = await deliver_all()
    return Completed(message=f"{composed.subject}; {delivered}", data=composed)
