"""A helpdesk account with tickets of the past, and a backfill's hands for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from integration import catalogue
from integration.backfill import Backfill, Hands, name_of
from integration.backfill_look import Options
from integration.backfills import Backfills, Run
from integration.config import Installation
from integration.connections import Connections, zendesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.bulk import Bulk, Created
from integration.helpdesks.zendesk_admin import put_in_place
from integration.jobs import Jobs
from integration.pace import Pace
from integration.records import Records
from integration.review import Reviewer
from integration.sandbox.faults import Faults
from integration.sandbox.options import Limits
from integration.sandbox.options import Options as SandboxOptions
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import Store
from integration.vendors.zendesk_things import wanted
from tests.integration.desk import option

TODAY = datetime.now(UTC).date()
EVER = Created(datetime(2000, 1, 1, tzinfo=UTC))


def complete(bought: date = TODAY - timedelta(days=90)) -> dict[str, object]:
    """Facts of a claim that is covered."""
    return {
        "purchase_date": bought.isoformat(),
        "purchase_country": "DE",
        "claim_country": "DE",
        "order_number": "SO-1",
        "problem": "quality_defect",
        "defect_evidence": "verified",
        "troubleshooting": "documented",
    }


class Clock:
    """The present moment, or a while ago."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind


@dataclass
class Past:
    """An account in a sandbox; what is filed in it is filed an hour ago."""

    sandbox: Sandbox
    clock: Clock
    bindings: Bindings
    installation: Installation
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    while_waiting: Callable[[], object] = lambda: None

    tags_by_itself = True
    """Whether the helpdesk adds the tag that stands for a ticked checkbox."""

    @contextmanager
    def an_hour_ago(self) -> Iterator[None]:
        self.clock.behind = timedelta(hours=1)
        yield
        self.clock.behind = timedelta()

    def native(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        return [
            {
                "id": int(self.bindings.fields[key]),
                "value": self.bindings.options.get(key, {}).get(str(option(key, value)))
                or option(key, value),
            }
            for key, value in values.items()
        ]

    @property
    def environ(self) -> Mapping[str, str]:
        """The account, as settings."""
        return {
            "WARRANTY_ZENDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_ZENDESK_TOKEN": self.sandbox.token,
        }

    @property
    def faults(self) -> Faults:
        return self.sandbox.state.faults

    def claim(self, facts: Mapping[str, object] | None) -> dict[str, object]:
        """What is filled in on a claim, given the facts (None: of one that is covered)."""
        values = {"claim": True, **(complete() if facts is None else facts)}
        return {key: one for key, one in values.items() if one}

    def file(self, facts: Mapping[str, object] | None = None, **given: Any) -> str:
        ticket = {
            "subject": "It is broken",
            "comment": {"body": "Please help."},
            "custom_fields": self.native(self.claim(facts)),
            **given,
        }
        with self.an_hour_ago():
            filed = self.sandbox.state.file_ticket(ticket, "Customer 1", "customer1@example.com")
        return str(filed["id"])

    def edit(
        self,
        ticket_id: str,
        *,
        past: bool = True,
        values: Mapping[str, object] | None = None,
        **patch: Any,
    ) -> None:
        """An agent saves it: fields by our keys (``values``) and what else is in the patch."""
        patch |= {"custom_fields": self.native(values)} if values else {}
        if past:
            with self.an_hour_ago():
                self.sandbox.state.agent_edit(int(ticket_id), patch)
        else:
            self.sandbox.state.agent_edit(int(ticket_id), patch)

    def view(self, *conditions: Mapping[str, str]) -> str:
        """A view of the tickets that meet these conditions: its id."""
        client = self.sandbox.app.test_client()
        given = {"title": "Past", "all": list(conditions)}
        access = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = client.post("/api/v2/views", json={"view": given}, headers=access)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["view"]["id"])

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        return dict(self.sandbox.state.ticket_detail(int(ticket_id)).ticket)

    def remove(self, ticket_id: str) -> None:
        """An agent deletes it."""
        self.sandbox.state.tickets[int(ticket_id)].deleted = True

    def tags(self, ticket_id: str) -> frozenset[str]:
        return frozenset(self.ticket(ticket_id)["tags"])

    def status(self, ticket_id: str) -> str:
        return str(self.ticket(ticket_id)["status"])

    def ticked(self, ticket_id: str) -> bool:
        """Whether the claim's checkbox is."""
        claim = int(self.bindings.fields["claim"])
        return {"id": claim, "value": True} in self.ticket(ticket_id)["custom_fields"]

    def verdict(self, ticket_id: str) -> object:
        values = {str(one["id"]): one["value"] for one in self.ticket(ticket_id)["custom_fields"]}
        value = values[self.bindings.fields["verdict"]]
        return value and catalogue.meaning("verdict", value)

    def notes(self, ticket_id: str) -> list[str]:
        comments = self.sandbox.state.ticket_detail(int(ticket_id)).comments
        return [one["html_body"] for one in comments if not one["public"]]

    def public(self, ticket_id: str) -> int:
        comments = self.sandbox.state.ticket_detail(int(ticket_id)).comments
        return sum(1 for one in comments if one["public"])

    def requests(self, method: str = "", path: str = "") -> int:
        """How many requests the app sent, of this method, with this in their path."""
        return sum(
            one["count"]
            for one in self.sandbox.state.requests.kinds()
            if one["client"] == "WarrantyDesk"
            and one["method"].startswith(method)
            and path in one["path"]
        )

    def forget_requests(self) -> None:
        self.sandbox.state.requests.clear()

    # -- the backfill -----------------------------------------------------------------------------

    def bulk(self) -> Bulk:
        return Connections().line(self.installation).bulk(self.bindings)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.while_waiting()
        threading.Event().wait(min(seconds, 0.01))

    def hands(self, store: Store, bulk: Bulk | None = None, patience: float = 1_800) -> Hands:
        """Hands that do not really wait: the clock they count seconds by is ahead of time."""
        records, jobs = Records(store), Jobs(store)

        def clock() -> float:
            return sum(self.waits)

        return Hands(
            bulk=bulk or self.bulk(),
            pace=Pace(lambda requests, updates: 0.0, self.wait, clock, self.said.append, patience),
            runs=Backfills(store),
            schedule=lambda ticket, at: jobs.make_due("main", ticket, at, reason="date reached"),
            keep=lambda connection, record, run: records.add(
                connection, record, review=name_of(run), reason="backfill", delivery_id=None
            ),
            now=self.clock,
            clock=clock,
        )

    def backfill(
        self, store: Store, options: Options | None = None, bulk: Bulk | None = None
    ) -> Backfill:
        return Backfill(
            self.installation, self.bindings, options or Options(), self.hands(store, bulk)
        )

    def run(
        self, store: Store, options: Options | None = None, bulk: Bulk | None = None
    ) -> tuple[Run, Any]:
        """A whole backfill of everything, as the command does it: the run, and what it counted."""
        runs = Backfills(store)
        run = runs.begin("main", {"since": "2000-01-01"}, {})
        worker = self.backfill(store, options, bulk)
        worker.read(run, EVER)
        run = runs.enter(run, "writing")
        tally = worker.write(run)
        return runs.enter(run, "done"), tally

    def review(self, ticket_id: str) -> str:
        """Review a ticket as a worker does when a webhook tells of it."""
        reviewer = Reviewer(
            {"main": self.installation}, Connections(), lambda _: self.bindings, self.clock
        )
        return reviewer("main", ticket_id).did


@contextmanager
def past(
    monkeypatch: pytest.MonkeyPatch, *, limits: bool = False, **options: Any
) -> Iterator[Past]:
    """The account, with everything put in place and its triggers quiet."""
    clock = Clock()
    chosen = SandboxOptions(limits=Limits(enabled=limits), clock=clock, **options)
    with running_sandbox(chosen) as sandbox:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
        installation = Installation("main", subdomain="sandbox", token=sandbox.token)
        placed = put_in_place(zendesk_account(installation), wanted("main", "http://127.0.0.1:9"))
        for trigger in sandbox.state.shelf("triggers").values():
            trigger["active"] = False
        sandbox.state.requests.clear()
        yield Past(sandbox, clock, placed.bindings, installation)
