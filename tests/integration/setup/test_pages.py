"""The set-up page: settings, headers, errors in words, and nothing secret in any answer."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integration import errors
from integration.app import create_app
from integration.config import Installation
from integration.installations import Installations, Stale
from integration.setup.building import LIMITS
from integration.setup.pages import as_text
from integration.store import Store
from integration.vault import new_key
from tests.integration.setup.served import URL, Service, pass_in

Make = Callable[..., Service]
HOSTILE = "\"'><script>document.title='owned'</script><img src=x onerror=alert(1)>"


def words(answer: Any) -> str:
    """What a page says, without its markup."""
    text = re.sub(r"<datalist.*?</datalist>", "", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


# -- settings ------------------------------------------------------------------------------------


def test_saved(connected: Service) -> None:
    """Answers are kept, and written down with who gave them."""
    answer = connected.save(
        cross_border="review",
        regions=" EU:DE,FR ",
        boxes=["public_replies", "due_date_tasks"],
        public_replies=["covered", "needs_information"],
        due_date_tasks="1",
        time_zone="Europe/Berlin",
        deadline_near_days="14",
        deadline_last_days="2",
    )
    assert answer.status_code == 200
    assert "Saved." in words(answer)
    one = connected.one.installation
    assert (one.cross_border, one.regions, one.due_date_tasks) == ("review", "EU:DE,FR", True)
    assert one.public_replies == {"covered", "needs_information"}
    assert (str(one.time_zone), one.deadline_near_days, one.deadline_last_days) == (
        "Europe/Berlin",
        14,
        2,
    )
    (change,) = connected.kept.changes(connected.name)
    assert change.who == f"admin {connected.sandbox.state.agent['id']}"
    assert change.after["regions"] == "EU:DE,FR"
    shown = words(answer)
    assert "(you)" in shown
    assert (
        "Claims from elsewhere: It is covered, and the buyer pays the freight → A person" in shown
    )
    assert "Replies sent by themselves: none → Covered, Needs information" in shown


def test_boxes_can_be_unticked(connected: Service) -> None:
    """A box that is not ticked is not sent, and yet counts as unticked; a form that has no such
    box leaves it alone."""
    connected.save(boxes=["public_replies", "due_date_tasks"], public_replies="covered")
    connected.save(regions="EU:DE,FR")
    assert connected.one.installation.public_replies == {"covered"}
    connected.save(boxes=["public_replies", "due_date_tasks"])
    assert connected.one.installation.public_replies == frozenset()
    assert connected.one.installation.due_date_tasks is False


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("regions", "nonsense", "as EU:DE,FR;NA:US,CA"),
        ("time_zone", "Berlin", "such as Europe/Berlin"),
        ("deadline_near_days", "soon", "from 0 to 365"),
        ("deadline_last_days", "-1", "from 0 to 365"),
        ("deadline_near_days", "9" * 5_000, "from 0 to 365"),
        ("cross_border", "whatever", "Expected one of"),
    ],
)
def test_wrong(connected: Service, name: str, value: str, said: str) -> None:
    """What is wrong is said beside its field, which keeps what was typed; nothing is saved."""
    answer = connected.save(**{name: value, "boxes": ["public_replies", "due_date_tasks"]})
    assert answer.status_code == 422
    field = re.search(rf'id="{name}-wrong">([^<]+)<', answer.text)
    assert field
    assert said in html.unescape(field[1])
    if name != "cross_border":
        control = re.search(rf'<input id="{name}"[^>]*>', answer.text)
        assert control
        assert 'aria-invalid="true"' in control[0]
        assert f"{name}-wrong" in control[0]
        assert html.escape(value) in control[0]
    assert connected.one.version == 1
    assert connected.kept.changes(connected.name) == []


def test_wrong_days_are_in_sight(connected: Service) -> None:
    """The part of the form in which something is wrong stands open."""
    answer = connected.save(time_zone="Berlin")
    assert re.search(r"<details open><summary>Days and deadlines", answer.text)


def test_only_what_is_offered(connected: Service) -> None:
    """Settings that the page has no field for are taken from no form."""
    connected.save(limit_share="100", request_limit="99999", regions="EU:DE,FR")
    assert connected.one.installation.limit_share == 75
    assert connected.one.installation.regions == "EU:DE,FR"


def test_somebody_else_was_quicker(connected: Service) -> None:
    """Two admins at once: who saves second is shown what the first saved, and nothing is lost of
    it, be it by saving, by a preview or by a mistake in between."""
    stale = {"pass": pass_in(connected.page()), "version": "1"}
    connected.save(regions="EU:DE,FR")
    for do, regions in (("settings", "NA:US,CA"), ("preview", "NA:US,CA"), ("settings", "wrong")):
        answer = connected.post(connected.path, {**stale, "do": do, "regions": regions})
        assert answer.status_code == 409
        assert "Somebody else has changed the settings" in words(answer)
        assert 'value="EU:DE,FR"' in answer.text
    assert connected.one.installation.regions == "EU:DE,FR"
    for version in ("", "x", "99", "-1"):
        form = {**stale, "do": "settings", "version": version, "regions": "NA:US,CA"}
        assert connected.post(connected.path, form).status_code == 409


def test_race(connected: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the other's change comes between the look at the version and the writing."""

    def late(*_: Any, **__: Any) -> Any:
        raise Stale("changed meanwhile")

    monkeypatch.setattr(Installations, "change_settings", late)
    assert connected.save(regions="EU:DE,FR").status_code == 409


