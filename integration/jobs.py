"""The durable work: one table of what is due. Only this module knows ``events`` and ``reviews``.

The unit of work is not a message but a ticket that is due for review. Accepting an event makes its
ticket's review due and raises the review's generation; working claims a due review under a lease.
A burst on one ticket is one review, one ticket is never worked on twice at once, and a retry is a
later ``due_at``. Moments in the tables are the database's time, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Executable,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from integration.store import Store, insert, metadata, now_ms

EVENTS = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("installation", String(40), nullable=False),
    # none where the helpdesk gives its deliveries no name: such a one is never a repeat
    Column("delivery_id", String(200)),
    Column("ticket_id", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("installation", "delivery_id"),
)

REVIEWS = Table(
    "reviews",
    metadata,
    Column("installation", String(40), primary_key=True),
    Column("ticket_id", String(64), primary_key=True),
    Column("due_at", BigInteger),  # none: nothing to do until something happens
    Column("reason", String(64), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("lease_owner", String(128)),
    # without an owner: nobody may begin before this (a helpdesk named a time, or we back off)
    Column("lease_until", BigInteger),
    Column("attempts", Integer, nullable=False),  # tries in a row that came to nothing
    Column("last_error", Text),
    Column("set_aside_at", BigInteger),
    Column("delivery_id", String(200)),  # the newest delivery that the next review answers
    Index(
        "reviews_due",
        "due_at",
        sqlite_where=Column("due_at").is_not(None),
        postgresql_where=Column("due_at").is_not(None),
    ),
)

LEAST_PAUSE = timedelta(minutes=1)
"""A finished review is not due again by itself before this has passed: a date that was miscounted,
or two clocks that differ, must not become a loop."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_ERROR = 500  # characters


class LeaseLost(Exception):
    """The lease ran out and somebody else holds the ticket: what was done meanwhile is theirs."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed review. ``attempts`` counts the tries before this one that came to nothing;
    ``lease`` proves to ``Jobs`` that the claim is this very one; ``delivery`` is the newest
    delivery that it answers, None where none made it due."""

    installation: str
    ticket_id: str
    reason: str
    generation: int
    attempts: int
    lease: str = field(repr=False)
    delivery: str | None = None

    @property
    def id(self) -> str:
        """This very try's own name, for the log and the helpdesk's audit trail."""
        return self.lease.rpartition("/")[2][:16]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much there is to do: reviews that could begin now, that are being worked on, that will
    be due later, and that wait for a person; and for how many seconds the oldest could have begun
    (None where nothing waits)."""

    due: int
    leased: int
    scheduled: int
    set_aside: int
    oldest_due_seconds: float | None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A review that waits for a person: since when (aware, UTC) and why, with what to do."""

    installation: str
    ticket_id: str
    since: datetime
    why: str


