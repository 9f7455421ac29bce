"""The errands against the sandbox: looking, putting in place, trying, examining."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from integration.catalogue import CLAIM_TAG, FIELDS
from integration.config import Installation
from integration.errands import Errands
from integration.sandbox import fields, rules
from integration.sandbox.api.oauth import authorizations
from tests.integration.setup.served import Service
from tests.integration.setup.test_pages import words


def field(service: Service, kind: str, title: str, *options: str, **more: Any) -> str:
    """A ticket field of the account's own."""
    state = service.sandbox.state
    given: dict[str, Any] = {"type": kind, "title": title, "description": title, **more}
    if options:
        given["custom_field_options"] = [
            {"name": one, "value": f"own_{one.lower().replace(' ', '_')}"} for one in options
        ]
    with state.lock:
        row = state.keep("ticket_fields", fields.shape(state, given, None))
        (form,) = state.shelf("ticket_forms").values()
        form["ticket_field_ids"].append(row["id"])
    return str(row["id"])


def chosen(found: Any) -> dict[str, str]:
    """Which fields stand chosen on the form."""
    return {
        row["key"]: one["title"]
        for row in found["fields"]
        for one in row["candidates"]
        if one["chosen"]
    }


def selected(page: str) -> dict[str, str]:
    """What each select of the page would send."""
    sent = {}
    for key, body in re.findall(r'<select[^>]*name="field:(\w+)"[^>]*>(.*?)</select>', page):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        sent[key] = next((value for value, on in options if on), options[0][0])
    return sent


# -- looking ---------------------------------------------------------------------------------------


def test_look(connected: Service) -> None:
    """It is told what would be created, kind by kind and thing by thing; nothing is."""
    connected.writes()
    found = connected.result("look")
    assert found["words"].startswith(f"create {len(FIELDS)} ticket fields, 9 macros, 1 webhook")
    assert "1 SLA policy" in found["words"]
    assert found["clashes"] == []
    *ours, sidebar = found["steps"]
    assert all(step["how"].startswith("new") for step in ours)
    assert sidebar["what"] == "Settings of the app in the sidebar"
    assert connected.writes() == 0
    assert "Nothing has been changed yet." in words(connected.get(connected.path))


def test_suggestions(connected: Service) -> None:
    """Fields that say the same in the right type stand chosen, each once."""
    field(connected, "date", "Date of purchase")
    field(connected, "text", "Order number")
    field(connected, "text", "Purchase date")
    field(connected, "tagger", "Country", "Germany", "France")
    found = connected.result("look")
    assert chosen(found) == {
        "purchase_date": "Date of purchase",
        "order_number": "Order number",
        "purchase_country": "Country",
    }
    assert found["suggested"] == 3
    page = connected.page()
    assert re.search(r"<details open><summary>Use ticket fields", page)
    assert len(set(selected(page).values()) - {""}) == 3


def test_clashes(connected: Service) -> None:
    """Something of the admin's that is in the way is named, with what to do; nothing can be put in
    place, and once it is out of the way it can."""
    number = field(connected, "text", "Warranty: verdict")
    found = connected.result("look")
    assert len(found["clashes"]) == 1
    assert "Field “Warranty: verdict”" in found["clashes"][0]
    page = connected.page()
    shown = html.unescape(page)
    assert "Rename or remove it in Zendesk, then look again" in shown
    assert re.search(r"<button disabled>Put it in place", page)
    connected.writes()
    connected.do("place")
    connected.work()
    failed = connected.errand("place")
    assert failed.state == "failed"
    assert "Warranty: verdict" in (failed.why or "")
    assert connected.writes() == 0
    with connected.sandbox.state.lock:
        row = connected.sandbox.state.shelf("ticket_fields")[int(number)]
        row["title"] = row["raw_title"] = "Mine"
    assert connected.result("look")["clashes"] == []
    assert connected.placed()


