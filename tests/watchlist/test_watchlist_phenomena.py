"""What counts as a mention and what does not, phenomenon by phenomenon, with the language known, unknown and wrong."""

from __future__ import annotations

import pytest
from marked import read_marked
from phenomena import PHENOMENA

from pipeline.watchlist.tag import Tagger

CASES = [
    pytest.param(language, marked, id=f"{phenomenon}: {marked[:60]}")
    for phenomenon, cases in PHENOMENA.items()
    for language, marked in cases
]


@pytest.mark.parametrize(("language", "marked"), CASES)
def test_mentions_are_where_they_are_marked(tagger: Tagger, language: str, marked: str) -> None:
    text, expected = read_marked(marked)
    wrong = {"en": "ru", "ru": "uk", "uk": "ru", "ja": "en"}[language]
    for given in (language, "", wrong):
        found = [(mention.entry, mention.start, mention.end) for mention in tagger("", text, given).mentions]
        assert found == expected, f"language {given!r}"
