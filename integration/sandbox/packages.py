"""A Zendesk app's package, read from its folder as it is uploaded: manifest, translations, assets.

developer.zendesk.com/documentation/apps/app-developer-guide/manifest. What is not told there and
taken for granted here is marked "guess".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from integration.sandbox.assets import found_in, json_object
from integration.sandbox.options import Json

SETTING: Final = re.compile(r"\{\{\s*setting\.([A-Za-z0-9_]+)\s*\}\}")
"""A placeholder, in the place of which a setting of the installation stands."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting that an admin fills in; ``scopes`` say where a secure one may be put."""

    name: str
    kind: str = "text"
    required: bool = False
    secure: bool = False
    default: Any = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the app shows itself, and what it shows there: ``url`` starts ``assets/``, or is an
    address, in which settings may be left open."""

    location: str
    url: str
    flexible: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """An app as it was made; ``requirements`` are what it needs in an account, by names of its own:
    the kind, and the body of a request that makes one."""

    folder: Path
    name: str
    version: str
    places: Mapping[str, Place]
    parameters: Mapping[str, Parameter]
    domains: tuple[str, ...]
    requirements: Mapping[str, tuple[str, Json]]

    def asset(self, path: str) -> Path | None:
        """The file of an asset (``path`` below ``assets/``), None for anything else."""
        return found_in(self.folder / "assets", path)

    def secure(self, name: str) -> bool:
        """Whether a setting never leaves the helpdesk's own side."""
        return name in self.parameters and self.parameters[name].secure


def read(folder: Path) -> Package:
    """The package in a folder. Raises ValueError for what is none."""
    manifest = json_object(folder / "manifest.json")
    locale = str(manifest.get("defaultLocale", "en"))
    texts = json_object(folder / "translations" / f"{locale}.json")
    described = texts.get("app", {})
    parameters = [_parameter(row) for row in manifest.get("parameters", [])]
    signed = bool(manifest.get("signedUrls", False))
    rows = manifest.get("location", {}).get("support", {})
    return Package(
        folder.resolve(),
        str(described.get("name") or manifest.get("name") or folder.name),
        str(manifest.get("version", "")),
        {name: _place(name, row, signed) for name, row in rows.items()},
        {one.name: one for one in parameters},
        tuple(str(one) for one in manifest.get("domainWhitelist", [])),
        _requirements(folder / "requirements.json"),
    )


def _parameter(row: Json) -> Parameter:
    return Parameter(
        str(row["name"]),
        str(row.get("type", "text")),
        bool(row.get("required", False)),
        bool(row.get("secure", False)),
        row.get("default"),
        tuple(row.get("scopes", ())),
    )


def _place(name: str, row: str | Json, signed: bool) -> Place:
    given = {"url": row} if isinstance(row, str) else row
    url = str(given.get("url", ""))
    return Place(name, url, bool(given.get("flexible", False)), bool(given.get("signed", signed)))


def _requirements(path: Path) -> dict[str, tuple[str, Json]]:
    if not path.exists():
        return {}
    return {
        name: (kind, row)
        for kind, rows in json_object(path).items()
        if isinstance(rows, dict)
        for name, row in rows.items()
    }


# -- settings in an app's own texts ----------------------------------------------------------------


def filled(text: str, settings: Mapping[str, Any]) -> str:
    """A text with settings in place of their placeholders; what is not set is empty."""
    return SETTING.sub(lambda found: str(settings.get(found[1]) or ""), text)


def allowed_hosts(package: Package, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The hosts (with a port, where one is named) that requests of the app may go to.

    They stand in ``domainWhitelist``. Guess: a setting may stand for a host there, or for an
    address, of which the host counts. Where the list is missing, these are the hosts of the
    settings that are addresses: Zendesk sends requests without secure settings anywhere, but
    nobody's machine needs a door to everywhere.
    """
    listed = package.domains or [
        f"{{{{setting.{one.name}}}}}" for one in package.parameters.values() if one.kind == "url"
    ]
    found = (filled(one, settings).strip() for one in listed)
    return tuple(urlsplit(one).netloc if "://" in one else one for one in found if one)


def allows(hosts: tuple[str, ...], netloc: str) -> bool:
    """Whether an address's host (and port) is among those allowed. ``*.`` stands for one's
    subdomains; a host named without a port stands for it on every port."""
    netloc = netloc.rpartition("@")[2].lower()
    host = urlsplit(f"//{netloc}").hostname or ""
    for one in (name.lower() for name in hosts):
        if one.startswith("*."):
            if host.endswith(one[1:]):
                return True
        elif one in (host, netloc):
            return True
    return False
