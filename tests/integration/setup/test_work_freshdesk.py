"""The errands of a Freshdesk account's set-up page, and what the page makes of their results."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

from integration import errors
from integration.catalogue import CLAIM_TAG, FIELDS, MACROS, TRIGGERS
from integration.errands import ERRANDS
from integration.helpdesks.freshdesk_webhook import HEADER
from integration.installations import Installations
from integration.sandbox.faults import Fault
from integration.setup.pages import pieces
from tests.integration.setup.served import URL, Service
from tests.integration.setup.served_freshdesk import FreshdeskService
from tests.integration.setup.test_pages import words
from tests.integration.setup.test_work import selected

RULES = r"/api/v2/automations/\d/rules(/\d+)?"


def refusing_rules(service: FreshdeskService) -> None:
    """Freshdesk takes no rule from here."""
    body = {"description": "Validation failed", "errors": []}
    for method in ("POST", "PUT"):
        fault = Fault(method=method, path=RULES, status=400, body=body, times=1_000)
        service.account.faults.add(fault)


def own_rules(service: FreshdeskService) -> list[Any]:
    return list(service.account.shelf("rules").values())


def shown_secret(page: str) -> str | None:
    """The webhook's secret that a page shows."""
    found = re.search(r"<dt>Webhook secret</dt><dd><code>([^<]+)</code>", page)
    return html.unescape(found[1]) if found else None


# -- looking, and putting in place -----------------------------------------------------------------


def test_look(keyed: FreshdeskService) -> None:
    """What would be created is said in Freshdesk's words before anything is changed; a field of the
    account's own is suggested by its name."""
    name = keyed.own_field("custom_date", "Date of purchase")
    keyed.own_field("custom_text", "Nothing like it")
    keyed.writes()
    found = keyed.result("look")
    assert keyed.writes() == 0
    assert found["suggested"] == 1
    for said in (
        f"create {len(FIELDS) - 1} ticket fields",
        f"{len(MACROS)} canned responses",
        f"{len(TRIGGERS)} automation rules",
        "1 folder of canned responses",
    ):
        assert said in found["words"], found["words"]
    assert "use 1 ticket field of yours" in found["words"]
    assert selected(keyed.page())["purchase_date"] == name
    page = words(keyed.get(keyed.path))
    assert "Put fields, canned responses and rules in place" in page
    assert "ticket forms" not in page


def test_place(keyed: FreshdeskService) -> None:
    """Everything is created and bound, and its rules send a secret that nothing shows; doing it
    again changes nothing."""
    done = keyed.placed()
    assert done["words"].startswith(f"created {len(FIELDS)} ticket fields")
    assert done["by_hand"] == []
    bindings = keyed.store.load_bindings(keyed.name)
    assert bindings is not None
    assert set(bindings.fields) == {spec.key for spec in FIELDS}
    (secret,) = keyed.one.installation.signing_secrets
    assert len(own_rules(keyed)) == len(TRIGGERS)
    for rule in own_rules(keyed):
        (action,) = rule["actions"]
        assert action["url"] == f"{URL}/webhooks/freshdesk/{keyed.name}"
        assert action["custom_headers"] == {HEADER: secret}
    keyed.writes()
    assert keyed.placed()["words"].startswith("left as they were")
    assert keyed.writes() == 0
    assert keyed.one.installation.signing_secrets == (secret,)
    assert secret not in keyed.page()
    assert "by hand" not in words(keyed.get(keyed.path))


def test_place_with_own_fields(keyed: FreshdeskService) -> None:
    """Fields that are chosen are used as they are, by Freshdesk's names; missing options are added
    only where the admin says so."""
    date = keyed.own_field("custom_date", "Bought")
    country = keyed.own_field("custom_dropdown", "Country", "Germany", "Atlantis")
    given = {"field:purchase_date": date, "field:purchase_country": country}
    done = keyed.placed(**given)
    assert "used 2 ticket fields of yours" in done["words"]
    assert "your own field “Country”, without" in "\n".join(done["remarks"])
    bindings = keyed.store.load_bindings(keyed.name)
    assert bindings is not None
    assert (bindings.fields["purchase_date"], bindings.fields["purchase_country"]) == (
        date,
        country,
    )

    def choices() -> list[str]:
        rows = keyed.api("GET", "admin/ticket_fields")
        (row,) = (one for one in rows if one["name"] == country)
        return [one["value"] for one in row["choices"]]

    assert choices() == ["Germany", "Atlantis"]
    keyed.placed(**given, extend="1")
    assert choices()[:2] == ["Germany", "Atlantis"]
    assert "France" in choices()


