"""The pictures of the README: the agent's view, the sidebar, the overview, as they are.

Nothing is set up for a picture: the tickets are the demo's, and the package is shown as it would be
uploaded. Days are those on which the pictures are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration import catalogue
from integration.commands.bench_sidebar_browser import VERDICT, app_frame, fresh
from integration.commands.demo import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Locator, Page

SIDEBARS: Final = {
    "sidebar-covered": ("Toothbrush no longer charges", "light"),
    "sidebar-needs-information": ("Hair dryer smells burnt", "light"),
    "sidebar-not-covered": ("Fell into the bath", "light"),
    "sidebar-dark": ("Moved to France, brush broken", "dark"),
}
"""Pictures of the sidebar alone: a ticket of the demo by its subject, and the colours."""
_WIDTH: Final = 320  # pixels that the helpdesk gives a sidebar
_AGENTS: Final = "Toothbrush no longer charges"
_DROPPED: Final = "warranty_problem_dropped"
_TALL: Final = {"width": 1280, "height": 3200}  # so that nothing of a sidebar is scrolled away


def take(
    browser: Browser, desk: Demo, folder: Path, say: Callable[[str], None] = lambda _: None
) -> None:
    """Take all pictures into a folder. ``desk`` has the demo's tickets, written back."""
    folder.mkdir(parents=True, exist_ok=True)
    tickets: dict[str, int] = {}
    for number, claim in desk.tickets.items():
        tickets.setdefault(claim.subject, number)

    def done(name: str) -> Path:
        say(f"{folder / name}.png")
        return folder / f"{name}.png"

    with fresh(browser) as context:
        page = context.new_page()
        _ticket(page, desk, tickets[_AGENTS])
        page.screenshot(path=done("agents-view"))
        _being_filed(page, desk)
        page.screenshot(path=done("new-ticket"))
    for name, (subject, scheme) in SIDEBARS.items():
        look = {"color_scheme": scheme, "device_scale_factor": 1.25}
        with fresh(browser, viewport=_TALL, **look) as context:
            page = context.new_page()
            frame = _ticket(page, desk, tickets[subject])
            _narrowed(page, frame)
            page.locator(".frame iframe").screenshot(path=done(name))
    with fresh(browser, viewport={"width": 1280, "height": 1720}) as context:
        page = context.new_page()
        _overview(page, desk)
        page.screenshot(path=done("overview"))


def _ticket(page: Page, desk: Demo, ticket: int) -> Frame:
    page.goto(f"{desk.sandbox_url}/agent/tickets/{ticket}")
    frame = app_frame(page)
    frame.wait_for_selector(VERDICT)
    _settled(frame)
    return frame


def _settled(frame: Frame) -> None:
    """Wait until what is known is drawn, and the frame is as high as its panel wants it."""
    frame.evaluate("() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 100)))")
    frame.wait_for_function(
        """() => document.documentElement.scrollHeight <= innerHeight
          && innerHeight - document.getElementById('panel').offsetHeight < 40""",
        polling=100,
    )


def _narrowed(page: Page, frame: Frame) -> None:
    page.locator(".frame").evaluate("(one, width) => { one.style.width = `${width}px`; }", _WIDTH)
    frame.wait_for_function(f"() => innerWidth === {_WIDTH}", polling=100)
    _settled(frame)


def _being_filed(page: Page, desk: Demo) -> None:
    """A ticket that an agent files for somebody on the phone, with a first few facts."""
    page.goto(f"{desk.sandbox_url}/agent/tickets/new")
    frame = app_frame(page)
    page.get_by_label("Customer's name").fill("Customer 1")
    page.get_by_label("Customer's e-mail").fill("customer1@example.com")
    page.get_by_label("Subject").fill("Brush fell on the floor")
    bought = datetime.now(UTC).date() - timedelta(days=90)
    _field(page, "purchase_date").fill(bought.isoformat())
    with page.expect_response(lambda one: _DROPPED in (one.request.post_data or "")):
        _field(page, "problem").select_option(_DROPPED)
    frame.wait_for_selector(VERDICT)
    _settled(frame)
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")


def _field(page: Page, key: str) -> Locator:
    """Its input on an agent's page, which groups fields by the word before the colon."""
    name = catalogue.FIELD[key].title.partition(": ")[2]
    return page.get_by_label(f"{name[:1].upper()}{name[1:]}", exact=True)


def _overview(page: Page, desk: Demo) -> None:
    """As the helpdesk opens it, for an administrator."""
    assert desk.nav_bar is not None  # the app is installed
    page.goto(desk.nav_bar)
    frame = page.frame_locator("iframe.app")
    frame.get_by_role("button", name="Overview").click()
    frame.locator("canvas").first.wait_for()
    page.wait_for_load_state("networkidle")
