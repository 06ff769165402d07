"""No query in use reads a table that grows from end to end. Judged by SQLite's own plans."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from stored_samples import (
    NOW,
    add_alert,
    add_article,
    hours,
    make_fingerprint,
    make_record,
    make_round,
    make_tagging,
    plant,
)

from pipeline.records import SourceState
from storage.store import SqlStore, open_store

GROWS = {"article", "entry", "mention", "veto", "shingle", "article_entry", "story", "alert", "delivery", "round"}


def use_everything(store: SqlStore) -> None:
    """Every method that collecting, delivering, digests and lists call."""
    plant(store)
    alert = add_alert(store, "a", "mail", "slack")
    first = add_article(store, "b", "putin", "abe", shingles=(1, 2, 3), story_id=alert.story_id)
    with store.writing() as unit:
        unit.article(first.id)
        unit.article_by_address(first.address)
        unit.entries_of(first.id)
        unit.story_candidates(make_fingerprint("e", (1, 2)), since=NOW - hours(9), until=NOW, entries=("putin", "abe"))
        unit.add_revision(first, make_fingerprint("f", (3, 4)), make_tagging("putin"), NOW)
        unit.save_entries([make_record("a", next_try_at=NOW)])
        unit.save_round(make_round(), SourceState("herald"))
    store.source_state("herald")
    store.due_sources(NOW)
    store.entry_records("herald", ["herald.example/a"])
    store.due_retries("herald", NOW, 5)
    store.backfill_state("herald", NOW, NOW)
    store.mark_sent(store.claim_deliveries("mail", NOW, limit=5, lease_seconds=9)[0], NOW)
    store.mark_failed(store.claim_deliveries("slack", NOW, limit=5, lease_seconds=9)[0], "x")
    store.replay_failed("slack")
    store.list_deliveries()
    store.list_deliveries("pending")
    store.save_digest(store.digest_material("daily", NOW), "", "", "", "", NOW, [])
    store.list_digests(1, "daily")
    store.source_health()
    store.list_alerts(5)
    store.list_alerts(5, rule="putin")
    store.alerts_by_id([1, 2])
    store.list_articles(5)
    store.list_articles(5, source="herald")
    store.list_articles(5, entry="putin")
    store.list_articles(5, language="en")
    store.article(first.id)
    store.list_stories(5)
    store.list_rounds(5)
    store.list_rounds(5, "herald")


def test_every_query_in_use_has_its_index(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    asked: dict[str, Any] = {}

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, is_many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked[statement] = parameters[0] if is_many else parameters

    for engine in (store._database.reader, store._database.writer):
        sa.event.listen(engine, "before_cursor_execute", note)
    use_everything(store)
    slow = []
    with store._database.reader.connect() as connection:
        for statement, parameters in list(asked.items()):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for step in [row[3] for row in plan]:
                words = step.split()
                # Walking an index or the row numbers in order is how "the newest" are found; it ends at the limit.
                is_walk = "USING" in words or ("ORDER BY" in statement and "LIMIT" in statement)
                if (words[0] == "SCAN" and words[1] in GROWS and not is_walk) or (
                    "TEMP B-TREE FOR ORDER BY" in step and "LIMIT" in statement and "FROM digest" not in statement
                ):
                    slow.append((step, statement))
    store.close()
    assert not slow, "\n\n".join(f"{step}\n{statement}" for step, statement in slow)
    assert len(asked) > 60
