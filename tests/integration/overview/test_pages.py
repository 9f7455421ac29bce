"""The overview's pages: who may see them, of which account, and what they say."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from integration.installations import INSTALLATIONS
from integration.overview import building, pages
from integration.overview.period import KINDS
from integration.sandbox import people
from integration.setup.access import COOKIE, NotLetIn, Passes, Visitor
from integration.setup.building import LIMITS
from tests.integration.overview.reviewed import reviewed, watched
from tests.integration.setup.served import Service, pass_in
from tests.integration.setup.test_access import another
from tests.integration.setup.test_pages import HOSTILE, words

DAY = timedelta(days=1)
NPM = Path(__file__).parents[2] / "node_modules"
VENDOR = Path(pages.__file__).parent / "static" / "vendor"


def path(service: Service) -> str:
    return f"/overview/accounts/{service.name}"


def put(service: Service, ticket: str, ago: timedelta = DAY, **more: Any) -> None:
    values = {"now": datetime.now(UTC), "installation": service.name, **more}
    reviewed(service.store, ticket, ago, **values)


def switched_on(service: Service) -> Service:
    service.placed()
    service.save(mode="full")
    return service


def inside(service: Service, role: str = "agent") -> Any:
    """The page as the helpdesk opens it for an agent, or an administrator who is another one."""
    known = people.by_email(service.sandbox.state, "agent2@example.com")
    answer = service.open_inside(known or service.agent(role))
    assert answer.status_code == 200, answer.text
    return answer


def agent_pass(service: Service) -> str:
    return pass_in(inside(service).text)


def table(text: str, title: str) -> list[list[str]]:
    """The cells of a table of the page, without those that only a phone shows."""
    found = re.search(rf'<caption class="unseen">{title}</caption>(.*?)</table>', text, re.DOTALL)
    assert found, title
    rows = re.findall(r'<tr role="row">(.*?)</tr>', found[1], re.DOTALL)
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(
                r"<t[hd][^>]*>(.*?)</t[hd]>",
                re.sub(r'<span class="name".*?</span>', "", row),
                re.DOTALL,
            )
        ]
        for row in rows
    ]


# -- who may see it ------------------------------------------------------------------------------


def test_agent_inside(connected: Service) -> None:
    """An agent sees the overview inside the helpdesk, which alone may frame it, and no way to the
    set-up page; no cookie is set."""
    put(connected, "7")
    answer = inside(connected)
    assert "Claims by status" in answer.text
    assert "Set-up</" not in answer.text
    assert connected.path not in answer.text
    assert "Set-Cookie" not in answer.headers
    origin = connected.sandbox.base_url
    assert f"frame-ancestors {origin}" in answer.headers["Content-Security-Policy"]
    again = connected.post(
        path(connected),
        {"pass": pass_in(answer.text), "period": "7"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert again.status_code == 200
    assert f"frame-ancestors {origin}" in again.headers["Content-Security-Policy"]
    assert "Set-up</" not in again.text


def test_admin_inside(connected: Service) -> None:
    """An administrator has both: the set-up page first while the app is off, from then on the
    overview; from each a form leads to the other."""
    first = connected.open_inside()
    assert "Set up Warranty Desk" in first.text
    over = connected.post(path(connected), {"pass": pass_in(first.text), "do": "show"}, headers={})
    assert over.status_code == 200
    assert "Overview</h1>" in over.text
    back = connected.post(connected.path, {"pass": pass_in(over.text), "do": "show"}, headers={})
    assert "Set up Warranty Desk" in back.text
    switched_on(connected)
    answer = connected.open_inside()
    assert "Overview</h1>" in answer.text
    assert f'action="{connected.path}"' in answer.text


@pytest.mark.parametrize("more", [{"suspended": True}, {"active": False}, {"role": "end-user"}])
def test_who_is_no_agent(connected: Service, more: dict[str, Any]) -> None:
    """Nobody else of the account is let in: not a customer, not who was suspended or deleted."""
    one = connected.agent()
    one.update(more)
    answer = connected.open_inside(one)
    assert answer.status_code == 403
    assert "Only agents and administrators" in answer.text
    assert 'name="pass"' not in answer.text


def test_an_agent_s_pass_sets_nothing_up(connected: Service) -> None:
    """Whatever the set-up page can do, an agent's pass cannot, nor does it show that page; and
    nothing of it is done."""
    given = agent_pass(connected)
    version = connected.one.version
    for do in ("show", "settings", "preview", "place", "look", "try", "examine", ""):
        form = {"pass": given, "do": do, "version": str(version), "mode": "full"}
        answer = connected.post(connected.path, form)
        assert answer.status_code == 403, do
        assert connected.sandbox.state.options.subdomain + ".zendesk.com" not in answer.text
    assert connected.one.version == version
    connected.client.delete_cookie(COOKIE, domain="warranty.example.com")
    connected.client.set_cookie(COOKIE, given, domain="warranty.example.com", secure=True)
    assert connected.get(connected.path).status_code == 403
    assert connected.get(path(connected)).status_code == 403


def test_an_agent_s_pass_stays_one(connected: Service) -> None:
    """The overview gives an agent no pass that is good for more than the one that was shown."""
    answer = inside(connected)
    for _ in range(2):
        answer = connected.post(path(connected), {"pass": pass_in(answer.text)})
        passes = Passes(connected.config.keys)
        for one in re.findall(r'name="pass" value="([^"]+)"', answer.text):
            with pytest.raises(NotLetIn):
                passes.read(html.unescape(one))
            assert passes.reader(html.unescape(one))[1] is False


def test_another_account(connected: Service) -> None:
    """With one account's pass or cookie neither page nor export of another is had, and nobody is
    told whether there is such an account."""
    another(connected)
    reviewed(connected.store, "7", DAY, now=datetime.now(UTC), installation="other-1")
    admin = pass_in(connected.page())
    for given in (admin, agent_pass(connected)):
        for account in ("other-1", "none-at-all"):
            theirs = f"/overview/accounts/{account}"
            form = {"pass": given, "table": "claims"}
            for answer in (
                connected.post(theirs, form),
                connected.post(f"{theirs}/export", form),
                connected.get(theirs),
            ):
                assert answer.status_code == 404
                assert "other" not in answer.text
    assert "#7" not in connected.open_inside().text


def test_no_pass(connected: Service) -> None:
    """Without a pass nothing is posted or exported, whoever is signed in; without a cookie nothing
    is read; and a pass in an address counts for nothing."""
    given = agent_pass(connected)
    for form in ({}, {"pass": ""}, {"pass": "x.y.z"}):
        assert connected.post(path(connected), form).status_code == 403
        assert (
            connected.post(f"{path(connected)}/export", {**form, "table": "status"}).status_code
            == 403
        )
    assert connected.post(f"{path(connected)}?pass={given}").status_code == 403
    assert connected.get(path(connected)).status_code == 200
    connected.post("/setup/leave")
    assert connected.get(f"{path(connected)}?pass={given}").status_code == 403
    assert connected.get("/overview/").headers["Location"] == "/setup/"


def test_an_account_that_is_gone(connected: Service) -> None:
    """Once an account was removed, its passes show nothing."""
    given, at = agent_pass(connected), path(connected)
    connected.kept.remove(connected.name)
    assert connected.post(at, {"pass": given}).status_code == 403


def test_standalone(connected: Service) -> None:
    """Who signed in at the set-up page goes back and forth by links, and may keep the address of a
    period; nobody may frame it."""
    assert connected.get("/overview/").headers["Location"] == path(connected)
    assert f'href="{path(connected)}"' in connected.page()
    answer = connected.get(f"{path(connected)}?period=custom&from=2026-01-01&to=2026-01-31")
    assert answer.status_code == 200
    assert "2026-01-01 to 2026-01-31" in words(answer)
    assert f'href="{connected.path}"' in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", answer.text)


# -- what it says --------------------------------------------------------------------------------


def test_first_day(connected: Service) -> None:
    """Before anything was reviewed it says why, and what to do; an agent is told who can."""
    told = words(connected.get(path(connected)))
    assert "The app is off in this account" in told
    assert "Switch it on under Set-up" in told
    assert "An administrator of the account can switch it on" in words(inside(connected))
    switched_on(connected)
    told = words(connected.get(path(connected)))
    assert "No ticket has been reviewed yet. Tick “Warranty: claim”" in told
    assert "No ticket is set aside." in told
    connected.save(mode="shadow")
    assert "nothing is written on tickets" in words(connected.get(path(connected)))


def test_nothing_in_these_days(connected: Service) -> None:
    """Where the period has none, it says when the last review was."""
    put(connected, "7", 60 * DAY)
    day = (datetime.now(UTC) - 60 * DAY).strftime("%Y-%m-%d")
    assert f"The last review of this account was on {day}" in words(connected.get(path(connected)))
    told = words(connected.get(f"{path(connected)}?period=90&kind=shadow"))
    assert "No ticket was reviewed in these days, as chosen above" in told


def test_figures(connected: Service) -> None:
    """Each table says what was put in, a ticket once, and links lead to the ticket."""
    for ago in (3, 2):
        put(connected, "7", ago * DAY, status="needs_information", asked=("problem",))
    put(
        connected,
        "7",
        DAY,
        status="not_covered",
        clauses=("X8",),
        shown="covered",
        decision="covered",
    )
    put(connected, "8", DAY, status="not_covered", clauses=("X8",), decision="accept")
    put(
        connected,
        "9",
        DAY,
        status="needs_information",
        asked=("problem",),
        clauses=(),
        did="shadow",
    )
    last = (datetime.now(UTC) + 3 * DAY).strftime("%Y-%m-%d")
    put(connected, "10", DAY, claim_deadline=last)
    watched(connected.store, "10", installation=connected.name)
    why = f"{HOSTILE} — Put it in place."
    watched(connected.store, "11", installation=connected.name, set_aside_at=1, last_error=why)
    text = connected.get(path(connected)).text
    assert table(text, "Claims by status")[1:] == [
        ["Covered", "2", "50 %", "1"],
        ["Not covered", "1", "25 %", "2"],
        ["Needs information", "1", "25 %", "1"],
    ]
    assert table(text, "Overrides by clause")[1][:4] == ["X8", "1", "2", "50 %"]
    assert table(text, "Overrides: from what to what")[1:] == [["Not covered", "Covered", "1"]]
    assert table(text, "Tickets that agents decided otherwise")[1][:4] == [
        *("#7", "Not covered", "Covered", "X8"),
    ]
    assert table(text, "Agents and the verdict")[1][:3] == ["Accepted", "1", "25 %"]
    assert table(text, "Questions asked most")[1:] == [["What the problem is", "2", "1"]]
    assert table(text, "Claims near their deadline")[1][:4] == ["#10", "3", last, "Covered"]
    assert table(text, "Time to the verdict")[1] == ["First verdict", "4", "1 min", "1 min"]
    assert table(text, "Freight borne by")[1] == ["SOOCAS", "4", "100 %"]
    aside = table(text, "Tickets set aside")[1]
    assert (aside[0], aside[2:]) == ("#11", [HOSTILE, "Put it in place."])
    assert "<img src=x" not in text
    assert "1 of 4 were reviewed in shadow" in text
    link = f'{connected.sandbox.base_url}/agent/tickets/7" target="_blank" rel="noopener"'
    assert link in text


def tiles(text: str) -> dict[str, str]:
    """The figures at the top, by their labels."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text)
    return {label: re.sub(r'<span class="unseen".*?</span>|<[^>]+>', "", dd) for label, dd in found}


