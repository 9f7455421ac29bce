"""The stand-in for Freshdesk on a stage; see ``stage_side.Side``."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from integration.commands.stage_machine import environment
from integration.commands.stage_side import Ground, Put, Seen, native, ours
from integration.config import Config, Installation, Role
from integration.connections import freshdesk_account
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_webhook import new_secret
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Installations
from integration.store import Store
from integration.vault import Vault
from integration.vendors import vendor_of


class FreshdeskSide:
    """See ``Side``. The app has no page of its own in Freshdesk."""

    package = "freshdesk"
    ready = "api/v2/agents/me"
    nav_bar: str | None = None

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def signed(self) -> None:
        proof = b64encode(f"{self._ground.key}:X".encode()).decode("ascii")
        self._ground.api.headers["Authorization"] = f"Basic {proof}"

    def variables(self) -> dict[str, str]:
        return {
            STAND_IN: self._ground.sandbox_url,
            "WARRANTY_SANDBOX_TOKEN": self._ground.key,
            "WARRANTY_FRESHDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_FRESHDESK_API_KEY": self._ground.key,
        }

    def command(self, app: Path | None) -> list[str]:
        return ["sandbox", "--helpdesk", "freshdesk", *(["--app", str(app)] if app else [])]

    def put_in_place(self, environ: Mapping[str, str]) -> Put:
        secret = new_secret()
        one = Installation(
            self._ground.installation,
            helpdesk="freshdesk",
            subdomain="sandbox",
            api_key=self._ground.key,
            signing_secrets=(secret,),
        )
        with environment(environ, STAND_IN):
            office = vendor_of(one).office(one, freshdesk_account(one), self._ground.web_url)
            placed = office.put_in_place(None)
        return Put(placed.bindings, "WARRANTY_FRESHDESK_WEBHOOK_SECRET", secret)

    def connect_app(self, environ: Mapping[str, str], store: Store) -> dict[str, str]:
        config = Config.from_environ(environ, Role.WEB | Role.WORKER)
        installation = config.installations[self._ground.installation]
        Installations(store, Vault(config.keys)).add(installation)
        return {}

    def app_started(self, environ: Mapping[str, str], store: Store) -> None:
        """The app tries its settings as it is given them: the service must answer by then."""
        config = Config.from_environ(environ, Role.WEB | Role.WORKER)
        kept = Installations(store, Vault(config.keys))
        settings = {
            "service_host": self._ground.web_url.removeprefix("http://"),
            "installation": self._ground.installation,
            "app_secret": kept.app_secret(self._ground.installation),
        }
        self._ground.call("PUT", "sandbox/app", {"settings": settings})

    def field(self, bindings: Bindings, key: str, value: object) -> tuple[str, object]:
        return native(bindings, key, value)

    def file(
        self, subject: str, text: str, person: Mapping[str, str], fields: Mapping[str, object]
    ) -> int:
        ticket = {
            **person,
            "subject": subject,
            "description": text,
            "custom_fields": dict(fields),
        }
        return int(self._ground.call("POST", "sandbox/tickets", {"tickets": [ticket]})["ids"][0])

    def reviewed(self, bindings: Bindings, tickets: Sequence[int]) -> int:
        wanted, stamp, found = set(tickets), bindings.fields["stamp"], 0
        for page in count(1):
            rows = self._ground.call("GET", f"api/v2/tickets?per_page=100&page={page}")
            found += sum(1 for r in rows if r["id"] in wanted and r["custom_fields"].get(stamp))
            if len(rows) < 100:
                return found
        raise AssertionError

    def seen(self, bindings: Bindings, tickets: Sequence[int]) -> list[Seen]:
        found = []
        for ticket in sorted(tickets):
            row = self._ground.call("GET", f"api/v2/tickets/{ticket}")
            said = self._ground.call("GET", f"api/v2/tickets/{ticket}/conversations")
            found.append(
                Seen(
                    ticket,
                    ours(bindings, row["custom_fields"]),
                    frozenset(row["tags"]),
                    tuple(one["body"] for one in said if one["private"]),
                    # What the customer filed is the ticket's own text.
                    1 + sum(1 for one in said if not one["private"]),
                )
            )
        return found
