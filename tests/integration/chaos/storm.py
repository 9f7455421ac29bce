"""Everything that can go wrong, in any order, while people go on working."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from integration.budgets_accounts import PATIENCE
from integration.sandbox.faults import Fault
from tests.integration.chaos.proxy import Proxy
from tests.integration.chaos.rig import WORKERS, Rig
from tests.integration.live import until

TICKET: Final = r"/api/v2/tickets/\d+"
MACRO: Final = r"/api/v2/tickets/\d+/macros/\d+/apply"
ANSWER: Final = 1.5
"""Seconds that a brisk worker waits for an answer."""

_BUSY: Final = {"Retry-After": "1"}
HELPDESK: Final[Mapping[str, Fault]] = {
    "applied, no answer in time": Fault(TICKET, "PUT", delay=2 * ANSWER, delayed="after"),
    "applied after we gave up": Fault(TICKET, "PUT", delay=2 * ANSWER),
    "applied, then 502": Fault(TICKET, "PUT", applied=True, status=502, body="<html>Bad gateway"),
    "429": Fault(TICKET, "PUT", status=429, headers=_BUSY, body={"error": "APIRateLimitExceeded"}),
    "429 to a read": Fault(TICKET, "GET", status=429, headers=_BUSY),
    "500": Fault(TICKET, "PUT", status=500, body={"error": "InternalError"}),
    "500 to a preview": Fault(MACRO, "GET", status=500),
    "503": Fault(TICKET, "GET", status=503, headers=_BUSY),
    "409": Fault(TICKET, "PUT", status=409, body={"error": "UpdateConflict"}),
    "409 again and again": Fault(TICKET, "PUT", times=6, status=409),
    "garbage": Fault(TICKET, "PUT", status=200, body="<html>garbage"),
    "applied, then garbage": Fault(TICKET, "PUT", applied=True, status=200, body="<html>garbage"),
    "garbage to a read": Fault(TICKET, "GET", status=200, body={"ticket": {"id": "none"}}),
    "cut": Fault(TICKET, "PUT", cut=True),
    "applied, then cut": Fault(TICKET, "PUT", cut=True, applied=True),
    "cut half-way": Fault(TICKET, "PUT", half=True),
    "a read cut half-way": Fault(TICKET, "GET", half=True),
}
"""What a helpdesk does wrong, once each."""
NOTE: Final = r"/api/v2/tickets/\d+/notes"
_SAID: Final = r"/api/v2/tickets/\d+/conversations"
_FRESHDESK_S_OWN: Final[Mapping[str, Fault]] = {
    "500 to a canned response": Fault(r"/api/v2/canned_responses/\d+", "GET", status=500),
    "500 to a conversation": Fault(_SAID, "GET", status=500),
    "a note applied, no answer in time": Fault(NOTE, "POST", delay=2 * ANSWER, delayed="after"),
    "a note applied, then 502": Fault(NOTE, "POST", applied=True, status=502),
    "a note applied, then cut": Fault(NOTE, "POST", applied=True, cut=True),
    "a note applied, then garbage": Fault(NOTE, "POST", applied=True, status=201, body="<html>"),
    "a note cut half-way": Fault(NOTE, "POST", half=True),
    "429 to a note": Fault(NOTE, "POST", status=429, headers=_BUSY),
    "500 to a note": Fault(NOTE, "POST", status=500),
    "a note cut": Fault(NOTE, "POST", cut=True),
}
FRESHDESK: Final[Mapping[str, Fault]] = {
    **{name: one for name, one in HELPDESK.items() if name != "500 to a preview"},
    "garbage to a read": Fault(TICKET, "GET", status=200, body={"id": "none"}),
    **_FRESHDESK_S_OWN,
}
"""The same of Freshdesk, where a note is a request of its own."""
FAULTS: Final[Mapping[str, Mapping[str, Fault]]] = {"zendesk": HELPDESK, "freshdesk": FRESHDESK}
RARE: Final = frozenset({"500 to a canned response"})
"""Not met while a worker remembers the text: no fault for a storm, which waits until it is met."""
DOWN: Final = Fault(r"/api/.*", times=1_000_000_000, cut=True)


class Database:
    """The rig's database, which can be taken away and given back."""

    def __init__(self, url: str) -> None:
        self.direct = url
        self._proxy: Proxy | None = None
        self._path: Path | None = None
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            self._proxy = Proxy((parsed.host or "127.0.0.1", parsed.port or 5432))
            through = parsed.set(host="127.0.0.1", port=self._proxy.port)
            self.url = through.render_as_string(hide_password=False)
        else:
            self.url = url
            self._path = Path(str(parsed.database))
        self._locked: sqlite3.Connection | None = None

    @property
    def trouble(self) -> str:
        """What ``away`` is called."""
        return "database gone" if self._proxy else "SQLite file locked"

    def away(self) -> None:
        """Cut every connection (PostgreSQL), or lock the file against all who write (SQLite)."""
        if self._proxy:
            self._proxy.cut()
            return
        self._locked = sqlite3.connect(
            str(self._path), timeout=10, isolation_level=None, check_same_thread=False
        )
        self._locked.execute("BEGIN EXCLUSIVE")

    def back(self) -> None:
        """Give it back."""
        if self._proxy:
            self._proxy.restore()
        elif self._locked is not None:
            self._locked.execute("ROLLBACK")
            self._locked.close()
            self._locked = None

    def close(self) -> None:
        """Let nothing behind."""
        if self._proxy:
            self._proxy.cut()


