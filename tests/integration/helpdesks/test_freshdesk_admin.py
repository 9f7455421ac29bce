"""Putting everything the app owns in place in a Freshdesk account, again and again; looking at it,
and taking it away."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from integration import catalogue, errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_admin import (
    Wanted,
    WantedField,
    WantedPolicy,
    WantedReply,
    WantedRule,
    WantedWebhook,
    put_in_place,
)
from integration.helpdesks.freshdesk_catalogue import html_of
from integration.helpdesks.freshdesk_checks import (
    access,
    clock,
    fields,
    limits,
    look_at,
    macros,
    rules,
)
from integration.helpdesks.freshdesk_people import me
from integration.helpdesks.freshdesk_remove import take_away
from integration.helpdesks.placing import Check, Limits, Placed, Step
from tests.integration.helpdesks.fake_freshdesk import Answer, FakeFreshdesk
from tests.integration.helpdesks.test_contract_freshdesk import ACCOUNT
from tests.integration.helpdesks.test_freshdesk_review import everything

SECRET = "correct-horse-battery-staple-1"
HOOK = WantedWebhook("inst", "https://desk.example.com/webhooks/freshdesk/inst", SECRET)
WANTED = Wanted(
    fields=(
        WantedField("claim", "Warranty: claim", "checkbox"),
        WantedField("bought", "Warranty: date of purchase", "date"),
        WantedField("stamp", "Warranty: stamp", "textarea", guarded=True),
        WantedField("serial", "Warranty: serial number", "text"),
        WantedField(
            "verdict",
            "Warranty: verdict",
            "choice",
            (("wd_covered", "Covered"), ("wd_denied", "Not covered")),
            guarded=True,
        ),
    ),
    replies=(
        WantedReply("covered", "Warranty: covered", "<p>Good news</p>"),
        WantedReply("denied", "Warranty: not covered", "<p>Sorry</p>"),
    ),
    webhook=HOOK,
    rules=(
        WantedRule("new", "Warranty: new claim", "created", "ticket_created", "claim", "wd_claim"),
        WantedRule(
            *("changed", "Warranty: changed", "changed", "ticket_changed", "claim", "wd_claim"),
            watches=("claim", "bought"),
        ),
    ),
    policies=(WantedPolicy("window", "Warranty: claim window", 30, "30 days"),),
)
KINDS = ("automations/1/rules", "automations/4/rules")


@pytest.fixture
def fake() -> Iterator[FakeFreshdesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeFreshdesk().serve(mock)


def done(placed: Placed) -> dict[str, str]:
    return {step.what: step.action for step in placed.steps}


def test_everything_is_made(fake: FakeFreshdesk) -> None:
    """Fields under the names that Freshdesk makes, options by their labels, texts in a folder of
    ours, two rules; customers see and edit none of it."""
    placed = put_in_place(ACCOUNT, WANTED)
    rows = {row["label"]: row for row in fake.rows["admin/ticket_fields"]}
    assert placed.bindings.fields["verdict"] == rows["Warranty: verdict"]["name"]
    assert placed.bindings.options == {
        "verdict": {"wd_covered": "Covered", "wd_denied": "Not covered"}
    }
    assert {row["type"] for row in rows.values()} == {
        *("custom_checkbox", "custom_date", "custom_paragraph", "custom_text", "custom_dropdown")
    }
    assert not any(row["customers_can_edit"] for row in rows.values())
    (folder,) = fake.rows["canned_response_folders"]
    replies = {str(row["id"]): row for row in fake.rows["canned_responses"]}
    assert replies[placed.bindings.macros["covered"]]["content_html"] == "<p>Good news</p>"
    assert {row["folder_id"] for row in replies.values()} == {folder["id"]}
    assert {row["visibility"] for row in replies.values()} == {0}
    assert done(placed) == {
        **{f"field:{w.key}": "created" for w in WANTED.fields},
        **{"folder": "created", "macro:covered": "created", "macro:denied": "created"},
        **{"trigger:new": "created", "trigger:changed": "created", "policy:window": "left out"},
    }
    assert placed.manual == {}


def test_rules_call_with_the_secret_and_ids_alone(fake: FakeFreshdesk) -> None:
    """Our address, the secret in a header, the ticket's number and nothing that a customer wrote;
    the one on changes listens to no field that the app writes."""
    placed = put_in_place(ACCOUNT, WANTED)
    (new,), (changed,) = (fake.rows[kind] for kind in KINDS)
    for rule, event in ((new, "ticket_created"), (changed, "ticket_changed")):
        (action,) = rule["actions"]
        assert (action["field_name"], action["url"]) == ("trigger_webhook", HOOK.url)
        assert action["custom_headers"] == {"X-Webhook-Secret": SECRET}
        assert action["content"]["event"] == event
        assert action["content"]["ticket_id"] == "{{ticket.id}}"
        assert rule["active"] is True
        (condition,) = rule["conditions"]
        assert condition["match_type"] == "any"
    names = placed.bindings.fields
    assert [e["field_name"] for e in changed["events"]] == [
        names["claim"],
        names["bought"],
        "status",
    ]
    assert "events" not in new


def test_again_changes_nothing(fake: FakeFreshdesk) -> None:
    """Neither with what was bound nor without: what is there is found by its title."""
    placed = put_in_place(ACCOUNT, WANTED)
    fake.writes.clear()
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert set(done(again).values()) == {"unchanged", "left out"}
    anew = put_in_place(ACCOUNT, WANTED)
    assert set(done(anew).values()) == {"adopted", "unchanged", "left out"}
    assert again.bindings == anew.bindings == placed.bindings
    assert fake.writes == []


def test_a_dry_run_says_it_and_does_nothing(fake: FakeFreshdesk) -> None:
    """The same steps, no write, and nothing bound that is not there."""
    dry = put_in_place(ACCOUNT, WANTED, dry_run=True)
    assert fake.writes == []
    assert dry.bindings == Bindings(options={})
    assert done(dry) == done(put_in_place(ACCOUNT, WANTED))


def test_a_renamed_field_is_found_by_its_name(fake: FakeFreshdesk) -> None:
    """An admin's word for it does not cut it off; a canned response likewise."""
    placed = put_in_place(ACCOUNT, WANTED)
    for kind in ("admin/ticket_fields", "canned_responses"):
        for row in fake.rows[kind]:
            row["label" if "label" in row else "title"] = "Garantie"
    again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
    assert again.bindings.fields == placed.bindings.fields
    assert again.bindings.macros == placed.bindings.macros


