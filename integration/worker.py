"""The worker: claims what is due, has it reviewed, and says how it ended."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Protocol

import structlog
from sqlalchemy.engine import Connection
from structlog.contextvars import bound_contextvars

from integration import errors, logs, reasons
from integration.budgets import Health, Spent, counting
from integration.heartbeats import BEAT
from integration.held import Held
from integration.jobs import Job, Jobs, LeaseLost
from integration.migrations import NewerSchema
from integration.store import Away

_log = structlog.get_logger(__name__)

_POLL = (0.2, 1.0)  # seconds between looks at an empty table: soon after work, then less often
_LEAST_REST = 5.0  # seconds an account is left alone that has had enough of us
_RENEWALS = 3  # a lease is renewed this often in its time
_MARKS = 3  # workers that may die marking a ticket; the next sets it aside without a mark


class ReviewResult(Protocol):
    """What a review leaves for the worker: when the verdict next changes by itself (aware). If it
    also has ``did``, a word or two of a short list, the log and the metrics say so."""

    @property
    def next_due_at(self) -> datetime | None: ...


Mark = Callable[[str, str, str], None]
"""Marks a ticket (installation id, ticket id) whose review is set aside, where that can be done,
and says there why (the third), in plain words and with what to do. Where a worker died before that
was stored it is called again, and must then leave the first mark as it is."""

Keep = Callable[[Connection, Job, ReviewResult], object]
"""Keeps a record of a review that came to its end, in the transaction that ends it."""

Told = Callable[[str, float], None]
"""Is told how each review ended, in a word or two, and how many seconds it took."""


class Heart(Protocol):
    """Where a worker leaves its signs of life (``heartbeats.Heartbeats``); errors.Unavailable."""

    def beat(self, worker_id: str) -> None: ...

    def leave(self, worker_id: str) -> None: ...


Review = Callable[[str, str], ReviewResult]
"""Reviews one ticket: installation id and ticket id. May be called from several threads at once,
never for the same ticket. Raises what ``integration.errors`` lists."""

Several = Callable[[str, Sequence[str]], Review]
"""Reviews for several tickets of one installation (their ids): the same, for one after the other in
the calling thread, at less cost. Does nothing yet."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How a review that came to nothing is tried again.

    The wait doubles from ``first`` to ``longest`` seconds, half of it by chance so that many
    tickets do not come back at once; it is never shorter than what the helpdesk asked for. After
    ``attempts`` tries (with these numbers: some two hours) a person has to look. A conflict is
    reviewed anew at once, ``conflicts`` times.
    """

    attempts: int = 12
    first: float = 5.0
    longest: float = 3600.0
    conflicts: int = 3

    def wait(self, attempts: int, retry_after: float | None, chance: random.Random) -> float:
        """Seconds to wait after the try that follows ``attempts`` fruitless ones."""
        full = min(self.first * 2.0 ** min(attempts, 30), self.longest)
        own = full * (0.5 + 0.5 * chance.random())
        if retry_after is None:
            return own
        return max(own, retry_after * (1 + 0.1 * chance.random()))


class Worker:
    """Reviews up to ``slots`` tickets at once, each in a thread, each held by a lease of
    ``lease_seconds`` that is renewed as long as it is held. Where there is much to do, a slot takes
    ``several`` at once, if that is given. ``beside`` is entered while it runs."""

    def __init__(
        self,
        jobs: Jobs,
        review: Review,
        *,
        several: Several | None = None,
        slots: int = 4,
        lease_seconds: float = 60.0,
        worker_id: str | None = None,
        retry: Retry | None = None,
        mark: Mark | None = None,
        keep: Keep | None = None,
        chance: random.Random | None = None,
        heart: Heart | None = None,
        told: Told = lambda how, seconds: None,
        beside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._jobs = jobs
        self._review = review
        self._several = several
        self._slots = slots
        self._lease_seconds = lease_seconds
        self._id = worker_id or f"{socket.gethostname()}:{os.getpid()}"
        self._retry = retry or Retry()
        self._mark = mark
        self._keep_record = keep
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._heart = heart
        self._next_beat = 0.0
        self._told = told
        self._beside = beside
        self._held = Held(slots, lease_seconds, together=several is not None)
        self._slot_free = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then finish what has begun, take nothing new, and return."""
        _log.info("worker started", worker=self._id, slots=self._slots)
        idle = _POLL[0]
        threads = ThreadPoolExecutor(self._slots, "review")
        with self._beside(), self._keeper():
            with threads:
                while not stop.is_set():
                    self._beat()
                    self._slot_free.clear()
                    self._give_back(self._held.let_go())
                    self._begin(threads)
                    asked, held, each = self._held.room()
                    found = self._claim(asked, held, each) if asked else 0
                    self._begin(threads)
                    if found:
                        idle = _POLL[0]
                    elif not asked:
                        self._slot_free.wait(0.5)
                    else:
                        # A slot that becomes free may be what somebody's next review waits for.
                        (self._slot_free if self._held.all() else stop).wait(idle)
                        idle = min(idle * 1.5, _POLL[1])
                self._held.leave()
                self._leave()
                rest = self._held.leftover()
                _log.info("worker stopping", worker=self._id, reviews=len(self._held.all()))
            self._give_back([*rest, *self._held.leftover()])
        _log.info("worker stopped", worker=self._id)

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        while chunk := self._held.next():
            threads.submit(self._slot, chunk)

    def _claim(self, asked: int, held: Mapping[str, int], each: int | None) -> int:
        """Claim as many reviews as there is room for; how many it were. Where there are several
        installations, none gets all slots: one is always left to the others."""
        try:
            jobs = self._jobs.claim_some(self._id, self._lease_seconds, asked, held=held, each=each)
            self._held.add(jobs, asked)
            return len(jobs)
        except errors.Unavailable as error:
            _log.error("nothing claimed", why=str(error))
        except Exception as error:
            _log.error("nothing claimed", **logs.traced(error))
        return 0

    def _give_back(self, jobs: Sequence[Job]) -> None:
        """What was not begun is somebody else's to do, at once."""
        try:
            self._jobs.give_back(jobs)
        except errors.Unavailable as error:
            _log.error("not given back: it waits for its lease to run out", why=str(error))
        except Exception as error:
            _log.error("not given back: it waits for its lease to run out", **logs.traced(error))

    def _beat(self) -> None:
        """A sign of life, when it is time for one. It is given by the loop that takes the work and
        not beside it: where that loop hangs, the worker is as good as dead."""
        if self._heart is None or time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + BEAT.total_seconds()
        try:
            self._heart.beat(self._id)
        except errors.Unavailable as error:
            self._next_beat = time.monotonic() + _POLL[1]
            _log.error("no sign of life stored", why=str(error))
        except Exception as error:
            _log.error("no sign of life stored", **logs.traced(error))

    def _leave(self) -> None:
        if self._heart is None:
            return
        try:
            self._heart.leave(self._id)
        except errors.Unavailable as error:
            _log.error("leaving not stored", why=str(error))
        except Exception as error:
            _log.error("leaving not stored", **logs.traced(error))

    # -- one review ---------------------------------------------------------------------------

    def _slot(self, chunk: list[Job]) -> None:
        """Work, in one slot, for as long as there is something for it."""
        while chunk:
            try:
                self._chunk(chunk)
            finally:
                self._held.slot_free(chunk[0].installation)
                self._slot_free.set()
            chunk = self._held.next()

    def _chunk(self, chunk: Sequence[Job]) -> None:
        review, spent = self._review, 0.0
        if len(chunk) > 1 and self._several is not None:
            review = self._several(chunk[0].installation, [job.ticket_id for job in chunk])
        for place, job in enumerate(chunk):
            if place and not self._held.goes_on(chunk[place:], spent):
                break
            if self._held.still(job):
                began = time.monotonic()
                self._work(job, review)
                spent = time.monotonic() - began

    def _work(self, job: Job, review: Review) -> None:
        marks = {"installation": job.installation, "ticket": job.ticket_id, "review": job.id}
        if job.delivery is not None:
            marks["delivery"] = job.delivery
        # For whatever is logged while this ticket is reviewed, by whomever.
        with bound_contextvars(**marks):
            self._review_one(job, review, _log.bind(**marks))

    def _review_one(self, job: Job, review: Review, log: structlog.stdlib.BoundLogger) -> None:
        began = time.monotonic()
        how = "not stored"
        try:
            with counting() as spent:
                how = self._end(job, review, spent, log)
            log.info(
                "review ended",
                how=how,
                reason=job.reason,
                generation=job.generation,
                attempts=job.attempts,
                milliseconds=round((time.monotonic() - began) * 1000),
            )
        except LeaseLost:
            how = "lease lost"
            log.warning("lease lost: somebody else reviews this ticket")
        except errors.Unavailable as error:
            # The lease runs out by itself, and the ticket is reviewed again.
            log.error("review's end not stored", why=str(error))
        except Exception as error:
            log.error("review's end not stored", **logs.traced(error))
        finally:
            self._held.ended(job, time.monotonic() - began)
            self._told(how, time.monotonic() - began)

    def _end(
        self, job: Job, review: Review, spent: Spent, log: structlog.stdlib.BoundLogger
    ) -> str:
        """Review, and store how it ended. The type of an error decides; see integration.errors."""
        if job.attempts >= self._retry.attempts:
            # Only a worker that died can have left it like this; it may have said why.
            why = reasons.broke_off(job.last_error, job.attempts)
            marked = job.attempts < self._retry.attempts + _MARKS
            return self._aside(job, why, spent, Health.UNKNOWN, log, marked=marked)
        try:
            result = self._reviewed(job, review, log)
        except errors.Unavailable as error:
            log.warning("unavailable", why=type(error).__name__, retry_after=error.retry_after)
            return self._again(job, error, spent, log)
        except errors.Rejected as error:
            log.warning("rejected", why=type(error).__name__)
            return self._aside(job, reasons.of(error), spent, Health.ANSWERED, log)
        except Exception as error:
            log.error("review failed", **logs.traced(error))
            return self._again(job, error, spent, log)
        try:
            self._finish(job, result, spent)
        except (LeaseLost, errors.Unavailable):
            raise
        except Exception as error:
            log.error("review's end failed", **logs.traced(error))
            return self._again(job, error, spent, log)
        return str(getattr(result, "did", "finished"))

    def _reviewed(
        self, job: Job, review: Review, log: structlog.stdlib.BoundLogger
    ) -> ReviewResult:
        for _ in range(self._retry.conflicts):
            try:
                return review(job.installation, job.ticket_id)
            except errors.Conflict:
                log.info("ticket changed during its review; reviewing it anew")
        return review(job.installation, job.ticket_id)

    def _finish(self, job: Job, result: ReviewResult, spent: Spent) -> None:
        keep = self._keep_record
        also = None if keep is None else lambda connection: keep(connection, job, result)
        self._jobs.finish(job, result.next_due_at, spent=spent, also=also)

    def _again(
        self, job: Job, error: Exception, spent: Spent, log: structlog.stdlib.BoundLogger
    ) -> str:
        retry_after = error.retry_after if isinstance(error, errors.Unavailable) else None
        health, pause = _health(error)
        why = reasons.of(error)
        tries = job.attempts + 1
        if tries >= self._retry.attempts:
            return self._aside(job, reasons.after(why, tries), spent, health, log, pause)
        wait = self._retry.wait(job.attempts, retry_after, self._chance)
        self._jobs.postpone(job, wait, why, spent=spent, health=health, pause=pause)
        return "postponed"

    def _aside(
        self,
        job: Job,
        why: str,
        spent: Spent,
        health: Health,
        log: structlog.stdlib.BoundLogger,
        pause: float = 0.0,
        *,
        marked: bool = True,
    ) -> str:
        """Set a review aside for a person, with a mark on its ticket if that can still be had. The
        mark comes first, while the ticket is ours alone; and before it the reason is kept, so that
        whoever takes over from a worker that died in between comes to the same end."""
        if self._mark is not None and marked:
            self._jobs.explain(job, why)
            try:
                self._mark(job.installation, job.ticket_id, why)
            except errors.HelpdeskError as error:
                log.warning("set aside without a mark", why=type(error).__name__)
            except Exception as error:
                log.error("set aside without a mark", **logs.traced(error))
        self._jobs.set_aside(job, why, spent=spent, health=health, pause=pause)
        return "set aside"

    # -- the leases ---------------------------------------------------------------------------

    @contextmanager
    def _keeper(self) -> Iterator[None]:
        """Renew the leases of what is being reviewed, until the last review has ended."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(done,), name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep(self, done: threading.Event) -> None:
        while not done.wait(self._lease_seconds / _RENEWALS):
            for job in self._held.all():
                try:
                    self._jobs.renew(job, self._lease_seconds)
                    self._held.renewed(job)
                except LeaseLost:
                    self._held.lost(job)  # or it has just ended, or its end will find out
                except errors.Unavailable as error:
                    _log.error("lease not renewed", ticket=job.ticket_id, why=str(error))
                except Exception as error:
                    _log.error("lease not renewed", ticket=job.ticket_id, **logs.traced(error))


def _health(error: Exception) -> tuple[Health, float]:
    """What an error that is tried again says of the helpdesk, and for how many seconds the whole
    account is to be left alone for it."""
    if isinstance(error, errors.RateLimited):
        return Health.UNKNOWN, max(error.retry_after or 0.0, _LEAST_REST)
    ours = not isinstance(error, errors.Unavailable) or isinstance(error, Away | NewerSchema)
    if ours or isinstance(error, errors.Conflict):
        return Health.UNKNOWN, 0.0
    return Health.SILENT, 0.0


def serve(worker: Worker) -> None:
    """Run a worker in this process until SIGTERM or SIGINT; a second signal leaves at once.

    To be called in the main thread. What a second signal cuts off is reviewed again by another
    worker when its lease has run out.
    """
    stop = threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_DFL)
        stop.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, leave)
    # The worker gets a thread of its own: a handler that sets an Event runs in the main thread, and
    # would find the Event's lock taken if it interrupted that thread's own use of it.
    with ThreadPoolExecutor(1, "worker") as threads:
        running = threads.submit(worker.run, stop)
        wait([running])
        running.result()
