"""Webhooks: signed, delivered, tried again where Zendesk would, and logged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from integration.sandbox.deliveries import sign

ALWAYS = {"all": [{"field": "status", "operator": "less_than", "value": "closed"}]}


def calls(api: Any, url: str, body: Any = "{}", **more: Any) -> Any:
    """A webhook to a place, and a trigger that always calls it."""
    webhook = api.webhook(url, **more)
    api.trigger("T", ALWAYS, ("notification_webhook", [webhook["id"], body]))
    return webhook


def secret(api: Any, webhook: Any) -> str:
    found = api.ok("GET", f"/webhooks/{webhook['id']}/signing_secret")["signing_secret"]
    return str(found["secret"])


def test_known_signature() -> None:
    """The signature is base64 of HMAC-SHA256 over time and body, keyed with the secret's text."""
    key = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    found = sign(key, "2021-07-25T10:00:00Z", b'{"ticket_id":"35436"}')
    assert found == "20e+z9rRxHY24BGvRfXfBFQkEUWciB7ljw/UFF9SfmU="


def test_delivery(api: Any, receiver: Any) -> None:
    """A delivery carries Zendesk's headers, the login, and a signature that verifies."""
    login = {"type": "bearer_token", "data": {"token": "t0k"}, "add_position": "header"}
    body = '{"ticket_id":"{{ticket.id}}","at":"{{ticket.updated_at_with_timestamp}}"}'
    webhook = calls(api, receiver.url, body, authentication=login)
    ticket = api.ticket()
    assert api.state.webhooks_idle()
    (delivery,) = receiver.deliveries
    expected = {"ticket_id": str(ticket["id"]), "at": ticket["updated_at"]}
    assert json.loads(delivery.body) == expected
    headers = delivery.headers
    assert headers["x-zendesk-account-id"] == "18525119"
    assert headers["x-zendesk-webhook-id"] == webhook["id"]
    assert headers["authorization"] == "Bearer t0k"
    assert headers["content-type"].startswith("application/json")
    at = headers["x-zendesk-webhook-signature-timestamp"]
    assert at == "2026-05-04T09:00:00Z"
    mac = hmac.new(secret(api, webhook).encode(), at.encode() + delivery.body, hashlib.sha256)
    expected_signature = base64.b64encode(mac.digest()).decode()
    assert headers["x-zendesk-webhook-signature"] == expected_signature


def test_reset_secret(api: Any, receiver: Any) -> None:
    """A new secret signs from then on."""
    webhook = calls(api, receiver.url)
    old = secret(api, webhook)
    api.ok("POST", f"/webhooks/{webhook['id']}/signing_secret")
    new = secret(api, webhook)
    assert new != old
    api.ticket()
    assert api.state.webhooks_idle()
    headers = receiver.deliveries[0].headers
    at = headers["x-zendesk-webhook-signature-timestamp"]
    assert headers["x-zendesk-webhook-signature"] == sign(new, at, b"{}")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([200], 1),
        ([500], 1),
        ([502], 1),
        ([401], 1),
        ([409], 2),
        ([409] * 9, 4),
        ([503], 1),
        ([429], 1),
        ([302], 1),
    ],
)
def test_tries(api: Any, receiver: Any, answers: list[int], expected: int) -> None:
    """409 is tried up to three times more; other refusals and redirects lose the event."""
    receiver.answers += [(status, {"Location": receiver.url}, 0.0) for status in answers]
    calls(api, receiver.url)
    api.ticket()
    assert api.state.webhooks_idle()
    assert len(receiver.deliveries) == expected


@pytest.mark.parametrize(
    ("status", "after", "expected"), [(503, "0", 2), (429, "0", 2), (503, "60", 1)]
)
def test_retry_after(api: Any, receiver: Any, status: int, after: str, expected: int) -> None:
    """429 and 503 are tried again where ``Retry-After`` is below 60 seconds, as one invocation."""
    receiver.answers.append((status, {"Retry-After": after}, 0.0))
    calls(api, receiver.url)
    api.ticket()
    assert api.state.webhooks_idle()
    ids = [d.headers["x-zendesk-webhook-invocation-id"] for d in receiver.deliveries]
    assert len(ids) == expected
    assert len(set(ids)) == 1


def test_timeouts(make_api: Callable[..., Any], receiver: Any) -> None:
    """An endpoint that does not answer in time is tried up to five times more."""
    api = make_api(webhook_timeout=0.05)
    receiver.answers += [(200, {}, 5.0)] * 9
    webhook = calls(api, receiver.url)
    api.ticket()
    assert api.state.webhooks_idle()
    receiver.released.set()
    assert len(receiver.deliveries) == 6
    path = f"/webhooks/{webhook['id']}/invocations"
    (invocation,) = api.ok("GET", path)["invocations"]
    assert (invocation["status_code"], invocation["status"]) == (504, "failed")
    attempts = api.ok("GET", f"{path}/{invocation['id']}/attempts")["attempts"]
    assert len(attempts) == 6


def test_nobody_listens(api: Any) -> None:
    """An endpoint that is not there is tried once, and the log says that it failed."""
    webhook = calls(api, "http://127.0.0.1:9/hook")
    api.ticket()
    assert api.state.webhooks_idle()
    (invocation,) = api.ok("GET", f"/webhooks/{webhook['id']}/invocations")["invocations"]
    assert invocation["status"] == "failed"


