"""Webhooks that rules call: what is sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest


def bodies(receiver: Any) -> list[Any]:
    return [json.loads(one.body) for one in receiver.deliveries]


def test_a_new_ticket_calls_the_webhook(api: Any, receiver: Any) -> None:
    """With the ticket's number as text, the headers of the rule, and no signature of any kind."""
    api.webhook(receiver.url, custom_headers={"X-Webhook-Secret": "s3cret"})
    api.ticket()
    api.settle()
    (one,) = receiver.deliveries
    assert (one.method, json.loads(one.body)) == ("POST", {"ticket_id": "1"})
    assert one.headers["x-webhook-secret"] == "s3cret"
    assert one.headers["content-type"] == "application/json"
    assert not [name for name in one.headers if "signature" in name or "delivery" in name]


def test_the_simple_layout_has_a_wrapper(api: Any, receiver: Any) -> None:
    """And it is sound JSON whatever the values are; the typed one need not be."""
    api.webhook(
        receiver.url, content_layout="1", content={"ticket_subject": "{{ticket.subject}}"}, name="a"
    )
    api.ticket(subject='A "quoted" word')
    api.settle()
    assert bodies(receiver) == [{"freshdesk_webhook": {"ticket_subject": 'A "quoted" word'}}]
    api.webhook(receiver.url, content={"subject": "{{ticket.subject}}"}, name="b")
    api.ticket(subject='A "quoted" word')
    api.settle()
    typed = [one.body for one in receiver.deliveries if b"freshdesk_webhook" not in one.body]
    assert typed == [b'{"subject": "A "quoted" word"}']


def test_the_nested_shape_and_typed_text(api: Any, receiver: Any) -> None:
    """The documentation's own nesting is understood too, and a body that is a text."""
    nested = {
        "content_layout": "2",
        "content_type": "JSON",
        "content": '{"v":1,"ticket_id":"{{ticket.id}}"}',
    }
    api.webhook(receiver.url, content=nested, content_layout=None, content_type=None)
    api.ticket()
    api.settle()
    assert bodies(receiver) == [{"v": 1, "ticket_id": "1"}]


def test_a_form(api: Any, receiver: Any) -> None:
    """Encoded as one."""
    api.webhook(
        receiver.url, content_type="X-FORM-URLENCODED", content={"subject": "{{ticket.subject}}"}
    )
    api.ticket(subject="A & b")
    api.settle()
    (one,) = receiver.deliveries
    assert one.body == b"subject=A+%26+b"
    assert one.headers["content-type"] == "application/x-www-form-urlencoded"


def test_placeholders_are_text(make_api: Any, receiver: Any) -> None:
    """Labels for numbers, tags joined by commas, custom fields by their API name, blank for what
    there is not; what triggered is a text in braces."""
    api = make_api(field_names="plain")
    name = api.field("Proof", "checkbox")
    words = (
        *("id", "status", "priority", "source", "ticket_type", "tags", name, "cf_gone"),
        *("requester.email", "agent.name", "group.name", "latest_public_comment"),
    )
    content = {word: f"{{{{ticket.{word}}}}}" for word in words}
    content["event"] = "{{triggered_event}}"
    api.ticket(tags=["a", "b"], custom_fields={name: True})
    api.webhook(receiver.url, kind=4, content=content)
    api.ok("PUT", "/tickets/1", {"status": 3})
    api.settle()
    assert bodies(receiver) == [
        {
            "id": "1",
            "status": "Pending",
            "priority": "Low",
            "source": "Portal",
            "ticket_type": "",
            "tags": "a,b",
            name: "true",
            "cf_gone": "",
            "requester.email": "customer@example.com",
            "agent.name": "",
            "group.name": "",
            "latest_public_comment": "",
            "event": "{status:{from:2,to:3}}",
        }
    ]


@pytest.mark.parametrize(
    ("more", "user"),
    [
        ({"auth_header": {"username": "u", "password": "p"}}, b"u:p"),
        ({"api_key": "k"}, b"k:X"),
    ],
)
def test_logging_in_at_the_receiver(api: Any, receiver: Any, more: Any, user: bytes) -> None:
    """By name and password, or by a key."""
    api.webhook(receiver.url, **more)
    api.ticket()
    api.settle()
    given = receiver.deliveries[0].headers["authorization"]
    assert base64.b64decode(given.removeprefix("Basic ")) == user
