"""A change on its way to Zendesk: all of it in one PUT, and afterwards what became of each part.
No I/O.

Vendor pages: developer.zendesk.com, "Tickets" (update, ``safe_update``, ``custom_fields``),
"Ticket audits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from integration import errors
from integration.helpdesks import (
    Bindings,
    Change,
    Due,
    FieldValue,
    Message,
    Outcome,
    Part,
    Ticket,
)
from integration.helpdesks.values import same, to_native
from integration.helpdesks.zendesk_ticket import (
    ATTRIBUTES,
    CUSTOM,
    custom_values,
    option_tags,
    plain,
)

_UNCHANGED = (Part.UNCHANGED, "already so")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one PUT will say (``body``, under ``ticket``; empty: nothing to send), and what to
    look for in the answer."""

    body: Mapping[str, object]
    fields: Mapping[str, FieldValue]
    native: Mapping[str, object]
    added: frozenset[str]
    removed: frozenset[str]
    due: Due | None
    messages: Sequence[Message]
    settled: Mapping[str, tuple[Part, str]]


def plan(
    base: Ticket,
    change: Change,
    messages: Sequence[Message],
    bindings: Bindings,
    others: Mapping[str, FieldValue],
) -> Plan:
    """The one PUT that carries out ``change`` on ``base``, reduced to what differs.

    ``others`` are the ticket's custom fields by native id as read together with ``base``, also
    those that are not bound; empty if not known, or if ``change`` has no effects. Raises FieldGone
    for a key that is not bound, ValueError for what no caller should ask: two messages, an empty
    one, a naive deadline, an effect outside the whitelist.
    """
    settled: dict[str, tuple[Part, str]] = {}
    body: dict[str, object] = {}
    wanted = _wanted(base, change, bindings, settled)
    custom = {bindings.fields[k]: to_native(bindings, k, v) for k, v in wanted.items()}
    swaps = [
        (_as_read(base, bindings, key), custom[bindings.fields[key]])
        for key in wanted
        if key in bindings.options
    ]
    for name, effect in sorted(change.native.items()):
        native_id = name.removeprefix(CUSTOM)
        if name in ATTRIBUTES:
            body[name] = effect
        elif name.startswith(CUSTOM) and native_id.isdecimal():
            if native_id in custom:
                continue  # what we decide beats what a macro sets
            value = custom[native_id] = plain(effect)
            if _is_choice(base, change, others.get(native_id), value):
                swaps.append((others.get(native_id), value))
        else:
            raise ValueError(f"native effect {name!r}: not one that may be set")
    if custom:
        body["custom_fields"] = [
            {"id": int(native_id), "value": list(value) if isinstance(value, tuple) else value}
            for native_id, value in sorted(custom.items())
        ]
    tags = _tags(base, change, bindings, wanted, swaps)
    if tags is not None:
        body["tags"] = sorted(tags)
    elif change.add_tags or change.remove_tags:
        settled["tags"] = _UNCHANGED
    due = _due(base, change.due, body)
    if change.due is not None and due is None:
        settled["due"] = _UNCHANGED
    body |= _comment(messages)
    if body:
        body |= _remarks(change, messages)
    return Plan(
        body=body,
        fields=wanted,
        native=dict(change.native),
        added=(tags or frozenset()) - base.tags,
        removed=base.tags - tags if tags is not None else frozenset(),
        due=due,
        messages=tuple(messages),
        settled=settled,
    )


def _wanted(
    base: Ticket, change: Change, bindings: Bindings, settled: dict[str, tuple[Part, str]]
) -> dict[str, FieldValue]:
    """The fields that are to be different; those that are so already are settled."""
    wanted: dict[str, FieldValue] = {}
    for key, value in sorted(change.fields.items()):
        if not bindings.fields.get(key, "").isdecimal():
            raise errors.FieldGone(f"field {key}: it is not bound to a Zendesk field")
        if key in base.fields and same(base.fields[key], value):
            settled[f"field:{key}"] = _UNCHANGED
        else:
            wanted[key] = value
    return wanted


def _comment(messages: Sequence[Message]) -> dict[str, object]:
    if len(messages) > 1:
        raise ValueError("messages: Zendesk takes one comment an update")
    for message in messages:
        if not message.html.strip():
            raise ValueError("message: expected a text, it is empty")
        # Left out, ``public`` defaults to true, or to what the ticket saw last.
        public = message.kind == "public_reply"
        return {"comment": {"html_body": str(message.html), "public": public}}
    return {}


def _as_read(base: Ticket, bindings: Bindings, key: str) -> FieldValue:
    return to_native(bindings, key, base.fields.get(key), as_read=True)


def _is_choice(base: Ticket, change: Change, old: FieldValue, new: FieldValue) -> bool:
    # A preview does not say whether a field is a choice. If its value stands among the tags,
    # it is taken for one.
    before, after = option_tags(old), option_tags(new)
    return bool(before and before <= base.tags) or bool(after and after <= change.add_tags)


