"""One pass of an Aho-Corasick automaton over a folded text: where forms of the watchlist stand, as whole words.

The automaton reports every occurrence, inside words too; whether one stands free is decided here by its neighbours, and
then, for each entry, the leftmost and of those the longest wins. Exclusions are forms like any other: «Crimean War»
is longer than «Crimean», so it wins and hides it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from pipeline.watchlist.folding import Folded, fold, fold_broken_lines
from pipeline.watchlist.forms import Form, Role
from pipeline.watchlist.japanese import is_bounded, is_japanese

_STRICT = (Role.NAME, Role.LIKELY, Role.DOUBTFUL)
_AFTER_APOSTROPHE = re.compile(r"'[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Hit:
    """Forms of one entry that are written alike, at one place. Offsets count in the text given."""

    entry: str
    start: int
    end: int
    surface: str
    """`text[start:end]`."""
    forms: tuple[Form, ...]


class Scanner:
    """Compiled forms. Safe to share between threads: it keeps nothing of the texts."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self._forms: dict[str, list[Form]] = {}
        for form in forms:
            self._forms.setdefault(form.text, []).append(form)
        self._patterns = list(self._forms)
        self._automaton = AhoCorasick(
            self._patterns, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def scan(self, text: str, language: str) -> list[Hit]:
        """Hits of all entries in order of place, none overlapping another of its entry."""
        if not text:
            return []
        hits = self._find(text, fold(text), language)
        unbroken = fold_broken_lines(text)
        if unbroken is not None:
            hits += self._find(text, unbroken, language)
        return _leftmost_longest(hits) if hits else []

    def _find(self, text: str, folded: Folded, language: str) -> list[Hit]:
        hits = []
        for pattern, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            by_entry: dict[str, list[Form]] = {}
            for form in self._forms[self._patterns[pattern]]:
                if _stands_free(folded.text, start, end, form):
                    by_entry.setdefault(form.entry, []).append(form)
            for entry, forms in by_entry.items():
                first, last = folded.span(start, end - forms[0].is_prefix)
                surface = text[first:last]
                fitting = [form for form in forms if not form.exact or form.exact == surface]
                if fitting:
                    # An exact exclusion is meant for this very spelling; else the form of the article's language.
                    fitting.sort(key=lambda form: (not form.exact, form.language != language))
                    hits.append(Hit(entry, first, last, surface, tuple(fitting)))
        return hits


def _leftmost_longest(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    upto: dict[str, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start >= upto.get(hit.entry, 0):
            upto[hit.entry] = hit.end
            kept.append(hit)
    return kept


def _stands_free(text: str, start: int, end: int, form: Form) -> bool:
    if form.language == "ja" and is_japanese(text[start]):
        return is_bounded(text, start, end, is_strict=form.role in _STRICT)
    if start and _continues(text[start - 1]):
        return False
    if form.is_prefix:
        return end < len(text) and text[end].isalpha()
    if end == len(text):
        return True
    # «Putin's» is the name, «п'ять» is one word.
    return not _continues(text[end]) and not _AFTER_APOSTROPHE.match(text, end)


def _continues(neighbour: str) -> bool:
    """A letter or digit of an alphabet; Japanese beside a Latin or Cyrillic word is another word."""
    return neighbour.isalnum() and not is_japanese(neighbour)
