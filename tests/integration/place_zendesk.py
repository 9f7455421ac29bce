"""A small Zendesk as a place where people work (``place.Place``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from integration.config import Installation
from integration.connections import zendesk_account
from integration.helpdesks import Bindings, FieldValue
from integration.helpdesks.values import to_ours
from integration.helpdesks.zendesk_admin import put_in_place
from integration.helpdesks.zendesk_export import ZendeskExport
from integration.helpdesks.zendesk_webhook import sign
from integration.helpdesks.zendesk_wire import open_line
from integration.reconcile import Changes
from integration.sandbox.faults import Faults
from integration.sandbox.options import Options, stamp
from integration.sandbox.server import Sandbox, running_sandbox
from integration.vendors.zendesk_things import wanted
from tests.integration.place import Place


@dataclass
class ZendeskPlace(Place):
    """A small Zendesk."""

    sandbox: Sandbox
    installation: Installation
    bindings: Bindings

    helpdesk = "zendesk"
    listed = r".*/incremental/.*"

    @property
    def environ(self) -> Mapping[str, str]:
        return {
            "WARRANTY_ZENDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_ZENDESK_TOKEN": self.sandbox.token,
            "WARRANTY_ZENDESK_SIGNING_SECRET": self.installation.signing_secrets[0],
        }

    @property
    def faults(self) -> Faults:
        return self.sandbox.state.faults

    @property
    def lock(self) -> AbstractContextManager[object]:
        return self.sandbox.state.lock

    def just_changed(self, ticket: int) -> bool:
        state = self.sandbox.state
        return str(state.tickets[ticket].attributes["updated_at"]) >= stamp(state.now())

    def file(
        self,
        values: Mapping[str, object],
        name: str,
        email: str,
        subject: str,
        text: str,
        tags: Sequence[str] = (),
    ) -> int:
        given: dict[str, object] = {"subject": subject, "comment": {"body": text}}
        given |= {"custom_fields": self.rows(values), **({"tags": list(tags)} if tags else {})}
        return int(self.sandbox.state.file_ticket(given, name, email)["id"])

    def change(
        self,
        ticket: int,
        values: Mapping[str, object],
        come: Sequence[str] = (),
        gone: Sequence[str] = (),
    ) -> None:
        patch = {
            "custom_fields": self.rows(values),
            "additional_tags": sorted(come),
            "remove_tags": sorted(gone),
        }
        self.sandbox.state.agent_edit(ticket, patch)

    def rows(self, values: Mapping[str, object]) -> list[dict[str, object]]:
        """Fields as Zendesk takes them."""
        return [{"id": int(name), "value": value} for name, value in self.native(values).items()]

    def delete(self, ticket: int) -> None:
        self._call("delete", f"tickets/{ticket}.json")

    def fields(self, ticket: int) -> dict[str, FieldValue]:
        rows = self.sandbox.state.ticket_detail(ticket).ticket["custom_fields"]
        by_name = {str(one["id"]): one["value"] for one in rows}
        return {
            key: to_ours(self.bindings, key, by_name.get(name))
            for key, name in self.bindings.fields.items()
        }

    def tags(self, ticket: int) -> frozenset[str]:
        return frozenset(self.sandbox.state.ticket_detail(ticket).ticket["tags"])

    def notes(self, ticket: int) -> list[str]:
        comments = self.sandbox.state.ticket_detail(ticket).comments
        return [one["html_body"] for one in comments if not one["public"]]

    def replies(self, ticket: int) -> list[str]:
        comments = self.sandbox.state.ticket_detail(ticket).comments
        return [one["html_body"] for one in comments[1:] if one["public"]]

    def deafen(self) -> None:
        for hook in self.sandbox.state.webhooks:
            self._call("patch", f"webhooks/{hook}", {"webhook": {"status": "inactive"}})

    def delivered(self) -> int:
        return sum(len(hook.invocations) for hook in self.sandbox.state.webhooks.values())

    def idle(self, seconds: float = 30.0) -> bool:
        return self.sandbox.state.webhooks_idle(seconds)

    def proof(self, body: bytes) -> dict[str, str]:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "X-Zendesk-Webhook-Signature": sign(self.installation.signing_secrets[0], at, body),
            "X-Zendesk-Webhook-Signature-Timestamp": at,
            "X-Zendesk-Webhook-Invocation-Id": "D-by-hand",
        }

    def changes(self, bindings: Bindings, page_size: int) -> Changes:
        line = open_line(zendesk_account(self.installation))
        return ZendeskExport(line, bindings, page_size=page_size)

    def exports(self) -> int:
        return self.asked("incremental")

    def earlier(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _requests(self) -> list[dict[str, Any]]:
        return self.sandbox.state.requests.kinds()

    def _call(self, method: str, path: str, body: object = None) -> None:
        client = self.sandbox.app.test_client()
        access = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = client.open(f"/api/v2/{path}", method=method.upper(), json=body, headers=access)
        assert answer.status_code < 300, answer.text


@contextmanager
def zendesk_place(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    chosen: Options | None = None,
    **settings: Any,
) -> Iterator[ZendeskPlace]:
    """A small Zendesk that reaches the app at ``url``; ``settings`` are the installation's."""
    with running_sandbox(chosen) as sandbox:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
        bare = Installation("main", subdomain="sandbox", token=sandbox.token)
        placed = put_in_place(zendesk_account(bare), wanted("main", url))
        assert placed.signing_secret is not None
        known = Installation(
            "main",
            subdomain="sandbox",
            token=sandbox.token,
            signing_secrets=(placed.signing_secret,),
            **settings,
        )
        yield ZendeskPlace(sandbox, known, placed.bindings)
