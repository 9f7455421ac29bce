"""The keeper: does the chores that are due, one at a time, beside a worker's reviews.

A keeper runs in every worker process; ``chores`` sees to it that each chore is done by one of them.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from integration import errors, logs
from integration.chores import Chores, Turn
from integration.jobs import LeaseLost
from integration.reviewing import Retry

_log = structlog.get_logger(__name__)

_RENEWALS = 3  # a lease is renewed this often in its time
_PATIENCE = 20.0  # seconds to wait at the end for a chore that has begun

ChoreTold = Callable[[str, str, float], None]
"""Is told how each chore ended: its name, how (done, unavailable, rejected, failed, lease lost or
not stored), and how many seconds it took. Must not raise."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A chore came to its end: what it wants to remember, and when it is due again if that is not
    the usual time (a round that is not whole yet, say)."""

    state: str | None = None
    again: timedelta | None = None


class Progress:
    """A chore that is being done: what it remembers, and where it says how far it has come."""

    def __init__(
        self, turn: Turn, keep: Callable[[str], None], stopping: Callable[[], bool]
    ) -> None:
        self.state = turn.state
        self._keep = keep
        self._stopping = stopping

    @property
    def stopping(self) -> bool:
        """Whether to come to an end soon: the worker stops, or somebody else does this chore."""
        return self._stopping()

    def keep(self, state: str) -> None:
        """Store how far the chore has come. Raises LeaseLost where somebody else does it by now,
        and errors.Unavailable."""
        self._keep(state)
        self.state = state


@dataclass(frozen=True, slots=True)
class Chore:
    """What is to be done ``every`` so often for an installation (empty: for the whole store).

    ``do`` may raise what ``integration.errors`` lists: it is then tried again, later each time. It
    must bear being done twice, and being broken off anywhere.
    """

    installation: str
    name: str
    every: timedelta
    do: Callable[[Progress], Ended]


class Keeper:
    """Does ``chores`` as they fall due, each held by a lease of ``lease_seconds`` that is renewed
    while it is done. Looks every ``poll`` seconds, and asks anew which chores there are where that
    is a function. Never takes the process down."""

    def __init__(
        self,
        store: Chores,
        chores: Collection[Chore] | Callable[[], Collection[Chore]],
        *,
        lease_seconds: float = 60.0,
        worker_id: str | None = None,
        retry: Retry | None = None,
        told: ChoreTold = lambda name, how, seconds: None,
        poll: float = 5.0,
        chance: random.Random | None = None,
    ) -> None:
        self._store = store
        self._idle = not callable(chores) and not chores
        self._list = chores if callable(chores) else lambda: chores
        self._chores: dict[tuple[str, str], Chore] = {}
        self._lease_seconds = lease_seconds
        self._id = worker_id or f"{socket.gethostname()}:{os.getpid()}"
        self._retry = retry or Retry(first=15.0, longest=1800.0)
        self._told = told
        self._poll = poll
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._ensured: set[tuple[str, str]] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Do the chores in a thread for as long as the block lasts. At its end nothing new is
        begun; a chore that does not end in time is left to its lease."""
        if self._idle:
            yield
            return
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(stop,), name="chores", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(_PATIENCE)
            if thread.is_alive():
                _log.warning("chore left to its lease")

    def run_due(self, stop: threading.Event | None = None) -> int:
        """Do what is due now, until nothing is or ``stop`` is set; how many chores were begun."""
        stop = stop or threading.Event()
        begun = 0
        while not stop.is_set():
            turn = self._claim()
            if turn is None:
                break
            begun += 1
            self._work(turn, stop)
        return begun

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.run_due(stop)
            stop.wait(self._poll)

    def _claim(self) -> Turn | None:
        try:
            self._chores = {(one.installation, one.name): one for one in self._list()}
            for key in self._chores.keys() - self._ensured:
                self._store.ensure(*key, self._chores[key].every)
                self._ensured.add(key)
            return self._store.claim(self._id, self._lease_seconds, self._chores.keys())
        except errors.Unavailable as error:
            _log.error("no chore claimed", why=str(error))
        except Exception as error:
            _log.error("no chore claimed", **logs.traced(error))
        return None

    # -- one chore ----------------------------------------------------------------------------

    def _work(self, turn: Turn, stop: threading.Event) -> None:
        log = _log.bind(chore=turn.name, installation=turn.installation)
        began = time.monotonic()
        how = "not stored"
        try:
            with self._held(turn, log) as lost:
                how = self._end(turn, stop, lost, log)
            log.info(
                "chore ended",
                how=how,
                failures=turn.failures,
                milliseconds=round((time.monotonic() - began) * 1000),
            )
        except LeaseLost:
            how = "lease lost"
            log.warning("lease lost: somebody else does this chore")
        except errors.Unavailable as error:
            # The lease runs out by itself, and the chore is done again.
            log.error("chore's end not stored", why=str(error))
        except Exception as error:
            log.error("chore's end not stored", **logs.traced(error))
        finally:
            self._told(turn.name, how, time.monotonic() - began)

    def _end(
        self,
        turn: Turn,
        stop: threading.Event,
        lost: threading.Event,
        log: structlog.stdlib.BoundLogger,
    ) -> str:
        """Do a chore, and store how it ended. The type of an error decides, as for a review."""
        chore = self._chores[turn.installation, turn.name]
        progress = Progress(
            turn,
            lambda state: self._store.keep(turn, state, self._lease_seconds),
            lambda: stop.is_set() or lost.is_set(),
        )
        try:
            ended = chore.do(progress)
        except LeaseLost:
            raise
        except errors.Unavailable as error:
            log.warning("unavailable", why=type(error).__name__, retry_after=error.retry_after)
            self._fail(turn, error.retry_after, str(error))
            return "unavailable"
        except errors.Rejected as error:
            log.warning("rejected", why=type(error).__name__)
            self._fail(turn, None, f"{error} — {error.advice}")
            return "rejected"
        except Exception as error:
            log.error("chore failed", **logs.traced(error))
            self._fail(turn, None, f"{turn.name}: {type(error).__name__}; see the log")
            return "failed"
        again = chore.every if ended.again is None else ended.again
        self._store.finish(turn, again.total_seconds(), ended.state)
        return "done"

    def _fail(self, turn: Turn, retry_after: float | None, why: str) -> None:
        seconds = self._retry.wait(turn.failures, retry_after, self._chance)
        self._store.fail(turn, seconds, why)

    @contextmanager
    def _held(self, turn: Turn, log: structlog.stdlib.BoundLogger) -> Iterator[threading.Event]:
        """Renew the lease for the block; the event is set where it was lost."""
        done, lost = threading.Event(), threading.Event()

        def renew() -> None:
            while not done.wait(self._lease_seconds / _RENEWALS):
                try:
                    self._store.renew(turn, self._lease_seconds)
                except LeaseLost:
                    lost.set()  # or it has just ended
                    return
                except errors.Unavailable as error:
                    log.error("lease not renewed", why=str(error))
                except Exception as error:
                    log.error("lease not renewed", **logs.traced(error))

        thread = threading.Thread(target=renew, name="chore's lease", daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            done.set()
            thread.join()
