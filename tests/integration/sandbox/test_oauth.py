"""Letting a client into the sandbox, by OAuth as Zendesk demands it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from integration.sandbox.api.oauth import authorizations
from integration.sandbox.options import Client

BACK = "https://warranty.example.com/connect/back?kept=1"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
OWN = {"Origin": "http://localhost"}
PUBLIC = Client("public_one", "Public", None, (BACK,))


@pytest.fixture
def desk(make_api: Callable[..., Any]) -> Any:
    return make_api(redirects=(BACK,), clients=(PUBLIC,))


def ask(api: Any, **more: str | None) -> dict[str, str]:
    given = {
        "response_type": "code",
        "client_id": api.state.options.global_id,
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "s t&",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def page(api: Any, given: dict[str, str]) -> Any:
    return api.client.get(f"/oauth/authorizations/new?{urlencode(given)}")


def decide(api: Any, given: dict[str, str], do: str = "allow", **more: Any) -> Any:
    form = {**given, "do": do, "as": str(api.state.agent["id"]), **more}
    return api.client.post("/oauth/authorizations", data=form, headers=OWN)


def sent_back(answer: Any) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK.partition("?")[0]
    found = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert found.pop("kept") == "1"
    return found


def code(api: Any, **more: str | None) -> str:
    return sent_back(decide(api, ask(api, **more)))["code"]


def exchange(api: Any, text: str, **more: Any) -> Any:
    given = {
        "grant_type": "authorization_code",
        "code": text,
        "client_id": api.state.options.global_id,
        "client_secret": api.state.options.global_secret,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **more,
    }
    body = {name: value for name, value in given.items() if value is not None}
    return api.client.post("/oauth/tokens", json=body)


def refresh(api: Any, token: str, **more: Any) -> Any:
    given = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": api.state.options.global_id,
        "client_secret": api.state.options.global_secret,
        **more,
    }
    body = {name: value for name, value in given.items() if value is not None}
    return api.client.post("/oauth/tokens", json=body)


def connected(api: Any, **more: Any) -> Any:
    answer = exchange(api, code(api), **more)
    assert answer.status_code == 201, answer.text
    return answer.json


def me(api: Any, token: str, method: str = "GET", path: str = "/users/me", **headers: str) -> Any:
    headers["Authorization"] = f"Bearer {token}"
    return api.client.open(f"/api/v2{path}", method=method, headers=headers)


def refused(answer: Any, status: int, error: str) -> None:
    assert (answer.status_code, answer.json["error"]) == (status, error), answer.text


# -- a person is asked -----------------------------------------------------------------------------


def test_the_whole_way(desk: Any) -> None:
    """An admin is asked by name and in words, allows, and the client has a pair of tokens that act
    as that admin."""
    shown = page(desk, ask(desk))
    assert shown.status_code == 200
    assert "Allow Warranty Desk to access your account?" in shown.text
    assert "Change and delete everything" in shown.text
    back = sent_back(decide(desk, ask(desk)))
    assert back["state"] == "s t&"
    answer = exchange(desk, back["code"])
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert {k: v for k, v in answer.json.items() if not k.endswith("_token")} == {
        "token_type": "bearer",
        "scope": "read write",
        "expires_in": 1800,
        "refresh_token_expires_in": 2_592_000,
    }
    assert me(desk, answer.json["access_token"]).json["user"]["id"] == desk.state.agent["id"]


def test_as_somebody_else(desk: Any) -> None:
    """Whoever allows it is whom the token acts as, with their rights and no more."""
    agent = desk.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    given = ask(desk)
    text = sent_back(decide(desk, given, **{"as": str(agent["id"])}))["code"]
    token = exchange(desk, text).json["access_token"]
    assert me(desk, token).json["user"]["id"] == agent["id"]
    assert me(desk, token, path="/webhooks").status_code == 403
    customer = desk.ok("POST", "/users", {"user": {"name": "Customer 3"}})["user"]
    assert decide(desk, given, **{"as": str(customer["id"])}).status_code == 404


def test_denied(desk: Any) -> None:
    """Where the admin says no, the client is told so, and nothing is granted."""
    back = sent_back(decide(desk, ask(desk), "deny"))
    assert (back["error"], back["state"]) == ("access_denied", "s t&")
    assert "code" not in back
    assert authorizations(desk.client.application).granted == []


@pytest.mark.parametrize(
    "more",
    [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": None}],
)
def test_not_sent_anywhere(desk: Any, more: dict[str, Any]) -> None:
    """Nobody is sent to an address that the client has not registered: they are told instead."""
    for answer in (page(desk, ask(desk, **more)), decide(desk, ask(desk, **more))):
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert "Invalid authorization request" in answer.text


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"client_id": "public_one", "code_challenge": None}, "invalid_request"),
    ],
)
def test_unfit(desk: Any, more: dict[str, Any], error: str) -> None:
    """A request that is not in order is told to the client; the POST looks again, so the page
    cannot be got round."""
    assert sent_back(page(desk, ask(desk, **more)))["error"] == error
    assert sent_back(decide(desk, ask(desk, **more)))["error"] == error


def test_another_site_cannot_allow(desk: Any) -> None:
    """A form on another site cannot press the button, and no site may frame the page."""
    form = {**ask(desk), "do": "allow", "as": str(desk.state.agent["id"])}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = desk.client.post("/oauth/authorizations", data=form, headers=headers)
        assert answer.status_code == 403
    headers = page(desk, ask(desk)).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://warranty.example.com;" in policy
    assert headers["X-Frame-Options"] == "DENY"


def test_what_is_asked_is_escaped(desk: Any) -> None:
    """What comes in the address stands in the page as text."""
    hostile = "\"><script>alert('x')</script>"
    shown = page(desk, ask(desk, scope=hostile, state=hostile)).text
    assert "<script>" not in shown


def test_redirects_are_checked() -> None:
    """A client can be sent back only to https, or to this machine."""
    for address in ("http://example.com/", "javascript:alert(1)", "/back"):
        with pytest.raises(ValueError, match="redirect"):
            Client("x", "X", None, (address,))
    Client("x", "X", None, ("http://127.0.0.1:8000/back", "http://localhost/", "https://x.example"))


# -- codes -----------------------------------------------------------------------------------------


def test_code_is_good_once(desk: Any) -> None:
    """A code works once; where it comes a second time, what it gave is taken back."""
    text = code(desk)
    token = exchange(desk, text).json["access_token"]
    refused(exchange(desk, text), 400, "invalid_grant")
    assert me(desk, token).status_code == 401


def test_code_is_good_for_two_minutes(desk: Any, clock: Any) -> None:
    """A code works for 120 seconds."""
    one, two = code(desk), code(desk)
    clock.pass_(seconds=119)
    assert exchange(desk, one).status_code == 201
    clock.pass_(seconds=1)
    refused(exchange(desk, two), 400, "invalid_grant")


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"redirect_uri": "https://warranty.example.com/other"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None, "code_verifier": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "public_one", "client_secret": None}, 400, "invalid_grant"),
        ({"code": "made up"}, 400, "invalid_grant"),
        ({"expires_in": 300}, 400, "invalid_request"),
        ({"expires_in": 172_800}, 400, "invalid_request"),
        ({"refresh_token_expires_in": 604_799}, 400, "invalid_request"),
        ({"refresh_token_expires_in": 7_776_000}, 400, "invalid_request"),
    ],
)
def test_code_is_bound(desk: Any, more: dict[str, Any], status: int, error: str) -> None:
    """A code is good only for the client, the address and the verifier it was made for; a failed
    try does not use it up."""
    text = code(desk)
    refused(exchange(desk, text, **more), status, error)
    assert exchange(desk, text).status_code == 201


def test_verifier_without_a_challenge(desk: Any) -> None:
    """A secret alone is enough where no challenge was sent; then a verifier must not come."""
    plain: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
    text = code(desk, **plain)
    refused(exchange(desk, text, client_secret=None), 400, "invalid_grant")
    refused(exchange(desk, text), 400, "invalid_grant")
    assert exchange(desk, text, code_verifier=None).status_code == 201


def test_pkce_alone(desk: Any) -> None:
    """With PKCE neither a public client nor a confidential one needs a secret for a code."""
    assert exchange(desk, code(desk), client_secret=None).status_code == 201
    text = code(desk, client_id="public_one")
    public = {"client_id": "public_one", "client_secret": None}
    pair = exchange(desk, text, **public).json
    assert refresh(desk, pair["refresh_token"], **public).status_code == 201


# -- tokens ----------------------------------------------------------------------------------------


def test_refresh_rotates(desk: Any) -> None:
    """A refresh gives a new pair, and both old tokens are dead at once; the new ones live."""
    old = connected(desk)
    answer = refresh(desk, old["refresh_token"])
    assert answer.status_code == 201
    new = answer.json
    assert not {old["access_token"], old["refresh_token"]} & set(map(str, new.values()))
    refused(me(desk, old["access_token"]), 401, "invalid_token")
    refused(refresh(desk, old["refresh_token"]), 400, "invalid_grant")
    assert me(desk, new["access_token"]).status_code == 200
    assert refresh(desk, new["refresh_token"]).status_code == 201
    rows = desk.client.get(
        "/sandbox/grants", headers={"Authorization": f"Bearer {desk.state.options.token}"}
    ).json["grants"]
    assert [(row["refreshed"], row["revoked"]) for row in rows] == [(2, False)]
    assert "access_token" not in str(rows)


def test_form_body(desk: Any) -> None:
    """Tokens may be asked for by a form as well as by JSON."""
    given = {
        "grant_type": "refresh_token",
        "refresh_token": connected(desk)["refresh_token"],
        "client_id": desk.state.options.global_id,
        "client_secret": desk.state.options.global_secret,
        "expires_in": "600",
    }
    answer = desk.client.post("/oauth/tokens", data=given)
    assert (answer.status_code, answer.json["expires_in"]) == (201, 600)


def test_tokens_age(desk: Any, clock: Any) -> None:
    """An access token ends after the seconds asked for, a refresh token after its own."""
    pair = connected(desk, expires_in=600, refresh_token_expires_in=604_800)
    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (600, 604_800)
    clock.pass_(seconds=599)
    assert me(desk, pair["access_token"]).status_code == 200
    clock.pass_(seconds=1)
    refused(me(desk, pair["access_token"]), 401, "invalid_token")
    clock.pass_(seconds=604_800 - 600)
    refused(refresh(desk, pair["refresh_token"]), 400, "invalid_grant")


def test_lives_for_tests(make_api: Callable[..., Any], clock: Any) -> None:
    """Tokens can be made to age in seconds, whatever is asked for."""
    api = make_api(redirects=(BACK,), access_life=3, refresh_life=9)
    pair = connected(api, expires_in=1800)
    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (3, 9)
    clock.pass_(seconds=3)
    assert me(api, pair["access_token"]).status_code == 401
    assert refresh(api, pair["refresh_token"]).json["expires_in"] == 3


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_secret": None, "code_verifier": VERIFIER}, 401, "invalid_client"),
        ({"client_id": "public_one", "client_secret": None}, 400, "invalid_grant"),
        ({"refresh_token": None}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_grant"),
        ({"scope": "read write impersonate"}, 400, "invalid_scope"),
        ({"expires_in": 10}, 400, "invalid_request"),
    ],
)
def test_refresh_is_bound(desk: Any, more: dict[str, Any], status: int, error: str) -> None:
    """A refresh token is good for its own client alone; a refusal uses nothing up."""
    pair = connected(desk)
    refused(refresh(desk, pair["refresh_token"], **more), status, error)
    assert me(desk, pair["access_token"]).status_code == 200
    assert refresh(desk, pair["refresh_token"], scope="read").json["scope"] == "read"


def test_scope_as_a_list(desk: Any) -> None:
    """A scope given as a list yields a token that may do nothing, as Zendesk's manual warns."""
    given = {
        "grant_type": "client_credentials",
        "client_id": desk.state.options.client_id,
        "client_secret": desk.state.options.client_secret,
        "scope": ["read", "write"],
    }
    token = desk.client.post("/oauth/tokens", json=given).json["access_token"]
    assert me(desk, token).status_code == 403