def test_no_access(connected: Service) -> None:
    """Where Zendesk lets the app in no more, an errand says so, and so does the page."""
    granted = authorizations(connected.sandbox.app)
    for one in granted.granted:
        granted.revoke(one)
    connected.do("look")
    connected.work()
    failed = connected.errand("look")
    assert failed.state == "failed"
    assert "no longer lets the app in" in (failed.why or "")
    assert "Connect it again" in words(connected.get(connected.path))


# -- putting in place ------------------------------------------------------------------------------


def test_place(connected: Service) -> None:
    """Everything is created, bound and signed; doing it again changes nothing."""
    done = connected.placed()
    assert done["words"].startswith(f"created {len(FIELDS)} ticket fields")
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    assert set(bindings.fields) == {spec.key for spec in FIELDS}
    (webhook,) = connected.sandbox.state.webhooks.values()
    assert webhook.row["endpoint"].endswith(f"/webhooks/zendesk/{connected.name}")
    assert len(connected.one.installation.signing_secrets) == 1
    connected.writes()
    again = connected.placed()
    assert again["words"].startswith("left as they were")
    assert connected.writes() == 0
    shown = words(connected.get(connected.path))
    assert "In place: left as they were" in shown


def test_place_with_own_fields(connected: Service) -> None:
    """The fields that stand chosen on the form are used as they are, and the claim is read from
    them: an option by what it is called."""
    own = {
        "purchase_date": field(connected, "date", "Date of purchase"),
        "purchase_country": field(connected, "tagger", "Country", "Germany", "Atlantis"),
    }
    connected.result("look")
    sent = selected(connected.page())
    assert {key: sent[key] for key in own} == own
    done = connected.placed(**{f"field:{key}": value for key, value in sent.items()})
    assert f"created {len(FIELDS) - 2} ticket fields" in done["words"]
    assert "used 2 ticket fields of yours" in done["words"]
    remarks = "\n".join(done["remarks"])
    assert "your own field “Date of purchase”" in remarks
    assert "your own field “Country”, without" in remarks
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    assert {key: bindings.fields[key] for key in own} == own
    titles = [row["title"] for row in connected.sandbox.state.custom_fields()]
    assert "Warranty: purchase date" not in titles
    connected.ticket(
        CLAIM_TAG,
        purchase_date="2026-01-05",
        purchase_country="own_germany",
        order_number="SO-1",
    )
    (row,) = connected.result("try")["rows"]
    assert row["status"] == "needs_information"
    (options,) = [
        one["custom_field_options"]
        for one in connected.sandbox.state.custom_fields()
        if one["title"] == "Country"
    ]
    assert len(options) == 2, "nothing was added to a field of the admin's"


def test_place_with_options_added(connected: Service) -> None:
    """Only where the admin says so are missing options added to a field of theirs."""
    number = field(connected, "tagger", "Problem", "Water damage")
    done = connected.placed(**{"field:problem": number, "extend": "1"})
    assert "“Problem”, without" not in "\n".join(done["remarks"])
    row = connected.sandbox.state.shelf("ticket_fields")[int(number)]
    names = [one["name"] for one in row["custom_field_options"]]
    assert "Water damage" in names
    assert len(names) > 5


def test_other_fields_later(connected: Service) -> None:
    """An admin who looks again finds what is in use chosen, can take another field, and can go back
    to the app's own."""
    one, two = (
        field(connected, "date", "Date of purchase"),
        field(connected, "date", "Delivery date"),
    )
    connected.result("look")
    connected.placed(**{f"field:{k}": v for k, v in selected(connected.page()).items()})
    assert selected(connected.page()) == {}, "the form is gone once everything is in place"
    connected.result("look")
    sent = selected(connected.page())
    assert sent["purchase_date"] == one
    again = connected.placed(**{f"field:{k}": v for k, v in sent.items()})
    assert again["words"].startswith("left as they were"), again["words"]
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    own = bindings.fields["order_number"]
    connected.placed(**{f"field:{k}": v for k, v in {**sent, "purchase_date": two}.items()})
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    assert bindings.fields["purchase_date"] == two
    done = connected.placed(**{f"field:{k}": v for k, v in {**sent, "purchase_date": ""}.items()})
    assert "created 1 ticket field" in done["words"]
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    assert bindings.fields["purchase_date"] not in (one, two)
    assert bindings.fields["order_number"] == own
    connected.result("look")
    assert selected(connected.page())["purchase_date"] == bindings.fields["purchase_date"]


