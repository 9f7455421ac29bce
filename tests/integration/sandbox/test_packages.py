"""An app's package: how it is read, which of its files are served, and what its settings are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.sandbox import packages
from integration.sandbox.api.apps import apps

FOLDER = Path(__file__).parent / "testing_app"
SECRET = "SECRET-of-the-app-0123456789-0123456789"
KEY = "KEY-of-the-app-0123456789"
SETTINGS = {"service_url": "https://warranty.example.com", "app_secret": SECRET, "api_key": KEY}
BASE = "http://localhost"
FILES = {"Host": "127.0.0.1"}


@pytest.fixture
def desk(make_api: Callable[..., Any]) -> Any:
    return make_api(app_folder=FOLDER, app_settings=SETTINGS)


def installation(api: Any) -> Any:
    (one,) = apps(api.client.application).installations.values()
    return one


def test_a_package_is_read() -> None:
    """Its name as the marketplace shows it, its places, parameters and requirements."""
    found = packages.read(FOLDER)
    assert (found.name, found.version) == ("Tried app", "1.2.3")
    assert found.places["ticket_sidebar"].flexible
    assert found.places["nav_bar"].signed
    assert not found.places["ticket_sidebar"].signed
    assert found.parameters["app_secret"].scopes == ("jwt_secret_key",)
    assert found.requirements == {"colour": ("ticket_fields", {"title": "Colour", "type": "text"})}


def test_what_it_requires_is_made_with_it(desk: Any) -> None:
    """Once, and on the form; the app is told of it by its own name for it."""
    (field,) = (
        row for row in desk.ok("GET", "/ticket_fields")["ticket_fields"] if row["title"] == "Colour"
    )
    (form,) = desk.ok("GET", "/ticket_forms")["ticket_forms"]
    assert field["id"] in form["ticket_field_ids"]
    known = installation(desk).requirements["colour"]
    assert known == {"requirement_type": "ticket_fields", "requirement_id": field["id"]}
    again = apps(desk.client.application).install_package(packages.read(FOLDER), SETTINGS)
    assert again.requirements["colour"] == known


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"webhooks": {"w": {"name": "W"}}}, "the sandbox makes no webhooks"),
        ({"ticket_fields": {"f": {"title": "F", "type": "nothing"}}}, "requirement f"),
    ],
)
def test_what_cannot_be_made(
    make_api: Callable[..., Any], tmp_path: Path, wanted: Any, words: str
) -> None:
    """Then the app is not installed, and it is said why."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    (folder / "requirements.json").write_text(json.dumps(wanted))
    with pytest.raises(ValueError, match=words):
        make_api(app_folder=folder)


@pytest.mark.parametrize(
    ("name", "text"), [("manifest.json", None), ("manifest.json", "{"), ("manifest.json", "[]")]
)
def test_what_is_no_package(tmp_path: Path, name: str, text: str | None) -> None:
    """A folder without a manifest, or with one that does not parse, is named."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json"):
        packages.read(folder)


def test_files_are_served_under_the_other_name(desk: Any) -> None:
    """Each with its content type, framed by the agent's pages alone; none under the pages' own
    name, so that an app is of another origin than they are."""
    app_id = installation(desk).app_id
    for name, kind in (("app.html", "text/html"), ("app.js", "text/javascript")):
        path = f"/apps/{app_id}/assets/{name}"
        answer = desk.client.get(path, headers=FILES)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert answer.headers["Content-Security-Policy"] == f"frame-ancestors {BASE}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert desk.client.get(path).status_code == 404
        assert desk.client.get(f"/apps/1/assets/{name}", headers=FILES).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../manifest.json",
            "..%2fmanifest.json",
            "%2e%2e/manifest.json",
            "../../test_packages.py",
        ),
        *("..\\manifest.json", "/etc/passwd", "app.html/", "nothing.html", ".hidden.js", "tool.sh"),
        *("inside/../../manifest.json", "link.js", "linked/secret.json", "app.js%00.html"),
    ],
)
def test_nothing_else_is_served(make_api: Callable[..., Any], tmp_path: Path, path: str) -> None:
    """Not the manifest, nothing outside of the assets by whatever way, no hidden file, no link, and
    no kind of file that an app does not have."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    (tmp_path / "secret.json").write_text("{}")
    (folder / "assets" / ".hidden.js").write_text("")
    (folder / "assets" / "tool.sh").write_text("")
    (folder / "assets" / "link.js").symlink_to(folder / "assets" / "app.js")
    (folder / "assets" / "linked").symlink_to(tmp_path)
    desk = make_api(app_folder=folder, app_settings=SETTINGS)
    asked = f"/apps/{installation(desk).app_id}/assets/{path}"
    answer = desk.client.get(asked, headers=FILES, follow_redirects=True)
    assert answer.status_code in (404, 400), asked


