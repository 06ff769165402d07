"""The schema of a database: which version it is at, bringing it to ours, and whether it is what the tables say."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.errors import DatabaseDamaged, DatabaseOutdated
from storage.connections import BUSY_SECONDS, connect_database
from storage.faults import UPGRADE
from storage.soundness import find_contradictions, find_damage, find_orphans
from storage.tables import metadata

log = logging.getLogger(__name__)


def upgrade_database(url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
    """Create the database or bring its schema to this version's, all or nothing; safe to run from several processes.

    Raises DatabaseOutdated when the schema is newer than this version, StorageError otherwise.
    """
    migrate_database(url, "head", busy_seconds=busy_seconds)


def migrate_database(url: str, revision: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
    """Bring the schema up or down to a revision: `head`, `base` or a number."""
    database = connect_database(url, busy_seconds=busy_seconds, should_create=True)
    try:
        with database.writing() as connection:
            before = _current(connection)
            known = [script.revision for script in _scripts().walk_revisions()]  # newest first
            if before is not None and before not in known:
                raise _newer(before, database.place)
            target = {"head": known[0], "base": None}.get(revision, revision)
            if target == before:
                return
            goes_down = target is None or (before is not None and known.index(before) < known.index(target))
            (command.downgrade if goes_down else command.upgrade)(_config(connection), revision)
            log.info("schema of %s: %s → %s", database.place, before or "none", target or "none")
    finally:
        database.close()


def require_schema(connection: sa.Connection, place: str) -> None:
    """Raises DatabaseOutdated unless the schema is at this version's head."""
    current, head = _current(connection), _scripts().get_current_head()
    if current == head:
        return
    if current is None:
        raise DatabaseOutdated("the database has no schema yet", place=place, mend=UPGRADE)
    if current not in {script.revision for script in _scripts().walk_revisions()}:
        raise _newer(current, place)
    raise DatabaseOutdated(f"the schema is at {current}, this version needs {head}", place=place, mend=UPGRADE)


def check_database(url: str) -> tuple[str, ...]:
    """What is wrong with a database, in words; empty when it is sound. Raises DatabaseUnreachable, ConfigError."""
    try:
        database = connect_database(url)
    except DatabaseOutdated as problem:
        return (str(problem),)
    try:
        with database.reading() as connection:
            if damage := find_damage(connection):
                return tuple(damage)  # what a damaged file says beyond that means nothing
            require_schema(connection, database.place)
            return (*_find_drift(connection), *find_orphans(connection), *find_contradictions(connection))
    except (DatabaseOutdated, DatabaseDamaged) as problem:
        return (str(problem),)
    finally:
        database.close()


def _find_drift(connection: sa.Connection) -> list[str]:
    """Where the schema differs from the tables of this version, though it calls itself the same."""
    context = MigrationContext.configure(connection)
    return [f"schema: {difference}" for difference in compare_metadata(context, metadata)]


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newer(revision: str, place: str) -> DatabaseOutdated:
    return DatabaseOutdated(
        f"the schema is at {revision}, which this version does not know", place=place, mend="update watchwire"
    )


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
