"""Tickets as they were just read: what an agent tries out on one needs no other reading of it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from integration.helpdesks import TicketRef
from integration.panel.seen import Seen


class Lately:
    """Keeps the ``most`` tickets read last, for some ``seconds``, in memory alone. Safe to share
    between threads; ``clock`` counts seconds and never goes back."""

    def __init__(
        self,
        seconds: float = 120.0,
        most: int = 1_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[TicketRef, tuple[float, Seen]] = OrderedDict()

    def get(self, ref: TicketRef, version: str | None) -> Seen | None:
        """The ticket as it was in this version, if that is the one that was read last."""
        if version is None:
            return None
        with self._lock:
            at, seen = self._kept.get(ref, (0.0, None))
        if seen is None or seen.ticket.version != version or self._clock() - at > self._seconds:
            return None
        return seen

    def put(self, seen: Seen) -> None:
        """Keep a ticket, in place of what was known of it."""
        with self._lock:
            self._kept.pop(seen.ticket.ref, None)
            self._kept[seen.ticket.ref] = (self._clock(), seen)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
