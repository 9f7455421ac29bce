"""Putting everything the app owns in place in an account, again and again."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import responses

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Placed, Step
from integration.helpdesks.zendesk import Account, webhook_body
from integration.helpdesks.zendesk_admin import (
    Condition,
    Wanted,
    WantedField,
    WantedMacro,
    WantedPolicy,
    WantedTrigger,
    WantedView,
    WantedWebhook,
    put_in_place,
)
from tests.integration.helpdesks.fake_account import HOST, FakeAccount

BODY = webhook_body("inst", "ticket_changed")
WANTED = Wanted(
    fields=(
        WantedField("serial", "Warranty: serial number", "text", description="On the frame."),
        WantedField("bought", "Warranty: date of purchase", "date"),
        WantedField("sealed", "Warranty: sealed", "checkbox", tag="wd_sealed"),
        WantedField("story", "Warranty: what happened", "textarea"),
        WantedField(
            "verdict",
            "Warranty: verdict",
            "choice",
            options=(("wd_covered", "Covered"), ("wd_denied", "Not covered")),
        ),
    ),
    macros=(
        WantedMacro("covered", "Warranty: covered", "<p>Good news</p>", html=True),
        WantedMacro("denied", "Warranty: not covered", "Sorry", tags=("wd_a", "wd_b")),
    ),
    webhook=WantedWebhook("Warranty Desk", "https://desk.example.com/webhooks/zendesk/inst"),
    triggers=(
        WantedTrigger(
            "changed",
            "Warranty: changed",
            BODY,
            all=(
                Condition("status", "less_than", "closed"),
                Condition("field:verdict", "is_not", "wd_denied"),
            ),
            any=(Condition("field:bought", "changed"),),
        ),
    ),
)


@pytest.fixture
def there(zendesk: responses.RequestsMock) -> FakeAccount:
    """An empty account."""
    state = FakeAccount()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        zendesk.add_callback(method, re.compile(f"{HOST}/api/v2/.*"), state.answer)
    return state


@pytest.fixture
def put(there: FakeAccount, account: Account) -> Callable[..., Placed]:
    """Puts what is wanted in place there."""

    def run(wanted: Wanted = WANTED, **kwargs: Any) -> Placed:
        there.writes.clear()
        return put_in_place(account, wanted, **kwargs)

    return run


def actions(placed: Placed) -> set[str]:
    return {s.action for s in placed.steps}


def test_an_empty_account(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Everything is made, bound by our keys, and the webhook's own secret handed over."""
    placed = put()
    assert actions(placed) == {"created"}
    assert [s.what for s in placed.steps] == [
        "field:serial",
        "field:bought",
        "field:sealed",
        "field:story",
        "field:verdict",
        "macro:covered",
        "macro:denied",
        "webhook",
        "trigger:changed",
    ]
    fields = {str(r["id"]): r for r in there.rows["ticket_fields"]}
    assert {key: fields[i]["type"] for key, i in placed.bindings.fields.items()} == {
        "serial": "text",
        "bought": "date",
        "sealed": "checkbox",
        "story": "textarea",
        "verdict": "tagger",
    }
    assert placed.bindings.options == {
        "verdict": {"wd_covered": "wd_covered", "wd_denied": "wd_denied"}
    }
    assert fields[placed.bindings.fields["verdict"]]["custom_field_options"] == [
        {"name": "Covered", "value": "wd_covered"},
        {"name": "Not covered", "value": "wd_denied"},
    ]
    assert fields[placed.bindings.fields["sealed"]]["tag"] == "wd_sealed"
    assert there.rows["macros"][0]["actions"] == [
        {"field": "comment_value_html", "value": "<p>Good news</p>"}
    ]
    assert there.rows["macros"][1]["actions"] == [
        {"field": "comment_value", "value": "Sorry"},
        {"field": "current_tags", "value": "wd_a wd_b"},
    ]
    assert placed.webhook_id == there.rows["webhooks"][0]["id"]
    assert placed.signing_secret == "S" * 32
    assert "SSSS" not in repr(placed)
    webhook = there.rows["webhooks"][0]
    assert webhook["subscriptions"] == ["conditional_ticket_events"]
    assert (webhook["http_method"], webhook["request_format"]) == ("POST", "json")
    trigger = there.rows["triggers"][0]
    assert trigger["conditions"] == {
        "all": [
            {"field": "status", "operator": "less_than", "value": "closed"},
            {
                "field": f"custom_fields_{placed.bindings.fields['verdict']}",
                "operator": "is_not",
                "value": "wd_denied",
            },
        ],
        "any": [
            {
                "field": f"custom_fields_{placed.bindings.fields['bought']}",
                "operator": "changed",
                "value": None,
            }
        ],
    }
    assert trigger["actions"] == [
        {"field": "notification_webhook", "value": [placed.webhook_id, BODY]}
    ]


