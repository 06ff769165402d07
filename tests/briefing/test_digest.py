"""What a digest says, in which order, in text, JSON and on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from digest_sample import (
    ENTRY_TITLES,
    NOW,
    RULES,
    SOURCE_NAMES,
    make_alert,
    make_health,
    make_material,
    make_story,
    sample_material,
)
from lxml import html as lxml_html

from pipeline.briefing.digest import DigestText, compose_digest, compose_digest_message
from pipeline.briefing.health import judge_source
from pipeline.records import DigestMaterial, EntryOutcome, PollOutcome, Round, RoundKind


def compose(material: DigestMaterial, timezone: str = "Asia/Tokyo") -> DigestText:
    return compose_digest(
        material, rules=RULES, entry_titles=ENTRY_TITLES, source_names=SOURCE_NAMES, timezone=timezone, now=NOW
    )


@pytest.fixture(scope="module")
def sample() -> DigestText:
    return compose(sample_material())


@pytest.fixture(scope="module")
def data(sample: DigestText) -> dict[str, Any]:
    return json.loads(sample.data)


def headlines_of(data: Mapping[str, Any]) -> dict[str, list[int]]:
    return {section["entry"]: [story["story"] for story in section["stories"]] for section in data["entries"]}


# --- order ------------------------------------------------------------------------------------------------------


def test_by_watch_entry_then_story_newest_first(data: dict[str, Any]) -> None:
    assert headlines_of(data) == {"kurils": [7, 5, 3, 2], "crimea": [1], "abe": [4], "putin": [6]}
    assert {s["entry"]: s["elsewhere"] for s in data["entries"] if s["elsewhere"]} == {"putin": [5, 3]}


def test_every_story_and_every_alert_of_the_window_is_told(data: dict[str, Any]) -> None:
    stories = [story for section in data["entries"] for story in section["stories"]]
    assert sorted(story["story"] for story in stories) == [1, 2, 3, 4, 5, 6, 7], "each once"
    assert sorted(alert for story in stories for alert in story["alerts"]) == list(range(41, 50))


def test_the_opening_names_what_most_newsrooms_tell(data: dict[str, Any]) -> None:
    assert data["opening"] == [3, 6, 5]


def test_one_story_alone_is_not_told_twice() -> None:
    material = make_material((make_alert(41, "putin", 1, sentence="x"),), (make_story(1, "ostrov"),))
    assert json.loads(compose(material).data)["opening"] == []


def test_a_date_in_the_far_future_does_not_pin_the_top() -> None:
    odd = replace(make_alert(41, "putin", 1, minutes_ago=90, title="Odd"), published_at=NOW + timedelta(days=365 * 73))
    new = make_alert(42, "putin", 2, minutes_ago=10, title="New")
    digest = compose(make_material((odd, new), (make_story(1, "ostrov"), make_story(2, "ostrov"))))
    assert headlines_of(json.loads(digest.data))["putin"] == [2, 1]
    assert "seen Tue 24 Nov, 05:30" in digest.text
    assert "2099" not in digest.text


def test_an_entry_that_left_the_watchlist_comes_last_under_its_slug() -> None:
    alerts = (make_alert(41, "gone", 1), make_alert(42, "putin", 2))
    digest = compose(make_material(alerts, (make_story(1, "ostrov"), make_story(2, "ostrov"))))
    assert [section["title"] for section in json.loads(digest.data)["entries"]] == ["Putin", "gone"]


# --- words ------------------------------------------------------------------------------------------------------


def test_the_subject_counts_stories_by_entry(sample: DigestText) -> None:
    assert sample.subject == "watchwire daily: 7 stories (Kurils 4, Crimea 1, Abe 1, Putin 3)"


def test_a_story_in_text(sample: DigestText) -> None:
    assert (
        "* Путин назвал условия возобновления переговоров с Токио [ru]\n"
        "  Островная газета · 5 sources · ru en ja uk · 3 copies · Mon 23 Nov, 23:53 · also about Putin"
        " · rule Talks about the islands\n"
        "  Президент Владимир **Путин** заявил, что вопрос о **южных Курилах** может обсуждаться"
    ) in sample.text
    assert "  East Wire · first: Вестник залива · 3 sources · ru en · 2 copies · Tue 24 Nov, 04:23\n" in sample.text


def test_a_story_told_under_another_entry_keeps_its_own_evidence(sample: DigestText) -> None:
    assert (
        "  also, told under Kurils: Fishing quota around the Kuril Islands to shrink by a fifth\n"
        "    The decree, signed by **Putin** last week, takes effect on 1 January.\n"
    ) in sample.text


def test_history_is_one_line_a_source(data: dict[str, Any]) -> None:
    assert data["history"] == [
        "First import of 北斗新報: 38 articles, 2 copies of known ones among them; Kurils in 9, Abe in 4, Putin in 12",
        "Backfill of The Strait Review: 64 articles; Kurils in 27, Crimea in 2",
    ]


def test_history_without_mentions_is_told_as_well() -> None:
    brought = Round("hokuto", RoundKind.IMPORT, PollOutcome.CHANGED, counts={EntryOutcome.NEW: 1})
    assert json.loads(compose(make_material(history=(brought,))).data)["history"] == [
        "First import of 北斗新報: 1 article; none mentions the watchlist"
    ]


def test_sick_sources_are_told(data: dict[str, Any]) -> None:
    assert [(group["sources"], group["trouble"]) for group in data["sick"]] == [
        (["gulf-radio"], "the last 14 polls failed: the server answered 503"),
        (["slow-post"], "not polled yet"),
        (["tikhii"], "it answers, but nothing new for 19 days"),
    ]


def test_the_heartbeat_is_always_there(sample: DigestText) -> None:
    assert "9 alerts, 40 of 43 sources healthy" in sample.text
    assert "9 alerts, 40 of 43 sources healthy" in sample.html
    quiet = compose(make_material(health=tuple(make_health(f"s{n}", f"S{n}") for n in range(43))))
    assert quiet.subject == "watchwire daily: 0 alerts, 43 of 43 sources healthy"
    assert "Nothing new about what you watch." in quiet.text
    assert "Nothing new about what you watch." in quiet.html
    assert json.loads(quiet.data)["entries"] == []


def test_a_first_digest_and_no_source_at_all() -> None:
    digest = compose(replace(make_material(), since=None, upto_round_id=900))
    assert "first digest of this name" in digest.text
    assert "0 alerts, 0 of 0 sources healthy" in digest.text
    assert "Covers no new round." in digest.text


def test_the_window_is_told_in_words(sample: DigestText) -> None:
    assert "Covers alerts 41 to 49 and rounds 901 to 1180. The next digest begins where this one ends." in sample.text


def test_times_follow_the_readers_zone() -> None:
    assert "Mon 23 Nov 2026, 22:00 (UTC)" in compose(sample_material(), "UTC").text
    assert "Mon 23 Nov 2026, 17:00 (America/New_York)" in compose(sample_material(), "America/New_York").text


def test_json_and_text_tell_the_same(sample: DigestText, data: dict[str, Any]) -> None:
    for section in data["entries"]:
        for story in section["stories"]:
            assert story["headline"] in sample.text
            assert story["url"] in sample.text
            marked = [story["sentence"][start:end] for start, end in story["marks"]]
            assert marked
            assert all(f"**{form}**" in sample.text for form in marked)
    assert data["composed_at"] == "2026-11-23T22:00:00+00:00"
    assert data["window"] == {"alerts": [40, 49], "rounds": [900, 1180]}


def test_the_message_has_a_key_of_its_window_and_hour(sample: DigestText) -> None:
    material = sample_material()
    message = compose_digest_message(material, sample, NOW)
    assert message == compose_digest_message(material, sample, NOW)
    assert (message.kind, message.subject, message.text, message.html) == (
        "digest",
        sample.subject,
        sample.text,
        sample.html,
    )
    others = {
        compose_digest_message(changed, sample, at).key
        for changed, at in (
            (material, NOW),
            (replace(material, name="weekly"), NOW),
            (replace(material, upto_alert_id=50), NOW),
            (material, NOW + timedelta(days=1)),
        )
    }
    assert len(others) == 4


# --- the page ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(sample: DigestText) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(sample.html)


def test_the_page_marks_the_mentions(page: lxml_html.HtmlElement) -> None:
    assert [mark.text_content() for mark in page.iter("mark")] == [
        *("Итурупе", "Kuril Islands", "Путин", "южных Курилах", "択捉島", "国後島"),
        *("Криму", "Shinzo Abe", "Putin", "Putin"),
    ]


def test_foreign_text_is_isolated_and_says_its_language(page: lxml_html.HtmlElement) -> None:
    languages = {bdi.get("lang") for bdi in page.iter("bdi") if bdi.get("lang")}
    assert languages == {"en", "ja", "ru", "uk"}
    for link in page.iter("a"):
        assert link[0].tag == "bdi"
        assert link[0].get("lang")


def test_the_page_loads_nothing(page: lxml_html.HtmlElement, sample: DigestText) -> None:
    assert not {str(element.tag) for element in page.iter()} & {"link", "img", "script", "iframe", "object", "video"}
    assert "url(" not in sample.html
    assert "@import" not in sample.html
    assert {element.get("src") for element in page.iter()} == {None}


def test_the_page_fits_mail_clients(page: lxml_html.HtmlElement, sample: DigestText) -> None:
    assert page.get("lang") == "en"
    assert all(table.get("role") == "presentation" for table in page.iter("table"))
    assert "max-width:600px" in sample.html
    assert "prefers-color-scheme: dark" in sample.html
    assert len(sample.html.encode()) < 40_000
    assert page.findtext(".//title") == "watchwire daily, Tue 24 Nov 2026, 07:00"


# --- health -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({}, ""),
        ({"is_enabled": False, "failures": 40}, ""),
        ({"failures": 1, "last_outcome": PollOutcome.FAILED, "last_error": "x\ny"}, "the last poll failed: x y"),
        ({"failures": 2, "last_outcome": PollOutcome.FAILED}, "the last 2 polls failed: no reason was given"),
        ({"last_polled_at": None, "last_outcome": None}, "not polled yet"),
        (
            {"last_polled_at": NOW - timedelta(hours=30), "next_due_at": NOW - timedelta(hours=29)},
            "not polled for 30 hours",
        ),
        ({"next_due_at": NOW - timedelta(hours=23)}, ""),
        ({"last_article_at": None, "articles": 0}, "it answers, but no article was ever read from it"),
        ({"last_article_at": NOW - timedelta(days=13)}, ""),
        ({"last_article_at": NOW - timedelta(days=15)}, "it answers, but nothing new for 15 days"),
        ({"last_outcome": PollOutcome.NOT_MODIFIED}, ""),
    ],
)
def test_when_a_source_is_sick(changes: dict[str, Any], trouble: str) -> None:
    assert judge_source(make_health("s", "S", **changes), NOW) == trouble
