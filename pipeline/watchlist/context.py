"""Words of an article that speak for a watch entry or against it, looked up only where a name is in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from ahocorasick_rs import AhoCorasick, MatchKind

from pipeline.watchlist.entries import WatchEntry
from pipeline.watchlist.folding import fold, fold_word
from pipeline.watchlist.japanese import is_japanese

NEAR = 250
"""Characters between a name and a context word that may decide about this one place."""

_MOST_CLUES = 1_000


class Speaks(Enum):
    FOR = auto()
    AGAINST = auto()
    FOR_COMMON_WORD = auto()


@dataclass(frozen=True, slots=True)
class Clue:
    where: str
    start: int
    word: str
    """As the watchlist has it."""
    speaks: Speaks


class ContextScanner:
    """The context words of one entry in all its languages."""

    def __init__(self, entry: WatchEntry) -> None:
        self._words: list[tuple[str, str, Speaks]] = []
        for names in entry.languages.values():
            sides = {
                Speaks.FOR: names.context.supporting,
                Speaks.AGAINST: names.context.opposing,
                Speaks.FOR_COMMON_WORD: names.context.common,
            }
            for speaks, words in sides.items():
                self._words += [(fold_word(word.rstrip("*")), word, speaks) for word in words]
        # `*` as a pattern of its own would be empty; the schema does not let it pass.
        self._automaton = AhoCorasick([word for word, _, _ in self._words], matchkind=MatchKind.Standard)

    def find(self, where: str, text: str) -> list[Clue]:
        """Every clue in a field, in order of place."""
        folded = fold(text)
        clues: list[Clue] = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            _, word, speaks = self._words[index]
            if _is_word(folded.text, start, end, is_stem=word.endswith("*")):
                clues.append(Clue(where, folded.span(start, end)[0], word, speaks))
                if len(clues) == _MOST_CLUES:
                    break
        return clues


def first_clue(clues: Iterable[Clue], *sides: Speaks) -> Clue | None:
    return next((clue for clue in clues if clue.speaks in sides), None)


def near(clues: Iterable[Clue], where: str, start: int, end: int) -> list[Clue]:
    return [clue for clue in clues if clue.where == where and start - NEAR <= clue.start <= end + NEAR]


def _is_word(text: str, start: int, end: int, *, is_stem: bool) -> bool:
    if is_japanese(text[start]):
        return True
    if start and text[start - 1].isalnum() and not is_japanese(text[start - 1]):
        return False
    return is_stem or end == len(text) or not text[end].isalnum() or is_japanese(text[end])