def test_switching_on_needs_fields(connected: Service) -> None:
    """Before anything is in place the app cannot be switched on, whoever enables the button."""
    assert re.search(r'id="mode-full"[^>]* disabled', connected.page())
    answer = connected.save(mode="full")
    assert answer.status_code == 422
    assert "Put the fields in place first" in words(answer)
    assert connected.one.installation.mode == "off"


def test_switched_on_to_off(connected: Service) -> None:
    """Who presses the button without choosing anything is told that it is still off."""
    connected.placed()
    answer = connected.save(mode="off")
    assert answer.status_code == 422
    assert "it is still off" in words(answer)
    assert connected.save(mode="shadow").status_code == 200
    assert connected.save(mode="off").status_code == 200
    assert connected.one.installation.mode == "off"


def test_how_values_are_told() -> None:
    """Values in words."""
    assert as_text("due_date_tasks", True) == "yes"
    assert as_text("due_date_tasks", False) == "no"
    assert as_text("public_replies", []) == "none"
    assert as_text("regions", "") == "none"
    assert as_text("mode", "shadow") == "Shadow"
    assert as_text("deadline_near_days", 7) == "7"


def test_second_button(connected: Service) -> None:
    """A form with two buttons says twice what to do, as a browser sends it: the button counts."""
    given = {"pass": pass_in(connected.page()), "version": "1", "regions": "EU:DE,FR"}
    connected.post(connected.path, {**given, "do": ["settings", "preview"]})
    assert connected.one.installation.regions == ""
    connected.post(connected.path, {**given, "do": ["place", "look"]})
    assert connected.errand("look").number == 2
    with pytest.raises(AssertionError):
        connected.errand("place")


def test_unknown_form(connected: Service) -> None:
    """A form that does something unheard of is refused in words."""
    answer = connected.do("destroy")
    assert answer.status_code == 400
    assert "Not understood" in words(answer)


# -- what a browser is told ----------------------------------------------------------------------


