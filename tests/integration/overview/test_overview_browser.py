"""The overview in a real browser: inside a sandbox helpdesk and standalone, with and without
scripts, light and dark, at the widths of a phone."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.installations import INSTALLATIONS
from integration.sandbox.api.apps import apps
from integration.store import connect as open_store
from tests.integration.overview.reviewed import reviewed, watched
from tests.integration.setup.test_setup_browser import (
    HOSTILE,
    SIZES,
    Stack,
    Visitor,
    _agent,
    _measured,
    browser,  # noqa: F401
    connect,
    stack,
    visit,
)

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NARROW = {**SIZES, "360 pixels, dark": (360, 740, "dark")}
INK = """canvas => { const all = [0, 0, canvas.width, canvas.height];
  const d = canvas.getContext('2d').getImageData(...all);
  return new Set(new Uint32Array(d.data.buffer)).size; }"""
"""How many colours a picture has: a blank one has one."""
CLAUSES = {
    "covered": ("S1", "W1", "R1"),
    "not_covered": ("X8",),
    "needs_information": ("E1", "V1"),
    "awaiting_inspection": ("E4",),
    "needs_review": ("P1",),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Stack]:  # noqa: F811
    """A connected service with some weeks of reviews; its app is off, so nothing else comes."""
    with stack(tmp_path_factory.mktemp("overview")) as running:
        with visit(browser) as one:
            connect(one, running)
        _fill(running)
        yield running


def _fill(running: Stack) -> None:
    chance = random.Random(7)
    store = open_store(f"sqlite:///{running.folder / 'warranty.sqlite'}", 30)
    with store.begin() as connection:
        (name,) = connection.execute(INSTALLATIONS.select()).scalars()
    now = datetime.now(UTC)
    for number in range(60):
        status = chance.choice(list(CLAUSES))
        denied = status == "not_covered"
        decision = chance.choice(["accept", "covered", None]) if denied else None
        if number in (3, 4):
            status, denied, decision = "covered", False, "not_covered"
        reviewed(
            store,
            str(100 + number),
            timedelta(days=chance.random() * 25),
            now=now,
            installation=name,
            status=status,
            clauses=CLAUSES[status],
            asked=("problem", "purchase_date") if status == "needs_information" else (),
            decision=decision,
            shown=decision if decision in ("covered", "not_covered") else status,
            brand=chance.choice(["11", "12"]),
            freight_payer=chance.choice(["buyer", "soocas"]),
            claim_deadline=None if denied else str((now + timedelta(days=number % 30)).date()),
            did=chance.choice(["written", "written", "shadow"]),
        )
    watched(store, *(str(100 + number) for number in range(60)), installation=name)
    why = f"A field is missing {HOSTILE} — Put everything in place again."
    watched(store, "99", installation=name, set_aside_at=1, last_error=why)
    store.close()


def signed_in(one: Visitor, running: Stack) -> Any:
    connect(one, running)
    one.page.get_by_role("link", name="Overview").click()
    one.page.get_by_role("heading", name="Overview", exact=True).wait_for()
    one.page.wait_for_load_state()  # its scripts are deferred
    return one.page


def rows_of(download: Any, folder: Path) -> list[list[str]]:
    path = folder / download.suggested_filename
    download.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_inside_the_helpdesk(browser: Any, served: Stack, tmp_path: Path) -> None:  # noqa: F811
    """An agent opens it in the helpdesk, sees pictures beside their tables, chooses other days,
    takes the claims along as a file, and goes to a ticket in a tab that knows nothing of where it
    was opened; what the store holds is text."""
    with visit(browser) as one:
        page = one.page
        (number,) = apps(served.sandbox.app).installations
        page.goto(f"{served.sandbox.base_url}/agent/apps/{number}?as={_agent(served)}")
        frame = page.frame_locator("iframe[name=app]")
        frame.get_by_role("heading", name="Overview", exact=True).wait_for()
        assert frame.get_by_role("navigation").count() == 0
        pictures = frame.locator(".picture canvas")
        assert pictures.count() == 5
        for place in range(5):
            pictures.nth(place).scroll_into_view_if_needed()
            assert pictures.nth(place).evaluate(INK) > 4
        assert HOSTILE in frame.locator("section[aria-labelledby=s-set_aside] table").inner_text()
        assert frame.locator("main img").count() == 0
        whole = frame.locator(".facts dd").first.inner_text()
        assert whole == "60"
        frame.get_by_label("Last 7 days").check()
        frame.get_by_role("button", name="Show", exact=True).click()
        frame.locator("#period-7[checked]").wait_for(state="attached")
        fewer = int(frame.locator(".facts dd").first.inner_text())
        assert 0 < fewer < 60
        with page.expect_download() as loaded:
            frame.get_by_role("button", name="Download the claims themselves (CSV)").press("Enter")
        rows = rows_of(loaded.value, tmp_path)
        assert len(rows) == fewer + 1
        with page.expect_popup() as shown:
            frame.locator("section[aria-labelledby=s-deadlines] tbody a").first.click()
        assert f"{served.sandbox.base_url}/agent/tickets/" in shown.value.url
        assert shown.value.evaluate("() => window.opener") is None


def test_an_administrator_goes_to_and_fro(browser: Any, served: Stack) -> None:  # noqa: F811
    """Inside the helpdesk both pages are tabs, by the keyboard too, and it is told which one is
    shown."""
    with visit(browser) as one:
        page = one.page
        (number,) = apps(served.sandbox.app).installations
        page.goto(f"{served.sandbox.base_url}/agent/apps/{number}")
        frame = page.frame_locator("iframe[name=app]")
        frame.get_by_role("heading", name="Set up Warranty Desk").wait_for()
        assert frame.locator("[aria-current=page]").inner_text() == "Set-up"
        frame.get_by_role("button", name="Overview", exact=True).press("Enter")
        frame.get_by_role("heading", name="Overview", exact=True).wait_for()
        assert frame.locator("[aria-current=page]").inner_text() == "Overview"
        frame.get_by_role("button", name="Set-up", exact=True).press("Enter")
        frame.get_by_role("heading", name="Set up Warranty Desk").wait_for()


def test_without_scripts(browser: Any, served: Stack, tmp_path: Path) -> None:  # noqa: F811
    """Every table is there, no empty place for a picture, and choosing and exporting work."""
    with visit(browser, java_script_enabled=False) as one:
        page = signed_in(one, served)
        assert page.locator(".picture").locator("visible=true").count() == 0
        assert page.locator("section table").count() >= 10
        page.get_by_label("From – to").check()
        page.get_by_label("From", exact=True).fill("2020-01-01")
        page.get_by_label("To", exact=True).fill("2019-01-01")
        page.get_by_role("button", name="Show", exact=True).click()
        page.get_by_text("The first day is after the last").wait_for()
        one.complaints.clear()  # of the answer 422
        page.get_by_label("Last 30 days").check()
        page.get_by_role("button", name="Show", exact=True).click()
        page.locator(".facts").wait_for()
        with page.expect_download() as loaded:
            page.get_by_role("button", name="Download Claims by status (CSV)").click()
        assert rows_of(loaded.value, tmp_path)[0] == ["Status", "Tickets", "Share", "By the policy"]


def test_days_of_one_s_own(browser: Any, served: Stack) -> None:  # noqa: F811
    """Who fills in a day means days of their own; the address can be kept and opened again."""
    with visit(browser) as one:
        page = signed_in(one, served)
        today = datetime.now(UTC).date()
        page.get_by_label("From", exact=True).fill(str(today - timedelta(days=3)))
        assert page.get_by_label("From – to").is_checked()
        page.get_by_role("button", name="Show", exact=True).click()
        page.get_by_text(f"{today - timedelta(days=3)} to").wait_for()
        kept, before = page.url, page.locator(".facts dd").first.inner_text()
        assert "pass" not in kept
        page.goto(kept)
        assert page.locator(".facts dd").first.inner_text() == before


def test_from_a_figure_to_its_tickets(browser: Any, served: Stack) -> None:  # noqa: F811
    """The number of denials by agents leads, by the keyboard too, to the list that begins with
    them; the figures stand in whole rows, and on a phone each in a line."""
    with visit(browser) as one:
        page = signed_in(one, served)
        link = page.locator(".facts a")
        assert link.inner_text().startswith("2")
        link.press("Enter")
        assert page.url.endswith("#s-overridden")
        rows = page.locator("section[aria-labelledby=s-overridden] tbody tr")
        told = [rows.nth(place).locator("td").nth(1).inner_text() for place in range(3)]
        assert [words.endswith("Not covered") for words in told] == [True, True, False]
        for width, columns in ((1280, 6), (900, 3), (320, 1)):
            page.set_viewport_size({"width": width, "height": 800})
            tops = page.locator(".facts > div").evaluate_all(
                "all => all.map((one) => one.getBoundingClientRect().top)"
            )
            assert [tops.count(top) for top in dict.fromkeys(tops)] == [columns] * (6 // columns)


def test_fits_and_can_be_read(browser: Any, served: Stack) -> None:  # noqa: F811
    """Nothing sticks out at any width and at 200 per cent; words contrast in light and dark; every
    control has a name and is large enough; all lists unfolded, and with letters of twice the
    size."""
    with visit(browser) as one:
        page = signed_in(one, served)
        page.evaluate("() => document.querySelectorAll('details').forEach((d) => d.open = true)")
        for size in NARROW.values():
            _measured(page, *size)
        page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
        _measured(page, *SIZES["wide"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_by_the_rules(browser: Any, served: Stack, scheme: str) -> None:  # noqa: F811
    """axe finds nothing against the rules for accessible pages, wide and narrow."""
    if not AXE.exists():
        pytest.skip("tests/node_modules is not installed (npm ci in tests/)")
    with visit(browser, color_scheme=scheme) as one:
        page = signed_in(one, served)
        page.evaluate(AXE.read_text("utf-8") + ";0")
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
            told = [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]
            assert told == []
