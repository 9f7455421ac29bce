"""The runs of a backfill, kept so that one goes on where it stopped. Only this module knows
``backfills`` and ``backfill_tickets``.

A run's tickets are kept by id until each is settled: written, or found to need nothing. What stays
is the tickets that failed, each with why (an error's words, never a ticket's).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.engine import Connection

from integration import stamp
from integration.backfill_counts import Tally
from integration.store import Store, insert, metadata, now_ms

BACKFILLS = Table(
    "backfills",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("installation", String(40), nullable=False),
    Column("fingerprint", String(16), nullable=False),  # of selection and options as asked for
    Column("selection", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # the database's time, as in ``jobs``
    Column("touched_at", BigInteger, nullable=False),
    Column("cursor", Text),  # where reading the selection goes on
    Column("state", String(16), nullable=False),
    Column("counts", JSON, nullable=False),
)

TICKETS = Table(
    "backfill_tickets",
    metadata,
    Column("backfill", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket_id", String(64), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sent", String(16)),  # the digest in the stamp that was last handed over for it
    Column("why", Text),  # set: it failed, and waits for nobody but a person
    Index("backfill_tickets_turn", "backfill", "tries", "place"),
)

State = Literal["reading", "asking", "writing", "done"]
"""A run reads its selection, waits for a yes, writes, and is done."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORGOTTEN: Final = timedelta(minutes=50)
"""After this, a cursor is taken for forgotten: Zendesk's is good for an hour."""
_LONGEST: Final = 500  # characters of a reason


@dataclass(frozen=True, slots=True)
class Run:
    """One backfill. ``selection`` and ``options`` as they were asked for, ``counts`` as
    ``backfill_counts.Tally`` writes them; times are aware and in UTC. ``cursor`` is None where
    reading begins at the first ticket, also because too much time has passed."""

    id: int
    installation: str
    selection: Mapping[str, Any]
    options: Mapping[str, Any]
    created_at: datetime
    touched_at: datetime
    cursor: str | None
    state: State
    counts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that is still to be settled: how often that came to nothing, and the digest in the
    stamp that was last handed over for it, if any was."""

    ticket_id: str
    tries: int
    sent: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a batch: tickets ``done`` with, to be tried ``again``, to wait a moment
    without counting as a try (``later``), and ``failed`` ones with why. Of ``refused`` ones it is
    known that what was handed over was not carried out."""

    done: Sequence[str] = ()
    again: Sequence[str] = ()
    later: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: Sequence[str] = ()


