"""What is told of a ticket of Freshdesk: its fields by their names there, its choices by their
labels, and nothing that only Zendesk has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from requests import ConnectTimeout

from integration.helpdesks import TicketRef
from integration.jobs import Jobs
from integration.manifest.house_texts import LANGUAGES
from tests.integration.desk import COMPLETE, ticket
from tests.integration.panel.conftest import Serve
from tests.integration.panel.freshdesk import (
    FIELDS,
    HOST,
    NAME,
    OWN_DEFECT,
    Fresh,
    freshdesk_account,
    label,
)
from tests.integration.panel.test_reading import keep

TICKET = f"{HOST}/api/v2/tickets/7"
FOREIGN = re.compile(r"zendesk|ma[ck]ro|宏", re.IGNORECASE)


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer; not what its members are called."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_a_verdict_is_told(fresh: Fresh, filed: Serve) -> None:
    """Of a ticket with a ticked box and without the tag, which is a claim there."""
    filed()
    found = fresh.ticket()
    assert (found["state"], found["verdict"]["status"]) == ("claim", "covered")
    assert found["counts"]["payer"] == found["freight"]["payer"] == "soocas"
    assert found["message"]["text"].startswith("Hello,")
    assert "SECRET" not in str(found)


def test_fields_go_by_their_names_and_labels(fresh: Fresh, filed: Serve) -> None:
    """As the app finds and sets them in the ticket's page; an admin's own option by its own."""
    filed({})
    found = fresh.ticket()
    assert {key: one["id"] for key, one in found["fields"].items()} == FIELDS
    assert all(one["on_ticket"] for one in found["fields"].values())
    for key, one in found["fields"].items():
        assert [option["value"] for option in one["options"]] == [
            label(key, option["means"]) for option in one["options"]
        ]
    assert [one["value"] for one in found["fields"]["problem"]["options"]] == [OWN_DEFECT]
    asked = {one["fact"]: one for one in found["missing"]}
    assert asked["purchase_date"]["field"] == FIELDS["purchase_date"]


def test_a_field_that_the_ticket_lacks_is_said_so(fresh: Fresh, filed: Serve) -> None:
    """A ticket has the fields that Freshdesk tells of it, and no others."""
    given = filed()
    del given["custom_fields"][FIELDS["inspection"]]
    filed(custom_fields=given["custom_fields"])
    found = fresh.ticket()["fields"]
    assert {key for key in found if not found[key]["on_ticket"]} == {"inspection"}


def test_what_is_edited_or_tried_out_goes_by_labels_too(fresh: Fresh, filed: Serve) -> None:
    """As the page gives them: what an answer tells comes back, and means what it said."""
    filed({**COMPLETE, "problem": None})
    found = fresh.ticket(edited={"problem": OWN_DEFECT})
    assert found["verdict"]["status"] == "covered"
    free = {one["means"]: one["value"] for one in found["fields"]["free_product"]["options"]}
    assert free == {True: "Yes", False: "No"}
    tried = fresh.ticket(edited={"problem": OWN_DEFECT}, what_if={"free_product": free[True]})
    assert tried["what_if"]["verdict"]["clauses"] == ["X5"]
    assert tried["verdict"]["status"] == "covered"


def test_a_ticket_can_be_looked_at_as_a_claim(fresh: Fresh, filed: Serve) -> None:
    """Before its box is ticked it is none; ticked in the page, it is one."""
    filed({**COMPLETE, "claim": False})
    assert fresh.ticket()["state"] == "no_claim"
    assert fresh.ticket(edited={"claim": True})["state"] == "claim"


@pytest.mark.parametrize("status", [4, 5])
def test_what_is_resolved_or_closed_is_over(fresh: Fresh, filed: Serve, status: int) -> None:
    """No reply is suggested any more."""
    filed(status=status)
    found = fresh.ticket()
    assert (found["state"], found["message"]) == ("over", None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_zendesk_s_is_said(fresh: Fresh, filed: Serve, language: str) -> None:
    """Neither its name nor its macros, whatever is told of a claim; and no canned response is
    offered, because no app can put one into a reply. The reply itself is there."""
    for facts in (None, {}, {**COMPLETE, "problem": "dropped"}, {**COMPLETE, "purchase_date": "x"}):
        filed(facts)
        found = fresh.ticket(
            language=language, customer_language=language, what_if={"problem": None}
        )
        assert found["macro"] is None
        assert found["message"]["text"]
        assert [text for text in texts(found) if FOREIGN.search(text)] == []


def test_of_a_zendesk_ticket_the_macro_is_offered(fresh: Fresh, serve: Serve) -> None:
    """By the same service, to the other account's app."""
    serve()
    assert fresh.service.ticket()["macro"]["title"] == "Warranty: covered"


# -- where it cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, (409, "Access is gone", None)),
        (403, (409, "Access is gone", None)),
        (404, (422, "Unprocessable Entity", None)),
        (429, (503, "Try again later", "17")),
        (500, (503, "Try again later", "20")),
    ],
)
def test_what_freshdesk_says_is_told_as_the_app_knows_it(
    fresh: Fresh,
    freshdesk: responses.RequestsMock,
    status: int,
    said: tuple[int, str, str | None],
) -> None:
    """Sorted by what is to be done about it; nothing of what it said is handed on."""
    headers = {"Retry-After": "17"} if status == 429 else {}
    freshdesk.get(TICKET, status=status, headers=headers, json={"message": "SECRET-MESSAGE"})
    found = fresh.post("ticket", {"ticket": "7"})
    title, wait = found.get_json()["title"], found.headers.get("Retry-After")
    assert (found.status_code, title, wait) == said
    assert "SECRET" not in found.text


def test_while_freshdesk_is_away_the_last_review_is_shown(
    fresh: Fresh, freshdesk: responses.RequestsMock
) -> None:
    """And it says of when it is."""
    keep(fresh.service.store, ticket(COMPLETE, ref=TicketRef(NAME, "7")), freshdesk_account())
    freshdesk.get(TICKET, body=ConnectTimeout())
    found = fresh.ticket()
    assert found["verdict"]["status"] == found["shown"] == "covered"
    assert found["as_of"] is not None


def test_a_ticket_is_decided_again(fresh: Fresh, filed: Serve) -> None:
    """Once it is known to be there: it becomes due in its own account."""
    filed()
    assert fresh.post("again", {"ticket": "7"}).status_code == 202
    jobs = Jobs(fresh.service.store)
    assert (jobs.backlog(NAME).due, jobs.backlog("one").due) == (1, 0)


@pytest.mark.parametrize(
    "body", [{}, {"ticket": "x"}, {"ticket": "7", "edited": {"cf_warranty_problem_88": "x"}}, []]
)
def test_what_cannot_be_understood_is_refused_alike(fresh: Fresh, body: object) -> None:
    """Whichever helpdesk's app it comes from: a field's name there is no key of ours."""
    ours, theirs = fresh.post("ticket", body), fresh.service.post("ticket", body)
    assert (ours.status_code, ours.get_json()) == (400, theirs.get_json())
