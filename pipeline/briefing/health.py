"""Is a source well? What is wrong with it in one line, for digests and status."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.briefing.quoting import count, one_line
from pipeline.records import PollOutcome, SourceHealth

QUIET_AFTER = timedelta(days=14)
"""Shorter than any break of a paper that still appears, longer than the holidays of a think tank."""
OVERDUE_AFTER = timedelta(hours=24)


def judge_source(health: SourceHealth, now: datetime) -> str:
    """What is wrong with a source; empty when it is well. A source nobody polls is not asked after."""
    if not health.is_enabled:
        return ""
    if health.last_polled_at is None:
        return "not polled yet"
    if health.last_outcome is PollOutcome.FAILED or health.failures:
        failed = "the last poll failed" if health.failures <= 1 else f"the last {health.failures} polls failed"
        return f"{failed}: {one_line(health.last_error, 160) or 'no reason was given'}"
    if health.next_due_at is not None and now - health.next_due_at > OVERDUE_AFTER:
        return f"not polled for {_age(now - health.last_polled_at)}"
    if health.last_article_at is None:
        return "it answers, but no article was ever read from it"
    if now - health.last_article_at > QUIET_AFTER:
        return f"it answers, but nothing new for {_age(now - health.last_article_at)}"
    return ""


def _age(span: timedelta) -> str:
    if span < timedelta(days=2):
        return count(int(span / timedelta(hours=1)), "hour")
    return count(span.days, "day")
