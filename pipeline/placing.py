"""Where a piece of reading belongs: a new article, a revision, a copy; which story; which alerts. Decided and stored
inside one write transaction, so that two workers cannot open the same story or the same alert twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.addresses import canonicalise_address, host_of
from pipeline.briefing.alerts import compose_alert_message, draft_alerts
from pipeline.entries import Wanted, remember, schedule_retry
from pipeline.errors import WatchwireError
from pipeline.ports import CollectTools, Unit
from pipeline.records import (
    AlertDraft,
    Article,
    Channel,
    EntryOutcome,
    EntryRecord,
    Fingerprint,
    Reading,
    ReadingDepth,
    Rule,
    Source,
    Tagging,
)
from pipeline.stories.copies import find_original
from pipeline.stories.stories import find_story
from pipeline.watchlist.rules import rule_fires

COPY_WINDOW = timedelta(days=30)
"""How far back (and, for backfills, forward) a copy's original is looked for."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is stored of an entry: a reading with what it mentions and what it is recognised by."""

    reading: Reading
    tagging: Tagging
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Piece:
    """One wanted entry on its way: fetched, read, tagged."""

    wanted: Wanted
    answer: Reading | WatchwireError | None = None
    """What the reader said; None while the page is being read."""
    final_url: str = ""
    capture_sha256: str = ""
    content: Content | None = None
    """What is stored of it; None when there is nothing to read."""

    @property
    def error(self) -> WatchwireError | None:
        return self.answer if isinstance(self.answer, WatchwireError) else None


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a piece."""

    record: EntryRecord
    entries: tuple[str, ...] = ()
    """Watch entries mentioned, of new articles and revisions."""
    is_copy: bool = False
    alerts: tuple[int, ...] = ()


def choose_reading(piece: Piece) -> Reading | None:
    """The page's reading; or title and summary of its line when the page failed, so that alerting still runs.

    A page that failed never replaces an article that was read before: then there is nothing to store.
    """
    if isinstance(piece.answer, Reading):
        return piece.answer
    entry, known = piece.wanted.entry, piece.wanted.known
    if (known is not None and known.article_id is not None) or not (entry.title or entry.summary):
        return None
    return Reading(
        title=entry.title,
        text=entry.summary,
        byline=entry.author,
        published_at=entry.published_at,
        depth=ReadingDepth.SUMMARY,
    )


def place_piece(unit: Unit, piece: Piece, source: Source, tools: CollectTools, now: datetime) -> Placed:
    """Store one piece and say what became of it."""
    content = piece.content
    if content is None:
        known = piece.wanted.known
        return Placed(_remember(source, piece, EntryOutcome.FAILED, known.article_id if known else None, now))
    draft, existing = _find_existing(unit, piece, _draft_article(piece, content, source, now))
    if existing is None:
        return _add(unit, draft, content, piece, source, tools, now)
    if existing.exact == draft.exact and existing.title == draft.title and existing.depth is draft.depth:
        return Placed(_remember(source, piece, EntryOutcome.UNCHANGED, existing.id, now))
    return _revise(unit, existing, draft, content, piece, source, tools, now)


def identify(entry_address: str, final_url: str, canonical_url: str) -> str:
    """The address an article is known by.

    A page may name its canonical address; that is believed on the same host and not for a front page, which careless
    sites name on every page. The same holds for where a redirect ended.
    """
    for candidate in (canonical_url, final_url):
        if candidate and host_of(candidate) == host_of(final_url) and not _is_front_page(candidate):
            return canonicalise_address(candidate)
    return entry_address


def is_sent_home(piece: Piece) -> bool:
    """The entry had a page of its own and a redirect ended at the site's front page: the page is gone."""
    return _is_front_page(piece.final_url) and not _is_front_page(piece.wanted.entry.url)


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _draft_article(piece: Piece, content: Content, source: Source, now: datetime) -> Article:
    entry, reading = piece.wanted.entry, content.reading
    is_page = reading.depth is ReadingDepth.FULL
    return Article(
        id=0,
        source=source.slug,
        address=identify(piece.wanted.address, piece.final_url, reading.canonical_url)
        if is_page
        else piece.wanted.address,
        url=piece.final_url if is_page else entry.url,
        title=reading.title or entry.title,
        text=reading.text,
        byline=reading.byline or entry.author,
        language=reading.language or source.language,
        published_at=believable(entry.published_at, now) or believable(reading.published_at, now),
        first_seen_at=now,
        revision=1,
        depth=reading.depth,
        exact=content.fingerprint.exact,
        story_id=0,
        copy_of=None,
        is_history=piece.wanted.is_history,
        capture_sha256=piece.capture_sha256,
    )


def believable(published_at: datetime | None, now: datetime) -> datetime | None:
    """A date of publication, unless it lies in the future by more than a wrong time zone explains."""
    if published_at is None or published_at > now + timedelta(hours=14):
        return None
    return min(published_at, now)


