"""The installed app: which it is among others, and its settings."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from integration import errors
from integration.helpdesks.zendesk import Account
from integration.helpdesks.zendesk_app import (
    AppSettings,
    Search,
    clear,
    installed,
    is_older,
    put,
    search,
)
from integration.helpdesks.zendesk_wire import Line, open_line
from tests.integration.helpdesks.fake_apps import FakeApps

URL = "https://warranty.example.com"
SECRET = "SECRET-OF-THE-APP"


@pytest.fixture
def there(zendesk: responses.RequestsMock) -> FakeApps:
    """An account without apps."""
    apps = FakeApps()
    apps.serve(zendesk)
    return apps


@pytest.fixture
def line(account: Account) -> Line:
    return open_line(account)


def look(line: Line, **more: Any) -> Search:
    return search(line, **{"service_url": URL, "installation": "one", **more})


def number(found: Search) -> str | None:
    return found.app.id if found.app else None


def test_none_is_installed(there: FakeApps, line: Line) -> None:
    """Other apps are not taken for ours, whatever their settings."""
    there.install("Other", 1, service_url="https://other.example.com", installation="x")
    assert look(line) == Search(None, "none")


@pytest.mark.parametrize(
    "settings",
    [
        {"service_url": URL, "installation": ""},
        {"service_url": URL.upper() + "/"},
        {"service_url": "https://moved.example.com", "installation": "one"},
        {"service_url": "", "installation": ""},
    ],
)
def test_it_is_found_by_its_settings(there: FakeApps, line: Line, settings: dict[str, str]) -> None:
    """By this service's address or this account, or because nothing is set in it yet."""
    there.install("Other", 1)
    row = there.install(**settings)
    found = look(line)
    assert number(found) == str(row["id"])
    assert found.others == ()


def test_it_is_found_by_its_number(there: FakeApps, line: Line) -> None:
    """The marketplace app's, whatever stands in its settings; nothing is ours without a number."""
    row = there.install(app_id=9, service_url="https://elsewhere.example.com")
    assert look(line).app is None
    assert number(look(line, app_id="9")) == str(row["id"])


def test_a_name_proves_nothing(there: FakeApps, line: Line) -> None:
    """An app that is called like ours and has none of our settings gets no secret."""
    there.install()
    found = look(line)
    assert (found.app, found.why) == (None, "lacking")


def test_another_service_s_copy_is_left_alone(there: FakeApps, line: Line) -> None:
    """It belongs to another installation at another address."""
    there.install(service_url="https://staging.example.com", installation="staging")
    found = look(line)
    assert (found.app, found.why) == (None, "another")
    assert found.others[0].service_url == "https://staging.example.com"


def test_of_several_it_is_that_of_this_account(there: FakeApps, line: Line) -> None:
    """Rather than one that only has the address; the other is named."""
    other = there.install(service_url=URL)
    ours = there.install(service_url=URL, installation="one")
    found = look(line)
    assert number(found) == str(ours["id"])
    assert [one.id for one in found.others] == [str(other["id"])]


def test_long_lists_are_read_to_their_end(there: FakeApps, line: Line) -> None:
    """Ours may be on the last page."""
    there.page = 2
    for n in range(6):
        there.install(f"Other {n}", 20 + n)
    row = there.install(service_url=URL)
    assert len(installed(line)) == 7
    assert number(look(line)) == str(row["id"])


def test_settings_are_put_and_others_stay(there: FakeApps, line: Line) -> None:
    """One request; what it gives is the app as it is then, and the secret is nowhere in it."""
    row = there.install(service_url=URL, mine="kept")
    app = look(line).app
    assert app is not None
    there.asked.clear()
    now = put(line, app, AppSettings(URL, "one", SECRET))
    assert len(there.asked) == 1
    assert row["settings"]["installation"] == "one"
    assert row["settings"]["mine"] == "kept"
    assert there.secrets[row["id"]] == {"app_secret": SECRET}
    assert (now.installation, now.updated_at) == ("one", row["updated_at"])
    assert SECRET not in repr(now)
    assert SECRET not in repr(AppSettings(URL, "one", SECRET))


@pytest.mark.parametrize("wants", [False, True])
def test_settings_are_cleared(there: FakeApps, line: Line, wants: bool) -> None:
    """The account and the secret; the address stays. Also where Zendesk wants something in it."""
    row = there.install(service_url=URL, installation="one")
    app = look(line).app
    assert app is not None
    put(line, app, AppSettings(URL, "one", SECRET))
    there.wants_secrets = wants
    clear(line, app)
    assert row["settings"]["service_url"] == URL
    assert row["settings"]["installation"] in ("", "none")
    assert there.secrets[row["id"]]["app_secret"] in ("", "none")


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_said(there: FakeApps, line: Line, status: int) -> None:
    """The user or the token may not see apps."""
    there.refusals["GET"] = status
    with pytest.raises((errors.Forbidden, errors.NotFound)):
        look(line)


def test_what_is_not_understood_is_no_answer(there: FakeApps, line: Line) -> None:
    """Not that there were no apps."""
    there.rows.append({"id": "none"})
    with pytest.raises(errors.Unavailable):
        look(line)


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.9", "0.10", True),
        ("1.0.0", "1.0.0", False),
        ("2", "1.9.9", False),
        ("", "1.0", None),
        ("1.0-beta", "1.0", None),
        ("1.0", "", None),
    ],
)
def test_versions(version: str, than: str, older: bool | None) -> None:
    """By their numbers; what is no version is neither older nor newer."""
    assert is_older(version, than) is older
