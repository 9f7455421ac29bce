"""How reviews end: done, tried again later, set aside, or given back; a part of ``jobs``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Executable
from sqlalchemy.engine import Connection

from integration import errors
from integration.budgets import Accounts, Buckets, Health, LimitsOf, Spent
from integration.jobs_tables import (
    Job,
    LeaseLost,
    finishing,
    giving_back,
    milliseconds,
    names_of,
    postponing,
    setting_aside,
)
from integration.store import Store
from integration.together import Together

LONGEST_ERROR: Final = 500  # characters

Also = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class End:
    """The end of a review that came to its result: when the next is due by itself (aware; None:
    never), what it has ``spent``, and what is ``also`` to be done in the same transaction. See
    ``Jobs.finish``."""

    job: Job
    next_due_at: datetime | None
    spent: Spent
    also: Also | None = None


class Ending:
    """Ends reviews in one store; see ``Jobs``. Safe to share between threads."""

    def __init__(
        self, store: Store, together: Together, accounts: Accounts, limits: LimitsOf
    ) -> None:
        self._store = store
        self._together = together
        self._accounts = accounts
        self._limits = limits
        # Built once: putting these together costs more than running them.
        self._give_back, self._finish = giving_back(), finishing()
        self._postpone, self._set_aside = postponing(), setting_aside()

    def give_back(self, jobs: Sequence[Job]) -> None:
        """See ``Jobs.give_back``."""
        nothing = Spent()
        for job in jobs:
            with suppress(LeaseLost):
                self._end(job, self._give_back, {}, nothing, Health.UNKNOWN)

    def finish(
        self, job: Job, next_due_at: datetime | None, spent: Spent | None, also: Also | None
    ) -> None:
        """See ``Jobs.finish``."""
        self._end(job, self._finish, _finished(job, next_due_at), spent, also=also)

    def finish_several(self, ends: Sequence[End]) -> list[Exception | None]:
        """See ``Jobs.finish_several``."""
        try:
            self._finish_all(ends)
        except errors.Unavailable as error:
            return [error] * len(ends)
        except Exception:  # one of them will not do: the others shall not pay for it
            return [self._finish_one(end) for end in ends]
        return [None] * len(ends)

    def _finish_all(self, ends: Sequence[End]) -> None:
        """All of them in one transaction, or none: LeaseLost where one lease was."""
        # In the order in which everybody takes these rows, so that no two wait for each other.
        ends = sorted(ends, key=lambda end: (end.job.installation, end.job.ticket_id))
        rows = [
            {
                **names_of(end.job),
                **_finished(end.job, end.next_due_at),
                "wrote": end.spent.updates,
            }
            for end in ends
        ]
        with self._store.begin() as connection:
            if connection.execute(self._finish, rows).rowcount != len(rows):
                raise LeaseLost("a lease of several was lost")
            for end in ends:
                if end.also is not None:
                    end.also(connection)
            accounts: dict[str, list[End]] = {}
            for end in ends:
                accounts.setdefault(end.job.installation, []).append(end)
            for installation, some in accounts.items():
                spent = _added_up([end.spent for end in some])
                self._accounts.settle(
                    connection,
                    installation,
                    self._buckets(some[-1].job, spent),
                    spent,
                    reviews=len(some),
                    health=Health.ANSWERED,
                    pause=0.0,
                    trial=any(end.job.trial for end in some),
                    first=False,
                )

    def _finish_one(self, end: End) -> Exception | None:
        try:
            self.finish(end.job, end.next_due_at, end.spent, end.also)
        except Exception as error:
            return error
        return None

    def postpone(
        self,
        job: Job,
        seconds: float,
        reason: str,
        spent: Spent | None,
        health: Health,
        pause: float,
    ) -> None:
        """See ``Jobs.postpone``."""
        values = {"span": round(seconds * 1000), **_failed(job, reason)}
        self._end(job, self._postpone, values, spent, health, pause)

    def set_aside(
        self, job: Job, reason: str, spent: Spent | None, health: Health, pause: float
    ) -> None:
        """See ``Jobs.set_aside``."""
        values = {"seen": job.generation, **_failed(job, reason)}
        self._end(job, self._set_aside, values, spent, health, pause)

    def _end(
        self,
        job: Job,
        statement: Executable,
        values: Mapping[str, object],
        spent: Spent | None,
        health: Health = Health.ANSWERED,
        pause: float = 0.0,
        also: Also | None = None,
    ) -> None:
        buckets = self._buckets(job, spent)
        wrote = {"wrote": spent.updates if spent is not None else 0}

        def end(connection: Connection) -> None:
            mine(connection, job, statement, **values, **wrote)
            if also is not None:
                also(connection)

        def settle(connection: Connection) -> None:
            self._accounts.settle(
                connection,
                job.installation,
                buckets,
                spent,
                health=health,
                pause=pause,
                trial=job.trial,
                first=job.attempts == 0,
            )

        # Reviews before accounts, as whoever claims takes them.
        self._together.run((job.installation, job.ticket_id), end, last=settle)

    def _buckets(self, job: Job, spent: Spent | None) -> Buckets:
        if spent is None or spent.limit is None:
            return job.buckets
        return Buckets.of(self._limits(job.installation), spent.limit)


def mine(connection: Connection, job: Job, statement: Executable, **values: object) -> None:
    """Carry out a statement on a review that is held. Raises LeaseLost where it is not."""
    if not connection.execute(statement, {**names_of(job), **values}).rowcount:
        raise LeaseLost(f"ticket {job.ticket_id} of {job.installation}: lease lost")


def _added_up(several: Sequence[Spent]) -> Spent:
    told = [one.limit for one in several if one.limit is not None]
    return Spent(
        requests=sum(one.requests for one in several),
        updates=sum(one.updates for one in several),
        limit=told[-1] if told else None,
    )


def _finished(job: Job, next_due_at: datetime | None) -> dict[str, object]:
    wanted = None if next_due_at is None else milliseconds(next_due_at)
    return {"seen": job.generation, "wanted": wanted}


def _failed(job: Job, reason: str) -> dict[str, object]:
    return {"tries": job.attempts + 1, "why": reason[:LONGEST_ERROR]}
