"""Verbs that look: status, alerts, articles, stories, search, digests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.records import Alert, Article
from watchwire.printing import (
    mark_sentence,
    print_json,
    print_json_lines,
    print_table,
    show_time,
)

Json = Annotated[bool, typer.Option("--json", help="JSON lines instead of a table.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, newest first.")]


def add_to(app: typer.Typer) -> None:
    app.command("status")(show_status)
    app.command("alerts")(list_alerts)
    app.command("articles")(list_articles)
    app.command("stories")(list_stories)
    app.command("search")(search)


def show_status(json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Health of sources, queue, deliveries, last rounds. Exit 1 when a source or a delivery is in trouble."""
    from pipeline.briefing.health import judge_source
    from watchwire.wiring import workshop

    shop, now = workshop(), datetime.now(UTC)
    counts, health = shop.store.counts(), shop.store.source_health()
    failed = shop.store.list_deliveries(state="failed")
    verdicts = {source.source: judge_source(source, now) for source in health}
    if json:
        print_json({"counts": counts, "sources": health, "verdicts": verdicts, "failed_deliveries": failed})
    else:
        zone = shop.settings.timezone
        print_table("Stored", ("what", "number#"), ([name, str(number)] for name, number in counts.items()), "")
        print_table(
            "Sources",
            ("source", "last poll", "outcome", "articles#", "next due", "what is wrong"),
            (
                [
                    source.source + ("" if source.is_enabled else " (off)"),
                    show_time(source.last_polled_at, zone) or "never",
                    source.last_outcome.value if source.last_outcome else "",
                    str(source.articles),
                    show_time(source.next_due_at, zone) or "now",
                    verdicts[source.source],
                ]
                for source in health
            ),
            "No sources are planted. `watchwire plant` does it.",
        )
        print_table(
            "Failed deliveries",
            ("id#", "channel", "subject", "tries#", "error"),
            ([str(row.id), row.channel, row.message.subject, str(row.tries), row.last_error] for row in failed),
            "No delivery has failed.",
        )
    raise typer.Exit(1 if failed or any(verdicts.values()) else 0)


def list_alerts(limit: Limit = 20, rule: str = "", json: Json = False) -> None:
    """Alerts, newest first, each with the sentence that caused it."""
    from watchwire.wiring import workshop

    shop = workshop()
    alerts = shop.store.list_alerts(limit, rule=rule or None)
    if json:
        print_json_lines(alerts)
        return
    print_alerts(alerts, shop.settings.timezone)


def print_alerts(alerts: Iterable[Alert], zone: str, title: str = "Alerts") -> None:
    """Alerts with the sentence that caused each, its mentions lit; times in the reader's zone."""
    print_table(
        title,
        ("id#", "rule", "source", "lang", "headline and sentence", "seen", "state"),
        (
            [
                str(alert.id),
                alert.rule,
                alert.source,
                alert.language,
                mark_sentence(f"{alert.title}\n", ()) + mark_sentence(alert.sentence, alert.marks),
                show_time(alert.created_at, zone),
                alert.state.value,
            ]
            for alert in alerts
        ),
        "No alerts yet.",
    )


def list_articles(
    limit: Limit = 20,
    source: Annotated[str, typer.Option(help="Only of this source.")] = "",
    entry: Annotated[str, typer.Option(help="Only with a mention of this watch entry.")] = "",
    language: Annotated[str, typer.Option(help="Only in this language.")] = "",
    json: Json = False,
) -> None:
    """Stored articles, newest first."""
    from watchwire.wiring import workshop

    shop = workshop()
    articles = shop.store.list_articles(limit, source=source or None, entry=entry or None, language=language or None)
    _print_articles(articles, shop.settings.timezone, json)


def search(words: list[str], limit: Limit = 20, json: Json = False) -> None:
    """Articles that contain all the words, in title or text, in any of the languages."""
    from watchwire.wiring import workshop

    shop = workshop()
    _print_articles(shop.store.search_articles(" ".join(words), limit), shop.settings.timezone, json)


def list_stories(limit: Limit = 20, json: Json = False) -> None:
    """Stories, the most recently moved first, with their spread."""
    from watchwire.wiring import workshop

    shop = workshop()
    stories = shop.store.list_stories(limit)
    if json:
        print_json_lines(stories)
        return
    print_table(
        "Stories",
        ("id#", "headline", "first source", "sources#", "languages", "articles#", "copies#", "last moved"),
        (
            [
                str(story.id),
                story.title,
                story.first_source,
                str(len(story.sources)),
                " ".join(story.languages),
                str(story.articles),
                str(story.copies),
                show_time(story.last_seen_at, shop.settings.timezone),
            ]
            for story in stories
        ),
        "No stories yet.",
    )


def _print_articles(articles: Iterable[Article], zone: str, json: bool) -> None:
    if json:
        print_json_lines(articles)
        return
    print_table(
        "Articles",
        ("id#", "source", "lang", "title", "published", "rev#", "depth"),
        (
            [
                str(article.id),
                article.source,
                article.language,
                article.title,
                show_time(article.published_at, zone) or "undated",
                str(article.revision),
                article.depth.value,
            ]
            for article in articles
        ),
        "No articles.",
    )
