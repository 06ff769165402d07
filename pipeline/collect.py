"""THE PATH: one source's whole round, from its address to alerts in the outbox. Read this file first.

    due source → poll → entries → which are new? → fetch, keep, read → tag, fingerprint → place → alert → save

Everything a round brought, the source's validators included, is saved in one transaction: a crash can make us fetch
twice, never skip. Every entry ends in exactly one counted outcome. Expected failures are values here; an exception
that leaves this file is a bug or a database that does not answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.entries import Wanted, address_entries, plan_entries
from pipeline.errors import FetchError, NotAnArticle, ParseError, WatchwireError
from pipeline.placing import Content, Piece, choose_reading, is_sent_home, place_piece
from pipeline.ports import CollectTools
from pipeline.records import Capture, EntryOutcome, FetchRequest, PollOutcome, Round, RoundKind, Source, SourceState
from pipeline.schedule import Poll, settle_changed, settle_failed, settle_unchanged
from pipeline.stories.fingerprint import make_fingerprint


def collect_source(source: Source, tools: CollectTools, now: datetime) -> Round:
    """One round of one source. Raises StorageError; everything else that can be expected is in the Round."""
    state = tools.store.source_state(source.slug)
    kind = RoundKind.POLL if state.is_imported else RoundKind.IMPORT

    poll = poll_source(source, state, tools, now)
    return collect_entries(source, kind, poll, tools, now)


def collect_entries(source: Source, kind: RoundKind, poll: Poll, tools: CollectTools, now: datetime) -> Round:
    """From the entries of a poll, or of one archive page, to what is stored of them."""
    started = tools.stopwatch()
    entries, repeated = address_entries(poll.listing.entries)
    plan = plan_entries(
        source.slug,
        entries,
        tools.store.entry_records(source.slug, list(entries)),
        () if kind is RoundKind.BACKFILL else tools.store.due_retries(source.slug, now, tools.pages_per_round),
        is_history=kind is not RoundKind.POLL,
        page_budget=tools.pages_per_round,
        now=now,
    )
    pieces = [tag_piece(piece, source, tools) for piece in read_pages(plan.wanted, tools)]

    counts = Counter(plan.counts)
    counts[EntryOutcome.REPEATED] = repeated
    failures, mentions = Counter[str](), Counter[str]()
    records, alerts, copies = list(plan.settled), list[int](), 0
    with tools.store.writing() as unit:
        for piece in pieces:
            placed = place_piece(unit, piece, source, tools, now)
            records.append(placed.record)
            counts[placed.record.outcome] += 1
            failures.update([piece.error.code] if piece.error else [])
            mentions.update(placed.entries)
            alerts.extend(placed.alerts)
            copies += placed.is_copy
        unit.save_entries(records)
        result = Round(
            source=source.slug,
            kind=kind,
            outcome=poll.outcome,
            counts={outcome: number for outcome, number in counts.items() if number},
            code=poll.error.code if poll.error else "",
            error=str(poll.error) if poll.error else "",
            copies=copies,
            alerts=tuple(alerts),
            mentions=dict(mentions),
            dropped=poll.listing.dropped,
            failures=dict(failures),
            started_at=now,
            seconds=tools.stopwatch() - started,
        )
        unit.save_round(result, poll.state)
    return result


def record_crash(source: Source, error: Exception, tools: CollectTools, now: datetime) -> Round:
    """A bug in one source's round: nothing of it was saved; say so in its ledger and push it back like any failure."""
    state = tools.store.source_state(source.slug)
    bug = WatchwireError(f"{type(error).__name__}: {error}", code="bug")
    result = Round(source.slug, RoundKind.POLL, PollOutcome.FAILED, code=bug.code, error=str(bug), started_at=now)
    with tools.store.writing() as unit:
        unit.save_round(result, settle_failed(source, state, bug, now).state)
    return result


def poll_source(source: Source, state: SourceState, tools: CollectTools, now: datetime) -> Poll:
    """Ask the source what it lists. The body's own hash is asked too: an ETag may lie, the bytes do not."""
    try:
        capture = tools.fetch(FetchRequest(source.url, etag=state.etag, last_modified=state.last_modified))
        if capture.status == 304:
            return settle_unchanged(source, state, PollOutcome.NOT_MODIFIED, capture, now)
        if capture.sha256 == state.body_sha256:
            return settle_unchanged(source, state, PollOutcome.SAME_BODY, capture, now)
        tools.keep_body(capture.body)
        return settle_changed(source, state, tools.read_listing(capture, source), capture, now)
    except (FetchError, ParseError) as error:
        return settle_failed(source, state, error, now)


def read_pages(wanted: Sequence[Wanted], tools: CollectTools) -> Iterator[Piece]:
    """Fetch the pages one after another, keep their bytes, and read each while the next is on its way."""
    pieces: list[Piece] = []

    def fetched() -> Iterator[Capture]:
        for item in wanted:
            try:
                capture = tools.fetch(FetchRequest(item.entry.url))
            except FetchError as error:
                pieces.append(Piece(item, answer=error))
                continue
            piece = Piece(item, final_url=capture.final_url, capture_sha256=tools.keep_body(capture.body))
            if is_sent_home(piece):
                piece = replace(piece, answer=NotAnArticle("sent to a front page instead", code="sent_home"))
            pieces.append(piece)
            if piece.answer is None:
                yield capture

    answers = list(tools.read_articles(fetched()))
    for piece in pieces:
        yield piece if piece.answer is not None else replace(piece, answer=answers.pop(0))


def tag_piece(piece: Piece, source: Source, tools: CollectTools) -> Piece:
    """Add what is mentioned and what the text is recognised by. A page that failed is stood in for by its line."""
    reading = choose_reading(piece)
    if reading is None:
        return piece
    language = reading.language or source.language
    tagging = tools.tag(reading.title, reading.text, language)
    fingerprint = make_fingerprint(reading.title, reading.text, language)
    return replace(piece, content=Content(reading, tagging, fingerprint))
