"""What one place says by itself: the form, its capital, the words beside it.

A name that is plain counts or is vetoed here. What only the article can tell (which Abe?) stays open for `resolve`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from pipeline.watchlist.automaton import Hit
from pipeline.watchlist.entries import Gender, Kind, Origin, WatchEntry
from pipeline.watchlist.forms import Form, Role
from pipeline.watchlist.japanese import given_name_after, is_japanese
from pipeline.watchlist.morphology import is_preposition
from pipeline.watchlist.persons import WOMANS_TITLES, is_given_name
from pipeline.watchlist.windows import Surroundings, Windows, Word

_LONGEST_ACRONYM = 4
_LONGEST_TITLE = 2
"""Words of a quotation that is a title or brand rather than speech: «Крымский титан»."""
_INITIALS_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_])\.[ \u00a0]?(?:[^\W\d_]\.[ \u00a0]?)?$")
_INITIALS_AFTER = re.compile(r"[ \u00a0]([^\W\d_])\.[ \u00a0]?[^\W\d_]\.")
_COUNTRIES = re.compile(r"\b(?:U\.[SKN]|D\.C|E\.U|U\.A\.E)\.[ \u00a0]?$")
# What stands capitalised after a surname without being a surname itself.
_AFTER_SURNAME = frozenset(
    """cabinet government administration doctrine faction statement era years legacy memorial assassination funeral
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december""".split()  # noqa: SIM905
)


class Ruling(Enum):
    COUNTS = auto()
    VETOED = auto()
    OURS = auto()
    """The full name: it counts, and tells who a bare surname is."""
    OTHER = auto()
    """Another bearer of the surname: it does not count, and tells who a bare surname is."""
    OPEN = auto()
    """A surname or given name alone."""
    OPEN_WORD = auto()
    """A surname alone that may be a common word here: «Путина» at the start of a sentence."""
    LIKELY = auto()
    """Counts unless a word near by speaks against it."""
    DOUBTFUL = auto()
    """Counts only if a word near by speaks for it and none against."""


Verdict = tuple[Ruling, str]
"""A ruling and its reason; an empty reason is the form itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    where: str
    hit: Hit
    form: Form
    ruling: Ruling
    why: str


def describe(form: Form, surface: str) -> str:
    """Which form of which name: form «Курилах» of name «Курилы» (ru, prepositional)."""
    grammar = f"{form.language}, {form.cases[0]}" if form.cases else form.language
    if form.role is Role.FULL or surface == form.name:
        return f"{form.role.value} «{form.name}» ({grammar})"
    return f"form «{surface}» of {form.role.value} «{form.name}» ({grammar})"


def judge(entry: WatchEntry, hit: Hit, where: str, text: str, language: str, windows: Windows) -> Finding:
    """The ruling on one hit, by what stands around it in `text`."""
    form = hit.forms[0]
    if form.role is Role.EXCLUDED:
        ruling, why = Ruling.VETOED, f"excluded: «{form.name}»"
    elif form.role is Role.OTHER:
        ruling, why = _another(hit.surface)
    elif is_japanese(hit.surface[0]):
        ruling, why = _judge_japanese(form, hit, text)
    else:
        around = windows.around(text, hit.start, hit.end, hit.entry, language or form.language)
        ruling, why = _judge_alphabetic(entry, form, hit, text, around)
    return Finding(where, hit, form, ruling, why or describe(form, hit.surface))


def _judge_japanese(form: Form, hit: Hit, text: str) -> Verdict:
    given = given_name_after(text, hit.end) if form.role is Role.SURNAME else ""
    return _another(f"{hit.surface}{given}") if given else (_BY_ROLE[form.role], "")


def _judge_alphabetic(entry: WatchEntry, form: Form, hit: Hit, text: str, around: Surroundings) -> Verdict:
    if around.is_address:
        return Ruling.VETOED, "part of an address or account name"
    if form.role is Role.FULL:
        return Ruling.OURS, ""
    if around.beside and not (around.is_beside_quoted and form.cases and "nominative" not in form.cases):
        return Ruling.VETOED, f"another thing: «{around.beside}» beside it"
    if _is_acronym(hit.surface, around):
        return Ruling.VETOED, "an acronym: the words around are not in capitals"
    if form.role is Role.SURNAME:
        return _judge_surname(entry, form, hit, text, around)
    if form.role is Role.GIVEN:
        following = around.after[0] if around.after else None
        if following and following.is_capitalised and not following.is_function and not around.is_title_case:
            return _another(f"{hit.surface} {following.text}")
    if form.role is Role.DERIVED:
        return _judge_derived(entry, form, hit, text, around)
    return _judge_twin(form, hit, around) if form.twin else (_BY_ROLE[form.role], "")


_BY_ROLE = {
    Role.NAME: Ruling.COUNTS,
    Role.LIKELY: Ruling.LIKELY,
    Role.DOUBTFUL: Ruling.DOUBTFUL,
    Role.DERIVED: Ruling.COUNTS,
    Role.FULL: Ruling.OURS,
    Role.SURNAME: Ruling.OPEN,
    Role.GIVEN: Ruling.OPEN,
}


def _another(person: str) -> Verdict:
    return Ruling.OTHER, f"another person: «{person}»"


def _is_acronym(surface: str, around: Surroundings) -> bool:
    """«ABE» among words in lower case is no surname."""
    return (
        surface.isascii()
        and surface.isupper()
        and len(surface) <= _LONGEST_ACRONYM
        and any(word.text.islower() for word in (*around.before[:1], *around.after[:1]))
    )


