"""What a text is recognised by: an exact hash, sampled shingles, and its strongest terms.

Shingles are hashes of every 4 neighbouring words (8 characters of Japanese and Chinese), of which those divisible by
a power of two are kept (Manasse's "mod" sampling): two texts keep the same ones of what they share, whatever surrounds
it. The power grows with the length of the text, so that short ones keep all and long ones a few dozen; sets of
different powers are compared at the larger one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from math import log

import xxhash

from pipeline.records import Fingerprint
from pipeline.stories.stopwords import STOP_TERMS
from pipeline.stories.words import is_cjk, is_number, plain_number, split_terms, split_tokens

MAX_SHINGLES = 48
"""Between half of this and this many keys are kept of a long text."""
MAX_TERMS = 40
MAX_NUMBERS = 16
"""Of the terms, those that are numbers; under their own prefix and outside the 40."""
NUMBER_PREFIX = "#"

_WORDS_A_SHINGLE = 4
_CHARACTERS_A_SHINGLE = 8
_SHORT_TOKENS = 20
"""A text shorter than this is known by its title too: «Watch live.» is no copy of another «Watch live.»"""
_TITLE_WEIGHT = 3.0
_LEAD_WEIGHT = 2.0
_LEAD_TERMS = 60
_TEXT_TERMS = 400
"""Terms are sought in this many words from the start: what an article is about stands in front."""


def make_fingerprint(title: str, text: str, language: str) -> Fingerprint:
    """Everything empty for an empty text; such a fingerprint matches nothing."""
    body = split_tokens(text)
    if len(body) < _SHORT_TOKENS:
        body = split_tokens(title) + body
    return Fingerprint(
        exact=xxhash.xxh3_128_hexdigest(_bytes(body)) if body else "",
        shingles=_sample(_shingles(body)),
        terms={**_weigh_terms(title, text), **_numbers(body)},
    )


def hash_number(number: str) -> int:
    """What a sample of numbers is taken by."""
    return xxhash.xxh64_intdigest(number.encode())


def _bytes(tokens: list[str]) -> bytes:
    return " ".join(tokens).encode("utf-8", "surrogatepass")


def _shingles(tokens: list[str]) -> set[int]:
    width = _CHARACTERS_A_SHINGLE if is_cjk(tokens) else _WORDS_A_SHINGLE
    return {xxhash.xxh64_intdigest(_bytes(tokens[start : start + width])) for start in range(len(tokens) - width + 1)}


def _sample(hashes: set[int]) -> tuple[int, ...]:
    kept: Iterable[int] = hashes
    mask = 1
    while len(kept := [number for number in kept if number & (mask - 1) == 0]) > MAX_SHINGLES:
        mask *= 2
    return tuple(sorted(number - 2**64 if number >= 2**63 else number for number in kept))


def _weigh_terms(title: str, text: str) -> dict[str, float]:
    counts: dict[str, float] = defaultdict(float)
    for index, term in enumerate(split_terms(text)):
        if index >= _TEXT_TERMS:
            break
        counts[term] += _LEAD_WEIGHT if index < _LEAD_TERMS else 1.0
    for term in split_terms(title):
        counts[term] += _TITLE_WEIGHT
    weights = {
        term: 1 + log(count)
        for term, count in counts.items()
        if len(term) > 1 and term not in STOP_TERMS and not is_number(term)
    }
    strongest = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MAX_TERMS]
    top = strongest[0][1] if strongest else 1.0
    return {term: round(weight / top, 3) for term, weight in strongest}


def _numbers(tokens: Collection[str]) -> dict[str, float]:
    """The numbers of a text; of many, those with the smallest hashes, so that two texts keep the same ones."""
    numbers = {plain_number(token) for token in tokens if is_number(token)}
    kept = sorted(numbers, key=hash_number)[:MAX_NUMBERS]
    return {NUMBER_PREFIX + number: 0.1 for number in kept}
