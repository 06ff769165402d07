"""Killed processes, many processes, full disks: what was committed stays, what was not leaves nothing."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
from multiprocessing.connection import Connection

import pytest
import sqlalchemy as sa
from stored_samples import (
    NOW,
    add_alert,
    add_article,
    hours,
    make_article,
    make_draft,
    make_fingerprint,
    make_message,
    make_record,
    make_round,
    make_tagging,
    plant,
)

from pipeline.errors import DatabaseDamaged
from pipeline.records import SourceState
from storage.engine import check_database
from storage.store import SqlStore, open_store

forked = multiprocessing.get_context("fork")


def write_whole_rounds(url: str, prefix: str, number: int, report: Connection) -> None:
    """Round after round, each with an article, its alert, its delivery, its entry and the source's state; says each
    one's name once it is committed."""
    store = open_store(url)
    for n in range(number):
        name = f"{prefix}-{n}"
        with store.writing() as unit:
            draft = make_article(name)
            article = unit.add_article(draft, make_fingerprint(draft.exact, (n, n + 1)), make_tagging("putin"))
            alert = unit.add_alert(make_draft(), article, NOW)
            assert alert is not None
            unit.add_delivery("mail", make_message(name), NOW, alert_id=alert.id)
            unit.save_entries([make_record(name, article_id=article.id)])
            unit.save_round(make_round(alerts=(alert.id,)), SourceState("herald", etag=name))
        report.send(name)
    store.close()


def start_writer(url: str, prefix: str, number: int) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    receiver, sender = forked.Pipe(duplex=False)
    process = forked.Process(target=write_whole_rounds, args=(url, prefix, number, sender))
    process.start()
    sender.close()
    return process, receiver


def read_all(receiver: Connection) -> list[str]:
    names = []
    try:
        while True:
            names.append(receiver.recv())
    except EOFError:
        return names


def whole_rounds(store: SqlStore) -> set[str]:
    """Names of the rounds of which everything is there; fails when a part of one is."""
    names = {article.title.removeprefix("Title of ") for article in store.list_articles(100_000)}
    assert {row.key for row in store.list_deliveries(limit=100_000)} == names
    assert {alert.title.removeprefix("Title of ") for alert in store.list_alerts(100_000)} == names
    assert set(store.entry_records("herald", [f"herald.example/{name}" for name in names])) == {
        f"herald.example/{name}" for name in names
    }
    assert len(store.list_rounds(100_000)) == len(names)
    return names


def test_a_process_killed_at_any_moment_loses_nothing_it_said_and_leaves_nothing_half(database_url: str) -> None:
    store = open_store(database_url)
    plant(store)
    store.close()  # connections are not carried into children
    chance, said = random.Random(20181114), set[str]()
    for life in range(5):
        process, receiver = start_writer(database_url, f"life{life}", 100_000)
        said.add(receiver.recv())
        process.join(chance.uniform(0, 0.15))
        process.kill()
        process.join()
        said.update(read_all(receiver))
        store = open_store(database_url)
        stored = whole_rounds(store)
        assert said <= stored and len(stored - said) <= life + 1, "at most the one committed while it was killed"
        assert store.source_state("herald").etag in stored
        store.close()
    assert check_database(database_url) == ()


def test_four_processes_take_turns_and_none_is_told_locked(database_url: str) -> None:
    store = open_store(database_url)
    plant(store)
    store.close()
    writers = [start_writer(database_url, f"process{number}", 50) for number in range(4)]
    said = {name for _, receiver in writers for name in read_all(receiver)}
    for process, _ in writers:
        process.join()
    assert [process.exitcode for process, _ in writers] == [0, 0, 0, 0]
    store = open_store(database_url)
    assert whole_rounds(store) == said and len(said) == 200
    created = [alert.id for alert in store.list_alerts(1000)]
    told = [number for round_ in store.list_rounds(1000) for number in round_.alerts]
    assert created == told, "ids of alerts and of rounds commit in the same order"
    store.close()


def test_sqlite_never_turns_a_reading_transaction_into_a_writing_one(sqlite_url: str) -> None:
    """A deferred upgrade fails at once when another has written meanwhile, however long the busy time-out is."""
    store = open_store(sqlite_url)
    statements: dict[str, list[str]] = {"reader": [], "writer": []}
    for name, log in statements.items():
        sa.event.listen(
            getattr(store._database, name),
            "before_cursor_execute",
            lambda _c, _cursor, statement, *_, log=log: log.append(statement.split()[0] + " " + statement.split()[-1]),
        )
    plant(store)
    add_alert(store, "a", "mail")
    store.mark_failed(store.claim_deliveries("mail", NOW, limit=1, lease_seconds=1)[0], "x")
    store.replay_failed()
    store.save_digest(store.digest_material("daily", NOW), "", "", "", "", NOW, [])
    store.plant_watchlist("v", "t", NOW)
    store.plant_channels([])
    store.counts()
    store.source_health()
    begins = [statement for statement in statements["writer"] if statement.startswith("BEGIN")]
    assert set(begins) == {"BEGIN IMMEDIATE"} and statements["writer"][0] == "BEGIN IMMEDIATE"
    assert {statement.split()[0] for statement in statements["reader"]} <= {"BEGIN", "SELECT"}
    with pytest.raises(Exception, match="readonly"), store._database.reading() as connection:
        connection.exec_driver_sql("DELETE FROM source")
    store.close()


def test_a_long_reader_does_not_hold_up_writers_and_keeps_its_snapshot(database_url: str) -> None:
    store = open_store(database_url, busy_seconds=0.2)
    plant(store)
    with store._database.reading() as connection:
        count = sa.text("SELECT count(*) FROM article")
        assert connection.scalar(count) == 0
        add_article(store, "a")
        assert connection.scalar(count) == 0
    assert store.counts()["articles"] == 1
    store.close()


def test_sqlite_is_durable_and_checks_references(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with store._database.writing() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    store.close()


def test_a_full_disk_is_said_clearly_and_what_follows_is_stored_when_there_is_room(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    plant(store)
    stored = 0
    for room in range(24):
        with store._database.writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + room}")
        with pytest.raises(DatabaseDamaged, match="the disk is full — make room"):
            while True:
                add_article(store, f"a{stored}", "putin", shingles=(stored,), text="word " * 2000)
                stored += 1
        assert len(store.list_articles(1000)) == stored
    assert stored >= 10
    with store._database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    add_article(store, f"a{stored}")
    store.close()
    assert check_database(sqlite_url) == ()


def test_a_copy_made_by_sqlite_while_writing_is_a_sound_database(sqlite_url: str, tmp_path: object) -> None:
    store = open_store(sqlite_url)
    plant(store)
    add_article(store, "a")
    copy = f"{tmp_path}/copy.db"
    with store.writing() as unit:
        unit.save_round(make_round(), SourceState("herald", next_due_at=NOW + hours(1)))
        source = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
        source.execute("VACUUM INTO ?", (copy,))
        source.close()
    store.close()
    assert check_database(f"sqlite:///{copy}") == ()
    restored = open_store(f"sqlite:///{copy}")
    assert len(restored.list_articles(9)) == 1 and restored.list_rounds(9) == ()
    add_article(restored, "b")
    restored.close()
