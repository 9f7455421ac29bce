"""Freshdesk keeps the port's promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import responses

from integration.helpdesks import Bindings, FieldValue, Helpdesk, TicketRef
from integration.helpdesks.freshdesk import Account, connect
from tests.integration.helpdesks.contract import Contract, Said, World
from tests.integration.helpdesks.fake_freshdesk import FakeFreshdesk

ACCOUNT = Account("inst", "acme", "KEY-IS-SECRET", {"claim": "warranty_claim"})
BINDINGS = Bindings(
    fields={
        "verdict": "cf_verdict_88123",
        "note": "cf_note",
        "bought": "cf_bought",
        "claim": "cf_claim_41",
        "freight": "cf_freight",
        "gone": "cf_gone",
    },
    options={
        "verdict": {"covered": "Covered", "needs": "Needs information"},
        "freight": {"buyer": "Buyer", "us": "SOOCAS"},
    },
    macros={"covered": "7"},
)
REF = TicketRef("inst", "901")


class Freshdesk(World):
    """The account in memory, and what is done to it."""

    ref = REF
    macro = "7"

    def __init__(self, fake: FakeFreshdesk) -> None:
        self.fake = fake
        fake.rows["canned_responses"].append({"id": 7, "title": "x", "content_html": "<p>Hi</p>"})

    def desk(self) -> Helpdesk:
        return connect(ACCOUNT, BINDINGS)

    def agent_sets(self, key: str, value: FieldValue) -> None:
        self.fake.edit(**{BINDINGS.fields[key]: value})

    def agent_tags(self, *tags: str) -> None:
        self.fake.edit(tags=[*self.fake.tickets[901]["tags"], *tags])

    def close(self) -> None:
        self.fake.edit(status=5)

    def remove(self) -> None:
        self.fake.edit(deleted=True)

    def value(self, key: str) -> FieldValue:
        native: FieldValue = self.fake.tickets[901]["custom_fields"][BINDINGS.fields[key]]
        labels = {label: option for option, label in BINDINGS.options.get(key, {}).items()}
        return labels.get(str(native), native)

    def tags(self) -> set[str]:
        return set(self.fake.tickets[901]["tags"])

    def said(self) -> Sequence[Said]:
        return [Said(one["private"], one["body"]) for one in self.fake.talks[901]]

    def writes(self) -> int:
        return len(self.fake.writes)

    def asked(self) -> int:
        return len(self.fake.asked)

    def refuse(self, status: int, *, reading: bool = False, retry_after: str = "") -> None:
        method = "GET" if reading else "PUT"
        headers = {"Retry_After": retry_after} if retry_after else {}
        self.fake.refuse(method, r"tickets/901", status, {"code": "some_code"}, **headers)

    def go_silent(self, *, after: bool) -> None:
        self.fake.go_silent("POST", r"tickets/901/(notes|reply)", after=after)

    def complain(self, key: str, words: str) -> None:
        row = {"field": BINDINGS.fields[key], "message": words, "code": "invalid_value"}
        self.fake.refuse("PUT", r"tickets/901", 400, {"errors": [row]})

    def template(self, html: str) -> None:
        self.fake.rows["canned_responses"][0]["content_html"] = html


@pytest.fixture
def world() -> Iterator[Freshdesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Freshdesk(FakeFreshdesk().serve(mock))


class TestFreshdesk(Contract):
    """All of them."""
