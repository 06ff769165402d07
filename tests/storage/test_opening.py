"""Opening, upgrading and checking a database: what is wrong is said, with what to do about it."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from stored_samples import NOW, add_alert, add_article, make_round, plant

from pipeline.errors import ConfigError, DatabaseDamaged, DatabaseLocked, DatabaseOutdated, DatabaseUnreachable
from storage import engine
from storage.connections import connect_database
from storage.engine import check_database, migrate_database, upgrade_database
from storage.soundness import find_contradictions, find_orphans
from storage.store import open_store


def execute(url: str, *statements: str) -> None:
    """Behind the store's back, and behind the back of foreign keys."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


def tables_of(url: str) -> set[str]:
    database = connect_database(url)
    try:
        with database.reading() as connection:
            return set(sa.inspect(connection).get_table_names())
    finally:
        database.close()


# --- the schema -------------------------------------------------------------------------------------------------


def test_a_database_nobody_upgraded_is_not_opened_and_not_made(blank_url: str) -> None:
    with pytest.raises(DatabaseOutdated) as caught:
        open_store(blank_url)
    assert caught.value.mend == "run `watchwire db upgrade`"
    assert "db upgrade" in check_database(blank_url)[0]
    if blank_url.startswith("sqlite"):
        assert not Path(blank_url.removeprefix("sqlite:///")).exists()


def test_migrations_build_what_the_tables_say_and_go_back_to_nothing(blank_url: str) -> None:
    for _ in range(2):
        upgrade_database(blank_url)
        assert check_database(blank_url) == ()
        upgrade_database(blank_url)  # twice is once
        migrate_database(blank_url, "base")
        assert tables_of(blank_url) == {"alembic_version"}


