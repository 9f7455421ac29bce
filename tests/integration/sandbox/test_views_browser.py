"""The agent's view in a real browser: headless Chromium, through its command line.

A script of the test's own is added to each page; it measures and writes what it found into the
document, which Chromium prints when it is done.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.sandbox.state import State

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
HOSTILE = (
    "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
)
VERDICT, DEADLINE = "Warranty: verdict", "Warranty: claim deadline"

PROBE = r"""
const report = {};
const box = (el) => el.getBoundingClientRect();
const rgb = (text) => {
  const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
  return { r, g, b, a };
};
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (el) => {
  for (let at = el; at; at = at.parentElement) {
    const color = rgb(getComputedStyle(at).backgroundColor);
    if (color.a === 1) return color;
  }
  return { r: 255, g: 255, b: 255 };
};
const shown = (el) => el.checkVisibility() && box(el).width > 1 && box(el).height > 1;
const wordy = (el) => [...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim())
  || el.matches("select, textarea, input:not([type=checkbox]):not([type=radio])");
const name = (el) => `${el.tagName}.${el.className}#${el.id} ${el.textContent.trim().slice(0, 30)}`;

report.width = innerWidth;
report.scroll = document.documentElement.scrollWidth;
report.wide = [...document.body.querySelectorAll("*")]
  .filter((el) => shown(el) && box(el).right > innerWidth + 1).map(name);
report.dim = [];
report.checked = 0;
for (const el of document.body.querySelectorAll("*")) {
  if (!shown(el) || !wordy(el) || el.disabled || el.closest("option")) continue;
  const style = getComputedStyle(el);
  const [one, two] = [light(rgb(style.color)), light(behind(el))];
  const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  report.checked += 1;
  if (ratio < 4.5) report.dim.push(`${ratio.toFixed(2)} ${name(el)}`);
}
report.dark = matchMedia("(prefers-color-scheme: dark)").matches;
report.nameless = [...document.querySelectorAll("input, select, textarea")]
  .filter((el) => el.type !== "hidden" && !el.labels.length).map(name);
const inText = ".said, .message, .subject, .crumbs, label, p";
report.small = [...document.querySelectorAll("a, button, select, input, summary")]
  .filter((el) => shown(el) && !el.closest(inText))
  .filter((el) => Math.min(box(el).height, box(el).width) < 24).map(name);
const out = document.createElement("pre");
out.id = "report";
out.textContent = JSON.stringify(report);
top.document.body.append(out);
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed, and in CI these tests must run")
        pytest.skip("chromium is not installed")
    return CHROMIUM


