"""What the set-up page says otherwise for one helpdesk than for another: where things are in it,
and what it calls them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integration.catalogue import SET_ASIDE_TAG
from integration.config import Installation
from integration.helpdesks.freshdesk_webhook import HEADER
from integration.installation import HelpdeskName
from integration.installed_app import SETTINGS


@dataclass(frozen=True, slots=True)
class Wording:
    """``things`` is what is put in place, ``adding`` what can add the claim's tag to tickets, and
    ``due`` what the due date's box says, with a help. ``app_where`` is where the installed app is
    given its settings, ``app_settings`` what those are called there, with our names of them, and
    ``app_help`` says who fills them in. ``set_aside`` is how to find the tickets that wait for a
    person, ``rule_by_hand`` what else to do about a rule that is missing. ``header`` carries the
    webhook's secret, None where an admin never types it. ``ticket_forms``: fields have to be put
    on forms. ``field`` is what a ticket field's id looks like. ``key``: the account is reached by
    somebody's API key."""

    things: str
    adding: str
    due: tuple[str, str]
    app_where: str
    app_settings: tuple[tuple[str, str], ...]
    app_help: str
    set_aside: str
    rule_by_hand: str
    header: str | None
    ticket_forms: bool
    field: re.Pattern[str]
    key: bool


_ZENDESK: Final = Wording(
    things="fields, macros and triggers",
    adding="a form or a trigger",
    due=(
        "Make the ticket a task that is due on the claim’s deadline",
        "Problems and incidents stay what they are.",
    ),
    app_where=SETTINGS,
    app_settings=(
        ("Address of the Warranty Desk service", "service_url"),
        ("Installation", "installation"),
        ("App secret", "app_secret"),
    ),
    app_help="Putting everything in place also fills in the app’s settings. Only where Zendesk "
    "does not allow that, copy them yourself: make a new secret, which is shown once, here. The "
    "one before it is good for another day.",
    set_aside="The view “Warranty: set aside” lists them; a private note on each says why.",
    rule_by_hand="",
    header=None,
    ticket_forms=True,
    field=re.compile(r"[0-9]+"),
    key=False,
)
_FRESHDESK: Final = Wording(
    things="fields, canned responses and rules",
    adding="a form or an automation rule",
    due=(
        "Set the ticket’s due date to the claim’s deadline",
        "Freshdesk may work it out anew by its SLA policy whenever the ticket is updated. The "
        "field with the deadline stays as it is.",
    ),
    # developers.freshworks.com/docs, "Custom apps": the gallery is under Support Operations.
    app_where="Admin › Support Operations › Apps › Manage Apps › Warranty Desk, as you install it "
    "or in its settings later",
    app_settings=(
        ("Service host", "service_host"),
        ("Installation", "installation"),
        ("App secret", "app_secret"),
    ),
    app_help="When you install the app “Warranty Desk”, Freshdesk asks for three settings, and "
    "lets nobody else fill them in. Make its secret, and copy all three: the secret is shown once, "
    "here. The one before it is good for another day.",
    set_aside=f"Filter your tickets by the tag {SET_ASIDE_TAG}; a private note on each says why.",
    rule_by_hand=" Where Freshdesk does not take it, the first step then shows how to make it by "
    "hand.",
    header=HEADER,
    ticket_forms=False,
    field=re.compile(r"[A-Za-z0-9_]{1,255}"),
    key=True,
)
WORDINGS: Final[Mapping[HelpdeskName, Wording]] = {"zendesk": _ZENDESK, "freshdesk": _FRESHDESK}
"""By helpdesk."""


def wording_of(installation: Installation) -> Wording:
    """How to speak of an installation's account."""
    return WORDINGS[installation.helpdesk]
