"""From what a person wrote in the watchlist to every written form that is looked for, once, at compile time.

Russian and Ukrainian names are inflected through all cases, phrases in agreement («южных Курилах», «Владимира
Путина»); English words made from a name get their plural, possessives need no form. Forms under `forms:` replace the
dictionary where it is wrong or silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline.watchlist.entries import Alone, Gender, Kind, LanguageNames, WatchEntry, Watchlist
from pipeline.watchlist.folding import fold_word
from pipeline.watchlist.morphology import INFLECTED, inflect, inflect_together, twin_of

EXACT = "="
"""Before an exclusion: only in this very spelling, no other form, no other case."""
_GRAMMEME = {Kind.PLACE: "Geox", Kind.ORGANISATION: "Orgn", Kind.PERSON: "Surn", Kind.TOPIC: ""}


class Role(StrEnum):
    NAME = "name"
    LIKELY = "likely name"
    DOUBTFUL = "doubtful name"
    DERIVED = "word made from the name"
    FULL = "full name"
    SURNAME = "surname"
    GIVEN = "given name"
    OTHER = "another person's full name"
    EXCLUDED = "exclusion"


@dataclass(frozen=True, slots=True)
class Form:
    text: str
    """Folded."""
    entry: str
    language: str
    role: Role
    name: str
    """As the watchlist has it."""
    case: str = ""
    """Grammatical case; empty where the language or the word has none."""
    twin: str = ""
    """A common word written the same: `verb`, `word` or `plural`."""
    exact: str = ""
    """The only spelling that counts, for an exact exclusion."""

    @property
    def is_prefix(self) -> bool:
        """The first half of a compound: «крымско-»."""
        return self.text.endswith("-")


def compile_forms(watchlist: Watchlist) -> tuple[Form, ...]:
    """Every form of every entry; a text may be a form of several names."""
    forms: dict[tuple[str, str, str, Role, str], Form] = {}
    for entry in watchlist.entries:
        for language, names in entry.languages.items():
            for form in _forms_of(entry, language, names):
                forms.setdefault((form.text, form.entry, form.language, form.role, form.exact), form)
    return tuple(forms.values())


def inflect_words(words: Iterable[str], language: str) -> dict[str, str]:
    """Folded forms of plain words and phrases, each with the word it comes from."""
    forms: dict[str, str] = {}
    for word in words:
        for form in _cases(word, language, LanguageNames()):
            forms.setdefault(form, word)
    return forms


def _forms_of(entry: WatchEntry, language: str, names: LanguageNames) -> Iterator[Form]:
    is_male = entry.gender is Gender.MALE
    lemmas = _lemmas(entry)
    grammeme = _GRAMMEME[entry.kind] if entry.kind is not Kind.PERSON else ""
    for role, listed in ((Role.NAME, names.names), (Role.LIKELY, names.likely), (Role.DOUBTFUL, names.doubtful)):
        for name in listed:
            cases = _cases(name, language, names, grammeme)
            for text, case in cases.items():
                twin = twin_of(text, lemmas) if language in INFLECTED and " " not in text else ""
                yield Form(text, entry.slug, language, role, name, case, twin)
    for name in names.derived:
        for text, case in _derived_cases(name, language, names).items():
            yield Form(text, entry.slug, language, Role.DERIVED, name, case)
    yield from _person_forms(entry, language, names, is_male)
    for name in names.exclude:
        if name.startswith(EXACT):
            exact = name.removeprefix(EXACT).strip()
            yield Form(fold_word(exact), entry.slug, language, Role.EXCLUDED, exact, exact=exact)
            continue
        for text, case in _cases(name, language, names).items():
            yield Form(text, entry.slug, language, Role.EXCLUDED, name, case)


def _person_forms(entry: WatchEntry, language: str, names: LanguageNames, is_male: bool) -> Iterator[Form]:
    givens = {given: _cases(given, language, names, "Name", is_male) for given in names.given}
    others = {given: _cases(given, language, names, "Name") for given in names.others}
    for surname in names.surname:
        surname_cases = _cases(surname, language, names, "Surn", is_male)
        for text, case in surname_cases.items():
            twin = twin_of(text, _lemmas(entry)) if language in INFLECTED else ""
            yield Form(text, entry.slug, language, Role.SURNAME, surname, case, twin)
        for role, listed in ((Role.FULL, givens), (Role.OTHER, others)):
            for given, given_cases in listed.items():
                name = f"{surname}{given}" if language == "ja" else f"{given} {surname}"
                for text, case in _full_names(surname, surname_cases, given, given_cases, language, role):
                    yield Form(text, entry.slug, language, role, name, case)
    for given, cases in givens.items() if names.given_alone is not Alone.NEVER else ():
        for text, case in cases.items():
            yield Form(text, entry.slug, language, Role.GIVEN, given, case)


def _full_names(
    surname: str, surname_cases: dict[str, str], given: str, given_cases: dict[str, str], language: str, role: Role
) -> Iterator[tuple[str, str]]:
    if language == "ja":
        yield from ((text, "") for text in _japanese_full_names(surname, given))
        return
    if role is Role.OTHER:
        # A woman's surname has forms of its own («Людмилы Путиной»); only those written like his matter.
        yield from ((f"{one} {two}", "") for one in given_cases for two in surname_cases)
        yield from ((f"{two} {one}", "") for one in given_cases for two in surname_cases)
        return
    yield from inflect_together(given_cases, surname_cases).items()
    yield from inflect_together(surname_cases, given_cases).items()


def _lemmas(entry: WatchEntry) -> frozenset[str]:
    listed = [names for language, names in entry.languages.items() if language in INFLECTED]
    return frozenset(name.lower() for names in listed for name in (*names.names, *names.surname, *names.given))


def _japanese_full_names(surname: str, given: str) -> Iterator[str]:
    """安倍晋三, 安倍 晋三; ウラジーミル・プーチン, also without the dot or with another."""
    surname, given = fold_word(surname), fold_word(given)
    if "\u30a0" <= surname[0] <= "\u30ff":
        yield from (f"{given}{joint}{surname}" for joint in ("・", "", "=", " "))
    else:
        yield from (f"{surname}{joint}{given}" for joint in ("", " ", "・"))


def _cases(name: str, language: str, names: LanguageNames, grammeme: str = "", is_male: bool = False) -> dict[str, str]:
    """Folded forms of a name with their cases; empty case where nothing is inflected."""
    if name in names.forms:
        return {fold_word(form): "" for form in (name, *names.forms[name])}
    if language not in INFLECTED:
        return {fold_word(name): ""}
    inflected = inflect(name, language, grammeme, is_male)
    return {fold_word(form): case for form, case in inflected.items()}


def _derived_cases(name: str, language: str, names: LanguageNames) -> dict[str, str]:
    if name.endswith("-"):
        return {fold_word(name): ""}
    forms = _cases(name, language, names)
    if language == "en" and name not in names.forms and not name.endswith("s"):
        forms[f"{fold_word(name)}s"] = ""
    return forms
