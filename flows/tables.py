"""What a run leaves for its operator to read: records as rows of Prefect's table artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.notify import DeliveryReport
from pipeline.records import Alert, Round


def list_rounds(rounds: Iterable[Round]) -> list[dict[str, Any]]:
    """A row per source: what came in, from where, what is sick."""
    return [
        {
            "source": item.source,
            "outcome": item.outcome.value,
            "kind": item.kind.value,
            **{outcome.value: count for outcome, count in item.counts.items()},
            "copies": item.copies,
            "mentions": ", ".join(f"{entry} {count}" for entry, count in item.mentions.items()),
            "alerts": len(item.alerts),
            "seconds": round(item.seconds, 2),
            "error": item.error,
        }
        for item in rounds
    ]


def list_failed_batches(batches: Sequence[tuple[Sequence[str], BaseException]]) -> list[dict[str, Any]]:
    """A row per source of a batch that did not come to its end."""
    return [
        {"source": slug, "outcome": "not collected", "error": f"{type(error).__name__}: {error}"}
        for slugs, error in batches
        for slug in slugs
    ]


def list_alerts(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """A row per alert, with the sentence that caused it."""
    return [
        {
            "rule": alert.rule,
            "headline": alert.title,
            "sentence": alert.sentence,
            "source": alert.source,
            "language": alert.language,
            "link": alert.url,
        }
        for alert in alerts
    ]


def list_reports(reports: Iterable[DeliveryReport]) -> list[dict[str, Any]]:
    """A row per channel."""
    return [
        {
            "channel": report.channel,
            "sent": report.sent,
            "put off": report.deferred,
            "ambiguous": report.ambiguous,
            "failed": report.failed,
        }
        for report in reports
    ]
