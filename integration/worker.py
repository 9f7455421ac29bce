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
from types import FrameType
from typing import Protocol

import structlog

from integration import errors, logs
from integration.heartbeats import BEAT
from integration.held import Held
from integration.jobs import Job, Jobs, LeaseLost
from integration.reviewing import Keep, Mark, Retry, Review, Reviewing, Several, Told

_log = structlog.get_logger(__name__)

_POLL = (0.2, 1.0)  # seconds between looks at an empty table: soon after work, then less often
_RENEWALS = 3  # a lease is renewed this often in its time


class Heart(Protocol):
    """Where a worker leaves its signs of life (``heartbeats.Heartbeats``); errors.Unavailable."""

    def beat(self, worker_id: str) -> None: ...

    def leave(self, worker_id: str) -> None: ...


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
        self._heart = heart
        self._next_beat = 0.0
        self._beside = beside
        self._held = Held(slots, lease_seconds, together=several is not None)
        self._slot_free = threading.Event()
        self.reviewing = Reviewing(
            jobs,
            self._held,
            retry=retry or Retry(),
            mark=mark,
            keep=keep,
            chance=chance or random.Random(),  # noqa: S311 - spreads retries, guards nothing
            told=told,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then finish what has begun, take nothing new, and return."""
        _log.info("worker started", worker=self._id, slots=self._slots)
        idle = _POLL[0]
        threads = ThreadPoolExecutor(self._slots, "review")
        with self._beside(), self._keeper():
            with self.reviewing.running(), threads:
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

    # -- slots --------------------------------------------------------------------------------

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
                self.reviewing.work(job, review, several=len(chunk) > 1)
                spent = time.monotonic() - began

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
