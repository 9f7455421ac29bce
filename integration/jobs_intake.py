"""The promise: what comes in is stored before it is answered; a part of ``jobs``."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from integration.budgets import Accounts
from integration.jobs_tables import making_due, milliseconds, recording, recording_several
from integration.store import Store, now_ms
from integration.together import Together

_Values = dict[str, str | None]

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
        # Each statement is a round trip there; on SQLite there is none to be saved.
        pays = store.dialect.name == "postgresql"
        self._record_several = recording_several(store.dialect) if pays else None
        self._due_now = making_due(store.dialect, now_ms())
        self._due_at = making_due(store.dialect, bindparam("at"))

    # -- events -----------------------------------------------------------------------------------

    def accept(self, installation: str, delivery_id: str | None, ticket_id: str, kind: str) -> bool:
        """See ``Jobs.accept``."""
        values = _values(installation, ticket_id, kind, delivery_id)
        new, seen = self._together.run_alike((installation, ticket_id), values, self._keep)
        self._known |= seen
        return new

    def _keep(self, connection: Connection, several: list[_Values]) -> list[tuple[bool, set[str]]]:
        """Record events and make the reviews of the new ones due: which are, and see ``_see``."""
        if len(several) == 1 or self._record_several is None:
            new = [bool(connection.execute(self._record, one).rowcount) for one in several]
        else:
            rows = connection.execute(self._record_several, several).all()
            kept = {(row.installation, row.delivery_id) for row in rows}
            new = []
            for values in several:
                name = (values["of"], values["delivery"])
                new.append(values["delivery"] is None or name in kept)
                kept.discard(name)  # the same once more is a repeat
        fresh = [values for values, one in zip(several, new, strict=True) if one]
        if fresh:
            connection.execute(self._due_now, fresh if len(fresh) > 1 else fresh[0])
        return [
            (one, self._see(connection, str(values["of"])))
            for values, one in zip(several, new, strict=True)
        ]

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


def _values(installation: str, ticket_id: str, why: str, delivery_id: str | None = None) -> _Values:
    return {"of": installation, "ticket": ticket_id, "why": why, "delivery": delivery_id}
