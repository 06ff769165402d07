"""The delivery loop: from the outbox to one channel.

Each message is claimed (the lease is committed), sent, and marked, one after another, so that no transaction is held
over a network call and a loop that stops leaves nothing leased. What is committed to the outbox is delivered at least
once or shown as failed; a repeat happens only where a channel accepted and its answer was lost, and carries the same
key.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.errors import DeliveryAmbiguous, DeliveryDeferred, DeliveryError, DeliveryRefused
from pipeline.ports import Outbox, Send
from pipeline.records import Delivery

log = logging.getLogger(__name__)

MAX_TRIES = 10
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
"""Ten tries at 5, 10, 20 … minutes, never more than 6 hours apart: a channel may be down for 22 hours."""
DEAD_AFTER = 3
"""Messages in a row that a channel could not take, after which it is left alone until the next run."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of the messages of one channel in one run. `ambiguous` ones wait for another try, as `deferred`."""

    channel: str
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0


class Verdict(StrEnum):
    DEFERRED = "deferred"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RetryPlan:
    verdict: Verdict
    next_try_at: datetime | None
    """None: never by itself."""


def deliver_channel(
    channel: str,
    outbox: Outbox,
    send: Send,
    now: datetime,
    *,
    stopwatch: Callable[[], float] = lambda: 0.0,
    lease_seconds: float = 300.0,
    limit: int = 500,
) -> DeliveryReport:
    """Send what is due for one channel, at most `limit` messages.

    `stopwatch` gives monotonic seconds and moves `now` on while messages are sent; without one the whole run happens
    at `now`. Stops early when the channel looks dead. Raises StorageError. A bug in `send` is raised after its message
    was put off, so that it does not stand in the way of the others next time.
    """
    begun = stopwatch()
    counts = dict.fromkeys(("sent", *Verdict), 0)
    in_trouble = 0
    for _ in range(limit):
        moment = now + timedelta(seconds=stopwatch() - begun)
        claimed = outbox.claim_deliveries(channel, moment, limit=1, lease_seconds=lease_seconds)
        if not claimed:
            break
        delivery = claimed[0]
        if delivery.tries > MAX_TRIES:
            outbox.mark_failed(delivery, "its sender ended at every try without an answer")
            counts[Verdict.FAILED] += 1
            continue
        try:
            send(delivery.message)
        except DeliveryError as error:
            plan = plan_retry(delivery, error, now + timedelta(seconds=stopwatch() - begun))
            _mark(outbox, delivery, plan, str(error))
            counts[plan.verdict] += 1
            log.warning("channel %s: %s: %s", channel, plan.verdict.value, error)
            in_trouble = 0 if isinstance(error, DeliveryRefused) else in_trouble + 1
            if in_trouble >= DEAD_AFTER or error.retry_after_seconds is not None:
                log.warning("channel %s is left alone until the next run", channel)
                break
        except Exception as bug:
            plan = plan_retry(delivery, DeliveryDeferred("bug"), now + timedelta(seconds=stopwatch() - begun))
            _mark(outbox, delivery, plan, f"a bug in the channel: {type(bug).__name__}")
            raise
        else:
            in_trouble = 0
            counts["sent"] += 1
            if not outbox.mark_sent(delivery, now + timedelta(seconds=stopwatch() - begun)):
                log.warning("channel %s: message %s was sent after its lease had ended", channel, delivery.key)
    return DeliveryReport(
        channel,
        sent=counts["sent"],
        deferred=counts[Verdict.DEFERRED],
        failed=counts[Verdict.FAILED],
        ambiguous=counts[Verdict.AMBIGUOUS],
    )


def plan_retry(delivery: Delivery, error: DeliveryError, now: datetime) -> RetryPlan:
    """What a failed attempt means. `delivery.tries` counts leases: this attempt, too.

    Refused is failed at once, so is the tenth try. Else the message waits: as long as the channel asked for, or
    exponentially longer, with up to a quarter more that follows from the key, so that messages put off together do not
    come back together.
    """
    if isinstance(error, DeliveryRefused) or delivery.tries >= MAX_TRIES:
        return RetryPlan(Verdict.FAILED, None)
    if error.retry_after_seconds is not None:
        wait = timedelta(seconds=min(max(error.retry_after_seconds, 0.0), LONGEST_WAIT.total_seconds()))
    else:
        wait = min(FIRST_WAIT * 2 ** max(delivery.tries - 1, 0), LONGEST_WAIT)
    wait = max(wait, timedelta(seconds=1)) * (1 + _jitter(delivery) / 4)
    verdict = Verdict.AMBIGUOUS if isinstance(error, DeliveryAmbiguous) else Verdict.DEFERRED
    return RetryPlan(verdict, now + wait)


def _mark(outbox: Outbox, delivery: Delivery, plan: RetryPlan, reason: str) -> None:
    if plan.next_try_at is None:
        is_ours = outbox.mark_failed(delivery, reason)
    else:
        is_ambiguous = delivery.is_ambiguous or plan.verdict is Verdict.AMBIGUOUS
        is_ours = outbox.mark_deferred(delivery, reason, plan.next_try_at, is_ambiguous=is_ambiguous)
    if not is_ours:
        log.warning("channel %s: message %s belongs to another sender by now", delivery.channel, delivery.key)


def _jitter(delivery: Delivery) -> float:
    """In [0, 1), from key and try: the same for the same, spread over different ones."""
    digest = hashlib.sha256(f"{delivery.key}|{delivery.tries}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
