"""The port: what this app needs of a helpdesk, in its own words.

Each helpdesk is one module beside this file, which turns these few shapes into that vendor's
requests and back. No vendor's type, id format or status number leaves its module. Where vendors
differ in what they *can* do, the difference is said (``Capabilities``, and the ``Part`` of every
``Outcome``), never papered over: a write reports what really happened, part by part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal, Protocol

from markupsafe import Markup

FieldValue = str | bool | int | float | tuple[str, ...] | None
"""A field's value as the helpdesk gave it: text, option, yes/no, number, several options, empty.
Dates are ISO 8601 text. Nothing is interpreted here."""


class Phase(Enum):
    """Where a ticket stands, in the words that all helpdesks share."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TicketRef:
    """Which ticket: our installation's id and the helpdesk's own ticket id, as text."""

    installation: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """One authentic delivery from a helpdesk. ``delivery_id`` is None where the vendor has none."""

    ref: TicketRef
    kind: str
    delivery_id: str | None
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as just read.

    ``fields`` holds the bound fields that the ticket really has, by our key; a bound field that
    the helpdesk did not return is absent, which is not the same as empty (None). ``version`` is
    opaque: handed back with a change so that the helpdesk can refuse a stale one; None where it
    keeps none. ``requester`` is the helpdesk's own number of the person who asked, so that what is
    kept about them can be found; None where it is not told. ``brand`` is the number of the brand
    that the customer wrote to, None where there are none. Times are aware and in UTC. Subject,
    comments and people are not read: no name, no address, no word of theirs.
    """

    ref: TicketRef
    phase: Phase
    native_status: str
    fields: Mapping[str, FieldValue]
    tags: frozenset[str]
    kind: str | None
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: str | None
    requester: str | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline to put on the ticket itself: an aware moment, or None to clear it."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be different on a ticket, and nothing else.

    ``fields`` by our key (None clears); ``native`` are values of attributes and fields that a
    rendered template brought along, already filtered by the adapter (see ``Rendered.effects``).
    """

    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    add_tags: frozenset[str] = frozenset()
    remove_tags: frozenset[str] = frozenset()
    due: Due | None = None
    native: Mapping[str, object] = field(default_factory=dict)
    macro_id: str | None = None
    """The template whose effect is part of this change, for the helpdesk's own record."""
    audit: Mapping[str, str] = field(default_factory=dict)
    """Remarks for the helpdesk's audit trail: no personal data."""
    along: Mapping[str, FieldValue] = field(default_factory=dict)
    """Fields that hold these values already: a helpdesk that checks no version writes them whenever
    it writes, so that an update which arrives after a later one leaves fields that go together."""

    def __bool__(self) -> bool:
        """Whether there is anything to change; a remark for the audit alone is not."""
        return bool(self.fields or self.add_tags or self.remove_tags or self.due or self.native)


@dataclass(frozen=True, slots=True)
class Message:
    """A private note or a public reply; ``html`` is safe to send as it is.

    ``dedupe_key`` names this message for ever, so that an adapter that needs two calls can tell
    whether it was already posted.
    """

    kind: Literal["private_note", "public_reply"]
    html: Markup
    dedupe_key: str


class Part(Enum):
    """What became of one part of a write."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    UNSUPPORTED = "unsupported"
    SUBSTITUTED = "substituted"
    PENDING_CHECK = "pending_check"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What really happened: per part (``field:verdict``, ``tags``, ``due``, ``message:0`` …) how it
    ended and a short word on it; ``ticket`` as the helpdesk gave it back, if it did."""

    parts: Mapping[str, tuple[Part, str]]
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template (macro, canned response) rendered for one ticket, without changing the ticket.

    ``text`` is its reply as safe HTML, or None; ``effects`` what else it would set, reduced to a
    whitelist of attributes and free of empty values, in the adapter's own terms; ``add_tags``
    what it would tag; ``problem`` why its reply cannot be used, in words for a person, or None.
    """

    text: Markup | None
    effects: Mapping[str, object]
    add_tags: frozenset[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a helpdesk can honestly do."""

    webhook_proof: Literal["hmac", "shared_secret"]
    version_check: bool
    atomic_change_and_message: bool
    deadlines: Literal["writable", "may_be_recalculated", "not_writable"]
    template_render: Literal["server", "client"]
    closed_is_final: bool


@dataclass(frozen=True, slots=True)
class Bindings:
    """Which native field and template stands for which key of ours, in one installation.

    ``fields``: our key -> native field id or name. ``options``: our key -> {our option: native
    option}; absent where the native field is not a choice. ``macros``: our key -> native id.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    macros: Mapping[str, str] = field(default_factory=dict)


class Helpdesk(Protocol):
    """One connected account. Not shared between threads: build one for each piece of work.

    Every method raises only what ``integration.errors`` lists.
    """

    def capabilities(self) -> Capabilities: ...

    def get(self, ref: TicketRef) -> Ticket:
        """The newest state of a ticket, never from a cache; or what was read ahead of it, once."""
        ...

    def read_ahead(self, refs: Sequence[TicketRef]) -> None:
        """Read several tickets that will each be asked for soon, where that takes fewer requests
        than one for each; otherwise nothing. Those that cannot be read so are left to ``get``."""
        ...

    def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
        """Carry out a change against the ticket as read in ``base``; Conflict if it moved on."""
        ...

    def confirm(self, ref: TicketRef, expected: Change) -> Outcome:
        """What of a change is to be seen now, some time after it was carried out: of whatever ended
        as ``Part.PENDING_CHECK``, what became of it."""
        ...

    def render(self, ref: TicketRef, template_id: str) -> Rendered:
        """What a template would say and set on this ticket, without doing it."""
        ...