@pytest.fixture
def dump(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """Loads a page, lets so many milliseconds of its own time pass, gives the document."""

    def run(url: str, *, wait: int = 0, dark: bool = False) -> str:
        command = [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1280,900",
            *([f"--virtual-time-budget={wait}"] if wait else []),
            *(["--blink-settings=preferredColorScheme=0"] if dark else []),
            *("--dump-dom", url),
        ]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        return done.stdout.decode()

    return run


def probed(app: Flask) -> None:
    """Adds the measuring script to every page, from the page's own origin, as its policy wants;
    and ``/narrow``, which shows a page as a telephone would: a browser's window is 500 pixels wide
    at least. (To be shown in a frame, the page loses the headers that forbid just that.)"""
    app.add_url_rule("/probe.js", "probe", lambda: Response(PROBE, content_type="text/javascript"))

    @app.get("/narrow")
    def narrow() -> str:
        return f'<!doctype html><body><iframe width=320 height=900 src="{request.args["path"]}">'

    @app.after_request
    def add(answer: Response) -> Response:
        if answer.mimetype == "text/html" and request.path != "/narrow":
            answer.headers.remove("X-Frame-Options")
            answer.headers["Content-Security-Policy"] = "default-src 'self'"
            answer.set_data(
                answer.get_data(as_text=True).replace(
                    "</body>", '<script type="module" src="/probe.js"></script></body>'
                )
            )
        return answer


def report(document: str) -> Any:
    found = re.search(r'<pre id="report">(.*?)</pre>', document, re.DOTALL)
    assert found, document[-500:]
    return json.loads(html.unescape(found[1]))


def furnish(state: State) -> int:
    """An account with a ticket that has a bit of everything: its id."""
    ids = {}
    rows: list[tuple[str, str, list[str]]] = [
        ("checkbox", "Warranty: claim", []),
        ("text", "Warranty: serial number", []),
        ("date", "Warranty: purchase date", []),
        ("textarea", "Anything else that somebody may want to say", []),
        ("tagger", VERDICT, ["Covered", "Not covered", "Awaiting inspection"]),
        ("tagger", "Warranty: freight paid by", ["SOOCAS", "Not applicable"]),
        ("date", DEADLINE, []),
    ]
    from integration.sandbox import fields, macros, webhooks

    for kind, title, options in rows:
        given: dict[str, Any] = {"type": kind, "title": title, "description": f"About {title}"}
        if options:
            given["custom_field_options"] = [
                {"name": o, "value": f"w_{o.lower().replace(' ', '_')}"} for o in options
            ]
        row = state.keep("ticket_fields", fields.shape(state, given, None))
        ids[title] = row["id"]
    macro = {"title": "Say hello", "actions": [{"field": "comment_value", "value": "Hello"}]}
    state.keep("macros", macros.shape(state, macro, None))
    webhooks.create(
        state,
        {
            "name": "W",
            "status": "active",
            "endpoint": f"http://127.0.0.1:9/{'long/' * 20}",
            "http_method": "POST",
            "request_format": "json",
        },
        int(state.agent["id"]),
    )
    values = {
        VERDICT: "w_awaiting_inspection",
        "Warranty: freight paid by": "w_soocas",
        DEADLINE: state.now().date().isoformat(),
        "Warranty: serial number": "S" * 80,
    }
    ticket = state.file_ticket(
        {
            "subject": "Does not charge " + "x" * 80,
            "comment": {"body": "It does not charge.\n\n" + "y" * 120},
            "tags": ["vip", "a_tag_that_is_rather_long_for_a_telephone_held_upright"],
            "custom_fields": [{"id": ids[k], "value": v} for k, v in values.items()],
        },
        "Customer 3 with a very long name indeed",
        "customer3@example.com",
    )
    note = "<p><strong>COVERED</strong></p><ul><li>why</li></ul><blockquote>quote</blockquote>"
    state.agent_edit(ticket["id"], {"comment": {"html_body": note, "public": False}})
    state.agent_edit(ticket["id"], {"comment": {"body": "Hello", "public": True}})
    return int(ticket["id"])


@pytest.fixture
def served() -> Any:
    with running_sandbox(Options(limits=Limits(enabled=False))) as sandbox:
        yield sandbox


PAGES = ("/agent/tickets", "/agent/tickets/{}", "/agent/new", "/agent/webhooks")


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, False), (1280, True)])
def test_pages_fit_and_can_be_read(
    dump: Callable[..., str], served: Sandbox, width: int, dark: bool
) -> None:
    """At 320 and at 1280 pixels nothing sticks out; words contrast by 4.5 to 1 (WCAG 1.4.3), in
    light and dark; every input has a name; targets are at least 24 pixels (WCAG 2.5.8)."""
    probed(served.app)
    ticket = furnish(served.state)
    for path in (page.format(ticket) for page in PAGES):
        url = served.base_url + (f"/narrow?path={path}" if width == 320 else path)
        found = report(dump(url, dark=dark))
        assert found["width"] == width
        assert found["dark"] is dark
        assert found["checked"] > 10
        assert (found["scroll"], found["wide"]) == (width, []), path
        assert found["dim"] == [], path
        assert found["nameless"] == [], path
        assert found["small"] == [], path


