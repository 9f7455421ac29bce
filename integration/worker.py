"""The worker: claims what is due, has it reviewed, and says how it ended."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from integration import errors, logs
from integration.heartbeats import BEAT
from integration.jobs import Job, Jobs, LeaseLost

_log = structlog.get_logger(__name__)

_POLL = (0.2, 1.0)  # seconds between looks at an empty table: soon after work, then less often
_RENEWALS = 3  # a lease is renewed this often in its time


class ReviewResult(Protocol):
    """What a review leaves for the worker: when the verdict next changes by itself (aware). If it
    also has ``did``, a word or two of a short list, the log and the metrics say so."""

    @property
    def next_due_at(self) -> datetime | None: ...


Mark = Callable[[str, str], None]
"""Marks a ticket (installation id, ticket id) whose review is set aside, where that can be done."""

Told = Callable[[str, float], None]
"""Is told how each review ended, in a word or two, and how many seconds it took."""


class Heart(Protocol):
    """Where a worker leaves its signs of life (``heartbeats.Heartbeats``); errors.Unavailable."""

    def beat(self, worker_id: str) -> None: ...

    def leave(self, worker_id: str) -> None: ...


Review = Callable[[str, str], ReviewResult]
"""Reviews one ticket: installation id and ticket id. May be called from several threads at once,
never for the same ticket. Raises what ``integration.errors`` lists."""


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
    ``lease_seconds`` that is renewed while the review runs. ``beside`` is entered while it runs."""

    def __init__(
        self,
        jobs: Jobs,
        review: Review,
        *,
        slots: int = 4,
        lease_seconds: float = 60.0,
        worker_id: str | None = None,
        retry: Retry | None = None,
        mark: Mark | None = None,
        chance: random.Random | None = None,
        heart: Heart | None = None,
        told: Told = lambda how, seconds: None,
        beside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._jobs = jobs
        self._review = review
        self._slots = slots
        self._lease_seconds = lease_seconds
        self._id = worker_id or f"{socket.gethostname()}:{os.getpid()}"
        self._retry = retry or Retry()
        self._mark = mark
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._heart = heart
        self._next_beat = 0.0
        self._told = told
        self._beside = beside
        self._held: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._slot_free = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then finish what has begun, take nothing new, and return."""
        _log.info("worker started", worker=self._id, slots=self._slots)
        idle = _POLL[0]
        threads = ThreadPoolExecutor(self._slots, "review")
        with self._beside(), self._keeper(), threads:
            while not stop.is_set():
                self._beat()
                self._slot_free.clear()
                if len(self._held) >= self._slots:
                    self._slot_free.wait(0.5)
                    continue
                job = self._claim()
                if job is None:
                    stop.wait(idle)
                    idle = min(idle * 1.5, _POLL[1])
                    continue
                idle = _POLL[0]
                with self._lock:
                    self._held[job.lease] = job
                threads.submit(self._work, job)
            self._leave()
            _log.info("worker stopping", worker=self._id, reviews=len(self._held))
        _log.info("worker stopped", worker=self._id)

    def _claim(self) -> Job | None:
        try:
            return self._jobs.claim(self._id, self._lease_seconds)
        except errors.Unavailable as error:
            _log.error("nothing claimed", why=str(error))
        except Exception as error:
            _log.error("nothing claimed", **logs.traced(error))
        return None

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

    def _work(self, job: Job) -> None:
        marks = {"installation": job.installation, "ticket": job.ticket_id, "review": job.id}
        if job.delivery is not None:
            marks["delivery"] = job.delivery
        # For whatever is logged while this ticket is reviewed, by whomever.
        with bound_contextvars(**marks):
            self._review_one(job, _log.bind(**marks))

    def _review_one(self, job: Job, log: structlog.stdlib.BoundLogger) -> None:
        began = time.monotonic()
        how = "not stored"
        try:
            how = self._end(job, log)
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
            with self._lock:
                self._held.pop(job.lease, None)
            self._slot_free.set()
            self._told(how, time.monotonic() - began)

    def _end(self, job: Job, log: structlog.stdlib.BoundLogger) -> str:
        """Review, and store how it ended. The type of an error decides; see integration.errors."""
        if job.attempts >= self._retry.attempts:
            # Only a worker that died can have left it like this.
            return self._aside(job, "worker: broke off during every review of this ticket", log)
        try:
            result = self._reviewed(job, log)
        except errors.Unavailable as error:
            log.warning("unavailable", why=type(error).__name__, retry_after=error.retry_after)
            return self._again(job, str(error), error.retry_after, log)
        except errors.Rejected as error:
            log.warning("rejected", why=type(error).__name__)
            return self._aside(job, f"{error} — {error.advice}", log)
        except Exception as error:
            log.error("review failed", **logs.traced(error))
            return self._again(job, f"review: {type(error).__name__}; see the log", None, log)
        self._jobs.finish(job, result.next_due_at)
        return str(getattr(result, "did", "finished"))

    def _reviewed(self, job: Job, log: structlog.stdlib.BoundLogger) -> ReviewResult:
        for _ in range(self._retry.conflicts):
            try:
                return self._review(job.installation, job.ticket_id)
            except errors.Conflict:
                log.info("ticket changed during its review; reviewing it anew")
        return self._review(job.installation, job.ticket_id)

    def _again(
        self, job: Job, why: str, retry_after: float | None, log: structlog.stdlib.BoundLogger
    ) -> str:
        if job.attempts + 1 >= self._retry.attempts:
            return self._aside(job, f"{why} — tried {job.attempts + 1} times", log)
        self._jobs.postpone(job, self._retry.wait(job.attempts, retry_after, self._chance), why)
        return "postponed"

    def _aside(self, job: Job, why: str, log: structlog.stdlib.BoundLogger) -> str:
        """Set a review aside for a person, with a mark on its ticket if that can still be had. The
        mark comes first, while the ticket is ours alone."""
        if self._mark is not None:
            try:
                self._mark(job.installation, job.ticket_id)
            except errors.HelpdeskError as error:
                log.warning("set aside without a mark", why=type(error).__name__)
            except Exception as error:
                log.error("set aside without a mark", **logs.traced(error))
        self._jobs.set_aside(job, why)
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
            with self._lock:
                held = list(self._held.values())
            for job in held:
                try:
                    self._jobs.renew(job, self._lease_seconds)
                except LeaseLost:
                    pass  # it has just ended, or its end will find out
                except errors.Unavailable as error:
                    _log.error("lease not renewed", ticket=job.ticket_id, why=str(error))
                except Exception as error:
                    _log.error("lease not renewed", ticket=job.ticket_id, **logs.traced(error))


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
