"""A small Freshdesk as a place where people work (``place.Place``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from integration.config import Installation
from integration.connections import freshdesk_account
from integration.helpdesks import Bindings, FieldValue
from integration.helpdesks.freshdesk_export import FreshdeskExport
from integration.helpdesks.freshdesk_webhook import HEADER, new_secret
from integration.helpdesks.freshdesk_wire import STAND_IN, open_line
from integration.helpdesks.values import to_ours
from integration.reconcile import Changes
from integration.sandbox.faults import Faults
from integration.sandbox.freshdesk import (
    Options,
    Sandbox,
    conversations,
    filing,
    running_sandbox,
    tickets,
)
from integration.sandbox.freshdesk.records import Actor
from integration.vendors import FRESHDESK
from tests.integration.place import Place

_SOME_MINUTES = 600.0  # seconds


@dataclass
class FreshdeskPlace(Place):
    """A small Freshdesk."""

    sandbox: Sandbox
    installation: Installation
    bindings: Bindings

    helpdesk = "freshdesk"
    listed = r"/api/v2/tickets"

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "WARRANTY_FRESHDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_FRESHDESK_API_KEY": self.sandbox.api_key,
            "WARRANTY_FRESHDESK_WEBHOOK_SECRET": self.installation.signing_secrets[0],
            STAND_IN: self.sandbox.base_url,
        }

    @property
    def faults(self) -> Faults:
        return self.sandbox.account.faults

    @property
    def lock(self) -> AbstractContextManager[object]:
        return self.sandbox.account.lock

    def just_changed(self, ticket: int) -> bool:
        return False  # what is compared is what stands on it

    @property
    def agent(self) -> Actor:
        """Who sits at the pages."""
        return Actor(filing.desk(self.sandbox.account), "agent", "page")

    def file(
        self,
        values: Mapping[str, object],
        name: str,
        email: str,
        subject: str,
        text: str,
        tags: Sequence[str] = (),
    ) -> int:
        given = {
            **{"subject": subject, "description": text, "name": name, "email": email},
            "custom_fields": {key: one for key, one in self.native(values).items() if one},
            "tags": list(tags),
        }
        with self.sandbox.account.lock:
            return filing.as_customer(self.sandbox.account, given).id

    def change(
        self,
        ticket: int,
        values: Mapping[str, object],
        come: Sequence[str] = (),
        gone: Sequence[str] = (),
    ) -> None:
        account = self.sandbox.account
        patch: dict[str, Any] = {"custom_fields": self.native(values)}
        with account.lock:
            if come or gone:
                has = [tag for tag in account.ticket(ticket).tags if tag not in gone]
                patch["tags"] = [*has, *sorted(come)]
            tickets.update(account, ticket, patch, self.agent)

    def save(self, ticket: int, **patch: Any) -> None:
        """An agent saves what else the API knows of a ticket (``status``, ``due_by`` …)."""
        with self.sandbox.account.lock:
            tickets.update(self.sandbox.account, ticket, patch, self.agent)

    def delete(self, ticket: int) -> None:
        with self.sandbox.account.lock:
            tickets.remove(self.sandbox.account, ticket, self.agent)

    def fields(self, ticket: int) -> dict[str, FieldValue]:
        with self.sandbox.account.lock:
            custom = dict(self.sandbox.account.ticket(ticket).custom)
        return {
            key: to_ours(self.bindings, key, custom.get(name))
            for key, name in self.bindings.fields.items()
        }

    def tags(self, ticket: int) -> frozenset[str]:
        with self.sandbox.account.lock:
            return frozenset(self.sandbox.account.ticket(ticket).tags)

    def said(self, ticket: int) -> list[dict[str, Any]]:
        """Everything that was said on it, the oldest first."""
        with self.sandbox.account.lock:
            return [dict(row) for row in self.sandbox.account.ticket(ticket).conversations]

    def notes(self, ticket: int) -> list[str]:
        return [row["body"] for row in self.said(ticket) if row["private"]]

    def replies(self, ticket: int) -> list[str]:
        rows = self.said(ticket)
        return [row["body"] for row in rows if not row["private"] and not row["incoming"]]

    def mails(self, ticket: int) -> list[dict[str, Any]]:
        """The e-mails that went out about it."""
        with self.sandbox.account.lock:
            return [one for one in self.sandbox.account.emails if one["ticket_id"] == ticket]

    def answer(self, ticket: int, text: str) -> None:
        """The customer answers by e-mail."""
        with self.sandbox.account.lock:
            conversations.customer(self.sandbox.account, ticket, text)

    def written(self, ticket: int) -> list[frozenset[str]]:
        """What each write through the API changed on it, the oldest first."""
        with self.sandbox.account.lock:
            rows = list(self.sandbox.account.ticket(ticket).history)
        return [frozenset(row["changed"]) for row in rows if row["actor"].door == "api"]

    def deafen(self) -> None:
        with self.sandbox.account.lock:
            for rule in self.sandbox.account.shelf("rules").values():
                rule["active"] = False

    def deliveries(self) -> list[dict[str, Any]]:
        """Every webhook that was sent, the oldest first."""
        with self.sandbox.account.lock:
            return self.sandbox.account.deliveries.log()

    def delivered(self) -> int:
        return len(self.deliveries())

    def idle(self, seconds: float = 30.0) -> bool:
        return self.sandbox.account.idle(seconds)

    def proof(self, body: bytes) -> dict[str, str]:
        return {HEADER: self.installation.signing_secrets[0]}

    def changes(self, bindings: Bindings, page_size: int) -> Changes:
        line = open_line(freshdesk_account(self.installation))
        return FreshdeskExport(line, bindings, page_size=min(page_size, 100))

    def exports(self) -> int:
        return sum(
            int(one["count"])
            for one in self._requests()
            if (one["method"], one["path"]) == ("GET", "/api/v2/tickets")
        )

    @contextmanager
    def earlier(self) -> Iterator[None]:
        account = self.sandbox.account
        with account.lock:
            account.shift(-_SOME_MINUTES)
            try:
                yield
            finally:
                account.shift(_SOME_MINUTES)

    def _requests(self) -> list[dict[str, Any]]:
        return self.sandbox.account.requests.kinds()


@contextmanager
def freshdesk_place(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    chosen: Options | None = None,
    **settings: Any,
) -> Iterator[FreshdeskPlace]:
    """A small Freshdesk that reaches the app at ``url``; ``settings`` are the installation's."""
    with running_sandbox(chosen or Options(limited=False)) as sandbox:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(STAND_IN, sandbox.base_url)
        known = Installation(
            "main",
            helpdesk="freshdesk",
            subdomain="sandbox",
            api_key=sandbox.api_key,
            signing_secrets=(new_secret(),),
            **settings,
        )
        office = FRESHDESK.office(known, freshdesk_account(known), url)
        yield FreshdeskPlace(sandbox, known, office.put_in_place(None).bindings)
