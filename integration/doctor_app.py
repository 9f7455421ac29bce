"""Looking at the app in an account's sidebar; a part of ``doctor``."""

from __future__ import annotations

from typing import Final

from integration import errors
from integration.helpdesks.placing import INSTALL, Check
from integration.helpdesks.zendesk_app import InstalledApp, Search, is_older
from integration.helpdesks.zendesk_checks import Look, read_or_say
from integration.installed_app import (
    SETTINGS,
    UPLOAD,
    Sidebar,
    by_hand,
    look,
    not_found,
    untouched,
)

_WHAT: Final = "App in the agents' sidebar"
_KEY: Final = "app"


def app(there: Look, known: Sidebar, version: str) -> list[Check]:
    """The installed app: there, switched on, of this service, with the right secret as far as that
    can be known, and not older than ``version``, this program's own. One request."""
    found = read_or_say(_KEY, _WHAT, lambda: _search(there, known))
    if isinstance(found, Check):
        return [found]
    if isinstance(found, str):
        return [Check(_KEY, _WHAT, "unknown", "Zendesk does not let it be looked at.", found)]
    one = found.app
    if one is None:
        mend = _sentence(not_found(found, known))
        if known.put is not None:
            said = "It was set up, and is gone: agents see nothing in the sidebar."
            return [Check(_KEY, _WHAT, "poor", said, mend)]
        # Whether anybody wants it is not known: fields and notes work without.
        said = {
            "none": "It is not installed: nothing is shown in the sidebar.",
            "lacking": "Of the app “Warranty Desk” that is installed, the settings are not ours.",
            "another": "The one that is installed belongs to another service.",
        }[found.why]
        return [Check(_KEY, _WHAT, "unknown", said, mend)]
    checks = [_settings(one, known), *_age(one, version)]
    if found.others:
        numbers = ", ".join(other.id for other in found.others)
        said = f"It is installed more than once (also as {numbers}); {one.id} is looked after."
        checks.append(
            Check("app:doubles", _WHAT, "poor", said, "Remove the other in Admin Center › Apps.")
        )
    return checks


def _search(there: Look, known: Sidebar) -> Search | str:
    try:
        return look(there.line, known)
    except (errors.Forbidden, errors.NotFound):
        return _sentence(by_hand(known))


def _settings(one: InstalledApp, known: Sidebar) -> Check:
    if not one.enabled:
        said = "It is installed, and switched off."
        return Check(_KEY, _WHAT, "poor", said, "Switch it on in Admin Center › Apps.")
    if one.service_url != known.service_url:
        said = f"It asks {one.service_url or 'nobody'}, not {known.service_url}."
        return Check(_KEY, _WHAT, "poor", said, INSTALL)
    if one.installation != known.installation:
        named = f"“{one.installation}”" if one.installation else "no account"
        said = f"Its setting Installation says {named}, not “{known.installation}”."
        return Check(_KEY, _WHAT, "poor", said, INSTALL)
    put = known.put
    if put is not None and not put.current:
        said = "A new secret was made, and the app still has the one before it."
        return Check(_KEY, _WHAT, "poor", said, INSTALL)
    if not untouched(one, known):
        seen = "was changed since" if put is not None and put.app == one.id else "was not put there"
        said = f"Its address and account are right. Its secret {seen} by this service."
        mend = f"If the sidebar says that it is not connected: {INSTALL[0].lower()}{INSTALL[1:]}"
        return Check(_KEY, _WHAT, "unknown", said, mend)
    return Check(_KEY, _WHAT, "good", "Installed, switched on, and set to this service.")


def _age(one: InstalledApp, version: str) -> list[Check]:
    if not is_older(one.version, version):
        return []
    said = f"The package that is installed is {one.version}; this service is {version}."
    mend = f"Update it: {UPLOAD[0].lower()}{UPLOAD[1:]}. Its settings stay ({SETTINGS})."
    return [Check("app:version", _WHAT, "poor", said, mend)]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
