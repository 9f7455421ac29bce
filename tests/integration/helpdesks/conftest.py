"""A Zendesk account to talk to: recorded shapes, served by ``responses``."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from integration.helpdesks import Bindings, TicketRef
from integration.helpdesks.zendesk import Account, StaticToken, ZendeskHelpdesk, connect

API = "https://acme.zendesk.com/api/v2"

# The shape is a recorded one (with its values made neutral); custom fields as in the manual.
TICKET: dict[str, Any] = {
    "url": f"{API}/tickets/4016.json",
    "id": 4016,
    "external_id": None,
    "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
    "created_at": "2026-11-20T08:00:00Z",
    "updated_at": "2026-11-23T09:15:04Z",
    "type": "question",
    "subject": "SECRET-SUBJECT",
    "description": "SECRET-DESCRIPTION",
    "priority": None,
    "status": "open",
    "requester_id": 11,
    "submitter_id": 11,
    "assignee_id": 12,
    "organization_id": 13,
    "group_id": 14,
    "is_public": True,
    "due_at": None,
    "tags": ["vip", "v_needs"],
    "custom_fields": [
        {"id": 1, "value": "v_needs"},
        {"id": 2, "value": None},
        {"id": 3, "value": "2026-01-31"},
        {"id": 4, "value": True},
        {"id": 5, "value": ["p_web", "p_other"]},
        {"id": 77, "value": "not ours"},
    ],
    "custom_status_id": 6130830355738,
    "brand_id": 6130830354842,
}

BINDINGS = Bindings(
    fields={
        "verdict": "1",
        "note": "2",
        "bought": "3",
        "sealed": "4",
        "proof": "5",
        "gone": "999",
        "freight": "6",
    },
    options={
        "verdict": {"covered": "v_covered", "needs": "v_needs"},
        "proof": {"web": "p_web", "paper": "p_paper"},
        "freight": {"buyer": "f_buyer", "us": "f_us"},
    },
    macros={"covered": "7"},
)

REF = TicketRef(installation="inst", id="4016")


@pytest.fixture
def ticket() -> dict[str, Any]:
    """A ticket as Zendesk sends it; a test's own copy."""
    return copy.deepcopy(TICKET)


@pytest.fixture
def zendesk() -> Iterator[responses.RequestsMock]:
    """A Zendesk that knows only what a test registers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def account() -> Account:
    """An account with a token that never changes."""
    return Account(installation="inst", subdomain="acme", token=StaticToken("TOKEN-IS-SECRET"))


@pytest.fixture
def desk(account: Account) -> ZendeskHelpdesk:
    """A connection to it."""
    return connect(account, BINDINGS)


@pytest.fixture
def updates(
    zendesk: responses.RequestsMock, ticket: dict[str, Any]
) -> Callable[..., list[dict[str, Any]]]:
    """Serves PUTs of the ticket the way Zendesk does, and gives the list of what was sent."""

    def serve(**overrides: Any) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        def put(request: Any) -> tuple[int, dict[str, str], str]:
            body = json.loads(request.body)["ticket"]
            sent.append(body)
            now = copy.deepcopy(ticket)
            values = {f["id"]: f for f in now["custom_fields"]}
            for item in body.get("custom_fields", ()):
                if item["id"] in values:
                    values[item["id"]]["value"] = item["value"]
            for name in ("tags", "due_at", "type", "priority", "group_id", "assignee_id"):
                if name in body:
                    now[name] = body[name]
            now["updated_at"] = "2026-11-23T09:20:00Z"
            events: list[dict[str, Any]] = []
            if "comment" in body:
                events.append({"id": 1, "type": "Comment", **body["comment"]})
            answer = {
                "ticket": {**now, **overrides.get("ticket", {})},
                "audit": {"id": 9, "ticket_id": 4016, "events": events},
            }
            if "events" in overrides:
                answer["audit"]["events"] = overrides["events"]
            if overrides.get("no_audit"):
                del answer["audit"]
            return 200, {}, json.dumps(answer)

        zendesk.add_callback(
            responses.PUT, f"{API}/tickets/4016.json", put, content_type="application/json"
        )
        return sent

    return serve
