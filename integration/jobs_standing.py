"""How the reviews of certain tickets stand; a part of ``jobs``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from integration.jobs_tables import REVIEWS, moment
from integration.store import Store, now_ms

_AT_ONCE: Final = 500  # tickets in a statement


@dataclass(frozen=True, slots=True)
class Standing:
    """How a ticket's review stands: ``due_at`` is when it is due (aware, UTC; None: not by itself),
    ``coming`` whether it is due already, being worked on, or waits to be tried again;
    ``set_aside_at`` since when it waits for a person."""

    due_at: datetime | None
    coming: bool
    set_aside_at: datetime | None


def standing(store: Store, installation: str, tickets: Collection[str]) -> Mapping[str, Standing]:
    """How the reviews of these tickets stand; a ticket that has none is absent. Raises
    errors.Unavailable."""
    r = REVIEWS.c
    found = {}
    names = sorted(tickets)
    with store.read() as connection:
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            query = select(
                r.ticket_id,
                r.due_at,
                r.set_aside_at,
                # held until then, or to be left alone until then
                func.coalesce(r.lease_until, 0).label("until"),
                now_ms().label("now"),
            ).where(r.installation == installation, r.ticket_id.in_(some))
            for row in connection.execute(query):
                due = row.due_at is not None and row.due_at <= row.now
                found[row.ticket_id] = Standing(
                    due_at=_moment(row.due_at),
                    coming=due or row.until > row.now,
                    set_aside_at=_moment(row.set_aside_at),
                )
    return found


def _moment(kept: int | None) -> datetime | None:
    return None if kept is None else moment(kept)
