"""Each account's share of its helpdesk's rate limits. Only this module and its parts
(``budgets_…``) know ``accounts``.

Two token buckets an account, of ticket updates and of requests of all kinds, shared by all workers
on all machines because they are in the store. Of L a minute a bucket holds a quarter and is
refilled with the rest, so that no minute sees more than L. Who begins a review takes what one is
expected to send, and settles the difference at its end; what a process took that died stays taken,
which is the safe side. Moments are the database's time, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import BigInteger, literal, select, update

from integration.budgets_accounts import (
    ACCOUNTS,
    LONGEST_SPAN,
    Accounts,
    Health,
    filled_at,
    no_shorter,
)
from integration.budgets_buckets import Buckets, Limits, LimitsOf, Spent
from integration.store import Store, insert, now_ms

__all__ = [
    "ACCOUNTS",
    "Accounts",
    "Buckets",
    "Budgets",
    "Health",
    "Limits",
    "LimitsOf",
    "Spent",
    "counting",
    "spend",
]

_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextmanager
def counting(spent: Spent | None = None) -> Iterator[Spent]:
    """Count what this thread sends to a helpdesk within the block; on top of what was ``spent``
    before, if that is given."""
    spent = spent or Spent()
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


def spend(kind: str, limit: int | None = None) -> None:
    """This thread has sent a request of this kind (see ``helpdesks.watching``); ``limit`` is what
    its answer told of the account's requests a minute, if anything."""
    spent = _spent.get()
    if spent is not None:
        spent.requests += 1
        spent.updates += kind == "ticket_update"
        spent.limit = limit or spent.limit


class Budgets:
    """The budgets for whoever sends many requests without a review. Every method is one transaction
    and raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(
        self,
        installation: str,
        limits: Limits,
        *,
        requests: float = 0,
        updates: float = 0,
        share: float = 1.0,
    ) -> float:
        """Take so much at once; 0.0 if it was taken, otherwise the seconds to wait before asking
        again.

        Bulk work gets ``share`` (above 0, up to 1) of what there is: nothing is taken that would
        leave a bucket below 1 - ``share`` of its size. Where more is asked for than that can ever
        be, it is had from a full bucket, and paid back before anybody gets more.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share {share}: expected above 0, up to 1")
        a, wanted = ACCOUNTS.c, {"updates": updates, "requests": requests}
        mine = a.installation == installation
        query = select(ACCOUNTS, now_ms().label("now")).where(mine).with_for_update()
        new = insert(self._store.dialect, ACCOUNTS).values(installation=installation)
        with self._store.begin() as connection:
            connection.execute(new.on_conflict_do_nothing())
            row = connection.execute(query).one()
            paused = (row.paused_until or 0) - row.now
            if 0 < paused <= LONGEST_SPAN:
                return float(paused / 1000)
            buckets = Buckets.of(limits, row.request_limit)
            levels = dict(zip(wanted, buckets.levels(row, row.now), strict=True))
            wait = 0.0
            for name, bucket in (("updates", buckets.updates), ("requests", buckets.requests)):
                if wanted[name] > 0:
                    needed = min(wanted[name] + (1 - share) * bucket.size, bucket.size)
                    wait = max(wait, (needed - levels[name]) / bucket.rate / 1000)
            if wait <= 0:
                levels = {name: levels[name] - wanted[name] for name in wanted}
            # also where nothing is taken: the clock may have been set back
            mend = update(ACCOUNTS).where(mine).values(filled_at=filled_at(), **levels)
            connection.execute(mend)
        return float(max(wait, 0.01)) if wait > 0 else 0.0

    def pause(self, installation: str, seconds: float) -> None:
        """Leave the account alone for so long, reviews too; a longer pause stays."""
        new = insert(self._store.dialect, ACCOUNTS).values(installation=installation)
        until = now_ms() + literal(round(seconds * 1000), BigInteger)
        pause = update(ACCOUNTS).where(ACCOUNTS.c.installation == installation)
        with self._store.begin() as connection:
            connection.execute(new.on_conflict_do_nothing())
            connection.execute(pause.values(paused_until=no_shorter(until)))

    def learn(self, installation: str, limits: Limits, told: int) -> None:
        """Keep how many requests a minute the helpdesk says the account has. What was presumed
        until the first time is made up for: its bucket was as full as one of that limit."""
        mine = ACCOUNTS.c.installation == installation
        query = select(ACCOUNTS, now_ms().label("now")).where(mine).with_for_update()
        new = insert(self._store.dialect, ACCOUNTS).values(installation=installation)
        with self._store.begin() as connection:
            connection.execute(new.on_conflict_do_nothing())
            row = connection.execute(query).one()
            values: dict[str, object] = {"request_limit": told}
            if row.request_limit is None:
                before, after = Buckets.of(limits, None), Buckets.of(limits, told)
                updates, requests = before.levels(row, row.now)
                requests += max(after.requests.size - before.requests.size, 0)
                values |= {"updates": updates, "requests": requests, "filled_at": filled_at()}
            connection.execute(update(ACCOUNTS).where(mine).values(values))

    def forget(self, installation: str) -> None:
        """Forget what is known of an account."""
        with self._store.begin() as connection:
            connection.execute(ACCOUNTS.delete().where(ACCOUNTS.c.installation == installation))
