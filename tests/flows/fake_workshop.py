"""A stand-in for the Workshop: the flows are about order, failure and what is shown, not about articles."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from pipeline.backfill import BackfillLedger, BackfillProgress
from pipeline.notify import DeliveryReport
from pipeline.records import Alert, AlertState, Digest, EntryOutcome, PollOutcome, Round, RoundKind

log = logging.getLogger("pipeline.collect")

MOMENT = datetime(2018, 11, 14, 12, tzinfo=UTC)

ALERT = Alert(
    id=7,
    rule="kurils",
    story_id=3,
    article_id=5,
    entries=("kurils",),
    sentence="The Kurils | again: <b>Abe</b> met [Putin](javascript:alert).",
    marks=((4, 10),),
    created_at=MOMENT,
    state=AlertState.PENDING,
    title="Talks *resume*",
    url="https://news.example/a(1)|2",
    source="north-wire",
    language="en",
    published_at=MOMENT,
)

DIGEST = Digest(
    id=9,
    name="daily",
    after_alert_id=0,
    upto_alert_id=7,
    after_round_id=0,
    upto_round_id=2,
    created_at=MOMENT,
    subject="1 story on Kurils",
    text="Kurils\n  ```Talks resume```",
    html="<p>Kurils</p>",
    data="{}",
)


@dataclass
class FakeWorkshop:
    """`fails` maps the first slug of a batch, or a channel, to the errors of its successive calls."""

    folder: Path
    batches: tuple[tuple[str, ...], ...] = (("north-wire", "south-wire"), ("east-wire",))
    channels: tuple[str, ...] = ("console", "mail")
    fails: Mapping[str, Sequence[Exception]] = field(default_factory=dict)
    digest: Digest | None = DIGEST
    ledger: BackfillLedger = field(
        default_factory=lambda: BackfillLedger(
            "north-wire", pages=2, listed=9, out_of_period=1, counts={EntryOutcome.NEW: 8}, is_done=True
        )
    )
    calls: list[tuple[object, ...]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    settings: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(collect_threads=4, timezone="Asia/Tokyo"))

    def due_batches(self, now: datetime, only: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        self.calls.append(("due", tuple(only)))
        return (tuple(only),) if only else self.batches

    def collect_batch(self, slugs: Sequence[str], now: datetime) -> tuple[Round, ...]:
        self._enter("collect", *slugs)
        self.threads.add(threading.current_thread().name)
        log.info("collecting %s", slugs[0])
        return tuple(
            Round(
                slug,
                RoundKind.POLL,
                PollOutcome.CHANGED,
                counts={EntryOutcome.NEW: 2},
                alerts=(7,) if slug == "north-wire" else (),
                mentions={"kurils": 1},
            )
            for slug in slugs
        )

    def recent_alerts(self, ids: Sequence[int]) -> tuple[Alert, ...]:
        return (ALERT,) if 7 in ids else ()

    def channel_slugs(self) -> tuple[str, ...]:
        return self.channels

    def deliver(self, channel: str, now: datetime) -> DeliveryReport:
        self._enter("deliver", channel)
        return DeliveryReport(channel, sent=1, deferred=2)

    def compose_digest(self, name: str, now: datetime) -> Digest | None:
        self._enter("compose", name)
        return self.digest

    def digest_file(self, digest: Digest) -> Path:
        return self.folder / "daily-9.html"

    def backfill(
        self,
        source: str,
        since: datetime,
        until: datetime,
        now: datetime,
        on_page: Callable[[BackfillProgress], None],
    ) -> BackfillLedger:
        self._enter("backfill", source, since.isoformat(), until.isoformat())
        on_page(BackfillProgress(1, 5, 4, 0.5))
        on_page(BackfillProgress(2, 9, 8, 1.0 if self.ledger.is_done else 0.6))
        return self.ledger

    def close(self) -> None:
        pass

    def _enter(self, verb: str, name: str, *rest: str) -> None:
        earlier = sum(call[:2] == (verb, name) for call in self.calls)
        self.calls.append((verb, name, *rest))
        errors = self.fails.get(name, ())
        if earlier < len(errors):
            raise errors[earlier]
