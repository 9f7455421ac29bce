"""Our fields as an account has them, for the panel to read and to write by."""

from __future__ import annotations

from typing import Any

from integration import catalogue
from integration.catalogue import FIELD, FIELDS
from integration.helpdesks import Bindings
from integration.panel.words import Words, option_key


def fields(bindings: Bindings, on_ticket: frozenset[str] | None) -> dict[str, Any]:
    """Our fields in the account: their numbers and options there, and whether the ticket has them
    (None: nobody can tell)."""
    return {
        spec.key: {
            "id": bindings.fields.get(spec.key),
            "title": spec.title,
            "kind": spec.kind,
            "role": spec.role,
            "options": options(spec.key, bindings),
            "on_ticket": None if on_ticket is None else spec.key in on_ticket,
        }
        for spec in FIELDS
    }


def options(key: str, bindings: Bindings, said: Words | None = None) -> list[dict[str, Any]]:
    """A field's options as the account has them, with what each means: labelled as they stand on
    the ticket or, where words are given, in those."""
    known = bindings.options.get(key)
    found = []
    for option, label in FIELD[key].options:
        native, means = known.get(option) if known else option, catalogue.meaning(key, option)
        if native is None:
            continue  # the account's own field has no option for it
        own = label if said is None or means is None else said(option_key(key, means))
        found.append({"value": native, "label": own, "means": means})
    return found
