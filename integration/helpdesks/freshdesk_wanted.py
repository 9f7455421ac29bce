"""What shall be in place in a Freshdesk account: plain data.

``freshdesk_catalogue`` makes it of the app's catalogue; ``freshdesk_admin.put_in_place``,
``freshdesk_checks`` and ``freshdesk_remove`` take it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FieldType = Literal["text", "textarea", "date", "choice", "checkbox"]


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
