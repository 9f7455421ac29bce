"""The panel for everyone: small and narrow, dark, magnified, by keyboard, in five languages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from integration.manifest import house_code, packages
from tests.integration.desk import COMPLETE
from tests.integration.manifest import panel_page
from tests.integration.manifest.conftest import Opened
from tests.integration.manifest.panel_page import ASSETS, AXE, Panel, window
from tests.integration.panel.conftest import Serve, Service

LANGUAGES = ("en", "de", "fr", "es", "zh-CN")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
STATES: dict[str, dict[str, Any]] = {
    "covered": {},
    "missing": {"facts": {"order_number": "SO-1"}},
    "decided": {
        "facts": {**COMPLETE, "agent_decision": "not_covered", "agent_decision_reason": LONG}
    },
    "misread": {"facts": {**COMPLETE, "purchase_date": LONG, "problem": "dropped"}},
    "no_claim": {"ticket": {"tags": []}},
}
VIOLATIONS = """axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa',
  'best-practice'], rules: { region: { enabled: false } } }).then((found) => found.violations.map(
  (one) => [one.id, one.help, one.nodes.map((node) => node.html)]))"""
SMALL = """[...document.querySelectorAll('button, select, input, textarea, summary')]
  .filter((one) => one.checkVisibility()).map((one) => [one.outerHTML, one.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < 24).map(([html]) => html)"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((ASSETS / "words" / f"{language}.json").read_text())
    return found


def unfolded(panel: Panel) -> None:
    """Everything that can be opened is open."""
    for fold in panel.frame.locator("summary").all():
        fold.click()
    for name in ("Override …", "Anders entscheiden …"):
        if panel.button(name).count():
            panel.press(name)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_is_too_wide(opened: Opened, state: str) -> None:
    """No violation of axe's rules (contrast among them) in the main states, light and dark; at 280
    pixels, at twice the size of text, in German, with words that do not end, nothing is wider than
    the sidebar; and targets are large enough to hit."""
    panel = opened(**STATES[state], locale="de")
    unfolded(panel)
    panel.inside.evaluate(AXE.read_text() + ";undefined")
    for scheme in ("light", "dark"):
        panel.host("host.fire('colorScheme.changed', given[0])", scheme)
        panel.inside_until(f"document.documentElement.dataset.scheme === '{scheme}'")
        assert panel.inside.evaluate(VIOLATIONS) == []
    for width in (320, 280):
        panel.page.set_viewport_size({"width": width, "height": 900})
        assert panel.inside.evaluate(WIDER) is False
    assert panel.inside.evaluate(SMALL) == []
    panel.inside.evaluate("document.documentElement.style.fontSize = '175%'")
    assert panel.inside.evaluate(WIDER) is False


def test_the_window_is_as_high_as_the_panel(opened: Opened) -> None:
    """It grows with what is opened, and shrinks again."""
    panel = opened()
    fits = (
        "Math.abs(document.querySelector('iframe').getBoundingClientRect().height - given[0]) < 2"
    )

    def height() -> float:
        found: float = panel.inside.evaluate(
            "document.getElementById('panel').getBoundingClientRect().height"
        )
        return found

    before = height()
    panel.until(fits, before)
    panel.press("Override …")
    panel.frame.locator(".override").wait_for()
    assert height() > before
    panel.until(fits, height())
    panel.press("Cancel")
    panel.until(fits, before)


def test_by_keyboard_alone(opened: Opened) -> None:
    """In the order of the page; the focus stays where it was when the panel is drawn anew."""
    panel = opened()
    panel.frame.locator(".letter").focus()
    keyboard = panel.page.keyboard
    for key in ("Tab", "Enter"):
        keyboard.press(key)
    panel.see("Inserted.")
    focused = "document.activeElement.dataset.k"
    assert panel.inside.evaluate(focused) == "insert"
    panel.button("Override …").focus()
    keyboard.press("Enter")
    panel.frame.locator(".override").wait_for()
    assert panel.inside.evaluate(focused) == "override"
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Tab")
    keyboard.type("Because")
    assert panel.inside.evaluate("document.activeElement.value") == "Because"
    keyboard.press("Tab")
    keyboard.press("Enter")
    panel.see("Set in the ticket's fields.")
    order = panel.inside.evaluate(
        "[...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).length"
    )
    assert order == 0


def test_what_is_typed_outlives_an_answer(opened: Opened) -> None:
    """An answer that comes while an agent writes a reason leaves the reason alone."""
    panel = opened()
    panel.press("Override …")
    panel.frame.get_by_label("Reason").fill("Half a sen")
    panel.host("host.fire('ticket.updated')")
    panel.until("host.log.service.length === 2")
    panel.host("host.fire('comment.type.changed')")
    assert panel.frame.get_by_label("Reason").input_value() == "Half a sen"


def test_folds_are_remembered_and_nothing_else(opened: Opened) -> None:
    """By their keys."""
    # Of the ticket page's own site: a page of another site may keep nothing in this browser.
    panel = opened(app="https://app.desk.test")
    panel.frame.locator("summary", has_text="What if").click()
    panel.inside_until("localStorage.length === 1")
    kept = panel.inside.evaluate("Object.entries(localStorage)")
    assert kept == [["warranty-desk.open", '{"trying":true}']]
    panel.host("host.open('&again=1')")
    panel.frame.locator("details.trying[open]").wait_for()


def test_in_the_agent_s_language(opened: Opened) -> None:
    """Words, days and plurals; the customer's reply keeps its own."""
    for language in LANGUAGES:
        speaks(opened, language)


def speaks(opened: Opened, language: str) -> None:
    panel = opened({"order_number": "SO-1"}, locale=language.lower())
    said = words(language)
    panel.see(said["status.needs_information"], within="h1")
    shown = panel.frame.locator("#panel").inner_text()
    assert said["decision"] in shown
    count = panel.frame.locator(".missing li").count()
    assert count > 1
    assert said["missing.other"].replace("{count}", str(count)) in shown
    assert not re.search(r"\{\w+\}|\b[a-z]+\.[a-z_]+\b(?!\.)", shown.split(said["reply"])[0])
    assert panel.inside.evaluate("document.documentElement.lang").startswith(language[:2])


def test_the_nearest_language(opened: Opened) -> None:
    """English where there is none."""
    nearest = {"pt-BR": "en", "de-CH": "de", "zh-tw": "zh-CN", "fr_CA": "fr", "": "en"}
    for locale, expected in nearest.items():
        opened(locale=locale).see(words(expected)["decision"])


def test_from_right_to_left(opened: Opened) -> None:
    """The page turns round with the agent's language, and its words stay readable."""
    panel = opened(locale="ar")
    assert panel.inside.evaluate("document.documentElement.dir") == "rtl"
    assert panel.inside.evaluate(WIDER) is False
    icon = panel.frame.locator("h1 svg").bounding_box()
    text = panel.frame.locator("h1 span").bounding_box()
    assert icon["x"] > text["x"]
    picture = panel.frame.locator(".course svg").bounding_box()
    rows = panel.frame.locator(".course ol").bounding_box()
    assert picture["x"] > rows["x"]


def test_dark_follows_the_helpdesk(opened: Opened) -> None:
    """Not the machine, and at once."""
    panel = opened(scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = panel.inside.evaluate(colour)
    panel.host("host.fire('colorScheme.changed', 'dark')")
    panel.inside_until("document.documentElement.dataset.scheme === 'dark'")
    assert panel.inside.evaluate(colour) != light


def test_every_word_is_used_and_there() -> None:
    """No key that nothing says, none that is missing, in any language."""
    source = "\n".join(path.read_text() for path in (ASSETS / "panel").rglob("*.js"))
    keys = stems_of(words("en"))
    said = set(re.findall(r"""['"`]([a-z_]+(?:\.[a-z_]+)*)['"`]""", source))
    stems = set(re.findall(r"`([a-z_]+)\.\$\{", source))
    stems |= {"reply", "decision", "claim", "next"}  # the model makes them of two parts
    unused = {key for key in keys if key not in said and key.partition(".")[0] not in stems}
    assert unused == set()
    asked = set(re.findall(r"""\bsay\(\s*['"]([a-z_.]+)['"]""", source))
    assert asked <= keys
    for language in LANGUAGES:
        assert stems_of(words(language)) == keys, language


def stems_of(texts: dict[str, str]) -> set[str]:
    """The keys, those of several forms without them."""
    counted = {key.removesuffix(".one") for key in texts if key.endswith(".one")}
    return {
        stem if (stem := re.sub(r"\.(one|other)$", "", key)) in counted else key for key in texts
    }


def test_it_is_small_and_makes_no_markup() -> None:
    """Under 60 kB of our own, and no text is ever made into markup."""
    package = packages.from_folder(ASSETS.parent)
    assert house_code.loaded_bytes(package, "assets/panel.html") < 60_000
    assert list(house_code.no_markup(package)) == []


def test_it_waits_for_no_stranger(chromium: Any, service: Service, serve: Serve) -> None:
    """Of other addresses than its own, the framework's alone is loaded."""
    serve()
    with panel_page.panel(chromium, service) as panel:
        loaded: list[str] = []
        panel.page.on("request", lambda request: loaded.append(request.url))
        panel.open(**window()).ready()
        others = {
            url for url in loaded if not url.startswith(("https://desk.test/", "https://app.test/"))
        }
        assert others == {
            "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
        }
