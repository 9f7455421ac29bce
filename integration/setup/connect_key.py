"""Connecting a Freshdesk account: by the API key of one of its administrators.

Freshdesk lets apps in by no other way (developers.freshdesk.com/api, "Authentication"): the key is
what proves who comes, each time, and what the app works by from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from integration import errors
from integration.config import Installation
from integration.config_account import UPDATES
from integration.helpdesks.freshdesk import Account
from integration.helpdesks.freshdesk_people import Person, whoever
from integration.helpdesks.freshdesk_watch import limit_of
from integration.helpdesks.freshdesk_wire import Line, open_line
from integration.installations import Installations, Kept, Taken
from integration.setup.connected import CannotConnect, Connected, new_id, no_subdomain, refused
from integration.vendors import FRESHDESK

_log = structlog.get_logger(__name__)

WHERE: Final = "your picture › Profile settings › View API key"
"""Where an agent of Freshdesk finds the key."""
SHARE: Final = 40
"""How much of a plan's requests a minute may be ticket updates, per cent: 80 of 200, 160 of 400,
280 of 700 (developers.freshdesk.com/api, "Rate limit"). The headers tell the requests alone."""

_NO_API: Final = (
    "This account’s plan has no access for apps (Freshdesk’s free plan allows 0 API requests a "
    "minute): it needs Growth or a higher one. Then connect it."
)
_NOT_ADMIN: Final = (
    "This key belongs to an agent who is no administrator, and Freshdesk shows fields, canned "
    f"responses and rules to administrators alone: give an administrator’s key ({WHERE})."
)


def by_key(
    installations: Installations,
    subdomain: str,
    key: str,
    reviving: Callable[[str], object],
) -> Connected:
    """Connect an account by a key, or renew the key of one that is connected already. Nothing is
    stored unless it is an administrator's. Two requests; raises CannotConnect, or
    errors.Unavailable. ``reviving`` is told of an installation that has access again."""
    if not key:
        raise CannotConnect(f"Fill in the API key: in Freshdesk, {WHERE}.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CannotConnect(
            f"An API key is one line of letters and digits: copy it again ({WHERE})."
        )
    try:
        account = Account("new", subdomain, key, {})
    except ValueError:
        raise no_subdomain(FRESHDESK) from None
    line = open_line(account)
    person = _whoever(line, subdomain)
    if not person.admin:
        raise CannotConnect(_NOT_ADMIN)
    kept = installations.at("freshdesk", subdomain)
    if kept is None:
        kept = _add(installations, subdomain, key, person, limit_of(line.headers))
        if kept is not None:
            return Connected(kept, person.id, True)
        # By the same admin's second click, or another admin, in between.
        kept = installations.at("freshdesk", subdomain)
        assert kept is not None
    name = kept.installation.id
    installations.keep_secrets(name, api_key=key)
    _log.info("account connected again", installation=name)
    reviving(name)
    return Connected(installations.get(name) or kept, person.id, False)


def _whoever(line: Line, subdomain: str) -> Person:
    try:
        return whoever(line)
    except errors.Forbidden as error:
        if line.status != 401:
            raise refused(subdomain, FRESHDESK, error) from None
        raise CannotConnect(
            f"Freshdesk does not know this API key in {subdomain}: copy it again ({WHERE}), and "
            "see to it that the address is that account’s."
        ) from None
    except errors.Rejected as error:
        raise refused(subdomain, FRESHDESK, error) from None
    except errors.RateLimited:
        if line.headers.get("X-RateLimit-Total") == "0":
            raise CannotConnect(_NO_API) from None
        raise


def _add(
    installations: Installations, subdomain: str, key: str, person: Person, told: int | None
) -> Kept | None:
    """Keep a new account; None where somebody was quicker. ``told`` is how many requests a minute
    it has, None: not known."""
    installation = Installation(
        new_id(subdomain),
        helpdesk="freshdesk",
        subdomain=subdomain,
        mode="off",
        time_zone=ZoneInfo(person.time_zone or "UTC"),
        api_key=key,
        update_limit=UPDATES["freshdesk"] if told is None else max(1, told * SHARE // 100),
    )
    try:
        installations.add(installation, zone_said=person.time_zone is not None)
    except Taken:
        return None
    _log.info("account connected", installation=installation.id)
    return installations.get(installation.id)
