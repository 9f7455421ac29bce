"""Who somebody is in a Zendesk account: asked before anybody is let in as its administrator.

developer.zendesk.com/api-reference/ticketing/users/users. Names and addresses are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from integration import errors
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_wire import Account, Line, open_line, origin


@dataclass(frozen=True, slots=True)
class Person:
    """A user: Zendesk's number, whether an administrator, the IANA time zone, if told, and whether
    somebody who answers tickets (an administrator is one as well)."""

    id: str
    admin: bool
    time_zone: str | None
    agent: bool = False


def me(account: Account) -> Person:
    """Whom the account's token acts as. One request; raises what ``integration.errors`` lists."""
    return _person(open_line(account), "me")


def person(account: Account, user: str) -> Person:
    """A user by number. NotFound where there is none."""
    if not user.isdecimal():
        raise errors.NotFound(f"user {user!r}: it is no user of Zendesk")
    return _person(open_line(account), user)


def revoke(account: Account) -> None:
    """Give back the token that the account is reached with."""
    line = open_line(account)
    path = "/api/v2/oauth/tokens/current.json"
    with calling(f"{account.subdomain} DELETE {path}", writes=True):
        line.session.delete(
            origin(account.subdomain) + path,
            timeout=(account.connect_timeout, account.read_timeout),
        )


def _person(line: Line, who: str) -> Person:
    path = f"/api/v2/users/{who}.json"
    account = line.account
    with calling(f"{account.subdomain} GET /api/v2/users", writes=False):
        response = line.session.get(
            origin(account.subdomain) + path,
            timeout=(account.connect_timeout, account.read_timeout),
        )
        found: Mapping[str, Any] = response.json()["user"]
        zone = found.get("iana_time_zone")
        # An anonymous answer has no id: nobody is let in by it.
        active = found.get("active", True) and not found.get("suspended")
        return Person(
            str(int(found["id"])),
            found.get("role") == "admin" and bool(active),
            zone if zone in available_timezones() else None,
            found.get("role") in ("admin", "agent") and bool(active),
        )
