"""What shall be in place in a Zendesk account: the catalogue, in that helpdesk's terms."""

from __future__ import annotations

from typing import Final

from integration import catalogue
from integration.catalogue import CLAIM_TAG, FIELDS, MACROS
from integration.helpdesks.zendesk_wanted import (
    FIELD,
    Condition,
    Wanted,
    WantedField,
    WantedMacro,
    WantedTrigger,
    WantedWebhook,
)
from integration.helpdesks.zendesk_webhook import webhook_body

WEBHOOK: Final = "Warranty Desk"
CREATED, CHANGED = "ticket_created", "ticket_changed"


def wanted(installation: str, url: str) -> Wanted:
    """Everything this app needs in an account whose webhook calls ``url`` (scheme and host).

    The triggers fire on warranty claims alone: when one is created, when a field that the app
    reads has changed, and when the status has. The app writes none of these fields, so its own
    update cannot set them off; that is one guard against going round in circles, the ticket's
    stamp is another.
    """
    claim = Condition("current_tags", "includes", CLAIM_TAG)
    read = tuple(
        Condition(FIELD + spec.key, "changed") for spec in FIELDS if spec.role != "outcome"
    )
    return Wanted(
        fields=tuple(
            WantedField(
                spec.key, spec.title, spec.kind, spec.options, spec.help or spec.title, spec.tag
            )
            for spec in FIELDS
        ),
        macros=tuple(WantedMacro(macro.key, macro.title, macro.text) for macro in MACROS),
        webhook=WantedWebhook(WEBHOOK, f"{url.rstrip('/')}/webhooks/zendesk/{installation}"),
        triggers=(
            WantedTrigger(
                CREATED,
                "Warranty: new claim",
                webhook_body(installation, CREATED),
                all=(Condition("update_type", "is", "Create"), claim),
            ),
            WantedTrigger(
                CHANGED,
                "Warranty: claim changed",
                webhook_body(installation, CHANGED),
                all=(
                    Condition("update_type", "is", "Change"),
                    Condition("status", "less_than", "closed"),
                    claim,
                ),
                any=(*read, Condition("status", "changed")),
            ),
        ),
    )


def title_of(step: str) -> str:
    """What an admin calls the thing of a set-up step (``field:verdict``, or ``verdict`` alone): its
    title there; the name as it is, where it is none of ours."""
    name = step.rpartition(":")[2] if step.startswith(("field:", "trigger:")) else step
    if name in catalogue.FIELD:
        return f"Field “{catalogue.FIELD[name].title}”"
    for macro in MACROS:
        if step in (macro.key, f"macro:{macro.key}"):
            return f"Macro “{macro.title}”"
    triggers = {CREATED: "Warranty: new claim", CHANGED: "Warranty: claim changed"}
    if name in triggers:
        return f"Trigger “{triggers[name]}”"
    return f"Webhook “{WEBHOOK}”" if name == "webhook" else name