def test_headers(connected: Service) -> None:
    """Every answer forbids framing, sniffing, foreign content and keeping; only the page that
    connects leads to the helpdesk."""
    paths = [
        "/setup/?account=x",
        connected.path,
        "/setup/nothing",
        "/setup/callback",
        "/setup/connect",
    ]
    answers = [connected.get(path) for path in paths] + [connected.do("show")]
    answers += [connected.post("/setup/zendesk", {"token": "x"}), connected.do("unheard of")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        for part in ("default-src 'none'", "script-src 'self'", "base-uri 'none'"):
            assert part in policy, policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_type.startswith("text/html")
        leads = connected.sandbox.base_url in policy
        assert leads == ('name="client_secret"' in answer.text)


def test_no_inline_code(connected: Service) -> None:
    """The policy allows none, so the pages have none."""
    for text in (connected.page(), connected.get("/setup/?account=x").text):
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("name", ["setup.css", "setup.js", "icon.svg"])
def test_static(service: Service, name: str) -> None:
    """Style, script and picture are served as what they are."""
    answer = service.get(f"/setup/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    assert service.get("/setup/static/../pages.py").status_code == 404
    assert service.get("/setup/static/%2e%2e/pages.py").status_code == 404


def test_head_and_options(connected: Service) -> None:
    """HEAD is GET without a body; OPTIONS tells methods and nothing of accounts."""
    for path in ("/setup/", connected.path):
        head = connected.client.head(path, base_url=URL)
        assert head.status_code == connected.get(path).status_code
        assert head.data == b""
    known = connected.client.options(connected.path, base_url=URL)
    unknown = connected.client.options("/setup/accounts/none", base_url=URL)
    assert known.headers["Allow"] == unknown.headers["Allow"]
    assert connected.client.put(connected.path, base_url=URL).status_code == 405
    assert connected.get("/setup").status_code == 308


def test_opened_by_hand(service: Service) -> None:
    """Where a form leads, somebody may also come by the address bar: they find the first page."""
    for what in ("connect", "zendesk", "leave"):
        answer = service.get(f"/setup/{what}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/setup/")


# -- what went wrong -----------------------------------------------------------------------------


def test_oversize(connected: Service) -> None:
    """A body larger than any form is refused in words, and not read."""
    form = {"pass": pass_in(connected.page()), "do": "settings", "regions": "x" * 70_000}
    answer = connected.post(connected.path, form)
    assert answer.status_code == 413
    assert "larger than any form" in words(answer)
    assert answer.content_type.startswith("text/html")


def test_too_often(service: Service) -> None:
    """Who asks too often is asked to wait, in words; other pages still answer."""
    number = int(LIMITS["setup.connect"].partition("/")[0])
    for _ in range(number):
        answer = service.post("/setup/connect", {"way": "own", "subdomain": "not one"})
        assert answer.status_code == 422
    answer = service.post("/setup/connect", {"way": "own", "subdomain": "not one"})
    assert answer.status_code == 429
    assert "Wait a minute" in words(answer)
    assert answer.headers["Retry-After"] == "60"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert service.get("/setup/").status_code == 200
    assert service.get("/healthz").status_code == 200


def test_a_page_that_asks_how_it_goes_is_not_held_off(connected: Service) -> None:
    """Somebody who watches an errand each second in two windows, for longer than any takes."""
    given = {"pass": pass_in(connected.page()), "do": "show"}
    for _ in range(130):
        assert connected.post(connected.path, given).status_code == 200


def test_unknown_page(service: Service) -> None:
    """An unknown address gets a page, not a problem document."""
    answer = service.get("/setup/what/is/this")
    assert answer.status_code == 404
    assert "There is nothing at this address" in words(answer)


def test_connection_removed(connected: Service) -> None:
    """Whoever is here while the account is removed is told so, and can connect it again."""
    path, given = connected.path, {"pass": pass_in(connected.page()), "do": "show"}
    connected.kept.remove(connected.name)
    for answer in (connected.get(path), connected.post(path, given)):
        assert answer.status_code == 403
        assert "no longer connected" in words(answer)
    assert "Connect your Zendesk account" in words(connected.get("/setup/"))


def test_store_away(connected: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is out of reach, every page says so and asks to be tried again."""
    path, given = connected.path, {"pass": pass_in(connected.page()), "do": "show"}

    def away(*_: Any, **__: Any) -> Any:
        raise errors.Unavailable("sqlite: database is locked, SECRET-DETAIL")

    monkeypatch.setattr(Store, "read", away)
    monkeypatch.setattr(Store, "begin", away)
    inside = connected.opening().token
    for answer in (
        connected.get(path),
        connected.post(path, given),
        connected.get("/setup/"),
        connected.post("/setup/zendesk", {"token": inside}),
    ):
        assert answer.status_code == 503
        assert "Nothing is lost" in words(answer)
        assert answer.headers["Retry-After"]
        assert "SECRET-DETAIL" not in answer.text


def test_keys_were_changed(connected: Service) -> None:
    """With a key that does not fit, nothing that is stored can be read: the operator must act."""
    other = replace(connected.config, keys=(new_key(),))
    client = create_app(other).test_client()
    # Nobody is signed in by the new key; the helpdesk's own signature is looked at all the same.
    answer = client.post("/setup/zendesk", data={"token": connected.opening().token}, base_url=URL)
    assert answer.status_code == 503
    assert "WARRANTY_KEYS" in answer.text


def test_something_unforeseen(connected: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own is logged, and its details are told to nobody."""

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("SECRET-DETAIL")

    given = {"pass": pass_in(connected.page()), "do": "show"}
    monkeypatch.setattr(Installations, "changes", fail)
    answer = connected.post(connected.path, given)
    assert answer.status_code == 500
    assert "has been logged" in words(answer)
    assert "SECRET-DETAIL" not in answer.text


# -- what must not be shown ----------------------------------------------------------------------


def test_markup_stays_text(connected: Service) -> None:
    """Titles of fields, options and forms of the account, what is on tickets and what was typed
    are text wherever they are shown."""
    from integration.sandbox import fields

    state = connected.sandbox.state
    given = {"type": "date", "title": f"Purchase date {HOSTILE}", "description": "x"}
    state.keep("ticket_fields", fields.shape(state, given, None))
    state.file_ticket({"subject": HOSTILE, "comment": {"body": HOSTILE}}, HOSTILE, "c@example.com")
    connected.result("look")
    pages = [connected.page()]
    connected.placed()
    connected.result("try")
    pages += [connected.page(), connected.save(regions=HOSTILE).text]
    pages.append(connected.get("/setup/", query_string={"account": HOSTILE}).text)
    pages.append(connected.post("/setup/connect", {"subdomain": HOSTILE}).text)
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>" not in page
        assert "&lt;script&gt;" in page or "owned" not in page
    assert "&lt;script&gt;" in pages[0]


def test_nothing_secret_is_shown(make_service: Make) -> None:
    """Through all of it, from connecting to examining: no token, no client's secret, no signing
    secret and no key is in any answer, nor what it redirects to or sets as a cookie."""
    service = make_service()
    service.connect()
    service.save(regions="EU:DE,FR")
    service.result("look")
    service.placed()
    service.ticket("warranty_claim")
    service.result("try")
    service.result("examine")
    service.save(mode="full")
    held = service.kept.held(service.name)
    hidden = {held.access, held.refresh, service.config.keys[0]}
    hidden |= set(service.one.installation.signing_secrets)
    service.connect_by_own()
    service.connect_by_own(client_secret="WRONG-SECRET")
    service.page()
    service.open_inside()
    one, held = service.one.installation, service.kept.held(service.name)
    hidden |= {one.client_secret, held.access, "WRONG-SECRET", service.config.oauth.client_secret}  # type: ignore[union-attr]
    hidden |= {service.sandbox.token}
    assert len(hidden) >= 8
    assert None not in hidden
    assert len(service.answers) > 15
    for answer in service.answers:
        told = answer.get_data(as_text=True) + "\n".join(f"{k}: {v}" for k, v in answer.headers)
        for secret in hidden:
            assert str(secret) not in told, answer.request.path


def test_environment_s_account(make_service: Make) -> None:
    """The account of the environment is in the store from the start: its admin finds it, under the
    name it has."""
    service = make_service()
    given = Installation(
        "zendesk", subdomain="sandbox", token=service.sandbox.token, signing_secrets=("s" * 20,)
    )
    service.kept.add(given)
    assert service.open_inside().status_code == 200
    assert service.name == "zendesk"
    service.connect()
    assert service.get(service.path).status_code == 200
    assert service.kept.held("zendesk").refresh is not None
    assert service.one.installation.token is None
    assert service.one.installation.mode == "full"
