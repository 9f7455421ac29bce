"""Putting fields, macros, the webhook and triggers in place, again and again."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk import Account, webhook_body
from integration.helpdesks.zendesk_admin import (
    Condition,
    Placed,
    Wanted,
    WantedField,
    WantedMacro,
    WantedTrigger,
    WantedWebhook,
    put_in_place,
)

HOST = "https://acme.zendesk.com"
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


class FakeAccount:
    """The little of Zendesk that is needed here: things with ids, listed in pages of two."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            "ticket_fields": [],
            "macros": [],
            "triggers": [],
            "webhooks": [],
        }
        self.writes: list[tuple[str, str, Any]] = []
        self.next_id = 100

    def add(self, kind: str, **row: Any) -> dict[str, Any]:
        self.next_id += 1
        native_id: object = f"01WEBHOOK{self.next_id}" if kind == "webhooks" else self.next_id
        if kind == "ticket_fields":
            row = {"custom_field_options": []} | row
            row = {"raw_title": row["title"], "active": True} | row
        row = {"id": native_id} | row
        self.rows[kind].append(row)
        return row

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        url = urlsplit(request.url)
        parts = url.path.removeprefix("/api/v2/").replace(".json", "").split("/")
        kind, singular = parts[0], parts[0].removesuffix("s")
        payload = json.loads(request.body) if request.body else None
        if request.method != "GET":
            self.writes.append((request.method, "/".join(parts), copy.deepcopy(payload)))
        if request.method == "GET" and parts[-1] == "signing_secret":
            return self.say({"signing_secret": {"secret": "S" * 32, "algorithm": "SHA256"}})
        if request.method == "GET":
            return self.page(kind, url.query)
        if request.method == "POST" and parts[-1] == "options":
            option = {"id": 1, **payload["custom_field_option"]}
            self.row(kind, parts[1])["custom_field_options"].append(option)
            return self.say({"custom_field_option": option}, 201)
        if request.method == "POST":
            return self.say({singular: self.add(kind, **payload[singular])}, 201)
        row = self.row(kind, parts[1])
        row |= {k: v for k, v in payload[singular].items() if k != "id"}
        return (204, {}, "") if request.method == "PATCH" else self.say({singular: row})

    def row(self, kind: str, native_id: str) -> dict[str, Any]:
        return next(r for r in self.rows[kind] if str(r["id"]) == native_id)

    def page(self, kind: str, query: str) -> tuple[int, dict[str, str], str]:
        start = int(match[1]) if (match := re.search(r"from=(\d+)", query)) else 0
        rows = self.rows[kind]
        more = len(rows) > start + 2
        path = kind if kind == "webhooks" else f"{kind}.json"
        following = f"{HOST}/api/v2/{path}?from={start + 2}" if more else None
        page: dict[str, Any] = {kind: rows[start : start + 2]}
        if kind == "ticket_fields":
            page |= {"next_page": following, "count": len(rows)}
        else:
            page |= {"meta": {"has_more": more}, "links": {"next": following}}
        return self.say(page)

    @staticmethod
    def say(content: object, status: int = 200) -> tuple[int, dict[str, str], str]:
        return status, {}, json.dumps(content)


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
        ("PUT", f"ticket_fields/{native_id}", {"ticket_field": {"active": True, "id": native_id}})
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
                    "id": placed.webhook_id,
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
