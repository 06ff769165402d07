"""A mistake in the watchlist is answered with its line, what was found and what was expected."""

from __future__ import annotations

import pytest

from pipeline.errors import SeedError
from pipeline.records import Rule
from pipeline.watchlist.entries import Alone, Kind, Watchlist, parse_watchlist
from pipeline.watchlist.tag import compile_tagger

SMALL = """\
entries:
  gazprom:
    title: Gazprom
    kind: organisation
    languages:
      en:
        names: [Gazprom]
        exclude: [Gazprom Arena]
      ru:
        names: [Газпром, Газпром нефть]
        derived: [газпромовский]
        exclude: [Газпром Арена]
  zakharova:
    title: Maria Zakharova
    kind: person
    gender: female
    origin: russian
    languages:
      en:
        surname: Zakharova
        given: [Maria, Mariya]
        surname_alone: context
        context:
          for: [spokeswoman, foreign ministry]
      ru:
        surname: Захарова
        given: Мария
"""


def test_a_small_watchlist() -> None:
    watchlist = parse_watchlist(SMALL, "w.yaml")
    gazprom, zakharova = watchlist.entries
    assert (gazprom.slug, gazprom.title, gazprom.kind) == ("gazprom", "Gazprom", Kind.ORGANISATION)
    assert zakharova.languages["en"].given == ("Maria", "Mariya")
    assert zakharova.languages["ru"].surname_alone is Alone.CONTEXT


def test_without_rules_every_entry_is_its_own_rule() -> None:
    assert parse_watchlist(SMALL, "w.yaml").rules == (
        Rule("gazprom", "Gazprom", any_of=("gazprom",)),
        Rule("zakharova", "Maria Zakharova", any_of=("zakharova",)),
    )


def test_written_rules_replace_them() -> None:
    rules = """
rules:
  both:
    name: Gas and diplomacy
    all_of: [gazprom, zakharova]
    channels: mail
"""
    assert parse_watchlist(SMALL + rules, "w.yaml").rules == (
        Rule("both", "Gas and diplomacy", all_of=("gazprom", "zakharova"), channels=("mail",)),
    )


def test_the_version_is_the_content() -> None:
    version = parse_watchlist(SMALL, "a.yaml").version
    assert version == parse_watchlist(SMALL, "b.yaml").version
    assert version != parse_watchlist(SMALL + "\n", "a.yaml").version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Марии Захаровой ответили. Захаровой нравится.", ["Марии Захаровой", "Захаровой"]),
        ("Пресс-конференция с Марией Захаровой", ["Марией Захаровой"]),
        ("Чемпионка Анна Захарова победила.", []),
        ("Виктор Захаров победил.", []),
        ("Maria Zakharova, spokeswoman; Zakharova said", ["Maria Zakharova", "Zakharova"]),
        ("Anna Zakharova won. Zakharova wept.", []),
        ("Акции «Газпрома» выросли, газпромовские трубы", ["Газпрома", "газпромовские"]),
        ("Матч на «Газпром Арене» и отчёт «Газпром нефти»", ["Газпром нефти"]),
        ("Gazprom's profit; a match at Gazprom Arena", ["Gazprom"]),
    ],
)
def test_nothing_in_the_code_knows_the_four_of_the_seeds(text: str, expected: list[str]) -> None:
    tagging = compile_tagger(parse_watchlist(SMALL, "w.yaml"))("", text, "")
    assert [mention.form for mention in tagging.mentions] == expected


def test_the_seed_watchlist(seed_watchlist: Watchlist) -> None:
    assert [entry.slug for entry in seed_watchlist.entries] == ["kurils", "crimea", "abe", "putin"]
    assert [rule.slug for rule in seed_watchlist.rules] == ["kurils", "crimea", "abe", "putin"]
    for entry in seed_watchlist.entries:
        assert set(entry.languages) == {"en", "ru", "uk", "ja"}


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)


MISTAKES = {
    "no entries": ("entries: {}", 1, "no entry, expected at least one"),
    "unknown language": (changed("      en:\n        names", "      de:\n        names"), 6, "unknown key `de`"),
    "unknown kind": (changed("kind: organisation", "kind: firm"), 4, "`firm`, expected one of `person`"),
    "unknown key": (changed("derived: [г", "derivd: [г"), 11, "unknown key `derivd`, expected `derived`"),
    "a key twice": (changed("        derived:", "        names: [x]\n        derived:"), 11, "`names` stands twice"),
    "an entry name with capitals": (changed("  gazprom:", "  Gazprom:"), 3, "the entry name `Gazprom`"),
    "a name twice": (changed("[Gazprom]", "[Gazprom, GAZPROM]"), 7, "`GAZPROM` stands twice"),
    "a name that is excluded": (changed("[Gazprom Arena]", "[gazprom]"), 8, "`gazprom` stands under `names` too"),
    "an entry without a name": (changed("        names: [Gazprom]\n", ""), 7, "no name, expected at least one of"),
    "one name for two": (changed("surname: Zakharova", "surname: Gazprom"), 20, "names the entry `gazprom` already"),
    "a surname alone": (changed("        given: Мария\n", ""), 26, "a surname without `given`"),
    "a place with a surname": (
        changed("        names: [Gazprom]", "        names: [Gazprom]\n        surname: Gazprom"),
        8,
        "`surname` where the kind is organisation",
    ),
    "a firm with a gender": (
        changed("title: Gazprom", "title: Gazprom\n    gender: male"),
        4,
        "`gender` where the kind is",
    ),
    "a star inside a word": (changed("spokeswoman,", "spo*woman,"), 24, "`spo*woman`, expected a word or phrase"),
    "a star alone": (changed("spokeswoman,", "'*',"), 24, "`*`"),
    "forms of nothing": (
        changed("        derived:", "        forms: {Газпромм: []}\n        derived:"),
        11,
        "forms of `Газпромм`, expected a name of this language, perhaps `Газпром`",
    ),
    "worth of a part": (changed("surname_alone: context", "surname_alone: maybe"), 22, "`maybe`, expected one of"),
    "a rule of a stranger": (SMALL + "rules:\n  r: {any_of: [gasprom]}\n", 29, "`gasprom`, expected one of `gazprom`"),
    "an empty rule": (SMALL + "rules:\n  r: {name: R}\n", 29, "no entry, expected `any_of` or `all_of`"),
    "no yaml": ("entries: [", 1, "not valid YAML"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_with_its_line(name: str) -> None:
    text, line, message = MISTAKES[name]
    with pytest.raises(SeedError) as caught:
        parse_watchlist(text, "w.yaml")
    assert caught.value.place == f"w.yaml:{line}"
    assert message in str(caught.value)
