"""Our fields as an account has them, for the panel to read and to write by."""

from __future__ import annotations

from typing import Any

from integration import catalogue
from integration.catalogue import FIELD, FIELDS
from integration.helpdesks import Bindings


def fields(bindings: Bindings, on_ticket: frozenset[str] | None) -> dict[str, Any]:
    """Our fields in the account: their numbers and options there, and whether the ticket has them
    (None: nobody can tell)."""
    return {
        spec.key: {
            "id": bindings.fields.get(spec.key),
            "title": spec.title,
            "kind": spec.kind,
            "role": spec.role,
            "options": _options(spec.key, bindings),
            "on_ticket": None if on_ticket is None else spec.key in on_ticket,
        }
        for spec in FIELDS
    }


def _options(key: str, bindings: Bindings) -> list[dict[str, Any]]:
    known = bindings.options.get(key)
    return [
        {"value": native, "label": label, "means": catalogue.meaning(key, option)}
        for option, label in FIELD[key].options
        if (native := known.get(option) if known else option) is not None
    ]
