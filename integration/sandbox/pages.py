"""What the agent's pages show, as plain values for their templates.

The sandbox is a helpdesk for any app: it knows some columns by the titles of their fields, and
colours by the words of their options, and shows whatever else there is as it finds it. Days are
counted in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from integration.sandbox import comments, people
from integration.sandbox.options import Json, parse_moment

if TYPE_CHECKING:
    from integration.sandbox.state import State, TicketDetail

COLUMNS: Final = ("Warranty: verdict", "Warranty: freight paid by", "Warranty: claim deadline")
TONES: Final = {
    "covered": ("good", "check"),
    "refund eligible": ("good", "refund"),
    "not covered": ("bad", "cross"),
    "needs information": ("ask", "question"),
    "awaiting inspection": ("wait", "search"),
    "refer to dealer": ("plain", "arrow"),
    "needs review": ("look", "flag"),
}
_NEAR = 7
"""Days before a deadline from which on it stands out."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A value in words, with a colour and an icon that say the same."""

    words: str
    tone: str = "plain"
    icon: str = "dot"


@dataclass(frozen=True, slots=True)
class When:
    """A moment or a day: for a machine, as an agent reads it, and how far away it is."""

    machine: str
    words: str
    distance: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the list."""

    id: int
    subject: str
    requester: str
    status: str
    verdict: Badge | None
    freight: str
    deadline: When | None
    updated: When
    tags: tuple[str, ...]
    found_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """A comment; ``kind`` is note, customer or agent, ``html`` is safe to show."""

    id: int
    author: str
    kind: str
    label: str
    html: Markup
    at: When
    channel: str


# -- times -----------------------------------------------------------------------------------------


def moment(text: str, now: datetime) -> When:
    """A moment as the API tells it, seen from ``now``."""
    at = parse_moment(text)
    if at is None:
        return When(text, text, "")
    minutes = int((now - at).total_seconds() // 60)
    distance = "just now"
    for size, unit in ((60 * 24, "day"), (60, "h"), (1, "min")):
        if minutes >= size:
            count = minutes // size
            distance = f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''} ago"
            break
    return When(text, f"{at.day} {at:%b %Y, %H:%M:%S} UTC", distance)


def deadline(text: str, today: date) -> When:
    """A day (``YYYY-MM-DD``) with the days left, that last day included."""
    day = date.fromisoformat(text)
    left = (day - today).days
    count = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
    distance = f"{count} left" if left > 0 else "last day today" if left == 0 else f"{count} ago"
    tone = "over" if left < 0 else "near" if left <= _NEAR else ""
    return When(text, f"{day.day} {day:%b %Y}", distance, tone)


# -- the list --------------------------------------------------------------------------------------


def _columns(state: State) -> list[Json | None]:
    by_title = {row["title"]: row for row in reversed(state.custom_fields())}
    return [by_title.get(title) for title in COLUMNS]


def label(row: Json, value: Any) -> str:
    """A custom field's value in the words of its option."""
    names = {option["value"]: option["name"] for option in row.get("custom_field_options", [])}
    if isinstance(value, list):
        return ", ".join(str(names.get(part, part)) for part in value)
    if row["type"] == "checkbox":
        return "Yes" if value in (True, "1") else "No"
    return "" if value is None else str(names.get(value, value))


def outcome(state: State, ticket: Json) -> tuple[Badge | None, str, When | None]:
    """Verdict, who pays the freight, and the deadline, as far as the account has such fields."""
    values = {row["id"]: row["value"] for row in ticket["custom_fields"]}
    verdict, freight, day = (
        label(row, values.get(row["id"])) if row else "" for row in _columns(state)
    )
    badge = Badge(verdict, *TONES.get(verdict.lower(), ("plain", "dot"))) if verdict else None
    try:
        until = deadline(day, state.now().date()) if day else None
    except ValueError:  # somebody made that field one of another type
        until = When(day, day, "")
    return badge, freight, until


def row(state: State, ticket: Json) -> Row:
    """A ticket as the list shows it."""
    person = state.users.get(ticket["requester_id"], {})
    verdict, freight, until = outcome(state, ticket)
    said = (f"#{ticket['id']}", ticket["subject"], person.get("name"), person.get("email"))
    words = [*said, verdict.words if verdict else "", *ticket["tags"]]
    return Row(
        ticket["id"],
        str(ticket["subject"] or "(no subject)"),
        str(person.get("name") or "(unknown)"),
        ticket["status"],
        verdict,
        freight,
        until,
        moment(ticket["updated_at"], state.now()),
        tuple(ticket["tags"]),
        "\n".join(str(word) for word in words if word).casefold(),
    )


# -- a ticket --------------------------------------------------------------------------------------


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
        found.append(
            Said(
                comment["id"],
                str(author.get("name") or "(unknown)"),
                kind,
                {"note": "Internal note", "agent": "Public reply", "customer": "Customer"}[kind],
                Markup(comments.sanitised(comment["html_body"])),  # noqa: S704
                moment(comment["created_at"], state.now()),
                comment["via"]["channel"],
            )
        )
    return found
