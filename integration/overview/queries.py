"""What the overview asks of the store: counts, made by the database. See ``scope`` for of what."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select, true

from integration.overview.lists import Lists
from integration.overview.scope import Scope, kind_of, newest, of_brand, within
from integration.records import RECORDS
from integration.store import Store

SETTLED: Final = ("covered", "not_covered", "refund_eligible", "refer_to_dealer")
"""Statuses with which a claim is answered; under the others something is waited for."""
_NEVER: Final = 2**62  # sorts what has not happened last


class Group(NamedTuple):
    """How many tickets have the same of all this in their newest record."""

    status: str
    shown: str | None
    decision: str | None
    payer: str
    kind: str
    brand: str | None
    clauses: tuple[str, ...]
    asked: tuple[str, ...]
    tickets: int


class Times(NamedTuple):
    """Of tickets: how many, and milliseconds at the median and the 90th percentile (None: of no
    ticket)."""

    tickets: int
    median: int | None
    late: int | None


class Looking:
    """The overview's questions to one store. Every method raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lists = Lists(store)

    def groups(self, scope: Scope) -> list[Group]:
        """The tickets of a period in groups, each by its newest record: one pass, whose result is
        small however many tickets there are."""
        r = RECORDS.c
        parts: list[ColumnElement[Any]] = [r.status, r.shown, r.decision, r.freight_payer]
        parts += [kind_of(), r.brand]
        # As text: PostgreSQL compares no JSON.
        parts += [cast(r.clauses, Text), cast(r.asked, Text)]
        last = newest(scope).subquery()
        query = select(*parts, func.count()).join(last, last.c.id == r.id).group_by(*parts)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            Group(*one[:6], clauses=_words(one[6]), asked=_words(one[7]), tickets=one[8])
            for one in rows
        ]

    def times(self, scope: Scope, brand: str, kind: str) -> tuple[Times, Times]:
        """How long tickets that were created in the period waited for their first verdict, and
        until their status was a settled one. Tickets of a backfill are not among them: their
        verdict came when somebody started it."""
        r = RECORDS.c
        settled = func.coalesce(r.shown, r.status).in_(SETTLED)
        mine = and_(
            r.installation == scope.installation,
            r.reviewed_at >= scope.since,
            r.ticket_created_at >= scope.since,
            r.ticket_created_at < scope.until,
            kind_of() == kind if kind else kind_of() != "backfill",
            of_brand(brand),
        )
        created = func.min(r.ticket_created_at)
        seen = (
            select(
                (func.min(r.reviewed_at) - created).label("first"),
                (func.min(case((settled, r.reviewed_at))) - created).label("settled"),
            )
            .where(mine)
            .group_by(r.ticket_id)
            .subquery()
        )
        first, end = seen.c.first, func.coalesce(seen.c.settled, _NEVER)
        ranked = select(
            first.label("first"),
            end.label("settled"),
            func.row_number().over(order_by=first).label("place"),
            func.row_number().over(order_by=end).label("settled_place"),
            func.count().over().label("all"),
            func.count(seen.c.settled).over().label("all_settled"),
        ).subquery()
        c = ranked.c
        query = select(
            *_percentiles(c.first, c.place, c.all),
            *_percentiles(c.settled, c.settled_place, c.all_settled),
        )
        with self._store.read() as connection:
            row = connection.execute(query).one()
        return Times(row[0] or 0, row[1], row[2]), Times(row[3] or 0, row[4], row[5])

    def asked(self, scope: Scope, brand: str, kind: str) -> dict[str, int]:
        """Of how many tickets each fact was asked for, in any review of the period: by the newest
        record alone nobody would see what was answered since."""
        r = RECORDS.c
        sqlite = self._store.dialect.name == "sqlite"
        split = func.json_each if sqlite else func.json_array_elements_text
        each: Any = split(r.asked).table_valued("value", name="each", joins_implicitly=True)
        query = (
            select(each.c.value, func.count(r.ticket_id.distinct()))
            .select_from(RECORDS.join(each, true()))
            .where(within(scope), cast(r.asked, Text) != "[]", of_brand(brand))
            .group_by(each.c.value)
        )
        if kind:
            query = query.where(kind_of() == kind)
        with self._store.read() as connection:
            return {str(fact): count for fact, count in connection.execute(query)}

    def last_review(self, installation: str) -> int | None:
        """When a review last came to a verdict; None for never."""
        r = RECORDS.c
        query = select(func.max(r.reviewed_at)).where(r.installation == installation)
        with self._store.read() as connection:
            return connection.execute(query).scalar()


def _percentiles(
    value: ColumnElement[Any], place: ColumnElement[Any], count: ColumnElement[Any]
) -> Iterable[ColumnElement[Any]]:
    """How many there are, and the values at the median and the 90th percentile (nearest rank)."""
    for rank in (None, (count + 1) // 2, (9 * count + 9) // 10):
        yield func.max(count) if rank is None else func.max(case((place == rank, value)))


def _words(text: str) -> tuple[str, ...]:
    """A kept list of words."""
    found = json.loads(text)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()
