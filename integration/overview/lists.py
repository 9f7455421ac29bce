"""The overview's lists of tickets, and the records that an export has. As ``queries``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.engine import Row

from integration.catalogue import ACCEPT, HOLD
from integration.jobs_tables import REVIEWS
from integration.overview.scope import Scope, kind_of, newest, of_brand
from integration.recording import OTHER
from integration.records import RECORDS
from integration.store import Store
from policy import ENDED

UNDECIDED: Final = (ACCEPT, HOLD, OTHER)
"""Decisions of an agent that name no status."""
_AT_ONCE: Final = 500  # records in one statement of an export


class Lists:
    """Questions to one store. Every method raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def near(
        self, installation: str, days: tuple[str, str], brand: str, kind: str, most: int
    ) -> Sequence[Row[Any]]:
        """The claims whose deadline is on one of the days from first to last (YYYY-MM-DD), the
        soonest first, by each ticket's newest record of all. Only tickets that the app still looks
        after: what was solved is not looked at again."""
        r, w = RECORDS.c, REVIEWS.c
        watched = or_(
            w.due_at.is_not(None), w.lease_owner.is_not(None), w.set_aside_at.is_not(None)
        )
        later = RECORDS.alias()
        newer = exists().where(
            later.c.installation == installation,
            later.c.ticket_id == r.ticket_id,
            later.c.id > r.id,
        )
        query: Select[Any] = (
            select(r.ticket_id, r.claim_deadline, r.status, r.shown, r.asked)
            .join(REVIEWS, and_(w.installation == r.installation, w.ticket_id == r.ticket_id))
            .where(r.installation == installation, r.claim_deadline.between(*days), watched, ~newer)
            .where(func.coalesce(r.shown, r.status).not_in(sorted(ENDED)), of_brand(brand))
            .order_by(r.claim_deadline, r.id)
            .limit(most)
        )
        if kind:
            query = query.where(kind_of() == kind)
        with self._store.read() as connection:
            return connection.execute(query).all()

    def overridden(self, scope: Scope, brand: str, kind: str, most: int) -> Sequence[Row[Any]]:
        """The tickets on which an agent decided otherwise: denials first, so that a list that is
        cut off has them, then the others, each the newest first."""
        r = RECORDS.c
        last = newest(scope).subquery()
        query: Select[Any] = (
            select(r.ticket_id, r.status, r.decision, r.clauses, r.reviewed_at)
            .join(last, last.c.id == r.id)
            .where(r.decision.not_in(UNDECIDED), r.decision != r.status, of_brand(brand))
            .order_by(case((r.decision == "not_covered", 0), else_=1), r.id.desc())
            .limit(most)
        )
        if kind:
            query = query.where(kind_of() == kind)
        with self._store.read() as connection:
            return connection.execute(query).all()

    def set_aside(self, installation: str, most: int) -> Sequence[Row[Any]]:
        """The tickets that wait for a person, the longest first: number, since when, and why."""
        r = REVIEWS.c
        query: Select[Any] = (
            select(r.ticket_id, r.set_aside_at, r.last_error)
            .where(r.installation == installation, r.set_aside_at.is_not(None))
            .order_by(r.set_aside_at, r.ticket_id)
            .limit(most)
        )
        with self._store.read() as connection:
            return connection.execute(query).all()

    def claims(self, scope: Scope, brand: str, kind: str) -> Iterator[Row[Any]]:
        """The newest record of each ticket in the period, the oldest first. Read a few hundred at a
        time, so that whoever takes long to fetch them holds up nobody."""
        r = RECORDS.c
        with self._store.read() as connection:
            ids = list(connection.execute(newest(scope)).scalars())
        ids.sort()
        for start in range(0, len(ids), _AT_ONCE):
            query = (
                select(RECORDS, kind_of().label("kind"))
                .where(r.id.in_(ids[start : start + _AT_ONCE]), of_brand(brand))
                .order_by(r.id)
            )
            if kind:
                query = query.where(kind_of() == kind)
            with self._store.read() as connection:
                rows = connection.execute(query).all()
            yield from rows
