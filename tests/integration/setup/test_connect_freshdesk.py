"""Connecting a Freshdesk account: whose key lets somebody in, and what is said where none does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import select

from integration.config import Installation
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.helpdesks.tokens import Tokens
from integration.installations import INSTALLATIONS, Installations
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options
from integration.setup.access import COOKIE, Passes
from tests.integration.setup.served import Service
from tests.integration.setup.served_freshdesk import FreshdeskService
from tests.integration.setup.test_connect import set_aside
from tests.integration.setup.test_pages import words

Make = Callable[..., FreshdeskService]
FORM = "/setup/?helpdesk=freshdesk"


# -- by an administrator's key -----------------------------------------------------------------


def test_connected(freshdesk: FreshdeskService, capfd: pytest.CaptureFixture[str]) -> None:
    """An administrator's key connects the account, off at first, and lets in whose it is; it is
    kept, and stands in no address, no log, no page and not in the clear in the store."""
    answer = freshdesk.connect()
    assert answer.status_code == 303
    assert answer.headers["Location"] == freshdesk.path
    kept = freshdesk.one
    one, key = kept.installation, freshdesk.account.options.api_key
    assert (one.helpdesk, one.mode, one.api_key) == ("freshdesk", "off", key)
    assert (one.token, one.client_id, kept.grant) == (None, None, "none")
    cookie = freshdesk.client.get_cookie(COOKIE, domain="warranty.example.com")
    assert cookie is not None
    visitor = Passes(freshdesk.config.keys).read(cookie.value, "cookie")
    assert visitor.who == str(freshdesk.account.keys[key])
    assert "sandbox.freshdesk.com" in freshdesk.page()
    assert freshdesk.errand("look").state == "waiting"
    freshdesk.work()
    with freshdesk.store.read() as connection:
        assert key not in str(connection.execute(select(INSTALLATIONS)).all())
    assert key not in freshdesk.page()
    said = capfd.readouterr()
    assert "account connected" in said.out + said.err
    assert key not in said.out + said.err


@pytest.mark.parametrize(
    ("plan", "updates"), [("trial", 20), ("growth", 80), ("pro", 160), ("enterprise", 280)]
)
def test_limits_of_the_plan(make_freshdesk: Make, plan: str, updates: int) -> None:
    """As many updates a minute are planned for as the account's plan allows, by what its answers
    tell; the requests a minute are read from them as they come."""
    service = make_freshdesk(Options(plan=plan, limited=False))
    service.connect()
    one = service.one.installation
    assert (one.update_limit, one.request_limit) == (updates, 0)


def test_limits_not_told(freshdesk: FreshdeskService) -> None:
    """Without a word on the limits, those of the least plan that has an API are taken."""
    rows = [{"id": 7, "contact": {}}, []]
    for path, body in zip(("agents/me", "admin/ticket_fields"), rows, strict=True):
        freshdesk.account.faults.add(Fault(path=f"/api/v2/{path}", status=200, body=body))
    freshdesk.connect()
    assert freshdesk.one.installation.update_limit == 80


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("UTC", "UTC"),
    ],
)
def test_time_zone(make_freshdesk: Make, told: str, zone: str) -> None:
    """A zone that is told is taken, as everybody names it or in Freshdesk's words, and not asked
    for."""
    service = make_freshdesk(Options(time_zone=told, limited=False))
    service.connect()
    assert str(service.one.installation.time_zone) == zone
    assert "did not say where you are" not in service.page()
    assert f'name="time_zone" list="zones" value="{zone}"' in service.page()
    assert not re.search(r"<details open><summary>Days and", service.page())


@pytest.mark.parametrize("told", ["", "Samoa", "Nowhere"])
def test_time_zone_not_told(make_freshdesk: Make, told: str) -> None:
    """An admin is asked for it, in sight and without a guess; the answers are not saved without it,
    and the account is not switched on before, whoever enables the button."""
    service = make_freshdesk(Options(time_zone=told, limited=False))
    service.connect()
    service.placed()
    page = service.page()
    assert "did not say where you are" in page
    assert re.search(r"<details open><summary>Days and deadlines: no time zone yet", page)
    assert 'name="time_zone" list="zones" value=""' in page
    assert re.search(r'id="mode-full"[^>]* disabled', page)
    assert "once the second step has a time zone" in page
    assert service.save(regions="EU:DE,FR", time_zone="").status_code == 422
    answer = service.save(mode="full")
    assert answer.status_code == 422
    assert "Say the time zone first" in words(answer)
    assert service.one.installation.mode == "off"
    said = service.save(regions="EU:DE,FR", time_zone="UTC")
    assert said.status_code == 200
    assert "did not say" not in said.text
    assert not re.search(r'id="mode-full"[^>]* disabled', said.text)
    assert service.save(mode="full").status_code == 200
    assert service.one.installation.mode == "full"


@pytest.mark.parametrize(
    "typed", ["https://Sandbox.freshdesk.com/a/tickets", " sandbox.freshdesk.com ", "SANDBOX"]
)
def test_whole_address_may_be_typed(freshdesk: FreshdeskService, typed: str) -> None:
    """Somebody pastes the account's address as the browser shows it."""
    assert freshdesk.connect(subdomain=typed).status_code == 303
    assert freshdesk.one.installation.subdomain == "sandbox"