def fingerprint(selection: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """By which the same command is known again."""
    return stamp.digest("backfill", dict(selection), dict(options))


class Backfills:
    """The runs in one store. Every method is one transaction and raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(
        self, installation: str, selection: Mapping[str, Any], options: Mapping[str, Any]
    ) -> Run:
        """A new run, which reads."""
        values = {
            "installation": installation,
            "fingerprint": fingerprint(selection, options),
            "selection": dict(selection),
            "options": dict(options),
            "created_at": now_ms(),
            "touched_at": now_ms(),
            "state": "reading",
            "counts": {},
        }
        with self._store.begin() as connection:
            key = connection.execute(BACKFILLS.insert().values(**values)).inserted_primary_key
            assert key is not None
            return _one(connection, key[0])

    def unfinished(self, installation: str, mark: str | None = None) -> Run | None:
        """The newest run of an installation that is not done: of this fingerprint, or any."""
        b = BACKFILLS.c
        query = select(b.id).where(b.installation == installation, b.state != "done")
        if mark is not None:
            query = query.where(b.fingerprint == mark)
        with self._store.read() as connection:
            key = connection.execute(query.order_by(b.id.desc()).limit(1)).scalar()
            return None if key is None else _one(connection, key)

    def all(self, installation: str | None = None) -> list[Run]:
        """Every run, the newest first."""
        query = select(BACKFILLS.c.id).order_by(BACKFILLS.c.id.desc())
        if installation is not None:
            query = query.where(BACKFILLS.c.installation == installation)
        with self._store.read() as connection:
            return [_one(connection, key) for key in connection.execute(query).scalars().all()]

    def forget_all(self, installation: str) -> None:
        """Forget the runs of an installation."""
        of = select(BACKFILLS.c.id).where(BACKFILLS.c.installation == installation)
        with self._store.begin() as connection:
            connection.execute(TICKETS.delete().where(TICKETS.c.backfill.in_(of)))
            connection.execute(BACKFILLS.delete().where(BACKFILLS.c.installation == installation))

    def found(
        self, run: Run, ids: Iterable[str], cursor: str | None, counts: Mapping[str, Any]
    ) -> None:
        """A page was read: its tickets that are to be written, and where the next begins."""
        t = TICKETS.c
        with self._store.begin() as connection:
            last = select(func.coalesce(func.max(t.place), 0)).where(t.backfill == run.id)
            place = int(connection.execute(last).scalar_one())
            rows = [
                {"backfill": run.id, "ticket_id": one, "place": place + number, "tries": 0}
                for number, one in enumerate(ids, start=1)
            ]
            if rows:
                statement = insert(self._store.dialect, TICKETS).on_conflict_do_nothing()
                connection.execute(statement, rows)
            _touch(connection, run, cursor=cursor, counts=dict(counts))

    def start_over(self, run: Run) -> None:
        """Forget what was read of the selection."""
        with self._store.begin() as connection:
            connection.execute(delete(TICKETS).where(TICKETS.c.backfill == run.id))
            _touch(connection, run, cursor=None, counts={})

    def enter(self, run: Run, state: State) -> Run:
        """Go on to another state. What was searched for is forgotten with the reading: it may name
        a person."""
        values: dict[str, Any] = {"state": state, "cursor": null()}
        if "search" in run.selection and state != "reading":
            values["selection"] = {"search": None}
        with self._store.begin() as connection:
            _touch(connection, run, **values)
            return _one(connection, run.id)

    def drop(self, run: Run) -> None:
        """Forget a run as if it had never been asked for."""
        with self._store.begin() as connection:
            connection.execute(delete(TICKETS).where(TICKETS.c.backfill == run.id))
            connection.execute(delete(BACKFILLS).where(BACKFILLS.c.id == run.id))

    def waiting(self, run: Run, most: int) -> list[Waiting]:
        """The next tickets to settle: those that were tried least, in the order they were found."""
        t = TICKETS.c
        query = (
            select(t.ticket_id, t.tries, t.sent)
            .where(t.backfill == run.id, t.why.is_(None))
            .order_by(t.tries, t.place)
            .limit(most)
        )
        with self._store.read() as connection:
            return [Waiting(*row) for row in connection.execute(query).all()]

    def left(self, run: Run) -> int:
        """How many tickets are still to be settled."""
        t = TICKETS.c
        query = select(func.count()).where(t.backfill == run.id, t.why.is_(None))
        with self._store.read() as connection:
            return connection.execute(query).scalar_one()

    def handing_over(self, run: Run, digests: Mapping[str, str | None]) -> None:
        """These tickets are about to be handed over, each with the digest in its new stamp: should
        we die now, the next one knows them by it."""
        rows = [{"key": key, "digest": digest} for key, digest in digests.items()]
        with self._store.begin() as connection:
            connection.execute(
                update(TICKETS)
                .where(TICKETS.c.backfill == run.id, TICKETS.c.ticket_id == bindparam("key"))
                .values(sent=bindparam("digest")),
                rows,
            )

    def settle(
        self,
        run: Run,
        settled: Settled,
        counts: Mapping[str, Any],
        beside: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """A batch has been dealt with; ``beside`` writes more in the same transaction."""
        t = TICKETS.c
        of = t.backfill == run.id
        with self._store.begin() as connection:
            beside(connection)
            if settled.done:
                connection.execute(delete(TICKETS).where(of, t.ticket_id.in_(settled.done)))
            behind = [*settled.again, *settled.later]
            if behind:
                last = connection.execute(select(func.max(t.place)).where(of)).scalar() or 0
                again = frozenset(settled.again)
                rows = [
                    {"key": key, "behind": last + number, "more": int(key in again)}
                    for number, key in enumerate(behind, start=1)
                ]
                connection.execute(
                    update(TICKETS)
                    .where(of, t.ticket_id == bindparam("key"))
                    .values(place=bindparam("behind"), tries=t.tries + bindparam("more")),
                    rows,
                )
            if settled.refused:
                refused = t.ticket_id.in_(settled.refused)
                connection.execute(update(TICKETS).where(of, refused).values(sent=null()))
            if settled.failed:
                rows = [{"key": k, "words": why[:_LONGEST]} for k, why in settled.failed.items()]
                connection.execute(
                    update(TICKETS)
                    .where(of, t.ticket_id == bindparam("key"))
                    .values(why=bindparam("words")),
                    rows,
                )
            _touch(connection, run, counts=dict(counts))

    def failures(self, run: Run) -> list[tuple[str, str]]:
        """The tickets that failed, each with why and what to do."""
        t = TICKETS.c
        query = select(t.ticket_id, t.why).where(t.backfill == run.id, t.why.is_not(None))
        with self._store.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query.order_by(t.place)).all()]

    def prune(self, older_than: timedelta) -> int:
        """Forget the runs that nothing has touched for so long; how many."""
        b, t = BACKFILLS.c, TICKETS.c
        old = select(b.id).where(b.touched_at < now_ms() - older_than // timedelta(milliseconds=1))
        with self._store.begin() as connection:
            connection.execute(delete(TICKETS).where(t.backfill.in_(old)))
            return connection.execute(delete(BACKFILLS).where(b.id.in_(old))).rowcount

    def forget(self, connection: Connection, installation: str, tickets: Collection[str]) -> int:
        """Forget tickets, within the caller's transaction: how many rows of theirs are gone. A run
        that has yet to write them leaves them out."""
        b, t = BACKFILLS.c, TICKETS.c
        named = set(tickets)
        gone = 0
        query = select(b.id, b.counts).where(b.installation == installation)
        for row in connection.execute(query).all():
            theirs = and_(t.backfill == row.id, t.ticket_id.in_(named))
            gone += connection.execute(delete(TICKETS).where(theirs)).rowcount
            tally = Tally.from_json(row.counts)
            if row.counts and tally.forget(named):
                change = update(BACKFILLS).where(b.id == row.id)
                connection.execute(change.values(counts=tally.to_json()))
        return gone


def _touch(connection: Connection, run: Run, **values: Any) -> None:
    connection.execute(
        update(BACKFILLS).where(BACKFILLS.c.id == run.id).values(touched_at=now_ms(), **values)
    )


def _one(connection: Connection, key: int) -> Run:
    b = BACKFILLS.c
    recent = (now_ms() - b.touched_at) < _FORGOTTEN // timedelta(milliseconds=1)
    query = select(BACKFILLS, recent.label("recent")).where(b.id == key)
    row = connection.execute(query).one()
    return Run(
        id=row.id,
        installation=row.installation,
        selection=row.selection,
        options=row.options,
        created_at=_EPOCH + timedelta(milliseconds=row.created_at),
        touched_at=_EPOCH + timedelta(milliseconds=row.touched_at),
        cursor=row.cursor if row.recent else None,
        state=row.state,
        counts=row.counts,
    )
