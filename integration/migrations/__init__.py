"""The store's schema in numbered steps (Alembic), the same on SQLite and PostgreSQL.

A step is one file in ``versions``, and none leads back. The program before it must go on working:
while an update is rolled out, both use the store. After a change of the tables this drafts a step,
which ``HEAD`` then names (NNNN is the next number)::

    export DATABASE_URL=sqlite:////tmp/empty.sqlite
    alembic upgrade head && alembic revision --autogenerate --rev-id NNNN -m "what it is for"
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy import Column, MetaData, String, Table, inspect, select
from sqlalchemy.engine import Connection

from integration import errors

HEAD: Final = "0007"
"""The version that this program works with: the last step's number."""
UNNUMBERED: Final = "0000"
"""The version of a store whose tables are older than their numbers."""

_FIRST_TABLES = ("bindings", "events", "reviews")  # any of them shows a store without a number
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))  # Alembic's own
_alembic = threading.Lock()  # its context and operations are one a process


class NewerSchema(errors.Unavailable):
    """The store was written by a newer program than this one, which leaves it alone.

    Unavailable, because what is sent again succeeds once the program is the newer one.
    """


def version(connection: Connection) -> str | None:
    """The store's version: a step's number, UNNUMBERED, or None where it has no tables of ours.

    Raises NewerSchema where it is past HEAD.
    """
    tables = inspect(connection)
    if tables.has_table(_VERSION.name):
        number = connection.execute(select(_VERSION.c.version_num)).scalar()
        if number is not None:
            if number > HEAD:
                raise NewerSchema(
                    f"store: its schema is version {number}, and this program knows it up to "
                    f"{HEAD}: start the program's newer version"
                )
            return str(number)
    return UNNUMBERED if any(tables.has_table(name) for name in _FIRST_TABLES) else None


def load() -> Callable[[Connection], None]:
    """Load Alembic, which takes a moment, and give what takes a store's schema to HEAD within the
    transaction that a connection is in.

    Whoever calls that holds a lock which keeps other processes from doing the same.
    """
    # Imported here because a start that finds its store up to date goes without.
    from alembic import command, config  # noqa: PLC0415

    settings = config.Config()
    settings.set_main_option("script_location", "integration:migrations")

    def upgrade(connection: Connection) -> None:
        with _alembic:
            settings.attributes["connection"] = connection
            command.upgrade(settings, HEAD)

    return upgrade
