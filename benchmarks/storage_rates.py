"""What placing articles and finding them again costs, in CPU time of this process, on made texts.

`python benchmarks/storage_rates.py [URL] [ARTICLES]`; by default 20,000 articles in a fresh SQLite file. A database
given by URL is upgraded and must be empty. PostgreSQL's own work is not in these figures.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.records import (
    Article,
    Fingerprint,
    Mention,
    PollOutcome,
    ReadingDepth,
    Round,
    RoundKind,
    Source,
    SourceKind,
    Tagging,
)
from storage.engine import check_database, upgrade_database
from storage.store import SqlStore, open_store

BATCH, KEYS, WORDS = 20, 20, 700
START = datetime(2018, 1, 1, tzinfo=UTC)
CHANCE = random.Random(1)
VOCABULARY = ["".join(CHANCE.choices("abcdefghijklmnop", k=6)) for _ in range(5000)]


def make_piece(number: int) -> tuple[Article, Fingerprint, Tagging]:
    seen_at = START + timedelta(minutes=number)
    text = " ".join(CHANCE.choices(VOCABULARY, k=WORDS))
    article = Article(
        id=0,
        source="herald",
        address=f"https://herald.example/{number}",
        url=f"https://herald.example/{number}",
        title=f"Title {number}",
        text=text,
        byline="",
        language="en",
        published_at=seen_at,
        first_seen_at=seen_at,
        revision=1,
        depth=ReadingDepth.FULL,
        exact=f"{number:064x}",
        story_id=0,
        copy_of=None,
        is_history=True,
    )
    keys = tuple(sorted({CHANCE.getrandbits(64) - 2**63 for _ in range(KEYS)}))
    terms = dict.fromkeys(CHANCE.sample(VOCABULARY, 20), 0.5)
    is_hit = number % 50 == 0
    mentions = (Mention("putin", "text", 0, 5, "Putin", "the word itself", "v1"),) if is_hit else ()
    return article, Fingerprint(article.exact, keys, terms), Tagging(mentions)


def place_all(store: SqlStore, number: int) -> None:
    pieces = [make_piece(n) for n in range(number)]
    looking, began = 0.0, time.process_time()
    for start in range(0, number, BATCH):
        with store.writing() as unit:
            for article, fingerprint, tagging in pieces[start : start + BATCH]:
                asked = time.process_time()
                unit.article_by_address(article.address)
                unit.story_candidates(
                    fingerprint,
                    since=article.first_seen_at - timedelta(days=30),
                    until=article.first_seen_at + timedelta(days=30),
                    entries=tagging.entries(),
                )
                looking += time.process_time() - asked
                unit.add_article(article, fingerprint, tagging)
            unit.save_round(Round("herald", RoundKind.IMPORT, PollOutcome.CHANGED), None)
    seconds = time.process_time() - began
    say(f"placing {number} articles, {BATCH} a transaction", seconds / number * 1000, "ms each")
    say("  of that looking for copies and stories", looking / number * 1000, "ms each")


def time_reads(store: SqlStore, number: int) -> None:
    fingerprint = Fingerprint("0", tuple(range(KEYS)), {})
    middle = START + timedelta(minutes=number / 2)
    with store.writing() as unit:
        began = time.process_time()
        found = unit.story_candidates(
            fingerprint, since=middle - timedelta(days=400), until=middle + timedelta(days=400), entries=("putin",)
        )
        say(f"candidates of a busy watch entry ({len(found)})", (time.process_time() - began) * 1000, "ms")
    for name, read in {
        "search, nothing found": lambda: store.search_articles("nowhere", 20),
        "newest 20": lambda: store.list_articles(20),
        "newest 20 of an entry": lambda: store.list_articles(20, entry="putin"),
        "health": store.source_health,
        "counts": store.counts,
        "500 addresses": lambda: store.entry_records("herald", [f"https://herald.example/{n}" for n in range(500)]),
    }.items():
        began = time.process_time()
        read()
        say(name, (time.process_time() - began) * 1000, "ms")


def say(what: str, value: float, unit: str) -> None:
    print(f"{what:55} {value:9.2f} {unit}")


def main() -> None:
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bench.db"
        upgrade_database(url)
        store = open_store(url)
        store.plant_sources((Source("herald", "Herald", "https://herald.example/", SourceKind.FEED, "en", "JP"),))
        place_all(store, number)
        time_reads(store, number)
        store.close()
        began = time.process_time()
        problems = check_database(url)
        say(f"db check ({len(problems)} problems)", (time.process_time() - began) * 1000, "ms")
        for file in Path(folder).glob("bench.db"):
            say("file", file.stat().st_size / number / 1024, "KiB an article")


if __name__ == "__main__":
    main()
