"""Getting tokens from Zendesk by OAuth: what is sent, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integration import errors
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.sandbox.options import Client, Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox

OAUTH = "https://acme.zendesk.com/oauth/tokens"
BACK = "https://warranty.example.com/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
CLIENT = OAuthClient("zdg-warranty", "CLIENT-SECRET")
PAIR = {
    "access_token": "ACCESS",
    "refresh_token": "REFRESH",
    "token_type": "bearer",
    "scope": "read write",
    "expires_in": 1800,
    "refresh_token_expires_in": 7_689_600,
}


def sent(zendesk: responses.RequestsMock) -> Any:
    (call,) = zendesk.calls
    assert "Authorization" not in call.request.headers
    return json.loads(call.request.body or b"")


def test_the_admin_is_sent(zendesk: responses.RequestsMock) -> None:
    """The address carries what Zendesk asks for, PKCE by S256 among it, and no secret."""
    address = CLIENT.authorization("acme", redirect=BACK, state="s t&", challenge="CHALLENGE")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("https", "acme.zendesk.com")
    assert parts.path == "/oauth/authorizations/new"
    assert {name: value for name, [value] in parse_qs(parts.query).items()} == {
        "response_type": "code",
        "client_id": "zdg-warranty",
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "s t&",
        "code_challenge": "CHALLENGE",
        "code_challenge_method": "S256",
    }
    assert "CLIENT-SECRET" not in address + repr(CLIENT)


def test_exchange(zendesk: responses.RequestsMock) -> None:
    """A code is exchanged with its verifier and address, in one request; lives are within the
    manual's bounds."""
    zendesk.post(OAUTH, status=201, json=PAIR)
    got = CLIENT.exchange("acme", code="CODE", verifier=VERIFIER, redirect=BACK)
    assert got == Tokens("ACCESS", 1800, "REFRESH", 7_689_600)
    body = sent(zendesk)
    assert 300 < body.pop("expires_in") < 172_800
    assert 604_800 < body.pop("refresh_token_expires_in") < 7_776_000
    assert body == {
        "grant_type": "authorization_code",
        "code": "CODE",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "scope": "read write",
        "client_id": "zdg-warranty",
        "client_secret": "CLIENT-SECRET",
    }


def test_refresh(zendesk: responses.RequestsMock) -> None:
    """A refresh shows the refresh token and the client, and gives the new pair."""
    zendesk.post(OAUTH, json=PAIR)
    assert CLIENT.refresh("acme", "OLD").access == "ACCESS"
    body = sent(zendesk)
    assert (body["grant_type"], body["refresh_token"]) == ("refresh_token", "OLD")
    assert (body["client_id"], body["client_secret"]) == ("zdg-warranty", "CLIENT-SECRET")


def test_public_client(zendesk: responses.RequestsMock) -> None:
    """A client without a secret sends none, not an empty one."""
    zendesk.post(OAUTH, json=PAIR)
    OAuthClient("public", None).exchange("acme", code="CODE", verifier=VERIFIER, redirect=BACK)
    assert "client_secret" not in sent(zendesk)


def test_lives_left_out(zendesk: responses.RequestsMock) -> None:
    """Where Zendesk tells no lives (older clients), its defaults are taken."""
    zendesk.post(OAUTH, json={"access_token": "A", "refresh_token": "R"})
    assert CLIENT.refresh("acme", "OLD") == Tokens("A", 1800, "R", 2_592_000)


def test_own_has_nothing_to_refresh(zendesk: responses.RequestsMock) -> None:
    """A client's own token is asked for again: a refresh token that comes along is left."""
    zendesk.post(OAUTH, json=PAIR)
    assert CLIENT.own("acme") == Tokens("ACCESS", 1800)


REFUSALS: list[tuple[dict[str, Any], type[errors.HelpdeskError]]] = [
    ({"status": 400, "json": {"error": "invalid_grant"}}, GrantGone),
    ({"status": 401, "json": {"error": "invalid_grant"}}, GrantGone),
    ({"status": 401, "json": {"error": "invalid_client"}}, errors.Forbidden),
    ({"status": 400, "json": {"error": "invalid_client"}}, errors.Forbidden),
    ({"status": 400, "json": {"error": "unauthorized_client"}}, errors.Forbidden),
    ({"status": 401, "body": "<html>"}, errors.Forbidden),
    ({"status": 403, "json": {"error": "invalid_grant"}}, errors.Forbidden),
    ({"status": 403, "body": "blocked"}, errors.Forbidden),
    ({"status": 400, "json": {"error": "invalid_request"}}, errors.Invalid),
    ({"status": 400, "json": {"error": ["invalid_grant"]}}, errors.Invalid),
    ({"status": 400, "json": ["invalid_grant"]}, errors.Invalid),
    ({"status": 400, "body": "invalid_grant"}, errors.Invalid),
    ({"status": 404, "body": "no help desk"}, errors.NotFound),
    ({"status": 307, "headers": {"Location": "https://evil.example/"}}, errors.Rejected),
    ({"status": 429, "headers": {"Retry-After": "7"}, "json": {}}, errors.RateLimited),
    ({"status": 503, "body": "down"}, errors.Unavailable),
    ({"body": "<html>"}, errors.Unavailable),
    ({"json": {"access_token": None}}, errors.Unavailable),
    ({"json": {**PAIR, "refresh_token": "a\nb"}}, errors.Unavailable),
    ({"body": requests.ReadTimeout("CLIENT-SECRET")}, errors.Unavailable),
]


