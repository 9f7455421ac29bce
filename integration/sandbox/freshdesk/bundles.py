"""The source bundle of a Freshworks app, platform 3.0, read from its folder as it is uploaded.

developers.freshworks.com/docs/app-sdk/v3.0: "App manifest", "Installation parameters", "Request
method". Read is what the stand-in hosts: a ticket's sidebar, settings, request templates, and the
handlers of new tickets and of the installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from integration.sandbox.assets import found_in, json_object
from integration.sandbox.options import Json

CLIENT: Final = "{{{appclient}}}"
"""In a page of an app: where the address of the platform's client script stands."""
INSTALLED, TICKET_CREATED = "onAppInstall", "onTicketCreate"
_ATTEMPTS: Final = range(1, 6)
_DELAYS: Final = range(0, 1501, 100)


@dataclass(frozen=True, slots=True)
class Iparam:
    """A setting that an admin fills in; a ``secure`` one is for headers of requests alone."""

    name: str
    label: str
    hint: str = ""
    required: bool = False
    secure: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Template:
    """A request that the platform makes for the app, with settings left open. ``delay`` are the
    seconds between two of its attempts."""

    name: str
    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    attempts: int = 1
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Bundle:
    """An app as it was made. ``page`` and ``icon`` of its sidebar are paths below ``app/``;
    ``handlers`` are functions of ``server/server.js`` by event."""

    folder: Path
    page: str
    icon: str
    iparams: Mapping[str, Iparam]
    templates: Mapping[str, Template]
    handlers: Mapping[str, str]

    def asset(self, path: str) -> Path | None:
        """The file of a page (``path`` below ``app/``), None for anything else."""
        return found_in(self.folder / "app", path)

    @property
    def server(self) -> Path:
        """What runs on the platform's side."""
        return self.folder / "server" / "server.js"

    def check(self, settings: Mapping[str, Any]) -> None:
        """ValueError for a setting that the app does not ask for, or that is no text, number or
        truth value."""
        for name, value in settings.items():
            if name not in self.iparams:
                raise ValueError(f"setting {name}: the app asks for no such one")
            if value is not None and not isinstance(value, str | int | float):
                raise ValueError(f"setting {name}: expected a text")

    def secure(self, name: str) -> bool:
        """Whether a setting never reaches a browser."""
        return name in self.iparams and self.iparams[name].secure


def read(folder: Path) -> Bundle:
    """The bundle in a folder. Raises ValueError for what is none, or is not of platform 3.0."""
    manifest = json_object(folder / "manifest.json")
    if manifest.get("platform-version") != "3.0":
        found = manifest.get("platform-version")
        raise ValueError(f"{folder / 'manifest.json'}: platform-version {found}: expected 3.0")
    modules = _part(manifest, "modules")
    sidebar = _part(modules, "support_ticket", "location", "ticket_sidebar")
    declared = _part(modules, "common", "requests")
    described = json_object(folder / "config" / "requests.json") if declared else {}
    handlers = {
        event: str(row.get("handler", ""))
        for module in modules.values()
        for event, row in _part(module, "events").items()
    }
    bundle = Bundle(
        folder.resolve(),
        str(sidebar.get("url", "")),
        str(sidebar.get("icon", "")),
        {
            name: _iparam(name, row)
            for name, row in json_object(folder / "config" / "iparams.json").items()
        },
        {name: _template(name, row) for name, row in described.items() if name in declared},
        handlers,
    )
    if bundle.page and bundle.asset(bundle.page) is None:
        raise ValueError(f"{folder / 'app' / bundle.page}: the sidebar's page is not there")
    if handlers and not bundle.server.is_file():
        raise ValueError(f"{bundle.server}: it must hold the handlers of events")
    return bundle


def _part(given: Any, *names: str) -> Json:
    """An object inside of others; an empty one where it is not there."""
    for name in names:
        given = given.get(name) if isinstance(given, dict) else None
    return given if isinstance(given, dict) else {}


def _iparam(name: str, row: Any) -> Iparam:
    if not isinstance(row, dict):
        raise ValueError(f"config/iparams.json: {name}: expected an object")
    return Iparam(
        name,
        str(row.get("display_name", name)),
        str(row.get("description", "")),
        row.get("required") is True,
        row.get("secure") is True,
        row.get("default_value"),
    )


def _template(name: str, row: Any) -> Template:
    schema, options = _part(row, "schema"), _part(row, "options")
    attempts, delay = options.get("maxAttempts", 1), options.get("retryDelay", 0)
    if attempts not in _ATTEMPTS or delay not in _DELAYS:
        wanted = "maxAttempts 1 to 5, retryDelay in hundreds of milliseconds up to 1500"
        raise ValueError(f"config/requests.json: {name}: expected {wanted}")
    return Template(
        name,
        str(schema.get("method", "GET")).upper(),
        str(schema.get("host", "")),
        str(schema.get("path", "/")),
        {str(key): str(value) for key, value in _part(schema, "headers").items()},
        {str(key): str(value) for key, value in _part(schema, "query").items()},
        attempts,
        delay / 1000,
    )
