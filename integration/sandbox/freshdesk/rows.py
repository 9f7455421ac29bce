"""What the agent's pages show of tickets and conversations, as plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from markupsafe import Markup

from integration.sandbox import comments
from integration.sandbox import pages as shared
from integration.sandbox.freshdesk import fields, people, telling
from integration.sandbox.freshdesk.records import Ticket
from integration.sandbox.options import Json
from integration.sandbox.pages import Badge, When, deadline, moment

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_MARKS = {2: "open", 3: "pending", 6: "hold", 7: "hold"}
"""The statuses whose mark has a colour of its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the list."""

    id: int
    subject: str
    requester: str
    status: int
    label: str
    mark: str
    verdict: Badge | None
    freight: str
    deadline: When | None
    updated: When
    tags: tuple[str, ...]
    found_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """A note or a reply; ``kind`` is note, customer or agent, ``html`` is safe to show."""

    id: int
    author: str
    kind: str
    label: str
    html: Markup
    at: When


def row(account: Account, ticket: Ticket) -> Row:
    """A ticket as the list shows it: some columns by the labels of their fields."""
    by_label = {one["label"]: name for name, one in fields.custom(account).items()}
    verdict, freight, day = (
        str(ticket.custom.get(by_label.get(label, "")) or "") for label in shared.COLUMNS
    )
    tone = shared.TONES.get(verdict.lower(), ("plain", "dot"))
    person = people.person(account, ticket.attributes["requester_id"])
    status = ticket.attributes["status"]
    said = (f"#{ticket.id}", ticket.attributes["subject"], person["name"], person["email"])
    words = [*said, verdict, *ticket.tags]
    return Row(
        ticket.id,
        str(ticket.attributes["subject"]),
        str(person["name"] or "(unknown)"),
        status,
        "Deleted" if ticket.deleted else "Spam" if ticket.spam else account.statuses[status][0],
        _MARKS.get(status, "done"),
        Badge(verdict, *tone) if verdict else None,
        freight,
        _until(account, day),
        moment(telling.moment(ticket.updated_at) or "", account.now()),
        tuple(ticket.tags),
        "\n".join(str(word) for word in words if word).casefold(),
    )


def _until(account: Account, day: str) -> When | None:
    try:
        date.fromisoformat(day)
    except ValueError:  # blank, or somebody made that field one of another type
        return When(day, day, "") if day else None
    return deadline(day, account.now().date())


def said(account: Account, one: Json) -> Said:
    """A note or a reply as a ticket's page shows it; what is private is marked so."""
    if one["private"]:
        kind, label = "note", "Private note"
    elif one["incoming"] or not people.is_agent(account, one["user_id"]):
        kind, label = "customer", "Customer"
    else:
        kind, label = "agent", "Public note" if one["source"] else "Reply, sent to the customer"
    return Said(
        one["id"],
        str(people.person(account, one["user_id"])["name"] or "A rule of the account"),
        kind,
        label,
        Markup(comments.sanitised(one["body"])),  # noqa: S704
        moment(one["created_at"], account.now()),
    )
