"""What is to be done later, by the account's own clock, and when all that is due is done."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from integration.sandbox.options import Clock

_LOG = logging.getLogger(__name__)
_LOOK = 0.25
"""Seconds between two looks at the clock, which may be set without a word."""


class Agenda:
    """Work with the moment from which on it is due, done in one thread of its own.

    Work done elsewhere counts too while it is between ``begin`` and ``end``, so that ``idle`` means
    that nothing is under way and nothing is due. What is due later does not count.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._waiting: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._busy = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        """Have work done in so many seconds of the account's clock."""
        due = self._now() + timedelta(seconds=seconds)
        with self._changed:
            if self._closing.is_set():
                return
            heapq.heappush(self._waiting, (due, next(self._order), work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="agenda", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def begin(self) -> None:
        """Something is under way elsewhere."""
        with self._changed:
            self._busy += 1

    def end(self) -> None:
        """What was begun has ended."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def look(self) -> None:
        """Look at the clock now: it was set."""
        with self._changed:
            self._changed.notify_all()

    def idle(self, timeout: float = 30.0) -> bool:
        """Wait up to ``timeout`` seconds until nothing is under way and nothing is due."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and not self._due(), timeout)

    def waiting(self) -> list[datetime]:
        """When what waits is due, the earliest first."""
        with self._changed:
            return sorted(due for due, _, _ in self._waiting)

    def closed(self) -> bool:
        """Whether the account is given up."""
        return self._closing.is_set()

    def pause(self, seconds: float) -> bool:
        """Let real seconds pass; True where the account is given up meanwhile."""
        return self._closing.wait(seconds) if seconds > 0 else self._closing.is_set()

    def close(self) -> None:
        """Drop what waits, and wait for what the agenda itself is doing."""
        self._closing.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _due(self) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= self._now()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due():
                    if self._closing.is_set():
                        return
                    self._changed.wait(self._until())
                _, _, work = heapq.heappop(self._waiting)
                self._busy += 1
            try:
                work()
            except Exception:  # what else waits is still to be done
                _LOG.exception("work that was due failed")
            finally:
                self.end()

    def _until(self) -> float | None:
        if not self._waiting:
            return None
        left = (self._waiting[0][0] - self._now()).total_seconds()
        return max(0.001, min(left, _LOOK))
