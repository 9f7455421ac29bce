"""What the sandbox's proxy sends for an app: where it may go, and what it fills in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.integration.sandbox.test_packages import FOLDER, KEY, SECRET, installation

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
SIGNED = {
    "secure": True,
    "headers": {"Authorization": "Bearer {{jwt.token}}"},
    "jwt": {
        "algorithm": "HS256",
        "secret_key": "{{setting.app_secret}}",
        "expiry": 60,
        "claims": {"iss": "sandbox", "aud": "{{setting.service_url}}", "installation": "main"},
    },
}


@pytest.fixture
def desk(make_api: Callable[..., Any], receiver: Any) -> Any:
    parts = urlsplit(receiver.url)
    settings = {
        "service_url": f"{parts.scheme}://{parts.netloc}",
        "app_secret": SECRET,
        "api_key": KEY,
    }
    return make_api(app_folder=FOLDER, app_settings=settings)


def ask(desk: Any, from_: Any = OWN, **options: Any) -> Any:
    path = f"/agent/apps/{installation(desk).id}/request"
    return desk.client.post(path, json=options, headers=from_)


def came(desk: Any, **options: Any) -> Any:
    answer = ask(desk, **options)
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    assert KEY not in answer.text
    return answer.json


def refused(desk: Any, **options: Any) -> str:
    found = came(desk, **options)
    assert found["status"] == 403
    return str(json.loads(found["text"])["description"])


def test_a_token_is_signed_for_the_app(desk: Any, receiver: Any, clock: Any) -> None:
    """By the secret that the browser never has, with the claims, good from now for as long as was
    asked; the body goes as it is."""
    body = json.dumps({"ticket": 1})
    sent = {"url": receiver.url, "type": "POST", "contentType": "application/json", "data": body}
    found = came(desk, **SIGNED, **sent)
    assert (found["status"], found["text"]) == (200, "ok")
    (one,) = receiver.deliveries
    assert (one.method, one.body.decode()) == ("POST", body)
    assert one.headers["content-type"] == "application/json"
    token = one.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],
        audience=installation(desk).settings["service_url"],
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] == int(clock.now.timestamp())
    assert (claims["iss"], claims["installation"]) == ("sandbox", "main")


def test_settings_are_filled_in_where_they_may_be(desk: Any, receiver: Any) -> None:
    """In the address and the headers, as their scopes say."""
    url = "{{setting.service_url}}/hook?key={{setting.api_key}}"
    came(desk, url=url, secure=True, headers={"X-Key": "{{ setting.api_key }}"})
    (one,) = receiver.deliveries
    assert one.headers["x-key"] == KEY
    assert one.path == f"/hook?key={KEY}"


def test_a_setting_goes_nowhere_else(desk: Any, receiver: Any) -> None:
    """A secret that is for signing goes into no header, address or body, whatever an app asks."""
    for more in (
        {"headers": {"X": "{{setting.app_secret}}"}},
        {"url": f"{receiver.url}?s={{{{setting.app_secret}}}}"},
        {"type": "POST", "data": "{{setting.app_secret}}"},
        {
            "type": "POST",
            "data": {"a": "{{setting.api_key}}"},
            "headers": {"X": "{{setting.app_secret}}"},
        },
    ):
        assert "its scopes do not let it" in refused(
            desk, **{"url": receiver.url, "secure": True, **more}
        )
    assert receiver.deliveries == []


def test_without_secure_nothing_is_filled_in(desk: Any, receiver: Any) -> None:
    """What looks like a placeholder is sent as it stands."""
    came(
        desk,
        url=receiver.url,
        headers={"X": "{{setting.api_key}} {{jwt.token}}"},
        **{"jwt": SIGNED["jwt"]},
    )
    assert receiver.deliveries[0].headers["x"] == "{{setting.api_key}} {{jwt.token}}"


def test_only_the_apps_own_hosts_are_asked(desk: Any, receiver: Any) -> None:
    """No other host, no other port of the same one, no other scheme; nor by a setting put there."""
    port = urlsplit(receiver.url).port
    for url in (
        *("http://elsewhere.example.com/", f"http://localhost:{port}/hook", "file:///etc/passwd"),
        *("http://127.0.0.1:1/hook", "//elsewhere.example.com/", "javascript:alert(1)"),
        *(f"http://127.0.0.1:{port}@elsewhere.example.com/", "ftp://127.0.0.1/"),
    ):
        assert refused(desk, url=url).startswith("url"), url
    assert receiver.deliveries == []


def test_a_path_is_asked_of_the_helpdesk_as_the_agent(desk: Any) -> None:
    """With the rights of whoever is signed in, and in their name: the audit names them."""
    ticket = desk.ticket()
    found = came(desk, url=f"/api/v2/tickets/{ticket['id']}.json")
    assert json.loads(found["text"])["ticket"]["id"] == ticket["id"]
    assert found["headers"]["content-type"].startswith("application/json")
    me = json.loads(came(desk, url="/api/v2/users/me.json")["text"])["user"]
    assert me["id"] == desk.state.agent["id"]
    given = {
        "url": f"/api/v2/tickets/{ticket['id']}.json",
        "type": "PUT",
        "contentType": "application/json",
        "data": json.dumps({"ticket": {"priority": "high"}}),
        "headers": {"Authorization": f"Bearer {desk.state.options.token}"},
    }
    assert came(desk, **given)["status"] == 200
    audit = desk.ok("GET", f"/tickets/{ticket['id']}/audits")["audits"][-1]
    assert audit["author_id"] == desk.state.agent["id"]
    missing = came(desk, url="/api/v2/tickets/999.json")
    assert (missing["status"], missing["statusText"]) == (404, "NOT FOUND")


def test_the_sandboxs_own_controls_are_not_for_apps(desk: Any) -> None:
    """Neither faults nor pages are asked for an app."""
    for url in ("/sandbox/requests", "/agent/tickets", "agent/tickets", "/api/../sandbox/requests"):
        assert refused(desk, url=url).startswith("url")


def test_who_is_not_reached(desk: Any, receiver: Any) -> None:
    """Nothing there is told as 502, too slow as a status of 0; an error comes as it is."""
    receiver.answers += [(503, {"Retry-After": "7"}, 0.0), (302, {"Location": "/other"}, 0.0)]
    found = came(desk, url=receiver.url)
    assert (found["status"], found["headers"]["retry-after"]) == (503, "7")
    assert came(desk, url=receiver.url)["status"] == 302
    assert len(receiver.deliveries) == 2
    receiver.answers.append((200, {}, 30.0))
    found = came(desk, url=receiver.url, timeout=50)
    assert (found["status"], found["statusText"]) == (0, "timeout")
    receiver.released.set()
    nowhere = {"settings": {"service_url": "http://127.0.0.1:1"}}
    desk.ok("PUT", f"/apps/installations/{installation(desk).id}.json", nowhere)
    assert came(desk, url="http://127.0.0.1:1/")["status"] == 502


def test_data_is_sent_as_jquery_does(desk: Any, receiver: Any) -> None:
    """An object is a form, and of a GET its query."""
    came(desk, url=receiver.url, type="POST", data={"a": "1 2", "b": ["x", "y"]})
    came(desk, url=f"{receiver.url}?z=1", data={"a": "ä"})
    posted, got = receiver.deliveries
    assert parse_qs(posted.body.decode()) == {"a": ["1 2"], "b": ["x", "y"]}
    assert posted.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qs(urlsplit(got.path).query) == {"z": ["1"], "a": ["ä"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "RS256"},
        {"algorithm": "none"},
        {"secret_key": ""},
        {"secret_key": "{{setting.nothing}}"},
        {"expiry": 0},
        {"expiry": "60"},
        {"expiry": True},
    ],
)
def test_a_token_that_cannot_be_signed(desk: Any, receiver: Any, wrong: Any) -> None:
    """Then nothing is sent."""
    asked = {**SIGNED, "jwt": {**SIGNED["jwt"], **wrong}}  # type: ignore[dict-item]
    assert refused(desk, url=receiver.url, **asked).startswith("jwt")
    assert receiver.deliveries == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_only_the_workspace_may_ask(desk: Any, receiver: Any, headers: Any) -> None:
    """No other page, and not an app's own frame: the proxy would be a door to the account."""
    assert ask(desk, headers, url=receiver.url).status_code == 403
    assert receiver.deliveries == []


def test_an_app_that_is_off_asks_nothing(desk: Any, receiver: Any) -> None:
    """Nor does one that is not there."""
    one = installation(desk)
    desk.ok("PUT", f"/apps/installations/{one.id}.json", {"enabled": False})
    assert ask(desk, url=receiver.url).status_code == 404
    answer = desk.client.post("/agent/apps/1/request", json={"url": receiver.url}, headers=OWN)
    assert answer.status_code == 404


def test_no_request_from_outside_is_signed_in(desk: Any) -> None:
    """The agent's session is nothing that a header could claim."""
    for name in ("sandbox.agent", "sandbox-agent", "X-Sandbox-Agent"):
        answer = desk.client.get(
            "/api/v2/users/me.json", headers={name: str(desk.state.agent["id"])}
        )
        assert answer.status_code == 401
