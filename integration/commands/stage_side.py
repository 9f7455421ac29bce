"""What a stage needs of the stand-in for a helpdesk, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests

from integration import catalogue
from integration.helpdesks import Bindings
from integration.store import Store


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a stage stands: the addresses of the stand-in and of the web app (scheme, host, port),
    the installation's id, the administrator's ``key`` of the stand-in, and a session that sends
    it."""

    sandbox_url: str
    web_url: str
    installation: str
    key: str
    api: requests.Session

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the stand-in (``path`` below its address) and give the JSON it answers. Raises
        requests.RequestException, also for an answer that is no success."""
        answer = self.api.request(method, f"{self.sandbox_url}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@dataclass(frozen=True, slots=True)
class Put:
    """What was put in place: the bindings, and by which variable the app's environment has what
    proves its webhooks."""

    bindings: Bindings
    secret_name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as it stands: our fields by key, a choice by its option of ours, None where empty;
    tags; the HTML of its private notes; how many messages the customer can see; and which clauses
    the helpdesk's own record of the newest review names, None where it keeps no such thing."""

    id: int
    fields: Mapping[str, Any]
    tags: frozenset[str]
    notes: tuple[str, ...]
    public: int
    clauses: str | None = None


class Side(Protocol):
    """The stand-in for one helpdesk. ``package`` is the folder of its app below ``manifest``;
    ``ready`` is a path that answers once it runs; ``nav_bar`` says where it opens the app's own
    page, if it has one and the app is installed."""

    package: str
    ready: str
    nav_bar: str | None

    def __init__(self, ground: Ground) -> None: ...

    def signed(self) -> None:
        """Have the ground's session send its key."""
        ...

    def variables(self) -> dict[str, str]:
        """What the app's processes need in their environment to find it."""
        ...

    def command(self, app: Path | None) -> list[str]:
        """What `warranty` is started with to run it, the app in that folder installed."""
        ...

    def put_in_place(self, environ: Mapping[str, str]) -> Put:
        """Put everything in place that the app needs."""
        ...

    def connect_app(self, environ: Mapping[str, str], store: Store) -> dict[str, str]:
        """Connect the installed app before the web app starts; more variables for the
        environment."""
        ...

    def app_started(self, environ: Mapping[str, str], store: Store) -> None:
        """Finish connecting the app, now that the web app answers."""
        ...

    def field(self, bindings: Bindings, key: str, value: object) -> tuple[str, object]:
        """A field's native name and value, holding a fact in the policy's words."""
        ...

    def file(
        self, subject: str, text: str, person: Mapping[str, str], fields: Mapping[str, object]
    ) -> int:
        """File a ticket with native field values, as a customer (name and e-mail) does; its id."""
        ...

    def reviewed(self, bindings: Bindings, tickets: Sequence[int]) -> int:
        """How many of these tickets carry the stamp of a review."""
        ...

    def seen(self, bindings: Bindings, tickets: Sequence[int]) -> list[Seen]:
        """The tickets as they stand, in the order of their ids."""
        ...


def native(bindings: Bindings, key: str, value: object) -> tuple[str, object]:
    """A field's native name, and a fact's value in the policy's words as that field has it."""
    spec = catalogue.FIELD[key]
    meant = {meaning: option for option, meaning in (spec.values or {}).items()}
    option = meant.get(value) if isinstance(value, str | bool) else None
    given = bindings.options.get(key, {}).get(option, option) if option else value
    return bindings.fields[key], given


def ours(bindings: Bindings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by our keys, options as ours, of native values by native names."""
    keys = {name: key for key, name in bindings.fields.items()}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if (key := keys.get(name)) is None:
            continue
        options = {one: option for option, one in bindings.options.get(key, {}).items()}
        found[key] = options.get(value, value) if isinstance(value, str) else value
    return found
