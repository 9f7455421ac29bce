"""Whom a Freshdesk account's API key acts as: asked before an account is connected by it.

developers.freshdesk.com/api, "Currently authenticated agent". Names and addresses are not read.
That an agent is an administrator is not among what it says, so something is asked for that only
administrators may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integration import errors
from integration.helpdesks.freshdesk_fields import PATH as FIELDS
from integration.helpdesks.freshdesk_wire import Account, Line, open_line
from integration.helpdesks.freshdesk_zones import zone_of


@dataclass(frozen=True, slots=True)
class Person:
    """An agent: Freshdesk's number, whether an administrator, and the IANA time zone, None where
    Freshdesk told none that is known here."""

    id: str
    admin: bool
    time_zone: str | None
    agent: bool = True


def me(account: Account) -> Person:
    """Whom the account's key acts as. Two requests; raises what ``integration.errors`` lists."""
    return whoever(open_line(account))


def whoever(line: Line) -> Person:
    """The same, on a line that is open."""
    found = line.get("agents/me")
    number = found.get("id") if isinstance(found, Mapping) else None
    if not isinstance(number, int):
        raise errors.Unavailable(f"{line.account.subdomain}: Freshdesk does not say who we are")
    contact = found.get("contact")
    told = contact.get("time_zone") if isinstance(contact, Mapping) else None
    try:
        line.get(FIELDS)
        admin = True
    except errors.Forbidden:
        admin = False
    return Person(str(number), admin, zone_of(told))
