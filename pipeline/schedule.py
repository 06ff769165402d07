"""What a poll leaves behind: validators, the next due time, and how far failures push it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.errors import FetchError, WatchwireError
from pipeline.records import Capture, Listing, PollOutcome, Source, SourceState

MAX_BACKOFF = timedelta(hours=6)
"""A sick source slows down to this and no further: it is never dropped."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What asking a source brought, and the state to store together with it."""

    outcome: PollOutcome
    listing: Listing
    state: SourceState | None
    """None: this was not a poll of the source's own address, leave its state alone."""
    error: WatchwireError | None = None


def settle_changed(source: Source, state: SourceState, listing: Listing, capture: Capture, now: datetime) -> Poll:
    """New bytes: their validators are kept, in the transaction that stores what they listed."""
    after = replace(
        _polled(source, state, now),
        etag=capture.headers.get("etag", ""),
        last_modified=capture.headers.get("last-modified", ""),
        body_sha256=capture.sha256,
        last_changed_at=now,
    )
    return Poll(PollOutcome.CHANGED, listing, after)


def settle_unchanged(source: Source, state: SourceState, outcome: PollOutcome, capture: Capture, now: datetime) -> Poll:
    """A 304, or the same bytes: newer validators replace older ones, absent ones do not (RFC 9110, 15.4.5)."""
    after = replace(
        _polled(source, state, now),
        etag=capture.headers.get("etag", state.etag),
        last_modified=capture.headers.get("last-modified", state.last_modified),
    )
    return Poll(outcome, Listing(()), after)


def settle_failed(source: Source, state: SourceState, error: WatchwireError, now: datetime) -> Poll:
    """Nothing usable: validators untouched, the interval doubled for each failure in a row.

    A server's Retry-After is obeyed where it is longer.
    """
    failures = state.failures + 1
    interval = timedelta(minutes=source.interval_minutes)
    wait = min(interval * 2 ** min(failures - 1, 16), max(MAX_BACKOFF, interval))
    if isinstance(error, FetchError) and error.retry_after_seconds is not None:
        wait = max(wait, timedelta(seconds=error.retry_after_seconds))
    after = replace(
        state,
        last_polled_at=now,
        next_due_at=now + wait,
        failures=failures,
        last_error=f"{error.code}: {error.message}",
    )
    return Poll(PollOutcome.FAILED, Listing(()), after, error)


def _polled(source: Source, state: SourceState, now: datetime) -> SourceState:
    return replace(
        state,
        last_polled_at=now,
        next_due_at=now + timedelta(minutes=source.interval_minutes),
        is_imported=True,
        failures=0,
        last_error="",
    )
