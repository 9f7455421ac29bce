"""What shall be in place in a Freshdesk account: the app's catalogue, in that helpdesk's terms.

The catalogue is handed in: a helpdesk's module knows what it needs of it, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, Protocol

from markupsafe import Markup, escape

from integration.helpdesks.freshdesk_wanted import (
    Wanted,
    WantedField,
    WantedPolicy,
    WantedReply,
    WantedRule,
    WantedWebhook,
)

_LONG: Final = ("stamp",)
"""Fields of text that need more than the 255 signs of a single line."""
_FIRST_NAME: Final = re.compile(r"\{\{\s*ticket\.requester\.first_name\s*\}\}")


class Field(Protocol):
    """A field of the catalogue."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> Literal["text", "textarea", "date", "choice", "checkbox"]: ...
    @property
    def role(self) -> str: ...
    @property
    def options(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def help(self) -> str: ...
    @property
    def tag(self) -> str | None: ...


class Macro(Protocol):
    """A macro of the catalogue: a reply to start from, in plain text."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


class Trigger(Protocol):
    """When the helpdesk tells us of a claim."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def on(self) -> Literal["created", "changed"]: ...
    @property
    def watches(self) -> tuple[str, ...]: ...


class Clock(Protocol):
    """How long a claim may take."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def days(self) -> int: ...
    @property
    def help(self) -> str: ...


def wanted(
    webhook: WantedWebhook,
    *,
    fields: Sequence[Field],
    macros: Sequence[Macro],
    triggers: Sequence[Trigger],
    clock: Clock,
    claim_tag: str,
    claims_type: str | None = None,
) -> Wanted:
    """Everything this app needs in an account. ``claims_type`` is the ticket type that the account
    gives to warranty claims, if it has one: without it there is no SLA policy for them."""
    claim = next(spec.key for spec in fields if spec.tag == claim_tag)
    return Wanted(
        fields=tuple(_field(spec) for spec in fields),
        replies=tuple(WantedReply(one.key, one.title, html_of(one.text)) for one in macros),
        webhook=webhook,
        rules=tuple(
            WantedRule(one.key, one.title, one.on, one.key, claim, claim_tag, one.watches)
            for one in triggers
        ),
        policies=(WantedPolicy(clock.key, clock.title, clock.days, clock.help, claims_type),),
    )


def flags(fields: Sequence[Field]) -> dict[str, str]:
    """The checkboxes that stand for a tag, for ``freshdesk_wire.Account``: by key, the tag."""
    return {spec.key: spec.tag for spec in fields if spec.tag is not None}


def _field(spec: Field) -> WantedField:
    return WantedField(
        spec.key,
        spec.title,
        "textarea" if spec.key in _LONG else spec.kind,
        spec.options,
        spec.help or spec.title,
        guarded=spec.role == "outcome" or spec.key.startswith("agent_decision"),
    )


def html_of(text: str) -> str:
    """A macro's plain text as a canned response, with Freshdesk's word for the first name."""
    named = _FIRST_NAME.sub("{{ticket.requester.firstname}}", text)
    paragraphs = re.split(r"\n\s*\n", named.strip())
    lines = (Markup("<br>").join(map(escape, one.split("\n"))) for one in paragraphs)
    return str(Markup("").join(Markup("<p>{}</p>").format(one) for one in lines))