def test_denials_of_agents(connected: Service) -> None:
    """Who answers for denials sees all that stand and which of them agents decided: a link leads to
    their list, where they come first with links to the tickets, on the page and in its file."""
    for ticket in ("1", "2", "3"):
        put(connected, ticket, status="not_covered", clauses=("X8",))
    put(connected, "4", 2 * DAY, status="covered", decision="not_covered", shown="not_covered")
    before = connected.get(path(connected)).text
    assert list(tiles(before).items())[1:5] == [
        ("Not covered, on the tickets", "4"),
        ("of these, by an agent", "1"),
        ("Not covered, by the policy", "3"),
        ("of those by the policy, agents decided otherwise", "0"),
    ]
    assert '<a href="#s-overridden">1<' in before
    assert 'id="s-overridden"' in before
    put(connected, "3", status="not_covered", decision="covered", shown="covered")
    text = connected.get(path(connected)).text
    assert list(tiles(text).values())[1:5] == ["3", "1", "3", "1"]
    listed = table(text, "Tickets that agents decided otherwise")
    assert [row[:3] for row in listed[1:]] == [
        ["#4", "Covered", "Not covered"],
        ["#3", "Not covered", "Covered"],
    ]
    assert f'{connected.sandbox.base_url}/agent/tickets/4"' in text
    rows = export(connected, "overridden")
    assert [row[:3] for row in rows[1:]] == [
        [a[1:], b, c] for a, b, c in [r[:3] for r in listed[1:]]
    ]


