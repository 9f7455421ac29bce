"""What shall be in place in a Zendesk account, and what was done about it: plain data.

``zendesk_admin.put_in_place`` takes the one and gives the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from integration.helpdesks import Bindings

FieldType = Literal["text", "textarea", "date", "choice", "checkbox"]
Action = Literal["created", "adopted", "changed", "unchanged"]

FIELD: Final = "field:"
"""In a condition, stands before our key of a field."""


@dataclass(frozen=True, slots=True)
class WantedField:
    """A ticket field. ``options``, of a choice: (our option, label). Our option becomes the tag
    of a new one; tags must be unique in the whole account. ``tag``, of a checkbox: what it tags a
    ticket with while it is ticked."""

    key: str
    title: str
    type: FieldType
    options: tuple[tuple[str, str], ...] = ()
    description: str = ""
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class WantedMacro:
    """A reply to start from; ``text`` is HTML if ``html``. ``tags`` are added by it."""

    key: str
    title: str
    text: str
    html: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A trigger's condition in Zendesk's words; but ``field`` may be ``field:<our key>``, and
    ``value`` then one of our options."""

    field: str
    operator: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class WantedTrigger:
    """A trigger that calls the webhook with ``body`` (see ``webhook_body``)."""

    key: str
    title: str
    body: str
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedWebhook:
    """Where triggers send to: a name, and our https address."""

    name: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that shall be there."""

    fields: tuple[WantedField, ...] = ()
    macros: tuple[WantedMacro, ...] = ()
    webhook: WantedWebhook | None = None
    triggers: tuple[WantedTrigger, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing (``field:verdict``, ``macro:covered``, ``webhook``, ``trigger:new``) and what was
    done about it: created; adopted (found by its title, now bound); changed; unchanged."""

    what: str
    action: Action


@dataclass(frozen=True, slots=True)
class Placed:
    """What is there now. After a dry run, only what was there already is bound."""

    bindings: Bindings
    webhook_id: str | None
    signing_secret: str | None = field(repr=False)
    steps: tuple[Step, ...] = ()