def _find_existing(unit: Unit, piece: Piece, draft: Article) -> tuple[Article, Article | None]:
    """The draft under the address it is to have, and the stored article it is a later state of.

    An entry that led to an article before leads to it still, whatever its page now calls itself. Otherwise two pages
    that merely name the same canonical address are one article only if text or title agree: a site that repeats one
    canonical address must not melt its articles into one.
    """
    known = piece.wanted.known
    if known is not None and known.article_id is not None:
        existing = unit.article(known.article_id)
        if existing is not None:
            return draft, existing
    existing = unit.article_by_address(draft.address)
    if existing is None or draft.address == piece.wanted.address:
        return draft, existing
    if existing.exact == draft.exact or existing.title == draft.title:
        return draft, existing
    return replace(draft, address=piece.wanted.address), unit.article_by_address(piece.wanted.address)


def _add(
    unit: Unit, draft: Article, content: Content, piece: Piece, source: Source, tools: CollectTools, now: datetime
) -> Placed:
    seen_at = draft.published_at or now
    entries = content.tagging.entries()
    candidates = unit.story_candidates(
        content.fingerprint, since=seen_at - COPY_WINDOW, until=seen_at + COPY_WINDOW, entries=entries
    )
    original = find_original(content.fingerprint, candidates)
    story_id = (
        original.story_id if original else find_story(content.fingerprint, draft.language, entries, candidates, seen_at)
    )
    article = unit.add_article(
        replace(draft, story_id=story_id or 0, copy_of=(original.copy_of or original.article_id) if original else None),
        content.fingerprint,
        content.tagging,
    )
    is_silent = article.is_history or (original is not None and original.is_history)
    drafts = () if is_silent else draft_alerts(tools.rules, content.tagging, article.title, article.text)
    outcome = EntryOutcome.NEW if article.depth is ReadingDepth.FULL else EntryOutcome.SUMMARY
    return Placed(
        _remember(source, piece, outcome, article.id, now),
        entries=entries,
        is_copy=original is not None,
        alerts=_raise_alerts(unit, drafts, article, source, tools, now),
    )


def _revise(
    unit: Unit,
    existing: Article,
    draft: Article,
    content: Content,
    piece: Piece,
    source: Source,
    tools: CollectTools,
    now: datetime,
) -> Placed:
    """The same article with another text. What it newly mentions is news, even of an article that is history."""
    before = unit.entries_of(existing.id)
    article = replace(
        existing,
        url=draft.url,
        title=draft.title,
        text=draft.text,
        byline=draft.byline or existing.byline,
        language=draft.language,
        published_at=existing.published_at or draft.published_at,
        revision=existing.revision + 1,
        depth=draft.depth,
        exact=draft.exact,
        capture_sha256=draft.capture_sha256,
    )
    unit.add_revision(article, content.fingerprint, content.tagging, now)
    silent = {rule.slug for rule in tools.rules if rule_fires(rule, before)}
    drafts = [
        alert
        for alert in draft_alerts(tools.rules, content.tagging, article.title, article.text)
        if alert.rule not in silent
    ]
    return Placed(
        _remember(source, piece, EntryOutcome.REVISED, article.id, now),
        entries=content.tagging.entries(),
        alerts=_raise_alerts(unit, drafts, article, source, tools, now),
    )


def _raise_alerts(
    unit: Unit, drafts: Iterable[AlertDraft], article: Article, source: Source, tools: CollectTools, now: datetime
) -> tuple[int, ...]:
    """One alert per (rule, story), and its messages in the outbox, in the transaction that stores the article."""
    rules = {rule.slug: rule for rule in tools.rules}
    raised = []
    for draft in drafts:
        alert = unit.add_alert(draft, article, now)
        if alert is None:
            continue
        raised.append(alert.id)
        message = compose_alert_message(alert, rules[alert.rule], source.name)
        for channel in channels_for(rules[alert.rule], tools.channels):
            unit.add_delivery(channel.slug, message, now, alert_id=alert.id)
    return tuple(raised)


def channels_for(rule: Rule, channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """Enabled channels that take alerts and that the rule names; a rule that names none means all."""
    return tuple(
        channel
        for channel in channels
        if channel.is_enabled and "alert" in channel.takes and (not rule.channels or channel.slug in rule.channels)
    )


def _remember(
    source: Source, piece: Piece, outcome: EntryOutcome, article_id: int | None, now: datetime
) -> EntryRecord:
    known, error = piece.wanted.known, piece.error
    if error is None:
        return remember(source.slug, piece.wanted, outcome, article_id, now)
    tries = (known.tries if known is not None and known.source == source.slug else 0) + 1
    return remember(
        source.slug,
        piece.wanted,
        outcome,
        article_id,
        now,
        code=error.code,
        tries=tries,
        next_try_at=schedule_retry(error, tries, now),
    )
