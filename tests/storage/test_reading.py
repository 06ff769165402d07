"""What command line and pages read: articles, stories, search, health, numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored_samples import (
    HERALD,
    NOW,
    add_alert,
    add_article,
    hours,
    make_article,
    make_fingerprint,
    make_record,
    make_round,
    make_tagging,
    plant,
)

from pipeline.records import Article, PollOutcome, RoundKind, SourceState
from storage.store import SqlStore


@pytest.fixture(autouse=True)
def _planted(store: SqlStore) -> None:
    plant(store)


def titles(articles: tuple[Article, ...]) -> list[str]:
    return [article.title.removeprefix("Title of ") for article in articles]


def test_articles_newest_first_by_publication_where_it_is_known(store: SqlStore) -> None:
    add_article(store, "old", "putin", published_at=NOW - hours(50), is_history=True)
    add_article(store, "undated", first_seen_at=NOW - hours(1))
    add_article(store, "now", "putin", "abe", source="mirror", language="ru", published_at=NOW)
    add_article(store, "future", "abe", published_at=NOW + hours(99), first_seen_at=NOW - hours(2))
    assert titles(store.list_articles(10)) == ["now", "undated", "future", "old"]
    assert titles(store.list_articles(2)) == ["now", "undated"]
    assert titles(store.list_articles(10, entry="putin")) == ["now", "old"]
    assert titles(store.list_articles(10, source="herald")) == ["undated", "future", "old"]
    assert titles(store.list_articles(10, language="ru")) == ["now"]
    assert titles(store.list_articles(10, source="herald", entry="abe", language="en")) == ["future"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("putin", ["en"]),
        ("PUTIN moscow", ["en"]),
        ("путин", ["ru"]),
        ("ПУТИНА курилы", ["ru"]),
        ("プーチン", ["ja"]),
        ("安倍", ["ja"]),
        ("ﾌﾟｰﾁﾝ", ["ja"]),  # half-width forms
        ("100%", ["signs"]),
        ("a_b", ["signs"]),
        ("straße", ["signs"]),
        ("STRASSE", ["signs"]),
        ("putin 安倍", []),
        ("%", ["signs"]),
        ("_", ["signs"]),
        ("\\", ["signs"]),
        ("   ", []),
        ("", []),
    ],
)
def test_search_finds_every_language_and_takes_no_sign_for_a_wildcard(
    store: SqlStore, words: str, found: list[str]
) -> None:
    add_article(store, "en", text="Putin returned to Moscow.")
    add_article(store, "ru", text="Встреча Путина: Курилы")
    add_article(store, "ja", text="安倍首相とプーチン大統領")
    add_article(store, "signs", text="100% a_b c\\d Straße")
    assert titles(store.search_articles(words, 10)) == found


def test_search_is_limited_to_the_newest(store: SqlStore) -> None:
    for n in range(3):
        add_article(store, f"n{n}", first_seen_at=NOW + hours(n))
    assert titles(store.search_articles("text of", 2)) == ["n2", "n1"]


def test_stories_the_most_recently_moved_first(store: SqlStore) -> None:
    one = add_article(store, "one", first_seen_at=NOW - hours(9))
    two = add_article(store, "two", first_seen_at=NOW - hours(5))
    copy = add_article(
        store, "copy", story_id=one.story_id, copy_of=one.id, source="mirror", language="ru", first_seen_at=NOW
    )
    earlier = add_article(store, "earlier", story_id=one.story_id, published_at=NOW - hours(20), first_seen_at=NOW)
    assert copy.story_id == earlier.story_id == one.story_id != two.story_id
    moved, other = store.list_stories(10)
    assert (moved.id, other.id) == (one.story_id, two.story_id)
    assert (moved.first_seen_at, moved.last_seen_at) == (NOW - hours(20), NOW)
    assert (moved.articles, moved.copies, moved.first_source, moved.title) == (3, 1, "herald", "Title of one")
    assert (moved.sources, moved.languages) == (("herald", "mirror"), ("en", "ru"))
    assert store.list_stories(1) == (moved,)


def test_an_edit_moves_its_story(store: SqlStore) -> None:
    one = add_article(store, "one", first_seen_at=NOW - hours(9))
    two = add_article(store, "two", first_seen_at=NOW - hours(5))
    assert [story.id for story in store.list_stories(9)] == [two.story_id, one.story_id]
    with store.writing() as unit:
        unit.add_revision(replace(one, revision=2), make_fingerprint(), make_tagging(), NOW)
    assert [story.id for story in store.list_stories(9)] == [one.story_id, two.story_id]


def test_health_of_every_source(store: SqlStore) -> None:
    store.plant_sources((HERALD, replace(HERALD, slug="off", is_enabled=False)))
    records = [
        make_record(name, article_id=add_article(store, name).id, first_seen_at=NOW - hours(age))
        for name, age in (("a", 2), ("b", 1))
    ]
    state = SourceState("herald", last_polled_at=NOW, next_due_at=NOW + hours(1), failures=2, last_error="http_500: no")
    with store.writing() as unit:
        unit.save_round(make_round(outcome=PollOutcome.CHANGED), None)
        unit.save_round(make_round(outcome=PollOutcome.FAILED), state)
        unit.save_round(make_round(kind=RoundKind.BACKFILL), None)
        unit.save_entries([*records, replace(records[0], source="off")])
    herald, mirror, off = store.source_health()
    assert (herald.source, herald.name, herald.is_enabled) == ("herald", "The Herald", True)
    assert (herald.last_polled_at, herald.next_due_at) == (NOW, NOW + hours(1))
    assert (herald.last_outcome, herald.failures, herald.last_error) == (PollOutcome.FAILED, 2, "http_500: no")
    assert (herald.articles, herald.last_article_at) == (2, NOW - hours(1))
    assert (mirror.is_enabled, off.is_enabled) == (False, False)
    assert (off.last_polled_at, off.last_outcome, off.failures, off.last_error) == (None, None, 0, "")
    assert (off.articles, off.last_article_at, off.next_due_at) == (1, NOW - hours(2), None), "listed first elsewhere"
    assert [health.source for health in store.digest_material("daily", NOW).health] == ["herald"]


def test_numbers(store: SqlStore) -> None:
    alert = add_alert(store, "a", "mail", "slack")
    add_article(store, "b", story_id=alert.story_id, copy_of=alert.article_id)
    (row,) = store.claim_deliveries("mail", NOW, limit=1, lease_seconds=1)
    store.mark_deferred(row, "lost", NOW, is_ambiguous=True)
    counts = store.counts()
    assert {name: number for name, number in counts.items() if number} == {
        "sources": 2,
        "articles": 2,
        "copies": 1,
        "stories": 1,
        "alerts": 1,
        "alerts pending": 1,
        "deliveries pending": 2,
        "deliveries ambiguous": 1,
    }
    assert next(iter(counts)) == "sources" and counts["deliveries failed"] == 0


def test_lists_end_where_they_are_told_to(store: SqlStore) -> None:
    for n in range(3):
        add_alert(store, f"a{n}", "mail")
    with store.writing() as unit:
        for n in range(3):
            unit.save_round(make_round(dropped=n), None)
        draft = make_article("z")
        unit.add_article(draft, make_fingerprint(draft.exact), make_tagging())
    assert [alert.title for alert in store.list_alerts(2)] == ["Title of a2", "Title of a1"]
    assert [round_.dropped for round_ in store.list_rounds(2)] == [2, 1]
    assert [row.key for row in store.list_deliveries(limit=1)] == ["alert-a2"]
    assert store.list_digests() == () and store.digest(1) is None