def test_own_tokens(desk: Any) -> None:
    """Only a confidential client of the account itself gets tokens of its own."""
    for name, secret in ((desk.state.options.global_id, "global_secret"), ("public_one", "")):
        given = {"grant_type": "client_credentials", "client_id": name}
        if secret:
            given["client_secret"] = getattr(desk.state.options, secret)
        refused(desk.client.post("/oauth/tokens", json=given), 400, "unauthorized_client")


def test_current_token(desk: Any, clock: Any) -> None:
    """A token tells of itself, but only its beginning; deleted, it and its refresh token are
    dead."""
    pair = connected(desk)
    clock.pass_(seconds=5)
    told = me(desk, pair["access_token"], path="/oauth/tokens/current.json").json["token"]
    assert told["token"] == pair["access_token"][:10]
    assert told["user_id"] == desk.state.agent["id"]
    assert told["scopes"] == ["read", "write"]
    assert told["expires_at"] == "2026-05-04T09:30:00Z"
    assert told["used_at"] == "2026-05-04T09:00:05Z"
    assert told["refresh_token_expires_at"] == "2026-06-03T09:00:00Z"
    assert pair["refresh_token"] not in str(told)
    assert me(desk, pair["access_token"], "DELETE", "/oauth/tokens/current").status_code == 204
    refused(me(desk, pair["access_token"]), 401, "invalid_token")
    refused(refresh(desk, pair["refresh_token"]), 400, "invalid_grant")


