"""The stand-in for Zendesk on a stage; see ``stage_side.Side``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from integration.commands.stage_machine import environment
from integration.commands.stage_side import Ground, Put, Seen, native, ours
from integration.config import Config, Installation, Role
from integration.connections import zendesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_admin import put_in_place
from integration.installations import Installations
from integration.installed_app import known_of, settle
from integration.store import Store
from integration.vault import Vault
from integration.vendors.zendesk_things import wanted

_MANY: Final = 100  # tickets that the API shows at once
_FORCED: Final = ("ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC")


class ZendeskSide:
    """See ``Side``."""

    package = "zendesk"
    ready = "api/v2/users/me.json"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.nav_bar: str | None = None

    def signed(self) -> None:
        self._ground.api.headers["Authorization"] = f"Bearer {self._ground.key}"

    def variables(self) -> dict[str, str]:
        return {
            "ZENPY_FORCE_SCHEME": "http",
            "ZENPY_FORCE_NETLOC": self._ground.sandbox_url.removeprefix("http://"),
            "WARRANTY_SANDBOX_TOKEN": self._ground.key,
            "WARRANTY_ZENDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_ZENDESK_TOKEN": self._ground.key,
        }

    def command(self, app: Path | None) -> list[str]:
        given = ["--app-setting", f"service_url={self._ground.web_url}"]
        return ["sandbox", *(["--app", str(app), *given] if app else [])]

    def put_in_place(self, environ: Mapping[str, str]) -> Put:
        one = Installation(self._ground.installation, subdomain="sandbox", token=self._ground.key)
        with environment(environ, *_FORCED):
            placed = put_in_place(zendesk_account(one), wanted(one.id, self._ground.web_url))
        assert placed.signing_secret is not None  # it is no dry run
        return Put(placed.bindings, "WARRANTY_ZENDESK_SIGNING_SECRET", placed.signing_secret)

    def connect_app(self, environ: Mapping[str, str], store: Store) -> dict[str, str]:
        ground = self._ground
        (one,) = ground.call("GET", "api/v2/apps/installations.json")["installations"]
        self.nav_bar = f"{ground.sandbox_url}/agent/apps/{one['id']}"
        key = f"{ground.sandbox_url}/api/v2/apps/{one['app_id']}/public_key.pem"
        answer = ground.api.get(key, timeout=30)
        answer.raise_for_status()
        more = {"WARRANTY_APP_KEY": answer.text}
        config = Config.from_environ({**environ, **more}, Role.WEB | Role.WORKER)
        kept = Installations(store, Vault(config.keys))
        installation = config.installations[ground.installation]
        kept.add(installation)
        known = known_of(kept, ground.installation, config.url)
        with environment(environ, *_FORCED):
            for step in settle(zendesk_account(installation), kept, known):
                if step.action == "left out":
                    raise click.ClickException(f"the app in the sidebar: {step.why}")
        return more

    def app_started(self, environ: Mapping[str, str], store: Store) -> None:
        """Nothing is left to do."""

    def field(self, bindings: Bindings, key: str, value: object) -> tuple[str, object]:
        return native(bindings, key, value)

    def file(
        self, subject: str, text: str, person: Mapping[str, str], fields: Mapping[str, object]
    ) -> int:
        call = self._ground.call
        user = call("POST", "api/v2/users/create_or_update.json", {"user": person})["user"]
        ticket = {
            "subject": subject,
            "comment": {"body": text, "author_id": user["id"]},
            "requester_id": user["id"],
            "submitter_id": user["id"],
            "custom_fields": [{"id": int(name), "value": v} for name, v in fields.items()],
        }
        made = call("POST", "api/v2/tickets.json", {"ticket": ticket})
        return int(made["ticket"]["id"])

    def reviewed(self, bindings: Bindings, tickets: Sequence[int]) -> int:
        stamp = int(bindings.fields["stamp"])
        values = [
            {one["id"]: one["value"] for one in row["custom_fields"]} for row in self._rows(tickets)
        ]
        return sum(1 for value in values if value.get(stamp))

    def seen(self, bindings: Bindings, tickets: Sequence[int]) -> list[Seen]:
        found = []
        for row in sorted(self._rows(tickets), key=lambda one: int(one["id"])):
            values = {str(one["id"]): one["value"] for one in row["custom_fields"]}
            path = f"api/v2/tickets/{row['id']}"
            comments = self._ground.call("GET", f"{path}/comments.json")["comments"]
            audits = self._ground.call("GET", f"{path}/audits.json")["audits"]
            marks = [audit["metadata"].get("custom") or {} for audit in reversed(audits)]
            found.append(
                Seen(
                    int(row["id"]),
                    ours(bindings, values),
                    frozenset(row["tags"]),
                    tuple(one["html_body"] for one in comments if not one["public"]),
                    sum(1 for one in comments if one["public"]),
                    next((mark["clauses"] for mark in marks if "clauses" in mark), ""),
                )
            )
        return found

    def _rows(self, tickets: Sequence[int]) -> list[dict[str, Any]]:
        """Tickets as the API tells them, a hundred a request."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(tickets), _MANY):
            ids = ",".join(map(str, tickets[start : start + _MANY]))
            path = f"api/v2/tickets/show_many.json?ids={ids}"
            found += self._ground.call("GET", path)["tickets"]
        return found
