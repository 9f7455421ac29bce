"""Connecting an account: who may, by which way, and what is said where it does not work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integration.config import Installation
from integration.helpdesks.tokens import Tokens
from integration.installations import Installations
from integration.sandbox.api.oauth import authorizations
from tests.integration.setup.served import OWN, URL, Service

Make = Callable[..., Service]


def grants(service: Service) -> list[Any]:
    """What the helpdesk has granted and not taken back."""
    return [one for one in authorizations(service.sandbox.app).granted if not one.revoked]


# -- by the marketplace app's client -----------------------------------------------------------


def test_connected(service: Service) -> None:
    """An admin allows it in Zendesk and is let in; what was granted is stored, off at first."""
    answer = service.connect()
    assert answer.status_code == 303
    assert answer.headers["Location"] == service.path
    kept = service.one
    assert (kept.grant, kept.installation.mode) == ("good", "off")
    assert str(kept.installation.time_zone) == "Etc/UTC"
    held = service.kept.held(service.name)
    (grant,) = grants(service)
    assert (held.access, held.refresh) == (grant.access, grant.refresh)
    assert grant.unmarked == 0, "the marketplace's headers were missing"
    assert "sandbox.zendesk.com" in service.page()
    assert service.errand("look").state == "waiting"


def test_whole_address_may_be_typed(service: Service) -> None:
    """Somebody pastes the account's address as the browser shows it."""
    for typed in ("https://Sandbox.zendesk.com/agent/home", " sandbox.zendesk.com ", "SANDBOX"):
        url = service.leave_for_zendesk(typed)
        assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize("typed", ["", "a b", "evil.example.com", "b@c", "x" * 300, "-", "ä"])
def test_no_subdomain(service: Service, typed: str) -> None:
    """What is no subdomain leads nowhere, and certainly to no other host."""
    answer = service.post("/setup/connect", {"way": "marketplace", "subdomain": typed})
    assert answer.status_code == 422
    assert "no subdomain" in answer.text


def test_denied(service: Service) -> None:
    """Somebody who denies in Zendesk is told that nothing happened."""
    answer = service.get(service.decide(service.leave_for_zendesk(), do="deny"))
    assert answer.status_code == 422
    assert "nothing was connected" in answer.text
    assert service.kept.all() == []


def test_agent_is_not_let_in(service: Service) -> None:
    """An agent who allows it connects nothing, and the token is given back."""
    answer = service.connect(who=service.agent()["id"])
    assert answer.status_code == 422
    assert "Only an administrator" in answer.text
    assert service.kept.all() == []
    assert grants(service) == []
    assert service.get("/setup/").status_code == 200


def test_another_attempt_s_answer(service: Service) -> None:
    """An answer with another state (somebody else's attempt) is not taken."""
    back = service.decide(service.leave_for_zendesk())
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = service.get(back.replace(state, "another"))
    assert answer.status_code == 422
    assert "another attempt" in answer.text
    assert service.kept.all() == []
    assert service.get(back).status_code == 303, "the true answer still counts"


def test_answer_without_having_asked(service: Service) -> None:
    """Who did not leave from here is not let in by coming with somebody's code."""
    back = service.decide(service.leave_for_zendesk())
    service.client.delete_cookie("__Host-warranty-desk-asked", domain="warranty.example.com")
    answer = service.get(back)
    assert answer.status_code == 422
    assert "begin again" in answer.text
    assert service.kept.all() == []


def test_code_is_good_once(service: Service) -> None:
    """Coming back with the same code again connects nothing more; who is here already goes on."""
    back = service.decide(service.leave_for_zendesk())
    assert service.get(back).status_code == 303
    again = service.get(back)
    assert (again.status_code, again.headers["Location"]) == (303, "/setup/")
    service.post("/setup/leave")
    assert service.get(back).status_code == 422
    assert len(grants(service)) == 1


def test_forged_code(service: Service) -> None:
    """A code that Zendesk does not know."""
    url = service.leave_for_zendesk()
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = service.get(f"/setup/callback?code=forged&state={state}")
    assert answer.status_code == 422
    assert "did not accept this attempt" in answer.text


