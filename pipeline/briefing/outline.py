"""What a digest says and where: records in, an outline out, which text, HTML and JSON then spell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import groupby

from pipeline.briefing.health import judge_source
from pipeline.briefing.quoting import (
    Piece,
    count,
    language_code,
    link_address,
    one_line,
    shown_host,
    shown_time,
    split_marks,
)
from pipeline.records import Alert, DigestMaterial, EntryOutcome, Round, RoundKind, Rule, SourceHealth, StoryFacts

OPENING_LINES = 3
HISTORY_WORDS = {RoundKind.IMPORT: "First import of", RoundKind.BACKFILL: "Backfill of"}


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One story as a section shows it."""

    facts: StoryFacts
    alert: Alert
    """Its newest alert about the section's entry: the headline, sentence and link are of that article."""
    alerts: tuple[Alert, ...]
    """All of the story's alerts in this window, oldest first."""
    headline: str
    language: str
    address: str
    host: str
    source: str
    first_source: str
    """Empty when it is `source`."""
    source_count: int
    languages: tuple[str, ...]
    time: str
    pieces: tuple[Piece, ...]
    rules: tuple[str, ...]
    entry_titles: tuple[str, ...]
    """Every watch entry the story's alerts name, in the watchlist's order; the first is where the story is told."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else the story is about, and rules that say more than the name of an entry."""
        others = self.entry_titles[1:]
        named = [rule for rule in self.rules if rule not in self.entry_titles]
        return (*([f"also about {', '.join(others)}"] if others else []), *(f"rule {rule}" for rule in named))


@dataclass(frozen=True, slots=True)
class Section:
    """A watch entry with its stories, newest first. A story of several entries is told in the first of them, and the
    others name it in `elsewhere`, with their own sentence where that is another (`pieces` is empty otherwise)."""

    entry: str
    title: str
    lines: tuple[StoryLine, ...]
    elsewhere: tuple[StoryLine, ...]


