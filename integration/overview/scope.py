"""Which records an overview is about.

A ticket counts once in a period, by its newest record there (``newest``): what was decided before
that is history. Everything is of one installation. Moments are milliseconds since 1970 UTC, as the
tables have them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, select, true

from integration.overview.period import NO_BRAND
from integration.records import RECORDS


class Scope(NamedTuple):
    """Whose records, and from when until before when."""

    installation: str
    since: int
    until: int


def kind_of() -> ColumnElement[str]:
    """What a review was: live, shadow or backfill."""
    r = RECORDS.c
    return case((r.did == "shadow", "shadow"), (r.reason == "backfill", "backfill"), else_="live")


def within(scope: Scope) -> ColumnElement[bool]:
    r = RECORDS.c
    return and_(
        r.installation == scope.installation,
        r.reviewed_at >= scope.since,
        r.reviewed_at < scope.until,
    )


def newest(scope: Scope) -> Select[Any]:
    """The newest record of each ticket in a period."""
    r = RECORDS.c
    return select(func.max(r.id).label("id")).where(within(scope)).group_by(r.ticket_id)


def of_brand(brand: str) -> ColumnElement[bool]:
    r = RECORDS.c
    if not brand:
        return true()
    return r.brand.is_(None) if brand == NO_BRAND else r.brand == brand