def test_own_list_of_accounts(make_service: Make) -> None:
    """With WARRANTY_ACCOUNTS no other account is connected, by either way."""
    service = make_service(accounts=frozenset({"another.zendesk.com", "sandbox.freshdesk.com"}))
    answer = service.post("/setup/connect", {"way": "marketplace", "subdomain": "sandbox"})
    assert answer.status_code == 422
    assert "WARRANTY_ACCOUNTS" in answer.text
    assert "WARRANTY_ACCOUNTS" in service.connect_by_own().text
    assert service.sandbox.state.requests.kinds() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": URL + ".evil.example.com"},
    ],
)
def test_another_site_connects_nothing(service: Service, headers: dict[str, str]) -> None:
    """A form that another site sends is refused before anything is done: it would sign somebody in
    to an account of that site's choosing."""
    for path in ("/setup/connect", "/setup/leave"):
        form = {"way": "own", "subdomain": "sandbox", "client_id": "a", "client_secret": "b"}
        answer = service.post(path, form, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers
    assert service.sandbox.state.requests.kinds() == []


def test_without_a_global_client(make_service: Make) -> None:
    """A service of one company has no client of the marketplace: only the other way is offered."""
    service = make_service(oauth=None)
    assert "Connect with Zendesk" not in service.get("/setup/").text
    answer = service.post("/setup/connect", {"way": "marketplace", "subdomain": "sandbox"})
    assert answer.status_code == 422
    assert service.connect_by_own().status_code == 303


# -- by the account's own client -----------------------------------------------------------------


def test_by_own_client(service: Service) -> None:
    """Identifier and secret of a client of the account connect it as well, and are kept."""
    answer = service.connect_by_own()
    assert answer.status_code == 303
    options = service.sandbox.state.options
    one = service.one.installation
    assert (one.client_id, one.client_secret) == (options.client_id, options.client_secret)
    assert service.one.grant == "good"
    assert service.page()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"client_secret": "wrong"}, "does not know this client"),
        ({"client_id": "wrong"}, "does not know this client"),
        ({"client_id": ""}, "Fill in"),
        ({"client_secret": " "}, "Fill in"),
        ({"client_secret": "a\x00b"}, "one line"),
        ({"subdomain": "not one"}, "no subdomain"),
    ],
)
def test_by_a_wrong_client(service: Service, given: dict[str, str], words: str) -> None:
    """What is wrong with the client is said, beside the form that is filled in again."""
    answer = service.connect_by_own(**given)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<details" in answer.text
    assert 'class="card" open' in answer.text
    assert service.sandbox.state.options.client_secret not in answer.text
    assert service.kept.all() == []


def test_own_client_of_an_agent(service: Service) -> None:
    """A client whose owner is no administrator could not do its work."""
    service.sandbox.state.app_user["role"] = "agent"
    answer = service.connect_by_own()
    assert answer.status_code == 422
    assert "no administrator" in answer.text
    assert service.kept.all() == []


# -- once more -----------------------------------------------------------------------------------


def set_aside(service: Service, ticket: str = "7") -> None:
    service.jobs.make_due(service.name, ticket)
    job = service.jobs.claim("tests", 60)
    assert job is not None
    service.jobs.set_aside(job, "no access")


def test_once_more_gives_the_token_back(connected: Service) -> None:
    """To sign in again at an account that works leaves its grant alone, and lets the other go."""
    before = connected.kept.held(connected.name)
    connected.post("/setup/leave")
    assert connected.connect().status_code == 303
    after = connected.kept.held(connected.name)
    assert (after.access, after.serial) == (before.access, before.serial)
    assert [one.access for one in grants(connected)] == [before.access]
    assert len(connected.kept.all()) == 1


@pytest.mark.parametrize("way", ["marketplace", "own"])
def test_connected_again(connected: Service, way: str) -> None:
    """Where the grant is gone, connecting again gives a new one, and what was set aside for want of
    access is due again; another account's is not."""
    set_aside(connected)
    connected.kept.add(Installation("other", subdomain="other"), Tokens("a", 60, "b", 60))
    connected.jobs.make_due("other", "9")
    job = connected.jobs.claim("tests", 60)
    assert job is not None
    connected.jobs.set_aside(job, "no access")
    connected.kept.grant_gone(connected.name, serial=connected.kept.held(connected.name).serial)
    assert "no longer lets the app in" in connected.page()
    name = connected.name
    if way == "own":
        assert connected.connect_by_own().status_code == 303
    else:
        assert connected.connect().status_code == 303
    assert (connected.name, connected.one.grant) == (name, "good")
    assert "no longer lets the app in" not in connected.page()
    assert [one.ticket_id for one in connected.jobs.waiting()] == ["9"]
    again = connected.jobs.claim("tests", 60)
    assert again is not None
    assert (again.ticket_id, again.attempts) == ("7", 0)


def test_way_to_connect_again(connected: Service) -> None:
    """The page of an account whose grant is gone leads to the form that connects it again, though
    its admin is signed in."""
    connected.kept.grant_gone(connected.name, serial=connected.kept.held(connected.name).serial)
    assert 'href="/setup/?account=sandbox"' in connected.page()
    form = connected.get("/setup/?account=sandbox")
    assert form.status_code == 200
    assert 'value="sandbox"' in form.text
    assert connected.get("/setup/").headers["Location"] == connected.path


def test_own_client_takes_over(connected: Service) -> None:
    """An account of the marketplace's client that is connected by a client of its own is reached by
    that one from then on: its next tokens are that client's too."""
    assert connected.connect_by_own().status_code == 303
    held = connected.kept.held(connected.name)
    assert held.refresh is None
    assert connected.result("examine")["checks"]
    from integration.connections import Accounts

    account = Accounts(connected.kept, connected.config.oauth)(connected.one.installation)
    account.token.renew_ahead()  # type: ignore[union-attr]
    assert connected.kept.held(connected.name).access != held.access
    assert connected.one.grant == "good"


