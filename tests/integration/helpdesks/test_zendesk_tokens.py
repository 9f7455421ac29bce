"""Tokens are fetched once, renewed in time, and never shown."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from integration import errors
from integration.helpdesks import Bindings, Change, TicketRef
from integration.helpdesks.zendesk import Account, ClientCredentials, StaticToken, connect

OAUTH = "https://acme.zendesk.com/oauth/tokens"
URL = "https://acme.zendesk.com/api/v2/tickets/4016.json"
REF = TicketRef("inst", "4016")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> ClientCredentials:
    return ClientCredentials("acme", "the-client", "CLIENT-SECRET", clock=clock)


def grant(zendesk: responses.RequestsMock, token: str, **answer: Any) -> None:
    zendesk.post(OAUTH, json={"access_token": token, "token_type": "bearer", **answer})


def oauth_calls(zendesk: responses.RequestsMock) -> int:
    return sum(1 for c in zendesk.calls if c.request.url == OAUTH)


def test_the_grant(zendesk: responses.RequestsMock, tokens: ClientCredentials) -> None:
    """The token comes by client_credentials for reading and writing, with the secret in the body
    and nowhere else."""
    grant(zendesk, "t1", expires_in=1800)
    assert tokens() == "t1"
    request = zendesk.calls[0].request
    assert json.loads(request.body or b"") == {
        "grant_type": "client_credentials",
        "client_id": "the-client",
        "client_secret": "CLIENT-SECRET",
        "scope": "read write",
    }
    assert "Authorization" not in request.headers


def test_the_secret_goes_nowhere_else(
    zendesk: responses.RequestsMock,
    tokens: ClientCredentials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither does a redirect carry the secret to another address, nor does a ~/.netrc add one of
    its own."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.zendesk.com login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    zendesk.post(OAUTH, status=307, headers={"Location": "https://evil.example/"})
    zendesk.post("https://evil.example/", json={"access_token": "t", "expires_in": 1800})
    with pytest.raises(errors.Rejected):
        tokens()
    assert [c.request.url for c in zendesk.calls] == [OAUTH]
    assert "Authorization" not in zendesk.calls[0].request.headers


@pytest.mark.parametrize(("life", "half"), [(1800, 1440), (None, 1440), (1000, 800)])
def test_renewed_at_four_fifths(
    zendesk: responses.RequestsMock,
    tokens: ClientCredentials,
    clock: Clock,
    life: int | None,
    half: int,
) -> None:
    """A token is used until 80 % of its life is over, and not a second longer."""
    grant(zendesk, "t1", expires_in=life)
    grant(zendesk, "t2", expires_in=life)
    assert tokens() == "t1"
    clock.now += half - 1
    assert tokens() == "t1"
    clock.now += 1
    assert tokens() == "t2"
    assert oauth_calls(zendesk) == 2


def test_one_refresh_at_a_time(zendesk: responses.RequestsMock, tokens: ClientCredentials) -> None:
    """Ten threads that need a token at once fetch one."""

    def slowly(request: Any) -> tuple[int, dict[str, str], str]:
        threading.Event().wait(0.1)
        return 200, {}, json.dumps({"access_token": "t1", "expires_in": 1800})

    zendesk.add_callback(responses.POST, OAUTH, slowly)
    start = threading.Barrier(10)
    got: list[str] = []

    def ask() -> None:
        start.wait()
        got.append(tokens())

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert got == ["t1"] * 10
    assert oauth_calls(zendesk) == 1


def test_invalidate_spares_the_successor(
    zendesk: responses.RequestsMock, tokens: ClientCredentials
) -> None:
    """A refusal that comes late, of a token already replaced, does not throw the new one away."""
    grant(zendesk, "t1", expires_in=1800)
    grant(zendesk, "t2", expires_in=1800)
    assert tokens() == "t1"
    assert tokens.invalidate("t1")
    assert tokens() == "t2"
    assert tokens.invalidate("t1")
    assert tokens() == "t2"
    assert oauth_calls(zendesk) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 400, "json": {"error": "invalid_grant"}}, errors.Forbidden),
        ({"status": 401, "json": {"error": "invalid_client"}}, errors.Forbidden),
        ({"status": 403, "json": {}}, errors.Forbidden),
        ({"status": 404, "body": "no help desk"}, errors.NotFound),
        ({"status": 429, "headers": {"Retry-After": "7"}, "json": {}}, errors.RateLimited),
        ({"status": 500, "body": "oops"}, errors.Unavailable),
        ({"body": "<html>"}, errors.Unavailable),
        ({"json": {"access_token": None}}, errors.Unavailable),
        ({"json": {"access_token": "a\nb"}}, errors.Unavailable),
        ({"json": {"access_token": "a", "expires_in": "soon"}}, errors.Unavailable),
        ({"body": requests.ConnectionError("no route")}, errors.Unavailable),
        ({"body": requests.ReadTimeout("CLIENT-SECRET")}, errors.Unavailable),
    ],
)
def test_refusals(
    zendesk: responses.RequestsMock,
    tokens: ClientCredentials,
    answer: dict[str, Any],
    error: type[errors.HelpdeskError],
) -> None:
    """A failed grant is sorted by who must act, is never ambiguous, and shows no secret."""
    zendesk.post(OAUTH, **answer)
    with pytest.raises(error) as caught:
        tokens()
    assert "CLIENT-SECRET" not in str(caught.value)
    assert not getattr(caught.value, "ambiguous", False)


def test_nothing_is_shown(zendesk: responses.RequestsMock, tokens: ClientCredentials) -> None:
    """No repr has a secret in it."""
    grant(zendesk, "FETCHED", expires_in=1800)
    tokens()
    account = Account(installation="inst", subdomain="acme", token=StaticToken("GIVEN"))
    shown = repr(tokens) + repr(StaticToken("GIVEN")) + repr(account)
    for secret in ("CLIENT-SECRET", "FETCHED", "GIVEN"):
        assert secret not in shown


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "é"])
def test_tokens_fit_a_header(token: str) -> None:
    """A token that could not stand in a header is refused at once, unrepeated."""
    with pytest.raises(ValueError, match=r"^token: expected") as caught:
        StaticToken(token)
    assert not token or token not in str(caught.value)


# -- in use ---------------------------------------------------------------------------------------


def test_a_401_renews_once_and_repeats_once(
    zendesk: responses.RequestsMock, tokens: ClientCredentials, ticket: dict[str, Any]
) -> None:
    """A refused token is replaced and the request repeated; even a PUT, because a 401 is said
    before anything is done."""
    grant(zendesk, "old", expires_in=1800)
    grant(zendesk, "new", expires_in=1800)
    only_new = [responses.matchers.header_matcher({"Authorization": "Bearer new"})]
    only_old = [responses.matchers.header_matcher({"Authorization": "Bearer old"})]
    zendesk.get(URL, json={"ticket": ticket}, match=only_old)
    zendesk.put(URL, status=401, json={"error": "invalid_token"}, match=only_old)
    zendesk.put(URL, json={"ticket": ticket, "audit": {"events": []}}, match=only_new)
    desk = connect(Account("inst", "acme", tokens), Bindings(fields={"note": "2"}))
    base = desk.get(REF)
    desk.apply(base, Change(fields={"note": "x"}))
    puts = [c for c in zendesk.calls if c.request.method == "PUT"]
    assert [p.request.headers["Authorization"] for p in puts] == ["Bearer old", "Bearer new"]
    assert puts[0].request.body == puts[1].request.body
    assert oauth_calls(zendesk) == 2


def test_a_second_401_is_forbidden(
    zendesk: responses.RequestsMock, tokens: ClientCredentials
) -> None:
    """Where the new token is refused as well, a person must look; nothing goes round in
    circles."""
    grant(zendesk, "old", expires_in=1800)
    grant(zendesk, "new", expires_in=1800)
    zendesk.get(URL, status=401, json={"error": "invalid_token"})
    with pytest.raises(errors.Forbidden):
        connect(Account("inst", "acme", tokens), Bindings()).get(REF)
    assert len([c for c in zendesk.calls if c.request.url == URL]) == 2


def test_a_static_token_is_not_tried_twice(zendesk: responses.RequestsMock) -> None:
    """With a token that cannot be renewed, a 401 is the end."""
    zendesk.get(URL, status=401, json={"error": "invalid_token"})
    with pytest.raises(errors.Forbidden):
        connect(Account("inst", "acme", StaticToken("t")), Bindings()).get(REF)
    assert len(zendesk.calls) == 1


def test_a_429_after_renewal_still_counts(
    zendesk: responses.RequestsMock, tokens: ClientCredentials
) -> None:
    """The repeated request's answer is examined like any other."""
    grant(zendesk, "old", expires_in=1800)
    grant(zendesk, "new", expires_in=1800)
    zendesk.get(URL, status=401, json={})
    zendesk.get(URL, status=429, json={}, headers={"Retry-After": "9"})
    with pytest.raises(errors.RateLimited) as caught:
        connect(Account("inst", "acme", tokens), Bindings()).get(REF)
    assert caught.value.retry_after == 9


def test_no_token_no_ambiguity(
    zendesk: responses.RequestsMock, clock: Clock, ticket: dict[str, Any]
) -> None:
    """A write that fails for want of a token was certainly not carried out."""
    tokens = ClientCredentials("acme", "c", "s", clock=clock)
    grant(zendesk, "t1", expires_in=1000)
    zendesk.get(URL, json={"ticket": ticket})
    desk = connect(Account("inst", "acme", tokens), Bindings(fields={"note": "2"}))
    base = desk.get(REF)
    clock.now += 900
    zendesk.replace(responses.POST, OAUTH, status=503, body="down")
    with pytest.raises(errors.Unavailable) as caught:
        desk.apply(base, Change(fields={"note": "x"}))
    assert not caught.value.ambiguous