def test_options_are_added_beside_the_others(fake: FakeFreshdesk) -> None:
    """A field of ours that lost an option gets it back; the admin's own stay, by their numbers."""
    put_in_place(ACCOUNT, WANTED)
    row = next(r for r in fake.rows["admin/ticket_fields"] if r["label"] == "Warranty: verdict")
    row["choices"] = [{"id": 1, "value": "Covered", "position": 1}, {"id": 2, "value": "Theirs"}]
    placed = put_in_place(ACCOUNT, WANTED)
    assert done(placed)["field:verdict"] == "changed"
    assert [one["value"] for one in row["choices"]] == ["Covered", "Theirs", "Not covered"]
    assert [one["id"] for one in row["choices"]][:2] == [1, 2]


def test_an_admin_s_own_field_is_left_as_it_is(fake: FakeFreshdesk) -> None:
    """Chosen for one of ours, its options are matched by what they are called, and it gains the
    rest only where that was said."""
    own = fake.add(
        "admin/ticket_fields",
        label="Decision",
        type="custom_dropdown",
        choices=[{"value": "covered"}, {"value": "Other"}],
    )
    known = Bindings(fields={"verdict": own["name"]})
    placed = put_in_place(ACCOUNT, WANTED, known=known)
    assert placed.bindings.fields["verdict"] == own["name"]
    assert placed.bindings.options["verdict"] == {"wd_covered": "covered"}
    assert len(own["choices"]) == 2
    step = next(s for s in placed.steps if s.what == "field:verdict")
    assert (step.action, "Not covered" in step.why) == ("unchanged", True)
    placed = put_in_place(ACCOUNT, WANTED, known=placed.bindings, extend={"verdict"})
    assert [one["value"] for one in own["choices"]] == ["covered", "Other", "Not covered"]


