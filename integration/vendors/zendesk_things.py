"""What shall be in place in a Zendesk account: the catalogue, in that helpdesk's terms.

How sure each of Zendesk's terms is stands beside it: documented (Zendesk's own pages), seen (used
in public by others, with success), or believed. What is no more than seen is put in place in a way
that Zendesk may refuse without harm to the rest.
"""

from __future__ import annotations

from typing import Final

from integration.catalogue import (
    CLAIM_CLOCK,
    CLAIM_TAG,
    FIELDS,
    MACROS,
    SAFETY_NET,
    TRIGGERS,
    VIEWS,
    ClockSpec,
    FieldSpec,
    SafetyNetSpec,
    TriggerSpec,
    ViewSpec,
)
from integration.helpdesks.zendesk_wanted import FIELD as OURS
from integration.helpdesks.zendesk_wanted import (
    Condition,
    Wanted,
    WantedField,
    WantedMacro,
    WantedPolicy,
    WantedTrigger,
    WantedView,
    WantedWebhook,
)
from integration.helpdesks.zendesk_webhook import webhook_body
from integration.install import APP

WEBHOOK: Final = APP
_CLAIM: Final = Condition("current_tags", "includes", CLAIM_TAG)
_UNSOLVED: Final = Condition("status", "less_than", "solved")


def wanted(installation: str, url: str) -> Wanted:
    """Everything this app needs in an account whose webhook calls ``url`` (scheme and host).

    The triggers and the automation fire on warranty claims alone.
    """
    return Wanted(
        fields=tuple(_field(spec) for spec in FIELDS),
        macros=tuple(WantedMacro(macro.key, macro.title, macro.text) for macro in MACROS),
        webhook=WantedWebhook(WEBHOOK, f"{url.rstrip('/')}/webhooks/zendesk/{installation}"),
        triggers=tuple(_trigger(spec, installation) for spec in TRIGGERS),
        automations=(_automation(SAFETY_NET, installation),),
        views=tuple(_view(spec) for spec in VIEWS),
        policies=(_policy(CLAIM_CLOCK),),
    )


def _field(spec: FieldSpec) -> WantedField:
    return WantedField(
        spec.key,
        spec.title,
        spec.kind,
        spec.options,
        spec.help or spec.title,
        spec.tag,
        guarded=spec.role == "outcome" or spec.key.startswith("agent_decision"),
    )


def _trigger(spec: TriggerSpec, installation: str) -> WantedTrigger:
    body = webhook_body(installation, spec.key)
    if spec.on == "created":
        created = Condition("update_type", "is", "Create")
        return WantedTrigger(spec.key, spec.title, body, all=(created, _CLAIM))
    return WantedTrigger(
        spec.key,
        spec.title,
        body,
        all=(
            Condition("update_type", "is", "Change"),
            Condition("status", "less_than", "closed"),
            _CLAIM,
        ),
        any=(
            *(Condition(OURS + key, "changed") for key in spec.watches),
            Condition("status", "changed"),
        ),
    )


def _automation(spec: SafetyNetSpec, installation: str) -> WantedTrigger:
    """Zendesk looks at its automations once an hour and wants each to have a time in it and to stop
    by itself (documented: support.zendesk.com 4408885654298, "Automation conditions and actions
    reference"). "Hours since update is N" is true at one look only (documented), until the ticket
    changes again; that an automation's own webhook is no such change is believed, and were it one,
    "hours since created" would still end it.

    ``updated_at``, ``NEW`` (hours since created), ``is``, ``less_than``, and that times belong into
    ``all``: documented (developer.zendesk.com, "Conditions reference"). ``not_includes`` with
    several tags means none of them: documented. ``notification_webhook`` as an automation's action:
    documented for Admin Center ("Connect the webhook to a trigger or automation"), believed for
    the API to look as it does in a trigger.
    """
    return WantedTrigger(
        spec.key,
        spec.title,
        webhook_body(installation, spec.event),
        all=(
            _CLAIM,
            Condition("current_tags", "not_includes", " ".join(spec.without)),
            _UNSOLVED,
            Condition("updated_at", "is", str(spec.quiet_hours)),
            Condition("NEW", "less_than", str(spec.days * 24)),
        ),
    )


def _view(spec: ViewSpec) -> WantedView:
    """Custom fields as columns, by their number: documented ("Views"), and seen. To sort by one is
    believed: Zendesk says "by a column", and excepts only subject and submitter."""
    return WantedView(
        spec.key,
        spec.title,
        all=(_UNSOLVED, Condition("current_tags", "includes", " ".join(spec.tags))),
        columns=(
            *("status", "subject", "requester", "assignee", "updated"),
            *(OURS + key for key in spec.columns),
        ),
        sort_by=OURS + "claim_deadline",
        description=spec.help,
    )


def _policy(spec: ClockSpec) -> WantedPolicy:
    """``total_resolution_time`` runs from the ticket's creation until it is solved, also while it
    is pending or on hold (seen: handbook.gitlab.com, "SLA policies"); ``requester_wait_time``
    would stand still while the customer is asked, and the policy's 30 days do not. Targets in
    minutes, by the calendar unless ``business_hours``, ``filter`` by ``current_tags``:
    documented ("SLA policies", "Conditions reference")."""
    return WantedPolicy(
        spec.key,
        spec.title,
        all=(_CLAIM,),
        metric="total_resolution_time",
        minutes=spec.days * 24 * 60,
        description=spec.help,
    )