def _tags(
    base: Ticket,
    change: Change,
    bindings: Bindings,
    wanted: Mapping[str, FieldValue],
    swaps: Sequence[tuple[FieldValue, FieldValue]],
) -> frozenset[str] | None:
    """The whole new list, or None where it need not be sent.

    ``tags`` in a PUT replaces the list, and the options of choice fields are mirrored in it: a
    list without a field's option tag blanks the field, one with the old option's tag may bring
    that back. So the list follows the fields, whatever was asked. Where it is no other than
    Zendesk's own mirroring makes of the fields, it is left out: two saves within one second are
    one to ``updated_stamp``, and a list would take back what the other one chose and tagged.
    """
    asked = (base.tags - change.remove_tags) | change.add_tags
    if asked == base.tags:
        return None
    kept: frozenset[str] = frozenset()
    for key in bindings.options.keys() - wanted.keys():
        kept |= option_tags(_as_read(base, bindings, key)) & base.tags
    before: frozenset[str] = frozenset().union(*(option_tags(old) for old, _ in swaps))
    after: frozenset[str] = frozenset().union(*(option_tags(new) for _, new in swaps))
    tags = ((asked | kept) - (before - kept)) | after
    mirrored = (base.tags - (before - kept)) | after
    return None if tags in (base.tags, mirrored) else tags


def _due(base: Ticket, due: Due | None, body: dict[str, object]) -> Due | None:
    if due is None:
        return None
    if due.at is None:
        if base.due_at is None:
            return None
        body["due_at"] = None
        return due
    if due.at.tzinfo is None:
        raise ValueError("due: expected an aware datetime")
    at = due.at.astimezone(UTC).replace(microsecond=0)
    if base.due_at == at and base.kind == "task":
        return None
    # Only a task has a due date; and it must be a moment, not a date.
    body["type"] = "task"
    body["due_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Due(at)


def _remarks(change: Change, messages: Sequence[Message]) -> dict[str, object]:
    """What goes along for the record: it ends in ``audit.metadata.custom``."""
    remarks: dict[str, object] = {}
    metadata = dict(change.audit)
    if messages:
        metadata.setdefault("message", messages[0].dedupe_key)
    if metadata:
        remarks["metadata"] = metadata
    if change.macro_id is not None and change.macro_id.isdecimal():
        remarks["macro_id"] = int(change.macro_id)
    return remarks


def outcome(done: Plan, base: Ticket, now: Ticket, answer: Mapping[str, Any]) -> Outcome:
    """What became of each part, by the ticket and the audit in Zendesk's answer. It says 200 also
    to what it ignored ("REST API gives 200 response but the request didn't work")."""
    parts = dict(done.settled)
    for key, value in done.fields.items():
        parts[f"field:{key}"] = _field_part(key, value, base, now)
    native = answer["ticket"]
    values = custom_values(native) if done.native else {}
    for name, wanted in done.native.items():
        got = values.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else native.get(name)
        kept = same(plain(got), plain(wanted))
        parts[f"native:{name}"] = (Part.APPLIED, "") if kept else (Part.REJECTED, "not kept")
    if done.added or done.removed:
        lost = sorted((done.added - now.tags) | (done.removed & now.tags))
        parts["tags"] = (
            (Part.REJECTED, f"not kept: {', '.join(lost)}") if lost else (Part.APPLIED, "")
        )
    if done.due is not None:
        parts["due"] = _due_part(done.due, now)
    for number, message in enumerate(done.messages):
        parts[f"message:{number}"] = _message_part(message, answer.get("audit"))
    return Outcome(parts=parts, ticket=now)


def _field_part(key: str, value: FieldValue, base: Ticket, now: Ticket) -> tuple[Part, str]:
    if key not in now.fields:
        return Part.REJECTED, "the ticket has no such field"
    if same(now.fields[key], value):
        return Part.APPLIED, ""
    if same(now.fields[key], base.fields.get(key)):
        return Part.REJECTED, "not kept"
    return Part.SUBSTITUTED, "another value was stored"


def _due_part(due: Due, now: Ticket) -> tuple[Part, str]:
    if now.due_at == due.at:
        return Part.APPLIED, ""
    if now.kind != "task":
        return Part.UNSUPPORTED, f"a ticket of type {now.kind or 'none'} has no due date"
    if now.due_at is None or due.at is None:
        return Part.REJECTED, "not kept"
    return Part.SUBSTITUTED, "another due date was stored"


def _message_part(message: Message, audit: object) -> tuple[Part, str]:
    """A comment counts only if the audit has it with the visibility that we asked for."""
    if not isinstance(audit, Mapping):
        return Part.PENDING_CHECK, "the answer has no audit"
    events = [e for e in audit.get("events") or () if isinstance(e, Mapping)]
    comments = [e for e in events if e.get("type") == "Comment"]
    if not comments:
        return Part.REJECTED, "the audit has no comment"
    public = message.kind == "public_reply"
    if any(e.get("public") is not public for e in comments):
        if public:
            return Part.SUBSTITUTED, "stored as private: the customer has not received it"
        return Part.SUBSTITUTED, "stored as PUBLIC: the customer may have received it"
    return Part.APPLIED, ""


def is_leak(message: Message, part: tuple[Part, str]) -> bool:
    """Whether a private note ended up public."""
    return message.kind == "private_note" and part[0] is Part.SUBSTITUTED
