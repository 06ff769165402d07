"""Two spellings of one word become one string, and every place in it still points into the text given.

Folded away: case, ё/е, typographic apostrophes and dashes, full-width letters, half-width katakana, Latin diacritics
(Shinzō), stress marks (Пу́тин), decomposed letters, soft hyphens and zero-width characters, white space of any kind and
length, hyphens at the end of a line (Ку-⏎нашир).

Most texts need nothing that changes their length; they take the quick way, where an index is its own place. The slow
way goes character by character (Unicode Standard Annex 15 for what composes).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

PARAGRAPH = "\n"
"""An empty line: no name goes across it."""

_APOSTROPHES = "’‘ʼʹ`´′＇"
_HYPHENS = "‐‑‒–−"
_SPACES = "\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\r\v\f\u0085\u2028"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e"
_REPLACED = (
    *((mark, "'") for mark in _APOSTROPHES),
    *((mark, "-") for mark in _HYPHENS),
    *((mark, " ") for mark in _SPACES),
)
# Letters with diacritics and full-width forms: one character each, folded too.
_ONE_TO_ONE = re.compile("[\u00c0-\u024f\u1e00-\u1eff\uff01-\uff5e]")
# Characters that vanish or merge with a neighbour.
_MERGING = re.compile(f"[{_INVISIBLE}\u0300-\u036f\u3099\u309a\uff65-\uff9f]")
_UNUSUAL = re.compile(f"{_ONE_TO_ONE.pattern[:-1]}{_MERGING.pattern[1:]}")
_BROKEN_LINES = ("-\n", "-\r\n", "- \n", "‐\n", "‑\n", "\u00ad\n")
_RAGGED = ("  ", " \n", "\n ", "-\n", "\n\n\n")


@dataclass(frozen=True, slots=True)
class Folded:
    text: str
    places: tuple[int, ...] | None
    """Index in the text given for each character; None: the same index."""
    ends: tuple[int, ...] | None
    """Where each character ends in the text given."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place of `text[start:end]` in the text given. The span is not empty."""
        if self.places is None or self.ends is None:
            return start, end
        return self.places[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold a whole text."""
    quick = text
    if not quick.isascii() and _UNUSUAL.search(quick):
        if _MERGING.search(quick):
            return _fold_slowly(text, joins_lines=True)
        quick = _ONE_TO_ONE.sub(lambda match: _plain_letter(match.group()), quick)
    for foreign, plain in _REPLACED if not quick.isascii() else (("`", "'"), ("\t", " "), ("\r", " ")):
        quick = quick.replace(foreign, plain)
    lowered = quick.lower()
    if len(lowered) != len(text) or any(ragged in lowered for ragged in _RAGGED):
        return _fold_slowly(text, joins_lines=True)
    return Folded(_lines_to_spaces(lowered.replace("ё", "е")), None, None)


def fold_broken_lines(text: str) -> Folded | None:
    """The other reading of a text with hyphens at line ends, where they belong to the word (крымско-⏎татарский).

    None when there are none.
    """
    if not any(broken in text for broken in _BROKEN_LINES):
        return None
    return _fold_slowly(text, joins_lines=False)


def fold_word(text: str) -> str:
    """Fold a name, as written in a watchlist."""
    return " ".join(_fold_slowly(text, joins_lines=True).text.split())


def _lines_to_spaces(text: str) -> str:
    if "\n" not in text:
        return text
    # An empty line stays a line end, of two characters so that indexes hold.
    return text.replace("\n\n", "\r\r").replace("\n", " ").replace("\r", PARAGRAPH)


def _plain_letter(letter: str) -> str:
    """A letter without its diacritics, or the ordinary form of a full-width one; always one character."""
    plain = unicodedata.normalize("NFKD", letter)
    return plain[0] if plain[0].isascii() else letter


def _fold_slowly(text: str, *, joins_lines: bool) -> Folded:
    characters: list[str] = []
    places: list[int] = []
    ends: list[int] = []
    index = 0
    while index < len(text):
        character = text[index]
        if character in _INVISIBLE:
            index += 1
            continue
        if unicodedata.combining(character) or character in "\uff9e\uff9f":
            if characters:
                ends[-1] = index + 1
                merged = unicodedata.normalize("NFKC", characters[-1] + unicodedata.normalize("NFKC", character))
                if len(merged) == 1:
                    characters[-1] = _fold_character(merged)
            index += 1
            continue
        if character.isspace():
            stop = index
            while stop < len(text) and (text[stop].isspace() or text[stop] in _INVISIBLE):
                stop += 1
            lines = text.count("\n", index, stop)
            hyphenated = lines == 1 and len(characters) > 1 and characters[-1] == "-" and characters[-2].isalpha()
            if hyphenated and stop < len(text) and text[stop].isalpha():
                if joins_lines and text[stop].islower() == text[places[-2]].islower():
                    del characters[-1], places[-1], ends[-1]
            else:
                characters.append(PARAGRAPH if lines > 1 else " ")
                places.append(index)
                ends.append(stop)
            index = stop
            continue
        for folded in _fold_character(character):
            characters.append(folded)
            places.append(index)
            ends.append(index + 1)
        index += 1
    return Folded("".join(characters), tuple(places), tuple(ends))


def _fold_character(character: str) -> str:
    if character in _APOSTROPHES:
        return "'"
    if character in _HYPHENS:
        return "-"
    if _ONE_TO_ONE.match(character):
        return _plain_letter(character).lower()
    if "\uff65" <= character <= "\uff9f":
        return unicodedata.normalize("NFKC", character)
    lowered = character.lower()
    if len(lowered) != 1:
        lowered = lowered[0]
    return "е" if lowered == "ё" else lowered
