"""What shall be in place in a Zendesk account, and what was done about it: plain data.

``zendesk_admin.put_in_place`` takes the one and gives the other; ``zendesk_checks`` and
``zendesk_remove`` take the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from integration.helpdesks import Bindings

FieldType = Literal["text", "textarea", "date", "choice", "checkbox"]
Action = Literal["created", "adopted", "changed", "unchanged", "left out", "deleted", "left"]

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


@dataclass(frozen=True, slots=True)
class Step:
    """One thing (``field:verdict``, ``macro:covered``, ``webhook``, ``trigger:new``, ``view:…``,
    ``automation:…``, ``policy:…``, ``form:<its name>``) and what was done about it: created;
    adopted (it was there, and is bound now); changed; unchanged; left out (it cannot be had here).
    Where things are taken away: deleted, or left. ``why`` says more, in words for an admin."""

    what: str
    action: Action
    why: str = ""


@dataclass(frozen=True, slots=True)
class FormLack:
    """An active ticket form without some of our fields (by key): agents who use it do not see
    them, and what Zendesk shows of a ticket may lack them too."""

    id: str
    name: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """What is there now. After a dry run, only what was there already is bound. ``forms`` are the
    ticket forms that still lack fields of ours; None where they could not be read, as on a plan
    that has none: then there is one form, with every field."""

    bindings: Bindings
    webhook_id: str | None
    signing_secret: str | None = field(repr=False)
    steps: tuple[Step, ...] = ()
    forms: tuple[FormLack, ...] | None = ()
