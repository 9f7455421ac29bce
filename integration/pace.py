"""Asking a helpdesk at a measured pace: within a share of its limits, and patient while it is away.

For work that nobody waits for. What may be asked again is asked again, never before the helpdesk's
own ``Retry-After``, and not without end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from integration import errors

T = TypeVar("T")

Take = Callable[[int, int], float]
"""Takes so many requests, and so many updates, out of an account's budget: 0.0 where that is done,
else how many seconds to wait before asking again."""

PATIENCE: Final = 1_800.0
"""Seconds without one answer of use after which a helpdesk is given up for now."""

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
_WORTH_TELLING: Final = 5.0  # seconds
_NO_TIME: Final = 1e-6  # seconds; a clock of floating point need not show that they passed


class Stalled(errors.Unavailable):
    """A helpdesk did not come back within our patience: what is left is for another time."""


class Pace:
    """Asks, for one thread. ``wait`` sleeps so many seconds, ``clock`` counts them and never goes
    back; ``say`` is told, in words for a person, why it takes longer."""

    def __init__(
        self,
        take: Take,
        wait: Callable[[float], None],
        clock: Callable[[], float],
        say: Callable[[str], None] = lambda _: None,
        patience: float = PATIENCE,
    ) -> None:
        self._take = take
        self._clock = clock
        self._wait = wait
        self._say = say
        self._patience = patience
        # Since when, and how long a pause came last: of reading and of writing.
        self._trouble: dict[bool, tuple[float, float]] = {}

    def ask(self, call: Callable[[], T], updates: int = 0, *, requests: int = 1) -> T:
        """The answer to a call, which is to count as so many requests. Unavailable where a write
        may have been carried out although no answer came, Stalled where patience is at its end,
        Rejected as the helpdesk says."""
        while True:
            self._turn(requests, updates)
            try:
                answer = call()
            except errors.Unavailable as error:
                if updates and error.ambiguous:
                    raise
                self.stumble(error, writes=bool(updates))
            else:
                self._trouble.pop(bool(updates), None)
                return answer

    def stumble(self, error: errors.Unavailable, *, writes: bool) -> None:
        """Pause after a request that came to nothing, longer each time. Raises Stalled."""
        now = self._clock()
        since, last = self._trouble.get(writes, (now, _FIRST_PAUSE / 2))
        pause = min(2 * last, _LONGEST_PAUSE)
        self._trouble[writes] = (since, pause)
        asked = error.retry_after or 0.0
        if now + asked - since > self._patience:
            raise Stalled(f"{error}; waited {(now - since) / 60:.0f} minutes") from None
        # Up to a half more: others wait for the same moment.
        self.sleep(max(asked, pause) * random.uniform(1.0, 1.5), str(error))  # noqa: S311

    def sleep(self, seconds: float, why: str, *, quiet: bool = False) -> None:
        """Wait, and say so where it is worth it."""
        if seconds >= _WORTH_TELLING and not quiet:
            self._say(f"waiting {seconds:.0f} s: {why}")
        self._wait(seconds)

    def _turn(self, requests: int, updates: int) -> None:
        began = self._clock()
        while (seconds := self._take(requests, updates)) > 0:
            if self._clock() - began > self._patience:
                raise Stalled("no room within the share of the account's limits")
            self.sleep(min(seconds, _LONGEST_PAUSE), "to keep within the share of the limits")


class Portion:
    """Never more than so many requests and updates a minute, for one thread: a quarter of them at
    once, and the others as time passes; or what is wanted at once, where that is more than a
    quarter. ``clock`` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock()
        self._left: list[float] | None = None

    def wait(self, wanted: Sequence[float], limits: Sequence[float]) -> float:
        """How many seconds to wait until so much may be spent, of limits a minute."""
        now = self._clock()
        pairs = zip(wanted, limits, strict=True)
        sizes = [max(limit / 4, 1.0, want) for want, limit in pairs]
        rates = [
            max(limit - size, limit / 2) / 60 for limit, size in zip(limits, sizes, strict=True)
        ]
        left, passed = self._left or sizes, now - self._at
        self._at = now
        self._left = [
            min(size, one + passed * rate)
            for one, size, rate in zip(left, sizes, rates, strict=True)
        ]
        lacking = zip(wanted, self._left, rates, strict=True)
        waits = (max(want - one, 0.0) / rate for want, one, rate in lacking)
        longest = max(waits, default=0.0)
        return longest if longest > _NO_TIME else 0.0

    def spend(self, wanted: Sequence[float]) -> None:
        """So much is being spent; ``wait`` was asked before."""
        assert self._left is not None
        self._left = [one - want for one, want in zip(self._left, wanted, strict=True)]