def _judge_surname(entry: WatchEntry, form: Form, hit: Hit, text: str, around: Surroundings) -> Verdict:
    names = entry.languages[form.language]
    if hit.surface[0].islower():
        if names.is_given_name_too and not around.is_lower_case:
            return Ruling.VETOED, "in lower case among words with capitals"
        if form.twin:
            return (Ruling.LIKELY if form.twin == "plural" else Ruling.DOUBTFUL), ""
    person = _initials(entry, hit, text) or _person_before(entry, form, hit, around)
    person = person or _person_after(entry, form, hit, around)
    if person:
        return _another(person)
    # A sentence begins with the common word in the nominative, hardly ever in another case.
    if (form.twin == "word" and around.starts_sentence) or (form.twin in ("word", "oblique") and around.is_capitals):
        return Ruling.OPEN_WORD, ""
    return Ruling.OPEN, ""


def _initials(entry: WatchEntry, hit: Hit, text: str) -> str:
    """Initials that are not his: «И. Путин», «Путин И. А.»."""
    ours = {given[0].lower() for names in entry.languages.values() for given in names.given}
    line = text[max(0, hit.start - 8) : hit.start]
    before = None if _COUNTRIES.search(line) else _INITIALS_BEFORE.search(line)
    after = _INITIALS_AFTER.match(text, hit.end)
    for match in (before, after):
        if match and match.group(1).isupper() and match.group(1).lower() not in ours:
            return text[min(hit.start, match.start() + (hit.start - len(line)) * (match is before)) : hit.end]
    return ""


def _person_before(entry: WatchEntry, form: Form, hit: Hit, around: Surroundings) -> str:
    word = around.before[0] if around.before else None
    if word is None or not word.is_joined:
        return ""
    if entry.gender is Gender.MALE and word.text.lower().strip(".") in WOMANS_TITLES:
        return f"{word.text} {hit.surface}"
    if word.is_function or not word.is_capitalised or _is_ours(entry, word):
        return ""
    is_sure = not (word.starts_sentence or around.is_capitals or around.is_title_case)
    cases = () if _is_unchanging(entry, form) else form.cases
    preceding = around.before[1].text if len(around.before) > 1 else ""
    if around.after and around.after[0].text in ("'s", "’s"):
        preceding = ""  # «in Kobo Abe's novel» is no place
    if is_given_name(word.text, entry.origin, cases, preceding=preceding, is_capital_sure=is_sure):
        return f"{word.text} {hit.surface}"
    return ""


def _person_after(entry: WatchEntry, form: Form, hit: Hit, around: Surroundings) -> str:
    word = around.after[0] if around.after else None
    if word is None or word.is_function or not word.is_capitalised or around.is_title_case or around.is_capitals:
        return ""
    folded = word.text.lower()
    if entry.languages[form.language].is_given_name_too:
        is_other = folded not in _AFTER_SURNAME and not word.text.isupper()
    else:
        is_other = entry.origin is Origin.JAPANESE and is_given_name(
            word.text, entry.origin, (), preceding="", is_capital_sure=False
        )
    return f"{hit.surface} {word.text}" if is_other and not _is_ours(entry, word) else ""


def _is_ours(entry: WatchEntry, word: Word) -> bool:
    folded = word.text.lower()
    return any(folded in given.lower().split() for names in entry.languages.values() for given in names.given)


def _is_unchanging(entry: WatchEntry, form: Form) -> bool:
    return form.name in entry.languages[form.language].forms or not form.cases


def _judge_derived(entry: WatchEntry, form: Form, hit: Hit, text: str, around: Surroundings) -> Verdict:
    """Adjectives of a place are surnames too («Ольга Крымская»), and brands («Крымский титан» in quotation marks)."""
    if entry.kind is not Kind.PLACE or hit.surface.isascii() or not hit.surface[0].isupper():
        return Ruling.COUNTS, ""
    word = around.before[0] if around.before else None
    line = text[max(0, hit.start - 8) : hit.start]
    if _INITIALS_BEFORE.search(line) and line.rstrip(" \u00a0.")[-1].isupper():
        return Ruling.VETOED, "a surname: an initial stands before it"
    if word and word.is_joined and word.is_capitalised and not around.is_capitals:
        is_sure = not word.starts_sentence
        if is_given_name(word.text, Origin.ANY, form.cases, preceding="", is_capital_sure=is_sure):
            return Ruling.VETOED, f"a surname: «{word.text} {hit.surface}»"
    if around.quoted_words and around.quoted_words <= _LONGEST_TITLE and not around.is_capitals:
        return Ruling.VETOED, "a title or brand in quotation marks"
    return Ruling.COUNTS, ""


def _judge_twin(form: Form, hit: Hit, around: Surroundings) -> Verdict:
    """A place whose name is a common word too: «Курил» is also «he smoked», «Курили» also «they smoked»."""
    if hit.surface[0].islower():
        return Ruling.VETOED, f"a common word in lower case: «{hit.surface}»"
    if not (around.starts_sentence or around.is_capitals):
        return _BY_ROLE[form.role], ""
    before = around.before[0] if around.before else None
    if form.twin == "verb":
        follows_preposition = before is not None and is_preposition(before.text.lower())
        return (Ruling.COUNTS if follows_preposition else Ruling.DOUBTFUL), ""
    return Ruling.LIKELY, ""
