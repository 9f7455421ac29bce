"""Records as reviews leave them, put into a store at chosen moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from integration.jobs_tables import REVIEWS
from integration.records import RECORDS, Records
from integration.store import Store
from tests.integration.test_records import record

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def reviewed(
    store: Store,
    ticket: str,
    ago: timedelta = timedelta(),
    *,
    now: datetime = NOW,
    reason: str = "ticket_created",
    created: timedelta | None = None,
    **more: Any,
) -> None:
    """Keep a record of a review that was so long ago, on a ticket created ``created`` before it."""
    at = now - ago
    values: dict[str, Any] = {
        "installation": "main",
        "ticket_created_at": at - (timedelta(minutes=1) if created is None else created),
        "shown": more.get("status", "covered"),
        **more,
    }
    with store.begin() as connection:
        one = record(ticket, **values)
        Records(store).add(connection, one, review="r", reason=reason, delivery_id=None)
        newest = select(func.max(RECORDS.c.id)).scalar_subquery()
        mine = update(RECORDS).where(RECORDS.c.id == newest)
        connection.execute(mine.values(reviewed_at=ms(at)))


def watched(store: Store, *tickets: str, installation: str = "main", **more: Any) -> None:
    """Have the app look after tickets: a review of each is due some day."""
    values = {
        "installation": installation,
        "due_at": 9**15,
        "reason": "date reached",
        "generation": 1,
        "attempts": 0,
        "writes": 0,
        **more,
    }
    with store.begin() as connection:
        for ticket in tickets:
            connection.execute(insert(REVIEWS).values(ticket_id=ticket, **values))