def test_marketplace_takes_over_what_is_gone(service: Service) -> None:
    """An account whose own client was deleted is connected by the marketplace's: from then on it is
    renewed by that one."""
    service.connect_by_own()
    service.kept.grant_gone(service.name, serial=service.kept.held(service.name).serial)
    service.connect()
    one = service.one.installation
    assert (one.client_id, one.client_secret, one.token) == (None, None, None)
    from integration.connections import Accounts

    account = Accounts(service.kept, service.config.oauth)(one)
    account.token.renew_ahead()  # type: ignore[union-attr]
    assert service.one.grant == "good"


def test_two_at_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two admins who connect an account at the same moment get one installation, both are let in,
    and the token that nobody needs is given back."""
    first, second = service.leave_for_zendesk(), None
    code = service.decide(first)
    at, seen = Installations.at, list[str]()

    def race(self: Installations, helpdesk: str, address: str) -> Any:
        found = at(self, helpdesk, address)
        if not seen:
            seen.append(address)
            other = Installation("sandbox-other", subdomain="sandbox", mode="off")
            self.add(other, Tokens("x", 1800, "y", 1800))
        return found

    monkeypatch.setattr(Installations, "at", race)
    answer = service.get(code)
    assert (answer.status_code, second) == (303, None)
    assert [kept.installation.id for kept in service.kept.all()] == ["sandbox-other"]
    assert service.kept.held("sandbox-other").access == "x"
    assert grants(service) == []


# -- Zendesk answers otherwise -------------------------------------------------------------------

NOWHERE = "https://nowhere.zendesk.com"


@pytest.fixture
def real_hosts(service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Accounts are asked for at their own hosts, which answer as is told."""
    monkeypatch.delenv("ZENPY_FORCE_NETLOC")
    monkeypatch.delenv("ZENPY_FORCE_SCHEME")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as told:
        yield told


@pytest.mark.parametrize(
    ("status", "shown", "words"),
    [
        (404, 422, "There is no Zendesk account nowhere"),
        (301, 422, "the account has moved"),
        (422, 422, "refused this"),
        (400, 422, "refused this"),
        (401, 422, "does not know this client"),
        (403, 422, "does not know this client"),
        (429, 503, "Nothing is lost"),
        (500, 503, "Nothing is lost"),
        (503, 503, "Nothing is lost"),
    ],
)
@pytest.mark.parametrize("at", ["/oauth/tokens", "/api/v2/users/me.json"])
def test_what_zendesk_answers(
    service: Service, real_hosts: Any, status: int, shown: int, words: str, at: str
) -> None:
    """Whatever an account answers, at its tokens or when it is asked who comes, ends in a page that
    says what to do; nothing is stored."""
    if at != "/oauth/tokens":
        granted = {"access_token": "SECRET-ACCESS", "expires_in": 1800}
        real_hosts.post(f"{NOWHERE}/oauth/tokens", json=granted, status=201)
        real_hosts.get(NOWHERE + at, json={}, status=status)
        words = "not enough" if status in (401, 403) else words
    else:
        real_hosts.post(NOWHERE + at, json={}, status=status)
    answer = service.connect_by_own(subdomain="nowhere", client_secret="SECRET-OF-CLIENT")
    assert answer.status_code == shown
    assert words in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "SECRET" not in answer.text
    assert service.kept.all() == []


def test_no_answer(service: Service, real_hosts: Any) -> None:
    """An account that does not answer."""
    real_hosts.post(f"{NOWHERE}/oauth/tokens", body=requests.ConnectTimeout())
    answer = service.connect_by_own(subdomain="nowhere")
    assert answer.status_code == 503
    assert "try again" in answer.text


@pytest.mark.parametrize(
    ("error", "words"),
    [("invalid_grant", "did not accept this attempt"), ("invalid_client", "its operator must")],
)
def test_what_the_exchange_answers(
    service: Service, real_hosts: Any, error: str, words: str
) -> None:
    """A code that is used up is another matter than this service's own client being wrong."""
    url = service.leave_for_zendesk("nowhere")
    assert url.startswith(f"{NOWHERE}/oauth/authorizations/new?")
    state = parse_qs(urlsplit(url).query)["state"][0]
    real_hosts.post(f"{NOWHERE}/oauth/tokens", json={"error": error}, status=400)
    answer = service.get(f"/setup/callback?code=c&state={state}")
    assert answer.status_code == 422
    assert words in answer.text


def test_who_is_asked_for(service: Service) -> None:
    """The page that begins says nothing of who is connected already."""
    service.connect()
    service.post("/setup/leave")
    assert "sandbox" not in service.get("/setup/").text
    answer = service.post("/setup/connect", {"way": "marketplace", "subdomain": "unheard-of"})
    known = service.post("/setup/connect", {"way": "marketplace", "subdomain": "sandbox"})
    assert answer.status_code == known.status_code == 303
    assert OWN["Origin"] == URL
