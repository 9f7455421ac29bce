"""Web app, workers and helpdesk as processes in use, the means to hurt them, and the reckoning."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests
from sqlalchemy import and_, func, or_, select

from integration import errors
from integration.assess import assess
from integration.budgets import ACCOUNTS
from integration.commands.bench_processes import children, usage
from integration.config import Installation
from integration.heartbeats import Heartbeats
from integration.jobs import REVIEWS, Jobs
from integration.jobs_standing import standing
from integration.keeper import Progress
from integration.reconcile import Place, Reconciler
from integration.records import Records
from integration.store import Store, connect, now_ms
from tests.integration.chaos import history, history_apart
from tests.integration.chaos.history import Broken, Moment
from tests.integration.chaos.people import People
from tests.integration.chaos.witness import Delivery, Request, Witness
from tests.integration.chaos.witness_freshdesk import FreshdeskWitness
from tests.integration.chaos.witness_zendesk import ZendeskWitness
from tests.integration.live import Live, live

WEB_MOST: Final = 120.0
WORKER_MOST: Final = 160.0
"""MiB of memory that a process may have at most, whatever happens."""
WORKERS: Final = ("worker-1", "worker-2")
WITNESSES: Final[Mapping[str, Callable[[], Witness]]] = {
    "zendesk": ZendeskWitness,
    "freshdesk": FreshdeskWitness,
}

_ROUNDS: Final = 3
"""As often it is looked for what came late; what is still found then will be found for ever."""
_HOUR: Final = 3_600_000  # milliseconds
_SETTINGS: Final = {
    "WARRANTY_CHAOS": "1",  # its waits are shorter
    "WARRANTY_LEASE_SECONDS": "2",
    # The limits have tests of their own; what reconciliation finds must not hide what was lost.
    "WARRANTY_UPDATE_LIMIT": "10000",
    "WARRANTY_REQUEST_LIMIT": "100000",
    "WARRANTY_LIMIT_SHARE": "100",
    "WARRANTY_RECONCILE_MINUTES": "0",
    "WARRANTY_TIME_ZONE": "UTC",
}


@dataclass
class Figures:
    """What was done in a run, and what came of it; ``sabotaged``: broken on purpose.

    Where the helpdesk checks no version: how often somebody's save came ``in_between`` the app's
    reading and its update, how many notes were ``premature`` (``history_apart``), and how many
    tickets reconciliation ``found`` at the end, an update having come late."""

    name: str
    sabotaged: bool = False
    tickets: int = 0
    edits: int = 0
    deliveries: int = 0
    accepted: int = 0
    sent_again: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    reviews: int = 0
    notes: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    in_between: int = 0
    premature: int = 0
    found: int = 0
    web_mib: float = 0.0
    worker_mib: float = 0.0
    seconds: float = 0.0


class Rig:
    """One run. ``chance`` decides everything that is left to chance; ``figures`` count it."""

    def __init__(self, live: Live, store: Store, chance: random.Random, figures: Figures) -> None:
        self.live = live
        self.store = store
        self.chance = chance
        self.figures = figures
        self.people = People(live, chance)
        self.place = live.place
        self.faults = live.place.faults
        self.witness = WITNESSES[live.place.helpdesk]()
        self.witness.begin(live.place)
        self.module = "tests.integration.chaos.brisk"
        self.app = "tests.integration.chaos.brisk_web:create_app()"
        self.web_workers = 2
        self.workers = WORKERS
        self.requests: list[Request] = []
        self._posted: set[str] = set()
        self._again: Counter[int] = Counter()
        self._read: dict[str, int | None] = {}
        self._under_way = 0
        self._rounds = 0
        app = live.sandbox.app
        app.wsgi_app = partial(self._watched, app.wsgi_app)  # type: ignore[method-assign]
        self._lock = threading.Lock()
        self.lease = float(_SETTINGS["WARRANTY_LEASE_SECONDS"])

    # -- processes --------------------------------------------------------------------------------

    def start(self, workers: tuple[str, ...] = WORKERS) -> None:
        """Start the web app with its processes, and workers; wait until all of them are there."""
        self.workers = workers
        for name in ("web", *workers):
            self.start_again(name)
        _until(lambda: self.live.answers("/readyz") and self._alive() == len(workers), 30)

    def _alive(self) -> int:
        return Heartbeats(self.store).alive()

    def start_again(self, name: str) -> None:
        """Start what was killed, without waiting for it."""
        if name == "web":
            self.live.launch_web(self.web_workers, self.app)
        else:
            self.live.launch(name, ["worker"], self.module)

    def kill(self, name: str) -> None:
        """SIGKILL a process with all its children, and wait until they are gone."""
        process = self.live.processes.pop(name)
        family = [process.pid, *children(process.pid)]
        self._weigh(name, family)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _until(lambda: not any(_runs(pid) for pid in family[1:]), 10)
        self.figures.kills[name.partition("-")[0]] += 1

    def kill_one_web(self) -> None:
        """SIGKILL one of the web app's processes; its master starts another."""
        found = children(self.live.processes["web"].pid)
        if found:
            pid = self.chance.choice(found)
            self._weigh("web", [pid])
            os.kill(pid, signal.SIGKILL)
            self.figures.kills["web"] += 1

    def pause(self, name: str) -> int:
        """SIGSTOP a process, at a moment when it holds no lock in the database; its id. One that
        is stopped with SQLite's only lock in its hand stops whoever wants to write."""
        pid = self.live.processes[name].pid
        while True:
            os.kill(pid, signal.SIGSTOP)
            try:
                self.store.ping()
            except errors.Unavailable:
                os.kill(pid, signal.SIGCONT)
                threading.Event().wait(self.chance.uniform(0.01, 0.1))
            else:
                return pid

    def weigh(self) -> None:
        """Take down the most memory that each process has had so far."""
        for name, process in list(self.live.processes.items()):
            self._weigh(name, [process.pid, *children(process.pid)])

    def _weigh(self, name: str, pids: list[int]) -> None:
        most = max((used.peak for pid in pids if (used := usage(pid))), default=0.0)
        if name == "web":
            self.figures.web_mib = max(self.figures.web_mib, most)
        else:
            self.figures.worker_mib = max(self.figures.worker_mib, most)

    def memory(self) -> dict[str, float]:
        """What each process has now, in MiB; the web app's by their order."""
        pids = {name: process.pid for name, process in self.live.processes.items()}
        found = {name: pid for name, pid in pids.items() if name != "web"}
        found |= {f"web-{n}": pid for n, pid in enumerate(children(pids["web"]), start=1)}
        return {name: used.memory for name, pid in found.items() if (used := usage(pid))}

    # -- requests ---------------------------------------------------------------------------------

    def _watched(
        self, app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Take down what the app asks of the helpdesk."""
        began, status = time.monotonic(), [0]

        def started(line: str, *rest: Any) -> Any:
            status[0] = int(line[:3])
            return start_response(line, *rest)

        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if method == "GET":
            knows = self.witness.reading(path)
        else:
            knows = self._read.get(path)
            self.witness.writing(knows)
        self._under_way += 1
        try:
            answer = app(environ, started)
        finally:
            self._under_way -= 1
        if path.startswith("/api/"):
            one = Request(began, time.monotonic(), method, path, status[0])
            self.requests.append(one)
            if method == "GET" and status[0] == 200:
                self._read[path] = knows
        return answer

    def refused(self, status: int) -> list[Request]:
        """The requests that were answered with this status, the oldest first."""
        return [one for one in self.requests if one.status == status]

    # -- deliveries -------------------------------------------------------------------------------

    def deliveries(self) -> list[Delivery]:
        """Every delivery so far, the oldest first."""
        return [
            replace(one, accepted=one.accepted or one.id in self._posted)
            for one in self.witness.sent()
        ]

    def post(self, delivery: Delivery) -> requests.Response | None:
        """Send a delivery again, as the helpdesk sent it; None where no answer came."""
        with self._lock:
            self.figures.sent_again += 1
        try:
            answer = self.live.post(delivery.body, **self.witness.named(delivery))
        except requests.RequestException:
            return None
        if answer.ok:
            with self._lock:
                self._posted.add(delivery.id)
                self._again[delivery.ticket] += 1
        return answer

    def idle(self, seconds: float) -> bool:
        """Wait until the helpdesk has no webhook under way; whether that came true."""
        return bool(self.place.idle(seconds))

    # -- the end ----------------------------------------------------------------------------------

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until every delivery was accepted (what was not is sent again, late and in any
        order) and nothing is left to do; fail where it does not come to that."""
        ends = time.monotonic() + seconds
        while True:
            for name in ("web", *self.workers):
                process = self.live.processes.get(name)
                if process is None or process.poll() is not None:
                    self.live.processes.pop(name, None)
                    self.start_again(name)
            if self.idle(0.2):
                refused = [one for one in self.deliveries() if not one.accepted]
                self.chance.shuffle(refused)
                for one in refused:
                    self.post(one)
                still = refused or self._under_way or self.left()
                if not still and not self._found_late():
                    return
            if time.monotonic() > ends:
                refused = [one.ticket for one in self.deliveries() if not one.accepted]
                left = self.left()
                logs = {name: self.live.log(name)[-3_000:] for name in self.workers}
                print(*(f"{name}:\n{text}" for name, text in logs.items()), sep="\n")
                pytest.fail(f"it did not come to an end: refused {refused}, left {left}")
            threading.Event().wait(0.1)

    def _found_late(self) -> int:
        """How many tickets reconciliation makes due where an update may come after a later one, and
        no event tells of it."""
        self._rounds += 1
        found = self.reconcile() if self.witness.apart and self._rounds <= _ROUNDS else 0
        self.figures.found += found
        return found

    def left(self) -> list[str]:
        """The reviews that are due now or soon, or being worked on."""
        r = REVIEWS.c
        soon = and_(r.due_at.is_not(None), r.due_at < now_ms() + _HOUR)
        query = select(r.ticket_id, r.due_at - now_ms(), r.lease_owner, r.attempts, r.last_error)
        with self.store.read() as connection:
            rows = connection.execute(query.where(or_(soon, r.lease_owner.is_not(None)))).all()
        return [str(tuple(row)) for row in rows]

    def troubles(self) -> int:
        """How often in a row, by the store, the helpdesk did not answer soundly."""
        query = select(func.coalesce(func.max(ACCOUNTS.c.troubles), 0))
        with self.store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def set_aside(self) -> list[str]:
        """The tickets whose reviews wait for a person, with why."""
        r = REVIEWS.c
        query = select(r.ticket_id, r.last_error).where(r.set_aside_at.is_not(None))
        with self.store.read() as connection:
            return [str(tuple(row)) for row in connection.execute(query)]

    def life(self, ticket: int) -> list[Moment]:
        """What a ticket went through."""
        return self.witness.life(ticket)

    def reconcile(self) -> int:
        """One round of what finds lost webhooks, over all tickets; how many it makes due."""
        made: list[str] = []
        jobs = Jobs(self.store)

        class Work:
            def make_many_due(self, installation: str, tickets: Any, reason: str) -> object:
                made.extend(tickets)
                return jobs.make_many_due(installation, tickets, reason)

        one = self.place.installation
        state: str | None = str(Place(None, datetime.now(UTC) - timedelta(hours=1)))
        again: object = True
        reconciler = Reconciler(
            one,
            load_bindings=lambda _: self.place.bindings,
            connect=lambda *_: self.place.changes(self.place.bindings, 100),
            work=Work(),
            standing=partial(standing, self.store),
            newest=Records(self.store).newest,
        )
        while again:
            turn: Any = SimpleNamespace(state=state)
            ended = reconciler(Progress(turn, lambda state: None, lambda: False))
            state, again = ended.state, ended.again
        return len(made)

    def reckon(self, *, aside: int = 0) -> list[Broken]:
        """Everything that must not be, over all tickets: an empty list if all promises were kept.
        Takes the figures down. ``aside`` reviews may wait for a person."""
        found: list[Broken] = []
        delivered = self.deliveries()
        for what in self.witness.lost(delivered, self._again, self.store):
            found.append(Broken("lost", 0, what))
        waiting = self.set_aside()
        if len(waiting) != aside:
            found.append(Broken("lost", 0, f"set aside: {waiting}"))
        for ticket in self.people.tickets:
            life = self.life(ticket)
            self.figures.notes += sum(len(m.notes) for m in life if m.ours)
            found += self.witness.broken(ticket, life, self.people.known(ticket))
            if self.witness.apart:
                self.figures.in_between += history_apart.in_between(life)
                self.figures.premature += history_apart.premature(life)
            if why := self._not_done(ticket):
                found.append(Broken("lost", ticket, why))
        self.weigh()
        figures = self.figures
        figures.tickets, figures.edits = len(self.people.tickets), self.people.edits
        figures.deliveries = len(delivered) + figures.sent_again
        figures.accepted = sum(1 for one in delivered if one.accepted)
        figures.reviews = self.reviews()
        figures.broken = Counter(dict.fromkeys(history.KINDS, 0))
        figures.broken.update(one.kind for one in found)
        if figures.web_mib > WEB_MOST or figures.worker_mib > WORKER_MOST:
            what = f"memory: web {figures.web_mib:.0f} MiB, worker {figures.worker_mib:.0f} MiB"
            found.append(Broken("lost", 0, what))
        return found

    def _not_done(self, ticket: int) -> str | None:
        """What another review of a ticket would still do, were there one."""
        one = Installation("main", helpdesk=self.place.helpdesk)
        found = assess(self.witness.ticket(ticket), one, datetime.now(UTC))
        if found.intent.kept:
            return f"fields count as somebody else's: {', '.join(found.intent.kept)}"
        return None if found.intent.done else "another review would still write it"

    def reviews(self) -> int:
        """How many reviews the workers' logs say have ended."""
        return sum(len(self.ended(name)) for name in self.workers)

    def ended(self, name: str) -> list[str]:
        """How the reviews of a worker ended, by its log."""
        lines = self.live.lines(name)
        return [line["how"] for line in lines if line["event"] == "review ended"]

    def said(self, name: str, words: str) -> bool:
        """Whether a process logged an event that begins with these words."""
        return any(line["event"].startswith(words) for line in self.live.lines(name))


@contextmanager
def running(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    chance: random.Random,
    figures: Figures,
    *,
    helpdesk: str = "zendesk",
    store_url: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Rig]:
    """A rig, nothing of it started yet. The processes use ``database_url``; ``store_url`` is
    another way to the same database, for looking. ``clock`` is the helpdesk's."""
    options = WITNESSES[helpdesk]().options(clock)
    began = time.monotonic()
    with live(
        folder,
        monkeypatch,
        database_url=database_url,
        helpdesk=helpdesk,
        options=options,
        **{**_SETTINGS, **(settings or {})},
    ) as stage:
        store = connect(store_url or database_url)
        try:
            yield Rig(stage, store, chance, figures)
        finally:
            figures.seconds = time.monotonic() - began
            store.close()
            for process in stage.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    return usage(pid) is not None


def _until(condition: Callable[[], object], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        threading.Event().wait(0.01)
