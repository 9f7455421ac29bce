"""What the agent's pages of a stand-in show, as plain values for their templates.

A stand-in is a helpdesk for any app: it knows some columns by the titles of their fields, and
colours by the words of their options, and shows whatever else there is as it finds it. Days are
counted in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from markupsafe import Markup

from integration.sandbox import comments
from integration.sandbox.options import parse_moment

COLUMNS: Final = ("Warranty: verdict", "Warranty: freight paid by", "Warranty: claim deadline")
_TONES: Final = {
    "covered": ("good", "check"),
    "refund eligible": ("good", "refund"),
    "not covered": ("bad", "cross"),
    "needs information": ("ask", "question"),
    "awaiting inspection": ("wait", "search"),
    "refer to dealer": ("plain", "arrow"),
    "needs review": ("look", "flag"),
}
_NEAR: Final = 7
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
class Status:
    """A status as the list filters by it, as an agent reads it, and the colour of its mark."""

    value: str
    label: str
    mark: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ticket's columns say: verdict, who pays the freight, and the deadline."""

    verdict: Badge | None
    freight: str
    deadline: When | None


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the list; ``found_by`` is what a search looks through."""

    id: int
    subject: str
    requester: str
    status: Status
    outcome: Outcome
    updated: When
    tags: tuple[str, ...]
    found_by: str


@dataclass(frozen=True, slots=True)
class Said:
    """A part of a conversation; ``kind`` is note, customer or agent, ``html`` is safe to show."""

    id: int
    author: str
    kind: str
    label: str
    html: Markup
    at: When


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


# -- tickets ---------------------------------------------------------------------------------------


def outcome(verdict: str, freight: str, day: str, today: date) -> Outcome:
    """What stands in the columns' fields, in words; empty where nothing does."""
    badge = Badge(verdict, *_TONES.get(verdict.lower(), ("plain", "dot"))) if verdict else None
    try:
        until = deadline(day, today) if day else None
    except ValueError:  # somebody made that field one of another type
        until = When(day, day, "")
    return Outcome(badge, freight, until)


def row(
    number: int,
    subject: str | None,
    requester: tuple[str | None, str | None],
    status: Status,
    found: Outcome,
    updated: When,
    tags: list[str],
) -> Row:
    """A ticket as the list shows it; ``requester`` is a name and an address."""
    name, email = requester
    said = (f"#{number}", subject, name, email, found.verdict and found.verdict.words, *tags)
    words = "\n".join(str(word) for word in said if word).casefold()
    shown = (subject or "(no subject)", name or "(unknown)")
    return Row(number, *shown, status, found, updated, tuple(tags), words)


def said(number: int, author: str, kind: str, label: str, markup: str, at: When) -> Said:
    """A part of a conversation; of its HTML what is safe to show."""
    html = Markup(comments.sanitised(markup))  # noqa: S704
    return Said(number, author, kind, label, html, at)