def test_log_keeps_no_login(api: Any, receiver: Any) -> None:
    """The log of attempts shows the request without what logs in, and the answer."""
    login = {"type": "basic_auth", "data": {"username": "u", "password": "p4ss"}}
    webhook = calls(api, receiver.url, '{"id":"{{ticket.id}}"}', authentication=login)
    api.ticket()
    assert api.state.webhooks_idle()
    assert receiver.deliveries[0].headers["authorization"].startswith("Basic ")
    path = f"/webhooks/{webhook['id']}/invocations"
    invocation = api.ok("GET", path)["invocations"][0]["id"]
    answer = api.call("GET", f"{path}/{invocation}/attempts")
    (attempt,) = answer.json["attempts"]
    assert attempt["request"]["payload"] == '{"id":"1"}'
    assert attempt["response"]["payload"] == "ok"
    assert "uthorization" not in answer.text
    shown = api.ok("GET", f"/webhooks/{webhook['id']}")["webhook"]["authentication"]
    assert shown["data"] == {"username": "u"}


def test_placeholders(api: Any, receiver: Any) -> None:
    """Placeholders are filled in as plain text, unescaped; unknown and empty ones are blank."""
    field = api.field("tagger", "Decision", "w_in")
    check = api.field("checkbox", "Proof")
    names = (
        *("ticket.title", "ticket.status", f"ticket.ticket_field_{field}"),
        *(f"ticket.ticket_field_option_title_{field}", f"ticket.ticket_field_{check}"),
        *("ticket.priority", "ticket.requester.first_name", "nothing.known", "ticket.tags"),
        "current_user.name",
    )
    body = "|".join("{{" + name + "}}" for name in names)
    calls(api, receiver.url, body)
    api.ticket(
        subject='Say "no"',
        requester={"name": "Customer Three", "email": "customer3@example.com"},
        custom_fields=[{"id": field, "value": "w_in"}],
    )
    assert api.state.webhooks_idle()
    text = receiver.deliveries[0].body.decode()
    assert text == 'Say "no"|new|w_in|W_In|||Customer||w_in|Warranty Desk'


def test_get_carries_parameters(api: Any, receiver: Any) -> None:
    """A GET webhook has no body; its parameters are in the address, the signature over none."""
    pairs = [["id", "{{ticket.id}}"], ["x", "a b"]]
    webhook = calls(api, receiver.url, pairs, http_method="GET", request_format="form_encoded")
    api.ticket()
    assert api.state.webhooks_idle()
    (delivery,) = receiver.deliveries
    assert (delivery.method, delivery.path, delivery.body) == ("GET", "/hook?id=1&x=a+b", b"")
    at = delivery.headers["x-zendesk-webhook-signature-timestamp"]
    signature = delivery.headers["x-zendesk-webhook-signature"]
    assert signature == sign(secret(api, webhook), at, b"")


def test_inactive_webhook(api: Any, receiver: Any) -> None:
    """A webhook that is switched off sends nothing."""
    webhook = calls(api, receiver.url)
    api.ok("PATCH", f"/webhooks/{webhook['id']}", {"webhook": {"status": "inactive"}})
    api.ticket()
    assert api.state.webhooks_idle()
    assert receiver.deliveries == []


def test_put_replaces_and_patch_does_not(api: Any) -> None:
    """PATCH changes what it gives; PUT also forgets what it does not give."""
    webhook = api.webhook("http://127.0.0.1:9/a", description="D")
    path = f"/webhooks/{webhook['id']}"
    assert api.call("PATCH", path, {"webhook": {"name": "N"}}).status_code == 204
    assert api.ok("GET", path)["webhook"]["description"] == "D"
    given = {
        "name": "N2",
        "status": "active",
        "endpoint": "http://127.0.0.1:9/b",
        "http_method": "POST",
        "request_format": "json",
    }
    api.ok("PUT", path, {"webhook": given})
    shown = api.ok("GET", path)["webhook"]
    assert (shown["name"], shown.get("description")) == ("N2", None)
    api.refused(400, "PUT", path, {"webhook": {"name": "N3"}})


def test_own_secret(api: Any) -> None:
    """A webhook made with a secret keeps that one, as those of an app's requirements do."""
    brought = {"algorithm": "SHA256", "secret": "brought along"}
    webhook = api.webhook("http://127.0.0.1:9/a", signing_secret=brought)
    assert secret(api, webhook) == "brought along"
    assert "signing_secret" not in webhook


def test_test_button(api: Any, receiver: Any) -> None:
    """A test of an unsaved webhook is signed with the public secret, of a saved with its own."""
    given = {
        "endpoint": receiver.url,
        "http_method": "POST",
        "request_format": "json",
        "payload": "{}",
    }
    api.ok("POST", "/webhooks/test", {"request": given})
    webhook = api.webhook(receiver.url)
    api.ok("POST", f"/webhooks/test?webhook_id={webhook['id']}", {"request": {"payload": "{}"}})
    public = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    signed = [d.headers["x-zendesk-webhook-signature"] for d in receiver.deliveries]
    at = "2026-05-04T09:00:00Z"
    assert signed == [sign(public, at, b"{}"), sign(secret(api, webhook), at, b"{}")]


def test_webhook_in_use(api: Any) -> None:
    """A webhook that an active trigger calls cannot be deleted."""
    webhook = calls(api, "http://127.0.0.1:9/hook")
    api.refused(400, "DELETE", f"/webhooks/{webhook['id']}")


@pytest.mark.parametrize(
    "given",
    [{"endpoint": "ftp://x"}, {"http_method": "BREW"}, {"request_format": "x"}, {"name": ""}],
)
def test_unsound_webhooks(api: Any, given: dict[str, Any]) -> None:
    """A webhook that cannot work is refused."""
    sound = {
        "name": "N",
        "status": "active",
        "endpoint": "http://127.0.0.1:9/b",
        "http_method": "POST",
        "request_format": "json",
    }
    api.refused(400, "POST", "/webhooks", {"webhook": {**sound, **given}})
