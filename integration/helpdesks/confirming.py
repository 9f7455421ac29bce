"""What of a change is to be seen on a ticket: in the answer to the update, or some time after it.
No I/O.

A helpdesk may take a value and store another, or work it out anew a little later; what it answers
at once is then no proof. Whoever wants to know reads the ticket again.
"""

from __future__ import annotations

from datetime import UTC

from integration.helpdesks import Change, FieldValue, Outcome, Part, Ticket
from integration.helpdesks.values import same

Parts = dict[str, tuple[Part, str]]


def confirmed(now: Ticket, expected: Change) -> Outcome:
    """What of a change is to be seen on a ticket that was read some time after it: each part kept
    (APPLIED), replaced by something else (SUBSTITUTED: of a deadline, recalculated), or not there
    (REJECTED)."""
    parts: Parts = {}
    for key, value in sorted(expected.fields.items()):
        parts[f"field:{key}"] = field_part(key, value, now, now)
    if expected.add_tags or expected.remove_tags:
        remove = expected.remove_tags - expected.add_tags
        parts["tags"] = tags_part(expected.add_tags, remove, now)
    if expected.due is not None and expected.due.at is not None:
        at = expected.due.at.astimezone(UTC).replace(microsecond=0)
        if now.due_at == at:
            parts["due"] = (Part.APPLIED, "kept")
        elif now.due_at is None:
            parts["due"] = (Part.REJECTED, "the ticket has no due date")
        else:
            parts["due"] = (Part.SUBSTITUTED, f"it is due at {now.due_at.isoformat()}")
    return Outcome(parts=parts, ticket=now)


def field_part(key: str, value: FieldValue, base: Ticket, now: Ticket) -> tuple[Part, str]:
    """What became of a field, by the ticket before the update and after it."""
    if key not in now.fields:
        return Part.REJECTED, "the ticket has no such field"
    if same(now.fields[key], value):
        return Part.APPLIED, ""
    if same(now.fields[key], base.fields.get(key)):
        return Part.REJECTED, "not kept"
    return Part.SUBSTITUTED, "another value was stored"


def tags_part(add: frozenset[str], remove: frozenset[str], now: Ticket) -> tuple[Part, str]:
    """What became of tags to add and to remove, by the ticket after the update."""
    lost = sorted((add - now.tags) | (remove & now.tags))
    return (Part.REJECTED, f"not kept: {', '.join(lost)}") if lost else (Part.APPLIED, "")
