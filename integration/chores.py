"""Work that is done by the clock, by one worker at a time. Only this module knows ``chores``.

A row for each chore of each installation says when it is next due, who is at it, what it wants to
remember (``state``) and how often in a row it came to nothing. Moments in the table are the
database's time, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    Text,
    and_,
    null,
    or_,
    select,
    tuple_,
    update,
)

from integration.jobs import LeaseLost
from integration.store import Store, insert, metadata, now_ms

CHORES = Table(
    "chores",
    metadata,
    Column("installation", String(40), primary_key=True),  # empty: of the whole store
    Column("name", String(40), primary_key=True),
    Column("next_at", BigInteger, nullable=False),
    Column("lease_owner", String(128)),
    Column("lease_until", BigInteger),
    Column("state", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ERROR: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed chore. ``state`` is what it remembered when it last ended, or on the way there;
    ``failures`` counts the tries before this one that came to nothing; ``lease`` proves to
    ``Chores`` that the claim is this very one."""

    installation: str
    name: str
    state: str | None
    failures: int
    lease: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Troubled:
    """A chore that came to nothing: how often in a row, why, and when it is tried again (aware,
    UTC)."""

    installation: str
    name: str
    failures: int
    why: str
    next_at: datetime


class Chores:
    """The chores in one store. Every method is one transaction and raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ensure(self, installation: str, name: str, every: timedelta) -> None:
        """Have this chore done from now on; due at once where it never was. One that would only be
        due later than ``every`` from now (it used to be done less often) is brought forward."""
        row = insert(self._store.dialect, CHORES).values(
            installation=installation, name=name, next_at=now_ms()
        )
        latest = _in(every.total_seconds())
        row = row.on_conflict_do_update(
            index_elements=["installation", "name"],
            set_={"next_at": latest},
            where=and_(CHORES.c.next_at > latest, CHORES.c.failures == 0),
        )
        with self._store.begin() as connection:
            connection.execute(row)

    def claim(
        self, worker_id: str, lease_seconds: float, which: Collection[tuple[str, str]]
    ) -> Turn | None:
        """Take the chore that has been due longest and that nobody is at, or None.

        Only of ``which``: pairs of installation and name. It is held for ``lease_seconds``, and
        until then by nobody else. A lease that ran out counts as a try that came to nothing.
        """
        if not which:
            return None
        c = CHORES.c
        free = (
            select(c.installation, c.name, c.state, c.failures, c.lease_owner)
            .where(tuple_(c.installation, c.name).in_(list(which)), _may_begin())
            .order_by(c.next_at)
            .limit(1)
        )
        # A look first that waits for no writer: nearly always there is nothing to do.
        with self._store.read() as connection:
            if connection.execute(free).one_or_none() is None:
                return None
        with self._store.begin() as connection:
            row = connection.execute(free.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            turn = Turn(
                row.installation,
                row.name,
                row.state,
                row.failures + (row.lease_owner is not None),
                lease=f"{worker_id[:90]}/{uuid.uuid4().hex}",
            )
            connection.execute(
                update(CHORES)
                .where(c.installation == turn.installation, c.name == turn.name)
                .values(
                    lease_owner=turn.lease,
                    lease_until=_in(lease_seconds),
                    failures=turn.failures,
                )
            )
        return turn

    def renew(self, turn: Turn, lease_seconds: float) -> None:
        """Hold the chore for another ``lease_seconds`` from now. Raises LeaseLost."""
        self._update(turn, lease_until=_in(lease_seconds))

    def keep(self, turn: Turn, state: str, lease_seconds: float) -> None:
        """Store how far a long chore has come, and hold it for another ``lease_seconds``. Raises
        LeaseLost, and changes nothing then."""
        self._update(turn, state=state, lease_until=_in(lease_seconds))

    def finish(self, turn: Turn, seconds: float, state: str | None) -> None:
        """The chore is done; it is due again in ``seconds`` and finds ``state`` then. Raises
        LeaseLost, and changes nothing then."""
        self._release(turn, next_at=_in(seconds), state=state, failures=0, last_error=null())

    def fail(self, turn: Turn, seconds: float, why: str) -> None:
        """The chore came to nothing: try again in ``seconds``, with the state as last stored.
        ``why`` is kept for a person to read. Raises LeaseLost, and changes nothing then."""
        self._release(
            turn,
            next_at=_in(seconds),
            failures=turn.failures + 1,
            last_error=why[:_LONGEST_ERROR],
        )

    def troubled(self) -> list[Troubled]:
        """The chores whose last try came to nothing, by installation and name."""
        c = CHORES.c
        query = select(c.installation, c.name, c.failures, c.last_error, c.next_at)
        query = query.where(c.failures > 0).order_by(c.installation, c.name)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            Troubled(
                row.installation,
                row.name,
                row.failures,
                row.last_error or "",
                _EPOCH + timedelta(milliseconds=row.next_at),
            )
            for row in rows
        ]

    def state(self, installation: str, name: str) -> str | None:
        """What a chore remembers; None where it never came to an end or remembers nothing."""
        c = CHORES.c
        query = select(c.state).where(c.installation == installation, c.name == name)
        with self._store.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def forget(self, installation: str) -> None:
        """Forget the chores of an installation. One that is being done then loses its lease."""
        with self._store.begin() as connection:
            connection.execute(CHORES.delete().where(CHORES.c.installation == installation))

    def _release(self, turn: Turn, **values: Any) -> None:
        self._update(turn, **{"lease_owner": null(), "lease_until": null(), **values})

    def _update(self, turn: Turn, **values: Any) -> None:
        c = CHORES.c
        mine = and_(
            c.installation == turn.installation,
            c.name == turn.name,
            c.lease_owner == turn.lease,
        )
        with self._store.begin() as connection:
            if not connection.execute(update(CHORES).where(mine).values(**values)).rowcount:
                raise LeaseLost(f"{turn.name} of {turn.installation or 'the store'}: lease lost")


def _may_begin() -> ColumnElement[bool]:
    c = CHORES.c
    return and_(c.next_at <= now_ms(), or_(c.lease_until.is_(None), c.lease_until <= now_ms()))


def _in(seconds: float) -> ColumnElement[int]:
    return now_ms() + round(seconds * 1000)