@pytest.mark.parametrize(
    ("kind", "row", "known", "key"),
    [
        (
            "admin/ticket_fields",
            {"label": "Warranty: stamp", "type": "custom_text"},
            {},
            "stamp",
        ),
        (
            "admin/ticket_fields",
            {"label": "Theirs", "type": "custom_number", "name": "cf_theirs"},
            {"bought": "cf_theirs"},
            "bought",
        ),
        (
            "admin/ticket_fields",
            {"label": "Theirs", "type": "custom_paragraph", "name": "cf_theirs"},
            {"stamp": "cf_theirs", "serial": "cf_theirs"},
            "serial",
        ),
        (
            "admin/ticket_fields",
            {"label": "Warranty: stamp", "type": "custom_paragraph", "archived": True},
            {},
            "stamp",
        ),
        (
            "automations/1/rules",
            {"name": "Warranty: new claim", "actions": [{"field_name": "priority", "value": 4}]},
            {},
            "trigger:new",
        ),
    ],
)
def test_what_is_in_the_way_is_named_before_anything_is_written(
    fake: FakeFreshdesk, kind: str, row: dict[str, Any], known: dict[str, str], key: str
) -> None:
    """A title taken by another kind of thing, a field that cannot stand for ours, one for two."""
    fake.add(kind, **row)
    with pytest.raises(errors.Invalid) as caught:
        put_in_place(ACCOUNT, WANTED, known=Bindings(fields=known))
    assert list(caught.value.fields) == [key]
    assert fake.writes == []


def test_a_rule_that_is_deaf_is_set_right(fake: FakeFreshdesk) -> None:
    """Switched off, sent to another installation's door, with an old secret, or without one of our
    fields: the app would not hear. An admin's own conditions stay out of it."""
    placed = put_in_place(ACCOUNT, WANTED)
    (rule,) = fake.rows["automations/4/rules"]
    sound = copy.deepcopy(rule)
    for spoil in (
        lambda row: row.update(active=False),
        lambda row: row["actions"][0].update(url=HOOK.url + "-before"),
        lambda row: row["actions"][0].update(custom_headers={"x-webhook-secret": "old"}),
        lambda row: row["events"].pop(),
    ):
        rule.update(copy.deepcopy(sound))
        spoil(rule)
        again = put_in_place(ACCOUNT, WANTED, known=placed.bindings)
        assert done(again)["trigger:changed"] == "changed"
        assert rule == sound
    rule["conditions"][0]["properties"].append({"field_name": "group_id"})
    rule["actions"][0].pop("custom_headers")  # not told: nothing is known of it
    assert done(put_in_place(ACCOUNT, WANTED))["trigger:changed"] == "unchanged"
    assert len(fake.rows["automations/4/rules"]) == 1


def test_a_shape_that_is_refused_is_tried_more_simply(fake: FakeFreshdesk) -> None:
    """What Freshdesk does not take of the fullest shape may be its condition on tags."""
    fake.refuse("POST", "automations/1/rules", 400, {"errors": [{"field": "conditions"}]})
    assert done(put_in_place(ACCOUNT, WANTED))["trigger:new"] == "created"
    (rule,) = fake.rows["automations/1/rules"]
    assert len(rule["conditions"][0]["properties"]) == 1