def test_no_denials_of_agents(connected: Service) -> None:
    """Where no agent denied anything there is a nought and no link to nowhere."""
    put(connected, "1", status="not_covered", clauses=("X8",))
    text = connected.get(path(connected)).text
    assert tiles(text)["of these, by an agent"] == "0"
    assert "#s-overridden" not in text


def test_empty_lists_are_brief(connected: Service) -> None:
    """What lists nothing takes one line, its heading and that there is nothing; with a ticket it
    explains itself."""
    put(connected, "1")
    text = connected.get(path(connected)).text
    for key in ("deadlines", "set_aside"):
        found = re.search(rf'<section aria-labelledby="s-{key}" class="brief wide">(.*)', text)
        assert found, key
        assert re.search(r'</h2><p class="nothing">No [^<]+</p></section>$', found[1])
    watched(connected.store, "11", installation=connected.name, set_aside_at=1, last_error="Why")
    text = connected.get(path(connected)).text
    assert text.count('class="brief wide"') == 1
    assert "wait for a person, whatever the period above" in text
    assert table(text, "Tickets set aside")[1][0] == "#11"


def test_tickets_of_reviews(connected: Service) -> None:
    """What the app itself reviews is counted, with its brand by its name."""
    switched_on(connected)
    ticket = connected.ticket("warranty_claim")
    connected.jobs.accept(connected.name, "d1", str(ticket["id"]), "ticket_created")
    connected.review()
    put(connected, "7", DAY, brand="12")
    answer = connected.get(path(connected))
    number = ticket["brand_id"]
    assert f'<option value="{number}">Sandbox</option>' in answer.text
    assert '<option value="12">Brand 12</option>' in answer.text
    one = connected.get(f"{path(connected)}?brand={number}").text
    assert table(one, "Claims by status")[1] == ["Needs information", "1", "100 %", "1"]
    assert f'<option value="{number}" selected>' in one
    other = connected.get(f"{path(connected)}?brand=13").text
    assert "No ticket was reviewed in these days" in other


