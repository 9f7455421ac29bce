"""What Alembic runs: with the store's own connection, or by hand with DATABASE_URL's."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

import integration.backfills
import integration.budgets
import integration.chores
import integration.errands
import integration.heartbeats
import integration.installations
import integration.jobs
import integration.records  # noqa: F401 - their tables are part of the metadata
from integration.config import DEFAULT_STORE
from integration.store import metadata


def _run(connection: Connection) -> None:
    # Batches: SQLite changes a column by copying its table.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


_given: Connection | None = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    # Not a Store, which would bring the schema up to date by itself.
    _engine = create_engine(os.environ.get("DATABASE_URL") or DEFAULT_STORE)
    with _engine.begin() as _connection:
        _run(_connection)
    _engine.dispose()
