"""What is asked about the durable work, and its upkeep; a part of ``jobs``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, func, not_, null, select, update
from sqlalchemy.engine import Connection

from integration.jobs_tables import EVENTS, REVIEWS, may_begin, moment, span
from integration.store import Store, now_ms

_AT_ONCE: Final = 500  # tickets in a statement
_LAST: Final = 5  # events shown of a ticket


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


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event that came in for a ticket (aware, UTC)."""

    delivery_id: str | None
    kind: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of a ticket's review; moments are aware, UTC.

    ``set_aside_at``: it waits for a person since then. ``held_until``: it is being worked on, and
    until then by nobody else. ``not_before``: nobody may begin it before. ``attempts`` are tries in
    a row that came to nothing, ``last_error`` says why the last did. ``writes`` updates were sent
    since ``writes_since``. ``deliveries`` are the last events, the newest first.
    """

    installation: str
    ticket_id: str
    reason: str
    due_at: datetime | None
    set_aside_at: datetime | None
    held_until: datetime | None
    not_before: datetime | None
    attempts: int
    last_error: str | None
    writes: int
    writes_since: datetime | None
    deliveries: tuple[Delivered, ...]


def waiting(store: Store) -> list[SetAside]:
    """See ``Jobs.waiting``."""
    r = REVIEWS.c
    query = (
        select(r.installation, r.ticket_id, r.set_aside_at, r.last_error)
        .where(r.set_aside_at.is_not(None))
        .order_by(r.set_aside_at, r.installation, r.ticket_id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        SetAside(row.installation, row.ticket_id, moment(row.set_aside_at), row.last_error or "")
        for row in rows
    ]


def backlog(store: Store, installation: str | None) -> Backlog:
    """See ``Jobs.backlog``."""
    r = REVIEWS.c
    leased = and_(r.lease_owner.is_not(None), r.lease_until > now_ms())

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        count(may_begin()).label("due"),
        count(leased).label("leased"),
        count(and_(r.due_at.is_not(None), ~leased, ~may_begin())).label("scheduled"),
        count(r.set_aside_at.is_not(None)).label("set_aside"),
        (now_ms() - func.min(case((may_begin(), r.due_at)))).label("oldest"),
    )
    if installation is not None:
        query = query.where(r.installation == installation)
    with store.read() as connection:
        row = connection.execute(query).one()
    return Backlog(
        due=row.due,
        leased=row.leased,
        scheduled=row.scheduled,
        set_aside=row.set_aside,
        oldest_due_seconds=None if row.oldest is None else row.oldest / 1000,
    )


def show(store: Store, installation: str, ticket_id: str) -> Shown | None:
    """See ``Jobs.show``."""
    r, e = REVIEWS.c, EVENTS.c
    review = select(REVIEWS, (r.lease_until > now_ms()).label("waits")).where(
        r.installation == installation, r.ticket_id == ticket_id
    )
    events = (
        select(e.delivery_id, e.kind, e.received_at)
        .where(e.installation == installation, e.ticket_id == ticket_id)
        .order_by(e.received_at.desc(), e.id.desc())
        .limit(_LAST)
    )
    with store.read() as connection:
        row = connection.execute(review).one_or_none()
        if row is None:
            return None
        last = connection.execute(events).all()
    until = row.lease_until if row.waits else None
    return Shown(
        installation=installation,
        ticket_id=ticket_id,
        reason=row.reason,
        due_at=_moment(row.due_at),
        set_aside_at=_moment(row.set_aside_at),
        held_until=_moment(until) if row.lease_owner is not None else None,
        not_before=_moment(until) if row.lease_owner is None else None,
        attempts=row.attempts,
        last_error=row.last_error,
        writes=row.writes,
        writes_since=_moment(row.writes_since),
        deliveries=tuple(Delivered(*one[:2], moment(one.received_at)) for one in last),
    )


def installations_of(store: Store, ticket_id: str) -> list[str]:
    """See ``Jobs.installations_of``."""
    r = REVIEWS.c
    query = select(r.installation).where(r.ticket_id == ticket_id).order_by(r.installation)
    with store.read() as connection:
        return list(connection.execute(query).scalars())


def drop(store: Store, installation: str, ticket_id: str) -> bool:
    """See ``Jobs.drop``."""
    r = REVIEWS.c
    given_up = (
        update(REVIEWS)
        .where(r.installation == installation, r.ticket_id == ticket_id)
        .where(r.set_aside_at.is_not(None))
        .values(set_aside_at=null(), due_at=null(), last_error=null(), attempts=0)
    )
    with store.begin() as connection:
        return bool(connection.execute(given_up).rowcount)


def forget(connection: Connection, installation: str, tickets: Collection[str]) -> int:
    """See ``Jobs.forget``."""
    gone, left = 0, iter(sorted(set(tickets)))
    while some := list(islice(left, _AT_ONCE)):
        for table in (EVENTS, REVIEWS):
            mine = and_(table.c.installation == installation, table.c.ticket_id.in_(some))
            gone += connection.execute(delete(table).where(mine)).rowcount
    return gone


def forget_all(connection: Connection, installation: str) -> int:
    """See ``Jobs.forget_all``."""
    connection.execute(delete(EVENTS).where(EVENTS.c.installation == installation))
    return connection.execute(
        delete(REVIEWS).where(REVIEWS.c.installation == installation)
    ).rowcount


def prune_events(store: Store, older_than: timedelta, most: int) -> int:
    """See ``Jobs.prune_events``."""
    e, r = EVENTS.c, REVIEWS.c
    named = (
        select(1)
        .where(r.installation == e.installation, r.ticket_id == e.ticket_id)
        .where(r.delivery_id == e.delivery_id)
        .correlate(EVENTS)
        .exists()
    )
    old = (
        select(e.id)
        .where(e.received_at < now_ms() - span(older_than), not_(named))
        .order_by(e.received_at)
        .limit(most)
    )
    with store.begin() as connection:
        return connection.execute(delete(EVENTS).where(e.id.in_(old.scalar_subquery()))).rowcount


def prune_reviews(store: Store, most: int) -> int:
    """See ``Jobs.prune_reviews``."""
    e, r = EVENTS.c, REVIEWS.c
    told = (
        select(1)
        .where(e.installation == r.installation, e.ticket_id == r.ticket_id)
        .correlate(REVIEWS)
        .exists()
    )
    idle = and_(r.due_at.is_(None), r.set_aside_at.is_(None), r.lease_owner.is_(None), not_(told))
    some = select(r.installation, r.ticket_id).where(idle).limit(most)
    with store.begin() as connection:
        rows = connection.execute(some).all()
        for row in rows:
            mine = and_(r.installation == row.installation, r.ticket_id == row.ticket_id)
            connection.execute(delete(REVIEWS).where(mine, idle))
    return len(rows)


def _moment(kept: int | None) -> datetime | None:
    return None if kept is None else moment(kept)