def test_again_changes_nothing(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Done a second time, nothing is written, and the bindings are the same; all pages of what is
    there are looked through."""
    first = put()
    second = put(known=first.bindings)
    assert there.writes == []
    assert actions(second) == {"unchanged"}
    assert second.bindings == first.bindings
    assert second.webhook_id == first.webhook_id


def test_found_by_title(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Without bindings, as after a lost database, all is found again by its title."""
    first = put()
    again = put()
    assert there.writes == []
    assert again.bindings == first.bindings
    assert actions(again) == {"adopted", "unchanged"}


def test_renamed_things_stay_bound(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A field or macro that an admin renamed is not made a second time."""
    first = put()
    there.rows["ticket_fields"][0] |= {"title": "Nummer", "raw_title": "Nummer"}
    there.rows["macros"][0] |= {"title": "Ja"}
    assert put(known=first.bindings).bindings == first.bindings
    assert there.writes == []


def test_dry_run(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A dry run says what would be done and does nothing; only what is there is bound."""
    there.add("ticket_fields", type="text", title="Warranty: serial number")
    placed = put(dry_run=True)
    assert there.writes == []
    assert list(placed.bindings.fields) == ["serial"]
    assert [s.action for s in placed.steps] == ["adopted"] + ["created"] * 8
    assert placed.webhook_id is None
    assert placed.signing_secret is None


def test_adopted_field_gains_options_and_loses_none(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """A field that was there keeps its options and its words; one of ours is found by its tag or
    by its label, and one that is missing is added by itself."""
    theirs = [{"id": 5, "name": "Not covered", "value": "no"}, {"id": 6, "name": "?", "value": "q"}]
    row = there.add(
        "ticket_fields",
        type="tagger",
        title="Warranty: verdict",
        description="An admin's own words",
        custom_field_options=copy.deepcopy(theirs),
    )
    placed = put(replace(WANTED, macros=(), triggers=(), webhook=None))
    assert row["custom_field_options"][:2] == theirs
    assert row["custom_field_options"][2]["value"] == "wd_covered"
    assert row["description"] == "An admin's own words"
    assert placed.bindings.options["verdict"] == {"wd_covered": "wd_covered", "wd_denied": "no"}
    assert [(m, p) for m, p, _ in there.writes if str(row["id"]) in p] == [
        ("POST", f"ticket_fields/{row['id']}/options")
    ]
    assert {s.what: s.action for s in placed.steps}["field:verdict"] == "changed"


def test_native_options_reach_the_trigger(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A condition on one of our options names the tag it has in this account."""
    there.add(
        "ticket_fields",
        type="tagger",
        title="Warranty: verdict",
        custom_field_options=[{"id": 5, "name": "Not covered", "value": "no"}],
    )
    put()
    assert there.rows["triggers"][0]["conditions"]["all"][1]["value"] == "no"


def test_idle_field_is_put_back(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A field that was deactivated is switched on again, and only that."""
    first = put()
    there.rows["ticket_fields"][0]["active"] = False
    second = put(known=first.bindings)
    native_id = there.rows["ticket_fields"][0]["id"]
    assert there.writes == [
        ("PUT", f"ticket_fields/{native_id}", {"ticket_field": {"active": True}})
    ]
    assert second.steps[0].action == "changed"


def test_adopted_checkbox_gains_its_tag(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A checkbox that tags nothing is given our tag, on which triggers hang; one that tags
    something else is an admin's and in the way."""
    row = there.add("ticket_fields", type="checkbox", title="Warranty: sealed", tag=None)
    assert put().steps[2].action == "changed"
    assert row["tag"] == "wd_sealed"
    row["tag"] = "theirs"
    with pytest.raises(errors.Invalid) as caught:
        put()
    assert set(caught.value.fields) == {"sealed"}


def test_a_used_field_goes_before_an_idle_one(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """Of two fields with the title, the one in use is taken."""
    there.add("ticket_fields", type="text", title="Warranty: serial number", active=False)
    used = there.add("ticket_fields", type="text", title="Warranty: serial number")
    assert put().bindings.fields["serial"] == str(used["id"])


def test_clashes_are_found_before_anything_is_written(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """A title taken by a field of another type, or a webhook that triggers cannot call, is named;
    all at once, and nothing is written."""
    there.add("ticket_fields", type="text", title="Warranty: date of purchase")
    there.add("ticket_fields", type="multiselect", title="Warranty: verdict")
    there.add("webhooks", name="Warranty Desk", subscriptions=["zen:event-type:ticket.created"])
    with pytest.raises(errors.Invalid) as caught:
        put()
    assert set(caught.value.fields) == {"bought", "verdict", "webhook"}
    assert "type text instead of date" in caught.value.fields["bought"]
    assert there.writes == []


def test_admins_edits_to_macros_stay(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A macro's text is the admin's: it is never written over."""
    first = put()
    there.rows["macros"][0]["actions"] = [{"field": "comment_value", "value": "Ours now"}]
    put(known=first.bindings)
    assert there.writes == []


def test_webhook_is_set_right(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A webhook with another address, or switched off, is set right without being made anew: its
    secret stays."""
    put()
    there.rows["webhooks"][0] |= {"endpoint": "https://old.example.com", "status": "inactive"}
    placed = put()
    assert there.writes == [
        (
            "PATCH",
            f"webhooks/{placed.webhook_id}",
            {
                "webhook": {
                    "endpoint": WANTED.webhook.endpoint if WANTED.webhook else "",
                    "status": "active",
                }
            },
        )
    ]
    assert len(there.rows["webhooks"]) == 1


def test_trigger_is_set_right(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A trigger that names a webhook of old, or other conditions, is set right; whether it is
    switched on is left alone, and order and Zendesk's own notation are no difference."""
    put()
    trigger = there.rows["triggers"][0]
    trigger |= {"active": False}
    trigger["conditions"]["all"].reverse()
    trigger["conditions"]["any"][0]["value"] = ""
    put()
    assert there.writes == []
    trigger["actions"][0]["value"] = ["01GONE", BODY]
    placed = put()
    assert [m for m, _, _ in there.writes] == ["PUT"]
    assert trigger["actions"][0]["value"] == [placed.webhook_id, BODY]
    assert trigger["active"] is False


def test_triggers_need_a_webhook(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Triggers without a webhook, or about a field that is not wanted, are our mistake."""
    with pytest.raises(ValueError, match="webhook"):
        put(replace(WANTED, webhook=None))
    with pytest.raises(ValueError, match="field:bought, field:verdict"):
        put(replace(WANTED, fields=()))
    assert there.writes == []


def test_refusals_are_ours(zendesk: responses.RequestsMock, account: Account) -> None:
    """An account that we may not administer is Forbidden; a tag in use elsewhere is Invalid with
    Zendesk's words."""
    one = Wanted(fields=(WantedField("serial", "S", "choice", options=(("a", "A"),)),))
    zendesk.get(f"{HOST}/api/v2/ticket_fields.json", json={"ticket_fields": [], "count": 0})
    zendesk.post(
        f"{HOST}/api/v2/ticket_fields.json",
        status=422,
        json={
            "error": "RecordInvalid",
            "details": {"base": [{"description": "Custom field options: tag a is already used"}]},
        },
    )
    with pytest.raises(errors.Invalid) as caught:
        put_in_place(account, one)
    assert "already used" in caught.value.fields["base"]
    zendesk.replace("GET", f"{HOST}/api/v2/ticket_fields.json", status=403, json={})
    with pytest.raises(errors.Forbidden):
        put_in_place(account, one, known=Bindings())


# -- rules, views, the SLA policy ------------------------------------------------------------------

OWNED = replace(
    WANTED,
    macros=(),
    automations=(
        WantedTrigger(
            "missed",
            "Warranty: missed",
            BODY,
            all=(
                Condition("current_tags", "not_includes", "wd_b wd_a"),
                Condition("updated_at", "is", "4"),
            ),
        ),
    ),
    views=(
        WantedView(
            "near",
            "Warranty: near",
            all=(Condition("current_tags", "includes", "wd_near"),),
            columns=("subject", "field:verdict"),
            sort_by="field:bought",
            description="Soon.",
        ),
    ),
    policies=(
        WantedPolicy(
            "window",
            "Warranty: window",
            all=(Condition("current_tags", "includes", "wd_claim"),),
            metric="total_resolution_time",
            minutes=43_200,
        ),
    ),
)
REFUSED = (422, {"error": "RecordInvalid", "details": {"base": [{"description": "Not so"}]}})


def step(placed: Placed, what: str) -> Step:
    return next(s for s in placed.steps if s.what == what)


def test_a_view_is_made_for_everybody(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Its columns and its order name the account's own fields."""
    placed = put(OWNED)
    (view,) = there.rows["views"]
    fields = placed.bindings.fields
    assert view["execution"] == {
        "columns": ["subject", fields["verdict"]],
        "sort_by": fields["bought"],
        "sort_order": "asc",
    }
    assert "restriction" not in view
    sent = next(body for m, p, body in there.writes if p == "views")
    assert "conditions" not in sent["view"], "requests carry all and any without it"


def test_an_sla_policy_counts_for_every_priority(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """So many minutes of the calendar, for claims alone; and what it does not do is said."""
    placed = put(OWNED)
    (policy,) = there.rows["sla_policies"]
    assert policy["filter"]["all"] == [
        {"field": "current_tags", "operator": "includes", "value": "wd_claim"}
    ]
    assert [
        (m["priority"], m["metric"], m["target"], m["business_hours"])
        for m in policy["policy_metrics"]
    ] == [
        (priority, "total_resolution_time", 43_200, False)
        for priority in ("low", "normal", "high", "urgent")
    ]
    assert "position" not in next(b for _, p, b in there.writes if p == "slas/policies")
    assert "without a priority" in step(placed, "policy:window").why


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [403, 404])
def test_a_plan_without_sla_policies(
    there: FakeAccount, put: Callable[..., Placed], method: str, status: int
) -> None:
    """The policy is left out with a word, and all the rest is put in place."""
    there.refusals[method, "sla_policies"] = (status, {"error": "Forbidden"})
    placed = put(OWNED)
    assert step(placed, "policy:window").action == "left out"
    assert "plan" in step(placed, "policy:window").why
    assert len(there.rows["views"]) == len(there.rows["automations"]) == 1


def test_what_others_count_on_is_said(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A new SLA policy goes last, so as to take nothing from those there; that is said."""
    there.add("sla_policies", title="All", filter={"all": [], "any": []}, policy_metrics=[])
    assert "after another policy" in step(put(OWNED), "policy:window").why
    assert "after another policy" in step(put(OWNED), "policy:window").why, "and again later"


def test_a_view_that_cannot_be_sorted_so(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Where Zendesk does not sort by the field, the view is sorted by the ticket's day."""
    there.refusals["POST", "views"] = REFUSED
    placed = put(OWNED)
    assert there.rows["views"][0]["execution"]["sort_by"] == "created"
    assert step(placed, "view:near").action == "created"


def test_what_zendesk_refuses_is_left_out(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """The automation, with Zendesk's own words; triggers, without which the app is deaf, are no
    such thing."""
    there.refusals["POST", "automations"] = REFUSED
    placed = put(OWNED)
    assert step(placed, "automation:missed").action == "left out"
    assert "Not so" in step(placed, "automation:missed").why
    there.refusals["POST", "triggers"] = REFUSED
    there.rows["triggers"].clear()
    with pytest.raises(errors.Invalid):
        put(OWNED)


def test_rules_and_views_again_change_nothing(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """A second time nothing is written, whatever the order in which Zendesk tells tags."""
    first = put(OWNED)
    there.rows["automations"][0]["conditions"]["all"][0]["value"] = "wd_a wd_b"
    again = put(OWNED, known=first.bindings)
    assert there.writes == []
    assert actions(again) == {"unchanged"}


def test_renamed_rules_and_views_are_found(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """A rule is known by what it calls, a view by what it shows: none is made twice."""
    first = put(OWNED)
    for kind in ("triggers", "automations", "views"):
        there.rows[kind][0] |= {"title": "Renamed", "raw_title": "Renamed"}
    put(OWNED, known=first.bindings)
    assert there.writes == []


def test_views_and_policies_are_admins(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """What is there under the title is never written over; that it differs is said."""
    there.add("views", title="Warranty: near", all=[{"field": "status"}], any=[])
    there.add("sla_policies", title="Warranty: window", filter={}, policy_metrics=[])
    placed = put(OWNED)
    assert not [p for _, p, _ in there.writes if p.startswith(("views", "slas"))]
    assert "left as it is" in step(placed, "view:near").why
    assert "left as it is" in step(placed, "policy:window").why


def test_an_automation_is_set_right(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """As a trigger is; and that it is switched off is said and left."""
    first = put(OWNED)
    there.rows["automations"][0]["conditions"]["all"].pop()
    there.rows["automations"][0]["active"] = False
    placed = put(OWNED, known=first.bindings)
    assert [m for m, _, _ in there.writes] == ["PUT"]
    assert len(there.rows["automations"][0]["conditions"]["all"]) == 2
    assert there.rows["automations"][0]["active"] is False
    assert "switched off" in step(placed, "automation:missed").why


def test_an_admins_trigger_of_our_name_is_in_the_way(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """One that calls no webhook is another thing of the same name: it is named with all else that
    is in the way, and nothing is changed."""
    there.add("triggers", title="Warranty: changed", actions=[{"field": "status", "value": "open"}])
    there.add("automations", title="Warranty: missed", actions=[{"field": "status"}])
    there.add("ticket_fields", type="text", title="Warranty: sealed")
    with pytest.raises(errors.Invalid) as caught:
        put(OWNED)
    assert set(caught.value.fields) == {"sealed", "trigger:changed", "automation:missed"}
    assert there.writes == []


# -- an admin's own fields -------------------------------------------------------------------------


def theirs(there: FakeAccount, *options: tuple[str, str], **more: Any) -> Bindings:
    """A drop-down of the account's, chosen for the verdict."""
    row = there.add(
        "ticket_fields",
        type="tagger",
        title="Outcome",
        custom_field_options=[{"id": 9, "name": n, "value": v} for v, n in options],
        **more,
    )
    return Bindings(fields={"verdict": str(row["id"])})


def test_a_chosen_field_stands_for_ours(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """No field is made beside it; its options are bound by what they are called, in folders too,
    and what it lacks is said and not added."""
    known = theirs(there, ("x", "Decision::covered "), ("y", "Other"))
    placed = put(known=known)
    assert placed.bindings.fields["verdict"] == known.fields["verdict"]
    assert placed.bindings.options["verdict"] == {"wd_covered": "x"}
    assert not any(known.fields["verdict"] in path for _, path, _ in there.writes)
    assert "Warranty: verdict" not in {r["title"] for r in there.rows["ticket_fields"]}
    assert "“Not covered”" in step(placed, "field:verdict").why


def test_a_chosen_field_is_extended_where_asked(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """Said so, the options that it lacks are added; those there stay. It is the account's own then
    as before: a later run adds nothing by itself."""
    known = theirs(there, ("x", "Covered"), ("y", "Other"))
    placed = put(known=known, extend={"verdict"})
    assert placed.bindings.options["verdict"] == {"wd_covered": "x", "wd_denied": "wd_denied"}
    options = [o["value"] for o in there.rows["ticket_fields"][0]["custom_field_options"]]
    assert options == ["x", "y", "wd_denied"]
    there.rows["ticket_fields"][0]["custom_field_options"].pop()
    later = put(known=placed.bindings)
    assert there.writes == []
    assert later.bindings.options["verdict"] == {"wd_covered": "x"}


def test_what_an_admin_bound_by_hand_stays_bound(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """An option that was said to mean one of ours does, whatever it is called."""
    known = theirs(there, ("yes", "Ja"), ("no", "Nein"))
    known = replace(known, options={"verdict": {"wd_covered": "yes", "wd_denied": "gone"}})
    assert put(known=known).bindings.options["verdict"] == {"wd_covered": "yes"}


def test_a_chosen_field_that_cannot_stand_for_ours(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """Of another type, switched off, a checkbox without our tag, or chosen twice: each is named,
    and nothing is changed."""
    number = there.add("ticket_fields", type="integer", title="Number")
    text = there.add("ticket_fields", type="textarea", title="Notes")
    box = there.add("ticket_fields", type="checkbox", title="Box", tag=None)
    day = there.add("ticket_fields", type="date", title="Day", active=False)
    known = Bindings(
        fields={
            "verdict": str(number["id"]),
            "serial": str(text["id"]),
            "story": str(text["id"]),
            "sealed": str(box["id"]),
            "bought": str(day["id"]),
        }
    )
    with pytest.raises(errors.Invalid) as caught:
        put(known=known)
    assert set(caught.value.fields) == {"verdict", "story", "sealed", "bought"}
    assert there.writes == []


# -- ticket forms ----------------------------------------------------------------------------------


def test_forms_without_our_fields_are_named(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """Each active form that lacks some, with which; forms themselves are left alone."""
    there.add("ticket_forms", name="Claims", active=True, ticket_field_ids=[1, 2])
    there.add("ticket_forms", name="Old", active=False, ticket_field_ids=[])
    placed = put()
    assert placed.forms is not None
    assert [(form.name, len(form.missing)) for form in placed.forms] == [("Claims", 5)]
    assert not [p for _, p, _ in there.writes if "forms" in p]


def test_fields_are_added_to_forms_at_the_end(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """Only to those that were asked for; what is on them stays, in its order; once."""
    claims = there.add("ticket_forms", name="Claims", active=True, ticket_field_ids=[2, 1])
    other = there.add("ticket_forms", name="Other", active=True, ticket_field_ids=[1])
    placed = put(forms=["Claims"])
    ours = [int(native) for native in placed.bindings.fields.values()]
    assert claims["ticket_field_ids"] == [2, 1, *ours]
    assert other["ticket_field_ids"] == [1]
    assert [form.name for form in placed.forms or ()] == ["Other"]
    assert step(placed, "form:Claims").why == "5 fields added"
    put(forms=None, known=placed.bindings)
    assert other["ticket_field_ids"] == [1, *ours]
    assert claims["ticket_field_ids"] == [2, 1, *ours]


def test_a_dry_run_changes_no_form(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """It says how many fields would be added, those too that are not there yet."""
    there.add("ticket_forms", name="Claims", active=True, ticket_field_ids=[])
    there.add("ticket_forms", name="Other", active=True, ticket_field_ids=[])
    placed = put(forms=None, dry_run=True)
    assert there.writes == []
    assert step(placed, "form:Other").why == "5 fields added"


def test_a_form_that_is_not_there_is_said_first(
    there: FakeAccount, put: Callable[..., Placed]
) -> None:
    """Before anything is made."""
    there.add("ticket_forms", name="Claims", active=True, ticket_field_ids=[])
    with pytest.raises(errors.Invalid, match=r"Klaims.*there are Claims"):
        put(forms=["Klaims"])
    assert there.writes == []


def test_forms_that_cannot_be_read(there: FakeAccount, put: Callable[..., Placed]) -> None:
    """As on a plan that has none: not known is not the same as none lacking."""
    there.refusals["GET", "ticket_forms"] = (403, {"error": "Forbidden"})
    assert put().forms is None
