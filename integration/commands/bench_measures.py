"""What `warranty bench service` measures, one function for each thing, on a ``Stage``."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import click

from integration.commands import bench_load
from integration.commands.bench_helpdesk import DESKS, Desk, Plan
from integration.commands.bench_load import Load, Sending
from integration.commands.bench_processes import Usage, children, usage
from integration.commands.stage import Stage
from integration.jobs import Jobs

NO_LIMITS: Final = {
    "WARRANTY_UPDATE_LIMIT": "1000000",
    "WARRANTY_REQUEST_LIMIT": "10000000",
    "WARRANTY_LIMIT_SHARE": "100",
    "WARRANTY_RECONCILE_MINUTES": "0",  # what nobody heard of shall stay so
}
"""Settings of an app whose account allows as much as it can do, and that minds its own business."""

SHARE: Final = 75
"""Per cent of its account's limits that the app takes where they are measured."""
_LOOK: Final = 0.2  # seconds between two looks at how far things are
_SELDOM: Final = 1.0  # the same while there is much left, so that looking does not slow it down
_MUCH: Final = 500


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: webhooks a second and for how many seconds each of the two ways,
    ``tickets`` filed one by one, ``pace`` of them a second, the ``backlog`` to work off, tickets
    reviewed in ``bulk``, and for how many seconds with limits on (0: not at all)."""

    seconds: float
    rate: float
    tickets: int
    pace: float
    backlog: int
    bulk: int
    limits_seconds: float


@dataclass(frozen=True, slots=True)
class Drained:
    """Tickets worked off: how many, the seconds between the first and the last answer that the
    helpdesk gave, how many were left when the time was over, how many requests of each kind the
    helpdesk had (see ``Asked``), and the processor time that the app used for each, in ms."""

    tickets: int
    seconds: float
    left: int
    requests: Mapping[str, int]
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Tickets a second."""
        return (self.tickets - self.left) / self.seconds if self.seconds else 0.0

    def each(self, *kinds: str) -> float:
        """Requests of these kinds, or of all, for each ticket."""
        return sum(self.requests[kind] for kind in kinds or self.requests) / self.tickets


@dataclass(frozen=True, slots=True)
class Limited:
    """Work within limits: for how many seconds, tickets written, requests of all kinds, and how
    many of these the helpdesk refused because there were too many; and the ``plan``."""

    seconds: float
    written: int
    requests: int
    too_many: int
    plan: Plan

    def a_minute(self, number: int) -> float:
        """So many in this time, as a rate a minute."""
        return number / self.seconds * 60 if self.seconds else math.nan


@dataclass(slots=True)
class Measured:
    """Everything that was measured. ``cores`` says for each phase how much of a core each process
    used; ``memory`` what each used when it was last looked at, and at most; ``after_backlog`` what
    each used when the backlog was worked off, in MiB."""

    paced: Load | None = None
    saturated: Load | None = None
    written: Sequence[float] = ()
    unwritten: int = 0
    fresh: Drained | None = None
    unchanged: Drained | None = None
    bulk: Drained | None = None
    limited: Limited | None = None
    cores: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, Usage] = field(default_factory=dict)
    after_backlog: dict[str, float] = field(default_factory=dict)


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that ``share`` of all do not exceed; NaN where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def measure(stage: Stage, jobs: Jobs, sizes: Sizes) -> Measured:
    """Measure everything, one thing after the other; bounded in time by its sizes. The stage's
    app is set up with ``NO_LIMITS``."""
    return _Bench(stage, jobs, sizes).run()


