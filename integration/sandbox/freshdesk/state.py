"""The account that a small Freshdesk serves: all its records, in memory, behind one lock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.counts import Requests
from integration.sandbox.faults import Faults
from integration.sandbox.freshdesk import errors
from integration.sandbox.freshdesk.agenda import Agenda
from integration.sandbox.freshdesk.deliveries import Deliveries
from integration.sandbox.freshdesk.limits import Counters
from integration.sandbox.freshdesk.options import PLANS, Options
from integration.sandbox.freshdesk.records import STATUSES, Actor, Change, Ticket
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.apps import App

_FIRST: Final = {
    "ticket": 0,
    "conversation": 7_000,
    "agent": 48_000_000_000,
    "contact": 77_000_000_000,
    "group": 31_000,
    "product": 21_000,
    "role": 11_000,
    "field": 41_000,
    "choice": 91_000,
    "folder": 5_000,
    "canned": 6_000,
    "sla": 3_000,
    "rule": 8_000,
    "app": 61_000,
}
React = Callable[["Account", Ticket, Change, Actor], None]
SHELVES: Final = (
    *("agents", "contacts", "groups", "products", "roles", "fields"),
    *("folders", "canned", "slas", "rules"),
)


class Account:
    """Everything there is. Whoever reads or changes it holds ``lock``; ``react`` is told of every
    event on a ticket. ``app`` is the installed app, where there is one."""

    def __init__(self, options: Options, base_url: str) -> None:
        self.options = options
        self.base_url = base_url
        self.lock = threading.RLock()
        self.offset = timedelta()
        self.tickets: dict[int, Ticket] = {}
        self.shelves: dict[str, dict[int, Json]] = {name: {} for name in SHELVES}
        self.keys: dict[str, int] = {}
        self.statuses = STATUSES | {
            number: (words, words)
            for number, words in enumerate(options.statuses, len(STATUSES) + 2)
        }
        self.jobs: dict[str, Json] = {}
        self.emails: list[Json] = []
        self.faults = Faults()
        self.requests = Requests()
        self.counters = Counters(PLANS[options.plan], options.limited)
        self.agenda = Agenda(self.now)
        self.deliveries = Deliveries(self)
        self.react: React = lambda *_: None
        self.app: App | None = None
        self._given: Counter[str] = Counter()
        self._sequence = 0

    def now(self) -> datetime:
        """The account's time: that of its clock, moved by what it was shifted."""
        return self.options.clock() + self.offset

    def stamp(self) -> str:
        """The account's time as the API writes it."""
        return stamp(self.now())

    def shift(self, seconds: float) -> None:
        """Move the clock, back with a negative number; what falls due is done."""
        self.offset += timedelta(seconds=seconds)
        self.agenda.look()

    def next_id(self, kind: str) -> int:
        """The next id of its kind: the same ones in the same order in every account."""
        self._given[kind] += 1
        return _FIRST[kind] + self._given[kind]

    def touched(self) -> int:
        """A number that grows with every change, for pages and tickets."""
        self._sequence += 1
        return self._sequence

    @property
    def sequence(self) -> int:
        """The newest of those numbers."""
        return self._sequence

    def shelf(self, name: str) -> dict[int, Json]:
        """The records of a kind by id."""
        return self.shelves[name]

    def find(self, name: str, identity: int) -> Json:
        """A record; 404 where there is none."""
        found = self.shelves[name].get(identity)
        if found is None:
            raise errors.not_found()
        return found

    def keep(self, name: str, kind: str, /, **values: Any) -> Json:
        """Put a new record onto its shelf, with its id and its times."""
        now = self.stamp()
        row: Json = {"id": self.next_id(kind), **values, "created_at": now, "updated_at": now}
        self.shelves[name][row["id"]] = row
        self.touched()
        return row

    def ticket(self, identity: int) -> Ticket:
        """A ticket, be it spam or deleted; 404 where there is none."""
        found = self.tickets.get(identity)
        if found is None:
            raise errors.not_found()
        return found

    def idle(self, timeout: float = 30.0) -> bool:
        """Wait until all that is due is done: deliveries, times worked out anew, jobs."""
        return self.agenda.idle(timeout)

    def close(self) -> None:
        """Stop everything that runs beside the requests."""
        self.agenda.close()
        if self.app is not None:
            self.app.close()
        self.deliveries.close()