def test_without_brands_names(connected: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the helpdesk does not answer, the overview is there all the same, with numbers."""
    from integration import errors

    def away(account: object) -> dict[str, str]:
        raise errors.Unavailable("brands: no answer")

    monkeypatch.setattr(building, "brands", away)
    put(connected, "7", brand="12")
    put(connected, "8", brand=None)
    text = connected.get(path(connected)).text
    assert '<option value="12">Brand 12</option>' in text
    assert '<option value="none">No brand kept</option>' in text


def test_wrong_days(connected: Service) -> None:
    """What is wrong is said beside its field, which keeps what was typed; nothing is counted."""
    put(connected, "7")
    answer = connected.get(
        path(connected),
        query_string={"period": "custom", "from": "2026-02-30", "to": HOSTILE, "kind": HOSTILE},
    )
    assert answer.status_code == 422
    assert 'id="from-wrong">Choose a day, as 2026-01-31.<' in answer.text
    assert "<script>document" not in answer.text
    assert "Claims by status" not in answer.text
    form = {"pass": agent_pass(connected), "table": "status", "period": "forever"}
    assert connected.post(f"{path(connected)}/export", form).status_code == 422


def test_days_are_the_account_s(connected: Service) -> None:
    """Days are counted in the account's zone, which the page names."""
    connected.save(time_zone="Pacific/Kiritimati")
    from zoneinfo import ZoneInfo

    today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    told = words(connected.get(path(connected)))
    assert f"to {today}, days of Pacific/Kiritimati" in told


# -- exports -------------------------------------------------------------------------------------


def export(service: Service, name: str, **more: str) -> list[list[str]]:
    form = {"pass": agent_pass(service), "table": name, **more}
    answer = service.post(f"{path(service)}/export", form, headers={})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(
        r'attachment; filename="warranty-[a-z-]+-[\d-]+_[\d-]+\.csv"',
        answer.headers["Content-Disposition"],
    )
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_claims(connected: Service) -> None:
    """A line a ticket, in the period and of the kind that was chosen; by an agent from inside
    the helpdesk, without a cookie."""
    connected.post("/setup/leave")
    put(connected, "7", 2 * DAY)
    put(
        connected,
        *("7", DAY),
        status="not_covered",
        shown="covered",
        decision="covered",
        clauses=("X8", "D2"),
        asked=("problem",),
        claim_deadline="2026-06-01",
        brand="12",
    )
    put(connected, "8", DAY, did="shadow", shown=None)
    put(connected, "9", 20 * DAY)
    rows = export(connected, "claims", period="7")
    zone = connected.one.installation.time_zone
    dates = [f"Created ({zone})", f"Reviewed ({zone})"]
    assert rows[0][:4] == ["Ticket", *dates, "Status by the policy"]
    first = dict(zip(rows[0], rows[1], strict=True))
    assert [row[0] for row in rows[1:]] == ["7", "8"]
    assert first["Status by the policy"] == "Not covered"
    assert first["Status on the ticket"] == "Covered"
    assert first["Agent decision"] == "Override to: covered"
    assert first["Clauses"] == "X8 D2"
    assert first["Missing facts"] == "problem"
    assert first["Claim deadline"] == "2026-06-01"
    assert first["Brand"] == "12"
    assert rows[2][-2] == KINDS["shadow"]
    assert [row[0] for row in export(connected, "claims", period="7", kind="shadow")[1:]] == ["8"]


def test_tables(connected: Service) -> None:
    """Each table of the page is an export, with its head, also where it has no rows; nothing else
    is one."""
    put(connected, "7", status="not_covered", decision="covered", asked=("problem",))
    text = connected.get(path(connected)).text
    names = set(re.findall(r'name="table" value="([^"]+)"', text))
    assert {"status", "clauses", "freight", "overrides", "questions", "times", "claims"} <= names
    for name in [*names - {"claims"}, "deadlines", "set_aside"]:
        assert len(export(connected, name)[0]) >= 3
    for name in ("", "records", "../x"):
        form = {"pass": agent_pass(connected), "table": name}
        assert connected.post(f"{path(connected)}/export", form).status_code == 400


def test_formulas_are_defused(connected: Service) -> None:
    """What an admin calls a brand may be a formula: in a sheet it is text."""
    brands = connected.sandbox.state.shelf("brands")
    number, brand = next(iter(brands.items()))
    brand["name"] = "=cmd|' /C calc'!A0"
    put(connected, "7", brand=str(number))
    rows = export(connected, "claims")
    assert dict(zip(rows[0], rows[1], strict=True))["Brand"] == "'=cmd|' /C calc'!A0"


def test_held_back(connected: Service) -> None:
    """Who exports without pause is asked to wait, in words."""
    form = {"pass": agent_pass(connected), "table": "status"}
    most = int(LIMITS["overview.export"].partition("/")[0])
    answers = [connected.post(f"{path(connected)}/export", form) for _ in range(most + 1)]
    assert {one.status_code for one in answers[:-1]} == {200}
    assert answers[-1].status_code == 429
    assert "Too many requests" in answers[-1].text


def test_the_store_is_away(connected: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the page says so, and nothing of why; there is no half of a file."""
    from integration.overview.lists import Lists
    from integration.overview.queries import Looking
    from integration.store import Away

    def away(*_: object) -> None:
        raise Away("store: secret host")

    given = agent_pass(connected)
    monkeypatch.setattr(Looking, "groups", away)
    monkeypatch.setattr(Lists, "claims", away)
    for answer in (
        connected.get(path(connected)),
        connected.post(f"{path(connected)}/export", {"pass": given, "table": "claims"}),
    ):
        assert answer.status_code == 503
        assert "Nothing is lost" in answer.text
        assert "secret host" not in answer.text


def test_access_that_is_gone(connected: Service) -> None:
    """Who is there already still sees what was decided, and that the account is to be connected."""
    given = agent_pass(connected)
    put(connected, "7")
    with connected.store.begin() as connection:
        connection.execute(update(INSTALLATIONS).values(grant_state="gone"))
    told = words(connected.post(path(connected), {"pass": given}))
    assert "Zendesk no longer lets the app in" in told
    assert "Claims by status" in told


# -- the library -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("chart.umd.min.js", "chart.js/dist/chart.umd.min.js"),
        ("chart.LICENSE.md", "chart.js/LICENSE.md"),
        ("color.LICENSE.md", "@kurkle/color/LICENSE.md"),
    ],
)
def test_the_library_is_as_published(ours: str, theirs: str) -> None:
    """What draws is the published file, unchanged, with its licence beside it."""
    if not (NPM / theirs).exists():
        pytest.skip("tests/node_modules is not installed (npm ci in tests/)")
    mine = (VENDOR / ours).read_bytes()
    assert mine == (NPM / theirs).read_bytes()


def test_the_library_says_what_it_is() -> None:
    """Name, version and licence are in the file."""
    head = (VENDOR / "chart.umd.min.js").read_text("utf-8")[:200]
    assert re.search(r"Chart\.js v4\.\d+\.\d+", head)
    assert "MIT" in head
    assert "MIT" in (VENDOR / "chart.LICENSE.md").read_text("utf-8")


def test_passes_of_roles() -> None:
    """An administrator's pass reads the overview as an administrator, an agent's as an agent; a
    cookie's does neither."""
    passes = Passes(["key"])
    one = Visitor("acme-1", "17", None, int(datetime.now(UTC).timestamp()))
    assert passes.reader(passes.give(one)) == (one, True)
    assert passes.reader(passes.give(one, "overview")) == (one, False)
    with pytest.raises(NotLetIn):
        passes.reader(passes.give(one, "cookie"))