def test_token_by_number(desk: Any) -> None:
    """An admin may take back anybody's token by its number, an agent only their own."""
    agent = desk.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    text = sent_back(decide(desk, ask(desk), **{"as": str(agent["id"])}))["code"]
    theirs = exchange(desk, text).json["access_token"]
    ours = connected(desk)["access_token"]
    number = me(desk, ours, path="/oauth/tokens/current").json["token"]["id"]
    assert me(desk, theirs, "DELETE", f"/oauth/tokens/{number}").status_code == 404
    own = me(desk, theirs, path="/oauth/tokens/current").json["token"]["id"]
    desk.ok("DELETE", f"/oauth/tokens/{own}")
    assert me(desk, theirs).status_code == 401
    assert me(desk, ours).status_code == 200
    desk.refused(404, "GET", "/oauth/tokens/none")


def test_taken_back(desk: Any) -> None:
    """A grant that is taken back, as where an admin removes the app, leaves neither token alive,
    and no other is touched."""
    one, two = connected(desk), connected(desk)
    headers = {"Authorization": f"Bearer {desk.state.options.token}"}
    rows = desk.client.get("/sandbox/grants", headers=headers).json["grants"]
    first = f"/sandbox/grants/{rows[0]['id']}"
    assert desk.client.delete(first, headers=headers).status_code == 204
    refused(me(desk, one["access_token"]), 401, "invalid_token")
    refused(refresh(desk, one["refresh_token"]), 400, "invalid_grant")
    assert me(desk, two["access_token"]).status_code == 200
    assert desk.client.delete("/sandbox/grants", headers=headers).status_code == 204
    assert me(desk, two["access_token"]).status_code == 401
    assert desk.client.delete("/sandbox/grants/1", headers=headers).status_code == 404
    assert desk.client.get("/sandbox/grants").status_code == 401


