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
from pipeline.watchlist.morphology import INFLECTED, Cases, inflect, inflect_together, twin_of

EXACT = "="
"""Before an exclusion: only in this very spelling, no other form, no other case."""
_GRAMMEME = {Kind.PLACE: "Geox", Kind.ORGANISATION: "Orgn", Kind.PERSON: "", Kind.TOPIC: ""}

_GENDER = {Gender.MALE: "masc", Gender.FEMALE: "femn", None: ""}


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
    cases: tuple[str, ...] = ()
    """Grammatical cases; none where the language or the word has none."""
    twin: str = ""
    """A common word written the same: see `morphology.twin_of`."""
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


def inflect_words(words: Iterable[str], language: str) -> tuple[str, ...]:
    """Folded forms of plain words and phrases."""
    return tuple(dict.fromkeys(form for word in words for form in _inflected(word, language, LanguageNames())))


def _forms_of(entry: WatchEntry, language: str, names: LanguageNames) -> Iterator[Form]:
    grammeme = _GRAMMEME[entry.kind]
    lemmas = _lemmas(entry)
    for role, listed in ((Role.NAME, names.names), (Role.LIKELY, names.likely), (Role.DOUBTFUL, names.doubtful)):
        for name in listed:
            for text, cases in _inflected(name, language, names, grammeme).items():
                twin = twin_of(text, lemmas) if language in INFLECTED and " " not in text else ""
                yield Form(text, entry.slug, language, role, name, cases, twin)
    for name in names.derived:
        for text, cases in _derived(name, language, names).items():
            yield Form(text, entry.slug, language, Role.DERIVED, name, cases)
    yield from _person_forms(entry, language, names)
    for name in names.exclude:
        if name.startswith(EXACT):
            exact = name.removeprefix(EXACT).strip()
            yield Form(fold_word(exact), entry.slug, language, Role.EXCLUDED, exact, exact=exact)
            continue
        for text, cases in _inflected(name, language, names).items():
            yield Form(text, entry.slug, language, Role.EXCLUDED, name, cases)


def _person_forms(entry: WatchEntry, language: str, names: LanguageNames) -> Iterator[Form]:
    gender, lemmas = _GENDER[entry.gender], _lemmas(entry)
    givens = {given: _inflected(given, language, names, "Name", gender) for given in names.given}
    others = {given: _inflected(given, language, names, "Name") for given in names.others}
    for surname in names.surname:
        surname_forms = _inflected(surname, language, names, "Surn", gender)
        for text, cases in surname_forms.items():
            twin = twin_of(text, lemmas) if language in INFLECTED else ""
            yield Form(text, entry.slug, language, Role.SURNAME, surname, cases, twin)
        for role, listed in ((Role.FULL, givens), (Role.OTHER, others)):
            for given, given_forms in listed.items():
                name = f"{surname}{given}" if language == "ja" else f"{given} {surname}"
                for text, cases in _full_names(surname, surname_forms, given, given_forms, language):
                    yield Form(text, entry.slug, language, role, name, cases)
    if names.given_alone is not Alone.NEVER:
        for given, given_forms in givens.items():
            for text, cases in given_forms.items():
                yield Form(text, entry.slug, language, Role.GIVEN, given, cases)


def _full_names(
    surname: str, surname_forms: Cases, given: str, given_forms: Cases, language: str
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if language == "ja":
        yield from ((text, ()) for text in _japanese_full_names(surname, given))
        return
    yield from inflect_together(given_forms, surname_forms).items()
    yield from inflect_together(surname_forms, given_forms).items()


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


def _inflected(name: str, language: str, names: LanguageNames, grammeme: str = "", gender: str = "") -> Cases:
    """Folded forms of a name with their cases."""
    if name in names.forms:
        return {fold_word(form): () for form in (name, *names.forms[name])}
    if language not in INFLECTED:
        return {fold_word(name): ()}
    inflected = inflect(name, language, grammeme, gender)
    return {fold_word(form): cases for form, cases in inflected.items()}


def _derived(name: str, language: str, names: LanguageNames) -> Cases:
    if name.endswith("-"):
        return {fold_word(name): ()}
    forms = _inflected(name, language, names)
    if language == "en" and name not in names.forms and not name.endswith("s"):
        forms[f"{fold_word(name)}s"] = ()
    return forms
