"""The panel in front of a helpdesk, with nothing faked: asked, decided again by a worker, asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.fernet import Fernet
from flask import Flask

from integration.app import build_worker, create_app
from integration.config import Config, Installation
from integration.connections import zendesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_admin import put_in_place
from integration.installations import Installations
from integration.jobs import Jobs
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import connect
from integration.vault import Vault
from integration.vendors.zendesk_things import wanted
from tests.integration.desk import COMPLETE, option
from tests.integration.live import until

URL = "https://warranty.example.com"
_TODAY = datetime.now(UTC).date()
_BOUGHT = (_TODAY - timedelta(days=90)).isoformat()


@dataclass
class Stage:
    """Everything, connected."""

    sandbox: Sandbox
    config: Config
    app: Flask
    bindings: Bindings
    secret: str

    def file(self, facts: dict[str, object]) -> str:
        values = {"claim": True, **facts}
        ticket = {
            "subject": "It is broken",
            "comment": {"body": "Please help."},
            "custom_fields": [
                {"id": int(self.bindings.fields[key]), "value": self.native(key, value)}
                for key, value in values.items()
            ],
        }
        filed = self.sandbox.state.file_ticket(ticket, "Customer 1", "customer1@example.com")
        return str(filed["id"])

    def native(self, key: str, value: object) -> object:
        ours = option(key, value)
        return self.bindings.options.get(key, {}).get(str(ours)) or ours

    def post(self, path: str, **body: object) -> Any:
        now = int(time.time())
        claims = {"iss": "sandbox", "aud": URL, "installation": "main", "iat": now, "exp": now + 60}
        bearer = jwt.encode(claims, self.secret, "HS256")
        headers = {"Authorization": f"Bearer {bearer}"}
        answered = self.app.test_client().post(f"/panel/{path}", json=body, headers=headers)
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
    with running_sandbox() as sandbox:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
        account = Installation("main", subdomain="sandbox", token=sandbox.token)
        placed = put_in_place(zendesk_account(account), wanted("main", URL))
        key = Fernet.generate_key().decode()
        store = connect(sqlite_url)
        store.prepare()
        kept = Installations(store, Vault((key,)))
        kept.add(account)
        store.save_bindings("main", placed.bindings)
        secret = kept.app_secret("main")
        store.close()
        config = Config({}, database_url=sqlite_url, keys=(key,), url=URL, worker_slots=1)
        yield Stage(sandbox, config, create_app(config), placed.bindings, secret)


def test_asked_decided_again_and_asked(stage: Stage) -> None:
    """Before a review the verdict is there already; after it, it stands on the ticket, and is
    history."""
    number = stage.file({**COMPLETE, "purchase_date": _BOUGHT})
    before = stage.post("ticket", ticket=number)
    assert (before["verdict"]["status"], before["shown"]) == ("covered", None)
    assert before["history"] == []
    assert all(one["on_ticket"] for one in before["fields"].values())
    assert stage.post("again", ticket=number) == {"state": "due"}
    stage.work()
    after = stage.post("ticket", ticket=number)
    assert after["shown"] == after["verdict"]["status"] == "covered"
    assert [(one["status"], one["did"]) for one in after["history"]] == [("covered", "written")]
    assert after["counts"]["by"] == "policy"


def test_the_options_told_are_those_understood(stage: Stage) -> None:
    """What the answer gives as a field's options comes back as an edit, and means what it said."""
    number = stage.file({**COMPLETE, "purchase_date": _BOUGHT})
    fields = stage.post("ticket", ticket=number)["fields"]
    native = {one["means"]: one["value"] for one in fields["problem"]["options"]}
    edited = {"problem": native["water_damage"]}
    assert stage.post("ticket", ticket=number, edited=edited)["verdict"]["clauses"] == ["X8"]
    what_if = {"free_product": fields["free_product"]["options"][0]["value"]}
    found = stage.post("ticket", ticket=number, what_if=what_if)
    assert found["what_if"]["verdict"]["clauses"] == ["X5"]
    assert found["verdict"]["status"] == "covered"
