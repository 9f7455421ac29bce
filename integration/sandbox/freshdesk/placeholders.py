"""``{{ticket.…}}`` in webhook bodies: text for text, as receivers of them see it.

Statuses and the like are told by their labels, tags joined by commas, a number as its digits.
Nothing is escaped for JSON, so a quotation mark in a subject breaks a typed body (a guess: whether
Freshdesk escapes is not known). An unknown or empty placeholder is blank.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from integration.sandbox import comments
from integration.sandbox.freshdesk import people
from integration.sandbox.freshdesk.records import PRIORITIES, SOURCES, Change, Ticket
from integration.sandbox.options import stamp

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_MARK = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def render(account: Account, template: str, ticket: Ticket, changed: Change) -> str:
    """A template with its placeholders filled in."""

    def one(match: re.Match[str]) -> str:
        if match[1] == "triggered_event":
            return event(changed)
        value = _value(account, match[1].split("."), ticket)
        return "" if value is None else str(value)

    return _MARK.sub(one, template)


def event(changed: Change) -> str:
    """What ``{{triggered_event}}`` says: a text in braces, no JSON."""
    rows = [f"{name}:{{from:{_text(a)},to:{_text(b)}}}" for name, (a, b) in changed.items()]
    return "{" + ",".join(rows) + "}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value or "")


def _value(account: Account, path: list[str], ticket: Ticket) -> Any:
    if path[0] != "ticket" or len(path) not in (2, 3):
        return None
    a = ticket.attributes
    if len(path) == 3:
        person = {"requester": a["requester_id"], "agent": a["responder_id"]}.get(path[1])
        if path[1] == "group" and path[2] == "name":
            return account.shelf("groups").get(a["group_id"], {}).get("name")
        known = path[2] in ("id", "name", "email", "phone", "mobile")
        return people.person(account, person)[path[2]] if person and known else None
    name = path[1]
    if name in ticket.custom:
        return _text(ticket.custom[name])
    return {
        "id": ticket.id,
        "subject": a["subject"],
        "description": a["description"],
        "description_text": comments.plain(a["description"]),
        "url": f"{account.base_url}/agent/tickets/{ticket.id}",
        "public_url": f"{account.base_url}/agent/tickets/{ticket.id}",
        "status": account.statuses[a["status"]][0],
        "priority": PRIORITIES[a["priority"]],
        "source": SOURCES.get(a["source"]),
        "ticket_type": a["type"],
        "tags": ",".join(ticket.tags),
        "due_by_time": stamp(ticket.due_by) if ticket.due_by else None,
        "latest_public_comment": _latest(ticket),
    }.get(name)


def _latest(ticket: Ticket) -> str | None:
    said = [row["body_text"] for row in ticket.conversations if not row["private"]]
    return said[-1] if said else None