def test_deactivated_user(desk: Any) -> None:
    """What a user granted ends with the user."""
    agent = desk.ok("POST", "/users", {"user": {"name": "Agent 2", "role": "agent"}})["user"]
    text = sent_back(decide(desk, ask(desk), **{"as": str(agent["id"])}))["code"]
    pair = exchange(desk, text).json
    desk.ok("DELETE", f"/users/{agent['id']}")
    refused(refresh(desk, pair["refresh_token"]), 400, "invalid_grant")


def test_marketplace_headers_are_missed(desk: Any) -> None:
    """Of a global client's requests those are counted that lack one of the three headers."""
    token = connected(desk)["access_token"]
    whole = {
        "X-Zendesk-Marketplace-Name": "Warranty Desk",
        "X-Zendesk-Marketplace-Organization-Id": "1",
        "X-Zendesk-Marketplace-App-Id": "2",
    }
    me(desk, token, **whole)
    me(desk, token, **{**whole, "X-Zendesk-Marketplace-App-Id": ""})
    me(desk, token)
    desk.ok("GET", "/users/me")  # no global client's token
    (one,) = authorizations(desk.client.application).rows()
    assert one["requests_without_marketplace_headers"] == 2


def test_options_show_no_secret(desk: Any) -> None:
    """Neither options nor clients show a secret."""
    shown = repr(desk.state.options) + repr(authorizations(desk.client.application).clients)
    for secret in (desk.state.options.client_secret, desk.state.options.global_secret):
        assert secret not in shown