def test_the_pages_are_not_to_be_had_under_the_apps_name(desk: Any) -> None:
    """An app's script is of that origin: reading leads away from it, and writing is refused."""
    ticket = desk.ticket()
    page = desk.client.get(f"/agent/tickets/{ticket['id']}?did=saved", headers=FILES)
    assert (page.status_code, page.headers["Location"]) == (
        302,
        f"{BASE}/agent/tickets/{ticket['id']}?did=saved",
    )
    own = {**FILES, "Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    for path in (f"/agent/tickets/{ticket['id']}", f"/agent/apps/{installation(desk).id}/request"):
        assert desk.client.post(path, headers=own).status_code == 403


def test_secure_settings_are_told_to_nobody(desk: Any) -> None:
    """Not by the API, not after they were changed by it, and on no page; the others are."""
    one = desk.ok("GET", "/apps/installations.json?include=app")["installations"][0]
    assert one["settings"]["service_url"] == SETTINGS["service_url"]
    assert one["settings"]["plain"] == "as ever"
    assert {"app_secret", "api_key"}.isdisjoint(one["settings"])
    path = f"/apps/installations/{one['id']}.json"
    other = {"settings": {"app_secret": "ANOTHER-SECRET-0123456789", "plain": "changed"}}
    changed = desk.call("PUT", path, other)
    assert changed.json["settings"]["plain"] == "changed"
    assert installation(desk).secrets["app_secret"] == "ANOTHER-SECRET-0123456789"
    assert installation(desk).secrets["api_key"] == KEY
    ticket = desk.ticket()["id"]
    pages = [
        desk.client.get(where).text
        for where in (
            *("/agent/apps", f"/agent/apps/{one['id']}", "/agent/tickets"),
            *(f"/agent/tickets/{ticket}", "/agent/tickets/new", "/agent/new"),
        )
    ]
    told = [changed.text, desk.call("GET", path).text, *pages]
    for secret in (SECRET, KEY, "ANOTHER-SECRET-0123456789"):
        assert not any(secret in text for text in told)
    assert "changed" in pages[3]  # a setting that is not secure is


def test_what_is_not_set_yet_is_said(make_api: Callable[..., Any]) -> None:
    """An app whose settings are missing is installed all the same, and the pages say so."""
    desk = make_api(app_folder=FOLDER)
    assert installation(desk).lacking == ["service_url", "app_secret"]
    (one,) = desk.ok("GET", "/apps/installations.json")["installations"]
    assert one["settings"]["service_url"] is None
    assert "not set up yet: service_url, app_secret" in desk.client.get("/agent/apps").text
    page = desk.client.get(f"/agent/tickets/{desk.ticket()['id']}")
    assert "Not set up yet: service_url, app_secret" in page.text
    assert desk.client.get(f"/agent/apps/{one['id']}").status_code == 404
    given = {"settings": {"service_url": "https://warranty.example.com"}}
    desk.ok("PUT", f"/apps/installations/{one['id']}.json", given)
    assert desk.client.get(f"/agent/apps/{one['id']}").status_code == 200


def test_a_page_lets_in_the_apps_that_it_shows(desk: Any) -> None:
    """Frames and pictures of the apps' own origin, the set-up page of the service's; scripts from
    nowhere else; and pages without apps let nothing in."""
    ticket = desk.client.get(f"/agent/tickets/{desk.ticket()['id']}")
    policy = ticket.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-src http://127.0.0.1" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    inside = desk.client.get(f"/agent/apps/{installation(desk).id}")
    policy = inside.headers["Content-Security-Policy"]
    assert "frame-src https://warranty.example.com" in policy
    assert "form-action 'self' https://warranty.example.com;" in policy
    assert 'action="https://warranty.example.com/page?a=b&amp;origin=' in inside.text
    assert "frame-src" not in desk.client.get("/agent/tickets").headers["Content-Security-Policy"]
    told = ticket.text.partition('id="host">')[2].partition("</script>")[0]
    assert [one["metadata"]["version"] for one in json.loads(told)["apps"]] == ["1.2.3"]


def test_without_apps_the_pages_are_as_ever(make_api: Callable[..., Any]) -> None:
    """No tray, no host script, and the pages under either of this machine's names."""
    desk = make_api()
    page = desk.client.get(f"/agent/tickets/{desk.ticket()['id']}", headers=FILES)
    assert page.status_code == 200
    assert "workspace" not in page.text
    assert 'class="tray"' not in page.text


def test_the_agents_language_is_chosen(desk: Any) -> None:
    """For what apps say to them; one that is not offered is refused."""
    own = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    answer = desk.client.post("/agent/language", data={"locale": "de"}, headers=own)
    assert answer.status_code == 303
    page = desk.client.get(f"/agent/tickets/{desk.ticket()['id']}").text
    told = json.loads(page.partition('id="host">')[2].partition("</script>")[0])
    assert told["user"]["locale"] == "de"
    refused = desk.client.post("/agent/language", data={"locale": "xx"}, headers=own)
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("hosts", "netloc", "allowed"),
    [
        (("api.example.com",), "api.example.com", True),
        (("api.example.com",), "API.example.com:443", True),
        (("api.example.com",), "api.example.com.evil.example", False),
        (("api.example.com",), "evil.example@api.example.com", True),
        (("api.example.com",), "api.example.com@evil.example", False),
        (("127.0.0.1:8000",), "127.0.0.1:8000", True),
        (("127.0.0.1:8000",), "127.0.0.1:8001", False),
        (("*.example.com",), "a.example.com", True),
        (("*.example.com",), "example.com", False),
        (("*.example.com",), "evilexample.com", False),
        ((), "api.example.com", False),
    ],
)
def test_allowed_hosts(hosts: tuple[str, ...], netloc: str, allowed: bool) -> None:
    """A host is allowed by its name, with its port where that is named."""
    assert packages.allows(hosts, netloc) is allowed
