"""A digest: everything since the last one of its name, as plain text, as a page of its own and as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.briefing.outline import Outline, Section, StoryLine, outline_digest
from pipeline.briefing.pages import render_page
from pipeline.briefing.quoting import count, mark_plainly
from pipeline.records import DigestMaterial, Message, Rule


@dataclass(frozen=True, slots=True)
class DigestText:
    subject: str
    text: str
    html: str
    data: str
    """JSON; its shape is the docstring of `_digest_data`."""


def compose_digest(
    material: DigestMaterial,
    *,
    rules: Sequence[Rule],
    entry_titles: Mapping[str, str],
    source_names: Mapping[str, str],
    timezone: str,
    now: datetime,
) -> DigestText:
    """Tell a window: by watch entry (in the order of `entry_titles`), then story, newest first.

    `entry_titles` and `source_names` are titles by slug; `timezone` is the reader's, an IANA name. A window without
    alerts still gives a digest: its heartbeat line.
    """
    outline = outline_digest(
        material,
        rules=rules,
        entry_titles=entry_titles,
        source_names=source_names,
        zone=ZoneInfo(timezone),
        now=now,
    )
    return DigestText(
        subject=_subject(outline),
        text=_spell(outline),
        html=render_page("digest.html", digest=outline, tail=story_tail),
        data=json.dumps(_digest_data(material, outline, now), ensure_ascii=False, indent=1),
    )


def compose_digest_message(material: DigestMaterial, digest: DigestText, now: datetime) -> Message:
    """The digest for the outbox. One window composed at one time has one key, in every database another one."""
    window = (material.after_alert_id, material.upto_alert_id, material.after_round_id, material.upto_round_id)
    word = "\x1f".join(("digest", material.name, *map(str, window), now.isoformat()))
    return Message(
        key=hashlib.sha256(word.encode("utf-8", "replace")).hexdigest(),
        kind="digest",
        subject=digest.subject,
        text=digest.text,
        html=digest.html,
        created_at=now,
    )


def story_tail(line: StoryLine) -> list[str]:
    """What follows the headline: who told it, how widely, when."""
    parts = [line.source]
    if line.first_source:
        parts.append(f"first: {line.first_source}")
    parts.append(count(line.source_count, "source"))
    if len(line.languages) > 1:
        parts.append(" ".join(line.languages))
    if line.facts.copies:
        parts.append(count(line.facts.copies, "copy", "copies"))
    return [*parts, line.time]


def _subject(outline: Outline) -> str:
    if not outline.stories:
        return f"watchwire {outline.name}: {outline.heartbeat}"
    stories = ", ".join(f"{s.title} {len(s.lines) + len(s.elsewhere)}" for s in outline.sections)
    return f"watchwire {outline.name}: {count(outline.stories, 'story', 'stories')} ({stories})"


def _spell(outline: Outline) -> str:
    """The digest as plain text, for terminals and the text part of mails."""
    window = f"since {outline.since}" if outline.since else "first digest of this name"
    blocks = [
        [
            f"watchwire {outline.name} · {outline.composed} ({outline.zone}) · {window}",
            f"{count(outline.stories, 'story', 'stories')}, {outline.heartbeat}",
        ]
    ]
    if not outline.stories:
        blocks.append(["Nothing new about what you watch."])
    if outline.opening:
        blocks.append(
            ["IN SHORT", *(f"{number}. {_opening_line(line)}" for number, line in enumerate(outline.opening, 1))]
        )
    for section in outline.sections:
        blocks += _section_blocks(section)
    if outline.history:
        blocks.append(["HISTORY, STORED AND TAGGED WITHOUT SINGLE ALERTS", *(f"- {line}" for line in outline.history)])
    if outline.sick:
        blocks.append(
            [
                "SOURCES THAT NEED A LOOK",
                *(f"- {', '.join(group.names)}: {group.trouble}" for group in outline.sick),
            ]
        )
    blocks.append([outline.window])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _opening_line(line: StoryLine) -> str:
    return f"{line.headline} — {', '.join(line.entry_titles)}; {count(line.source_count, 'source')}, {line.time}"


def _section_blocks(section: Section) -> list[list[str]]:
    number = len(section.lines) + len(section.elsewhere)
    blocks = [[f"{section.title.upper()} ({count(number, 'story', 'stories')})"]]
    for line in section.lines:
        tag = f" [{line.language}]" if line.language else ""
        blocks.append(
            [
                f"* {line.headline}{tag}",
                f"  {' · '.join([*story_tail(line), *line.notes])}",
                f"  {mark_plainly(line.pieces)}",
                f"  {line.address or '(the address of this article cannot be linked)'}",
            ]
        )
    if section.elsewhere:
        also = []
        for line in section.elsewhere:
            also.append(f"  also, told under {line.entry_titles[0]}: {line.headline}")
            if line.pieces:
                also.append(f"    {mark_plainly(line.pieces)}")
        blocks.append(also)
    return blocks


def _digest_data(material: DigestMaterial, outline: Outline, now: datetime) -> dict[str, Any]:
    """{name, composed_at, since, timezone, window, counts, opening: [story id], entries: [{entry, title, stories:
    [story], elsewhere: [story id]}], history: [line], sick: [{sources, names, trouble}], heartbeat}; a story is
    {story, headline, url, language, source, first_source, sources, languages, articles, copies, sentence, marks,
    published_at, seen_at, rules, alerts: [alert id], entries: [title]}. Times are ISO 8601 in UTC, offsets count in
    `sentence`, `url` is empty when it must not be linked."""
    return {
        "name": outline.name,
        "composed_at": now.isoformat(),
        "since": material.since.isoformat() if material.since else None,
        "timezone": outline.zone,
        "window": {
            "alerts": [material.after_alert_id, material.upto_alert_id],
            "rounds": [material.after_round_id, material.upto_round_id],
        },
        "counts": {
            "alerts": outline.alerts,
            "stories": outline.stories,
            "sources": outline.sources,
            "healthy": outline.healthy,
        },
        "opening": [line.facts.id for line in outline.opening],
        "entries": [
            {
                "entry": section.entry,
                "title": section.title,
                "stories": [_story_data(line) for line in section.lines],
                "elsewhere": [line.facts.id for line in section.elsewhere],
            }
            for section in outline.sections
        ],
        "history": list(outline.history),
        "sick": [
            {"sources": list(group.slugs), "names": list(group.names), "trouble": group.trouble}
            for group in outline.sick
        ],
        "heartbeat": outline.heartbeat,
    }


def _story_data(line: StoryLine) -> dict[str, Any]:
    return {
        "story": line.facts.id,
        "headline": line.headline,
        "url": line.address,
        "language": line.language,
        "source": line.alert.source,
        "first_source": line.facts.first_source,
        "sources": list(line.facts.sources),
        "languages": list(line.facts.languages),
        "articles": line.facts.articles,
        "copies": line.facts.copies,
        "sentence": line.alert.sentence,
        "marks": [list(mark) for mark in line.alert.marks],
        "published_at": line.alert.published_at.isoformat() if line.alert.published_at else None,
        "seen_at": line.alert.created_at.isoformat(),
        "rules": list(line.rules),
        "alerts": [alert.id for alert in line.alerts],
        "entries": list(line.entry_titles),
    }
