"""What shall be in place in a Zendesk account: plain data.

``zendesk_admin.put_in_place``, ``zendesk_checks`` and ``zendesk_remove`` take it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FieldType = Literal["text", "textarea", "date", "choice", "checkbox"]

FIELD: Final = "field:"
"""In a condition or a view's columns, stands before our key of a field."""


@dataclass(frozen=True, slots=True)
class WantedField:
    """A ticket field. ``options``, of a choice: (our option, label). Our option becomes the tag
    of a new one; tags must be unique in the whole account. ``tag``, of a checkbox: what it tags a
    ticket with while it is ticked. ``guarded``: end users must not be able to edit it."""

    key: str
    title: str
    type: FieldType
    options: tuple[tuple[str, str], ...] = ()
    description: str = ""
    tag: str | None = None
    guarded: bool = False


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
    """A condition in Zendesk's words; but ``field`` may be ``field:<our key>``, and ``value`` then
    one of our options."""

    field: str
    operator: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class WantedTrigger:
    """A trigger, or an automation, that calls the webhook with ``body`` (see ``webhook_body``)."""

    key: str
    title: str
    body: str
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedView:
    """A list of tickets for everybody. ``columns`` and ``sort_by`` in Zendesk's words, or
    ``field:<our key>``; the least comes first."""

    key: str
    title: str
    all: tuple[Condition, ...]
    columns: tuple[str, ...]
    sort_by: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class WantedPolicy:
    """An SLA policy with one target for every priority: so many ``minutes`` of the calendar."""

    key: str
    title: str
    all: tuple[Condition, ...]
    metric: str
    minutes: int
    description: str = ""


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
    automations: tuple[WantedTrigger, ...] = ()
    views: tuple[WantedView, ...] = ()
    policies: tuple[WantedPolicy, ...] = ()
