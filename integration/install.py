"""What is put in place in a helpdesk account, in an admin's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from integration.catalogue import CLAIM_CLOCK, FIELD, FIELDS, MACROS, SAFETY_NET, TRIGGERS, VIEWS

APP: Final = "Warranty Desk"
"""What this app is called, and whatever of it bears no other title."""
KINDS: Final = {
    "field": "ticket field",
    "macro": "macro",
    "webhook": "webhook",
    "trigger": "trigger",
    "automation": "automation",
    "view": "view",
    "policy": "SLA policy",
    "form": "ticket form",
    "app": "the settings of the app in the sidebar",
}
"""Kinds of things by the names that set-up steps have for them, as most helpdesks call them; in the
order in which they are counted."""
_TITLES: Final = {
    **{f"field:{spec.key}": spec.title for spec in FIELDS},
    **{f"macro:{macro.key}": macro.title for macro in MACROS},
    **{f"trigger:{trigger.key}": trigger.title for trigger in TRIGGERS},
    f"automation:{SAFETY_NET.key}": SAFETY_NET.title,
    **{f"view:{view.key}": view.title for view in VIEWS},
    f"policy:{CLAIM_CLOCK.key}": CLAIM_CLOCK.title,
}


def title_of(step: str, kinds: Mapping[str, str] = KINDS) -> str:
    """What an admin calls the thing of a set-up step (``field:verdict``, or ``verdict`` alone): its
    title there; the name as it is, where it is none of ours. ``kinds`` are the helpdesk's words for
    kinds of things, as ``Vendor`` has them."""
    if step in ("webhook", "folder"):
        return f"{_named(kinds.get(step, step))} “{APP}”"
    if step == "app":
        return "Settings of the app in the sidebar"
    if step in FIELD:
        step = f"field:{step}"
    kind, _, name = step.partition(":")
    if kind not in kinds or not name:
        return step
    named = "Field" if kind == "field" else _named(kinds[kind])
    return f"{named} “{_TITLES.get(step, name)}”"


def short_title(step: str) -> str:
    """The title of the thing of a set-up step, among others of its kind."""
    return _TITLES.get(step, step).removeprefix("Warranty: ")


def _named(kind: str) -> str:
    return kind[:1].upper() + kind[1:]
