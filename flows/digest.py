"""Compose the digest of what came since the last one, store it, deliver it."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact

from flows.deliver import deliver_to_all
from flows.retrying import TASK_OPTIONS
from pipeline.records import Digest
from watchwire.wiring import workshop


@task(name="compose digest", task_run_name="compose {name}", **TASK_OPTIONS)
def compose_digest(name: str) -> Digest | None:
    """None when another run has just closed this window."""
    return workshop().compose_digest(name, datetime.now(UTC))


@flow(name="digest", flow_run_name="{name} digest", timeout_seconds=1800)
async def digest(name: str = "daily") -> Digest | None:
    """Compose and deliver a digest.

    Args:
        name: Which digest. Every name has windows of its own: what `daily` told, `weekly` tells again.
    """
    composed = compose_digest(name)
    if composed is not None:
        path = workshop().digest_file(composed)
        summary = f"**{composed.subject}**\n\n[Open the digest]({path.as_uri()})\n\n```\n{composed.text}\n```"
        await acreate_markdown_artifact(summary, key="digest", description=f"The {name} digest")
    await deliver_to_all()
    return composed
