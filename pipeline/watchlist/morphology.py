"""Russian and Ukrainian word forms, from the dictionaries of pymorphy3 (OpenCorpora, LanguageTool).

Only used while a watchlist is compiled, and for the word beside a name. The dictionaries are loaded at first use.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

INFLECTED = ("ru", "uk")
CASES = {
    "nomn": "nominative",
    "gent": "genitive",
    "datv": "dative",
    "accs": "accusative",
    "ablt": "instrumental",
    "loct": "prepositional",
    "voct": "vocative",
    "gen2": "genitive",
    "loc2": "locative",
    "acc2": "accusative",
}
_PROPER = frozenset({"Surn", "Name", "Patr", "Geox", "Orgn", "Trad", "Init", "Abbr"})


@lru_cache(maxsize=2)
def _analyzer(language: str) -> Any:  # pymorphy3 ships no types
    from pymorphy3 import MorphAnalyzer  # type: ignore[import-untyped]

    return MorphAnalyzer(lang=language)


Cases = dict[str, tuple[str, ...]]
"""Forms of a name, each with the grammatical cases it stands for; no case where nothing is inflected."""


def inflect(name: str, language: str, wanted: str = "", gender: str = "") -> Cases:
    """Every form of a name or phrase, in lower case.

    `wanted` is the grammeme of the proper-noun reading to follow (`Surn`, `Name`, `Geox`), `gender` the bearer's
    (`masc`, `femn`) or empty. In a phrase the adjectives and one noun are inflected together, the other nouns stay:
    «Республики Крым», «Газпром Арены». A word no reading of which is nominative does not change.
    """
    words = name.lower().split(" ")
    by_case = [_forms_by_case(word, language, wanted, gender, len(words) > 1) for word in words]
    nouns = [at for at, (kind, _) in enumerate(by_case) if kind == "NOUN"]
    # Given name and patronymic move together; of other nouns the first is the head, or the last.
    movers = [nouns] if wanted in ("Name", "Surn") else [[at] for at in dict.fromkeys((*nouns[:1], *nouns[-1:]))]
    result: dict[str, list[str]] = {}
    for moving in movers or [[]]:
        for case, label in CASES.items():
            parts = [
                sorted(forms.get(case, ())) if kind == "ADJF" or at in moving else [words[at]]
                for at, (kind, forms) in enumerate(by_case)
            ]
            for combination in product(*parts):
                labels = result.setdefault(" ".join(combination), [])
                if label not in labels:
                    labels.append(label)
    if len(words) == 1 and not by_case[0][1]:
        return {words[0]: ()}
    return {form: tuple(labels) for form, labels in result.items()} or {" ".join(words): ()}


def inflect_together(first: Cases, second: Cases) -> Cases:
    """Two names of one person in the same case: «Владимира Путина». A name that never changes goes with all forms."""
    together: Cases = {}
    for (left, left_cases), (right, right_cases) in product(first.items(), second.items()):
        if len(first) == 1 or len(second) == 1:
            together[f"{left} {right}"] = right_cases if len(first) == 1 else left_cases
            continue
        shared = tuple(case for case in left_cases if case in right_cases)
        if shared:
            together[f"{left} {right}"] = shared
    return together


def _forms_by_case(
    word: str, language: str, wanted: str, gender: str, in_phrase: bool
) -> tuple[str, dict[str, set[str]]]:
    """Part of speech and the forms of each case, of the readings of `word` as a nominative."""
    parses = [parse for parse in _analyzer(language).parse(word) if parse.tag.case == "nomn"]
    adjectives = [parse for parse in parses if parse.tag.POS == "ADJF"]
    nouns = [parse for parse in parses if parse.tag.POS == "NOUN"]
    if gender:
        nouns = [parse for parse in nouns if parse.tag.gender in (gender, None)] or nouns
    proper = [parse for parse in nouns if wanted and wanted in parse.tag.grammemes]
    if proper:
        chosen = proper
    elif adjectives:
        chosen = adjectives[:1]
    else:
        known = [parse for parse in nouns if parse.is_known]
        chosen = [parse for parse in known if not (_PROPER & parse.tag.grammemes)][:1] or known[:1] or nouns[:1]
    if not chosen:
        return "", {}
    forms: dict[str, set[str]] = {}
    for parse in chosen:
        is_adjective = parse.tag.POS == "ADJF"
        for other in parse.lexeme:
            if other.tag.POS != parse.tag.POS or other.tag.case is None or "Supr" in other.tag.grammemes:
                continue
            if gender and other.tag.gender not in (gender, None):
                continue
            agrees = other.tag.number == parse.tag.number and (not is_adjective or _agree(parse, other))
            if agrees or (is_adjective and not in_phrase) or not (wanted or in_phrase or is_adjective):
                forms.setdefault(other.tag.case, set()).add(other.word)
    ordered = {case: forms[case] for case in CASES if case in forms}
    return str(chosen[0].tag.POS), ordered


def _agree(parse: Any, other: Any) -> bool:
    return bool(parse.tag.number == "plur" or other.tag.gender == parse.tag.gender)


def twin_of(form: str, lemmas: frozenset[str]) -> str:
    """What common word is written like this form of a proper name.

    `verb`, `word` (in the nominative), `oblique` (in another case), `plural` (only there, so rare), or nothing.

    `lemmas` are the names of the entry itself, lower case: the dictionaries do not mark all of them as proper.
    """
    readings = [
        parse for parse in _known(form) if not (_PROPER & parse.tag.grammemes) and parse.normal_form not in lemmas
    ]
    if any(parse.tag.POS in ("VERB", "INFN") for parse in readings):
        return "verb"
    if readings and all(parse.tag.number == "plur" for parse in readings):
        return "plural"
    if any(parse.tag.case == "nomn" for parse in readings):
        return "word"
    return "oblique" if readings else ""


@lru_cache(maxsize=20_000)
def name_cases(word: str) -> tuple[frozenset[str], frozenset[str]]:
    """The cases in which a dictionary has the word as a given name or patronymic of one man, and of one woman."""
    cases: dict[str, set[str]] = {"masc": set(), "femn": set()}
    for parse in _known(word):
        if {"Name", "Patr"} & parse.tag.grammemes and parse.tag.case and parse.tag.number != "plur":
            for gender in (parse.tag.gender,) if parse.tag.gender in cases else cases:
                cases[gender].add(CASES[parse.tag.case])
    return frozenset(cases["masc"]), frozenset(cases["femn"])


@lru_cache(maxsize=20_000)
def is_common_word(word: str) -> bool:
    """Whether a dictionary of either language has the word as anything but a proper name."""
    return any(not (_PROPER & parse.tag.grammemes) for parse in _known(word))


@lru_cache(maxsize=20_000)
def is_place_or_adjective(word: str) -> bool:
    """Whether a dictionary has the word as a place, or as an adjective («на Банковій»)."""
    return any(
        "Geox" in parse.tag.grammemes
        or parse.tag.POS == "ADJF"
        or (parse.tag.POS == "NOUN" and "Fixd" in parse.tag.grammemes and "inan" in parse.tag.grammemes)
        for parse in _known(word)
    )


@lru_cache(maxsize=20_000)
def is_preposition(word: str) -> bool:
    return any(parse.tag.POS == "PREP" for parse in _known(word))


def _known(word: str) -> Iterator[Any]:
    for language in INFLECTED:
        yield from (parse for parse in _analyzer(language).parse(word) if parse.is_known)
