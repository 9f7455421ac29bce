"""An app's source bundle: how it is read, and which of its files are served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.sandbox.freshdesk import bundles
from tests.integration.sandbox.freshdesk.hosting import APART, BUNDLE, FOLDER, SECRET

BASE = "http://localhost"


def changed(tmp_path: Path, name: str, text: str | None) -> Path:
    """The small app with another file, or without one."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    return folder


def test_a_bundle_is_read() -> None:
    """Its sidebar, settings, handlers, and the templates that its manifest declares."""
    found = bundles.read(FOLDER)
    assert (found.page, found.icon) == ("index.html", "icon.svg")
    assert found.handlers == {"onAppInstall": "installed", "onTicketCreate": "created"}
    assert [one.name for one in found.iparams.values() if one.required] == ["host", "app_secret"]
    assert (found.secure("app_secret"), found.secure("host")) == (True, False)
    assert found.iparams["plain"].default == "as ever"
    assert "undeclared" not in found.templates
    assert (found.templates["ask"].attempts, found.templates["ask"].delay) == (3, 1.5)
    assert (found.templates["quick"].attempts, found.templates["quick"].delay) == (1, 0)


def test_the_app_s_own_bundle_is_one() -> None:
    """As it stands in the repository."""
    found = bundles.read(BUNDLE)
    assert set(found.templates) == {"getVerdict", "again", "reportTicket"}
    assert {"onAppInstall", "onTicketCreate"} <= set(found.handlers)
    assert [name for name in found.iparams if found.secure(name)] == ["app_secret"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("manifest.json", None, "manifest.json"),
        ("manifest.json", "{", "manifest.json"),
        ("manifest.json", "[]", "manifest.json"),
        ("manifest.json", '{"platform-version": "2.3"}', "expected 3.0"),
        ("config/iparams.json", None, "iparams.json"),
        ("config/iparams.json", '{"host": 1}', "host"),
        ("config/requests.json", None, "requests.json"),
        ("config/requests.json", '{"ask": {"options": {"maxAttempts": 6}}}', "maxAttempts"),
        ("config/requests.json", '{"ask": {"options": {"retryDelay": 50}}}', "retryDelay"),
        ("app/index.html", None, "index.html"),
        ("server/server.js", None, "server.js"),
    ],
)
def test_what_is_no_bundle(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    """It is named what is missing or wrong."""
    with pytest.raises(ValueError, match=words):
        bundles.read(changed(tmp_path, name, text))


def test_an_app_need_not_have_everything(tmp_path: Path) -> None:
    """Without requests, events and a sidebar it is read all the same, and shown beside nothing."""
    manifest = {"platform-version": "3.0", "modules": {"support_ticket": {}}}
    found = bundles.read(changed(tmp_path, "manifest.json", json.dumps(manifest)))
    assert (found.page, found.templates, found.handlers) == ("", {}, {})


def test_files_are_served_under_the_other_name(hosting: Any) -> None:
    """Framed by the agent's pages alone, and of another origin than they are; unmodified, but that
    a page loads the platform's client."""
    path = f"/apps/{hosting.account.app.id}"
    answer = hosting.client.get(f"{path}/app.js", headers=APART)
    assert answer.data == (FOLDER / "app" / "app.js").read_bytes()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == f"frame-ancestors {BASE}"
    page = hosting.client.get(f"{path}/index.html", headers=APART).text
    client = "http://127.0.0.1/apps/client.js?host=http%3A%2F%2Flocalhost"
    assert page == (FOLDER / "app" / "index.html").read_text().replace("{{{appclient}}}", client)
    script = hosting.client.get("/apps/client.js", headers=APART)
    assert (script.status_code, SECRET in script.text) == (200, False)
    for other in (f"{path}/app.js", f"{path}/index.html", "/apps/client.js"):
        assert hosting.client.get(other).status_code == 404
    assert hosting.client.get("/apps/1/app.js", headers=APART).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("../manifest.json", "..%2fmanifest.json", "%2e%2e/config/iparams.json", "/etc/passwd"),
        *("../server/server.js", "nothing.html", ".hidden.js", "link.js", "app.js/"),
        *("..\\manifest.json", "app.js%00.html"),
    ],
)
def test_nothing_else_is_served(make_api: Callable[..., Any], tmp_path: Path, path: str) -> None:
    """Neither settings nor handlers, nothing outside of ``app``, no hidden file and no link."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    (folder / "app" / ".hidden.js").write_text("1")
    (folder / "app" / "link.js").symlink_to(folder / "server" / "server.js")
    api = make_api(app_folder=folder)
    answer = api.client.get(f"/apps/{api.account.app.id}/{path}", headers=APART)
    assert answer.status_code in (404, 308)
    assert "exports" not in answer.text


def test_without_an_app_there_are_no_files(api: Any) -> None:
    """And the pages are to be had under either name."""
    assert api.client.get("/apps/61001/app.js", headers=APART).status_code == 404
    assert api.client.get("/agent/tickets", headers=APART).status_code == 200


def test_pages_are_not_to_be_had_where_apps_are(hosting: Any) -> None:
    """Who comes by that name is sent to the pages' own; a write is refused."""
    answer = hosting.client.get("/agent/tickets?q=x", headers=APART)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{BASE}/agent/tickets?q=x")
    own = {**APART, "Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert hosting.client.post("/agent/new", headers=own).status_code == 403
