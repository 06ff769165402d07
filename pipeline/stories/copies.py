"""Whether a text is a copy of one we have: the same wire, perhaps cut, corrected or in another frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipeline.ports import StoryCandidate
from pipeline.records import Fingerprint
from pipeline.stories.fingerprint import MAX_NUMBERS, NUMBER_PREFIX, hash_number

MIN_SHARED = 3
MIN_KEYS = 6
"""Of the smaller text: a headline alone is a copy only when it is the same, word for word."""
MIN_CONTAINMENT = 0.6
MIN_AGREEMENT = 0.7
"""Of the numbers, below which two alike texts are one form filled in twice (market reports, weather, fixings)."""


def find_original(fingerprint: Fingerprint, candidates: Sequence[StoryCandidate]) -> StoryCandidate | None:
    """The candidate this is a copy of, or None. The same text before an alike one; of several, the earliest."""
    if fingerprint.exact:
        same = [candidate for candidate in candidates if candidate.exact == fingerprint.exact]
        if same:
            return min(same, key=_age)
    alike = [candidate for candidate in candidates if is_copy(fingerprint, candidate)]
    return min(alike, key=_age) if alike else None


def is_copy(fingerprint: Fingerprint, candidate: StoryCandidate) -> bool:
    shared, containment = compare_shingles(fingerprint.shingles, candidate.shingles)
    return (
        shared >= MIN_SHARED
        and containment >= MIN_CONTAINMENT
        and compare_numbers(fingerprint.terms, candidate.terms) >= MIN_AGREEMENT
    )


def compare_shingles(one: Collection[int], other: Collection[int]) -> tuple[int, float]:
    """How many keys two samples share, and what part of the smaller one that is (0 when either is too small)."""
    mask = (1 << max(_power(one), _power(other))) - 1
    ones = {key for key in one if key & mask == 0}
    others = {key for key in other if key & mask == 0}
    smaller = min(len(ones), len(others))
    shared = len(ones & others)
    return shared, shared / smaller if smaller >= MIN_KEYS else 0.0


def compare_numbers(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """From 1, one text has no number that the other lacks, to 0, both have numbers and none in common."""
    ones, others = _numbers(one), _numbers(other)
    # A full sample says nothing of numbers that hash beyond its last.
    for sample in (list(ones.values()), list(others.values())):
        if len(sample) == MAX_NUMBERS:
            limit = max(sample)
            ones = {number: key for number, key in ones.items() if key <= limit}
            others = {number: key for number, key in others.items() if key <= limit}
    common = len(ones.keys() & others.keys())
    differing = min(len(ones), len(others)) - common
    return common / (common + differing) if differing else 1.0


def _numbers(terms: Mapping[str, float]) -> dict[str, int]:
    return {term: hash_number(term.removeprefix(NUMBER_PREFIX)) for term in terms if term[:1] == NUMBER_PREFIX}


def _power(sample: Collection[int]) -> int:
    """The power of two a sample was taken at, as its keys tell."""
    return min(((key & -key).bit_length() - 1 for key in sample if key), default=0)


def _age(candidate: StoryCandidate) -> tuple[bool, float, int]:
    return (candidate.copy_of is not None, candidate.seen_at.timestamp(), candidate.article_id)