class _Bench:
    """One measurement: the stage, and what has come of it so far."""

    def __init__(self, stage: Stage, jobs: Jobs, sizes: Sizes) -> None:
        self.stage = stage
        self.jobs = jobs
        self.sizes = sizes
        self.found = Measured()
        self.desk: Desk = DESKS[stage.helpdesk](stage)

    def run(self) -> Measured:
        sizes, say = self.sizes, self.stage.say
        say(f"Filing {sizes.tickets} tickets, {sizes.pace:g} a second …")
        self.created_to_written()
        self.desk.quiet()  # what is filed from here on is nobody's business yet
        arriving = self.desk.file_many(max(1, round(sizes.rate * sizes.seconds)))
        say(f"{sizes.rate:g} webhooks a second for {sizes.seconds:g} s …")
        self.found.paced = self._load("paced", arriving, sizes.rate)
        say(f"As many webhooks as are answered, for {sizes.seconds:g} s …")
        self.found.saturated = self._load("saturated", arriving, None)
        say(f"Filing {sizes.backlog} tickets that nobody hears of …")
        waiting = self.desk.file_many(sizes.backlog)
        say("Working that backlog off: tickets to write …")
        self.found.fresh = self._drain("backlog", waiting)
        self.found.after_backlog = {name: row.memory for name, row in self._processes().items()}
        say("Working it off again: nothing has changed …")
        self.found.unchanged = self._drain("unchanged", waiting)
        say(f"Reviewing {sizes.bulk} tickets in bulk …")
        self.found.bulk = self._bulk()
        if sizes.limits_seconds:
            say(f"Within a plan's limits, for {sizes.limits_seconds:g} s …")
            self.found.limited = self._within_limits()
        return self.found

    # -- the measurements -------------------------------------------------------------------------

    def created_to_written(self) -> None:
        """File tickets one by one, as customers do, and see when each is written back. The time
        runs from before the request that creates it until the update is answered."""
        sizes, filed = self.sizes, {}
        self.desk.count_afresh()
        began = time.monotonic()
        for number in range(sizes.tickets):
            self.stage.stopping.wait(max(0.0, began + number / sizes.pace - time.monotonic()))
            at = time.time()
            filed[self.desk.file_one()] = at
        ends = time.monotonic() + 30
        done: dict[int, float] = {}
        while len(done) < len(filed) and time.monotonic() < ends:
            self.stage.stopping.wait(_LOOK)
            done = self.desk.written(list(filed))
        self.found.written = [at - filed[ticket] for ticket, at in done.items()]
        self.found.unwritten = len(filed) - len(done)

    def _load(self, phase: str, tickets: Sequence[int], rate: float | None) -> Load:
        plan = Sending(
            port=int(self.stage.web_url.rpartition(":")[2]),
            path=f"/webhooks/{self.stage.helpdesk}/{self.stage.installation}",
            helpdesk=self.stage.helpdesk,
            installation=self.stage.installation,
            secret=self.stage.signing_secret,
            tickets=tuple(tickets),
            seconds=self.sizes.seconds,
            rate=rate,
        )
        before, began = self._processes(), time.monotonic()
        load = bench_load.run(plan)
        self._used(phase, before, began)
        self._quiet(len(tickets))
        return load

    def _drain(self, phase: str, tickets: Sequence[int]) -> Drained:
        """Make tickets due while no worker runs, then start the workers."""
        self._make_due(tickets)
        self._start_workers(NO_LIMITS)
        before, began = self._processes(), time.monotonic()
        left = self._quiet(len(tickets))
        used = self._used(phase, before, began)
        return self._drained(len(tickets), left, sum(used[name] for name in self.stage.workers))

    def _bulk(self) -> Drained:
        """Have tickets of the past reviewed by a process of its own, with all of the budget."""
        tickets = self.desk.file_past(self.sizes.bulk)
        self._end_workers()
        self.desk.count_afresh()
        before, began = self._processes(), time.monotonic()
        options = (*self.desk.bulk_options, "--share", "100", "--yes")
        process = self.stage.run("backfill", "backfill", *options)
        ends = began + 60 + self.sizes.bulk / 10
        seconds = 0.0
        while process.poll() is None and time.monotonic() < ends:
            seconds = self._used("bulk", before, began).get("backfill", seconds)
            self.stage.stopping.wait(_LOOK)
        if process.poll() != 0:
            raise click.ClickException(f"backfill: it failed\n{self.stage.log_of('backfill')}")
        found = self._drained(len(tickets), 0, seconds)  # before we ask for something ourselves
        return replace(found, left=len(tickets) - self.stage.reviewed(tickets))

    def _within_limits(self) -> Limited:
        """Let the workers go at more tickets than a plan's limits let them write."""
        seconds = self.sizes.limits_seconds
        plan = self.desk.plan
        most = plan.updates * seconds / 60
        self._make_due(self.desk.file_many(math.ceil(1.25 * most) + 25))
        self.desk.limit(on=True)
        self._start_workers(
            {
                **NO_LIMITS,
                "WARRANTY_UPDATE_LIMIT": str(plan.updates),
                "WARRANTY_REQUEST_LIMIT": "0",  # to be learnt from the helpdesk
                "WARRANTY_LIMIT_SHARE": str(SHARE),
            }
        )
        ends = time.monotonic() + 30
        while not self.desk.asked().first and time.monotonic() < ends:
            self.stage.stopping.wait(_LOOK)
        self.stage.stopping.wait(seconds)
        asked, now = self.desk.asked(), time.time()
        self._note_memory(self._processes())
        self._end_workers()
        self.desk.limit(on=False)
        return Limited(
            now - asked.first if asked.first else 0.0,
            asked.requests["write"],
            sum(asked.requests.values()),
            asked.too_many,
            plan,
        )

    # -- how far things are -----------------------------------------------------------------------

    def _make_due(self, tickets: Sequence[int]) -> None:
        self._end_workers()
        self.jobs.make_many_due(self.stage.installation, [str(t) for t in tickets], "bench")
        self.desk.count_afresh()

    def _drained(self, tickets: int, left: int, processor: float) -> Drained:
        asked = self.desk.asked()
        spent = processor * 1000 / tickets
        return Drained(tickets, asked.last - asked.first, left, asked.requests, spent)

    def _quiet(self, tickets: int) -> int:
        """Wait until no review is due or under way, for a minute and 50 ms a ticket at most; how
        many are left then."""
        ends = time.monotonic() + 60 + tickets / 20
        while True:
            backlog = self.jobs.backlog(self.stage.installation)
            left = backlog.due + backlog.leased
            if not left or time.monotonic() > ends:
                return left
            self._all_run()
            self.stage.stopping.wait(_SELDOM if left > _MUCH else _LOOK)

    def _all_run(self) -> None:
        for name, process in self.stage.processes.items():
            if process.poll() is not None:
                raise click.ClickException(f"{name}: it has ended\n{self.stage.log_of(name)}")

    # -- the processes ----------------------------------------------------------------------------

    def _start_workers(self, settings: Mapping[str, str]) -> None:
        for name in self.stage.workers:
            self.stage.start_worker(name, settings)

    def _end_workers(self) -> None:
        for name in self.stage.workers:
            self.stage.end(name)

    def _processes(self) -> dict[str, Usage]:
        found = {}
        for name, process in self.stage.processes.items():
            found[name] = usage(process.pid)
            for number, pid in enumerate(children(process.pid), start=1):
                found[f"{name} {number}"] = usage(pid)
        return {name: used for name, used in found.items() if used is not None}

    def _used(self, phase: str, before: Mapping[str, Usage], began: float) -> dict[str, float]:
        """Note what the processes use; how many seconds of processor time each has used."""
        elapsed = time.monotonic() - began
        now = self._processes()
        self._note_memory(now)
        spent = {
            name: used.processor - (before[name].processor if name in before else 0.0)
            for name, used in now.items()
        }
        self.found.cores[phase] = {name: seconds / elapsed for name, seconds in spent.items()}
        return spent

    def _note_memory(self, now: Mapping[str, Usage]) -> None:
        for name, used in now.items():
            old = self.found.memory.get(name)
            peak = max(used.peak, old.peak if old else 0.0)
            self.found.memory[name] = Usage(used.memory, peak, used.processor)