class Storm:
    """Troubles for a rig, one after the other in an order left to chance, each kind of them once in
    every one of ``rounds``. ``pause`` is the shortest and longest time between two, in seconds;
    ``helpdesk`` names those of its faults that are had (None: all)."""

    def __init__(
        self,
        run: Rig,
        database: Database,
        pause: tuple[float, float],
        *,
        rounds: int = 1,
        helpdesk: Collection[str] | None = None,
    ) -> None:
        faults = FAULTS[run.place.helpdesk]
        self._faults = faults
        self._helpdesk = [name for name in faults if name not in RARE]
        if helpdesk is not None:
            self._helpdesk = list(helpdesk)
        self._run = run
        self._database = database
        self._rounds = rounds
        self._pause = pause
        self._over = threading.Event()
        self._wrong: list[BaseException] = []
        self._frozen: str | None = None
        self._thaw: threading.Thread | None = None

    @property
    def over(self) -> bool:
        """Whether there is nothing more to come."""
        return self._over.is_set()

    @contextmanager
    def raging(self) -> Iterator[None]:
        """Rage during the block and, if that is shorter, until it is over."""
        thread = threading.Thread(target=self._rage, name="storm")
        thread.start()
        try:
            yield
        finally:
            thread.join()
        if self._wrong:
            raise self._wrong[0]

    def _rage(self) -> None:
        chance = self._run.chance
        troubles: tuple[Callable[[], None], ...] = (
            self._kill_worker,
            self._kill_web,
            self._run.kill_one_web,
            self._database_away,
            self._helpdesk_down,
            self._freeze_worker,
            self._send_again,
            *(partial(self._spoil, kind) for kind in self._helpdesk),
        )
        try:
            for _ in range(self._rounds):
                for trouble in chance.sample(troubles, len(troubles)):
                    trouble()
                    self._wait(*self._pause)
            if self._thaw is not None:
                self._thaw.join()
        except BaseException as error:
            self._wrong.append(error)
        finally:
            self._over.set()

    def _wait(self, shortest: float, longest: float) -> None:
        threading.Event().wait(self._run.chance.uniform(shortest, longest))

    def _kill_worker(self) -> None:
        name = self._run.chance.choice([name for name in WORKERS if name != self._frozen])
        self._run.kill(name)
        self._wait(0, 0.3)
        self._run.start_again(name)

    def _kill_web(self) -> None:
        self._run.kill("web")
        self._wait(0, 0.3)
        self._run.start_again("web")

    def _database_away(self) -> None:
        self._run.figures.faults[self._database.trouble] += 1
        self._database.away()
        self._wait(0.3, 1.5)
        self._database.back()

    def _helpdesk_down(self) -> None:
        self._run.figures.faults["helpdesk down"] += 1
        self._run.faults.add(DOWN)
        self._wait(0.3, 1.0)
        self._run.faults.clear()

    def _freeze_worker(self) -> None:
        if self._thaw is not None:
            self._thaw.join()
        self._frozen = self._run.chance.choice(WORKERS)
        self._run.figures.faults["worker paused longer than its lease"] += 1
        pid = self._run.live.processes[self._frozen].pid
        os.kill(pid, signal.SIGSTOP)
        self._thaw = threading.Thread(target=self._go_on, args=(pid,))
        self._thaw.start()

    def _go_on(self, pid: int) -> None:
        threading.Event().wait(self._run.lease + 0.5)
        os.kill(pid, signal.SIGCONT)
        self._frozen = None

    def _send_again(self) -> None:
        """Deliveries again: earlier ones, in another order, some at the same time."""
        until(self._run.deliveries)
        known = self._run.deliveries()
        some = self._run.chance.sample(known, min(len(known), 6))
        self._run.figures.faults["deliveries sent again"] += len(some)
        threads = [
            threading.Thread(target=self._run.post, args=(one,)) for one in some for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _spoil(self, kind: str) -> None:
        """One of the helpdesk's faults; not before something went well after the last: an account
        where nothing does is left alone for longer and longer, and this is no outage."""
        calm = PATIENCE - 1
        until(lambda: not self._run.faults.waiting() and self._run.troubles() < calm, 90)
        self._run.figures.faults[kind] += 1
        self._run.faults.add(self._faults[kind])
