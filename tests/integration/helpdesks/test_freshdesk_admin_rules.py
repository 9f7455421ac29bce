"""Automation rules of a Freshdesk account: an admin's part in them stays, and what they miss is
said."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_admin import Wanted, put_in_place
from integration.helpdesks.freshdesk_checks import look_at, policies, rules
from integration.helpdesks.freshdesk_remove import take_away
from integration.helpdesks.freshdesk_rule_rows import call_of
from integration.helpdesks.placing import Check, Placed, Step
from tests.integration.helpdesks.fake_freshdesk import FakeFreshdesk
from tests.integration.helpdesks.test_contract_freshdesk import ACCOUNT
from tests.integration.helpdesks.test_freshdesk_admin import HOOK, KINDS, SECRET, WANTED

STAGING = (
    "https://who:SECRET-TOO@staging.example.com/webhooks/freshdesk/inst?token=SECRET-OF-STAGING"
)
BOTH = pytest.mark.parametrize("key", ["new", "changed"])


@pytest.fixture
def fake() -> Iterator[FakeFreshdesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeFreshdesk().serve(mock)


def step(placed: Placed, key: str) -> Step:
    return next(one for one in placed.steps if one.what == f"trigger:{key}")


def of(fake: FakeFreshdesk, key: str) -> dict[str, Any]:
    """The account's only rule of a kind."""
    (row,) = fake.rows[KINDS[key == "changed"]]
    return row


def looked(known: Bindings, wanted: Wanted = WANTED) -> dict[str, Check]:
    return {one.key: one for one in rules(look_at(ACCOUNT, wanted, known))}


def calling(url: str, **more: Any) -> dict[str, Any]:
    return {"field_name": "trigger_webhook", "request_type": "POST", "url": url, **more}


# -- an admin's part -------------------------------------------------------------------------------


@BOTH
def test_an_admin_s_part_of_a_rule_stays(fake: FakeFreshdesk, key: str) -> None:
    """Setting right what it calls leaves the name, the order, who it is for, its conditions and
    further actions, also another webhook and headers of the admin's; what Freshdesk alone writes is
    not sent back."""
    placed = put_in_place(ACCOUNT, WANTED)
    rule = of(fake, key)
    slack = calling("https://hooks.example.org/T0/B0", content={"text": "{{ticket.id}}"})
    narrow = {"resource_type": "ticket", "field_name": "group_id", "operator": "in", "value": [7]}
    rule["conditions"].append(
        {"name": "condition_set_2", "match_type": "all", "properties": [narrow]}
    )
    rule.update(
        name="Warranty, our own way",
        description="Ask Ann before you touch this",
        position=4,
        operator="condition_set_1 and condition_set_2",
        affected_tickets_count=12,
        outdated=False,
        created_at="2026-11-01T00:00:00Z",
    )
    rule["performer"] = {"type": 1, "members": [48]} if key == "changed" else None
    rule["actions"] = [slack, *rule["actions"], {"field_name": "priority", "value": 4}]
    call = rule["actions"][1]
    call["custom_headers"] = {"X-Gateway": "g", **call["custom_headers"]}
    call["auth_header"] = {"username": "u", "password": "p"}
    right = copy.deepcopy(rule)
    call["custom_headers"] = {"X-Gateway": "g", "x-webhook-secret": "old"}
    fake.writes.clear()
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert step(again, key).action == "changed"
    assert "does not send the secret" in step(again, key).why
    assert rule == right
    ((method, path, body),) = fake.writes
    assert (method, path) == ("PUT", f"{KINDS[key == 'changed']}/{rule['id']}")
    assert set(body) == {
        *("name", "description", "position", "active", "conditions", "operator", "actions"),
        *(("performer", "events") if key == "changed" else ()),
    }


def test_missing_events_join_those_that_are_there(fake: FakeFreshdesk) -> None:
    """An admin's own stay, and none is doubled."""
    placed = put_in_place(ACCOUNT, WANTED)
    rule = of(fake, "changed")
    bought = placed.bindings.fields["bought"]
    own = {"field_name": "priority", "from": "2", "to": "4"}
    rule["events"] = [own, *(one for one in rule["events"] if one["field_name"] != bought)]
    had = copy.deepcopy(rule["events"])
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert "does not hear of 1 of our fields" in step(again, "changed").why
    assert rule["events"] == [*had, {"field_name": bought, "from": "--", "to": "--"}]


