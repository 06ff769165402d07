"""What stands around a form that was found: spaCy reads a window of a few words, never the whole text.

The automaton finds letters; spaCy's tokenizer (a blank pipeline: no model, nothing trained) decides what is a word.
It tells an address (`www.crimea.example`, a mail address) from a name, the possessive `'s` and an initial from a
word, a function word at the start of a sentence («When Abe …») from a given name, and its PhraseMatcher finds the words
of the watchlist that make another thing of a name beside them («Crimea Road», «теплоход „Крым“»).

spaCy is imported with the first window, so a text without a hit never pays for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.watchlist.entries import Beside

_REACH = 90
"""Characters of a window on either side: about a dozen words."""
_QUOTES = "\"'«»„“”‘’‹›「」『』"
_OPENING = "\"'«„“‘‹「『"
_CLOSING = "\"'»”“’›」』"
_SENTENCE_MARKS = ".!?…\n"
_DASHES = "-–—―"
_ADDRESS = re.compile(r"[@/\\]|\w\.\w")
_TITLED_SHARE = 0.7
_WORDS_SEEN = 3
_LONGEST_FUNCTION_WORD = 3


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    is_function: bool
    """A word of grammar: when, and, но, про."""
    is_joined: bool
    """No quotation mark stands between it and the name."""
    starts_sentence: bool = False

    @property
    def is_capitalised(self) -> bool:
        return self.text[:1].isupper()


@dataclass(frozen=True, slots=True)
class Surroundings:
    before: tuple[Word, ...]
    """Nearest first, at most three, up to a comma or the start of the sentence."""
    after: tuple[Word, ...]
    is_address: bool
    quoted_words: int
    """How many words the quotation that begins right before the name has; 0: none begins there."""
    starts_sentence: bool
    is_capitals: bool
    """The words around are in capitals, so a capital says nothing."""
    is_title_case: bool
    is_lower_case: bool
    """No capital anywhere around."""
    beside: str
    """The words beside the name that make another thing of it."""
    is_beside_quoted: bool
    """They do so because the name is in quotation marks («теплохода „Крым“», which then stays in the nominative)."""


class Windows:
    """Tokenizers of the alphabets and the beside-words of the entries, loaded when first needed."""

    def __init__(self, beside: Mapping[str, Iterable[tuple[str, Beside]]]) -> None:
        """`beside` gives for each entry (language, words); words are whole forms, any case."""
        self._beside = {entry: tuple(parts) for entry, parts in beside.items()}
        self._readers: dict[str, tuple[Any, Any]] = {}

    def around(self, text: str, start: int, end: int, entry: str, language: str) -> Surroundings:
        """Read the window around `text[start:end]`, a form of `entry`."""
        left, right = _window(text, start, end)
        window = text[left:right].replace("ё", "е").replace("Ё", "Е").replace("\u00a0", " ")
        pipeline, matcher = self._reader(text[start], language)
        doc = pipeline.make_doc(window)
        tokens = list(doc)
        inner = [token for token in tokens if token.idx < end - left and token.idx + len(token) > start - left]
        first, last = inner[0].i, inner[-1].i
        words = [token.text for token in _same_line(tokens, first, last) if token.is_alpha]
        long_words = [word for word in words if len(word) > _LONGEST_FUNCTION_WORD]
        beside, is_beside_quoted = _beside_phrase(doc, tokens, matcher, entry, first, last)
        return Surroundings(
            before=_words_before(tokens, first),
            after=_words_after(tokens, last),
            is_address=any(
                (token.like_url or token.like_email or token.text.startswith("@")) and _ADDRESS.search(token.text)
                for token in inner
            )
            or text[start - 1 : start] == "@",
            quoted_words=_quoted_words(tokens, first, last),
            starts_sentence=_starts_sentence(text, start),
            is_capitals=bool(words) and all(word.isupper() for word in words) and text[start:end].isupper(),
            is_title_case=len(long_words) > 1
            and sum(word[0].isupper() for word in long_words) >= _TITLED_SHARE * len(long_words),
            is_lower_case=window.islower(),
            beside=beside,
            is_beside_quoted=is_beside_quoted,
        )

    def _reader(self, letter: str, language: str) -> tuple[Any, Any]:
        code = "en" if letter.isascii() else "uk" if language == "uk" else "ru"
        if code not in self._readers:
            self._readers[code] = self._load(code)
        return self._readers[code]

    def _load(self, code: str) -> tuple[Any, Any]:
        import spacy
        from spacy.matcher import PhraseMatcher

        pipeline = spacy.blank(code)
        matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
        for entry, parts in self._beside.items():
            for language, beside in parts:
                if (language == "en") != (code == "en"):
                    continue
                for side in ("before", "after", "before_quoted"):
                    docs = [pipeline.make_doc(phrase.lower()) for phrase in getattr(beside, side)]
                    if docs:
                        matcher.add(f"{entry} {side}", docs)
        return pipeline, matcher


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    left, right = max(0, start - _REACH), min(len(text), end + _REACH)
    if left:
        space = text.find(" ", left, start)
        left = left if space < 0 else space + 1
    if right < len(text):
        space = text.rfind(" ", end, right)
        right = right if space < 0 else space
    return left, right


def _words_before(tokens: list[Any], first: int) -> tuple[Word, ...]:
    words: list[Word] = []
    is_joined = True
    for token in reversed(tokens[:first]):
        if token.text in _QUOTES:
            is_joined = False
        elif not _is_word(token) or len(words) == _WORDS_SEEN:
            break
        else:
            words.append(Word(token.text, token.is_stop, is_joined, _is_first(tokens, token.i)))
    return tuple(words)


def _words_after(tokens: list[Any], last: int) -> tuple[Word, ...]:
    words: list[Word] = []
    for token in tokens[last + 1 :]:
        if not _is_word(token) or len(words) == _WORDS_SEEN:
            break
        words.append(Word(token.text, token.is_stop, True))
    return tuple(words)


def _same_line(tokens: list[Any], first: int, last: int) -> list[Any]:
    """The tokens around the name in its own line: a headline above it is written otherwise."""
    left, right = first, last + 1
    while left and "\n" not in tokens[left - 1].text:
        left -= 1
    while right < len(tokens) and "\n" not in tokens[right].text:
        right += 1
    return [*tokens[left:first], *tokens[last + 1 : right]]


def _is_first(tokens: list[Any], at: int) -> bool:
    """Whether the token is the first word of the window or of a sentence."""
    while at and (tokens[at - 1].text in _QUOTES or tokens[at - 1].text in _DASHES):
        at -= 1
    return at == 0 or tokens[at - 1].text[-1] in _SENTENCE_MARKS


def _is_word(token: Any) -> bool:
    """A word, an initial or a possessive ending; not punctuation, a number or a line end."""
    text = token.text
    return bool(text[0].isalpha() or (text[0] in "'’" and len(text) > 1))


def _quoted_words(tokens: list[Any], first: int, last: int) -> int:
    """Words of the quotation that begins right before the name and ends within the window."""
    if (
        first == 0
        or tokens[first - 1].text[-1] not in _OPENING
        or tokens[first].idx != tokens[first - 1].idx + len(tokens[first - 1])
    ):
        return 0
    count = 1
    for token in tokens[last + 1 :]:
        if token.text[0] in _CLOSING and token.text[:2] not in ("'s", "’s"):
            return count
        if not token.is_punct and not token.is_space:
            count += 1
    return 0


def _starts_sentence(text: str, start: int) -> bool:
    at = start - 1
    while at >= 0 and (text[at] in _QUOTES or text[at] in _DASHES or text[at] in " \u00a0([*•"):
        at -= 1
    return at < 0 or text[at] in _SENTENCE_MARKS


def _beside_phrase(doc: Any, tokens: list[Any], matcher: Any, entry: str, first: int, last: int) -> tuple[str, bool]:
    before, is_quoted = first, False
    while before and tokens[before - 1].text in _QUOTES:
        before, is_quoted = before - 1, True
    after = last + 1
    while after < len(tokens) and tokens[after].text in _QUOTES:
        after += 1
    for key, start, end in matcher(doc):
        owner, side = doc.vocab.strings[key].split(" ")
        if owner == entry and (
            (side == "after" and start == after)
            or (side == "before" and end == before)
            or (side == "before_quoted" and end == before and is_quoted)
        ):
            return str(doc[start:end].text), side == "before_quoted"
    return "", False
