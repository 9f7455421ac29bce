"""The port's promises once more, over HTTP: against the small Freshdesk of the sandbox, which knows
the vendor's pages and nothing of the adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from integration.helpdesks import Bindings, Change, Due, FieldValue, Helpdesk, Part, TicketRef
from integration.helpdesks.freshdesk import Account, connect
from integration.helpdesks.freshdesk_admin import Wanted, WantedField, WantedReply, put_in_place
from integration.helpdesks.freshdesk_watch import WatchedAdapter
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from tests.integration.helpdesks.contract import Contract, Said, World

WANTED = Wanted(
    fields=(
        WantedField("verdict", "Verdict", "choice", (("covered", "Covered"), ("needs", "Needs"))),
        WantedField("note", "Note", "textarea"),
        WantedField("bought", "Bought", "date"),
    ),
    replies=(WantedReply("covered", "Covered", "<p>Hi</p>"),),
)
WRITES = ("ticket_update", "note", "reply")


@dataclass
class Place:
    """The account, set up once for all tests."""

    sandbox: Sandbox
    account: Account
    bindings: Bindings

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What a person does in the account."""
        url, key = f"{self.sandbox.base_url}/api/v2/{path}", self.sandbox.api_key
        answer = requests.request(method, url, json=body, auth=(key, "X"), timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    # ``requests`` would ask a proxy of the environment's for this machine too.
    with pytest.MonkeyPatch.context() as patch, running_sandbox(Options(limited=False)) as one:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv(STAND_IN, one.base_url)
        account = Account("inst", "sandbox", one.api_key, {})
        bound = put_in_place(account, WANTED).bindings
        fields = {**bound.fields, "gone": "cf_gone"}
        yield Place(one, account, Bindings(fields, bound.options, bound.macros))


class Served(World):
    """A ticket of its own for each test."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.heard: list[tuple[str, str]] = []
        self.adapter = WatchedAdapter(lambda kind, status: self.heard.append((kind, status)))
        names = place.bindings.fields
        ticket = place.ask(
            "POST",
            "tickets",
            {
                **{"subject": "Broken", "description": "x", "email": "customer@example.com"},
                **{"priority": 2, "status": 2, "tags": ["vip"]},
                "custom_fields": {names["verdict"]: "Needs", names["bought"]: "2026-01-31"},
            },
        )
        self.ref = TicketRef("inst", str(ticket["id"]))
        self.path = f"tickets/{ticket['id']}"
        self.macro = place.bindings.macros["covered"]

    def desk(self) -> Helpdesk:
        return connect(self.place.account, self.place.bindings, adapter=self.adapter)

    def ticket(self) -> Any:
        return self.place.ask("GET", self.path)

    def agent_sets(self, key: str, value: FieldValue) -> None:
        self.place.ask(
            "PUT", self.path, {"custom_fields": {self.place.bindings.fields[key]: value}}
        )

    def agent_tags(self, *tags: str) -> None:
        self.place.ask("PUT", self.path, {"tags": [*self.ticket()["tags"], *tags]})

    def close(self) -> None:
        self.place.ask("PUT", self.path, {"status": 5})

    def remove(self) -> None:
        self.place.ask("DELETE", self.path)

    def value(self, key: str) -> FieldValue:
        native: FieldValue = self.ticket()["custom_fields"][self.place.bindings.fields[key]]
        labels = {label: o for o, label in self.place.bindings.options.get(key, {}).items()}
        return labels.get(str(native), native)

    def tags(self) -> set[str]:
        return set(self.ticket()["tags"])

    def said(self) -> Sequence[Said]:
        rows = self.place.ask("GET", f"{self.path}/conversations")
        return [Said(row["private"], row["body"]) for row in rows]

    def writes(self) -> int:
        return sum(kind in WRITES and status.startswith("2") for kind, status in self.heard)

    def asked(self) -> int:
        return len(self.heard)

    def order(self, method: str, path: str = "", **fault: Any) -> None:
        self.place.sandbox.account.faults.add(
            Fault(path=f"/api/v2/{self.path}{path}", method=method, **fault)
        )

    def refuse(self, status: int, *, reading: bool = False, retry_after: str = "") -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.order("GET" if reading else "PUT", status=status, headers=headers, body={"code": "x"})

    def go_silent(self, *, after: bool) -> None:
        self.order("POST", "/(notes|reply)", cut=True, applied=after)

    def complain(self, key: str, words: str) -> None:
        row = {"field": self.place.bindings.fields[key], "message": words, "code": "invalid_value"}
        self.order("PUT", status=400, body={"description": "x", "errors": [row]})

    def template(self, html: str) -> None:
        self.place.ask("PUT", f"canned_responses/{self.macro}", {"content_html": html})


@pytest.fixture
def world(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    yield Served(place)
    place.sandbox.account.faults.clear()


class TestFreshdeskServed(Contract):
    """All of them."""


@pytest.mark.parametrize(("new_sla", "how"), [("off", Part.APPLIED), ("respects", Part.APPLIED)])
def test_a_deadline_that_is_kept(monkeypatch: pytest.MonkeyPatch, new_sla: Any, how: Part) -> None:
    """It is set, promised by nobody, and found where it was put."""
    assert deadline(monkeypatch, Options(limited=False, new_sla=new_sla)) is how


def test_a_deadline_that_the_slas_take_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some seconds after any update they are the SLA policy's again: that is seen, and said."""
    options = Options(limited=False, new_sla="recalculates")
    assert deadline(monkeypatch, options) is Part.SUBSTITUTED


def deadline(monkeypatch: pytest.MonkeyPatch, options: Options) -> Part:
    """What becomes of a deadline, looked at a minute later."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_sandbox(options) as one:
        monkeypatch.setenv(STAND_IN, one.base_url)
        account = Account("inst", "sandbox", one.api_key, {})
        bound = put_in_place(account, WANTED).bindings
        world = Served(Place(one, account, bound))
        desk = connect(account, bound)
        change = Change({"note": "x"}, due=Due(datetime.now(UTC) + timedelta(days=20)))
        done = desk.apply(desk.get(world.ref), change)
        assert done.parts["due"][0] is Part.PENDING_CHECK
        one.account.shift(60)
        assert one.account.idle(30)
        looked = desk.confirm(world.ref, change)
        assert looked.parts["field:note"][0] is Part.APPLIED
        return looked.parts["due"][0]
