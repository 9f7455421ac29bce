"""What an admin asks for at the set-up page and the worker does: one of each kind at a time for an
installation. Only this module knows ``errands``.

The web process promises it (it is stored), the worker does it, the page shows how it went. Asking
again replaces what was asked before; where a worker is at that, it ends first. Moments are the
database's time, as in ``jobs``.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import structlog
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    Text,
    and_,
    case,
    delete,
    null,
    or_,
    select,
    update,
)

from integration import errors, logs
from integration.store import Store, insert, metadata, now_ms

_log = structlog.get_logger(__name__)

ERRANDS = Table(
    "errands",
    metadata,
    Column("installation", String(40), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("number", Integer, nullable=False),  # how often it was asked for
    Column("given", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("result", JSON),
    Column("why", Text),  # where it failed: in plain words
    Column("asked_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", BigInteger),
)

State = Literal["waiting", "done", "failed"]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEASE: Final = 45.0
"""Seconds after which an errand whose worker died is taken up by another."""
_RENEWALS: Final = 3
"""How often a lease is renewed while it lasts."""
_TRIES: Final = 3
_POLL: Final = 0.5
_HANDS: Final = 2
_PATIENCE: Final = 20.0
"""Seconds to wait, when stopping, for what is being done."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What was asked for, and how it went: ``result`` where it is done, ``why`` not where it
    failed. ``doing``: a worker is at it. ``asked_at`` is aware, in UTC."""

    installation: str
    kind: str
    number: int
    given: Mapping[str, Any]
    state: State
    result: Any
    why: str | None
    asked_at: datetime
    doing: bool
    tries: int = 0
    lease: str | None = field(default=None, repr=False)


class Errands:
    """The errands of one store. Every method is one transaction; raises errors.Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, installation: str, kind: str, given: Mapping[str, Any]) -> None:
        """Ask for an errand; what was asked of that kind before is forgotten. A worker that is at
        it keeps its lease: nobody begins what is asked now before that one has ended."""
        t = ERRANDS.c
        fresh: dict[str, Any] = {
            "given": dict(given),
            "state": "waiting",
            "result": null(),
            "why": null(),
            "asked_at": now_ms(),
            "ended_at": null(),
            "tries": 0,
        }
        row = insert(self._store.dialect, ERRANDS).values(
            installation=installation, kind=kind, number=1, **fresh
        )
        row = row.on_conflict_do_update(
            index_elements=["installation", "kind"],
            set_={
                **fresh,
                "number": t.number + 1,
                # without an owner, it was only to be tried again later
                "lease_until": case((t.lease_owner.is_not(None), t.lease_until), else_=null()),
            },
        )
        with self._store.begin() as connection:
            connection.execute(row)

    def get(self, installation: str, kind: str) -> Errand | None:
        """The last errand of a kind, None where none was ever asked for."""
        t = ERRANDS
        query = select(t, (t.c.lease_until > now_ms()).label("held")).where(
            t.c.installation == installation, t.c.kind == kind
        )
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _errand(row)

    def claim(self) -> Errand | None:
        """Take the errand that has waited longest and that nobody is at, or None."""
        t = ERRANDS.c
        free = and_(t.state == "waiting", or_(t.lease_until.is_(None), t.lease_until <= now_ms()))
        query = select(ERRANDS).where(free).order_by(t.asked_at).limit(1)
        # A look first that waits for no writer: nearly always there is nothing to do.
        with self._store.read() as connection:
            if connection.execute(query).one_or_none() is None:
                return None
        lease = uuid.uuid4().hex
        with self._store.begin() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            connection.execute(
                update(ERRANDS)
                .where(t.installation == row.installation, t.kind == row.kind)
                .values(lease_owner=lease, lease_until=_in(_LEASE), tries=row.tries + 1)
            )
        return _errand(row, lease=lease, tries=row.tries + 1)

    def renew(self, errand: Errand) -> None:
        """Somebody is still at it."""
        t = ERRANDS.c
        self._set(t.lease_owner == errand.lease, errand, lease_until=_in(_LEASE))

    def finish(self, errand: Errand, result: Any) -> bool:
        """It is done; False where it was asked for anew meanwhile, or another worker is at it."""
        return self._end(errand, state="done", result=result, why=null(), ended_at=now_ms())

    def fail(self, errand: Errand, why: str) -> bool:
        """It came to nothing, for this reason."""
        return self._end(errand, state="failed", why=why[:1000], ended_at=now_ms())

    def again(self, errand: Errand, seconds: float) -> bool:
        """It came to nothing for now: try again in so many seconds."""
        return self._end(errand, lease_until=_in(seconds))

    def forget(self, installation: str) -> None:
        """Forget all errands of an installation."""
        with self._store.begin() as connection:
            connection.execute(delete(ERRANDS).where(ERRANDS.c.installation == installation))

    def prune(self, older_than: timedelta) -> int:
        """Forget errands that ended longer ago than that; how many they were."""
        t = ERRANDS.c
        old = t.ended_at < now_ms() - older_than // timedelta(milliseconds=1)
        with self._store.begin() as connection:
            return connection.execute(delete(ERRANDS).where(old)).rowcount

    def _end(self, errand: Errand, **values: Any) -> bool:
        """Give up the lease, with these values if it is still this errand that is asked for."""
        t = ERRANDS.c
        mine = t.lease_owner == errand.lease
        free: dict[str, Any] = {"lease_owner": null(), "lease_until": null()}
        if self._set(and_(mine, t.number == errand.number), errand, **{**free, **values}):
            return True
        self._set(mine, errand, **free)
        return False

    def _set(self, condition: ColumnElement[bool], errand: Errand, **values: Any) -> bool:
        t = ERRANDS.c
        one = and_(t.installation == errand.installation, t.kind == errand.kind, condition)
        with self._store.begin() as connection:
            return bool(connection.execute(update(ERRANDS).where(one).values(**values)).rowcount)