def test_one_field_for_two_facts(connected: Service) -> None:
    """An admin who chooses a field twice is told, by the facts' names, and nothing is changed."""
    number = field(connected, "text", "Number")
    connected.writes()
    connected.do("place", {"field:order_number": number, "field:serial_number": number})
    connected.work()
    failed = connected.errand("place")
    assert failed.state == "failed"
    assert "stands for" in (failed.why or "")
    assert connected.writes() == 0
    connected.result("look")
    assert connected.errand("place").state == "failed"


def test_what_was_chosen_is_not_lost(connected: Service) -> None:
    """Where putting in place comes to nothing, the form still shows what was chosen on it."""
    one, two = field(connected, "text", "One"), field(connected, "text", "Two")
    connected.result("look")
    given = {"field:order_number": two, "field:serial_number": two, "field:product_model": one}
    connected.do("place", given)
    connected.work()
    sent = selected(connected.page())
    assert (sent["order_number"], sent["product_model"]) == (two, one)


def test_field_of_a_wrong_type(connected: Service) -> None:
    """A number that somebody makes up, or of a field of another type, does no harm."""
    number = field(connected, "text", "Words")
    connected.do("place", {"field:purchase_date": number})
    connected.work()
    assert "is of type text instead of date" in (connected.errand("place").why or "")
    connected.placed(**{"field:purchase_date": "999999999", "field:nothing": number})
    bindings = connected.store.load_bindings(connected.name)
    assert bindings is not None
    assert bindings.fields["purchase_date"] != "999999999"


def test_forms(connected: Service) -> None:
    """Ticket forms are given the fields where the box is ticked; otherwise it is said which form
    lacks them."""
    state = connected.sandbox.state
    connected.placed()
    with state.lock:
        (default,) = state.shelf("ticket_forms").values()
        subject = default["ticket_field_ids"][:1]
        given = {"name": "Returns", "ticket_field_ids": subject}
        made = state.keep("ticket_forms", rules.form(state, given, None))
    connected.do("place")
    connected.work()
    remarks = "\n".join(connected.errand("place").result["remarks"])
    assert f"Form “Returns” lacks {len(FIELDS)} of the fields" in remarks
    assert state.shelf("ticket_forms")[made["id"]]["ticket_field_ids"] == subject
    connected.placed()
    assert not any("lacks" in one for one in connected.errand("place").result["remarks"])
    now = state.shelf("ticket_forms")[made["id"]]["ticket_field_ids"]
    assert now[:1] == subject
    assert len(now) == 1 + len(FIELDS)


# -- trying ----------------------------------------------------------------------------------------


def test_try_before_anything_is_in_place(connected: Service) -> None:
    """Nothing can be tried yet; what to do first is said."""
    connected.do("try")
    connected.work()
    failed = connected.errand("try")
    assert failed.state == "failed"
    assert "Put the fields in place first" in (failed.why or "")
    assert "warranty install" not in (failed.why or "")


def test_try(connected: Service) -> None:
    """The last warranty tickets and their verdicts; nothing is written."""
    connected.placed()
    connected.ticket("something_else")
    complete = {
        "purchase_date": "2026-10-01",
        "purchase_country": "warranty_purchase_country_de",
        "claim_country": "warranty_claim_country_de",
        "order_number": "SO-1",
        "problem": "warranty_problem_quality_defect",
        "defect_evidence": "warranty_defect_evidence_verified",
        "troubleshooting": "warranty_troubleshooting_documented",
    }
    first = connected.ticket(CLAIM_TAG, **complete)
    second = connected.ticket(CLAIM_TAG)
    connected.sandbox.state.agent_edit(second["id"], {"status": "solved"})
    connected.writes()
    found = connected.result("try")
    assert connected.writes() == 0
    assert found["words"].startswith("Your last warranty tickets")
    rows = {row["ticket"]: row for row in found["rows"]}
    assert set(rows) == {str(first["id"]), str(second["id"])}
    assert rows[str(second["id"])]["status"] == "needs_information"
    assert rows[str(first["id"])]["status"] in ("covered", "awaiting_inspection")
    assert rows[str(first["id"])]["url"].endswith(f"/agent/tickets/{first['id']}")
    page = connected.page()
    assert f"#{first['id']}" in page
    connected.save(cross_border="review")
    assert connected.result("try")["rows"]


