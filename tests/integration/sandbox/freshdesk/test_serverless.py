"""Handlers of the app: run by Node as the platform runs them, away from the requests."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest

from integration.sandbox.freshdesk import serverless
from tests.integration.sandbox.freshdesk.hosting import BUNDLE, FOLDER, SECRET, Service, settings


@pytest.fixture
def node() -> None:
    if serverless.node() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("node is not installed, and in CI these tests must run")
        pytest.skip("node is not installed")


def told(api: Any) -> list[tuple[str, str, str]]:
    api.settle()
    return [(one.event, one.ran.outcome, one.ran.words) for one in api.account.app.told]


def in_mode(api: Any, mode: str) -> None:
    """Put that setting, which installs the app again, and forget how that went."""
    api.ok("PUT", "/sandbox/app", {"settings": {"mode": mode}})
    api.settle()
    api.account.app.told.clear()


@pytest.mark.usefixtures("node")
def test_the_app_s_own_handlers_run(make_api: Callable[..., Any], service: Service) -> None:
    """As they stand in the bundle: the service is looked for as the app is installed, and a new
    ticket is reported by its number, with the secret in the headers."""
    given = {"service_host": service.host, "installation": "main", "app_secret": SECRET}
    api = make_api(app_folder=BUNDLE, app_settings=given)
    api.settle()
    ticket = api.ticket()["id"]
    assert told(api) == [("onAppInstall", "done", ""), ("onTicketCreate", "done", "")]
    looked, reported = service.asked
    assert (looked.path, looked.body) == ("/panel/ticket", {"ticket": None, "fields": False})
    assert looked.headers["authorization"] == f"Bearer {SECRET}"
    assert looked.headers["x-warranty-installation"] == "main"
    assert reported.path == "/webhooks/freshdesk/main"
    assert reported.headers["x-webhook-secret"] == SECRET
    assert reported.body == {"v": "1", "event": "ticket_created", "ticket_id": str(ticket)}


@pytest.mark.usefixtures("node")
def test_the_app_s_own_refusal_is_told(make_api: Callable[..., Any], service: Service) -> None:
    """What it says of a secret that the service does not take; the settings are kept."""
    service.answers = [(401, {})]
    given = {"service_host": service.host, "installation": "main", "app_secret": SECRET}
    api = make_api(app_folder=BUNDLE, app_settings=given)
    assert told(api) == [
        ("onAppInstall", "refused", "The app secret is not accepted. Copy it once more.")
    ]
    assert api.account.app.refused.startswith("The app secret")
    assert "The app secret is not accepted" in api.client.get("/agent/apps").text
    api.ok("PUT", "/sandbox/app", {"settings": {"app_secret": f"{SECRET}-2"}})
    assert told(api)[-1] == ("onAppInstall", "done", "")
    assert api.account.app.refused == ""


@pytest.mark.usefixtures("node")
def test_what_a_handler_is_told(hosting: Any, service: Service) -> None:
    """The payload in the vendor's shapes, with nothing around it but what the platform gives."""
    name = hosting.field("Serial", "text")
    ticket = hosting.ticket(custom_fields={name: "S1"}, tags=["x"])
    assert told(hosting)[-1] == ("onTicketCreate", "done", "")
    seen = service.of("/quick")[0].body
    args = seen["args"]
    assert (args["event"], args["account_id"]) == ("onTicketCreate", "2301177")
    assert args["domain"] == "sandbox.freshdesk.com"
    assert args["timestamp"] == hosting.account.now().timestamp()
    assert args["iparams"] == {
        "host": "127.0.0.1",  # on the platform a host has no port
        "app_secret": SECRET,
        "plain": "as ever",
    }
    data = args["data"]
    assert (data["ticket"]["id"], data["ticket"]["tags"]) == (ticket["id"], ["x"])
    assert data["ticket"]["custom_fields"] == {f"{name}_2301177": "S1"}
    assert data["requester"]["email"] == "customer@example.com"
    assert data["actor"]["type"] == "agent"
    assert seen["around"] == []
    assert seen["asked"] == '{"state": "claim"}'
    assert service.of("/")[0].headers["x"] == "of a handler"


@pytest.mark.usefixtures("node")
def test_errors_of_requests_are_thrown(hosting: Any, service: Service) -> None:
    """With status and response, as in a page."""
    service.answers = [(404, {"no": "such"})]
    hosting.ticket()
    hosting.settle()
    asked = service.of("/quick")[0].body["asked"]
    assert (asked["status"], asked["response"]) == (404, '{"no": "such"}')


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("mode", "outcome", "words"),
    [
        ("refuse", "refused", "Not with these settings."),
        ("silent", "failed", "It never called renderData."),
        ("fine", "done", ""),
    ],
)
def test_how_an_installation_ends(hosting: Any, mode: str, outcome: str, words: str) -> None:
    """By ``renderData``, with words or without."""
    hosting.ok("PUT", "/sandbox/app", {"settings": {"mode": mode}})
    assert told(hosting)[-1] == ("onAppInstall", outcome, words)


@pytest.mark.usefixtures("node")
def test_a_handler_that_fails_loses_no_ticket(hosting: Any) -> None:
    """It is told by the name of what was thrown alone: the rest may hold what customers write."""
    in_mode(hosting, "throw")
    assert hosting.ticket(subject="A secret of a customer")["id"] == 1
    assert told(hosting) == [("onTicketCreate", "failed", "It threw TypeError.")]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("mode", ["spin", "endless"])
def test_a_handler_has_its_time(hosting: Any, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Then it is ended; whoever filed the ticket does not wait for it."""
    monkeypatch.setattr(serverless, "LONGEST", 0.3)
    monkeypatch.setattr(serverless, "SECONDS", {"onAppInstall": 0.3})
    hosting.ok("PUT", "/sandbox/app", {"settings": {"mode": mode}})
    hosting.ticket()
    expected = "onTicketCreate" if mode == "spin" else "onAppInstall"
    assert (expected, "late", "It did not end in time.") in told(hosting)


@pytest.mark.usefixtures("node")
def test_closing_ends_what_runs(make_api: Callable[..., Any], service: Service) -> None:
    """An account that is given up waits for no handler."""
    api = make_api(app_folder=FOLDER, app_settings=settings(service, mode="endless"))
    api.account.close()
    assert [one.ran.outcome for one in api.account.app.told] in ([], ["failed"])
    api.account.app.put({"mode": "fine"})  # too late: nothing is run any more
    assert api.account.idle(1)


def test_without_node_it_is_said_once(
    make_api: Callable[..., Any],
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And everything else goes on: tickets are filed, the page of apps says it too."""
    monkeypatch.setenv("PATH", "")
    with caplog.at_level(logging.WARNING):
        api = make_api(app_folder=FOLDER, app_settings=settings(service))
        api.ticket()
        api.ticket()
        assert [outcome for _, outcome, _ in told(api)] == ["not run"] * 3
    assert [row.message for row in caplog.records] == [serverless.NO_NODE]
    assert serverless.NO_NODE in api.client.get("/agent/apps").text
    assert service.asked == []


def test_only_new_tickets_are_told(hosting: Any) -> None:
    """No change, no note and no deletion; nor what is filed quietly."""
    hosting.ticket()
    hosting.settle()
    hosting.account.app.told.clear()
    hosting.ok("PUT", "/tickets/1", {"status": 3})
    hosting.ok("POST", "/tickets/1/notes", {"body": "x"})
    hosting.ok("DELETE", "/tickets/1")
    hosting.ok("POST", "/sandbox/tickets", {"ticket": {}, "quiet": True})
    assert told(hosting) == []
