"""What the store forgets: by age, and on request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy.engine import Connection

from integration.backfills import Backfills
from integration.keeper import Chore, Ended, Progress
from integration.records import Records
from integration.store import Store

EVENTS_KEPT: Final = timedelta(days=30)
"""How long an accepted delivery is remembered, and a run in bulk; helpdesks repeat their deliveries
within hours. What a backfill was asked for may name a person: a search by address, say."""
HOURLY: Final = timedelta(hours=1)

_MOST: Final = 5000  # rows a transaction
_FEW: Final = 500  # the same, where each is deleted by itself


class Work(Protocol):
    """What forgetting needs of the table of work (``Jobs``)."""

    def prune_events(self, older_than: timedelta, most: int = ...) -> int: ...

    def prune_reviews(self, most: int = ...) -> int: ...

    def forget(
        self, connection: Connection, installation: str, tickets: Collection[str]
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten: ``records`` of reviews, and ``work``: deliveries that were accepted and
    reviews that were due, of these ``tickets``."""

    tickets: tuple[str, ...]
    records: int
    work: int


def retention(
    work: Work, records: Records, keep: timedelta, backfills: Backfills | None = None
) -> Chore:
    """The chore that lets records go when they are older than ``keep``, events and the backfills
    that nobody has touched after ``EVENTS_KEPT``."""

    def prune(progress: Progress) -> Ended:
        full = True
        while full and not progress.stopping:
            full = records.prune(keep, _MOST) >= _MOST
            full |= work.prune_events(EVENTS_KEPT, _MOST) >= _MOST
            full |= work.prune_reviews(_FEW) >= _FEW
        if backfills is not None and not progress.stopping:
            backfills.prune(EVENTS_KEPT)
        return Ended(again=timedelta(0) if full else None)

    return Chore("", "retention", HOURLY, prune)


class _Look(Exception):
    """Ends a transaction without what it did."""


def forget(
    store: Store,
    work: Work,
    records: Records,
    installation: str,
    *,
    tickets: Collection[str] = (),
    requester: str | None = None,
    look: bool = False,
    backfills: Backfills | None = None,
) -> Forgotten:
    """Forget everything of these tickets, and of those whose records name this ``requester`` (the
    helpdesk's number of a person), in one transaction; with ``look``, only tell what it would be.

    A review that is going on meanwhile leaves nothing behind: it finds its lease lost, and its
    record goes with it. Raises errors.Unavailable.
    """
    found = Forgotten((), 0, 0)
    try:
        with store.begin() as connection:
            if store.dialect.name == "sqlite":
                # Overwritten with zeros, and not only no longer pointed at.
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            names = frozenset(tickets)
            if requester is not None:
                names |= records.naming(connection, installation, requester)
            gone: frozenset[str] = frozenset()
            while names:
                # The work first: a review that ends just now is waited for, and its record is there
                # by the time that records are deleted.
                jobs = work.forget(connection, installation, names)
                if backfills is not None:
                    jobs += backfills.forget(connection, installation, names)
                kept = records.forget(connection, installation, names)
                gone |= names
                found = Forgotten(
                    tuple(sorted(gone, key=lambda name: (len(name), name))),
                    found.records + kept,
                    found.work + jobs,
                )
                # A review that ended meanwhile may have named the requester on another ticket.
                names = frozenset()
                if requester is not None:
                    names = records.naming(connection, installation, requester)
            if look:
                raise _Look
    except _Look:
        pass
    return found
