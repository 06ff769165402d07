"""Fixtures of the whole house. Being here puts this folder on the import path: `hostile_server`, `fakes`.

`store` is a fresh store of this version's schema, once on SQLite and once on PostgreSQL; `database_url` is its
URL, `blank_url` that of a database that nobody has upgraded. Tests that change the schema take `spoilable_url`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer

from storage.engine import upgrade_database
from storage.store import SqlStore, open_store

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of this version, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "upgraded.db"
    upgrade_database(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, upgraded_sqlite: Path) -> str:
    shutil.copy(upgraded_sqlite, tmp_path / "watchwire.db")
    return f"sqlite:///{tmp_path / 'watchwire.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.lend_database()
    yield postgres_server.url_of(name)
    postgres_server.take_back(name)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture(params=ENGINES)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.make_database("template_blank")
    yield server.url_of(name)
    server.drop_database(name)


@pytest.fixture
def spoilable_url(blank_url: str) -> str:
    """A database of this version's schema that nobody uses after the test."""
    upgrade_database(blank_url)
    return blank_url


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    opened = open_store(database_url)
    yield opened
    opened.close()