@pytest.mark.parametrize("value", ["../agents/me", "cf_x?y=1", "cf x", "ä", "x" * 256])
def test_no_field_s_name(keyed: FreshdeskService, value: str) -> None:
    """What cannot be a field's name is no choice at all."""
    keyed.do("place", {"field:purchase_date": value})
    assert keyed.errand("place").given["mapped"] == {}


def test_clashes(keyed: FreshdeskService) -> None:
    """Something of the admin's that is in the way is named, and where to remove it; nothing is put
    in place."""
    keyed.own_field("custom_text", "Warranty: verdict")
    found = keyed.result("look")
    assert len(found["clashes"]) == 1
    page = words(keyed.get(keyed.path))
    assert "Rename or remove it in Freshdesk, then look again" in page
    keyed.writes()
    keyed.do("place")
    keyed.work()
    assert "Warranty: verdict" in (keyed.errand("place").why or "")
    assert keyed.writes() == 0


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["Question", "Warranty claim"], True),
        (["Question"], False),
        (["Warranty claim", "Out of warranty"], False),
    ],
)
def test_sla_policy(keyed: FreshdeskService, names: list[str], there: bool) -> None:
    """There is an SLA policy where just one of the account's ticket types is for warranty; where
    there is none, the page says why, before anything is changed and after."""
    shelf = keyed.account.shelf("fields").values()
    (types,) = (row for row in shelf if row["type"] == "default_ticket_type")
    types["choices"] = [{"id": n, "value": name} for n, name in enumerate(names)]
    why = "has “warranty” in its name"
    remarks = keyed.result("look")["remarks"]
    assert any(why in one for one in remarks) != there
    assert not any(one.endswith("..") for one in remarks)
    done = keyed.placed()
    assert ("1 SLA policy" in done["words"]) == there
    assert (why in words(keyed.get(keyed.path))) != there


def test_a_rule_above_ours(keyed: FreshdeskService) -> None:
    """The page says, once it is made, that a rule of the admin's stands above ours, and what that
    may come to; the examination how to mend it."""
    actions = [{"field_name": "priority", "value": 4}]
    keyed.api("POST", "automations/1/rules", name="Route", actions=actions)
    shown = [one["how"] for one in keyed.result("look")["steps"]]
    assert sum("another rule stands above it" in how for how in shown) == 1
    keyed.placed()
    page = words(keyed.get(keyed.path))
    assert "another rule stands above it" in page
    assert "Reconciliation finds such claims all the same" in page
    checks = {one["key"]: one for one in keyed.result("examine")["checks"]}
    order = checks["trigger:ticket_created:order"]
    assert (order["state"], "Execute all matching rules" in order["mend"]) == ("unknown", True)


# -- by hand ---------------------------------------------------------------------------------------


def test_rules_by_hand(keyed: FreshdeskService) -> None:
    """Where Freshdesk takes no rules, everything else is put in place, and the page shows step by
    step how to make each: where, with which address and body to copy. The secret is not there."""
    refusing_rules(keyed)
    done = keyed.placed()
    assert [one["what"] for one in done["by_hand"]] == [
        f"Automation rule “{one.title}”" for one in TRIGGERS
    ]
    assert done["words"].startswith("created")
    assert not any("Automation rule" in one for one in done["remarks"])
    (secret,) = keyed.one.installation.signing_secrets
    page = keyed.page()
    assert secret not in page
    assert f"<code>{URL}/webhooks/freshdesk/{keyed.name}</code>" in page
    assert f"<code>{HEADER}</code>" in page
    bodies = re.findall(r'<code class="block">(\{.*?\n\})</code>', html.unescape(page), re.DOTALL)
    assert len(bodies) == len(TRIGGERS)
    assert all("{{ticket.id}}" in body for body in bodies)
    assert len(re.findall(r'<ol class="by-hand">', page)) == len(TRIGGERS)
    shown = words(keyed.get(keyed.path))
    assert "Freshdesk did not take everything" in shown
    assert "in place by hand In place: created" in shown
    assert "Ticket Creation" in shown


def test_secret_for_rules_by_hand(
    keyed: FreshdeskService, capfd: pytest.CaptureFixture[str]
) -> None:
    """A button shows the webhook's secret in that one answer: nothing keeps it, the next page does
    not have it, and the log says only who saw it."""
    refusing_rules(keyed)
    keyed.placed()
    (secret,) = keyed.one.installation.signing_secrets
    answer = keyed.do("webhook-secret")
    assert answer.status_code == 200
    assert shown_secret(answer.text) == secret
    assert answer.headers["Cache-Control"] == "no-store"
    assert keyed.one.installation.signing_secrets == (secret,)
    assert secret not in keyed.page()
    with keyed.store.read() as connection:
        assert secret not in str(connection.execute(select(ERRANDS)).all())
    told = capfd.readouterr()
    assert "webhook secret shown" in told.out + told.err
    assert secret not in told.out + told.err