def test_missing_events_that_are_refused_become_every_update(fake: FakeFreshdesk) -> None:
    """Beside those that are there, and it is said; the conditions stay."""
    placed = put_in_place(ACCOUNT, WANTED)
    rule = of(fake, "changed")
    rule["conditions"][0]["match_type"] = "all"
    del rule["events"][0]
    right = copy.deepcopy(rule)
    right["events"].append({"field_name": "ticket_action", "value": "update"})
    fake.refuse("PUT", r"automations/4/rules/\d+", 400, {"errors": [{"field": "events"}]})
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert (step(again, "changed").action, rule) == ("changed", right)
    assert "every update" in step(again, "changed").why


@BOTH
def test_what_is_switched_on_again_is_said(fake: FakeFreshdesk, key: str) -> None:
    """Only where it was off; with whatever else was wrong."""
    placed = put_in_place(ACCOUNT, WANTED)
    rule = of(fake, key)
    rule["active"] = False
    off = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert step(off, key).why == "it was switched off, and is switched on again"
    assert rule["active"] is True
    rule["active"] = False
    rule["actions"][0]["custom_headers"] = {}
    assert looked(placed.bindings)[f"trigger:{key}"].said == (
        "It is there, but it is switched off; it does not send the secret."
    )
    both = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert step(both, key).why.endswith("switched on again; it does not send the secret")
    rule["actions"][0]["custom_headers"] = {}
    headers = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert step(headers, key).why == "it does not send the secret"


@BOTH
def test_a_change_that_is_refused_leaves_the_rule(fake: FakeFreshdesk, key: str) -> None:
    """It is not replaced by a plainer one of ours: a person does it, who is told what is wrong."""
    placed = put_in_place(ACCOUNT, WANTED)
    rule = of(fake, key)
    rule["actions"][0]["custom_headers"] = {}
    before = copy.deepcopy(rule)
    for _ in range(3):
        fake.refuse("PUT", rf"automations/\d/rules/{rule['id']}", 400, {"errors": []})
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert step(again, key).action == "left out"
    assert step(again, key).why.startswith("it does not send the secret; ")
    assert set(again.manual) == {f"trigger:{key}"}
    assert rule == before


# -- another service's -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        STAGING,
        "https://desk.example.com:8443/webhooks/freshdesk/inst",
        "https://desk.example.com/staging/webhooks/freshdesk/inst",
        "https://desk.example.com/webhooks/freshdeskish/inst",
        "https://desk.example.com@staging.example.com/webhooks/freshdesk/inst",
        "https://[broken",
        None,
    ],
)
def test_another_service_s_rule_is_not_redirected(fake: FakeFreshdesk, url: str | None) -> None:
    """One of our title that calls another address, as of a service on trial, is in the way, in
    words without what may be secret in it; doctor says the same, and uninstall leaves it."""
    call = calling(url or "", content=WANTED.rules[0].event)
    theirs = fake.add("automations/1/rules", name="Warranty: new claim", actions=[call])
    before = copy.deepcopy(theirs)
    with pytest.raises(errors.Invalid) as caught:
        put_in_place(ACCOUNT, WANTED)
    assert list(caught.value.fields) == ["trigger:new"]
    assert "which is not this app" in caught.value.fields["trigger:new"]
    found = looked(Bindings())["trigger:new"]
    assert (found.state, "is not this app" in found.said) == ("poor", True)
    assert "rename its rule" in found.mend
    (left,) = take_away(ACCOUNT, WANTED, None).steps
    assert (left.action, left.why.endswith("it is yours")) == ("left", True)
    if url == STAGING:
        for words in (caught.value.fields["trigger:new"], found.said, left.why):
            assert "staging.example.com" in words
            assert "secret" not in words.lower()
    assert theirs == before
    assert fake.writes == []


def test_ours_beside_another_service_s(fake: FakeFreshdesk) -> None:
    """Renamed, because theirs has the title: nothing is in the way, and ours is looked after."""
    placed = put_in_place(ACCOUNT, WANTED)
    ours = of(fake, "new")
    ours["name"] = "In use"
    theirs = fake.add("automations/1/rules", name="Warranty: new claim", actions=[calling(STAGING)])
    fake.rows["automations/1/rules"].sort(key=lambda row: row is ours)  # theirs comes first
    before = copy.deepcopy(theirs)
    assert step(put_in_place(ACCOUNT, WANTED), "new").action == "unchanged"
    ours["active"] = False
    assert step(put_in_place(ACCOUNT, WANTED), "new").action == "changed"
    assert (ours["active"], ours["name"], theirs) == (True, "In use", before)
    assert looked(placed.bindings)["trigger:new"].state == "good"