@dataclass(frozen=True, slots=True)
class SickSource:
    """Sources with the same trouble."""

    names: tuple[str, ...]
    slugs: tuple[str, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Outline:
    name: str
    composed: str
    """When, on the reader's clock."""
    zone: str
    since: str
    """When the window before was closed; empty for a first digest."""
    opening: tuple[StoryLine, ...]
    """The stories that matter most."""
    sections: tuple[Section, ...]
    history: tuple[str, ...]
    sick: tuple[SickSource, ...]
    alerts: int
    stories: int
    healthy: int
    sources: int
    window: str
    """Which alerts and rounds it covers, in words."""

    @property
    def heartbeat(self) -> str:
        """`0 alerts, 41 of 43 sources healthy`: said even when there is nothing else to say."""
        return f"{count(self.alerts, 'alert')}, {self.healthy} of {count(self.sources, 'source')} healthy"


def outline_digest(
    material: DigestMaterial,
    *,
    rules: Sequence[Rule],
    entry_titles: Mapping[str, str],
    source_names: Mapping[str, str],
    zone: tzinfo,
    now: datetime,
) -> Outline:
    """Arrange a window. `entry_titles` is in the watchlist's order, which is the order of the sections."""
    rule_names = {rule.slug: one_line(rule.name or rule.slug, 80) for rule in rules}
    titles = {slug: one_line(title, 80) for slug, title in entry_titles.items()}
    told: dict[int, list[Alert]] = {}
    for alert in sorted(material.alerts, key=lambda alert: alert.id):
        told.setdefault(alert.story_id, []).append(alert)

    def entries_of(alerts: Iterable[Alert]) -> tuple[str, ...]:
        named = dict.fromkeys(entry for alert in alerts for entry in alert.entries)
        order = {slug: index for index, slug in enumerate(titles)}
        return tuple(sorted(named, key=lambda entry: order.get(entry, len(order))))

    def line(story: int, entry: str) -> StoryLine:
        alerts, facts = told[story], material.stories[story]
        alert = next((item for item in reversed(alerts) if entry in item.entries), alerts[-1])
        address = link_address(alert.url)
        # A date that lies in the future is the source's mistake; then it is told when the article was seen.
        known_at = alert.published_at if alert.published_at and alert.published_at <= now else None
        return StoryLine(
            facts=facts,
            alert=alert,
            alerts=tuple(alerts),
            headline=one_line(alert.title, 300) or one_line(facts.title, 300) or "(without a title)",
            language=language_code(alert.language),
            address=address,
            host=shown_host(address),
            source=_source_name(alert.source, source_names),
            first_source="" if facts.first_source == alert.source else _source_name(facts.first_source, source_names),
            source_count=len(facts.sources),
            languages=tuple(code for code in map(language_code, facts.languages) if code),
            time=shown_time(known_at, zone, now) if known_at else f"seen {shown_time(alert.created_at, zone, now)}",
            pieces=split_marks(alert.sentence, alert.marks),
            rules=tuple(dict.fromkeys(rule_names.get(item.rule, item.rule) for item in alerts)),
            entry_titles=tuple(titles.get(slug, slug) for slug in entries_of(alerts)),
        )

    def short_line(story: int, entry: str) -> StoryLine:
        here, there = line(story, entry), line(story, home[story][0])
        return replace(here, pieces=()) if here.alert.sentence == there.alert.sentence else here

    home = {story: entries_of(alerts) or ("",) for story, alerts in told.items()}
    used = {entry for entries in home.values() for entry in entries}
    sections = tuple(
        Section(
            entry=entry,
            title=titles.get(entry, entry) or "Other",
            lines=_newest_first(line(story, entry) for story in told if home[story][0] == entry),
            elsewhere=_newest_first(short_line(story, entry) for story in told if entry in home[story][1:]),
        )
        for entry in [*(slug for slug in titles if slug in used), *sorted(used - titles.keys())]
    )
    weight = {story: _weight(material.stories[story], home[story], alerts) for story, alerts in told.items()}
    # One story need not be told twice.
    opening = sorted(told, key=weight.__getitem__, reverse=True)[:OPENING_LINES] if len(told) > 1 else []
    enabled = [health for health in material.health if health.is_enabled]
    sick = _sick_sources(enabled, now)
    return Outline(
        name=one_line(material.name, 80),
        composed=shown_time(now, zone),
        zone=str(zone),
        since=shown_time(material.since, zone, now) if material.since else "",
        opening=tuple(line(story, home[story][0]) for story in opening),
        sections=sections,
        history=_history_lines(material.history, titles, source_names),
        sick=sick,
        alerts=len(material.alerts),
        stories=len(told),
        healthy=len(enabled) - sum(len(group.slugs) for group in sick),
        sources=len(enabled),
        window=_window_line(material),
    )


def _window_line(material: DigestMaterial) -> str:
    parts = [
        f"{noun}s {after + 1} to {upto}"
        for noun, after, upto in (
            ("alert", material.after_alert_id, material.upto_alert_id),
            ("round", material.after_round_id, material.upto_round_id),
        )
        if upto > after
    ]
    return f"Covers {' and '.join(parts) or 'no new round'}. The next digest begins where this one ends."


def _weight(facts: StoryFacts, entries: Sequence[str], alerts: Sequence[Alert]) -> tuple[int, int, int, int]:
    """How much a story matters: how many newsrooms tell it, how many watch entries meet in it, how often it is told,
    how new it is."""
    return len(facts.sources), len(entries), facts.articles, alerts[-1].id


def _newest_first(lines: Iterable[StoryLine]) -> tuple[StoryLine, ...]:
    """By when we learned of it, not by the date a source writes: one in the far future would pin the top."""
    return tuple(sorted(lines, key=lambda line: (line.alert.created_at, line.alert.id), reverse=True))


def _history_lines(
    rounds: Sequence[Round], titles: Mapping[str, str], source_names: Mapping[str, str]
) -> tuple[str, ...]:
    """First imports and backfills, one line a source: `First import of Kyodo: 38 articles; Putin in 12, Abe in 9`."""
    lines = []
    for (_, source), group in groupby(sorted(rounds, key=_history_order), key=_history_order):
        of_source = list(group)
        articles = sum(
            round.counts.get(outcome, 0) for round in of_source for outcome in (EntryOutcome.NEW, EntryOutcome.SUMMARY)
        )
        mentions = {slug: sum(round.mentions.get(slug, 0) for round in of_source) for slug in titles}
        found = ", ".join(f"{titles[slug]} in {number}" for slug, number in mentions.items() if number)
        copies = sum(round.copies for round in of_source)
        line = f"{HISTORY_WORDS[of_source[0].kind]} {_source_name(source, source_names)}: {count(articles, 'article')}"
        if copies:
            line += f", {count(copies, 'copy', 'copies')} of known ones among them"
        lines.append(f"{line}; {found or 'none mentions the watchlist'}")
    return tuple(lines)


def _history_order(round: Round) -> tuple[int, str]:
    return list(HISTORY_WORDS).index(round.kind), round.source


def _sick_sources(health: Sequence[SourceHealth], now: datetime) -> tuple[SickSource, ...]:
    """Troubles in order of weight: failing sources by failures, then the silent ones, those of one trouble together."""
    groups: dict[str, list[SourceHealth]] = {}
    for source in sorted(health, key=lambda source: (-source.failures, source.name)):
        trouble = judge_source(source, now)
        if trouble:
            groups.setdefault(trouble, []).append(source)
    return tuple(
        SickSource(
            names=tuple(one_line(source.name or source.source, 80) for source in group),
            slugs=tuple(source.source for source in group),
            trouble=trouble,
        )
        for trouble, group in groups.items()
    )


def _source_name(slug: str, names: Mapping[str, str]) -> str:
    return one_line(names.get(slug, "") or slug, 80)
