"""What the agent's pages show of tickets and conversations (``shown``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from integration.sandbox import shown
from integration.sandbox.freshdesk import fields, people, telling
from integration.sandbox.freshdesk.records import Ticket
from integration.sandbox.options import Json
from integration.sandbox.shown import Row, Said, Status, moment

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_MARKS: Final = {2: "open", 3: "pending", 6: "hold", 7: "hold"}
"""The statuses whose mark has a colour of its own."""


def row(account: Account, ticket: Ticket) -> Row:
    """A ticket as the list shows it: some columns by the labels of their fields."""
    by_label = {one["label"]: name for name, one in fields.custom(account).items()}
    verdict, freight, day = (
        str(ticket.custom.get(by_label.get(label, "")) or "") for label in shown.COLUMNS
    )
    person = people.person(account, ticket.attributes["requester_id"])
    return shown.row(
        ticket.id,
        ticket.attributes["subject"],
        (person["name"], person["email"]),
        _status(account, ticket),
        shown.outcome(verdict, freight, day, account.now().date()),
        moment(telling.moment(ticket.updated_at) or "", account.now()),
        ticket.tags,
    )


def _status(account: Account, ticket: Ticket) -> Status:
    number = ticket.attributes["status"]
    label = account.statuses[number][0]
    if ticket.deleted or ticket.spam:
        label = "Deleted" if ticket.deleted else "Spam"
    return Status(str(number), label, _MARKS.get(number, "done"))


def said(account: Account, one: Json) -> Said:
    """A note or a reply as a ticket's page shows it; what is private is marked so."""
    if one["private"]:
        kind, label = "note", "Private note"
    elif one["incoming"] or not people.is_agent(account, one["user_id"]):
        kind, label = "customer", "Customer"
    else:
        kind, label = "agent", "Public note" if one["source"] else "Reply, sent to the customer"
    author = people.person(account, one["user_id"])["name"] or "A rule of the account"
    at = moment(one["created_at"], account.now())
    return shown.said(one["id"], str(author), kind, label, one["body"], at)


def opening(account: Account, ticket: Ticket) -> Said:
    """What the customer wrote first."""
    author = people.person(account, ticket.attributes["requester_id"])["name"]
    at = moment(telling.moment(ticket.created_at) or "", account.now())
    markup = ticket.attributes["description"]
    return shown.said(0, str(author), "customer", "Customer", markup, at)