def test_try_without_warranty_tickets(connected: Service) -> None:
    """An account that has no claims yet tries its last tickets as if they were; without any tickets
    that is said."""
    connected.placed()
    assert connected.result("try") == {
        "words": "There are no tickets in this account yet.",
        "rows": [],
    }
    for _ in range(3):
        connected.ticket()
    found = connected.result("try")
    assert "as if they were warranty claims" in found["words"]
    assert [row["status"] for row in found["rows"]] == ["needs_information"] * 3
    assert "as if they were" in words(connected.get(connected.path))


def test_try_many(connected: Service) -> None:
    """Of many tickets the last few are tried, by one request."""
    connected.placed()
    for _ in range(30):
        connected.ticket(CLAIM_TAG)
    connected.sandbox.state.requests.clear()
    found = connected.result("try")
    assert len(found["rows"]) == 25
    assert sum(kind["count"] for kind in connected.sandbox.state.requests.kinds()) == 1


def test_try_keeps_no_free_text(connected: Service) -> None:
    """What somebody wrote on a ticket is not in what is kept of trying it."""
    connected.placed()
    connected.ticket(CLAIM_TAG, order_number="SECRET-ORDER")
    assert "SECRET" not in str(connected.result("try"))
    assert "Does not charge" not in str(connected.result("try"))


# -- examining -------------------------------------------------------------------------------------


def test_examine(connected: Service) -> None:
    """The doctor's findings stand on the page, each with its state in words, and what needs a hand
    first with what to do on this very page."""
    connected.placed()
    triggers = connected.sandbox.state.shelf("triggers")
    for number in list(triggers):
        if triggers[number]["title"].startswith("Warranty:"):
            del triggers[number]
    connected.writes()
    checks = connected.result("examine")["checks"]
    assert connected.writes() == 0
    poor = [check for check in checks if check["state"] == "poor"]
    assert poor
    page = connected.page()
    shown = words(connected.get(connected.path))
    for check in checks:
        assert check["what"] in shown
        assert " ".join(check["said"].split()) in shown
    assert page.index("needs a hand") < page.index('class="mark good">good')
    assert "Put in place again" in shown
    assert "`warranty install`" not in shown


def test_examined_by_a_worker_that_is_late(connected: Service) -> None:
    """While nobody works, the page says that it has to wait, and that there is no worker."""
    connected.do("examine")
    shown = words(connected.get(connected.path))
    assert "Examining the connection …" in shown
    assert "No worker is running" in shown
    assert re.search(r'data-busy="[^"]*examine', connected.page())


def test_errand_of_another_account(connected: Service) -> None:
    """An errand is done by the access of the account that it was asked for, and no other's."""
    connected.work()
    connected.kept.add(Installation("other-1", subdomain="other", token="OTHER", mode="off"), None)
    Errands(connected.store).ask("other-1", "look", {})
    connected.sandbox.state.requests.clear()
    connected.work()
    found = Errands(connected.store).get("other-1", "look")
    assert found is not None
    assert found.state == "failed", "its token opens no other account"
    statuses = {kind["status"] for kind in connected.sandbox.state.requests.kinds()}
    assert statuses == {401}


@pytest.mark.parametrize("kind", ["look", "place", "try", "examine"])
def test_account_removed_meanwhile(connected: Service, kind: str) -> None:
    """An errand of an account that is no longer connected ends in words."""
    connected.do(kind)
    name = connected.name
    connected.kept.remove(name)
    connected.work()
    found = Errands(connected.store).get(name, kind)
    assert found is not None
    assert found.why == "This account is no longer connected."
