"""Which rules an article fires, and what an alert says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC

from pipeline.briefing.pages import render_page
from pipeline.briefing.quoting import (
    language_code,
    link_address,
    mark_plainly,
    one_line,
    shown_host,
    shown_time,
    split_marks,
)
from pipeline.records import Alert, AlertDraft, Mention, Message, Rule, Tagging
from pipeline.sentences import sentence_around
from pipeline.watchlist.rules import rule_fires


def draft_alerts(rules: Sequence[Rule], tagging: Tagging, title: str, text: str) -> tuple[AlertDraft, ...]:
    """One draft for every rule that fires, in the order of the rules.

    The evidence is the sentence of the text with the first mention of one of the rule's entries. A mention in the title
    fires a rule as well, but the title is shown anyway, so it is the evidence only where the text has none.
    """
    mentioned = tagging.entries()
    drafts = []
    for rule in rules:
        if not rule_fires(rule, mentioned):
            continue
        wanted = {*rule.all_of, *rule.any_of}
        mentions = [mention for mention in tagging.mentions if mention.entry in wanted]
        sentence, marks = _evidence(mentions, title, text)
        drafts.append(
            AlertDraft(
                rule=rule.slug,
                entries=tuple(entry for entry in mentioned if entry in wanted),
                sentence=sentence,
                marks=marks,
            )
        )
    return tuple(drafts)


def compose_alert_message(alert: Alert, rule: Rule, source_name: str) -> Message:
    """The words of an alert. Times are in UTC: an alert is read within minutes and by readers of several zones.

    The key follows from rule, story and address, so composing the same alert again gives the same message, and the
    same story number in another database gives another one.
    """
    title = one_line(alert.title, 300) or "(without a title)"
    name, source = one_line(rule.name or rule.slug, 80), one_line(source_name or alert.source, 80)
    address, language = link_address(alert.url), language_code(alert.language)
    published = shown_time(alert.published_at, UTC) + " UTC" if alert.published_at else "undated"
    context = " · ".join(part for part in (f"Rule {name}", source, language, published) if part)
    pieces = split_marks(alert.sentence, alert.marks)
    lines = [title, context, "", mark_plainly(pieces), "", address or "(the address of this article cannot be linked)"]
    html = render_page(
        "alert.html",
        rule=name,
        title=title,
        source=source,
        language=language,
        published=published,
        pieces=pieces,
        address=address,
        host=shown_host(address),
    )
    return Message(
        key=_alert_key(alert),
        kind="alert",
        subject=f"{name}: {title}",
        text="\n".join(lines) + "\n",
        html=html,
        created_at=alert.created_at,
        title=title,
        url=address,
        sentence=alert.sentence,
        marks=alert.marks,
        context=context,
    )


def _evidence(mentions: Sequence[Mention], title: str, text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    in_text = [mention for mention in mentions if mention.where == "text"]
    if in_text:
        first = min(in_text, key=lambda mention: (mention.start, mention.end))
        start, end = sentence_around(text, first.start, first.end)
        found, body = in_text, text
    else:
        start, end = 0, len(title)
        found, body = list(mentions), title
    marks = sorted({(m.start - start, m.end - start) for m in found if start <= m.start and m.end <= end})
    return body[start:end], tuple(marks)


def _alert_key(alert: Alert) -> str:
    word = "\x1f".join(("alert", alert.rule, str(alert.story_id), alert.url))
    return hashlib.sha256(word.encode("utf-8", "replace")).hexdigest()