class Jobs:
    """The work in one store. Every method is one transaction and raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Built once: putting these together costs more than running them.
        self._record = _record(store.dialect)
        self._due_now = _due(store.dialect, now_ms())
        self._due_at = _due(store.dialect, bindparam("at"))

    # -- promising ----------------------------------------------------------------------------

    def accept(self, installation: str, delivery_id: str | None, ticket_id: str, kind: str) -> bool:
        """Record an event and make its ticket's review due; durable when this returns.

        False says that this delivery was accepted before; then nothing was changed. A review that
        was set aside for a person gets a fresh start.
        """
        values = {"of": installation, "ticket": ticket_id, "why": kind, "delivery": delivery_id}
        with self._store.begin() as connection:
            if not connection.execute(self._record, values).rowcount:
                return False
            connection.execute(self._due_now, values)
        return True

    def make_due(
        self,
        installation: str,
        ticket_id: str,
        at: datetime | None = None,
        *,
        reason: str = "asked for",
    ) -> None:
        """Make a ticket's review due at ``at`` (aware), or now; never later than it already is."""
        values = {"of": installation, "ticket": ticket_id, "why": reason, "delivery": None}
        with self._store.begin() as connection:
            if at is None:
                connection.execute(self._due_now, values)
            else:
                connection.execute(self._due_at, {**values, "at": _milliseconds(at)})

    # -- working ------------------------------------------------------------------------------

    def claim(self, worker_id: str, lease_seconds: float) -> Job | None:
        """Take the review that has been due longest and that nobody holds, or None.

        It is held for ``lease_seconds``, and until then by nobody else. A lease that ran out
        counts as a try that came to nothing, so that a ticket which kills its worker is seen.
        """
        r = REVIEWS.c
        free = (
            select(r.installation, r.ticket_id, r.reason, r.generation, r.attempts, r.lease_owner)
            .add_columns(r.delivery_id)
            .where(_may_begin())
            .order_by(r.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)  # on SQLite, BEGIN IMMEDIATE does as much
        )
        with self._store.begin() as connection:
            row = connection.execute(free).one_or_none()
            if row is None:
                return None
            job = Job(
                row.installation,
                row.ticket_id,
                row.reason,
                row.generation,
                row.attempts + (row.lease_owner is not None),
                lease=f"{worker_id[:90]}/{uuid.uuid4().hex}",
                delivery=row.delivery_id,
            )
            connection.execute(
                update(REVIEWS)
                .where(r.installation == job.installation, r.ticket_id == job.ticket_id)
                .values(
                    lease_owner=job.lease,
                    lease_until=_in(lease_seconds),
                    attempts=job.attempts,
                )
            )
        return job

    def renew(self, job: Job, lease_seconds: float) -> None:
        """Hold the review for another ``lease_seconds`` from now. Raises LeaseLost."""
        self._update(job, lease_until=_in(lease_seconds))

    def finish(self, job: Job, next_due_at: datetime | None) -> None:
        """The review is done; the next is due at ``next_due_at`` (aware), or never by itself.

        Where an event came in since the claim it stays due. Raises LeaseLost, and changes nothing
        then.
        """
        unmoved = REVIEWS.c.generation == job.generation
        later: Any = null()
        if next_due_at is not None:
            least, wanted = _in(LEAST_PAUSE.total_seconds()), _milliseconds(next_due_at)
            later = case((least > wanted, least), else_=wanted)
        self._release(
            job,
            due_at=case((unmoved, later), else_=REVIEWS.c.due_at),
            reason=case((unmoved, "date reached"), else_=REVIEWS.c.reason),
            delivery_id=case((unmoved, null()), else_=REVIEWS.c.delivery_id),
            attempts=0,
            last_error=null(),
        )

    def postpone(self, job: Job, seconds: float, reason: str) -> None:
        """The review came to nothing: try again in ``seconds``, and not before, whatever comes in.

        ``reason`` is kept for a person to read. Raises LeaseLost, and changes nothing then.
        """
        self._release(
            job,
            due_at=_in(seconds),
            lease_until=_in(seconds),
            attempts=job.attempts + 1,
            last_error=reason[:_LONGEST_ERROR],
        )

    def set_aside(self, job: Job, reason: str) -> None:
        """The review needs a person, who reads ``reason``; a new event starts it afresh.

        Where an event came in since the claim it is that fresh start. Raises LeaseLost, and
        changes nothing then.
        """
        unmoved = REVIEWS.c.generation == job.generation
        self._release(
            job,
            due_at=case((unmoved, null()), else_=REVIEWS.c.due_at),
            set_aside_at=case((unmoved, now_ms()), else_=null()),
            attempts=case((unmoved, job.attempts + 1), else_=0),
            last_error=reason[:_LONGEST_ERROR],
        )

    def _release(self, job: Job, **values: Any) -> None:
        self._update(job, **{"lease_owner": null(), "lease_until": null(), **values})

    def _update(self, job: Job, **values: Any) -> None:
        r = REVIEWS.c
        mine = and_(
            r.installation == job.installation,
            r.ticket_id == job.ticket_id,
            r.lease_owner == job.lease,
        )
        with self._store.begin() as connection:
            if not connection.execute(update(REVIEWS).where(mine).values(**values)).rowcount:
                raise LeaseLost(f"ticket {job.ticket_id} of {job.installation}: lease lost")

    # -- looking ------------------------------------------------------------------------------

    def waiting(self) -> list[SetAside]:
        """The reviews that were set aside, the oldest first."""
        r = REVIEWS.c
        query = (
            select(r.installation, r.ticket_id, r.set_aside_at, r.last_error)
            .where(r.set_aside_at.is_not(None))
            .order_by(r.set_aside_at, r.installation, r.ticket_id)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            SetAside(
                row.installation,
                row.ticket_id,
                _EPOCH + timedelta(milliseconds=row.set_aside_at),
                row.last_error or "",
            )
            for row in rows
        ]

    def backlog(self, installation: str | None = None) -> Backlog:
        """Count the work, of one installation or of all."""
        r = REVIEWS.c
        leased = and_(r.lease_owner.is_not(None), r.lease_until > now_ms())

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

        query = select(
            count(_may_begin()).label("due"),
            count(leased).label("leased"),
            count(and_(r.due_at.is_not(None), ~leased, ~_may_begin())).label("scheduled"),
            count(r.set_aside_at.is_not(None)).label("set_aside"),
            (now_ms() - func.min(case((_may_begin(), r.due_at)))).label("oldest"),
        )
        if installation is not None:
            query = query.where(r.installation == installation)
        with self._store.read() as connection:
            row = connection.execute(query).one()
        return Backlog(
            due=row.due,
            leased=row.leased,
            scheduled=row.scheduled,
            set_aside=row.set_aside,
            oldest_due_seconds=None if row.oldest is None else row.oldest / 1000,
        )