def test_which_of_a_rule_s_calls_is_ours() -> None:
    """The one to our very address before one to another door of this service, whatever its scheme
    and case; none where all go elsewhere."""
    other = calling("http://DESK.example.com/webhooks/freshdesk/before")
    exact, theirs = calling(HOOK.url), calling(STAGING)
    assert call_of({"actions": [theirs, other, exact]}, HOOK) is exact
    assert call_of({"actions": [theirs, other]}, HOOK) is other
    assert call_of({"actions": [theirs, {"field_name": "priority", "url": HOOK.url}]}, HOOK) is None
    assert call_of({"actions": None}, HOOK) is None
    nowhere = replace(HOOK, url="/webhooks/freshdesk/inst")
    assert call_of({"actions": [calling("/webhooks/freshdesk/inst")]}, nowhere) is None


def test_another_door_of_this_service_is_not_called_another_s(fake: FakeFreshdesk) -> None:
    """Uninstall leaves a rule for another account, and says whose it is."""
    door = calling(HOOK.url + "-other", content={"ticket_id": "{{ticket.id}}"})
    fake.add("automations/1/rules", name="Warranty: new claim", actions=[door])
    (left,) = take_away(ACCOUNT, replace(WANTED, replies=(), policies=()), None).steps
    assert (left.action, "this app for another account" in left.why) == ("left", True)


# -- what a rule misses ----------------------------------------------------------------------------


@BOTH
def test_a_rule_without_the_tag_is_said(fake: FakeFreshdesk, key: str) -> None:
    """Where Freshdesk takes no tags as a condition: when it is made, when it is looked at again,
    and by doctor, as something to know; named by hand, it is good."""
    fake.refuse("POST", KINDS[key == "changed"], 400, {"errors": [{"field": "conditions"}]})
    placed = put_in_place(ACCOUNT, WANTED)
    other = step(placed, "new" if key == "changed" else "changed")
    said = step(placed, key)
    assert (said.action, other.why) == ("created", "")
    assert "the tag “wd_claim” alone" in said.why
    assert "reconciliation" in said.why
    assert SECRET not in said.why
    again = step(put_in_place(ACCOUNT, WANTED, known=placed.bindings), key)
    assert again.action == "unchanged"
    assert "reconciliation" in again.why
    found = looked(placed.bindings)
    assert found[f"trigger:{key}"].state == "good"
    remark = found[f"trigger:{key}:tag"]
    assert (remark.state, "wd_claim" in remark.mend) == ("unknown", True)
    assert len(found) == 3
    properties = of(fake, key)["conditions"][0]["properties"]
    properties.append({"field_name": "tag_names", "operator": "in", "value": ["vip"]})
    assert f"trigger:{key}:tag" in looked(placed.bindings)
    properties.append({"field_name": "tag_names", "operator": "in", "value": "vip, wd_claim"})
    assert set(looked(placed.bindings)) == {"trigger:new", "trigger:changed"}


def test_the_plainest_shape_says_all_that_it_misses(fake: FakeFreshdesk) -> None:
    """That it hears too much, and no tags."""
    for _ in range(2):
        fake.refuse("POST", "automations/4/rules", 400, {"errors": []})
    why = step(put_in_place(ACCOUNT, WANTED), "changed").why
    assert "every update" in why
    assert "wd_claim" in why


@pytest.mark.parametrize("conditions", [None, [], [{"properties": [{"field_name": "group_id"}]}]])
def test_an_admin_s_own_conditions_are_no_remark(fake: FakeFreshdesk, conditions: Any) -> None:
    """Only a rule that asks for our checkbox misses the tag."""
    placed = put_in_place(ACCOUNT, WANTED)
    of(fake, "new")["conditions"] = conditions
    assert set(looked(placed.bindings)) == {"trigger:new", "trigger:changed"}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([{"position": 1}], "another rule stands above"),
        ([{"position": 1}, {"position": 2}], "2 other rules stand above"),
        ([{"position": 1}, {"position": 2, "active": False}], "another rule stands above"),
        ([{"position": 1, "active": False}], ""),
        ([{"position": 9}], ""),
        ([], ""),
    ],
)
def test_rules_above_ours_are_said(
    fake: FakeFreshdesk, others: list[dict[str, Any]], said: str
) -> None:
    """On new tickets, and switched on, by their position: an account may run only the first that
    fits. Doctor cannot know, and says how to mend it."""
    placed = put_in_place(ACCOUNT, WANTED)
    of(fake, "new")["position"] = 5
    of(fake, "changed")["position"] = 5
    for kind in KINDS:
        for number, row in enumerate(others):
            fake.add(kind, name=f"Route {number}", actions=[], **{"active": True, **row})
    found = looked(placed.bindings)
    assert found["trigger:new"].state == found["trigger:changed"].state == "good"
    assert set(found) - {"trigger:new", "trigger:changed"} == (
        {"trigger:new:order"} if said else set()
    )
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert (step(again, "new").action, step(again, "changed").why) == ("unchanged", "")
    assert said in step(again, "new").why
    assert bool(step(again, "new").why) == bool(said)
    if said:
        order = found["trigger:new:order"]
        assert (order.state, said in order.said) == ("unknown", True)
        assert "Reconciliation finds such claims all the same" in order.said
        assert "Execute all matching rules" in order.mend
        assert "to the top" in order.mend


