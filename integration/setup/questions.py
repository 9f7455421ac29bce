"""The policy's open questions, in an admin's words, each with what follows from its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integration.catalogue import STATUS_LABELS
from policy import STATUSES


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its value in the settings, what it is called, and what follows from it."""

    value: str
    label: str
    follows: str


CROSS_BORDER: Final = (
    Answer(
        "buyer_freight",
        "It is covered, and the buyer pays the freight",
        "Clause F1 as it reads: the claim goes on, the ticket says “freight paid by buyer”.",
    ),
    Answer(
        "not_covered",
        "It is not covered",
        "Clause W2 as it reads: the verdict is “not covered”, with the countries as the reason. "
        "Nothing is sent to the customer unless you allow it below.",
    ),
    Answer(
        "review",
        "A person decides each time",
        "The verdict is “needs review”, and agents find these tickets by its tag.",
    ),
)

MODES: Final = (
    Answer(
        "off",
        "Off",
        "Tickets are not looked at. What comes in meanwhile waits until you switch it on.",
    ),
    Answer(
        "shadow",
        "Shadow",
        "Verdicts are worked out and kept, and shown in the sidebar only; nothing is written on "
        "tickets. You see above how many another answer would change.",
    ),
    Answer(
        "notes",
        "Notes",
        "Each verdict is also written on the ticket as one private note. Fields, tags and dates "
        "stay as they are.",
    ),
    Answer(
        "full",
        "Full",
        "Verdict, freight, dates and tags are written too, so that views, SLA and reports work by "
        "them. Customers are told nothing by itself, except what you allow above.",
    ),
)

REPLIES: Final = tuple(
    Answer(
        status,
        STATUS_LABELS[status],
        "A denial: better left to a person." if status == "not_covered" else "",
    )
    for status in STATUSES
)

TITLES: Final = {
    "mode": "What is done with a verdict",
    "cross_border": "Claims from elsewhere",
    "regions": "Regions",
    "public_replies": "Replies sent by themselves",
    "time_zone": "Time zone",
    "deadline_near_days": "First reminder, days before",
    "deadline_last_days": "Last reminder, days before",
    "due_date_tasks": "Due dates on tickets",
    "update_limit": "Ticket updates a minute",
    "request_limit": "Requests a minute",
    "limit_share": "Share of the limits, per cent",
}
"""What the settings are called where their changes are listed."""
LABELS: Final = {
    (name, one.value): one.label
    for name, answers in (
        ("mode", MODES),
        ("cross_border", CROSS_BORDER),
        ("public_replies", REPLIES),
    )
    for one in answers
}
"""What their values are called there."""
