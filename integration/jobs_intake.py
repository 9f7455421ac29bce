"""The promise: what comes in is stored before it is answered; a part of ``jobs``."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from integration.budgets import Accounts
from integration.jobs_tables import making_due, milliseconds, recording
from integration.store import Store, now_ms
from integration.together import Together

_IN_BULK: Final = 500  # reviews made due in a transaction: others have their turn in between
_BREATH: Final = 0.002  # seconds between two of these


class Intake:
    """Stores events and makes reviews due. Safe to share between threads."""

    def __init__(self, store: Store, together: Together, accounts: Accounts) -> None:
        self._store = store
        self._together = together
        self._accounts = accounts
        self._known: set[str] = set()  # installations that have an account
        self._record = recording(store.dialect)
        self._due_now = making_due(store.dialect, now_ms())
        self._due_at = making_due(store.dialect, bindparam("at"))

    # -- events -----------------------------------------------------------------------------------

    def accept(self, installation: str, delivery_id: str | None, ticket_id: str, kind: str) -> bool:
        """See ``Jobs.accept``."""
        values = _values(installation, ticket_id, kind, delivery_id)

        def keep(connection: Connection) -> tuple[bool, set[str]]:
            new = bool(connection.execute(self._record, values).rowcount)
            if new:
                connection.execute(self._due_now, values)
            return new, self._see(connection, installation)

        new, seen = self._together.run((installation, ticket_id), keep)
        self._known |= seen
        return new

    # -- asking for reviews -----------------------------------------------------------------------

    def make_due(self, installation: str, ticket_id: str, at: datetime | None, reason: str) -> None:
        """See ``Jobs.make_due``."""
        values: dict[str, object] = {**_values(installation, ticket_id, reason)}
        if at is not None:
            values["at"] = milliseconds(at)
        with self._store.begin() as connection:
            connection.execute(self._due_now if at is None else self._due_at, values)
            seen = self._see(connection, installation)
        self._known |= seen

    def make_many_due(self, installation: str, tickets: Collection[str], reason: str) -> int:
        """See ``Jobs.make_many_due``."""
        rows = [_values(installation, ticket, reason) for ticket in sorted(set(tickets))]
        for start in range(0, len(rows), _IN_BULK):
            if start:
                time.sleep(_BREATH)
            with self._store.begin() as connection:
                connection.execute(self._due_now, rows[start : start + _IN_BULK])
                seen = self._see(connection, installation)
            self._known |= seen
        return len(rows)

    def _see(self, connection: Connection, installation: str) -> set[str]:
        """Have an account for this installation; names it where that had to be made sure of. The
        process remembers it once that is committed, and it costs the next ones nothing."""
        if installation in self._known:
            return set()
        self._accounts.ensure(connection, installation)
        return {installation}


def _values(
    installation: str, ticket_id: str, why: str, delivery_id: str | None = None
) -> dict[str, str | None]:
    return {"of": installation, "ticket": ticket_id, "why": why, "delivery": delivery_id}
