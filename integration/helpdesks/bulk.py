"""The port for many tickets at once: what history in bulk needs of a helpdesk, in our own words.

Beside ``Helpdesk``, which is for one ticket. A helpdesk that has no such thing has no module for
it; its tickets are then reviewed one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from integration import errors
from integration.helpdesks import Change, Message, Ticket


@dataclass(frozen=True, slots=True)
class Created:
    """The tickets created from ``since`` on and before ``until`` (aware; None: to this day)."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class InView:
    """The tickets that a view of the helpdesk shows, by the view's own id."""

    id: str


@dataclass(frozen=True, slots=True)
class Found:
    """The tickets that a search in the helpdesk's own words finds."""

    query: str


Selection = Created | InView | Found
"""Which tickets of an account are meant."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a selection, as it was lately; ``next`` leads to what follows, None at the end.
    ``unreadable`` are the ids of tickets that are there and cannot be understood."""

    tickets: tuple[Ticket, ...]
    next: str | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What one ticket of a batch is to become, against its state as read in ``base``."""

    base: Ticket
    change: Change
    messages: tuple[Message, ...] = ()


class Stage(Enum):
    """How far a batch is: being worked on, worked off row by row, or given up by the helpdesk."""

    RUNNING = "running"
    ENDED = "ended"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a batch: ``written`` tickets and those that ``failed``, each with why. A
    ticket that is in neither is one that the helpdesk says nothing of."""

    stage: Stage
    written: frozenset[str] = frozenset()
    failed: Mapping[str, errors.HelpdeskError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was handed over. ``job`` is the helpdesk's own name of it, None where there is
    nothing to ask after: nothing of it had to be sent, or ``report`` says what became of it.
    ``ids`` are its tickets in order; ``refused`` are those that were not even sent, each with
    why."""

    job: str | None
    ids: tuple[str, ...]
    refused: Mapping[str, errors.HelpdeskError] = field(default_factory=dict)
    report: Report | None = None


class Bulk(Protocol):
    """One connected account, for one thread. Every method raises what ``integration.errors`` lists
    and is one request at most, but for ``apply_many``."""

    most: int
    """How many tickets a batch may hold."""
    requests_a_batch: int
    """How many requests handing a batch over takes, as a rule: what a pace keeps room for."""
    weight_of_page: int
    """As how many requests a pace counts a page: more than the one that it is where the helpdesk
    limits its lists more than other requests."""

    def page(self, selection: Selection, after: str | None = None) -> Page:
        """The part of a selection that follows ``after`` (None: the first). Invalid where the
        helpdesk does not take the query, or no longer knows ``after``."""
        ...

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
        """The newest state of up to ``most`` tickets, by id; None for one that is there and cannot
        be understood. Those that are deleted or not visible are missing."""
        ...

    def apply_many(self, rows: Sequence[Row]) -> Batch:
        """Hand over up to ``most`` changes, each with at most one message and each refused by the
        helpdesk, for itself, if its ticket has moved on. Says nothing of what becomes of them."""
        ...

    def poll(self, batch: Batch) -> Report:
        """What became of a batch so far."""
        ...
