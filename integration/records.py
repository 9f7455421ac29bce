"""What is kept of each review. Only this module knows ``records``.

Facts and verdict, by which settings and edition, what was written and what became of it. Nothing
that anybody wrote in words of their own: where a fact is free text (an order number, say), only
that it was given. ``requester`` is the helpdesk's own number of a person, kept so that everything
about that person can be forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    and_,
    delete,
    func,
    select,
)
from sqlalchemy import insert as insert_into
from sqlalchemy.engine import Connection

from integration.jobs import Job
from integration.store import Store, metadata, now_ms

GIVEN: Final = "given"
"""Stands for a fact that is free text: it was given."""

RECORDS = Table(
    "records",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("installation", String(40), nullable=False),
    Column("ticket_id", String(64), nullable=False),
    Column("requester", String(64)),
    Column("ticket_created_at", BigInteger, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False),  # the database's time, as in ``jobs``
    Column("review", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("delivery_id", String(200)),
    Column("did", String(32), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("misread", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("clauses", JSON, nullable=False),
    Column("freight_payer", String(32), nullable=False),
    Column("remedy", String(32), nullable=False),
    Column("warranty_ends_on", String(10)),
    Column("claim_deadline", String(10)),
    Column("asked", JSON, nullable=False),
    Column("shown", String(32)),
    Column("decision", String(32)),
    Column("edition", String(32), nullable=False),
    Column("facts_hash", String(16), nullable=False),
    Column("settings_hash", String(16), nullable=False),
    Column("wrote", JSON, nullable=False),
    Column("outcome", JSON, nullable=False),
    Column("brand", String(64)),
    Index("records_ticket", "installation", "ticket_id"),
    Index("records_requester", "installation", "requester"),
    Index("records_reviewed", "reviewed_at"),
    Index("records_period", "installation", "reviewed_at", "ticket_id"),
    Index(
        "records_deadline",
        "installation",
        "claim_deadline",
        sqlite_where=Column("claim_deadline").is_not(None),
        postgresql_where=Column("claim_deadline").is_not(None),
    ),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One review that came to a verdict.

    ``did``: written, unchanged, replied or shadow. ``facts``: as ``Claim.from_record`` takes them,
    free text replaced by ``GIVEN``; ``misread``: the facts whose field could not be read. From
    ``status`` to ``asked`` it is the policy's verdict (dates as YYYY-MM-DD); ``shown`` is the
    status that the ticket shows and ``decision`` what an agent decided, if anybody did. ``wrote``
    says what was sent: ``fields``, ``added`` and ``removed`` tags, ``due``, ``note``, ``reply``,
    ``reminder``; ``outcome`` holds the parts of it that did not end as asked, each with how it
    ended, and ``due`` whenever it is known what became of a due date. ``brand``: the helpdesk's
    number of the ticket's brand, None where it has none.
    """

    installation: str
    ticket_id: str
    requester: str | None
    ticket_created_at: datetime
    did: str
    facts: Mapping[str, str | bool]
    misread: tuple[str, ...]
    status: str
    clauses: tuple[str, ...]
    freight_payer: str
    remedy: str
    warranty_ends_on: str | None
    claim_deadline: str | None
    asked: tuple[str, ...]
    shown: str | None
    decision: str | None
    edition: str
    facts_hash: str
    settings_hash: str
    wrote: Mapping[str, object] = field(default_factory=dict)
    outcome: Mapping[str, str] = field(default_factory=dict)
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it was kept: when it was (aware, UTC, the database's time), by which review (its
    name in the log), why that was due, and the newest delivery that it answered, if any."""

    record: Record
    reviewed_at: datetime
    review: str
    reason: str
    delivery_id: str | None


class Records:
    """The records in one store. Every method raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        connection: Connection,
        record: Record,
        *,
        review: str,
        reason: str,
        delivery_id: str | None,
    ) -> None:
        """Keep a record, within the transaction that ends its review: both or neither."""
        values = {one: getattr(record, one) for one in _OWN}
        values["ticket_created_at"] = _milliseconds(record.ticket_created_at)
        for name in _LISTS:
            values[name] = list(values[name])
        for name in _OBJECTS:
            values[name] = dict(values[name])
        values |= {"review": review, "reason": reason, "delivery_id": delivery_id}
        connection.execute(_ADD, values)

    def keep(self, connection: Connection, job: Job, result: object) -> None:
        """Keep the record that a review's result has, if it has one (see ``worker.Keep``)."""
        record = getattr(result, "record", None)
        if isinstance(record, Record):
            self.add(
                connection,
                record,
                review=job.id,
                reason=job.reason,
                delivery_id=job.delivery,
            )

    def of(self, installation: str, ticket_id: str, most: int = 50) -> list[Kept]:
        """What is kept of a ticket's reviews, the newest first."""
        r = RECORDS.c
        query = (
            select(RECORDS)
            .where(r.installation == installation, r.ticket_id == ticket_id)
            .order_by(r.reviewed_at.desc(), r.id.desc())
            .limit(most)
        )
        with self._store.read() as connection:
            return [_kept(row) for row in connection.execute(query)]

    def newest(self, installation: str, ticket_id: str) -> Kept | None:
        """What is kept of a ticket's last review, None for nothing."""
        return next(iter(self.of(installation, ticket_id, 1)), None)

    def lately(
        self, installation: str, back: timedelta, most: int
    ) -> list[tuple[Mapping[str, str | bool], datetime]]:
        """The facts of each ticket's last review within ``back`` from now and when that was (aware,
        UTC), of the ``most`` tickets reviewed last."""
        r = RECORDS.c
        since = now_ms() - back // timedelta(milliseconds=1)
        mine = and_(r.installation == installation, r.reviewed_at >= since)
        last = (
            select(func.max(r.id).label("id"))
            .where(mine)
            .group_by(r.ticket_id)
            .order_by(func.max(r.id).desc())
            .limit(most)
            .subquery()
        )
        query = select(r.facts, r.reviewed_at).join(last, last.c.id == r.id)
        with self._store.read() as connection:
            return [(row.facts, _moment(row.reviewed_at)) for row in connection.execute(query)]

    def ended(self, part: str, installation: str, back: timedelta, most: int) -> Counter[str]:
        """How a part of what was written ended, and on how many tickets: by the last review of each
        that knew, within ``back`` from now and of the ``most`` reviews that knew last."""
        r = RECORDS.c
        how = r.outcome[part].as_string()
        query = (
            select(r.ticket_id, how)
            .where(r.installation == installation, how.is_not(None))
            .where(r.reviewed_at >= now_ms() - back // timedelta(milliseconds=1))
            .order_by(r.reviewed_at.desc(), r.id.desc())
            .limit(most)
        )
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        newest = {row.ticket_id: str(row[1]) for row in reversed(rows)}
        return Counter(newest.values())

    def prune(self, older_than: timedelta, most: int = 5000) -> int:
        """Delete records of reviews that are ``older_than`` so much, ``most`` of them at once, the
        oldest first; gives how many. Call it again until it deletes fewer."""
        r = RECORDS.c
        before = now_ms() - older_than // timedelta(milliseconds=1)
        old = select(r.id).where(r.reviewed_at < before).order_by(r.reviewed_at).limit(most)
        with self._store.begin() as connection:
            return connection.execute(delete(RECORDS).where(r.id.in_(old))).rowcount

    def naming(self, connection: Connection, installation: str, requester: str) -> frozenset[str]:
        """The tickets that have a record naming this requester."""
        r = RECORDS.c
        query = select(r.ticket_id).distinct()
        query = query.where(r.installation == installation, r.requester == requester)
        return frozenset(connection.execute(query).scalars())

    def forget(self, connection: Connection, installation: str, tickets: Collection[str]) -> int:
        """Delete all records of these tickets, within the caller's transaction; how many."""
        r = RECORDS.c
        names = sorted(tickets)
        gone = 0
        for start in range(0, len(names), _AT_ONCE):
            some = r.ticket_id.in_(names[start : start + _AT_ONCE])
            gone += connection.execute(
                delete(RECORDS).where(r.installation == installation, some)
            ).rowcount
        return gone


_ADD: Final = insert_into(RECORDS).values(reviewed_at=now_ms())
"""Built once: putting it together costs more than running it. Binds: every other column."""
_AT_ONCE: Final = 500
_OWN: Final = tuple(one.name for one in fields(Record))
_LISTS: Final = ("misread", "clauses", "asked")
_OBJECTS: Final = ("facts", "wrote", "outcome")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _kept(row: Any) -> Kept:
    values = {name: getattr(row, name) for name in _OWN}
    values["ticket_created_at"] = _moment(row.ticket_created_at)
    for name in _LISTS:
        values[name] = tuple(values[name])
    return Kept(Record(**values), _moment(row.reviewed_at), row.review, row.reason, row.delivery_id)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _milliseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"created at {moment.isoformat()}: expected a time with its zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