def _record(dialect: Dialect) -> Executable:
    """Insert an event, unless its delivery was recorded before."""
    event = insert(dialect, EVENTS).values(
        installation=bindparam("of"),
        delivery_id=bindparam("delivery"),
        ticket_id=bindparam("ticket"),
        kind=bindparam("why"),
        received_at=now_ms(),
    )
    # preserve_rowcount: psycopg's inserts have none otherwise
    return event.on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def _due(dialect: Dialect, at: Any) -> Executable:
    """Make a ticket's review due, never later than it already is, and raise its generation."""
    review = insert(dialect, REVIEWS).values(
        installation=bindparam("of"),
        ticket_id=bindparam("ticket"),
        due_at=at,
        reason=bindparam("why"),
        delivery_id=bindparam("delivery"),
        generation=1,
        attempts=0,
    )
    old, asked = REVIEWS.c, review.excluded
    was_set_aside = old.set_aside_at.is_not(None)
    return review.on_conflict_do_update(
        index_elements=["installation", "ticket_id"],
        set_={
            "due_at": case((old.due_at < asked.due_at, old.due_at), else_=asked.due_at),
            "reason": asked.reason,
            "delivery_id": func.coalesce(asked.delivery_id, old.delivery_id),
            "generation": old.generation + 1,
            "attempts": case((was_set_aside, 0), else_=old.attempts),
            "last_error": case((was_set_aside, null()), else_=old.last_error),
            "set_aside_at": null(),
        },
    )


def _may_begin() -> ColumnElement[bool]:
    """Due, and neither held nor to be left alone for now; a review set aside is not due."""
    r = REVIEWS.c
    return and_(
        r.due_at <= now_ms(),
        or_(r.lease_until.is_(None), r.lease_until <= now_ms()),
    )


def _in(seconds: float) -> ColumnElement[int]:
    return now_ms() + round(seconds * 1000)


def _milliseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"due at {moment.isoformat()}: expected a time with its zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
