"""What a ticket's page knows of the app beside it, and tells its host scripts.

The host scripts (``static/freshworks``) speak with the app's frame. They get the ticket as it is
saved, the people and the account from here, by the names of "Use data method"
(developers.freshworks.com/docs/app-sdk/v3.0/support_ticket); never a secure setting.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from integration.sandbox import guard
from integration.sandbox.assets import asset_origin
from integration.sandbox.freshdesk import events, filing, telling
from integration.sandbox.freshdesk.apps import App
from integration.sandbox.freshdesk.records import PRIORITIES, TYPES, Ticket
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

LOCATION: Final = "ticket_sidebar"


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of an app's page: where it is, and the number it goes by."""

    guid: str
    action: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An app on a page; ``icon`` is None where the bundle has none."""

    one: App
    opening: Opening
    icon: str | None


@dataclass(frozen=True, slots=True)
class Hosted:
    """The apps of a page, of which there is one, and all that their host must know."""

    apps: tuple[Shown, ...]
    told: Json


def hosted(account: Account, ticket: Ticket) -> Hosted | None:
    """The app beside a ticket, let into the page's policy; None where there is none."""
    app = account.app
    if app is None or not app.bundle.page:
        return None
    origin = asset_origin(account.base_url)
    guid = str(uuid.uuid4())
    files = f"{origin}/apps/{app.id}"
    opening = Opening(guid, f"{files}/{app.bundle.page}?{urlencode({'instance': guid})}")
    icon = f"{files}/{app.bundle.icon}" if app.bundle.asset(app.bundle.icon) else None
    guard.let_in([origin], icons=[origin] if icon else ())
    told = {
        "location": LOCATION,
        "ticketId": ticket.id,
        "app": {
            "id": app.id,
            "guid": guid,
            "name": app.name,
            "origin": origin,
            "url": opening.action,
            "iparams": app.settings,
            "secure": [one.name for one in app.bundle.iparams.values() if one.secure],
        },
    }
    return Hosted((Shown(app, opening, icon),), told)


def known(account: Account, ticket: Ticket) -> Json:
    """The objects that an app may have, by their names."""
    whole = telling.whole(account, ticket)
    status, priority = whole["status"], whole["priority"]
    contact = _person(account, whole["requester_id"])
    return {
        "ticket": {
            **whole,
            "status_label": account.statuses[status][0],
            "priority_label": PRIORITIES[priority],
        },
        "contact": contact,
        "requester": {key: contact.get(key) for key in ("id", "name", "email", "phone", "mobile")},
        "company": {},
        "group": account.shelf("groups").get(whole["group_id"], {}),
        "loggedInUser": account.shelf("agents")[filing.desk(account)],
        "currentHost": events.host(account),
        "domainName": events.domain(account),
        "status_options": [words for words, _ in account.statuses.values()],
        "priority_options": list(PRIORITIES.values()),
        "ticket_type_options": list(TYPES),
    }


def _person(account: Account, identity: int) -> Json:
    """Who asks: a contact, or an agent with what an agent has of one."""
    agent = account.shelf("agents").get(identity)
    if agent is not None:
        return {"id": identity, **agent["contact"]}
    return account.shelf("contacts")[identity]
