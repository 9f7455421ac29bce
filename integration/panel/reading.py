"""Reading a ticket for the panel: one request at most, within the account's budget, and never so
many at once that webhooks wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from integration import errors
from integration.budgets import Budgets, LimitsOf
from integration.config import Installation
from integration.helpdesks import Bindings, Helpdesk, TicketRef
from integration.jobs import Jobs
from integration.panel import answer as answers
from integration.panel import seen as sights
from integration.panel.asked import Asked
from integration.panel.lately import Lately
from integration.panel.seen import Seen
from integration.records import Kept, Records

_log = structlog.get_logger(__name__)

PLACES: Final = 3
"""Tickets that a process reads at once for its panels: one fewer than it has threads, so that one
is left for webhooks while the helpdesk is slow."""
SHARE: Final = 0.8
"""The part of the account's budget that panels may take; the rest is left to reviews."""
CREDIT: Final = 10
"""Tickets a minute that a process reads for an installation's panels where the budget is spent:
from the room that it leaves to agents, for one of whom this is."""
ASKED_FOR: Final = "asked for by an agent"
_SETTLED: Final = timedelta(seconds=3)
"""A version counts whole seconds: within them, a ticket may still change under the same one."""
_LONGEST_PAUSE: Final = 300.0
_BACK: Final = 100  # reviews that are looked through for changes of the verdict

Connect = Callable[[Installation, Bindings], Helpdesk]
Load = Callable[[str], Bindings | None]


class Desk:
    """Answers what the panels ask. Safe to share between threads.

    ``connect`` opens a connection for the calling thread, ``load_bindings`` gives an installation's
    field bindings (None while it has none), ``now`` the present moment (aware).
    """

    def __init__(
        self,
        *,
        connect: Connect,
        load_bindings: Load,
        budgets: Budgets,
        limits: LimitsOf,
        records: Records,
        jobs: Jobs,
        now: Callable[[], datetime],
        places: int = PLACES,
        credit: int = CREDIT,
    ) -> None:
        self._connect = connect
        self._load = load_bindings
        self._budgets = budgets
        self._limits = limits
        self._records = records
        self._jobs = jobs
        self._now = now
        self._lately = Lately()
        self._places = threading.BoundedSemaphore(places)
        self._credit = MovingWindowRateLimiter(MemoryStorage())
        self._credits = RateLimitItemPerMinute(credit) if credit else None

    def look(self, installation: Installation, asked: Asked) -> dict[str, Any]:
        """A ticket judged, JSON-ready.

        Where it cannot be read now, it is judged as its last review found it, and says so
        (``as_of``). Raises Forbidden where access is gone, NotFound for a ticket that is not there
        or not for our user to see, and Unavailable where nothing is kept of it either.
        """
        if installation.mode == "off":
            return answers.empty("off", installation)
        bindings = self._load(installation.id)
        if bindings is None or not bindings.fields:
            return answers.empty("not_set_up", installation)
        now = self._now()
        if asked.ticket is None:
            return answers.answer(
                sights.blank(installation, now), asked, installation, bindings, now
            )
        ref = TicketRef(installation.id, asked.ticket)
        tried = asked.edited or asked.what_if
        known = self._lately.get(ref, asked.version) if tried else None
        seen: Seen | None
        away: errors.Unavailable | None
        try:
            seen, away = known or self._read(installation, bindings, ref), None
        except errors.Unavailable as error:
            seen, away = None, error
        history: Sequence[Kept] = self._records.of(installation.id, ref.id, _BACK)
        if seen is None:
            if not history:
                assert away is not None
                raise away
            _log.warning("panel answered from memory", installation=installation.id, why=str(away))
            seen = sights.remembered(history[0])
        return answers.answer(seen, asked, installation, bindings, now, history)

    def again(self, installation: Installation, ticket: str) -> None:
        """Have a ticket decided again, soon. One that nothing is kept of is looked for first, so
        that no review is asked for of a ticket that there is not. Raises as ``look`` does."""
        if self._records.newest(installation.id, ticket) is None:
            bindings = self._load(installation.id) or Bindings()
            self._read(installation, bindings, TicketRef(installation.id, ticket))
        self._jobs.make_due(installation.id, ticket, reason=ASKED_FOR)

    def _read(self, installation: Installation, bindings: Bindings, ref: TicketRef) -> Seen:
        if not self._places.acquire(blocking=False):
            raise errors.Unavailable("panel: too many tickets are being read", retry_after=1)
        try:
            limits = self._limits(installation.id)
            wait = self._budgets.take(installation.id, limits, requests=1, share=SHARE)
            if wait and not self._on_credit(installation):
                words = f"{installation.id}: the account's budget is spent"
                raise errors.RateLimited(words, retry_after=wait)
            try:
                seen = sights.read(self._connect(installation, bindings).get(ref))
            except errors.RateLimited as error:
                pause = min(error.retry_after or 1.0, _LONGEST_PAUSE)
                self._budgets.pause(installation.id, pause)
                raise
            if self._now() - seen.ticket.updated_at > _SETTLED:
                self._lately.put(seen)
            return seen
        finally:
            self._places.release()

    def _on_credit(self, installation: Installation) -> bool:
        """Whether a person may be answered all the same; never while the helpdesk is to be left
        alone, which is what asking for nothing still tells."""
        paused = self._budgets.take(installation.id, self._limits(installation.id))
        return (
            not paused
            and self._credits is not None
            and self._credit.hit(self._credits, installation.id)
        )