def test_rule_made_by_hand_is_recognised(keyed: FreshdeskService) -> None:
    """An admin who follows the steps is told by examining that it works, and nothing by hand is
    asked for any more."""
    keyed.placed()
    made = [dict(rule) for rule in own_rules(keyed)]
    keyed.account.shelf("rules").clear()
    refusing_rules(keyed)
    assert len(keyed.placed()["by_hand"]) == len(TRIGGERS)
    poor = [one for one in keyed.result("examine")["checks"] if one["key"].startswith("trigger:")]
    assert {one["state"] for one in poor} == {"poor"}
    keyed.account.faults.clear()
    for rule in made:
        kind = rule["rule_type"]
        sent = ("name", "conditions", "actions", "performer", "events")
        keyed.api("POST", f"automations/{kind}/rules", **{k: rule[k] for k in sent if k in rule})
    refusing_rules(keyed)
    good = [one for one in keyed.result("examine")["checks"] if one["key"].startswith("trigger:")]
    assert {one["state"] for one in good} == {"good"}
    assert keyed.placed()["by_hand"] == []
    assert "Webhook secret" not in words(keyed.get(keyed.path))


def test_rules_hidden_from_the_key(keyed: FreshdeskService) -> None:
    """Where the account's rules are not even shown, it is said before anything is put in place that
    they will be made by hand."""
    fault = Fault(method="GET", path=RULES, status=403, body={"code": "access_denied"}, times=1_000)
    keyed.account.faults.add(fault)
    remarks = keyed.result("look")["remarks"]
    assert sum("made by hand" in one for one in remarks) == len(TRIGGERS)
    assert len(keyed.placed()["by_hand"]) == len(TRIGGERS)


def test_no_secret_before_there_is_one(keyed: FreshdeskService) -> None:
    """Nothing was put in place yet: there is nothing to show."""
    assert keyed.do("webhook-secret").status_code == 400


def test_zendesk_s_secret_is_never_shown(connected: Service) -> None:
    """What Zendesk signs its webhooks with is of no use to anybody who types."""
    connected.placed()
    (secret,) = connected.one.installation.signing_secrets
    answer = connected.do("webhook-secret")
    assert answer.status_code == 400
    assert secret not in answer.text


def test_pieces() -> None:
    """What is to be copied is told from what is to be read."""
    said = "Request type POST, URL https://x.example.com/w"
    assert pieces(said) == [
        ("Request type POST, URL ", False),
        ("https://x.example.com/w", True),
    ]
    assert pieces('Content: {\n "id": "{{ticket.id}}"\n}')[1][1] is True
    assert pieces("Preview and save") == [("Preview and save", False)]


# -- trying, examining -----------------------------------------------------------------------------


def test_try(keyed: FreshdeskService) -> None:
    """The last warranty tickets and their verdicts, with links into Freshdesk; nothing is
    written."""
    keyed.placed()
    keyed.ticket("something_else")
    first = keyed.ticket(CLAIM_TAG, purchase_date="2026-10-01", order_number="SECRET-ORDER")
    second = keyed.ticket(claim=True)
    keyed.writes()
    found = keyed.result("try")
    assert keyed.writes() == 0
    assert {row["ticket"] for row in found["rows"]} == {str(first.id), str(second.id)}
    assert {row["status"] for row in found["rows"]} == {"needs_information"}
    assert all(row["url"].endswith(f"/a/tickets/{row['ticket']}") for row in found["rows"])
    assert "SECRET" not in str(found)
    assert f'/a/tickets/{first.id}"' in keyed.page()


def test_try_without_warranty_tickets(keyed: FreshdeskService) -> None:
    """An account without claims tries its last tickets as if they were."""
    keyed.placed()
    assert keyed.result("try")["rows"] == []
    for _ in range(3):
        keyed.ticket()
    found = keyed.result("try")
    assert "as if they were warranty claims" in found["words"]
    assert len(found["rows"]) == 3


