"""The tables of the durable work, and its statements; a part of ``jobs``.

Statements are built once: putting them together costs more than running them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

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

from integration.budgets import ACCOUNTS, Buckets, Limits
from integration.store import insert, metadata, now_ms

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
    Index("events_ticket", "installation", "ticket_id"),
    Index("events_received", "received_at"),
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
    # how often the ticket was written, and from when that is counted
    Column("writes", Integer, nullable=False, server_default="0"),
    Column("writes_since", BigInteger),
    Index(
        "reviews_due",
        "due_at",
        sqlite_where=Column("due_at").is_not(None),
        postgresql_where=Column("due_at").is_not(None),
    ),
    Index(
        "reviews_turn",
        "installation",
        "due_at",
        sqlite_where=Column("due_at").is_not(None),
        postgresql_where=Column("due_at").is_not(None),
    ),
)

LEAST_PAUSE: Final = timedelta(minutes=1)
"""A finished review is not due again by itself before this has passed: a date that was miscounted,
or two clocks that differ, must not become a loop."""
MOST_WRITES: Final = 14
"""A ticket is written so often within ``WRITES_WITHIN`` and then left alone for the rest of it:
half of what a helpdesk allows, for the end of one such span and the start of the next together."""
WRITES_WITHIN: Final = timedelta(minutes=10)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseLost(Exception):
    """The lease ran out and somebody else holds the ticket: what was done meanwhile is theirs."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed review. ``attempts`` counts the tries before this one that came to nothing, and
    ``last_error`` says why the last of them did; ``lease`` proves to ``Jobs`` that the claim is
    this very one; ``delivery`` is the newest delivery that it answers, None where none made it
    due. On ``trial`` the account has been in trouble and this is the one review that tries it.
    ``alone``: there was no other account when it was claimed."""

    installation: str
    ticket_id: str
    reason: str
    generation: int
    attempts: int
    lease: str = field(repr=False)
    delivery: str | None = None
    last_error: str | None = None
    trial: bool = False
    alone: bool = False
    buckets: Buckets = field(default=Buckets.of(Limits(), None), repr=False)

    @property
    def id(self) -> str:
        """This very try's own name, for the log and the helpdesk's audit trail."""
        return self.lease.rpartition("/")[2][:16]


def names_of(job: Job) -> dict[str, Any]:
    """What the statements below tell a held review by."""
    return {"of": job.installation, "ticket": job.ticket_id, "lease": job.lease}


# -- moments --------------------------------------------------------------------------------------


def milliseconds(moment: datetime) -> int:
    """A moment (aware) as the tables have it."""
    if moment.tzinfo is None:
        raise ValueError(f"due at {moment.isoformat()}: expected a time with its zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(kept: int) -> datetime:
    """What the tables have, as a moment (aware, UTC)."""
    return _EPOCH + timedelta(milliseconds=kept)


def span(length: timedelta) -> int:
    """A length of time in milliseconds."""
    return length // timedelta(milliseconds=1)


# -- promising ------------------------------------------------------------------------------------


def recording(dialect: Dialect) -> Any:
    """Insert an event, unless its delivery was recorded before. Binds: of, delivery, ticket,
    why."""
    # preserve_rowcount: psycopg's inserts have none otherwise
    return _event(dialect).execution_options(preserve_rowcount=True)


def recording_several(dialect: Dialect) -> Executable:
    """The same for several events at once; gives installation and delivery of those that are new.
    An event without a delivery always is."""
    recorded: Executable = _event(dialect).returning(EVENTS.c.installation, EVENTS.c.delivery_id)
    return recorded


def _event(dialect: Dialect) -> Any:
    event = insert(dialect, EVENTS).values(
        installation=bindparam("of"),
        delivery_id=bindparam("delivery"),
        ticket_id=bindparam("ticket"),
        kind=bindparam("why"),
        received_at=now_ms(),
    )
    return event.on_conflict_do_nothing()


def making_due(dialect: Dialect, at: Any) -> Executable:
    """Make a ticket's review due, never later than it already is, and raise its generation. Binds:
    of, delivery, ticket, why."""
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


# -- claiming -------------------------------------------------------------------------------------


def may_begin() -> ColumnElement[bool]:
    """Due, and neither held nor to be left alone for now; a review set aside is not due."""
    r = REVIEWS.c
    return and_(
        r.due_at <= now_ms(),
        or_(r.lease_until.is_(None), r.lease_until <= now_ms()),
    )


def account_is_due() -> ColumnElement[bool]:
    """Of an account: a review of it may begin, its budget aside."""
    due = select(1).where(REVIEWS.c.installation == ACCOUNTS.c.installation, may_begin())
    return due.correlate(ACCOUNTS).exists()


def longest_due() -> Executable:
    """The reviews of an installation that have been due longest. Binds: of, most."""
    r = REVIEWS.c
    return (
        select(r.ticket_id, r.reason, r.generation, r.attempts, r.lease_owner)
        .add_columns(r.delivery_id, r.last_error)
        .where(r.installation == bindparam("of"), may_begin())
        .order_by(r.due_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)  # on SQLite, BEGIN IMMEDIATE does as much
    )


def leasing() -> Executable:
    """Take a review. Binds: of, ticket, lease, span, tries."""
    r = REVIEWS.c
    return (
        update(REVIEWS)
        .where(r.installation == bindparam("of"), r.ticket_id == bindparam("ticket"))
        .values(
            lease_owner=bindparam("lease"),
            lease_until=_in(bindparam("span")),
            attempts=bindparam("tries"),
        )
    )


# -- ending ---------------------------------------------------------------------------------------


def renewing() -> Executable:
    """Hold a review for longer. Binds: of, ticket, lease, span."""
    renewing: Executable = _held().values(lease_until=_in(bindparam("span")))
    return renewing


def explaining() -> Executable:
    """Keep why a review that is still held will be set aside. Binds: of, ticket, lease, why."""
    explaining: Executable = _held().values(last_error=bindparam("why", type_=Text))
    return explaining


def giving_back() -> Executable:
    """End the hold on a review that was not begun. Binds: of, ticket, lease, wrote."""
    return _ending()


def finishing() -> Executable:
    """End a review; where there is a moment ``wanted`` it is due again by itself then, and not
    before ``LEAST_PAUSE``. Binds: of, ticket, lease, seen, wanted, wrote."""
    r = REVIEWS.c
    unmoved = r.generation == bindparam("seen", type_=BigInteger)
    least, wanted = _in(span(LEAST_PAUSE)), bindparam("wanted", type_=BigInteger)
    later = case((wanted.is_(None), null()), (least > wanted, least), else_=wanted)
    return _ending(
        due_at=case((unmoved, later), else_=r.due_at),
        reason=case((unmoved, "date reached"), else_=r.reason),
        delivery_id=case((unmoved, null()), else_=r.delivery_id),
        attempts=0,
        last_error=null(),
    )


def postponing() -> Executable:
    """Try a review again later, and not before. Binds: of, ticket, lease, span, tries, why,
    wrote."""
    then = _in(bindparam("span"))
    return _ending(
        due_at=then,
        lease_until=then,
        attempts=bindparam("tries", type_=Integer),
        last_error=bindparam("why", type_=Text),
    )


def setting_aside() -> Executable:
    """Leave a review to a person. Binds: of, ticket, lease, seen, tries, why, wrote."""
    unmoved = REVIEWS.c.generation == bindparam("seen", type_=BigInteger)
    return _ending(
        due_at=case((unmoved, null()), else_=REVIEWS.c.due_at),
        set_aside_at=case((unmoved, now_ms()), else_=null()),
        attempts=case((unmoved, bindparam("tries", type_=Integer)), else_=0),
        last_error=bindparam("why", type_=Text),
    )


def _held() -> Any:
    r = REVIEWS.c
    return update(REVIEWS).where(
        r.installation == bindparam("of"),
        r.ticket_id == bindparam("ticket"),
        r.lease_owner == bindparam("lease"),
    )


def _ending(**values: Any) -> Executable:
    """End the hold on a review that has written its ticket ``wrote`` times."""
    r, now = REVIEWS.c, now_ms()
    within = span(WRITES_WITHIN)
    wrote = bindparam("wrote", type_=Integer)
    # also where the clock was set back meanwhile
    anew = or_(r.writes_since.is_(None), r.writes_since <= now - within, r.writes_since > now)
    count = wrote + case((anew, 0), else_=r.writes)
    since = case((anew, now), else_=r.writes_since)
    rest, own = since + within, values.get("lease_until", null())
    longer = rest if isinstance(own, type(null())) else case((own > rest, own), else_=rest)
    wrote_none = wrote == 0
    values = {
        "lease_owner": null(),
        **values,
        "writes": case((wrote_none, r.writes), else_=count),
        "writes_since": case((wrote_none, r.writes_since), else_=since),
        "lease_until": case((wrote_none, own), (count >= MOST_WRITES, longer), else_=own),
    }
    ending: Executable = _held().values(values)
    return ending


def _in(length: Any) -> Any:
    return now_ms() + length
