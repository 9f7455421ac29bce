"""The app's settings: by the control, by the page of apps, and who never sees the secure ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sandbox.freshdesk.hosting import FOLDER, OWN, SECRET, Service, settings


def put(api: Any, **given: Any) -> Any:
    return api.ok("PUT", "/sandbox/app", {"settings": given})


def events(api: Any) -> list[str]:
    api.settle()
    return [one["event"] for one in api.ok("GET", "/sandbox/app")["events"]]


def test_settings_may_follow(make_api: Callable[..., Any], service: Service) -> None:
    """Until all that must be there are, the app is told of nothing; then it is installed. What is
    not named stays."""
    api = make_api(app_folder=FOLDER, app_settings={"host": service.host})
    api.ticket()
    assert events(api) == []
    assert api.ok("GET", "/sandbox/app")["lacking"] == ["app_secret"]
    assert "not set up yet: app_secret" in api.client.get("/agent/apps").text
    assert "Not set up yet: app_secret" in api.client.get("/agent/tickets/1").text
    found = put(api, app_secret=SECRET)
    assert (found["lacking"], found["settings"]["host"]) == ([], service.host)
    api.ticket()
    assert events(api) == ["onAppInstall", "onTicketCreate"]


def test_secure_settings_are_told_to_nobody(hosting: Any) -> None:
    """Neither by the control nor in any page, nor to an app's page."""
    hosting.ticket()
    told = hosting.call("GET", "/sandbox/app")
    assert told.json["settings"] == {
        "host": hosting.account.app.settings["host"],
        "plain": "as ever",
    }
    answers = [told, hosting.call("PUT", "/sandbox/app", {"settings": {"app_secret": SECRET}})]
    answers += [
        hosting.client.get(path)
        for path in ("/agent/apps", "/agent/tickets", "/agent/tickets/1", "/agent/webhooks")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET not in answer.text
    assert SECRET not in repr(hosting.account.options)


@pytest.mark.parametrize(
    "given",
    [
        {"settings": {"other": "x"}},
        {"settings": {"host": ["x"]}},
        {"settings": {"host": {"a": 1}}},
        {"settings": "host"},
        {},
    ],
)
def test_what_is_no_setting(hosting: Any, given: Any) -> None:
    """It is refused, and nothing of it is kept."""
    before = hosting.ok("GET", "/sandbox/app")["settings"]
    hosting.problems("PUT", "/sandbox/app", given)
    assert hosting.ok("GET", "/sandbox/app")["settings"] == before


def test_without_an_app_there_is_nothing_to_set(api: Any) -> None:
    """404, and the page of apps says that there is none."""
    api.refused(404, "GET", "/sandbox/app")
    api.refused(404, "PUT", "/sandbox/app", {"settings": {}})
    answer = api.client.post("/agent/apps/settings", data={"host": "x"}, headers=OWN)
    assert answer.status_code == 404
    assert api.client.get("/sandbox/app").status_code == 401


def test_an_admin_fills_them_in(hosting: Any) -> None:
    """A secure one that is left empty stays; another is emptied."""
    form = {"host": "warranty.example.com", "plain": "", "app_secret": " ", "other": "x"}
    answer = hosting.client.post("/agent/apps/settings", data=form, headers=OWN)
    assert answer.headers["Location"].endswith("did=saved")
    told = hosting.ok("GET", "/sandbox/app")
    assert told["settings"] == {"host": "warranty.example.com", "plain": ""}
    assert told["lacking"] == []
    page = hosting.client.get("/agent/apps").text
    assert 'value="warranty.example.com"' in page
    assert 'type="password"' in page


def test_a_setting_of_no_app_stops_the_start(make_api: Callable[..., Any]) -> None:
    """Before anything is served."""
    with pytest.raises(ValueError, match="setting other"):
        make_api(app_folder=FOLDER, app_settings={"other": "x"})


def test_an_agent_chooses_the_app_s_language(hosting: Any) -> None:
    """Of those that there are."""
    for locale, status in (("de", 303), ("xx", 400)):
        answer = hosting.client.post("/agent/language", data={"locale": locale}, headers=OWN)
        assert answer.status_code == status
    hosting.ticket()
    assert '"language": "de"' in hosting.client.get("/agent/tickets/1").text


def test_what_it_was_told_is_listed(hosting: Any) -> None:
    """With the ticket, and how it ended."""
    hosting.ticket()
    hosting.settle()
    page = hosting.client.get("/agent/apps").text
    assert "onTicketCreate" in page
    assert 'href="/agent/tickets/1"' in page


def test_what_is_written_beside_an_app_saves_no_field(hosting: Any) -> None:
    """A note or a reply alone, as its editor sends it; an empty one is none."""
    hosting.ticket()
    path = "/agent/tickets/1/say"
    for form in ({"comment": "Hm", "status": "4"}, {"comment": "Dear", "mode": "public"}, {}):
        assert hosting.client.post(path, data=form, headers=OWN).status_code == 303
    told = hosting.ok("GET", "/tickets/1?include=conversations")
    assert told["status"] == 2
    assert [row["private"] for row in told["conversations"]] == [True, False]
    assert hosting.client.post(path, data={"comment": "x"}).status_code == 403
    hosting.ok("PUT", "/sandbox/tickets/1/spam")
    assert hosting.client.post(path, data={"comment": "x"}, headers=OWN).status_code == 405


def test_an_app_without_a_sidebar(
    make_api: Callable[..., Any], service: Service, tmp_path: Path
) -> None:
    """It is set up and told as ever, and nothing is shown beside tickets."""
    folder = shutil.copytree(FOLDER, tmp_path / "app")
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["modules"]["support_ticket"]["location"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for one, shown in ((FOLDER, True), (folder, False)):
        api = make_api(app_folder=one, app_settings=settings(service))
        api.ticket()
        assert ('class="tray"' in api.client.get("/agent/tickets/1").text) is shown
        assert events(api)[0] == "onAppInstall"