def test_events_that_are_refused_become_every_update(fake: FakeFreshdesk) -> None:
    """The app hears too much rather than nothing; that is said, and left so the next time."""
    for _ in range(2):
        fake.refuse("POST", "automations/4/rules", 400, {"errors": [{"field": "events"}]})
    placed = put_in_place(ACCOUNT, WANTED)
    step = next(one for one in placed.steps if one.what == "trigger:changed")
    assert (step.action, "every update" in step.why) == ("created", True)
    (rule,) = fake.rows["automations/4/rules"]
    assert rule["events"] == [{"field_name": "ticket_action", "value": "update"}]
    assert done(put_in_place(ACCOUNT, WANTED))["trigger:changed"] == "unchanged"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_rules_that_are_refused_are_made_by_hand(fake: FakeFreshdesk, status: int) -> None:
    """Everything else is in place, and the steps are told, without the secret."""
    for kind in KINDS:
        for _ in range(3):
            fake.refuse("POST", kind, status, {"code": "access_denied"})
    placed = put_in_place(ACCOUNT, WANTED)
    assert done(placed)["trigger:new"] == done(placed)["trigger:changed"] == "left out"
    assert set(placed.manual) == {"trigger:new", "trigger:changed"}
    said = "\n".join(placed.manual["trigger:changed"])
    for word in (HOOK.url, "X-Webhook-Secret", "ticket_changed", "Ticket Updates", "wd_claim"):
        assert word in said
    assert SECRET not in said
    assert SECRET not in repr(placed)
    assert placed.bindings.macros


def test_rules_that_cannot_be_read_are_made_by_hand(fake: FakeFreshdesk) -> None:
    """A plan without them is no reason to put nothing in place."""
    for kind in KINDS:
        fake.refuse("GET", kind, 403, {"code": "require_feature"})
    assert len(put_in_place(ACCOUNT, WANTED).manual) == 2


def test_an_agent_s_key_cannot_set_up(fake: FakeFreshdesk) -> None:
    """Forbidden, before anything is written."""
    fake.refuse("GET", "admin/ticket_fields", 403, {"code": "access_denied"})
    with pytest.raises(errors.Forbidden):
        put_in_place(ACCOUNT, WANTED)
    assert fake.writes == []


def test_broken_off_it_goes_on_the_next_time(fake: FakeFreshdesk) -> None:
    """A field whose answer was lost is found by its title and not made twice."""
    fake.go_silent("POST", "admin/ticket_fields", after=True)
    with pytest.raises(errors.Unavailable) as caught:
        put_in_place(ACCOUNT, WANTED)
    assert caught.value.ambiguous
    put_in_place(ACCOUNT, WANTED)
    assert len(fake.rows["admin/ticket_fields"]) == len(WANTED.fields)


def test_a_field_with_many_options_is_still_being_filled(fake: FakeFreshdesk) -> None:
    """The answer has none of them yet; they are bound by their labels."""

    def slow(answer: Any) -> Answer:
        status, headers, _ = answer()
        row = {"id": 9, "name": "cf_many", "choices": [], "field_update_in_progress": True}
        return status, headers, FakeFreshdesk.json(row)[2]

    fake.fault("POST", "admin/ticket_fields", slow)
    options = tuple((f"wd_{n}", f"Country {n}") for n in range(150))
    wanted = Wanted(fields=(WantedField("country", "Warranty: country", "choice", options),))
    placed = put_in_place(ACCOUNT, wanted)
    assert placed.bindings.options["country"] == dict(options)


def test_wanted_that_makes_no_sense() -> None:
    """Rules without a webhook, or on fields that nobody wants, are our mistake."""
    with pytest.raises(ValueError, match="webhook"):
        put_in_place(ACCOUNT, replace(WANTED, webhook=None))
    with pytest.raises(ValueError, match="bought"):
        put_in_place(ACCOUNT, replace(WANTED, fields=WANTED.fields[:1]))


# -- the SLA policy -------------------------------------------------------------------------------

TARGET = {"respond_within": 3600, "resolve_within": 86400, "business_hours": True}
DEFAULT = {
    "name": "Default",
    "is_default": True,
    "sla_target": {f"priority_{n}": {**TARGET, "respond_within": 3600 * n} for n in range(1, 5)},
}


