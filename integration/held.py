"""What a worker holds: reviews that wait for a slot of it, and those that are under way.

As long as there is much to do, more is claimed than there are slots: claiming many at once costs
little more than claiming one, and tickets of one account can be read together. It is never more
than is done in about a second, so nobody waits long behind it; and of what waits, each account's
comes in turn.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from integration.jobs import Job

_MOST_AHEAD: Final = 64
"""Reviews that wait for a slot, at most."""
_AHEAD: Final = 1.0  # seconds of work that may wait for a slot
_TOGETHER: Final = 16
"""Reviews that one slot takes at once, at most."""
_PATIENCE: Final = 5.0
"""Seconds that a review waits for a slot of this worker, after which others may have it."""
_SLOW: Final = 0.5
"""Seconds a review takes, after which what the same slot took along goes to the others."""


class Held:
    """The reviews that a worker with so many ``slots`` holds, each for ``lease_seconds``.

    ``together``: a slot may take several reviews of one installation at once. ``clock`` counts
    seconds and never goes back. Safe to share between threads.
    """

    def __init__(
        self,
        slots: int,
        lease_seconds: float,
        *,
        together: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots = slots
        self._lease_seconds = lease_seconds
        self._together = together
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}  # by lease: when it ends, by our clock
        self._since: dict[str, float] = {}  # by lease: when it was claimed, by our clock
        self._jobs: dict[str, Job] = {}
        self._over: set[str] = set()  # leases of those whose end is still to be stored
        self._waiting: dict[str, deque[Job]] = {}  # by installation, in the order of their turns
        self._running: Counter[str] = Counter()  # slots in use, by installation
        self._ahead = 0
        self._pace = 0.0  # seconds that a review takes
        self._left = False

    # -- claiming -----------------------------------------------------------------------------

    def room(self) -> tuple[int, Counter[str], int | None]:
        """How many more reviews to claim, how many are held by installation, and how many of one
        may be held where there are several: the last slot is always left to the others. Those that
        are over take no room."""
        with self._lock:
            active = [job for lease, job in self._jobs.items() if lease not in self._over]
            held, most = len(active), self._slots + self._ahead
            idle = self._slots - self._running.total()
            low = held <= self._slots + self._ahead // 2
            each = self._slots - 1 + self._ahead if self._slots > 1 else None
            owners = Counter(job.installation for job in active)
            return (max(most - held, idle) if low or idle else 0), owners, each

    def add(self, jobs: Sequence[Job], asked: int) -> None:
        """``jobs`` were claimed just now, where ``asked`` had been welcome: as many means that
        there is more."""
        now = self._clock()
        with self._lock:
            for job in jobs:
                self._jobs[job.lease] = job
                self._since[job.lease] = now
                self._until[job.lease] = now + self._lease_seconds
                self._waiting.setdefault(job.installation, deque()).append(job)
            if len(jobs) < asked:
                self._ahead = 0
                return
            in_time = round(self._slots * _AHEAD / self._pace) if self._pace else 0
            self._ahead = min(max(self._slots, 2 * self._ahead), in_time, _MOST_AHEAD)

    # -- working ------------------------------------------------------------------------------

    def next(self) -> list[Job]:
        """What a free slot does next: one review, or several of one installation. None where no
        slot is free, or nothing waits that may begin. ``slot_free`` gives the slot back."""
        with self._lock:
            if self._left or self._running.total() >= self._slots:
                return []
            found = [one for one in self._waiting if self._may_begin(one)]
            if not found:
                return []
            installation = min(found, key=self._running.__getitem__)
            queue = self._waiting.pop(installation)
            chunk = [queue.popleft()]
            # Where more accounts wait than there are slots, none has time for several at once.
            together = self._together and len(found) <= self._slots
            many = -(-len(queue) // self._slots) if together else 0
            # One that came to nothing before may be what killed a worker: it goes alone.
            while len(chunk) < min(many, _TOGETHER) and not chunk[0].attempts:
                if queue[0].attempts:
                    break
                chunk.append(queue.popleft())
            if queue:
                self._waiting[installation] = queue  # the last in turn now
            self._running[installation] += 1
            return chunk

    def _may_begin(self, installation: str) -> bool:
        alone = self._slots == 1 or self._waiting[installation][0].alone
        return self._running[installation] < (self._slots if alone else self._slots - 1)

    def still(self, job: Job) -> bool:
        """Whether its lease is still ours, as far as we know. One that ran out while it waited, in
        a process that was paused, say, is somebody else's, and not to be begun."""
        with self._lock:
            ours = self._until.get(job.lease, 0.0) > self._clock()
            if not ours:
                self._drop(job)
            return ours

    def goes_on(self, rest: Sequence[Job], seconds: float) -> bool:
        """Whether a slot goes on with the ``rest`` of what it took, after a review that took so
        many ``seconds``. If not, the rest waits for whatever slot is free next: after a slow one,
        and where an installation waits that has no slot at all."""
        with self._lock:
            others = any(not self._running[one] for one in self._waiting)
            if not (self._left or seconds > _SLOW or others):
                return True
            queue = self._waiting.setdefault(rest[0].installation, deque())
            queue.extendleft(reversed(rest))
            return False

    def over(self, job: Job) -> None:
        """A review has come to its result. It is held until it has ``ended``, which is once that
        is stored."""
        with self._lock:
            if job.lease in self._jobs:
                self._over.add(job.lease)

    def ended(self, job: Job, seconds: float) -> None:
        """A review has ended, after so many ``seconds``."""
        with self._lock:
            self._drop(job)
            self._pace = 0.8 * self._pace + 0.2 * seconds if self._pace else seconds

    def slot_free(self, installation: str) -> None:
        """A slot has done what it took of this installation."""
        with self._lock:
            self._running[installation] -= 1

    # -- holding ------------------------------------------------------------------------------

    def all(self) -> list[Job]:
        """What is held."""
        with self._lock:
            return list(self._jobs.values())

    def renewed(self, job: Job) -> None:
        """A lease was renewed just now."""
        until = self._clock() + self._lease_seconds
        with self._lock:
            if job.lease in self._jobs:
                self._until[job.lease] = until

    def lost(self, job: Job) -> None:
        """A lease is not ours any more."""
        with self._lock:
            if job.lease in self._jobs:
                self._until[job.lease] = 0.0

    def let_go(self) -> list[Job]:
        """What has waited for too long, because something holds the slots up: held no more."""
        before = self._clock() - _PATIENCE
        with self._lock:
            found = []
            for installation, queue in list(self._waiting.items()):
                late = [job for job in queue if self._since[job.lease] < before]
                found += late
                self._keep(installation, [job for job in queue if job not in late])
            for job in found:
                self._drop(job)
            if found:
                self._ahead = 0
            return found

    def leave(self) -> None:
        """Nothing begins from here on."""
        with self._lock:
            self._left = True

    def leftover(self) -> list[Job]:
        """What was never begun: held no more."""
        with self._lock:
            found = [job for queue in self._waiting.values() for job in queue]
            self._waiting.clear()
            for job in found:
                self._drop(job)
            return found

    def _keep(self, installation: str, jobs: Sequence[Job]) -> None:
        if jobs:
            self._waiting[installation] = deque(jobs)
        else:
            self._waiting.pop(installation, None)

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.lease, None)
        self._until.pop(job.lease, None)
        self._since.pop(job.lease, None)
        self._over.discard(job.lease)
