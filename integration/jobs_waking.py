"""Reviews that wait because their installation is switched off; a part of ``jobs``."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from integration.jobs_tables import REVIEWS, span
from integration.store import Store, now_ms

OFF_AGAIN: Final = timedelta(hours=1)
"""A review that comes up while its installation is switched off looks again after this time."""
REASON: Final = "switched on"
_AT_ONCE: Final = 500


def wake(store: Store, installation: str) -> int:
    """An installation is switched on: what came up while it was off is due now, and not in up to an
    hour; how many tickets that are. In transactions of some hundreds: broken off, the first of them
    are due, and it can be done again. Raises errors.Unavailable."""
    r = REVIEWS.c
    woken, last = 0, ""
    while True:
        some = (
            select(r.ticket_id)
            .where(r.installation == installation, r.ticket_id > last)
            .where(r.due_at <= now_ms() + span(OFF_AGAIN))
            .order_by(r.ticket_id)
            .limit(_AT_ONCE)
            .with_for_update()
        )
        with store.begin() as connection:
            tickets = list(connection.execute(some).scalars())
            if not tickets:
                return woken
            connection.execute(
                update(REVIEWS)
                .where(r.installation == installation, r.ticket_id.in_(tickets))
                # Whoever is at one now did not know of it: it is reviewed once more.
                .values(due_at=now_ms(), reason=REASON, generation=r.generation + 1)
            )
        woken, last = woken + len(tickets), tickets[-1]
