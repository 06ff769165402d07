"""The shared development passages, where they are present: figures may not fall below what was reached."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pipeline.watchlist.tag import Tagger

SHARED = Path(__file__).parents[3] / "shared" / "data"
ENTRIES = ("kurils", "crimea", "abe", "putin")


def rows(name: str) -> list[dict[str, Any]]:
    file = SHARED / "tagging" / name
    if not file.exists():
        pytest.skip("the shared data is not here")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def f1(counts: dict[str, int]) -> float:
    return 2 * counts["tp"] / (2 * counts["tp"] + counts["fp"] + counts["fn"])


@pytest.mark.parametrize(("name", "bar"), [("dev.jsonl", 0.99), ("dev_extra.jsonl", 0.97)])
@pytest.mark.parametrize("knows_language", [True, False])
def test_passages(tagger: Tagger, name: str, bar: float, knows_language: bool) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    false_alarms = gold = hit = predicted = stray = 0
    for row in rows(name):
        tagging = tagger("", row["text"], row["lang"] if knows_language else "")
        found = set(tagging.entries()) - set(row["ambiguous"])
        wanted = set(row["tags"]) - set(row["ambiguous"])
        for entry in set(ENTRIES) - set(row["ambiguous"]):
            kind = {(True, True): "tp", (True, False): "fp", (False, True): "fn"}.get((entry in found, entry in wanted))
            if kind:
                counts["all"][kind] += 1
                counts[row["lang"]][kind] += 1
        false_alarms += row["kind"] == "hardneg" and bool(found)
        spans = [(span["tag"], span["start"], span["end"]) for span in row["spans"]]
        ours = [(one.entry, one.start, one.end) for one in tagging.mentions if one.entry not in row["ambiguous"]]
        gold += len(spans)
        hit += sum(any(overlap(one, other) for other in ours) for one in spans)
        predicted += len(ours)
        stray += sum(not any(overlap(one, other) for other in spans) for one in ours)
    assert f1(counts["all"]) >= bar
    for language in ("en", "ru", "uk", "ja"):
        assert f1(counts[language]) >= bar - 0.01, language
    assert false_alarms <= 1
    assert hit / gold >= 0.98
    assert stray / predicted <= 0.02


def overlap(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def test_the_seed_article(tagger: Tagger) -> None:
    file = SHARED / "seed" / "gold.json"
    if not file.exists():
        pytest.skip("the shared data is not here")
    article = json.loads(file.read_text(encoding="utf-8"))
    tagging = tagger("", article["body"], "en")
    expected = [(mention["tag"], mention["start"], mention["end"]) for mention in article["mentions"]]
    assert [(mention.entry, mention.start, mention.end) for mention in tagging.mentions] == expected
    assert [veto.form for veto in tagging.vetoes] == ["Shintaro Abe"]
