"""What shall be in place in a Freshdesk account, and what was done about it: plain data.

``freshdesk_catalogue`` makes it of the app's catalogue, ``freshdesk_admin.put_in_place`` takes the
one and gives the other; ``freshdesk_checks`` and ``freshdesk_remove`` take the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from integration.helpdesks import Bindings

FieldType = Literal["text", "textarea", "date", "choice", "checkbox"]
Action = Literal["created", "adopted", "changed", "unchanged", "left out", "deleted", "left"]


@dataclass(frozen=True, slots=True)
class WantedField:
    """A ticket field. ``options``, of a choice: (our option, label); in Freshdesk the label is the
    value. ``textarea`` for what may be longer than the 255 signs of a text. ``guarded``: customers
    must not be able to edit it."""

    key: str
    title: str
    type: FieldType
    options: tuple[tuple[str, str], ...] = ()
    description: str = ""
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class WantedReply:
    """A canned response, in HTML."""

    key: str
    title: str
    html: str


@dataclass(frozen=True, slots=True)
class WantedRule:
    """An automation rule that calls the webhook for claims: when one is filed, or when one of the
    fields ``watches`` (by key) or the status of one changes. A claim is a ticket with the checkbox
    ``claim`` (by key) ticked, or with ``tag``. ``event`` is what it tells."""

    key: str
    title: str
    on: Literal["created", "changed"]
    event: str
    claim: str
    tag: str
    watches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedPolicy:
    """An SLA policy that gives claims so many ``days`` to be resolved. Freshdesk can tell them by
    their ``ticket_type`` alone; None where they have none of their own."""

    key: str
    title: str
    days: int
    description: str
    ticket_type: str | None = None


@dataclass(frozen=True, slots=True)
class WantedWebhook:
    """Where rules send to: our https address, with a secret of ours in a header."""

    installation: str
    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that shall be there; the canned responses in a ``folder`` of this name."""

    fields: tuple[WantedField, ...] = ()
    replies: tuple[WantedReply, ...] = ()
    folder: str = "Warranty Desk"
    webhook: WantedWebhook | None = None
    rules: tuple[WantedRule, ...] = ()
    policies: tuple[WantedPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing (``field:verdict``, ``macro:status:covered``, ``folder``, ``trigger:…``,
    ``policy:…``) and what was done about it: created; adopted (it was there, and is bound now);
    changed; unchanged; left out (it cannot be had here). Where things are taken away: deleted, or
    left. ``why`` says more, in words for an admin."""

    what: str
    action: Action
    why: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """What is there now. After a dry run, only what was there already is bound. ``manual`` are, for
    what could not be done from here, the steps by which an admin does it by hand."""

    bindings: Bindings
    steps: tuple[Step, ...] = ()
    manual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
