"""Which story an article belongs to. Decided from the candidates alone; nothing is remembered here.

Terms are compared in one language. Across languages only copies (never) and numbers could tell at this depth, so an
event reported in two languages is two stories, one a language.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import exp, log, sqrt

from pipeline.ports import StoryCandidate
from pipeline.records import Fingerprint

STORY_WINDOW = timedelta(hours=72)
"""How far apart two neighbouring articles of one story may lie."""
MIN_SIMILARITY = 0.25
ENTRIES_BONUS = 0.03
"""For watch entries in common: half the candidates share one, so it says little."""
DECAY_HOURS = 240.0


def find_story(
    fingerprint: Fingerprint,
    language: str,
    entries: Collection[str],
    candidates: Sequence[StoryCandidate],
    now: datetime,
) -> int | None:
    """The story id an article of time `now` belongs to, or None when it opens one.

    Every story is measured by its articles in this language within 72 h: the mean of the nearest one and of all.
    """
    near = [
        candidate
        for candidate in candidates
        if candidate.language == language and abs(candidate.seen_at - now) <= STORY_WINDOW
    ]
    if not near or not fingerprint.terms:
        return None
    rarity = measure_rarity([candidate.terms for candidate in near])
    ours = _vector(fingerprint.terms, rarity)
    scores: dict[int, list[float]] = defaultdict(list)
    for candidate in near:
        similarity = _cosine(ours, _vector(candidate.terms, rarity))
        hours = abs(candidate.seen_at - now).total_seconds() / 3600
        bonus = ENTRIES_BONUS if candidate.entries & set(entries) else 0.0
        scores[candidate.story_id].append((similarity + bonus * (similarity > 0)) * exp(-hours / DECAY_HOURS))
    story, score = max(
        ((story, (max(values) + sum(values) / len(values)) / 2) for story, values in scores.items()),
        key=lambda item: (item[1], -item[0]),
    )
    return story if score >= MIN_SIMILARITY else None


def measure_rarity(documents: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Inverse document frequency of every term in these documents; one that nobody has would weigh log(n + 2)."""
    frequency = Counter(term for terms in documents for term in terms)
    return {term: log((len(documents) + 2) / (count + 0.5)) for term, count in frequency.items()}


def _vector(terms: Mapping[str, float], rarity: Mapping[str, float]) -> dict[str, float]:
    unseen = max(rarity.values(), default=1.0)
    weighted = {term: weight * rarity.get(term, unseen) for term, weight in terms.items()}
    length = sqrt(sum(weight * weight for weight in weighted.values()))
    return {term: weight / length for term, weight in weighted.items()} if length else {}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())