@pytest.mark.parametrize(("answer", "error"), REFUSALS)
def test_refusals(
    zendesk: responses.RequestsMock, answer: dict[str, Any], error: type[errors.HelpdeskError]
) -> None:
    """Only what is said of the grant itself ends it; every other refusal leaves it standing. No
    message shows a secret."""
    zendesk.post(OAUTH, **answer)
    with pytest.raises(error) as caught:
        CLIENT.refresh("acme", "REFRESH-TOKEN")
    assert isinstance(caught.value, GrantGone) == (error is GrantGone)
    for secret in ("CLIENT-SECRET", "REFRESH-TOKEN"):
        assert secret not in str(caught.value)
        assert secret not in str(getattr(caught.value, "advice", ""))
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize(
    ("answer", "ambiguous"),
    [
        ({"body": requests.ReadTimeout()}, True),
        ({"body": requests.ConnectTimeout()}, False),
        ({"status": 502, "body": "bad gateway"}, True),
        ({"body": "<html>"}, True),
        ({"status": 429, "json": {}}, False),
    ],
)
def test_used_up_or_not(
    zendesk: responses.RequestsMock, answer: dict[str, Any], ambiguous: bool
) -> None:
    """Where the refresh token may have been used up though no answer came, that is said."""
    zendesk.post(OAUTH, **answer)
    with pytest.raises(errors.Unavailable) as caught:
        CLIENT.refresh("acme", "OLD")
    assert caught.value.ambiguous is ambiguous


# -- against the sandbox ---------------------------------------------------------------------------


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    options = Options(
        limits=Limits(enabled=False),
        redirects=(BACK,),
        clients=(Client("public", "Public", None, (BACK,)),),
    )
    with running_sandbox(options) as served:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{served.port}")
        yield served


def allowed(sandbox: Sandbox, client: OAuthClient) -> str:
    """The code that an admin's browser brings back from the address it was sent to."""
    address = client.authorization(
        "sandbox", redirect=BACK, state="s", challenge=CHALLENGE.decode()
    )
    page = requests.get(address, timeout=5)
    assert page.status_code == 200
    given = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
    answer = requests.post(
        f"{sandbox.base_url}/oauth/authorizations",
        data={**given, "do": "allow", "as": str(sandbox.state.agent["id"])},
        headers={"Origin": sandbox.base_url},
        allow_redirects=False,
        timeout=5,
    )
    back = {k: v for k, [v] in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert back["state"] == "s"
    return back["code"]


@pytest.mark.parametrize("kind", ["global", "local", "public"])
def test_the_whole_way(sandbox: Sandbox, kind: str) -> None:
    """From the address to the first tokens, and from these to the next, with any kind of client;
    then nothing of the first pair is left."""
    options = sandbox.state.options
    client = {
        "global": OAuthClient(options.global_id, options.global_secret),
        "local": OAuthClient(options.client_id, options.client_secret),
        "public": OAuthClient("public", None),
    }[kind]
    code = allowed(sandbox, client)
    first = client.exchange("sandbox", code=code, verifier=VERIFIER, redirect=BACK)
    assert (first.life, first.refresh_life) == (1800, 89 * 86_400)
    assert first.refresh is not None
    second = client.refresh("sandbox", first.refresh)
    assert second.access != first.access
    with pytest.raises(GrantGone):
        client.refresh("sandbox", first.refresh)
    with pytest.raises(GrantGone):
        client.exchange("sandbox", code=code, verifier=VERIFIER, redirect=BACK)


def test_wrong_verifier(sandbox: Sandbox) -> None:
    """Somebody who caught the code, and has not the verifier, gets nothing for it."""
    client = OAuthClient("public", None)
    code = allowed(sandbox, client)
    with pytest.raises(GrantGone):
        client.exchange("sandbox", code=code, verifier="w" * 43, redirect=BACK)


def test_wrong_secret(sandbox: Sandbox) -> None:
    """A wrong client secret is the client's fault and not the grant's."""
    client = OAuthClient(sandbox.state.options.global_id, "wrong")
    with pytest.raises(errors.Forbidden) as caught:
        client.refresh("sandbox", "x")
    assert not isinstance(caught.value, GrantGone)
    assert "secret" in caught.value.advice


def test_own(sandbox: Sandbox) -> None:
    """An account's own client has a token at once, and as often as it asks."""
    client = OAuthClient(sandbox.state.options.client_id, sandbox.state.options.client_secret)
    one, two = client.own("sandbox"), client.own("sandbox")
    assert one.access != two.access
    assert one.refresh is None