def test_a_schema_that_is_newer_is_left_alone(spoilable_url: str) -> None:
    execute(spoilable_url, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (open_store, upgrade_database):
        with pytest.raises(DatabaseOutdated, match=r"9999.*update watchwire"):
            attempt(spoilable_url)
    assert "9999" in check_database(spoilable_url)[0]


def test_a_migration_that_breaks_off_leaves_nothing(blank_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = engine.command.upgrade

    def broken(*arguments: object) -> None:
        whole(*arguments)
        raise RuntimeError("power cut")

    monkeypatch.setattr(engine.command, "upgrade", broken)
    with pytest.raises(RuntimeError):
        upgrade_database(blank_url)
    monkeypatch.undo()
    assert tables_of(blank_url) == set()
    upgrade_database(blank_url)
    assert check_database(blank_url) == ()


def test_several_may_upgrade_at_once(blank_url: str) -> None:
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            upgrade_database(blank_url)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=upgrade) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == [] and check_database(blank_url) == ()


# --- addresses and doors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_a_url_we_cannot_use_says_what_to_write(url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql://"):
        open_store(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_by_several_names(postgres_url: str, scheme: str) -> None:
    open_store(postgres_url.replace("postgresql", scheme)).close()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        open_store(f"postgresql://someone:secret@/news?host={tmp_path}")
    assert "secret" not in str(caught.value) and "***" in caught.value.place


def test_a_database_the_server_does_not_have(postgres_url: str) -> None:
    with pytest.raises(DatabaseUnreachable):
        open_store(postgres_url.replace("/test_", "/no_"))


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        open_store(f"sqlite:///{tmp_path}")
    with pytest.raises(DatabaseUnreachable):
        upgrade_database(f"sqlite:///{tmp_path}/nowhere/watchwire.db")


def test_odd_file_names_are_file_names(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/what? 100%20 #1 ニュース.db"
    upgrade_database(url)
    open_store(url).close()
    assert any("ニュース" in path.name for path in tmp_path.iterdir())


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "watchwire.db").write_bytes(b"<html>not found</html>" * 100)
    url = f"sqlite:///{tmp_path}/watchwire.db"
    with pytest.raises(DatabaseDamaged):
        open_store(url)
    assert len(check_database(url)) == 1


def test_a_file_that_went_away_is_not_made_anew(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.unlink()
    with pytest.raises(DatabaseUnreachable), store.writing():
        pass
    store.close()
    assert not path.exists()


def test_a_locked_database_says_so_after_its_patience(database_url: str) -> None:
    holder, waiting = open_store(database_url), open_store(database_url, busy_seconds=0.1)
    plant(holder)
    with holder.writing(), pytest.raises(DatabaseLocked) as caught, waiting.writing():
        pass
    assert caught.value.should_retry
    with waiting.writing() as unit:
        unit.save_round(make_round(), None)
    holder.close()
    waiting.close()


def test_a_connection_that_was_cut_is_an_error_once_and_then_another(postgres_url: str) -> None:
    store = open_store(postgres_url)
    plant(store)
    name = sa.make_url(postgres_url).database
    with pytest.raises(DatabaseUnreachable), store.writing() as unit:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                (name,),
            )
        unit.save_round(make_round(), None)
    assert store.list_rounds(1) == ()
    store.close()


# --- damage -----------------------------------------------------------------------------------------------------


def test_a_sound_database_has_no_problems(database_url: str) -> None:
    store = open_store(database_url)
    plant(store)
    add_alert(store, "a", "mail")
    (row,) = store.claim_deliveries("mail", NOW, limit=1, lease_seconds=9)
    store.mark_sent(row, NOW)
    assert store.save_digest(store.digest_material("daily", NOW), "", "", "", "", NOW, []) is not None
    store.close()
    assert check_database(database_url) == ()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM source WHERE slug = 'herald'", "article.source names no source"),
        ("DELETE FROM article", "mention.article_id names no article"),
        ("DELETE FROM article", "stories without an article"),
        ("UPDATE article SET revision = 3", "revisions are not all there"),
        ("DELETE FROM article_entry", "lists of their watch entry leave out"),
        ("DELETE FROM mention", "listed under a watch entry they do not mention"),
        ("UPDATE alert SET state = 'delivered'", "called delivered that no channel took"),
        ("UPDATE delivery SET state = 'sent'", "called delivered that no channel took, or the reverse"),
        ("UPDATE delivery SET state = 'failed', attempt = 'x'", "leased though they are not pending"),
        ("UPDATE digest SET after_alert_id = 7", "do not begin where the one before ended"),
    ],
)
def test_planted_damage_is_found(database_url: str, statement: str, problem: str) -> None:
    store = open_store(database_url)
    plant(store)
    add_alert(store, "a", "mail")
    store.save_digest(store.digest_material("daily", NOW), "", "", "", "", NOW, [])
    execute(database_url, statement)
    with store._database.reading() as connection:
        found = [*find_orphans(connection), *find_contradictions(connection)]
    store.close()
    assert any(problem in line for line in found), found


def test_a_check_names_every_problem_with_its_rows(database_url: str) -> None:
    execute(database_url, *(f"INSERT INTO story VALUES ({n}, 0, 0)" for n in range(1, 8)))
    execute(database_url, "INSERT INTO source_state VALUES ('gone', '', '', '', NULL, NULL, NULL, true, 0, '')")
    assert check_database(database_url) == (
        "1 source_state.source names no source: gone",
        "7 stories without an article: 1, 2, 3, 4, 5 …",
    )


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DROP INDEX ix_article_exact_seen_at", "ix_article_exact_seen_at"),
        ("ALTER TABLE story ADD COLUMN surplus INTEGER", "surplus"),
    ],
)
def test_a_schema_that_somebody_changed_is_found(spoilable_url: str, statement: str, problem: str) -> None:
    execute(spoilable_url, statement)
    (found,) = check_database(spoilable_url)
    assert found.startswith("schema: ") and problem in found


def test_torn_pages_are_found(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    plant(store)
    for n in range(60):
        add_article(store, f"a{n}", text="word " * 400)
    store.close()
    execute(sqlite_url, "PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(16_384))
    problems = check_database(sqlite_url)
    assert problems and all(problem.startswith("file: ") or "malformed" in problem for problem in problems)
