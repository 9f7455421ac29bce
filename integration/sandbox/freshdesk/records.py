"""A ticket as it is kept, and who does something to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from integration.sandbox.options import Json

OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5
WAITING_ON_CUSTOMER, WAITING_ON_THIRD_PARTY = 6, 7
DONE: Final = (RESOLVED, CLOSED)
TIMER_OFF: Final = (PENDING, RESOLVED, CLOSED, WAITING_ON_CUSTOMER, WAITING_ON_THIRD_PARTY)
"""Statuses in which the SLA's clock stands still."""
STATUSES: Final[dict[int, tuple[str, str]]] = {
    OPEN: ("Open", "Being Processed"),
    PENDING: ("Pending", "Awaiting your Reply"),
    RESOLVED: ("Resolved", "This ticket has been Resolved"),
    CLOSED: ("Closed", "This ticket has been Closed"),
    WAITING_ON_CUSTOMER: ("Waiting on Customer", "Awaiting your Reply"),
    WAITING_ON_THIRD_PARTY: ("Waiting on Third Party", "Being Processed"),
}
"""Status: what agents read, what customers read."""
PRIORITIES: Final = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCES: Final = {
    1: "Email",
    2: "Portal",
    3: "Phone",
    7: "Chat",
    9: "Feedback Widget",
    10: "Outbound Email",
}
TYPES: Final = ("Question", "Incident", "Problem", "Feature Request", "Refund", "Warranty claim")
OUTBOUND: Final = 10

Change = dict[str, tuple[Any, Any]]
"""What an event changed: attribute or custom field to its value before and after. ``tags``,
``note_type``, ``reply_sent`` and ``ticket_action`` are told the same way."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an agent or a contact, or a rule of the account (``system``)."""

    id: int | None
    kind: Literal["agent", "requester", "system"]
    door: Literal["api", "page", "email", "rule"]


@dataclass(slots=True)
class Ticket:
    """A ticket. ``manual`` names the due times that were set and not worked out; ``sequence``
    grows with every change of anything, ``snapshots`` are what the search has taken over, and
    when."""

    id: int
    attributes: Json
    custom: dict[str, Any]
    tags: list[str]
    created_at: datetime
    updated_at: datetime
    due_by: datetime | None = None
    fr_due_by: datetime | None = None
    manual: set[str] = field(default_factory=set)
    conversations: list[Json] = field(default_factory=list)
    stats: dict[str, datetime | None] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    spam: bool = False
    deleted: bool = False
    sequence: int = 0
    snapshots: list[tuple[datetime, Json]] = field(default_factory=list)

    @property
    def writable(self) -> bool:
        """Spam and deleted tickets can be read and not changed."""
        return not (self.spam or self.deleted)