def test_a_policy_for_a_ticket_type(fake: FakeFreshdesk) -> None:
    """Where claims have a type: 30 days to resolve by the calendar, the first response as the
    account's default has it; once."""
    fake.add("sla_policies", **DEFAULT)
    policy = WantedPolicy("window", "Warranty: claim window", 30, "30 days", "Warranty claim")
    wanted = Wanted(policies=(policy,))
    assert done(put_in_place(ACCOUNT, wanted)) == {"policy:window": "created"}
    row = fake.rows["sla_policies"][-1]
    assert row["applicable_to"] == {"ticket_types": ["Warranty claim"]}
    assert list(row["sla_target"]) == [f"priority_{n}" for n in (4, 3, 2, 1)]
    assert row["sla_target"]["priority_2"] == {
        "respond_within": 7200,
        "resolve_within": 30 * 86400,
        "business_hours": False,
    }
    assert done(put_in_place(ACCOUNT, wanted)) == {"policy:window": "unchanged"}


@pytest.mark.parametrize(
    ("rows", "status"), [([], 0), ([{"is_default": True}], 0), ([DEFAULT], 403), ([DEFAULT], 400)]
)
def test_a_policy_that_cannot_be_had_is_left_out(
    fake: FakeFreshdesk, rows: list[dict[str, Any]], status: int
) -> None:
    """With a word, and without harm to the rest."""
    for row in rows:
        fake.add("sla_policies", **row)
    if status:
        fake.refuse("POST", "sla_policies", status, {"errors": [{"field": "x", "message": "no"}]})
    policy = WantedPolicy("window", "Warranty: claim window", 30, "30 days", "Warranty claim")
    (step,) = put_in_place(ACCOUNT, Wanted(policies=(policy,))).steps
    assert step.action == "left out"
    assert step.why


# -- looking at it --------------------------------------------------------------------------------


def examined(known: Bindings) -> dict[str, Check]:
    look = look_at(ACCOUNT, WANTED, known)
    found = [access(look), limits(look, Limits()), clock(look, datetime.now(UTC))]
    found += [*fields(look), macros(look), *rules(look)]
    return {one.key: one for one in found}


def test_all_is_well(fake: FakeFreshdesk) -> None:
    """Set up, everything that can be looked at is good, and nothing is written."""
    known = put_in_place(ACCOUNT, WANTED).bindings
    fake.writes.clear()
    found = examined(known)
    assert {key for key, one in found.items() if one.state != "good"} == {"clock"}
    assert found["limits"].said.startswith("400 ")
    assert fake.writes == []


def test_what_is_wrong_is_told_with_how_to_mend_it(fake: FakeFreshdesk) -> None:
    """A field that is gone or open to customers, an option that is gone, a text, a rule."""
    known = put_in_place(ACCOUNT, WANTED).bindings
    rows = {row["label"]: row for row in fake.rows["admin/ticket_fields"]}
    fake.rows["admin/ticket_fields"].remove(rows["Warranty: date of purchase"])
    rows["Warranty: stamp"]["customers_can_edit"] = True
    rows["Warranty: verdict"]["choices"].pop()
    fake.rows["canned_responses"].pop()
    fake.rows["automations/1/rules"][0]["active"] = False
    fake.rows["automations/4/rules"].clear()
    found = examined(known)
    poor = {key for key, one in found.items() if one.state == "poor"}
    assert poor == {
        *("field:bought", "field:stamp", "field:verdict", "macros"),
        *("trigger:new", "trigger:changed"),
    }
    assert all(found[key].mend for key in poor)
    assert "Not covered" in found["field:verdict"].said