# -- what does not let anybody in --------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subdomain": ""}, "no subdomain"),
        ({"subdomain": "a b"}, "no subdomain"),
        ({"subdomain": "b@c"}, "no subdomain"),
        ({"subdomain": "-"}, "no subdomain"),
        ({"subdomain": "ä"}, "no subdomain"),
        ({"subdomain": "help.example.com"}, "a domain of your own"),
        ({"subdomain": "evil.example.com/.freshdesk.com"}, "a domain of your own"),
        ({"subdomain": "sandbox.zendesk.com"}, "choose Zendesk first"),
        ({"api_key": ""}, "Fill in the API key"),
        ({"api_key": "  "}, "Fill in the API key"),
        ({"api_key": "SECRET ONE"}, "one line"),
        ({"api_key": "SECRET\nONE"}, "one line"),
        ({"api_key": "SECRET-\u00e4"}, "one line"),
        ({"api_key": "SECRET-WRONG"}, "does not know this API key in sandbox"),
    ],
)
def test_refused(
    freshdesk: FreshdeskService,
    given: dict[str, str],
    said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What is wrong is said, with what to do, beside the form with the address filled in again and
    without the key; nothing is stored, and nothing secret logged."""
    answer = freshdesk.connect(**given)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Connect your Freshdesk account" in words(answer)
    assert "SECRET" not in answer.text
    assert freshdesk.account.options.api_key not in answer.text
    assert freshdesk.kept.all() == []
    assert "Set-Cookie" not in answer.headers
    told = capfd.readouterr()
    assert "SECRET" not in told.out + told.err


def test_agent_is_not_let_in(freshdesk: FreshdeskService) -> None:
    """The key of an agent without an administrator's rights lets nobody in, connected or not."""
    for _ in range(2):
        answer = freshdesk.connect(api_key=freshdesk.account.options.agent_key)
        assert answer.status_code == 422
        assert "no administrator" in words(answer)
        assert "Set-Cookie" not in answer.headers
        if not freshdesk.kept.all():
            freshdesk.connect()
            freshdesk.post("/setup/leave")
    assert freshdesk.one.installation.api_key == freshdesk.account.options.api_key


def test_plan_without_an_api(make_freshdesk: Make) -> None:
    """A free plan allows no request at all: that is said, and what it takes."""
    service = make_freshdesk(Options(plan="free"))
    answer = service.connect()
    assert answer.status_code == 422
    assert "Growth or a higher one" in words(answer)
    assert service.kept.all() == []


def test_too_many_just_now(make_freshdesk: Make) -> None:
    """An account whose minute is used up has an API all the same: to be tried again."""
    service = make_freshdesk(Options(plan="trial"))
    for _ in range(50):
        service.api("GET", "agents/me")
    answer = service.connect()
    assert answer.status_code == 503
    assert "try again" in words(answer)


def test_own_list_of_accounts(make_freshdesk: Make) -> None:
    """With WARRANTY_ACCOUNTS no other account is connected, and no other is asked anything."""
    service = make_freshdesk(accounts=frozenset({"another.freshdesk.com", "sandbox.zendesk.com"}))
    answer = service.connect()
    assert answer.status_code == 422
    assert "WARRANTY_ACCOUNTS" in answer.text
    assert service.account.requests.kinds() == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example.com"}])
def test_another_site_connects_nothing(
    freshdesk: FreshdeskService, headers: dict[str, str]
) -> None:
    """A form that another site sends is refused before the account is asked anything."""
    form = {"way": "key", "subdomain": "sandbox", "api_key": freshdesk.account.options.api_key}
    answer = freshdesk.post("/setup/connect", form, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert freshdesk.account.requests.kinds() == []


# -- Freshdesk answers otherwise -----------------------------------------------------------------

NOWHERE = "https://nowhere.freshdesk.com"


@pytest.mark.parametrize(
    ("status", "body", "shown", "said"),
    [
        (404, "<html>", 422, "There is no Freshdesk account nowhere"),
        (301, "", 422, "the account has moved"),
        (403, {"code": "require_feature"}, 422, "plan lacks this feature"),
        (403, {"code": "account_suspended"}, 422, "account is suspended"),
        (403, "", 422, "refused this"),
        (401, "", 422, "does not know this API key"),
        (400, {}, 422, "refused this"),
        (429, {}, 503, "Nothing is lost"),
        (500, "", 503, "Nothing is lost"),
        (200, "<html>", 503, "Nothing is lost"),
        (200, {"id": "somebody"}, 503, "Nothing is lost"),
    ],
)
def test_what_freshdesk_answers(
    freshdesk: FreshdeskService,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: Any,
    shown: int,
    said: str,
) -> None:
    """Whatever an account answers ends in a page that says what to do; nothing is stored, and the
    key goes to the account's own host alone."""
    monkeypatch.delenv(STAND_IN)
    more = {"body": body} if isinstance(body, str) else {"json": body}
    if status == 301:
        more |= {"headers": {"Location": "https://elsewhere.example.com/"}}
    kind = "text/html" if isinstance(body, str) else "application/json"
    with responses.RequestsMock() as told:
        told.get(f"{NOWHERE}/api/v2/agents/me", status=status, content_type=kind, **more)
        answer = freshdesk.connect(subdomain="nowhere", api_key="SECRET-KEY")
        assert {call.request.url for call in told.calls} == {f"{NOWHERE}/api/v2/agents/me"}
    assert answer.status_code == shown
    assert said in words(answer)
    assert "SECRET" not in answer.text
    assert freshdesk.kept.all() == []


def test_no_answer(freshdesk: FreshdeskService, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that does not answer."""
    monkeypatch.delenv(STAND_IN)
    with responses.RequestsMock() as told:
        told.get(f"{NOWHERE}/api/v2/agents/me", body=requests.ConnectTimeout())
        answer = freshdesk.connect(subdomain="nowhere")
    assert answer.status_code == 503
    assert "try again" in answer.text


# -- once more -------------------------------------------------------------------------------------


def another_admin(service: FreshdeskService) -> str:
    """The key of another administrator."""
    account = service.account
    admin = account.shelf("agents")[account.keys[account.options.api_key]]
    other = account.keep("agents", "agent", **{k: v for k, v in admin.items() if k != "id"})
    account.keys["ANOTHER-KEY"] = other["id"]
    return "ANOTHER-KEY"


def test_connected_again(keyed: FreshdeskService) -> None:
    """Another key takes the place of one that is good no more, and what was set aside for want of
    access is due again; another account's is not. Settings stay."""
    set_aside(keyed)
    keyed.kept.add(Installation("other", subdomain="other"), Tokens("a", 60, "b", 60))
    keyed.jobs.make_due("other", "9")
    job = keyed.jobs.claim("tests", 60)
    assert job is not None
    keyed.jobs.set_aside(job, "no access")
    keyed.save(regions="EU:DE,FR")
    name, key = keyed.name, another_admin(keyed)
    del keyed.account.keys[keyed.account.options.api_key]
    keyed.do("look")
    keyed.work()
    why = keyed.errand("look").why or ""
    assert "API key is not accepted any more" in why
    form = re.search(r'href="(/setup/[^"]*account=sandbox)"', keyed.page())
    assert form
    shown = keyed.get(form[1].replace("&amp;", "&"))
    assert 'value="sandbox"' in shown.text
    assert 'name="api_key"' in shown.text
    assert keyed.connect(api_key=key).status_code == 303
    one = keyed.one.installation
    assert (keyed.name, one.api_key, one.regions) == (name, key, "EU:DE,FR")
    assert len(keyed.kept.all()) == 2
    assert [each.ticket_id for each in keyed.jobs.waiting()] == ["9"]
    assert keyed.result("look")["words"]


def test_refused_key(keyed: FreshdeskService) -> None:
    """Once Freshdesk refuses the key, whoever asked, that is kept, and the page says so until
    another key, or the same that is good again, is given."""
    key = keyed.account.options.api_key
    whose = keyed.account.keys.pop(key)
    assert keyed.one.grant == "none"
    keyed.do("look")
    keyed.work()
    assert keyed.one.grant == "gone"
    page = keyed.page()
    assert "Freshdesk no longer lets the app in" in page
    assert 'href="/setup/?helpdesk=freshdesk&amp;account=sandbox"' in page
    overview = keyed.get(keyed.path.replace("/setup/", "/overview/"))
    assert "Freshdesk no longer lets the app in" in overview.text
    assert keyed.connect(api_key="WRONG").status_code == 422
    assert keyed.one.grant == "gone"
    keyed.account.keys[key] = whose
    assert keyed.connect().status_code == 303
    assert keyed.one.grant == "none"
    assert "no longer lets the app in" not in keyed.page()


def test_lacking_right_is_no_refused_key(keyed: FreshdeskService) -> None:
    """A key that may not do something is as good as before."""
    forbidden = {"code": "access_denied", "message": "You are not authorized."}
    path = "/api/v2/admin/ticket_fields"
    keyed.account.faults.add(Fault(path=path, status=403, body=forbidden))
    keyed.do("look")
    keyed.work()
    assert keyed.errand("look").state == "failed"
    assert keyed.one.grant == "none"


def test_come_back(keyed: FreshdeskService) -> None:
    """Whoever comes back shows a key once more; the account stays what it is, and is not looked
    through again."""
    keyed.work()
    keyed.post("/setup/leave")
    assert keyed.get(keyed.path).status_code == 403
    assert keyed.connect().status_code == 303
    assert keyed.errand("look").number == 1
    assert keyed.page()


def test_same_name_at_both(freshdesk: FreshdeskService) -> None:
    """An account of Zendesk of the same name is another account."""
    other = Installation("sandbox-z", subdomain="sandbox", mode="off")
    freshdesk.kept.add(other, Tokens("x", 1800, "y", 1800))
    assert freshdesk.connect().status_code == 303
    assert freshdesk.name != "sandbox-z"
    assert freshdesk.kept.get("sandbox-z") is not None
    zendesk = freshdesk.kept.get("sandbox-z")
    assert zendesk is not None
    assert zendesk.installation.api_key is None


def test_two_at_once(freshdesk: FreshdeskService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two admins who connect an account at the same moment get one installation; both are let in,
    and the key that came last is the one in use."""
    at, seen = Installations.at, list[str]()

    def race(self: Installations, helpdesk: str, address: str) -> Any:
        found = at(self, helpdesk, address)
        if not seen:
            seen.append(address)
            other = replace(
                Installation("other", helpdesk="freshdesk", subdomain="sandbox", mode="off"),
                api_key="FIRST",
            )
            self.add(other)
        return found

    monkeypatch.setattr(Installations, "at", race)
    answer = freshdesk.connect()
    assert answer.status_code == 303
    assert [kept.installation.id for kept in freshdesk.kept.all()] == ["other"]
    assert freshdesk.one.installation.api_key == freshdesk.account.options.api_key


# -- the page that asks ----------------------------------------------------------------------------


def test_choice_between_both(service: Service) -> None:
    """Each helpdesk's page asks for its own alone, and one link leads to the other."""
    zendesk, freshdesk = service.get("/setup/"), service.get(FORM)
    for page, own, other in (
        (zendesk, "Zendesk", "Freshdesk"),
        (freshdesk, "Freshdesk", "Zendesk"),
    ):
        assert page.status_code == 200
        assert words(page).count(other) == 1, "the link alone"
        assert f"Connect your {own} account" in words(page)
        assert f'href="/setup/?helpdesk={other.lower()}"' in page.text
        current = re.findall(r'aria-current="page">([^<]+)<', page.text)
        assert current == [own]
    assert 'name="client_secret"' not in freshdesk.text
    assert 'name="api_key"' not in zendesk.text
    assert service.get("/setup/?helpdesk=nothing").text == zendesk.text


def test_form_leads_nowhere_else(service: Service) -> None:
    """The page that takes a key sends it here and nowhere else; it may be framed by nobody, and
    says nothing of who is connected."""
    service.connect()
    service.post("/setup/leave")
    answer = service.get(FORM)
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "sandbox" not in answer.text
    assert re.search(
        r'<input id="api_key"[^>]* type="password"[^>]* autocomplete="off"', answer.text
    )


def test_nothing_to_choose_inside_zendesk(service: Service) -> None:
    """Opened inside Zendesk the page is about that account, and speaks of no other helpdesk."""
    answer = service.open_inside()
    assert "Connect with Zendesk" in answer.text
    assert "Freshdesk" not in answer.text


def test_second_account(keyed: FreshdeskService) -> None:
    """Whoever is signed in goes on where they were, and can choose to connect another account."""
    assert keyed.get("/setup/").headers["Location"] == keyed.path
    assert keyed.get(FORM).status_code == 200
    assert keyed.get("/setup/?helpdesk=zendesk").status_code == 200
