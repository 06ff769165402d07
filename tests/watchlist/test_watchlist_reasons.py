"""Every mention says which form of which name matched and what decided; every veto says why not."""

from __future__ import annotations

import time

import pytest

from pipeline.records import Mention, Rule, Tagging
from pipeline.watchlist.entries import Watchlist
from pipeline.watchlist.rules import matching_rules, rule_fires
from pipeline.watchlist.tag import Tagger


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("На Курилах", "form «Курилах» of name «Курилы» (ru, prepositional)"),
        ("Crimea", "name «Crimea» (en)"),
        ("крымских", "form «крымских» of word made from the name «крымский» (ru, genitive)"),
        ("Владимиру Путину", "full name «Владимир Путин» (ru, dative)"),
        ("安倍晋三", "full name «安倍晋三» (ja)"),
        ("Japan's Abe", "surname alone, «japan*» speaks for it"),
    ],
)
def test_a_mention_says_why(tagger: Tagger, text: str, why: str) -> None:
    assert [mention.why for mention in tagger("", text, "").mentions] == [why]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("the Crimean War", "excluded: «Crimean War»"),
        ("Shintaro Abe", "another person: «Shintaro Abe»"),
        ("Actor Hiroshi Abe", "another person: «Hiroshi Abe»"),
        ("Abe called", "surname alone, and nothing tells who is meant"),
        ("Abe on Lincoln", "surname alone, «lincoln» speaks for another person"),
        ("Crimea Road", "another thing: «Road» beside it"),
        ("он курил", "a common word in lower case: «курил»"),
        ("the northern territories", "«northern territories» may be something else, and no word near by speaks for it"),
        ("see www.crimea.example/x", "part of an address or account name"),
    ],
)
def test_a_veto_says_why_not(tagger: Tagger, text: str, why: str) -> None:
    tagging = tagger("", text, "")
    assert tagging.mentions == ()
    assert [veto.why for veto in tagging.vetoes] == [why]


def test_the_surname_is_resolved_by_the_full_name(tagger: Tagger) -> None:
    _, bare = tagger("", "Tokyo: Shinzo Abe resigned. Abe was ill.", "en").mentions
    assert bare.why == "surname alone, resolved by «Shinzo Abe» at 7"


def test_the_title_is_read_first(tagger: Tagger) -> None:
    title, text = tagger("Kobo Abe’s plays return", "Abe wrote for the stage in Japan.", "en").vetoes
    assert (title.where, text.where) == ("title", "text")
    assert text.why == "surname alone, another person is named: «Kobo Abe» at 0 of the title"


def test_a_headline_is_resolved_by_the_text(tagger: Tagger) -> None:
    first, second = tagger("Abe leaves", "Shinzo Abe has gone.", "en").mentions
    assert (first.where, first.start, first.end) == ("title", 0, 3)
    assert (second.where, second.form) == ("text", "Shinzo Abe")


def test_a_mention_carries_the_version(tagger: Tagger, seed_watchlist: Watchlist) -> None:
    (mention,) = tagger("", "Crimea", "en").mentions
    assert mention.watchlist_version == seed_watchlist.version


def test_all_languages_are_looked_for_in_every_text(tagger: Tagger) -> None:
    tagging = tagger("Putin и 安倍首相", "Крим, Курилы, クリミア", "en")
    assert tagging.entries() == ("putin", "abe", "crimea", "kurils")


def test_nothing_is_nothing(tagger: Tagger) -> None:
    assert tagger("", "", "") == Tagging(())
    assert tagger("A quiet day", "Nothing happened.", "en") == Tagging(())


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "abe" * 100_000, "Abe " * 100_000, "путина\n" * 50_000, "安倍" * 100_000]
)
def test_a_hostile_text_is_read_in_time(tagger: Tagger, text: str) -> None:
    """Twenty times what it takes here: this guards against minutes, not milliseconds."""
    started = time.process_time()
    tagger("", text, "")
    assert time.process_time() - started < 10


def mentioning(*entries: str) -> Tagging:
    return Tagging(tuple(Mention(entry, "text", 0, 1, "x", "y", "v") for entry in entries))


ANY = Rule("any", "any", any_of=("a", "b"))
ALL = Rule("all", "all", all_of=("a", "b"))
BOTH = Rule("both", "both", any_of=("b", "c"), all_of=("a",))


@pytest.mark.parametrize(
    ("entries", "rules"),
    [((), ()), (("a",), (ANY,)), (("c",), ()), (("b", "a"), (ANY, ALL, BOTH)), (("a", "c"), (ANY, BOTH))],
)
def test_matching_rules(entries: tuple[str, ...], rules: tuple[Rule, ...]) -> None:
    assert matching_rules((ANY, ALL, BOTH), mentioning(*entries)) == rules


def test_a_rule_without_entries_never_speaks() -> None:
    assert not rule_fires(Rule("empty", "empty"), ("a",))
