"""The panel in front of a Freshdesk, with nothing faked: asked by the app's own templates, decided
by a worker, asked again."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import requests
from cryptography.fernet import Fernet
from flask import Flask

from integration.app import build_worker, create_app
from integration.config import Config, Installation
from integration.connections import account_of
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_webhook import new_secret
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Installations
from integration.jobs import Jobs
from integration.manifest.kinds import FOLDER
from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from integration.store import connect
from integration.vault import Vault
from integration.vendors import vendor_of
from tests.integration.desk import COMPLETE, option
from tests.integration.live import until

URL: Final = "https://warranty.example.com"
TEMPLATES: Final = json.loads(
    (FOLDER / "freshdesk" / "config" / "requests.json").read_text("utf-8")
)
BOUGHT: Final = (datetime.now(UTC).date() - timedelta(days=90)).isoformat()
FACTS: Final = {**COMPLETE, "purchase_date": BOUGHT}


@dataclass
class Stage:
    """Everything, connected."""

    sandbox: Sandbox
    config: Config
    app: Flask
    bindings: Bindings
    settings: dict[str, str]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What an agent does in the account."""
        url = f"{self.sandbox.base_url}/api/v2/{path}"
        answer = requests.request(
            method, url, json=body, auth=(self.sandbox.agent_key, "X"), timeout=30
        )
        assert answer.ok, answer.text
        return answer.json()

    def file(self, facts: dict[str, object]) -> str:
        values = {"claim": True, **facts}
        fields = {self.bindings.fields[key]: self.native(key, values[key]) for key in values}
        ticket = {
            **{"subject": "It is broken", "description": "Please help.", "priority": 2},
            **{"status": 2, "email": "customer1@example.com", "custom_fields": fields},
        }
        return str(self.ask("POST", "tickets", ticket)["id"])

    def native(self, key: str, value: object) -> object:
        ours = option(key, value)
        return self.bindings.options.get(key, {}).get(str(ours), ours)

    def shown(self, number: str, key: str) -> object:
        """What stands in a field of ours on the ticket."""
        fields = self.ask("GET", f"tickets/{number}")["custom_fields"]
        return fields[self.bindings.fields[key]]

    def post(self, template: str, **body: object) -> Any:
        """A request as the platform makes it of the app's own template."""
        schema = TEMPLATES[template]["schema"]

        def filled(text: str) -> str:
            return re.sub(r"<%= iparam\.(\w+) %>", lambda one: self.settings[one[1]], text)

        headers = {name: filled(value) for name, value in schema["headers"].items()}
        address = f"{schema['protocol']}://{filled(schema['host'])}"
        answered = self.app.test_client().post(
            filled(schema["path"]), base_url=address, data=json.dumps(body), headers=headers
        )
        assert answered.status_code in (200, 202), answered.text
        return answered.get_json()

    def work(self) -> None:
        """Run a worker until nothing is due."""
        store, stop = connect(self.config.database_url), threading.Event()
        jobs = Jobs(store)
        thread = threading.Thread(target=build_worker(self.config).run, args=(stop,))
        thread.start()
        until(lambda: (found := jobs.backlog("main")).due + found.leased == 0)
        stop.set()
        thread.join(20)
        store.close()


@pytest.fixture
def stage(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with running_sandbox(Options(limited=False)) as sandbox:
        # ``requests`` would ask a proxy of the environment's for this machine too.
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(STAND_IN, sandbox.base_url)
        one = Installation(
            "main",
            helpdesk="freshdesk",
            subdomain="sandbox",
            api_key=sandbox.api_key,
            signing_secrets=(new_secret(),),
        )
        placed = vendor_of(one).office(one, account_of(one), URL).put_in_place(None)
        key = Fernet.generate_key().decode()
        store = connect(sqlite_url)
        store.prepare()
        kept = Installations(store, Vault((key,)))
        kept.add(one)
        store.save_bindings("main", placed.bindings)
        settings = {
            "service_host": URL.removeprefix("https://"),
            "installation": "main",
            "app_secret": kept.app_secret("main"),
        }
        store.close()
        config = Config({}, database_url=sqlite_url, keys=(key,), url=URL, worker_slots=1)
        yield Stage(sandbox, config, create_app(config), placed.bindings, settings)


def test_asked_decided_again_and_asked(stage: Stage) -> None:
    """Before a review the verdict is there already; after it, it stands on the ticket by its label,
    and is history."""
    number = stage.file(dict(FACTS))
    before = stage.post("getVerdict", ticket=number)
    assert (before["verdict"]["status"], before["shown"]) == ("covered", None)
    assert (before["history"], before["macro"]) == ([], None)
    assert all(one["on_ticket"] for one in before["fields"].values())
    assert {key: one["id"] for key, one in before["fields"].items()} == stage.bindings.fields
    assert stage.post("again", ticket=number) == {"state": "due"}
    stage.work()
    assert stage.shown(number, "verdict") == "Covered"
    after = stage.post("getVerdict", ticket=number)
    assert after["shown"] == after["verdict"]["status"] == "covered"
    assert [(one["status"], one["did"]) for one in after["history"]] == [("covered", "written")]
    assert after["counts"]["by"] == "policy"


def test_what_the_panel_tells_to_set_means_what_it_said(stage: Stage) -> None:
    """A missing fact, and an agent's decision, set in the ticket's fields by the names and values
    of the answer, as the app sets them: the next answer knows both."""
    number = stage.file({**FACTS, "problem": None, "inspection": None})
    first = stage.post("getVerdict", ticket=number)
    assert first["verdict"]["status"] == "needs_information"
    (asked,) = [one for one in first["missing"] if one["fact"] == "problem"]
    meant = {one["means"]: one["value"] for one in asked["options"]}
    change = {asked["field"]: meant["dropped"]}
    stage.ask("PUT", f"tickets/{number}", {"custom_fields": change})
    second = stage.post("getVerdict", ticket=number, fields=False)
    assert (second["verdict"]["status"], second["verdict"]["clauses"]) == ("not_covered", ["X8"])

    decision = first["fields"]["agent_decision"]
    hold = next(one["value"] for one in decision["options"] if one["means"] == "hold")
    stage.ask("PUT", f"tickets/{number}", {"custom_fields": {decision["id"]: hold}})
    third = stage.post("getVerdict", ticket=number, fields=False)
    assert (third["decision"]["what"], third["counts"]["by"]) == ("hold", "agent")
