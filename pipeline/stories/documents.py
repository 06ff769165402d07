"""Copies and stories of a pile of documents, offline: the same decisions as on the path, with an index in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.ports import StoryCandidate
from pipeline.records import Fingerprint
from pipeline.stories.copies import find_original
from pipeline.stories.fingerprint import make_fingerprint
from pipeline.stories.stories import STORY_WINDOW, find_story

_COPY_WINDOW = timedelta(days=30)
_STRONG_TERMS = 8
"""Sharing one of these makes a candidate for the story, as sharing a watch entry does on the path."""
_MAX_CANDIDATES = 400
"""Of those, the newest."""
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


def place_documents(documents: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Documents {id, title, text, date, lang} → {id, copy_of (id or None), story (number)}, in the order given.

    They are placed in the order of their dates (ISO 8601; those without one first, in the order given). Raises
    KeyError when a document has no id.
    """
    rows = [(_date(row.get("date")), index, row) for index, row in enumerate(documents)]
    index = _Index()
    placed: dict[int, dict[str, Any]] = {}
    ids = [row["id"] for _, _, row in rows]
    for seen_at, number, row in sorted(rows, key=lambda item: item[:2]):
        language = str(row.get("lang") or "")
        fingerprint = make_fingerprint(str(row.get("title") or ""), str(row.get("text") or ""), language)
        candidates = index.candidates(fingerprint, seen_at)
        original = find_original(fingerprint, candidates)
        story = original.story_id if original else find_story(fingerprint, language, (), candidates, seen_at)
        candidate = StoryCandidate(
            article_id=number,
            story_id=number if story is None else story,
            source="",
            exact=fingerprint.exact,
            shingles=frozenset(fingerprint.shingles),
            terms=fingerprint.terms,
            language=language,
            entries=frozenset(),
            seen_at=seen_at,
            is_history=False,
            copy_of=None if original is None else _first(original),
        )
        index.add(candidate)
        placed[number] = {
            "id": row["id"],
            "copy_of": None if candidate.copy_of is None else ids[candidate.copy_of],
            "story": candidate.story_id,
        }
    return (placed[number] for number in range(len(rows)))


class _Index:
    """Candidates by exact hash, shingle and strong term; within the windows."""

    def __init__(self) -> None:
        self._by_exact: dict[str, list[StoryCandidate]] = defaultdict(list)
        self._by_shingle: dict[int, list[StoryCandidate]] = defaultdict(list)
        self._by_term: dict[str, list[StoryCandidate]] = defaultdict(list)

    def add(self, candidate: StoryCandidate) -> None:
        if candidate.exact:
            self._by_exact[candidate.exact].append(candidate)
        for shingle in candidate.shingles:
            self._by_shingle[shingle].append(candidate)
        for term in _strong_terms(candidate.terms):
            self._by_term[term].append(candidate)

    def candidates(self, fingerprint: Fingerprint, seen_at: datetime) -> list[StoryCandidate]:
        found: dict[int, StoryCandidate] = {}
        for candidate in self._by_exact.get(fingerprint.exact, ()):
            found[candidate.article_id] = candidate
        for shingle in fingerprint.shingles:
            for candidate in reversed(self._by_shingle.get(shingle, ())):
                if seen_at - candidate.seen_at > _COPY_WINDOW:
                    break
                found[candidate.article_id] = candidate
        for term in _strong_terms(fingerprint.terms):
            for candidate in self._by_term.get(term, ())[-_MAX_CANDIDATES:]:
                if seen_at - candidate.seen_at <= STORY_WINDOW:
                    found[candidate.article_id] = candidate
        return list(found.values())


def _strong_terms(terms: Mapping[str, float]) -> list[str]:
    return sorted(terms, key=lambda term: -terms[term])[:_STRONG_TERMS]


def _first(original: StoryCandidate) -> int:
    return original.article_id if original.copy_of is None else original.copy_of


def _date(written: Any) -> datetime:
    try:
        parsed = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    except ValueError:
        return _NO_DATE
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
