"""The past of a source, page by page through its archive: the same path as a poll, stored as history.

A page is finished, all its articles stored, before the next is asked for, and the place is remembered after each. A
backfill that was killed goes on where it stopped; addresses that are stored are not fetched again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.collect import collect_entries
from pipeline.errors import ConfigError, FetchError, ParseError
from pipeline.ports import CollectTools
from pipeline.records import (
    BackfillState,
    Entry,
    EntryOutcome,
    FetchRequest,
    Listing,
    PollOutcome,
    Round,
    RoundKind,
    Source,
    SourceKind,
)
from pipeline.schedule import Poll


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """After each archive page."""

    pages: int
    entries: int
    articles: int
    fraction: float
    """How much of the period lies behind us, 0 to 1, judged by the dates listed."""


@dataclass(frozen=True, slots=True)
class BackfillLedger:
    """What a backfill brought, entry by entry accounted for: listed = out_of_period + the sum of `counts`."""

    source: str
    pages: int = 0
    listed: int = 0
    out_of_period: int = 0
    counts: Mapping[EntryOutcome, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    copies: int = 0
    mentions: Mapping[str, int] = field(default_factory=dict)
    is_done: bool = False
    """The archive was walked to the start of the period, or to its own end."""
    stopped_by: str = ""
    """Why it is not done; the same command goes on from there."""


def archive_of(source: Source) -> Source:
    """The source's archive as a listing of its own. Raises ConfigError when it has none."""
    if source.listing is None or (source.kind is not SourceKind.LISTING and not source.archive_url):
        raise ConfigError(
            "has no archive to walk",
            place=f"source {source.slug}",
            mend="give it `archive:` and `listing:` in sources.yaml",
        )
    return replace(source, kind=SourceKind.LISTING, url=source.archive_url or source.url)


def backfill_source(
    source: Source,
    since: datetime,
    until: datetime,
    tools: CollectTools,
    now: datetime,
    on_page: Callable[[BackfillProgress], None],
) -> BackfillLedger:
    """Walk the archive from its newest page back to `since`; entries dated in [since, until) and undated ones count."""
    archive = archive_of(source)
    state = tools.store.backfill_state(source.slug, since, until)
    if state is None or state.is_done:
        state = BackfillState(source.slug, since, until, next_url=archive.url)
    ledger = BackfillLedger(source.slug)
    visited: set[str] = set()
    while not state.is_done:
        if state.next_url in visited or state.pages >= _max_pages(archive):
            return replace(ledger, stopped_by=f"the archive goes on after {state.pages} pages: {state.next_url}")
        visited.add(state.next_url)
        try:
            listing = _read_page(replace(archive, url=state.next_url), tools)
        except (FetchError, ParseError) as error:
            return replace(ledger, stopped_by=str(error))
        wanted = tuple(entry for entry in listing.entries if _is_in_period(entry, since, until))
        poll = Poll(PollOutcome.CHANGED, replace(listing, entries=wanted), state=None)
        result = collect_entries(source, RoundKind.BACKFILL, poll, tools, now)
        state = replace(
            state,
            next_url=listing.next_url,
            pages=state.pages + 1,
            is_done=not listing.next_url or _is_past(listing.entries, since),
        )
        with tools.store.writing() as unit:
            unit.save_backfill(state)
        ledger = _add_page(ledger, listing, result, state)
        on_page(_progress(ledger, listing, state))
    return replace(ledger, is_done=True)


def _read_page(page: Source, tools: CollectTools) -> Listing:
    capture = tools.fetch(FetchRequest(page.url))
    tools.keep_body(capture.body)
    return tools.read_listing(capture, page)


def _max_pages(archive: Source) -> int:
    return archive.listing.max_pages if archive.listing else 0


def _is_in_period(entry: Entry, since: datetime, until: datetime) -> bool:
    return entry.published_at is None or since <= entry.published_at < until


def _is_past(entries: Iterable[Entry], since: datetime) -> bool:
    """Archives run from new to old: once every dated entry of a page lies before the period, the rest does too."""
    dates = [entry.published_at for entry in entries if entry.published_at is not None]
    return bool(dates) and max(dates) < since


def _add_page(ledger: BackfillLedger, listing: Listing, result: Round, state: BackfillState) -> BackfillLedger:
    return replace(
        ledger,
        pages=state.pages,
        listed=ledger.listed + len(listing.entries),
        out_of_period=ledger.out_of_period
        + sum(1 for entry in listing.entries if not _is_in_period(entry, state.since, state.until)),
        counts=dict(Counter(ledger.counts) + Counter(result.counts)),
        failures=dict(Counter(ledger.failures) + Counter(result.failures)),
        copies=ledger.copies + result.copies,
        mentions=dict(Counter(ledger.mentions) + Counter(result.mentions)),
    )


def _progress(ledger: BackfillLedger, listing: Listing, state: BackfillState) -> BackfillProgress:
    dates = [entry.published_at for entry in listing.entries if entry.published_at is not None]
    fraction = 1.0 if state.is_done else 0.0
    if dates and not state.is_done:
        fraction = (state.until - min(dates)) / (state.until - state.since)
    articles = sum(ledger.counts.get(outcome, 0) for outcome in (EntryOutcome.NEW, EntryOutcome.SUMMARY))
    return BackfillProgress(state.pages, ledger.listed, articles, min(max(fraction, 0.0), 1.0))
