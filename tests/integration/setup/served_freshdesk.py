"""The set-up page in front of a small Freshdesk; see ``served``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import requests
from werkzeug.test import TestResponse

from integration.config import Config
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Kept
from integration.sandbox.freshdesk import Options, filing, running_sandbox
from integration.sandbox.freshdesk.records import Ticket
from integration.store import connect
from integration.vault import new_key
from tests.integration.at_once import at_once
from tests.integration.setup.served import URL, Service, joined


class FreshdeskService(Service):
    """As ``Service``, in front of a Freshdesk account."""

    @property
    def account(self) -> Any:
        """What the stand-in holds."""
        return self.sandbox.account  # type: ignore[attr-defined]

    @property
    def one(self) -> Kept:
        kept = self.kept.at("freshdesk", "sandbox")
        assert kept is not None
        return kept

    def connect(self, who: int | None = None, **more: str) -> TestResponse:
        """Show an administrator's key, or give something else in the form."""
        key = self.account.options.api_key
        given = {"way": "key", "subdomain": "sandbox", "api_key": key, **more}
        return self.post("/setup/connect", given)

    def writes(self) -> int:
        number = len(self.account.requests.writes())
        self.account.requests.clear()
        return number

    def api(self, method: str, path: str, **given: Any) -> Any:
        """Ask the account's own API as its administrator."""
        answer = requests.request(
            method,
            f"{self.sandbox.base_url}/api/v2/{path}",
            json=given or None,
            auth=(self.account.options.api_key, "X"),
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def own_field(self, kind: str, label: str, *choices: str) -> str:
        """Make a ticket field of the account's own; its name."""
        more = {"choices": [{"value": one, "position": n} for n, one in enumerate(choices, 1)]}
        given = {"type": kind, "label": label, "label_for_customers": label}
        made = self.api("POST", "admin/ticket_fields", **given, **(more if choices else {}))
        return str(made["name"])

    def ticket(self, *tags: str, **facts: Any) -> Ticket:
        """File a ticket; facts by our key, in the helpdesk's own values."""
        bound = self.store.load_bindings(self.name)
        values = {bound.fields[key]: value for key, value in facts.items()} if bound else {}
        given = {
            "subject": "Does not charge",
            "description": "It does not charge.",
            "email": "customer1@example.com",
            "tags": list(tags),
            "custom_fields": values,
        }
        with self.account.lock:
            return filing.as_customer(self.account, given)


@contextmanager
def freshdesk_services(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., FreshdeskService]]:
    """Starts a small Freshdesk, with these options, and a service in front of it."""
    with ExitStack() as opened:

        def make(options: Options | None = None, **more: Any) -> FreshdeskService:
            asked = options or Options(limited=False)
            if not asked.limited:
                at_once(monkeypatch)
            sandbox = opened.enter_context(running_sandbox(asked))
            monkeypatch.setenv(STAND_IN, sandbox.base_url)
            given: dict[str, Any] = {
                "installations": {},
                "database_url": database_url,
                "keys": (new_key(),),
                "url": URL,
                **more,
            }
            config = Config(**given)
            store = connect(config.database_url)
            opened.callback(store.close)
            return joined(FreshdeskService, sandbox, config, store)

        yield make