@pytest.mark.parametrize(("offered", "status"), [("missing", 404), ("forbidden", 403)])
def test_plan_without_sla_policies(make_api: Callable[..., Any], offered: str, status: int) -> None:
    """A plan that lacks SLA policies refuses all that belongs to them, and nothing else."""
    api = make_api(sla_policies=offered)
    for path in ("/slas/policies", "/slas/policies.json", "/slas/policies/definitions.json"):
        api.refused(status, "GET", path)
    api.refused(status, "POST", "/slas/policies", {"sla_policy": {"title": "T", "filter": {}}})
    api.ok("GET", "/triggers")


def test_the_window_as_an_sla_policy(api: Any) -> None:
    """A policy of 43,200 minutes by tag, for every priority, is kept as it was given."""
    tags = [d["value"] for d in api.ok("GET", "/slas/policies/definitions")["definitions"]["all"]]
    assert "current_tags" in tags
    metrics = [
        {
            "priority": p,
            "metric": "total_resolution_time",
            "target": 43_200,
            "business_hours": False,
        }
        for p in ("low", "normal", "high", "urgent")
    ]
    condition = {"field": "current_tags", "operator": "includes", "value": "warranty_claim"}
    given = {
        "title": "Window",
        "filter": {"all": [condition], "any": []},
        "policy_metrics": metrics,
    }
    made = api.ok("POST", "/slas/policies", {"sla_policy": given})["sla_policy"]
    again = api.ok("GET", f"/slas/policies/{made['id']}")["sla_policy"]
    assert again["filter"] == given["filter"]
    told = again["policy_metrics"]
    assert {one.pop("target_in_seconds") for one in told} == {2_592_000}
    assert told == metrics


def test_page_of_grants(desk: Any) -> None:
    """An admin sees who was let in and removes access with a button, from the pages alone."""
    token = connected(desk)["access_token"]
    shown = desk.client.get("/agent/apps").text
    action = re.search(r'action="(/agent/apps/grants/\d+)"', shown)
    assert action
    assert desk.client.post(action[1]).status_code == 403
    assert me(desk, token).status_code == 200
    assert desk.client.post(action[1], headers=OWN).status_code == 303
    assert me(desk, token).status_code == 401
    assert "Nobody was let in yet." in desk.client.get("/agent/apps").text
