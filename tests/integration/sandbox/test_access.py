"""Who may do what, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integration.sandbox import auth
from integration.sandbox.options import Limits


def get(api: Any, path: str, token: str | None, method: str = "GET") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return api.client.open(f"/api/v2{path}", method=method, headers=headers)


def test_no_token(api: Any) -> None:
    """Without a token there is a 401 in Zendesk's words."""
    answer = get(api, "/users/me", None)
    assert (answer.status_code, answer.json) == (401, {"error": "Couldn't authenticate you"})
    answer = api.client.get("/api/v2/users/me", headers={"Authorization": "Basic eDp5"})
    assert answer.status_code == 401


def test_unknown_and_expired(api: Any, clock: Any) -> None:
    """An unknown or expired token is an ``invalid_token``."""
    assert get(api, "/users/me", "nobody's").json["error"] == "invalid_token"
    token = auth.issue(api.state, api.state.app_user["id"], ttl=60)
    assert get(api, "/users/me", token).status_code == 200
    clock.pass_(seconds=60)
    answer = get(api, "/users/me", token)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_client_credentials(api: Any, clock: Any) -> None:
    """A client's id and secret get a bearer token for 30 minutes, as the app's own user."""
    given = {
        "grant_type": "client_credentials",
        "client_id": api.state.options.client_id,
        "client_secret": api.state.options.client_secret,
        "scope": "read write",
    }
    answer = api.client.post("/oauth/tokens", json=given)
    assert answer.json["token_type"] == "bearer"
    assert answer.json["expires_in"] == 1800
    token = answer.json["access_token"]
    assert get(api, "/users/me", token).json["user"]["name"] == "Warranty Desk"
    clock.pass_(minutes=30)
    assert get(api, "/users/me", token).status_code == 401
    form = api.client.post("/oauth/tokens", data=given)
    assert form.status_code == 201
    wrong = api.client.post("/oauth/tokens", json={**given, "client_secret": "x"})
    assert (wrong.status_code, wrong.json["error"]) == (401, "invalid_client")
    wrong = api.client.post("/oauth/tokens", json={**given, "grant_type": "password"})
    assert (wrong.status_code, wrong.json["error"]) == (400, "unsupported_grant_type")
    wrong = api.client.post("/oauth/tokens", json={**given, "expires_in": 10})
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "/tickets", 200),
        ("read", "POST", "/tickets", 403),
        ("write", "GET", "/tickets", 403),
        ("tickets:read", "GET", "/tickets", 200),
        ("tickets:read", "GET", "/macros", 403),
        ("tickets:read", "GET", "/ticket_fields", 403),
        ("nonsense", "GET", "/tickets", 403),
    ],
)
def test_scopes(api: Any, scope: str, method: str, path: str, status: int) -> None:
    """A token reaches as far as its scopes; an unknown scope reaches nowhere."""
    token = auth.issue(api.state, api.state.app_user["id"], scope)
    answer = get(api, path, token, method)
    assert answer.status_code == status
    if status == 403:
        assert answer.json["error"] == "Forbidden"


def test_roles(api: Any) -> None:
    """An agent who is no admin may not touch rules or see webhooks; a customer may nothing."""
    agent = api.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    token = auth.issue(api.state, agent["id"])
    assert get(api, "/tickets", token).status_code == 200
    assert get(api, "/triggers", token).status_code == 200
    assert get(api, "/triggers", token, "POST").status_code == 403
    assert get(api, "/webhooks", token).status_code == 403
    customer = api.ok("POST", "/users", {"user": {"name": "Customer 3"}})["user"]
    assert get(api, "/tickets", auth.issue(api.state, customer["id"])).status_code == 403


def test_deactivated_user(api: Any) -> None:
    """A token dies with its user."""
    agent = api.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    token = auth.issue(api.state, agent["id"])
    api.ok("DELETE", f"/users/{agent['id']}")
    assert get(api, "/tickets", token).status_code == 401


def test_taken_email(api: Any) -> None:
    """Two users cannot have one e-mail."""
    given = {"user": {"name": "C", "email": "c@example.com"}}
    api.ok("POST", "/users", given)
    body = api.refused(422, "POST", "/users", given)
    assert body["details"]["email"][0]["error"] == "DuplicateValue"


def test_unknown_paths(api: Any) -> None:
    """An unknown path or method is told in JSON."""
    assert api.refused(404, "GET", "/moon")["error"] == "InvalidEndpoint"
    api.refused(405, "DELETE", "/job_statuses")


def test_host(api: Any) -> None:
    """A request that names another host, as a rebound DNS name would, is refused."""
    api.refused(400, "GET", "/users/me", base_url="http://evil.example")
    api.ok("GET", "/users/me", base_url="http://127.0.0.1:5000")


def test_account_limit(make_api: Callable[..., Any], clock: Any) -> None:
    """Past the account's limit there is a 429 that says when to come back; then it goes on."""
    api = make_api(limits=Limits(account=3))
    for left in ("2", "1", "0"):
        answer = api.call("GET", "/users/me")
        assert answer.headers["X-Rate-Limit"] == "3"
        assert answer.headers["X-Rate-Limit-Remaining"] == left
        assert answer.headers["ratelimit-remaining"] == left
    clock.pass_(seconds=20)
    answer = api.call("GET", "/users/me")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "40"
    assert answer.headers["ratelimit-reset"] == "40"
    clock.pass_(seconds=40)
    api.ok("GET", "/users/me")


def test_update_limit(make_api: Callable[..., Any], clock: Any) -> None:
    """Ticket updates have a limit of their own, tags included, while reading goes on."""
    api = make_api(limits=Limits(ticket_updates=2))
    one, two = api.ticket()["id"], api.ticket()["id"]
    answer = api.call("PUT", f"/tickets/{one}", {"ticket": {"subject": "1"}})
    header = answer.headers["zendesk-ratelimit-tickets-update"]
    assert header == "total=2; remaining=1; resets=60"
    api.ok("PUT", f"/tickets/{two}/tags", {"tags": ["a"]})
    refused = api.call("PUT", f"/tickets/{one}", {"ticket": {"subject": "2"}})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert int(refused.headers["X-Rate-Limit-Remaining"]) > 600
    assert api.ok("GET", f"/tickets/{one}")["ticket"]["subject"] == "1"
    clock.pass_(minutes=1)
    api.update(one, subject="2")


def test_one_ticket_limit(make_api: Callable[..., Any], clock: Any) -> None:
    """One user may update one ticket 30 times in ten minutes; another ticket is untouched."""
    api = make_api(limits=Limits())
    one, two = api.ticket()["id"], api.ticket()["id"]
    for n in range(30):
        api.update(one, subject=str(n))
    refused = api.call("PUT", f"/tickets/{one}", {"ticket": {"subject": "x"}})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    api.update(two, subject="x")
    clock.pass_(minutes=10)
    api.update(one, subject="x")


def test_export_limit(make_api: Callable[..., Any]) -> None:
    """The incremental export may be asked ten times a minute."""
    api = make_api(limits=Limits())
    for _ in range(10):
        api.ok("GET", "/incremental/tickets/cursor?start_time=1")
    api.refused(429, "GET", "/incremental/tickets/cursor?start_time=1")


def test_limits_off(make_api: Callable[..., Any]) -> None:
    """Limits can be switched off; the headers stay."""
    api = make_api(limits=Limits(account=1, enabled=False))
    api.ok("GET", "/users/me")
    assert api.call("GET", "/users/me").headers["X-Rate-Limit"] == "1"