def test_what_cannot_be_read_is_unknown(fake: FakeFreshdesk) -> None:
    """Which is not good."""
    known = put_in_place(ACCOUNT, WANTED).bindings
    look = look_at(ACCOUNT, WANTED, known)
    fake.refuse("GET", "admin/ticket_fields", 500)
    assert [one.state for one in fields(look)] == ["unknown"]
    fake.refuse("GET", r"canned_responses/\d+", 503)
    assert macros(look).state == "unknown"
    for kind in KINDS:
        fake.refuse("GET", kind, 403)
    assert {one.state for one in rules(look)} == {"unknown"}


def test_who_we_are(fake: FakeFreshdesk) -> None:
    """An agent, and an administrator if something of theirs can be seen; no name is read. The zone
    "Berlin", as Freshdesk calls it, is Europe/Berlin."""
    found = me(ACCOUNT)
    assert (found.id, found.admin, found.time_zone) == ("48", True, "Europe/Berlin")
    fake.refuse("GET", "admin/ticket_fields", 403)
    assert not me(ACCOUNT).admin
    fake.refuse("GET", "agents/me", 401, {"code": "invalid_credentials"})
    assert access(look_at(ACCOUNT, WANTED, Bindings())).state == "poor"


# -- taking it away -------------------------------------------------------------------------------


def test_rules_go_and_fields_stay(fake: FakeFreshdesk) -> None:
    """What calls us goes, also renamed; an admin's rule of our title stays; what Freshdesk does not
    delete is named. Doing it again finds nothing more."""
    placed = put_in_place(ACCOUNT, WANTED)
    fake.rows["automations/1/rules"][0]["name"] = "Renamed"
    theirs = {"field_name": "trigger_webhook", "url": "https://theirs.example.com"}
    fake.add("automations/4/rules", name="Warranty: changed", actions=[theirs])
    fake.writes.clear()
    dry = take_away(ACCOUNT, WANTED, placed.bindings, dry_run=True)
    assert fake.writes == []
    removed = take_away(ACCOUNT, WANTED, placed.bindings)
    assert removed == dry
    assert [(s.what, s.action) for s in removed.steps] == [
        ("trigger:new", "deleted"),
        ("trigger:changed", "deleted"),
        ("trigger:changed", "left"),
        ("folder", "left"),
    ]
    assert fake.rows["automations/1/rules"] == []
    assert len(fake.rows["automations/4/rules"]) == 1
    assert removed.bindings == placed.bindings
    assert len(fake.rows["admin/ticket_fields"]) == len(WANTED.fields)
    again = take_away(ACCOUNT, WANTED, placed.bindings)
    assert {step.action for step in again.steps} == {"left"}


def test_a_policy_is_switched_off(fake: FakeFreshdesk) -> None:
    """Freshdesk has no way to delete it."""
    types = {"ticket_types": ["Warranty claim"]}
    row = fake.add("sla_policies", name="Warranty: claim window", applicable_to=types, active=True)
    removed = take_away(ACCOUNT, WANTED, None)
    assert Step("policy:window", "changed", "switched off: it cannot be deleted from here") in (
        removed.steps
    )
    assert (row["active"], row["applicable_to"]) == (False, types)


# -- the catalogue --------------------------------------------------------------------------------


def test_the_catalogue_is_put_in_place_once(fake: FakeFreshdesk) -> None:
    """All of the app's own fields, texts and rules; the second time nothing is done."""
    placed = put_in_place(ACCOUNT, everything())
    assert set(placed.bindings.fields) == set(catalogue.FIELD)
    assert set(placed.bindings.macros) == {macro.key for macro in catalogue.MACROS}
    assert not any("first_name" in row["content_html"] for row in fake.rows["canned_responses"])
    again = put_in_place(ACCOUNT, everything(), known=placed.bindings)
    assert set(done(again).values()) == {"unchanged", "left out"}


def test_a_text_as_html() -> None:
    """Escaped, its lines kept, with Freshdesk's word for the first name."""
    text = "Hello {{ticket.requester.first_name}},\n\na < b\nc"
    assert html_of(text) == "<p>Hello {{ticket.requester.firstname}},</p><p>a &lt; b<br>c</p>"
