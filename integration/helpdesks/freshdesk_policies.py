"""The SLA policy of a Freshdesk account for warranty claims.

Vendor page: developers.freshdesk.com/api, "SLA policies": a policy applies to ticket types, groups,
companies, products and sources; not to tags and fields. A ticket gets the first that fits. None can
be deleted from here, only switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from integration import errors
from integration.helpdesks.freshdesk_wanted import WantedPolicy
from integration.helpdesks.freshdesk_wire import Line
from integration.helpdesks.placing import Step

Row = Mapping[str, Any]
PATH: Final = "sla_policies"
_PRIORITIES: Final = ("priority_4", "priority_3", "priority_2", "priority_1")  # in this order
_DAY: Final = 86_400
NO_TYPE: Final = (
    "Freshdesk's SLA policies know claims by their ticket type alone: there is one where just one "
    "of your types has “warranty” in its name. The deadline's field and its tags work without."
)
NO_PLAN: Final = (
    "SLA policies are not to be had here. The deadline's field and its tags work without."
)
SWITCHED_OFF: Final = "it is switched off"
AT: Final = "Switch it on: Admin > Workflows > SLA Policies."
_NO_DEFAULT: Final = "the account's default policy, whose first response ours would take over, is "


def policies(line: Line) -> list[Row] | None:
    """The account's SLA policies; None where its plan has none, or our key may not see them."""
    try:
        rows = line.rows(PATH, f"{line.account.subdomain} SLA policies")
        return [row for row in rows if isinstance(row, Mapping)]
    except (errors.Forbidden, errors.NotFound):
        return None


def put_policy(line: Line, wanted: WantedPolicy, *, dry_run: bool) -> Step:
    """Make an SLA policy for a ticket type; one that is there is an admin's. Its targets for the
    first response are those of the account's default policy, which it stands in for; only the time
    to resolve is ours, by the calendar."""
    what = f"policy:{wanted.key}"
    if wanted.ticket_type is None:
        return Step(what, "left out", NO_TYPE)
    rows = policies(line)
    if rows is None:
        return Step(what, "left out", NO_PLAN)
    if there := [row for row in rows if row.get("name") == wanted.title]:
        off = all(row.get("active") is False for row in there)
        return Step(what, "unchanged", f"{SWITCHED_OFF}. {AT}" if off else "")
    body = policy_of(wanted, rows)
    if body is None:
        return Step(what, "left out", f"{_NO_DEFAULT}not readable")
    if not dry_run:
        try:
            line.post(PATH, body)
        except (errors.Forbidden, errors.NotFound):
            return Step(what, "left out", NO_PLAN)
        except errors.Invalid as error:
            words = "; ".join(dict.fromkeys(error.fields.values())) or str(error)
            return Step(what, "left out", f"Freshdesk refused it: {words[:200]}")
    others = len(rows) - 1
    behind = f" It stands behind {others} other{'s' if others > 1 else ''}." if others else ""
    return Step(what, "created", f"For tickets of type “{wanted.ticket_type}”.{behind}")


def policy_of(wanted: WantedPolicy, rows: list[Row]) -> dict[str, Any] | None:
    """The policy as Freshdesk takes it; None where the default one, to start from, is missing."""
    default = next((row for row in rows if row.get("is_default") is True), None)
    given = None if default is None else default.get("sla_target")
    targets: dict[str, Any] = {}
    for name in _PRIORITIES:
        target = given.get(name) if isinstance(given, Mapping) else None
        if not isinstance(target, Mapping) or not isinstance(target.get("respond_within"), int):
            return None
        resolve = {"resolve_within": wanted.days * _DAY, "business_hours": False}
        targets[name] = {**target, **resolve}
    return {
        "name": wanted.title,
        "description": wanted.description,
        "active": True,
        "applicable_to": {"ticket_types": [wanted.ticket_type]},
        "sla_target": targets,
    }
