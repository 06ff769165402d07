"""Run by Alembic. The connection comes from `storage.engine`, with its transaction already begun: a migration that is
killed half-way leaves the schema as it was, in SQLite too."""

from __future__ import annotations

from alembic import context

from storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