def test_examine(keyed: FreshdeskService) -> None:
    """The findings stand on the page with what to do on this very page."""
    keyed.placed()
    keyed.account.shelf("rules").clear()
    keyed.jobs.make_due(keyed.name, "7")
    job = keyed.jobs.claim("tests", 60)
    assert job is not None
    keyed.jobs.set_aside(job, "no access")
    keyed.writes()
    checks = {one["key"]: one for one in keyed.result("examine")["checks"]}
    assert keyed.writes() == 0
    assert checks["access"]["state"] == "good"
    shown = words(keyed.get(keyed.path))
    assert "Automation rule “Warranty: new claim”" in shown
    assert "Put in place again" in shown
    assert "Where Freshdesk does not take it, the first step then shows how to make it" in shown
    assert "Filter your tickets by the tag warranty_set_aside" in shown
    commands = set(re.findall(r"`warranty ([a-z]+)", shown))
    assert commands == {"worker"}, "that one an admin's operator has to run"


def test_key_good_no_more(keyed: FreshdeskService) -> None:
    """A key that was reset: every errand says so, and what to do."""
    keyed.account.keys.clear()
    checks = keyed.result("examine")["checks"]
    assert checks[0]["state"] == "poor"
    assert "Connect the account again" in words(keyed.get(keyed.path))


# -- settings, the app, the words ------------------------------------------------------------------


def test_settings(keyed: FreshdeskService) -> None:
    """Answers are kept with who gave them: the agent whose key it was; the due date is spoken of as
    Freshdesk has it."""
    keyed.placed()
    answer = keyed.save(mode="full", boxes=["due_date_tasks"], due_date_tasks="1")
    assert answer.status_code == 200
    one = keyed.one.installation
    assert (one.mode, one.due_date_tasks) == ("full", True)
    (change,) = keyed.kept.changes(keyed.name)
    assert change.who == f"admin {keyed.account.keys[keyed.account.options.api_key]}"
    assert "Freshdesk may work it out anew" in words(answer)
    assert "a form or an automation rule add the tag" in words(answer)


def test_app_secret(keyed: FreshdeskService) -> None:
    """The three settings of the app are shown by the names that they have there, the host without
    https://; once, in an answer that nobody keeps."""
    keyed.placed()
    assert "Freshdesk asks for three settings" in words(keyed.get(keyed.path))
    answer = keyed.do("app-secret")
    shown = dict(re.findall(r"<dt>([^<]+)</dt><dd><code>([^<]+)</code>", answer.text))
    made = keyed.one.installation.app_secret
    assert shown == {
        "Service host": "warranty.example.com",
        "Installation": keyed.name,
        "App secret": made,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert made not in keyed.page()
    again = keyed.do("app-secret")
    assert keyed.one.installation.app_secrets_before == (made,)
    assert again.status_code == 200


def test_no_word_of_another_helpdesk(keyed: FreshdeskService) -> None:
    """Nowhere on the page of a Freshdesk account, with all its steps done and something gone wrong
    in each, is Zendesk spoken of, nor what it alone has."""
    refusing_rules(keyed)
    keyed.ticket()
    pages = [keyed.get(keyed.path)]
    keyed.work()
    pages.append(keyed.get(keyed.path))
    keyed.placed()
    for kind in ("try", "examine"):
        keyed.result(kind)
    pages.append(keyed.get(keyed.path))
    keyed.result("look")
    pages += [keyed.do("app-secret"), keyed.do("webhook-secret"), keyed.save(mode="full")]
    keyed.api("DELETE", f"admin/ticket_fields/{next(iter(_own_fields(keyed)))}")
    keyed.account.shelf("canned").clear()
    keyed.result("examine")
    pages.append(keyed.get(keyed.path))
    keyed.account.keys.clear()
    keyed.do("place")
    keyed.work()
    pages.append(keyed.get(keyed.path))
    pages.append(keyed.get("/setup/?helpdesk=freshdesk&account=sandbox"))
    for page in pages[:-1]:
        said = words(page)
        for word in ("Zendesk", "Admin Center", "macro", "Macro", "trigger", "ticket form"):
            assert word not in said, said[max(0, said.index(word) - 80) :][:200]


def test_whose_refusal(
    keyed: FreshdeskService, connected: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a helpdesk says no to something that the page needs, it is said which one did."""

    def refused(*_: Any, **__: Any) -> Any:
        raise errors.Rejected("sandbox: answered 418", advice="Look there.")

    monkeypatch.setattr(Installations, "changes", refused)
    for service, whose in ((keyed, "Freshdesk"), (connected, "Zendesk")):
        answer = service.get(service.path)
        assert answer.status_code == 502
        assert f"{whose} refused this" in words(answer)
        assert "Look there." in words(answer)


def _own_fields(service: FreshdeskService) -> list[int]:
    rows = service.account.shelf("fields").values()
    return [row["id"] for row in rows if row["label"].startswith("Warranty: ")]
