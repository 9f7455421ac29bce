"""Which resources are kept alike, and where the API serves them."""

from __future__ import annotations

from dataclasses import dataclass

from integration.sandbox import fields, macros, rules, triggers


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its wrapper in bodies, its path, how a request becomes one.

    ``verbs`` are those the API offers beyond reading; ``text_ids`` marks ids told as text;
    what cannot be changed has no ``shape``.
    """

    singular: str
    plural: str
    path: str
    shape: rules.Shape | None
    verbs: tuple[str, ...] = ("POST", "PUT", "DELETE")
    text_ids: bool = False


KINDS = (
    Kind("ticket_field", "ticket_fields", "ticket_fields", fields.shape),
    Kind("macro", "macros", "macros", macros.shape),
    Kind("trigger", "triggers", "triggers", triggers.shape),
    Kind(
        "trigger_category",
        "trigger_categories",
        "trigger_categories",
        rules.category,
        ("POST", "PATCH", "DELETE"),
        text_ids=True,
    ),
    Kind("automation", "automations", "automations", rules.automation),
    Kind("view", "views", "views", rules.view),
    Kind("sla_policy", "sla_policies", "slas/policies", rules.sla_policy),
    Kind("custom_status", "custom_statuses", "custom_statuses", rules.custom_status),
    Kind("group", "groups", "groups", rules.group),
    Kind("organization", "organizations", "organizations", rules.organization),
    Kind("brand", "brands", "brands", None, ()),
    Kind("ticket_form", "ticket_forms", "ticket_forms", rules.form),
)
