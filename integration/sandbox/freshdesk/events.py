"""What an app's handlers are told of an event.

developers.freshworks.com/docs/app-sdk/v3.0, "App set-up events" and "Configure onTicketCreate", and
the vendor's test data: whole milliseconds for an installation, seconds with a fraction for a
ticket; the account's number as a text, and behind the names of the account's own fields.
"""

from __future__ import annotations

from typing import Final

from integration.sandbox.freshdesk import people, telling
from integration.sandbox.freshdesk.bundles import INSTALLED, TICKET_CREATED
from integration.sandbox.freshdesk.records import Actor, Ticket
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

ACCOUNT_ID: Final = 2_301_177
_REGION: Final = "US"


def host(account: Account) -> Json:
    """The account around an app, as its pages and handlers are told of it."""
    return {
        "endpoint_urls": {"freshdesk": account.base_url},
        "subscribed_modules": ["support_ticket"],
    }


def domain(account: Account) -> str:
    """The account's name on the internet, which leads nowhere here."""
    return f"{account.options.domain}.freshdesk.com"


def installed(account: Account, iparams: Json) -> Json:
    """That the app is installed with these settings, secure ones among them."""
    return {
        "event": INSTALLED,
        "timestamp": int(account.now().timestamp() * 1000),
        "account_id": str(ACCOUNT_ID),
        "domain": f"https://{domain(account)}",
        "region": _REGION,
        "iparams": iparams,
        "currentHost": host(account),
    }


def created(account: Account, ticket: Ticket, actor: Actor, iparams: Json) -> Json:
    """That a ticket was filed, with all that is on it."""
    whole = telling.whole(account, ticket)
    own = {f"{name}_{ACCOUNT_ID}": value for name, value in whole["custom_fields"].items()}
    kind = {"requester": "contact"}.get(actor.kind, actor.kind)
    return {
        "event": TICKET_CREATED,
        "timestamp": account.now().timestamp(),
        "account_id": str(ACCOUNT_ID),
        "domain": domain(account),
        "region": _REGION,
        "data": {
            "ticket": {**whole, "custom_fields": own},
            "requester": people.person(account, whole["requester_id"]),
            "actor": {**people.person(account, actor.id), "type": kind},
        },
        "iparams": iparams,
        "currentHost": host(account),
    }
