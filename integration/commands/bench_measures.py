"""What `warranty bench service` measures, one function for each thing, on a ``Stage``."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any, Final

import click

from integration.commands import bench_load
from integration.commands.bench_load import Load, Plan
from integration.commands.bench_processes import Usage, children, usage
from integration.commands.demo_claims import DemoClaim, demo_claims
from integration.commands.stage import Stage
from integration.install import WEBHOOK
from integration.jobs import Jobs

_BATCH: Final = 100  # tickets that the API creates at once
_LOOK: Final = 0.2  # seconds between two looks at how far things are
_TICKET: Final = "/api/v2/tickets/{id}"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: webhooks a second and for how many seconds each of the two ways,
    ``tickets`` filed one by one, ``pace`` of them a second, and the ``backlog`` to work off."""

    seconds: float
    rate: float
    tickets: int
    pace: float
    backlog: int


@dataclass(frozen=True, slots=True)
class Drained:
    """A backlog worked off: tickets, seconds between the first and the last answer that the
    helpdesk gave, how many tickets were left when the time was over, and how many requests of each
    kind the helpdesk had (``read``, ``preview``, ``write``, ``other``, and ``refused``)."""

    tickets: int
    seconds: float
    left: int
    requests: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Tickets a second."""
        return (self.tickets - self.left) / self.seconds if self.seconds else 0.0

    def each(self, *kinds: str) -> float:
        """Requests of these kinds for each ticket."""
        return sum(self.requests[kind] for kind in kinds) / self.tickets


@dataclass(slots=True)
class Measured:
    """Everything that was measured. ``cores`` says for each phase how much of a core each process
    used; ``memory`` what each used when it was last looked at."""

    paced: Load | None = None
    saturated: Load | None = None
    written: Sequence[float] = ()
    unwritten: int = 0
    fresh: Drained | None = None
    unchanged: Drained | None = None
    cores: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, Usage] = field(default_factory=dict)


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that ``share`` of all do not exceed; NaN where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def measure(stage: Stage, jobs: Jobs, sizes: Sizes) -> Measured:
    """Measure everything, one thing after the other; bounded in time by its sizes."""
    return _Bench(stage, jobs, sizes).run()


class _Bench:
    """One measurement: the stage, and what has come of it so far."""

    def __init__(self, stage: Stage, jobs: Jobs, sizes: Sizes) -> None:
        self.stage = stage
        self.jobs = jobs
        self.sizes = sizes
        self.found = Measured()
        self._claims = cycle(demo_claims(datetime.now(UTC).date()))
        person = {"name": "Customer", "email": "customer@example.com"}
        user = stage.call("POST", "users/create_or_update.json", {"user": person})["user"]
        self._customer = int(user["id"])

    def run(self) -> Measured:
        sizes, say = self.sizes, self.stage.say
        say(f"Filing {sizes.tickets} tickets, {sizes.pace:g} a second …")
        self.created_to_written()
        self._webhook("inactive")  # what is filed from here on is nobody's business yet
        arriving = self._file_many(max(1, round(sizes.rate * sizes.seconds)))
        say(f"{sizes.rate:g} webhooks a second for {sizes.seconds:g} s …")
        self.found.paced = self._load("paced", arriving, sizes.rate)
        say(f"As many webhooks as are answered, for {sizes.seconds:g} s …")
        self.found.saturated = self._load("saturated", arriving, None)
        say(f"Filing {sizes.backlog} tickets that nobody hears of …")
        waiting = self._file_many(sizes.backlog)
        say("Working that backlog off: tickets to write …")
        self.found.fresh = self._drain("backlog", waiting)
        say("Working it off again: nothing has changed …")
        self.found.unchanged = self._drain("unchanged", waiting)
        self.found.memory = {name: used for name, used in self._processes().items() if used}
        return self.found

    # -- the measurements -------------------------------------------------------------------------

    def created_to_written(self) -> None:
        """File tickets one by one, as customers do, and see when each is written back. The time
        runs from before the request that creates it until the update is answered."""
        sizes, filed = self.sizes, {}
        self._count_afresh()
        began = time.monotonic()
        for number in range(sizes.tickets):
            self.stage.stopping.wait(max(0.0, began + number / sizes.pace - time.monotonic()))
            at = time.time()
            made = self.stage.call(
                "POST", "tickets.json", {"ticket": self._ticket(next(self._claims))}
            )
            filed[f"/api/v2/tickets/{made['ticket']['id']}"] = at
        ends = time.monotonic() + 30
        done: dict[str, float] = {}
        while len(done) < len(filed) and time.monotonic() < ends:
            self.stage.stopping.wait(_LOOK)
            for row in self.stage.control("GET", "requests?writes")["writes"]:
                if row["path"] in filed and row["method"] == "PUT" and row["status"] == 200:
                    done.setdefault(row["path"], row["at"])
        self.found.written = [at - filed[path] for path, at in done.items()]
        self.found.unwritten = len(filed) - len(done)

    def _load(self, phase: str, tickets: Sequence[int], rate: float | None) -> Load:
        plan = Plan(
            port=int(self.stage.web_url.rpartition(":")[2]),
            path=f"/webhooks/zendesk/{self.stage.installation}",
            installation=self.stage.installation,
            secret=self.stage.signing_secret,
            tickets=tuple(tickets),
            seconds=self.sizes.seconds,
            rate=rate,
        )
        before, began = self._processes(), time.monotonic()
        load = bench_load.run(plan)
        self._cores(phase, before, began)
        self._quiet(len(tickets))
        return load

    def _drain(self, phase: str, tickets: Sequence[int]) -> Drained:
        """Make tickets due while no worker runs, then start one."""
        self.stage.end("worker")
        for ticket in tickets:
            self.jobs.make_due(self.stage.installation, str(ticket), reason="bench")
        self._count_afresh()
        self.stage.start_worker()
        before, began = self._processes(), time.monotonic()
        left = self._quiet(len(tickets))
        self._cores(phase, before, began)
        counts = dict.fromkeys(("read", "preview", "write", "other", "refused"), 0)
        # The other client is ourselves.
        rows = [row for row in self._counted() if not row["client"].startswith("python-requests")]
        for row in rows:
            counts[_kind(row)] += row["count"]
        times = [row[when] for row in rows for when in ("first", "last")]
        return Drained(len(tickets), max(times) - min(times) if times else 0.0, left, counts)

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
            self.stage.stopping.wait(_LOOK)

    def _all_run(self) -> None:
        for name, process in self.stage.processes.items():
            if process.poll() is not None:
                log = (self.stage.folder / f"{name}.log").read_text(errors="replace")[-2000:]
                raise click.ClickException(f"{name}: it has ended\n{log}")

    # -- the helpdesk -----------------------------------------------------------------------------

    def _ticket(self, claim: DemoClaim) -> dict[str, Any]:
        return {
            "subject": claim.subject,
            "comment": {"body": claim.text, "author_id": self._customer},
            "requester_id": self._customer,
            "submitter_id": self._customer,
            "custom_fields": self.stage.claim_fields(claim.facts),
        }

    def _file_many(self, number: int) -> list[int]:
        """File tickets, a hundred at a time; their ids."""
        ids: list[int] = []
        while len(ids) < number:
            size = min(_BATCH, number - len(ids))
            rows = [self._ticket(claim) for claim in islice(self._claims, size)]
            job = self.stage.call("POST", "tickets/create_many.json", {"tickets": rows})
            path = f"job_statuses/{job['job_status']['id']}.json"
            results = self.stage.call("GET", path)["job_status"]["results"]
            ids += [int(row["id"]) for row in results]
        return ids

    def _webhook(self, status: str) -> None:
        (ours,) = (
            row for row in self.stage.call("GET", "webhooks")["webhooks"] if row["name"] == WEBHOOK
        )
        self.stage.call("PATCH", f"webhooks/{ours['id']}", {"webhook": {"status": status}})

    def _count_afresh(self) -> None:
        self.stage.control("DELETE", "requests")

    def _counted(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.stage.control("GET", "requests")["requests"]
        return rows

    # -- the processes ----------------------------------------------------------------------------

    def _processes(self) -> dict[str, Usage]:
        found = {}
        for name, process in self.stage.processes.items():
            found[name] = usage(process.pid)
            for number, pid in enumerate(children(process.pid), start=1):
                found[f"{name} {number}"] = usage(pid)
        return {name: used for name, used in found.items() if used is not None}

    def _cores(self, phase: str, before: Mapping[str, Usage], began: float) -> None:
        seconds = time.monotonic() - began
        self.found.cores[phase] = {
            name: (used.processor - before[name].processor) / seconds
            for name, used in self._processes().items()
            if name in before
        }


def _kind(row: Mapping[str, Any]) -> str:
    """What a request of the app was for."""
    if row["status"] >= 400:
        return "refused"
    if row["path"].endswith("/apply"):
        return "preview"
    if row["path"] == _TICKET and row["method"] in ("GET", "PUT"):
        return "read" if row["method"] == "GET" else "write"
    return "other"
