"""The app in a Zendesk account's sidebar: which of the installed apps it is, and its settings.

Its package names three settings: where the service is (``service_url``), which account this is to
it (``installation``), and what requests are signed by (``app_secret``, secure). An admin types the
first; the service puts all three. Nothing else of the installed apps is read or kept.

Seen, in public code (the API's page is not to be had): the two addresses below; a PUT changes the
settings that it names and leaves the others. Believed: that the scopes ``read`` and ``write``
include apps (they have a narrower pair, ``apps:read`` and ``apps:write``), that secure settings are
not told, that ``updated_at`` moves with each change, and where the package's version stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from integration import errors
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_rows import get, send
from integration.helpdesks.zendesk_wire import Line

NAME: Final = "Warranty Desk"
"""The app's name in its package; an admin cannot change it, only the title that agents see."""
_LIST: Final = "apps/installations.json?include=app"
_ONE: Final = "apps/installations/{}.json"
_MOST_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What the app needs to know to reach its service."""

    service_url: str
    installation: str
    app_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InstalledApp:
    """An installed app: its number as installed and as an app, the settings that Zendesk tells (by
    name; of ours alone), whether it is on, when it was last changed and the package's version, as
    far as Zendesk tells."""

    id: str
    app_id: str
    name: str
    enabled: bool
    told: Mapping[str, str]
    updated_at: str
    version: str

    @property
    def service_url(self) -> str:
        """Where it looks for its service; empty: nobody has said."""
        return self.told.get("service_url", "")

    @property
    def installation(self) -> str:
        """Which account it says it is; empty: nobody has said."""
        return self.told.get("installation", "")


@dataclass(frozen=True, slots=True)
class Search:
    """What came of looking for our app: ``app`` where it is found. Else ``why`` not: there is none;
    one of our name lacks our settings (an older package, or another app); one is set to ``another``
    service."""

    app: InstalledApp | None
    why: Literal["", "none", "lacking", "another"] = ""
    others: tuple[InstalledApp, ...] = ()


def search(line: Line, *, service_url: str, installation: str, app_id: str = "") -> Search:
    """Our app among those that are installed: the one that says it is this ``installation``, or is
    set to this service, or is the app of this number (``app_id``, of the marketplace app), or else
    one of our name that has our settings, with nothing in them yet.

    Its name alone proves nothing: whoever makes an app may call it so. One or a few requests, all
    reading. Raises what ``integration.errors`` lists: Forbidden or NotFound where the connected
    user or its token may not see apps.
    """
    found = installed(line)
    here = service_url.rstrip("/").lower()

    def fits(one: InstalledApp) -> tuple[bool, ...]:
        return (
            bool(installation) and one.installation == installation,
            bool(here) and one.service_url.rstrip("/").lower() == here,
            bool(app_id) and one.app_id == app_id,
            one.name == NAME and bool(one.told) and not any(one.told.values()),
        )

    ours = sorted((one for one in found if any(fits(one))), key=fits, reverse=True)
    if ours:
        return Search(ours[0], "", tuple(ours[1:]))
    named = tuple(one for one in found if one.name == NAME)
    set_up = tuple(one for one in named if one.told)
    if set_up:
        return Search(None, "another", set_up)
    return Search(None, "lacking" if named else "none", named)


def installed(line: Line) -> list[InstalledApp]:
    """Every installed app, in the order of Zendesk's list."""
    found: list[InstalledApp] = []
    path = _LIST
    for _ in range(_MOST_PAGES):
        answer = get(line, path)
        with calling(f"{line.account.subdomain} installed apps", writes=False):
            apps = {str(row["id"]): row for row in answer.get("apps") or ()}
            found += [_read(row, apps) for row in answer["installations"]]
            following = (answer.get("links") or {}).get("next") or answer.get("next_page")
        if not following or not (answer.get("meta") or {"has_more": True}).get("has_more"):
            break
        path = str(following).partition("/api/v2/")[2]
        if not path:
            break
    return found


def put(line: Line, app: InstalledApp, settings: AppSettings) -> InstalledApp:
    """Put the settings into the app; the app as it is then. One request."""
    values = {
        "service_url": settings.service_url,
        "installation": settings.installation,
        "app_secret": settings.app_secret,
    }
    return _put(line, app, values)


def clear(line: Line, app: InstalledApp) -> None:
    """Take the account and the secret out of the app's settings again; the address stays. One
    request, or two: whether Zendesk takes an empty secret is not documented, so where it does not,
    a word that opens nothing is put in its place."""
    try:
        _put(line, app, {"installation": "", "app_secret": ""})
    except errors.Invalid:
        _put(line, app, {"installation": "none", "app_secret": "none"})


def _put(line: Line, app: InstalledApp, values: Mapping[str, str]) -> InstalledApp:
    answer = send(line, "PUT", _ONE.format(app.id), {"settings": dict(values)})
    with calling(f"{line.account.subdomain} installed app {app.id}", writes=True):
        # Bare, or within a wrapper as other things are.
        row = answer.get("installation", answer)
        now = _read(row, {}) if "id" in row else app
    told = {**app.told, **{k: v for k, v in values.items() if k != "app_secret"}}
    return InstalledApp(
        app.id, app.app_id, app.name, app.enabled, told, now.updated_at, app.version
    )


def _read(row: Mapping[str, Any], apps: Mapping[str, Mapping[str, Any]]) -> InstalledApp:
    settings = row.get("settings") or {}
    app = apps.get(str(row.get("app_id"))) or {}
    told = {
        name: str(settings.get(name) or "").strip()
        for name in ("service_url", "installation")
        if name in settings
    }
    return InstalledApp(
        id=str(int(row["id"])),
        app_id=str(row.get("app_id") or ""),
        name=str(app.get("name") or settings.get("name") or ""),
        enabled=row.get("enabled") is not False,
        told=told,
        updated_at=str(row.get("updated_at") or row.get("updated") or ""),
        version=str(app.get("version") or row.get("version") or row.get("app_version") or ""),
    )


def is_older(version: str, than: str) -> bool | None:
    """Whether a package's version is older than another; None where either tells nothing."""
    one, other = _numbers(version), _numbers(than)
    return one < other if one and other else None


def _numbers(version: str) -> list[int]:
    parts = version.split(".")
    return [int(one) for one in parts] if all(map(_is_number, parts)) else []


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal()
