"""Whatever is sent, an answer comes, and the account can be read afterwards."""

from __future__ import annotations

from typing import Any

import pytest

NONSENSE: tuple[Any, ...] = (
    *(None, True, 7, -1, 2.5, 10**30, "", "x", "\x00", "é" * 400),
    *([], [None], [[]], [{}], ["x"], {}, {"a": []}, {"field_name": []}, [{"field_name": {}}]),
)
HOOK = {
    "field_name": "trigger_webhook",
    "url": "http://127.0.0.1:9/",
    "request_type": "POST",
    "content_type": "JSON",
    "content_layout": "2",
    "content": {"ticket_id": "{{ticket.id}}"},
}
TARGET = {f"priority_{n}": {"respond_within": 3600, "resolve_within": 7200} for n in (4, 3, 2, 1)}
SOUND: dict[str, dict[str, Any]] = {
    "/tickets": {
        **{"subject": "a", "description": "b", "email": "a@example.com", "status": 2},
        **{"priority": 1, "source": 2, "type": "Refund", "tags": ["x"], "custom_fields": {}},
        **{"group_id": None, "requester_id": None, "due_by": None, "fr_due_by": None},
        **{"cc_emails": [], "name": "n", "phone": "1", "product_id": None},
    },
    "/tickets/1/notes": {"body": "x", "private": True, "notify_emails": [], "user_id": None},
    "/tickets/1/reply": {"body": "x", "cc_emails": [], "user_id": None},
    "/admin/ticket_fields": {
        **{"label": "One", "label_for_customers": "One", "type": "custom_dropdown"},
        **{"choices": [{"value": "A"}], "position": 1, "required_for_closure": False},
    },
    "/canned_response_folders": {"name": "One"},
    "/canned_responses": {
        **{"title": "a", "content_html": "b", "folder_id": 5001, "visibility": 0, "group_ids": []}
    },
    "/sla_policies": {
        **{"name": "a", "applicable_to": {"ticket_types": ["Refund"]}, "sla_target": TARGET},
        **{"position": 1, "active": True, "escalation": None},
    },
    "/automations/4/rules": {
        **{"name": "a", "active": True, "position": 1, "actions": [HOOK], "operator": "or"},
        **{"performer": {"type": 1}, "events": [{"field_name": "status"}], "meta": {}},
        "conditions": [
            {
                "match_type": "all",
                "properties": [{"field_name": "status", "operator": "is", "value": 2}],
            }
        ],
    },
    "/contacts": {"name": "n", "email": "n@example.com", "phone": "1", "language": "en"},
    "/tickets/bulk_update": {
        "bulk_action": {"ids": [1], "properties": {"priority": 2}, "reply": {"body": "x"}}
    },
}
PUTS = {
    "/tickets/1": {key: SOUND["/tickets"][key] for key in SOUND["/tickets"] if key != "cc_emails"},
    "/conversations/7001": {"body": "x"},
    "/admin/ticket_fields/41012": SOUND["/admin/ticket_fields"],
    "/canned_response_folders/5001": SOUND["/canned_response_folders"],
    "/canned_responses/6001": SOUND["/canned_responses"],
    "/sla_policies/3002": SOUND["/sla_policies"],
    "/automations/4/rules/8001": SOUND["/automations/4/rules"],
    "/contacts/77000000001": SOUND["/contacts"],
}


def spoilt(sound: Any) -> Any:
    """The body with each of its parts, however deep, in turn put to each kind of nonsense."""
    if isinstance(sound, dict):
        for key, value in sound.items():
            for odd in NONSENSE:
                yield {**sound, key: odd}
            for odd in spoilt(value):
                yield {**sound, key: odd}
        yield {**sound, "nobody_knows": 1}
    elif isinstance(sound, list) and sound:
        for odd in spoilt(sound[0]):
            yield [odd, *sound[1:]]


@pytest.fixture
def furnished(api: Any) -> Any:
    """An account with one thing of each kind."""
    api.ticket()
    api.ok("POST", "/tickets/1/notes", {"body": "x"})
    for path in list(SOUND)[3:8]:
        sound = SOUND[path]
        if path == "/canned_responses":
            sound = {**sound, "folder_id": api.ok("GET", "/canned_response_folders")[0]["id"]}
        api.ok("POST", path, sound)
    return api


@pytest.mark.parametrize(
    ("method", "path"), [*(("POST", path) for path in SOUND), *(("PUT", path) for path in PUTS)]
)
def test_nonsense_is_answered(furnished: Any, method: str, path: str) -> None:
    """Taken or refused, never with 500; and then tickets are filed, changed and listed as ever."""
    api = furnished
    sound = SOUND[path] if method == "POST" else PUTS[path]
    assert api.call(method, path, sound).status_code != 404
    for body in spoilt(sound):
        answer = api.call(method, path, body)
        assert answer.status_code in (200, 201, 202, 400, 404), (body, answer.text)
    api.settle()
    ticket = api.call(
        "POST",
        "/tickets",
        {**{"subject": "a", "description": "b", "email": "z@example.com", "type": "Refund"}},
    )
    assert ticket.status_code in (201, 400)  # a field may have become mandatory meanwhile
    api.ok("PUT", "/tickets/1", {"priority": 4})
    api.settle()
    for where in ("/tickets", "/ticket_fields", "/sla_policies", "/automations/4/rules"):
        api.ok("GET", f"{where}")
    for page in ("/agent/tickets", "/agent/tickets/1", "/agent/tickets/new", "/agent/webhooks"):
        assert api.client.get(page).status_code == 200
