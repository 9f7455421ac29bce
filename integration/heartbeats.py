"""Which workers are alive: each leaves a sign in the store. Only this module knows ``workers``."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import BigInteger, Column, String, Table, delete, func, select

from integration.store import Store, insert, metadata, now_ms

BEAT: Final = timedelta(seconds=10)
"""How often a worker gives a sign of life."""
STALE: Final = 3 * BEAT
"""A worker that has not been heard of for this long counts as dead."""

_FORGOTTEN: Final = timedelta(days=1)
_LONGEST_ID: Final = 128

WORKERS = Table(
    "workers",
    metadata,
    Column("id", String(_LONGEST_ID), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),  # the database's time, as in ``jobs``
)


class Heartbeats:
    """The signs of life in one store. Every method raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def beat(self, worker_id: str) -> None:
        """This worker is alive now. Forgets those that died more than a day ago."""
        sign = insert(self._store.dialect, WORKERS).values(
            id=worker_id[:_LONGEST_ID], seen_at=now_ms()
        )
        sign = sign.on_conflict_do_update(
            index_elements=["id"], set_={"seen_at": sign.excluded.seen_at}
        )
        with self._store.begin() as connection:
            connection.execute(
                delete(WORKERS).where(WORKERS.c.seen_at < now_ms() - _ms(_FORGOTTEN))
            )
            connection.execute(sign)

    def leave(self, worker_id: str) -> None:
        """This worker takes no more work."""
        with self._store.begin() as connection:
            connection.execute(delete(WORKERS).where(WORKERS.c.id == worker_id[:_LONGEST_ID]))

    def alive(self, *, storable: bool = False) -> int:
        """How many workers are alive; with ``storable`` also makes sure, in the same transaction,
        that something could be stored now."""
        # Both ways: a database whose clock was set back must not keep a dead worker alive.
        near = WORKERS.c.seen_at.between(now_ms() - _ms(STALE), now_ms() + _ms(STALE))
        query = select(func.count()).select_from(WORKERS).where(near)
        with self._store.begin() if storable else self._store.read() as connection:
            return connection.execute(query).scalar_one()


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