def test_nothing_of_a_ticket_runs(dump: Callable[..., str], served: Sandbox) -> None:
    """Markup in a ticket does not run in a browser."""
    state = served.state
    ticket = state.file_ticket(
        {"subject": HOSTILE, "comment": {"html_body": HOSTILE}, "tags": ["<b>"]},
        HOSTILE,
        "customer3@example.com",
    )
    for path in ("/agent/tickets", f"/agent/tickets/{ticket['id']}"):
        document = dump(served.base_url + path)
        assert "<title>owned</title>" not in document
        assert "Sandbox helpdesk</title>" in document
        assert "<img" not in document


def after_first_look(app: Flask, change: Callable[[], None]) -> None:
    """Lets something happen when a page first asks whether anything changed."""
    looks: list[str] = []

    @app.before_request
    def look() -> None:
        if request.path == "/agent/version":
            looks.append(request.path)
            if len(looks) == 1:
                change()


def test_list_keeps_fresh(dump: Callable[..., str], served: Sandbox) -> None:
    """A ticket that comes in while the list is open appears by itself."""
    state = served.state
    state.file_ticket({"subject": "Old", "comment": {"body": "x"}}, "C", "c@example.com")

    def change() -> None:
        state.file_ticket({"subject": "Brand new", "comment": {"body": "x"}}, "C", "c@example.com")

    after_first_look(served.app, change)
    assert "Brand new" in dump(served.base_url + "/agent/tickets", wait=7000)


def edit_box(document: str) -> str:
    found = re.search(r'<form id="edit".*?</form>', document, re.DOTALL)
    assert found
    return found[0]


def test_ticket_keeps_fresh(dump: Callable[..., str], served: Sandbox) -> None:
    """Fields, tags and notes that change while a ticket is open appear by themselves."""
    state = served.state
    ticket = furnish(state)
    field = next(row["id"] for row in state.custom_fields() if row["title"] == VERDICT)

    def change() -> None:
        state.agent_edit(
            ticket,
            {
                "custom_fields": [{"id": field, "value": "w_not_covered"}],
                "comment": {"body": "Another note", "public": False},
            },
        )

    after_first_look(served.app, change)
    document = dump(f"{served.base_url}/agent/tickets/{ticket}", wait=7000)
    assert "Another note" in document
    assert '<option value="w_not_covered" selected="">' in edit_box(document)
    assert re.search(r'id="stale"[^>]* hidden', document)


def test_typing_is_never_overwritten(dump: Callable[..., str], served: Sandbox) -> None:
    """While something is typed the form stays as it is, the rest keeps fresh, and the page says
    that there is something newer."""
    state = served.state
    ticket = furnish(state)
    field = next(row["id"] for row in state.custom_fields() if row["title"] == VERDICT)
    typing = """
      const box = document.getElementById("comment");
      box.value = "half a sentence";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    """
    served.app.add_url_rule(
        "/typing.js", "typing", lambda: Response(typing, content_type="text/javascript")
    )

    @served.app.after_request
    def add(answer: Response) -> Response:
        if answer.mimetype == "text/html":
            page = answer.get_data(as_text=True)
            answer.set_data(
                page.replace("</body>", '<script type="module" src="/typing.js"></script></body>')
            )
        return answer

    def change() -> None:
        state.agent_edit(
            ticket,
            {
                "custom_fields": [{"id": field, "value": "w_not_covered"}],
                "comment": {"body": "Another note", "public": False},
            },
        )

    after_first_look(served.app, change)
    document = dump(f"{served.base_url}/agent/tickets/{ticket}", wait=7000)
    assert "Another note" in document
    assert '<option value="w_awaiting_inspection" selected="">' in edit_box(document)
    stale = re.search(r'<div [^>]*id="stale"[^>]*>', document)
    assert stale
    assert "hidden" not in stale[0]
