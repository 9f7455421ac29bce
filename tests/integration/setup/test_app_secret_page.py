"""The app in the sidebar on the set-up page: filled in by itself, or copied by an admin."""

from __future__ import annotations

import html
import re
from typing import Any, Literal

import pytest
from sqlalchemy import select

from integration.errands import ERRANDS
from integration.sandbox.api.apps import apps
from integration.sandbox.faults import Fault
from integration.setup.access import Passes, Visitor
from tests.integration.setup.served import URL, Service
from tests.integration.setup.test_pages import words

APPS = r"/api/v2/apps/installations(/\d+)?(\.json)?"


def app(service: Service) -> Any:
    (one,) = apps(service.sandbox.app).installations.values()
    return one


def secret(service: Service) -> str | None:
    return service.one.installation.app_secret


def shown(page: str) -> str | None:
    """The secret that a page shows."""
    found = re.search(r"<dt>App secret</dt><dd><code>([^<]+)</code>", page)
    return html.unescape(found[1]) if found else None


def test_put_in_place(connected: Service) -> None:
    """The app's account and its secret are filled in with everything else; nothing shows it, and
    nothing that the page stores holds it."""
    app(connected).settings["service_url"] = URL
    assert any("app in the sidebar" in step["what"] for step in connected.result("look")["steps"])
    done = connected.placed()
    assert "the settings of the app in the sidebar" in done["words"]
    settings = {**app(connected).settings, **app(connected).secrets}
    assert settings["installation"] == connected.name
    made = secret(connected)
    assert made
    assert settings["app_secret"] == made
    assert made not in connected.page()
    with connected.store.read() as connection:
        assert made not in str(connection.execute(select(ERRANDS)).all())
    connected.writes()
    connected.placed()
    assert connected.writes() == 0
    found = {one["key"]: one for one in connected.result("examine")["checks"]}
    assert found["app"]["state"] == "good"


def test_not_installed(connected: Service) -> None:
    """Before anything is changed it is said how to install it, with the address to type."""
    apps(connected.sandbox.app).installations.clear()
    (remark,) = connected.result("look")["remarks"]
    assert "it is not installed" in remark
    assert URL in remark
    assert "it is not installed" in words(connected.get(connected.path))
    connected.placed()
    assert "it is not installed" in words(connected.get(connected.path))
    assert secret(connected) is None


def test_refused(connected: Service) -> None:
    """Everything else is put in place all the same; what to paste is said, and a new secret is
    shown when an admin asks for one: once, in an answer that nobody keeps."""
    app(connected).settings["service_url"] = URL
    connected.sandbox.state.faults.add(Fault(method="PUT", path=APPS, status=403))
    done = connected.placed()
    assert done["words"].startswith("created")
    assert any("Change settings" in remark for remark in done["remarks"])
    before = secret(connected)
    assert before
    assert shown(connected.page()) is None
    answer = connected.do("app-secret")
    assert answer.status_code == 200
    made = shown(answer.text)
    assert made == secret(connected) != before
    assert connected.one.installation.app_secrets_before == (before,)
    assert answer.headers["Cache-Control"] == "no-store"
    assert URL in words(answer)
    assert connected.name in words(answer)
    assert str(made) not in connected.page()
    with connected.store.read() as connection:
        assert str(made) not in str(connection.execute(select(ERRANDS)).all())


@pytest.mark.parametrize("kind", ["none", "cookie", "overview"])
def test_only_an_admin_s_form_makes_one(
    connected: Service, kind: Literal["none", "cookie", "overview"]
) -> None:
    """Neither a cookie nor an agent's pass is enough."""
    connected.placed()
    before = secret(connected)
    given = {"do": "app-secret"}
    if kind != "none":
        visitor = Visitor(connected.name, "7")
        given["pass"] = Passes(connected.config.keys).give(visitor, kind)
    answer = connected.post(connected.path, given)
    assert answer.status_code == 403
    assert secret(connected) == before
