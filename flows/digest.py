"""Compose the digest of a window, store it, deliver it."""

from datetime import UTC, datetime
from pathlib import Path

import anyio
from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.deliver import deliver_all
from flows.pages import digest_page
from flows.retries import DELAYS, JITTER, is_worth_retrying
from pipeline.records import Digest
from watchwire.wiring import workshop


def _compose(name: str) -> tuple[Digest, Path] | None:
    digest = workshop().compose_digest(name, datetime.now(UTC))
    return (digest, workshop().digest_file(digest)) if digest else None


@task(
    name="compose a digest",
    task_run_name="compose {name}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(DELAYS),
    retry_delay_seconds=DELAYS,
    retry_jitter_factor=JITTER,
    retry_condition_fn=is_worth_retrying,
)
async def compose_digest(name: str) -> tuple[Digest, Path] | None:
    """The digest and the file with its page; None when another process has just closed this window."""
    return await anyio.to_thread.run_sync(_compose, name)


@flow(name="digest", flow_run_name="digest {name}", persist_result=False)
async def digest(name: str = "daily") -> State:
    """Tell everything since the last digest of this name, by watch entry and story.

    Args:
        name: Which digest. Every name has windows of its own, so a weekly digest holds the days of seven daily ones.
    """
    composed = await compose_digest(name)
    if composed is None:
        return Completed(message="another run has just composed this digest")
    await acreate_markdown_artifact(digest_page(*composed), key="digest", description=f"The {name} digest.")
    delivered, _ = await deliver_all()
    return Completed(message=f"{composed[0].subject}; {delivered}")
