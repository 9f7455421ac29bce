"""The durable work: one table of what is due. Only this module and its parts (``jobs_…``) know
``events`` and ``reviews``.

The unit of work is not a message but a ticket that is due for review. Accepting an event makes its
ticket's review due and raises the review's generation; working claims a due review under a lease.
A burst on one ticket is one review, one ticket is never worked on twice at once, and a retry is a
later ``due_at``. Accounts are served in turn, each within its budget. Moments in the tables are the
database's time, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from integration import jobs_looking as looking
from integration.budgets import Accounts, Health, Limits, LimitsOf, Spent
from integration.jobs_claiming import Claiming
from integration.jobs_ending import LONGEST_ERROR, End, Ending, mine
from integration.jobs_intake import Intake
from integration.jobs_looking import Backlog, Delivered, SetAside, Shown
from integration.jobs_tables import (
    EVENTS,
    LEAST_PAUSE,
    REVIEWS,
    Job,
    LeaseLost,
    account_is_due,
    explaining,
    renewing,
)
from integration.store import Store
from integration.together import Together

__all__ = [
    "EVENTS",
    "LEAST_PAUSE",
    "REVIEWS",
    "Backlog",
    "Delivered",
    "End",
    "Job",
    "Jobs",
    "LeaseLost",
    "SetAside",
    "Shown",
]


class Jobs:
    """The work in one store. Every method is one transaction, unless it says otherwise, and raises
    errors.Unavailable. ``limits`` gives what an installation's account allows."""

    def __init__(self, store: Store, limits: LimitsOf = lambda installation: Limits()) -> None:
        self._store = store
        self._accounts = Accounts(store.dialect, account_is_due())
        self._together = Together(store)
        self._intake = Intake(store, self._together, self._accounts)
        self._claiming = Claiming(store, self._accounts, limits)
        self._ending = Ending(store, self._together, self._accounts, limits)
        # Built once: putting these together costs more than running them.
        self._renew, self._explain = renewing(), explaining()

    # -- promising ----------------------------------------------------------------------------

    def accept(self, installation: str, delivery_id: str | None, ticket_id: str, kind: str) -> bool:
        """Record an event and make its ticket's review due; durable when this returns.

        False says that this delivery was accepted before; then nothing was changed. A review that
        was set aside for a person gets a fresh start. Events that arrive together share a
        transaction.
        """
        return self._intake.accept(installation, delivery_id, ticket_id, kind)

    def make_due(
        self,
        installation: str,
        ticket_id: str,
        at: datetime | None = None,
        *,
        reason: str = "asked for",
    ) -> None:
        """Make a ticket's review due at ``at`` (aware), or now; never later than it already is."""
        self._intake.make_due(installation, ticket_id, at, reason)

    def make_many_due(
        self, installation: str, tickets: Collection[str], reason: str = "asked for"
    ) -> int:
        """Make the reviews of many tickets due now; how many they are. In transactions of some
        hundreds: broken off, the first of them are due, and it can be done again."""
        return self._intake.make_many_due(installation, tickets, reason)

    # -- working ------------------------------------------------------------------------------

    def claim(self, worker_id: str, lease_seconds: float) -> Job | None:
        """Take a review that is due and that nobody holds, or None: ``claim_some`` for one."""
        return next(iter(self.claim_some(worker_id, lease_seconds, 1)), None)

    def claim_some(
        self,
        worker_id: str,
        lease_seconds: float,
        most: int,
        *,
        held: Mapping[str, int] | None = None,
        each: int | None = None,
    ) -> list[Job]:
        """Take up to ``most`` reviews that are due and that nobody holds.

        Installations are served in turn, the one that was served longest ago first, and within one
        the review that has been due longest; none whose account is paused or has no budget left,
        and none that would have more than ``each`` with those ``held`` already, unless it is the
        only one there is. What a review is expected to send is taken from the budget. It is held
        for ``lease_seconds``, and until then by nobody else. A lease that ran out counts as a try
        that came to nothing, so that a ticket which kills its worker is seen.
        """
        return self._claiming.claim(worker_id, lease_seconds, most, held or {}, each)

    def give_back(self, jobs: Sequence[Job]) -> None:
        """Hold these no longer: none was begun. They are due as they were, for whomever, and what
        was taken from the budget for them is put back. A lease that was lost is left."""
        self._ending.give_back(jobs)

    def renew(self, job: Job, lease_seconds: float) -> None:
        """Hold the review for another ``lease_seconds`` from now. Raises LeaseLost."""
        with self._store.begin() as connection:
            mine(connection, job, self._renew, span=round(lease_seconds * 1000))
            if job.trial:
                self._accounts.hold(connection, job.installation, lease_seconds)

    def explain(self, job: Job, reason: str) -> None:
        """Keep with a review that is still held why it comes to nothing. Should this process die
        before it has said so in full, whoever takes the review over knows. Raises LeaseLost."""
        with self._store.begin() as connection:
            mine(connection, job, self._explain, why=reason[:LONGEST_ERROR])

    def finish(
        self,
        job: Job,
        next_due_at: datetime | None,
        *,
        spent: Spent | None = None,
        also: Callable[[Connection], object] | None = None,
    ) -> None:
        """The review is done; the next is due at ``next_due_at`` (aware), or never by itself.

        Where an event came in since the claim it stays due. ``also`` is done in the same
        transaction; what it raises undoes all of it. Ends that come together share a transaction;
        where one of them fails, the others' ``also`` is done once more, with the first undone.
        ``spent`` is what the review has sent; None leaves what was taken for it. Raises LeaseLost,
        and changes nothing then, nor is ``also`` done.
        """
        self._ending.finish(job, next_due_at, spent, also)

    def finish_several(self, ends: Sequence[End]) -> list[Exception | None]:
        """The same for several reviews, in one transaction: for each, in this order, None or what
        ``finish`` would have raised. Where one of them fails, each is ended for itself, and its
        ``also`` is done once more, with the first undone."""
        return self._ending.finish_several(ends)

    def postpone(
        self,
        job: Job,
        seconds: float,
        reason: str,
        *,
        spent: Spent | None = None,
        health: Health = Health.UNKNOWN,
        pause: float = 0.0,
    ) -> None:
        """The review came to nothing: try again in ``seconds``, and not before, whatever comes in.

        ``reason`` is kept for a person to read. ``spent`` as for ``finish``; ``health`` is what
        this says of the helpdesk; the whole account is left alone for ``pause`` seconds. Raises
        LeaseLost, and changes nothing then.
        """
        self._ending.postpone(job, seconds, reason, spent, health, pause)

    def set_aside(
        self,
        job: Job,
        reason: str,
        *,
        spent: Spent | None = None,
        health: Health = Health.ANSWERED,
        pause: float = 0.0,
    ) -> None:
        """The review needs a person, who reads ``reason``; a new event starts it afresh.

        Where an event came in since the claim it is that fresh start. ``spent``, ``health`` and
        ``pause`` as for ``postpone``. Raises LeaseLost, and changes nothing then.
        """
        self._ending.set_aside(job, reason, spent, health, pause)

    # -- looking ------------------------------------------------------------------------------

    def waiting(self) -> list[SetAside]:
        """The reviews that were set aside, the oldest first."""
        return looking.waiting(self._store)

    def backlog(self, installation: str | None = None) -> Backlog:
        """Count the work, of one installation or of all."""
        return looking.backlog(self._store, installation)

    def show(self, installation: str, ticket_id: str) -> Shown | None:
        """All that is known of a ticket's review, or None where there never was one."""
        return looking.show(self._store, installation, ticket_id)

    def installations_of(self, ticket_id: str) -> list[str]:
        """The installations that have a review of a ticket with this id."""
        return looking.installations_of(self._store, ticket_id)

    # -- giving up and forgetting ---------------------------------------------------------------

    def drop(self, installation: str, ticket_id: str) -> bool:
        """Give up on a review that was set aside: it waits for nobody any more and is not due; a
        new event starts it afresh. False where it was not set aside; then nothing was changed."""
        return looking.drop(self._store, installation, ticket_id)

    def forget(self, connection: Connection, installation: str, tickets: Collection[str]) -> int:
        """Delete all that is known of these tickets, within the caller's transaction; how many
        rows that was. A review of them that is under way will find its lease lost."""
        return looking.forget(connection, installation, tickets)

    def forget_all(self, connection: Connection, installation: str) -> int:
        """Delete the reviews and the events of an installation, within the caller's transaction;
        how many reviews that was. One that is under way will find its lease lost."""
        return looking.forget_all(connection, installation)

    def prune_events(self, older_than: timedelta, most: int = 5000) -> int:
        """Delete events that came in longer ago than that, the oldest first and ``most`` of them at
        a time; how many it were. Ask again until there are fewer. One that its ticket's review
        still answers to stays."""
        return looking.prune_events(self._store, older_than, most)

    def prune_reviews(self, most: int = 500) -> int:
        """Delete reviews that nothing is to be done about and no event is left of: they say nothing
        any more. ``most`` of them; how many it were."""
        return looking.prune_reviews(self._store, most)
