"""Reviews that are over, on their way into the store.

A transaction costs about the same for the end of one review as for several. So where many come to
their end one after the other, they are gathered for a moment and stored together, while the slots
go on with the next. Until then a review is held as before: should the process die, its lease runs
out, and whoever reviews the ticket again finds nothing to write.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Final, Generic, TypeVar

_GATHERED: Final = 0.04
"""Seconds in which ends are gathered, from the first on."""
_MOST: Final = 64
"""Ends in one transaction, at most. As many may wait; whoever brings one more waits, too."""

T = TypeVar("T")


class Ends(Generic[T]):
    """Has what it is given stored by ``store``, several at once, in a thread of its own. ``store``
    must not raise. Safe to share between threads."""

    def __init__(self, store: Callable[[list[T]], object]) -> None:
        self._store = store
        self._queue: Queue[T | None] = Queue(_MOST)

    def add(self, end: T) -> None:
        """Have this stored, soon; only while ``running``."""
        self._queue.put(end)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Store what is added within the block; all of it is stored when this is left."""
        thread = threading.Thread(target=self._run, name="ends", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        pause, last = threading.Event(), False
        while not last:
            gathered = [self._queue.get()]
            if gathered[0] is not None:
                pause.wait(_GATHERED)
            while len(gathered) < _MOST:
                try:
                    gathered.append(self._queue.get_nowait())
                except Empty:
                    break
            last = None in gathered
            if some := [end for end in gathered if end is not None]:
                self._store(some)