def test_without_positions_the_list_is_the_order(fake: FakeFreshdesk) -> None:
    """A rule that comes after ours is none above it."""
    placed = put_in_place(ACCOUNT, WANTED)
    fake.add("automations/1/rules", name="Route", active=True, actions=[])
    assert "trigger:new:order" not in looked(placed.bindings)
    fake.rows["automations/1/rules"].reverse()
    assert "trigger:new:order" in looked(placed.bindings)


def test_a_new_rule_comes_last(fake: FakeFreshdesk) -> None:
    """It is said when it is made, and before; and with the steps by hand."""
    for kind in KINDS:
        fake.add(kind, name="Route", active=True, position=1, actions=[])
    dry = put_in_place(ACCOUNT, WANTED, dry_run=True)
    for _ in range(3):
        fake.refuse("POST", "automations/1/rules", 400, {"errors": []})
    by_hand = put_in_place(ACCOUNT, WANTED)
    assert "Execute all matching rules" in "\n".join(by_hand.manual["trigger:new"])
    made = put_in_place(ACCOUNT, WANTED)
    for placed in (dry, made):
        assert step(placed, "new").action == "created"
        assert "another rule stands above it" in step(placed, "new").why
    assert step(dry, "changed").why == ""
    for _ in range(3):
        fake.refuse("PUT", r"automations/4/rules/\d+", 400, {"errors": []})
    of_changes = fake.rows["automations/4/rules"][1]
    of_changes["active"] = False
    steps = put_in_place(ACCOUNT, WANTED).manual["trigger:changed"]
    assert "Execute all" not in "\n".join(steps)


# -- the SLA policy --------------------------------------------------------------------------------

TITLE = WANTED.policies[0].title
TYPED = replace(WANTED, policies=(replace(WANTED.policies[0], ticket_type="Warranty claim"),))


@pytest.mark.parametrize(
    ("wanted", "row", "state", "said"),
    [
        (TYPED, {"name": TITLE, "active": True}, "good", "It is there"),
        (WANTED, {"name": TITLE, "active": True}, "good", "It is there"),
        (TYPED, {"name": TITLE, "active": False}, "poor", "switched off"),
        (TYPED, {"name": "Theirs", "active": True}, "poor", "There is none."),
        (WANTED, {"name": "Theirs", "active": True}, "good", "by their ticket type alone"),
    ],
)
def test_the_policy_is_looked_at(
    fake: FakeFreshdesk, wanted: Wanted, row: dict[str, Any], state: str, said: str
) -> None:
    """There; switched off, or missing although claims have a type; or not to be had."""
    fake.add("sla_policies", **row)
    (found,) = policies(look_at(ACCOUNT, wanted, Bindings()))
    assert (found.key, found.state) == ("policy:window", state)
    assert said in found.said
    assert bool(found.mend) == (state == "poor")


@pytest.mark.parametrize("status", [403, 500])
def test_a_policy_that_cannot_be_read_is_unknown(fake: FakeFreshdesk, status: int) -> None:
    """A plan without them, or no answer."""
    fake.refuse("GET", "sla_policies", status)
    (found,) = policies(look_at(ACCOUNT, TYPED, Bindings()))
    assert found.state == "unknown"


def test_a_policy_that_is_off_is_said_and_left(fake: FakeFreshdesk) -> None:
    """As after taking everything away: install does not switch it on."""
    row = fake.add("sla_policies", name=TITLE, active=False)
    (said,) = put_in_place(ACCOUNT, Wanted(policies=TYPED.policies)).steps
    assert (said.action, "switched off" in said.why) == ("unchanged", True)
    assert row["active"] is False
    row["active"] = True
    (said,) = put_in_place(ACCOUNT, Wanted(policies=TYPED.policies)).steps
    assert said.why == ""
