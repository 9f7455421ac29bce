"""What of an admin's is in the way of what is wanted in an account. No I/O."""

from __future__ import annotations

from collections.abc import Collection

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_compare import (
    SUBSCRIPTIONS,
    There,
    by_id,
    calls,
    field_row,
    is_own,
    native_type,
    titled,
    types_for,
)
from integration.helpdesks.zendesk_wanted import Wanted, WantedField


def no_clashes(wanted: Wanted, there: There, known: Bindings, extend: Collection[str] = ()) -> None:
    """Raises Invalid, naming each, where something of an admin's is in the way: a title taken by
    another kind of thing, or a field chosen for one of ours that cannot stand for it."""
    clashes: dict[str, str] = {}
    chosen: dict[str, str] = {}
    for w in wanted.fields:
        if words := _field_clash(w, there, known.fields.get(w.key), w.key in extend):
            clashes[w.key] = words
        row = field_row(there.fields, w, known.fields.get(w.key))
        if row is not None:
            other = chosen.setdefault(str(row["id"]), w.key)
            if other != w.key:
                clashes[w.key] = f"the field {row.get('title')!r} stands for {other!r} already"
    if wanted.webhook is not None:
        for row in there.webhooks:
            if row.get("name") != wanted.webhook.name:
                continue
            if tuple(row.get("subscriptions") or ()) != SUBSCRIPTIONS:
                # Which kind a webhook is cannot be changed once it is made.
                clashes["webhook"] = (
                    f"a webhook {wanted.webhook.name!r} exists that triggers cannot call"
                )
    for kind, rules, rows in (
        ("trigger", wanted.triggers, there.triggers),
        ("automation", wanted.automations, there.automations),
    ):
        for rule in rules:
            named = titled(rows, rule.title)
            if named and not any(calls(row) for row in named):
                clashes[f"{kind}:{rule.key}"] = (
                    f"a {kind} {rule.title!r} exists that calls no webhook"
                )
    if clashes:
        raise errors.Invalid(
            f"{len(clashes)} in the way: {'; '.join(clashes.values())}",
            fields=clashes,
        )


def _field_clash(w: WantedField, there: There, native_id: str | None, extend: bool) -> str | None:
    bound = by_id(there.fields, native_id)
    if bound is not None and bound.get("type") not in types_for(w):
        return (
            f"the field {bound.get('title')!r}, chosen for {w.title!r}, is of type "
            f"{bound.get('type')} instead of {' or '.join(types_for(w))}"
        )
    row = field_row(there.fields, w, native_id)
    if row is None:
        taken = titled(there.fields, w.title)
        if not taken:
            return None
        return (
            f"a field {w.title!r} exists, of type {taken[0].get('type')} instead of "
            f"{native_type(w)}"
        )
    title = row.get("title")
    if w.tag and row.get("tag") not in (None, "", w.tag):
        return f"the field {title!r} exists, with a tag other than {w.tag}"
    if is_own(row, w):
        return None
    if row.get("active") is False:
        return f"the field {title!r}, chosen for {w.title!r}, is switched off"
    if w.tag and not row.get("tag") and not extend:
        return f"the field {title!r}, chosen for {w.title!r}, needs the tag {w.tag}"
    return None
