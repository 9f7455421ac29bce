"""Opening tickets in a real browser, and what it tells of the sidebar beside them.

Moments are taken in the pages themselves, by the browser's own clock: the click, the question and
the answer in the agent's window, the verdict in the app's frame.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from integration.commands import bench_sidebar_sdk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Frame, Page

try:
    from playwright import sync_api as playwright
except ImportError:
    playwright = None  # type: ignore[assignment]

WAIT: Final = 30_000  # milliseconds for a page to come to something
FRAME: Final = ".frame.heard iframe"
"""The app's frame beside a ticket, once it has spoken."""
VERDICT: Final = "#panel section.card h1"
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_QUIET: Final = 1_200
"""Milliseconds after the verdict for which requests still count as asked on opening: the sidebar
takes up to a second to follow a change that it is told of."""

# Two frames after the verdict is in the document, the first of them is on the screen.
_WATCH: Final = """(() => {
  if (window.top === window) {
    document.addEventListener('click', (event) => {
      sessionStorage.setItem('bench-click', String(performance.timeOrigin + event.timeStamp));
    }, true);
    return;
  }
  const watch = new MutationObserver(() => {
    if (!document.querySelector('SELECTOR')) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      window.benchPainted = performance.timeOrigin + performance.now();
    }));
  });
  watch.observe(document, { childList: true, subtree: true });
})()""".replace("SELECTOR", VERDICT)

_WINDOW: Final = """() => {
  const [asked] = performance.getEntriesByType('resource')
    .filter((one) => /\\/agent\\/apps\\/\\d+\\/request$/.test(one.name));
  const at = (moment) => performance.timeOrigin + moment;
  return {
    click: Number(sessionStorage.getItem('bench-click')),
    asked: asked && at(asked.startTime),
    answered: asked && at(asked.responseEnd),
    skew: performance.timeOrigin + performance.now() - Date.now(),
  };
}"""

_APP: Final = """() => {
  const own = performance.getEntries()
    .filter((one) => ['navigation', 'resource'].includes(one.entryType))
    .filter((one) => /\\/apps\\/\\d+\\/assets\\//.test(new URL(one.name).pathname));
  return {
    begun: performance.timeOrigin,
    painted: window.benchPainted,
    files: own.map((one) => [new URL(one.name).pathname, one.decodedBodySize]),
    skew: performance.timeOrigin + performance.now() - Date.now(),
  };
}"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket opened, in milliseconds since the click: the app's document ``begun``, its question
    ``asked`` and ``answered`` in the agent's window, the verdict ``painted`` (NaN: it never was).

    ``service`` is what the service says that it took, in ms. ``requests`` are those to the service,
    ``files`` the app's own with their bytes before compression, ``skew`` how far apart the clocks
    of window and frame are, in ms. ``remembered``: the service could not read the ticket, and
    answered from what it knew.
    """

    begun: float
    asked: float
    answered: float
    painted: float
    service: float
    requests: int
    files: tuple[tuple[str, int], ...]
    skew: float
    remembered: bool


@contextmanager
def browser(sdk: Path | None, folder: Path) -> Iterator[Browser]:
    """A browser without windows that has nothing of the internet but the SDK, and that from here.
    click.ClickException where something for it is missing."""
    program = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if playwright is None:
        raise click.ClickException(
            "playwright is missing: pip install -c constraints.txt '.[test]'"
        )
    if program is None:
        raise click.ClickException(f"A browser is missing: one of {', '.join(_PROGRAMS)}.")
    script = bench_sidebar_sdk.script(sdk)
    with bench_sidebar_sdk.served(script, folder) as where, playwright.sync_playwright() as driver:
        # Without a sandbox of its own, which containers do not allow: it sees our pages alone.
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += where.browser_options
        found = driver.chromium.launch(executable_path=program, args=options)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def fresh(where: Browser, **more: Any) -> Iterator[BrowserContext]:
    """A browser that has been nowhere yet; ``more`` are options of playwright's context."""
    context = where.new_context(**{"viewport": {"width": 1280, "height": 1000}, **more})
    try:
        context.set_default_timeout(WAIT)
        yield context
    finally:
        context.close()


def is_of_browser(error: Exception) -> bool:
    """Whether it was the browser that something went wrong with."""
    return playwright is not None and isinstance(error, playwright.Error)


def watched(context: BrowserContext) -> Page:
    """A page that notes the moments of an ``Opening``."""
    context.add_init_script(_WATCH)
    return context.new_page()


def app_frame(page: Page) -> Frame:
    """The document of the app beside the ticket."""
    frame = page.wait_for_selector(FRAME)
    found = frame and frame.content_frame()
    if not found:
        raise click.ClickException("The app's frame is gone again.")
    return found


def opened(page: Page, helpdesk: str, ticket: int) -> Opening:
    """Open a ticket by a click in the list of tickets. The page is a watched one."""
    page.goto(f"{helpdesk}/agent/tickets?q=%23{ticket}")
    answers: list[Any] = []

    def heard(answer: Any) -> None:
        if "/panel/" in str(_asked(answer.request).get("url")):
            answers.append(answer)

    page.on("response", heard)
    try:
        page.click(f"#t-{ticket}")
        page.wait_for_url(f"**/agent/tickets/{ticket}", wait_until="commit")
        frame = app_frame(page)
        with suppress(playwright.TimeoutError):  # its moment is NaN then, and is told as such
            frame.wait_for_function("() => window.benchPainted", polling=50)
        page.wait_for_timeout(_QUIET)
        return _opening(page.evaluate(_WINDOW), frame.evaluate(_APP), answers)
    finally:
        page.remove_listener("response", heard)


def _asked(request: Any) -> dict[str, Any]:
    if request.method != "POST" or not request.url.endswith("/request"):
        return {}
    return _json_of({"text": request.post_data})


def _opening(window: dict[str, Any], app: dict[str, Any], answers: list[Any]) -> Opening:
    def since(moment: float | None) -> float:
        return math.nan if moment is None else moment - float(window["click"])

    came = answers[0].json() if answers else {}
    return Opening(
        since(app["begun"]),
        since(window.get("asked")),
        since(window.get("answered")),
        since(app.get("painted")),
        _service_time(came),
        len(answers),
        tuple((str(path), int(size)) for path, size in app["files"]),
        abs(float(window["skew"]) - float(app["skew"])),
        bool(_json_of(came).get("as_of")),
    )


def _json_of(came: dict[str, Any]) -> dict[str, Any]:
    given = json.loads(came.get("text") or "{}")
    return given if isinstance(given, dict) else {}


def _service_time(came: dict[str, Any]) -> float:
    """What the service says in its Server-Timing header: ``total;dur=12.3``."""
    said = str((came.get("headers") or {}).get("server-timing", ""))
    _, found, value = said.partition("total;dur=")
    return float(value.split(",")[0]) if found else math.nan