class Runner:
    """Does errands beside a worker's reviews, a few at a time, so that one account's slow helpdesk
    does not hold up another's. ``do`` gives the result of one, JSON-ready; it may raise what
    ``integration.errors`` lists, must bear being done twice, and is called from several threads."""

    def __init__(self, errands: Errands, do: Callable[[Errand], Any]) -> None:
        self._errands = errands
        self._do = do

    @contextmanager
    def running(self) -> Iterator[None]:
        """Do what is asked for, in threads, for as long as the block lasts. What does not end in
        time is left to its lease."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._run, args=(stop,), name=f"errands {n}", daemon=True)
            for n in range(_HANDS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            ends = time.monotonic() + _PATIENCE
            for thread in threads:
                thread.join(max(0.0, ends - time.monotonic()))

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(_POLL):
            try:
                while not stop.is_set() and self.one():
                    pass
            except errors.Unavailable as error:
                _log.error("no errand claimed", why=str(error))
            except Exception as error:
                _log.error("no errand claimed", **logs.traced(error))

    def one(self) -> bool:
        """Do the next errand; False where there is none."""
        errand = self._errands.claim()
        if errand is None:
            return False
        began = time.monotonic()
        how = "done"
        try:
            if errand.tries > _TRIES:
                # Only workers that died can have left it like this.
                raise errors.Rejected(
                    "It broke off each time it was tried.", advice="The service's log says more."
                )
            with self._held(errand):
                result = self._do(errand)
        except errors.Unavailable as error:
            how = "unavailable"
            wait = max(2.0, error.retry_after or 0.0)
            if errand.tries < _TRIES and wait < 60:
                self._errands.again(errand, wait)
            else:
                self._errands.fail(errand, f"{error}. Try again in a while.")
        except errors.HelpdeskError as error:
            how = "rejected"
            self._errands.fail(errand, _told(error))
        except Exception as error:
            how = "failed"
            _log.error("errand failed", kind=errand.kind, **logs.traced(error))
            self._errands.fail(errand, "Something went wrong here; the service's log says where.")
        else:
            self._errands.finish(errand, result)
        _log.info(
            "errand ended",
            installation=errand.installation,
            kind=errand.kind,
            how=how,
            milliseconds=round((time.monotonic() - began) * 1000),
        )
        return True

    @contextmanager
    def _held(self, errand: Errand) -> Iterator[None]:
        """Renew the errand's lease for as long as the block lasts."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(_LEASE / _RENEWALS):
                try:
                    self._errands.renew(errand)
                except errors.Unavailable as error:
                    _log.error("lease not renewed", errand=errand.kind, why=str(error))
                except Exception as error:
                    _log.error("lease not renewed", errand=errand.kind, **logs.traced(error))

        thread = threading.Thread(target=renew, name="errand's lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _told(error: errors.HelpdeskError) -> str:
    """What went wrong, what the helpdesk says of which field, and what to do."""
    said, fields = str(error), getattr(error, "fields", {})
    more = [f"{name}: {words}" for name, words in fields.items() if words not in said]
    lines = [said, *more, getattr(error, "advice", "")]
    return "\n".join(line for line in lines if line)


def _errand(row: Any, *, lease: str | None = None, tries: int | None = None) -> Errand:
    return Errand(
        row.installation,
        row.kind,
        row.number,
        row.given,
        row.state,
        row.result,
        row.why,
        _EPOCH + timedelta(milliseconds=row.asked_at),
        bool(getattr(row, "held", lease)) and row.state == "waiting",
        row.tries if tries is None else tries,
        lease,
    )


def _in(seconds: float) -> ColumnElement[int]:
    return now_ms() + round(seconds * 1000)
