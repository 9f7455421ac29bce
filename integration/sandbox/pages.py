"""What the agent's pages show of tickets and their comments (``shown``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integration.sandbox import people, shown
from integration.sandbox.options import Json
from integration.sandbox.shown import Outcome, Row, Said, Status, moment

if TYPE_CHECKING:
    from integration.sandbox.state import State, TicketDetail

_LABELS: Final = {"note": "Internal note", "agent": "Public reply", "customer": "Customer"}


def label(row: Json, value: Any) -> str:
    """A custom field's value in the words of its option."""
    names = {option["value"]: option["name"] for option in row.get("custom_field_options", [])}
    if isinstance(value, list):
        return ", ".join(str(names.get(part, part)) for part in value)
    if row["type"] == "checkbox":
        return "Yes" if value in (True, "1") else "No"
    return "" if value is None else str(names.get(value, value))


def outcome(state: State, ticket: Json) -> Outcome:
    """What a ticket's columns say, as far as the account has such fields."""
    by_title = {row["title"]: row for row in reversed(state.custom_fields())}
    columns = [by_title.get(title) for title in shown.COLUMNS]
    values = {row["id"]: row["value"] for row in ticket["custom_fields"]}
    verdict, freight, day = (label(row, values.get(row["id"])) if row else "" for row in columns)
    return shown.outcome(verdict, freight, day, state.now().date())


def row(state: State, ticket: Json) -> Row:
    """A ticket as the list shows it."""
    person, name = state.users.get(ticket["requester_id"], {}), ticket["status"]
    return shown.row(
        ticket["id"],
        ticket["subject"],
        (person.get("name"), person.get("email")),
        Status(name, "On-hold" if name == "hold" else name.title(), name),
        outcome(state, ticket),
        moment(ticket["updated_at"], state.now()),
        ticket["tags"],
    )


def conversation(state: State, detail: TicketDetail) -> list[Said]:
    """The comments, oldest first. What is private is a note, whoever wrote it."""
    found = []
    for comment in detail.comments:
        author = state.users.get(comment["author_id"], {})
        kind = "customer"
        if not comment["public"]:
            kind = "note"
        elif author and people.is_agent(author):
            kind = "agent"
        name = str(author.get("name") or "(unknown)")
        at = moment(comment["created_at"], state.now())
        found.append(shown.said(comment["id"], name, kind, _LABELS[kind], comment["html_body"], at))
    return found
