"""A helpdesk in memory that keeps the port's promises: one atomic update, versions, a log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from integration import catalogue, errors
from integration.config import Installation
from integration.helpdesks import (
    Bindings,
    Capabilities,
    Change,
    FieldValue,
    Message,
    Outcome,
    Part,
    Phase,
    Rendered,
    Ticket,
    TicketRef,
)
from integration.review import Reviewed, Reviewer

CREATED = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
NOW = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
BINDINGS = Bindings(
    fields={spec.key: str(number) for number, spec in enumerate(catalogue.FIELDS)},
    macros={macro.key: macro.key for macro in catalogue.MACROS},
)

COMPLETE = {
    "purchase_date": "2026-02-01",
    "purchase_country": "DE",
    "claim_country": "DE",
    "order_number": "SO-1",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}


def option(key: str, value: object) -> FieldValue:
    """A value as the field holds it: our option where the field is a choice."""
    for name, meaning in (catalogue.FIELD[key].values or {}).items():
        if meaning == value and type(meaning) is type(value):
            return name
    return value  # type: ignore[return-value]


def ticket(
    facts: Mapping[str, object] | None = None,
    *,
    phase: Phase = Phase.OPEN,
    tags: frozenset[str] = frozenset({catalogue.CLAIM_TAG}),
    **more: object,
) -> Ticket:
    """A claim with these facts; other fields (by key) and attributes of the ticket beside them."""
    fields: dict[str, FieldValue] = {spec.key: None for spec in catalogue.FIELDS}
    fields["claim"] = True
    for key, value in (facts or {}).items():
        fields[key] = option(key, value)
    attributes: dict[str, object] = {
        "ref": TicketRef("main", "7"),
        "phase": phase,
        "native_status": phase.value,
        "fields": fields,
        "tags": tags,
        "kind": None,
        "due_at": None,
        "created_at": CREATED,
        "updated_at": CREATED,
        "version": "1",
        **more,
    }
    return Ticket(**attributes)  # type: ignore[arg-type]


@dataclass
class Desk:
    """Holds one ticket. ``notes`` and ``replies`` are what was posted, ``writes`` every change."""

    ticket: Ticket
    notes: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    writes: list[Change] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)
    missing_macros: set[str] = field(default_factory=set)
    forbidden_macros: set[str] = field(default_factory=set)
    effects: dict[str, Rendered] = field(default_factory=dict)
    ahead: list[Sequence[TicketRef]] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: NOW
    fail: Exception | None = None
    fail_after: Exception | None = None

    def capabilities(self) -> Capabilities:
        return Capabilities("hmac", True, True, "writable", "server", True)

    def get(self, ref: TicketRef) -> Ticket:
        return self.ticket

    def read_ahead(self, refs: Sequence[TicketRef]) -> None:
        self.ahead.append(refs)

    def render(self, ref: TicketRef, template_id: str) -> Rendered:
        self.rendered.append(template_id)
        if template_id in self.missing_macros:
            raise errors.NotFound(f"macro {template_id}: not found")
        if template_id in self.forbidden_macros:
            raise errors.Forbidden(f"macro {template_id}: not for us")
        known = Rendered(Markup("<p>Macro {}</p>").format(template_id), {}, frozenset())
        return self.effects.get(template_id, known)

    def apply(self, base: Ticket, change: Change, messages: Sequence[Message] = ()) -> Outcome:
        assert len(messages) <= 1, "one comment an update"
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error
        if base.version != self.ticket.version:
            raise errors.Conflict("ticket 7: it changed")
        self.writes.append(change)
        due = change.due.at if change.due else self.ticket.due_at
        self.ticket = replace(
            self.ticket,
            fields={**self.ticket.fields, **change.fields},
            tags=(self.ticket.tags | change.add_tags) - change.remove_tags,
            due_at=due,
            kind="task" if change.due and change.due.at else self.ticket.kind,
            version=str(int(self.ticket.version or 0) + 1),
            updated_at=self.clock(),
        )
        for message in messages:
            (self.notes if message.kind == "private_note" else self.replies).append(
                str(message.html)
            )
        if self.fail_after is not None:
            error, self.fail_after = self.fail_after, None
            raise error
        return Outcome({"field:stamp": (Part.APPLIED, "")}, self.ticket)

    def edit(self, **values: object) -> None:
        """Somebody changes fields of the ticket by hand (``phase`` and ``tags`` too)."""
        attributes = {k: values.pop(k) for k in ("phase", "tags", "due_at", "kind") if k in values}
        fields = {key: option(key, value) for key, value in values.items()}
        self.ticket = replace(
            self.ticket,
            fields={**self.ticket.fields, **fields},
            version=str(int(self.ticket.version or 0) + 1),
            **{"updated_at": self.clock(), **attributes},  # type: ignore[arg-type]
        )

    def says(self, key: str) -> object:
        """What an outcome field holds, in the policy's words."""
        value = self.ticket.fields[key]
        return catalogue.meaning(key, value) or value if isinstance(value, str) else value


def days(number: int) -> timedelta:
    return timedelta(days=number)


class Stage:
    """A reviewer over one ticket, at a moment (``now``) that tests may move."""

    def __init__(self, desk: Desk, **settings: object) -> None:
        self.desk = desk
        self.now = NOW
        desk.clock = lambda: self.now
        self.bindings: Bindings | None = BINDINGS
        self.installation = Installation("main", **settings)  # type: ignore[arg-type]

    def reviewer(self) -> Reviewer:
        return Reviewer(
            {"main": self.installation},
            lambda installation, bindings: self.desk,
            lambda installation: self.bindings,
            lambda: self.now,
        )

    def review(self) -> Reviewed:
        return self.reviewer()("main", self.desk.ticket.ref.id)
