"""The path, told as cases: what a source shows, what is stored of it, what is told to people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes import NOW, FakeWeb, make_source, make_tools

from pipeline.collect import collect_source, record_crash
from pipeline.errors import HttpError, Unreachable
from pipeline.records import EntryOutcome, PollOutcome, ReadingDepth, Round, RoundKind

SITE = "https://herald.example"


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def poll(store: Any, web: FakeWeb) -> Callable[..., Round]:
    """Poll the source `hours` after NOW; planted on first use."""
    source = make_source()
    store.plant_sources((source,))

    def collect(hours: float = 0, **changes: Any) -> Round:
        return collect_source(source, make_tools(web, store, **changes), NOW + timedelta(hours=hours))

    return collect


def show(web: FakeWeb, *names: str, **lines: dict[str, Any]) -> None:
    """The feed lists these pages; pages that do not exist yet are written: distinct texts about nothing watched."""
    web.pages[f"{SITE}/feed"] = {"entries": [{"url": f"{SITE}/{name}", **lines.get(name, {})} for name in names]}
    for name in names:
        web.pages.setdefault(f"{SITE}/{name}", page(f"About {name}", f"Nothing of note about {name} happened."))


def page(title: str, text: str, **more: Any) -> dict[str, Any]:
    """A text of its own: what fills it up is made of its title, so that no two pages are copies by accident."""
    filler = " ".join(f"{title.split()[-1].lower()}{number}" for number in range(20))
    return {"title": title, "text": f"{text} And {filler}.", **more}


def imported(web: FakeWeb, poll: Callable[..., Round]) -> None:
    """The source is past its first import."""
    show(web, "old")
    poll()


def test_the_first_import_is_history_and_alerts_nothing(web, poll, store) -> None:
    show(web, "a", "b")
    web.pages[f"{SITE}/a"] = page("Putin on the islands", "Putin spoke.")
    result = poll()
    assert result.kind is RoundKind.IMPORT
    assert result.counts == {EntryOutcome.NEW: 2}
    assert result.mentions == {"putin": 1}
    assert result.alerts == () and store.list_alerts(10) == ()
    assert all(article.is_history for article in store.list_articles(10))


def test_a_new_entry_with_a_mention_alerts_once_and_waits_in_the_outbox_of_each_enabled_channel(
    web, poll, store
) -> None:
    imported(web, poll)
    show(web, "new", "old")
    web.pages[f"{SITE}/new"] = page("Talks", "On Tuesday Putin spoke about the Kurils.")
    result = poll(1)
    assert result.counts == {EntryOutcome.NEW: 1, EntryOutcome.KNOWN: 1}
    alerts = store.list_alerts(10)
    assert {alert.rule for alert in alerts} == {"putin", "kurils"}
    assert alerts[0].sentence == "On Tuesday Putin spoke about the Kurils."
    assert [(row.channel, row.state.value) for row in store.list_deliveries()] == [("console", "pending")] * 2


def test_known_addresses_are_not_fetched_again(web, poll) -> None:
    imported(web, poll)
    show(web, "new", "old")
    web.asked.clear()
    poll(1)
    assert web.asked == [f"{SITE}/feed", f"{SITE}/new"]


def test_an_unchanged_feed_costs_one_request(web, poll) -> None:
    web.etags[f"{SITE}/feed"] = '"1"'
    imported(web, poll)
    web.asked.clear()
    assert poll(1).outcome is PollOutcome.NOT_MODIFIED
    web.etags.clear()  # a server without validators that sends the same bytes
    assert poll(2).outcome is PollOutcome.SAME_BODY
    assert web.asked == [f"{SITE}/feed"] * 2


def test_an_edited_line_is_fetched_again_and_its_article_becomes_a_revision(web, poll, store) -> None:
    show(web, "a", a={"title": "First title"})
    poll()
    show(web, "a", a={"title": "Second title"})
    web.pages[f"{SITE}/a"] = page("Second title", "Now Crimea is in it.")
    result = poll(1)
    assert result.counts == {EntryOutcome.REVISED: 1}
    (article,) = store.list_articles(10)
    assert (article.title, article.revision) == ("Second title", 2)
    assert [alert.rule for alert in store.list_alerts(10)] == ["crimea"], "what is newly mentioned is news"


def test_an_edit_that_mentions_nothing_new_alerts_nothing(web, poll, store) -> None:
    show(web, "a", a={"title": "Putin"})
    web.pages[f"{SITE}/a"] = page("Putin", "Putin spoke.")
    poll()
    show(web, "a", a={"title": "Putin, corrected"})
    web.pages[f"{SITE}/a"] = page("Putin, corrected", "Putin spoke at length.")
    assert poll(1).counts == {EntryOutcome.REVISED: 1}
    assert store.list_alerts(10) == ()


def test_an_edited_line_over_the_same_text_is_no_revision(web, poll) -> None:
    show(web, "a", a={"title": "First title"})
    poll()
    show(web, "a", a={"title": "Second title"})
    assert poll(1).counts == {EntryOutcome.UNCHANGED: 1}


def test_a_copy_joins_the_story_of_its_original_and_does_not_alert_again(web, poll, store) -> None:
    imported(web, poll)
    text = "On Tuesday Putin spoke about the Kurils at length. " + " ".join(f"Point {n} was noted." for n in range(40))
    show(web, "original", "copy", "old")
    web.pages[f"{SITE}/original"] = page("Talks", text)
    web.pages[f"{SITE}/copy"] = page("Agency: talks", text + " Subscribe to our newsletter.")
    result = poll(1)
    assert result.copies == 1
    assert len(store.list_alerts(10)) == 2, "one per rule, not per copy"
    (story,) = {alert.story_id for alert in store.list_alerts(10)}
    assert next(item for item in store.list_stories(10) if item.id == story).articles == 2


def test_the_same_address_written_twice_is_one_entry(web, poll) -> None:
    show(web, "a", "a?utm_source=rss")
    assert poll().counts == {EntryOutcome.NEW: 1, EntryOutcome.REPEATED: 1}


def test_an_address_another_source_brought_is_known_here_too(web, poll, store) -> None:
    show(web, "a")
    poll()
    other = make_source("mirror", url=f"{SITE}/other-feed")
    store.plant_sources((make_source(), other))
    web.pages[other.url] = web.pages[f"{SITE}/feed"]
    web.asked.clear()
    result = collect_source(other, make_tools(web, store), NOW)
    assert result.counts == {EntryOutcome.KNOWN: 1} and web.asked == [other.url]
    assert {source.source: source.articles for source in store.source_health()} == {"herald": 1, "mirror": 1}


def test_a_page_that_is_gone_is_stood_in_for_by_its_line_and_still_alerts(web, poll, store) -> None:
    imported(web, poll)
    show(web, "gone", "old", gone={"title": "Putin to visit", "summary": "He is expected on Monday."})
    web.pages[f"{SITE}/gone"] = HttpError(404)
    result = poll(1)
    assert result.counts == {EntryOutcome.SUMMARY: 1, EntryOutcome.KNOWN: 1}
    assert result.failures == {"http_404": 1}
    assert [alert.title for alert in store.list_alerts(10)] == ["Putin to visit"]


def test_a_page_that_failed_for_a_while_is_read_later_as_the_same_article(web, poll, store) -> None:
    imported(web, poll)
    show(web, "slow", "old", slow={"title": "Putin to visit"})
    web.pages[f"{SITE}/slow"] = Unreachable("timed out")
    assert poll(1).counts[EntryOutcome.SUMMARY] == 1
    web.pages[f"{SITE}/slow"] = page("Putin to visit", "He comes on Monday and Crimea is on the table.")
    assert EntryOutcome.REVISED not in poll(1.05).counts, "not before its time"
    assert poll(2).counts[EntryOutcome.REVISED] == 1
    article = next(item for item in store.list_articles(10) if item.title == "Putin to visit")
    assert article.depth is ReadingDepth.FULL
    assert sorted(alert.rule for alert in store.list_alerts(10)) == ["crimea", "putin"]


def test_a_page_that_failed_and_has_no_line_is_counted_and_tried_again(web, poll) -> None:
    imported(web, poll)
    show(web, "bare", "old")
    web.pages[f"{SITE}/bare"] = HttpError(503)
    assert poll(1).counts[EntryOutcome.FAILED] == 1
    web.pages[f"{SITE}/bare"] = page("There", "It is back.")
    web.pages[f"{SITE}/feed"] = {"entries": []}  # it has left the feed meanwhile
    assert poll(2).counts == {EntryOutcome.NEW: 1}


def test_one_bad_page_never_sinks_the_feed(web, poll) -> None:
    show(web, "a", "b", "c")
    web.pages[f"{SITE}/a"] = HttpError(500)
    web.pages[f"{SITE}/b"] = {"no": "article"}
    assert poll().counts == {EntryOutcome.FAILED: 2, EntryOutcome.NEW: 1}


def test_a_failed_poll_keeps_the_validators_and_slows_down(web, poll, store) -> None:
    web.etags[f"{SITE}/feed"] = '"1"'
    imported(web, poll)
    web.pages[f"{SITE}/feed"] = HttpError(500)
    for hours, wait in ((1, 0.5), (2, 1), (3, 2), (4, 4), (5, 6), (6, 6)):
        assert poll(hours).outcome is PollOutcome.FAILED
        state = store.source_state("herald")
        assert state.etag == '"1"'
        assert state.next_due_at - (NOW + timedelta(hours=hours)) == timedelta(hours=wait)
    show(web, "old")
    assert poll(7).outcome is PollOutcome.NOT_MODIFIED
    assert store.source_state("herald").failures == 0


def test_retry_after_is_obeyed_where_it_is_longer(web, poll, store) -> None:
    web.pages[f"{SITE}/feed"] = HttpError(429, retry_after_seconds=7200)
    poll()
    assert store.source_state("herald").next_due_at == NOW + timedelta(hours=2)


def test_html_instead_of_a_feed_is_a_failure_with_a_name(web, poll) -> None:
    web.pages[f"{SITE}/feed"] = {"text": "We have moved"}
    result = poll()
    assert (result.outcome, result.code) == (PollOutcome.FAILED, "not_a_listing")


def test_pages_over_the_budget_wait_and_are_still_history(web, poll, store) -> None:
    show(web, *"abcde")
    web.pages[f"{SITE}/e"] = page("Putin", "Putin spoke.")
    assert poll(pages_per_round=3).counts == {EntryOutcome.NEW: 3, EntryOutcome.DEFERRED: 2}
    assert poll(1, pages_per_round=3).counts == {EntryOutcome.NEW: 2}
    assert store.list_alerts(10) == ()


def test_a_careless_canonical_address_does_not_melt_articles_into_one(web, poll, store) -> None:
    show(web, "a", "b")
    for name in "ab":
        web.pages[f"{SITE}/{name}"] = page(f"Title {name}", f"Text of {name}.", canonical=f"{SITE}/section")
    assert poll().counts == {EntryOutcome.NEW: 2}
    assert {article.title for article in store.list_articles(10)} == {"Title a", "Title b"}


def test_a_redirect_to_the_front_page_is_not_the_article(web, poll) -> None:
    show(web, "a")
    web.pages[f"{SITE}/"] = page("Front page", "All the news.")
    web.redirects[f"{SITE}/a"] = f"{SITE}/"
    result = poll()
    assert result.counts == {EntryOutcome.FAILED: 1} and result.failures == {"sent_home": 1}


def test_dates_that_cannot_be_are_not_believed(web, poll, store) -> None:
    show(web, "a", "b", a={"date": "2099-01-01T00:00:00+00:00"}, b={"date": "2018-11-14T15:00:00+00:00"})
    poll()
    dates: dict[str, datetime | None] = {article.title: article.published_at for article in store.list_articles(10)}
    assert dates == {"About a": None, "About b": NOW}


def test_what_a_round_brought_and_its_validators_are_stored_together_or_not_at_all(
    web, poll, store, monkeypatch
) -> None:
    web.etags[f"{SITE}/feed"] = '"1"'
    show(web, "a")

    def crash(**_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("pipeline.collect.Round", crash)
    with pytest.raises(RuntimeError):
        poll()
    monkeypatch.undo()
    assert store.source_state("herald").etag == "" and store.list_articles(10) == ()
    assert poll(1).counts == {EntryOutcome.NEW: 1}


def test_a_bug_is_recorded_with_the_source(web, store) -> None:
    source = make_source()
    store.plant_sources((source,))
    result = record_crash(source, KeyError("x"), make_tools(web, store), NOW)
    assert (result.code, result.error) == ("bug", "KeyError: 'x'")
    assert store.source_state("herald").failures == 1
