"""Which lines of a listing are worth a fetch: known addresses are asked for before anything is downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.addresses import canonicalise_address
from pipeline.errors import WatchwireError
from pipeline.records import Entry, EntryOutcome, EntryRecord

# A page that failed for a passing reason is tried again after these; then it is left with its last error.
RETRY_DELAYS = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry whose page is fetched in this round."""

    entry: Entry
    address: str
    known: EntryRecord | None
    """What is remembered of it; None for a new address."""
    is_history: bool


@dataclass(frozen=True, slots=True)
class Plan:
    wanted: tuple[Wanted, ...]
    settled: tuple[EntryRecord, ...]
    """Entries decided without a fetch, to be stored: known from another source, or deferred."""
    counts: Mapping[EntryOutcome, int]
    """Of everything not in `wanted`."""


def address_entries(entries: Iterable[Entry]) -> tuple[dict[str, Entry], int]:
    """Entries by canonical address, in their order, and how many stood there more than once."""
    by_address: dict[str, Entry] = {}
    repeated = 0
    for entry in entries:
        address = canonicalise_address(entry.url)
        if address in by_address:
            repeated += 1
        else:
            by_address[address] = entry
    return by_address, repeated


def plan_entries(
    source: str,
    entries: Mapping[str, Entry],
    known: Mapping[str, EntryRecord],
    retries: Sequence[EntryRecord],
    *,
    is_history: bool,
    page_budget: int,
    now: datetime,
) -> Plan:
    """Decide for every listed entry: fetch it, leave it, or put it off. Retries come first, oldest first.

    `known` is what the store remembers of the addresses, `retries` are remembered pages that are due again.
    """
    wanted = [
        Wanted(entries.get(record.address) or _entry_of(record), record.address, record, record.is_history)
        for record in retries
    ]
    taken = {item.address for item in wanted}
    settled: list[EntryRecord] = []
    counts = dict.fromkeys(EntryOutcome, 0)
    for address, entry in entries.items():
        if address in taken:
            continue
        record = known.get(address)
        if record is not None and not _is_due(record, entry, source):
            counts[EntryOutcome.KNOWN] += 1
            if record.source != source:
                settled.append(_adopt(source, entry, record, now))
            continue
        was_history = record.is_history if record is not None and record.article_id is None else is_history
        wanted.append(Wanted(entry, address, record, was_history))
    for item in wanted[page_budget:]:
        counts[EntryOutcome.DEFERRED] += 1
        settled.append(
            remember(
                source, item, EntryOutcome.DEFERRED, item.known.article_id if item.known else None, now, next_try_at=now
            )
        )
    return Plan(tuple(wanted[:page_budget]), tuple(settled), counts)


def remember(
    source: str,
    item: Wanted,
    outcome: EntryOutcome,
    article_id: int | None,
    now: datetime,
    *,
    code: str = "",
    next_try_at: datetime | None = None,
    tries: int = 0,
) -> EntryRecord:
    """The record of an entry after this round."""
    mine = item.known if item.known is not None and item.known.source == source else None
    return EntryRecord(
        source=source,
        address=item.address,
        url=item.entry.url,
        line_hash=hash_line(item.entry),
        outcome=outcome,
        article_id=article_id,
        tries=tries,
        next_try_at=next_try_at,
        first_seen_at=mine.first_seen_at if mine else now,
        code=code,
        title=item.entry.title,
        summary=item.entry.summary,
        published_at=item.entry.published_at,
        guid=item.entry.guid,
        author=item.entry.author,
        is_history=item.is_history,
    )


def schedule_retry(error: WatchwireError, tries: int, now: datetime) -> datetime | None:
    """When to fetch a failed page again after `tries` failures; None when trying again does not help any more."""
    if not error.should_retry or tries > len(RETRY_DELAYS):
        return None
    return now + RETRY_DELAYS[tries - 1]


def hash_line(entry: Entry) -> str:
    """Changes when a source edits title or summary. 16 hex digits.

    The date is left out: feeds that stamp every line "now" would have every page fetched at every poll.
    """
    line = f"{entry.title}\x1f{entry.summary}"
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _is_due(record: EntryRecord, entry: Entry, source: str) -> bool:
    if record.source != source:
        return record.article_id is None
    if record.next_try_at is not None:
        return False  # its time comes as a retry
    return record.line_hash != hash_line(entry)


def _adopt(source: str, entry: Entry, record: EntryRecord, now: datetime) -> EntryRecord:
    """Another source brought this address in: this source lists it too."""
    return replace(
        record,
        source=source,
        url=entry.url,
        line_hash=hash_line(entry),
        outcome=EntryOutcome.KNOWN,
        tries=0,
        next_try_at=None,
        code="",
        first_seen_at=now,
        title=entry.title,
        summary=entry.summary,
        published_at=entry.published_at,
        guid=entry.guid,
        author=entry.author,
    )


def _entry_of(record: EntryRecord) -> Entry:
    return Entry(
        url=record.url,
        title=record.title,
        summary=record.summary,
        guid=record.guid,
        published_at=record.published_at,
        author=record.author,
    )
