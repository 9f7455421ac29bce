"""Putting rules, views and the SLA policy in place; ``zendesk_admin`` calls it.

Triggers and automations are the app's: their conditions and action are set right. A view and an SLA
policy are made once, and are an admin's from then on. What Zendesk refuses of the things that the
app can do without (automation, views, SLA policy) is left out, with a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Step
from integration.helpdesks.zendesk_app_doubles import beside, doubles
from integration.helpdesks.zendesk_app_views import ADDED, as_packaged, complete, output_of
from integration.helpdesks.zendesk_compare import (
    CALL,
    Row,
    calls,
    conditions_shape,
    native_condition,
    says,
    shape,
    titled,
)
from integration.helpdesks.zendesk_rows import send
from integration.helpdesks.zendesk_wanted import WantedPolicy, WantedTrigger, WantedView
from integration.helpdesks.zendesk_wire import Line

PRIORITIES: Final = ("low", "normal", "high", "urgent")
NO_PLAN: Final = (
    "SLA policies are not to be had here: the account's plan has none, or the connected user may "
    "not see them. The deadline on each ticket and its tags work without."
)
NO_PRIORITY: Final = "Tickets without a priority get no target: Zendesk counts for those with one."


# -- what a thing shall be, in Zendesk's shape -----------------------------------------------------


def conditions_of(wanted: WantedTrigger | WantedView | WantedPolicy, bindings: Bindings) -> Row:
    """``{"all": […], "any": […]}`` as Zendesk takes it."""
    some = wanted.any if isinstance(wanted, WantedTrigger) else ()
    return {
        "all": [native_condition(c, bindings) for c in wanted.all],
        "any": [native_condition(c, bindings) for c in some],
    }


def rule_of(wanted: WantedTrigger, bindings: Bindings, webhook_id: str | None) -> Row:
    """A trigger's or an automation's conditions and actions."""
    actions = [{"field": CALL, "value": [webhook_id, wanted.body]}]
    return {"conditions": conditions_of(wanted, bindings), "actions": actions}


def targets_of(wanted: WantedPolicy) -> list[dict[str, Any]]:
    """An SLA policy's targets, one for each priority."""
    return [
        {
            "priority": priority,
            "metric": wanted.metric,
            "target": wanted.minutes,
            "business_hours": False,
        }
        for priority in PRIORITIES
    ]


def find_rule(rows: Sequence[Row], wanted: WantedTrigger, webhook_id: str | None) -> Row | None:
    """The account's rule for one of ours: by its title, or renamed, by what it calls and says."""
    named = [row for row in titled(rows, wanted.title) if calls(row)]
    if named:
        return named[0]
    if webhook_id is None:
        return None
    return next((row for row in rows if says(row, webhook_id, wanted.body)), None)


def find_view(rows: Sequence[Row], wanted: WantedView, bindings: Bindings) -> Row | None:
    """The account's view for one of ours: by its title, or renamed, by what it shows."""
    named = titled(rows, wanted.title)
    if named:
        return named[0]
    same = conditions_shape(conditions_of(wanted, bindings))
    return next((r for r in rows if conditions_shape(r.get("conditions")) == same), None)


def policy_as_wanted(row: Row, wanted: WantedPolicy, bindings: Bindings) -> bool:
    """Whether an SLA policy counts what ours would, for the same tickets."""

    def targets(metrics: object) -> set[tuple[str, str, str, bool]]:
        items = metrics if isinstance(metrics, list) else []
        return {
            (str(m.get("priority")), str(m.get("metric")), str(m.get("target")),
             bool(m.get("business_hours")))
            for m in items
        }  # fmt: skip

    right = conditions_shape(conditions_of(wanted, bindings))
    return conditions_shape(row.get("filter")) == right and targets(
        row.get("policy_metrics")
    ) == targets(targets_of(wanted))


# -- putting it there ------------------------------------------------------------------------------


def put_rule(
    line: Line,
    kind: str,
    rows: Sequence[Row],
    wanted: WantedTrigger,
    bindings: Bindings,
    webhook_id: str | None,
    *,
    dry_run: bool,
) -> Step:
    """Make a trigger or an automation (``kind``), or set its conditions and its action right.

    Whether it is switched on, and its place among others, are the admin's business. A new one goes
    last: after whatever sets fields and tags that it looks at.
    """
    what = f"{kind}:{wanted.key}"
    right = rule_of(wanted, bindings, webhook_id)
    row = find_rule(rows, wanted, webhook_id)
    off = "switched off by an admin" if row is not None and row.get("active") is False else ""
    if row is not None and shape(row) == shape(right):
        return Step(what, "unchanged", off)
    # Documented in requests is ``all``/``any`` without ``conditions`` around them; answers have it.
    sent = {**right["conditions"], "actions": right["actions"]}
    try:
        if row is None and not dry_run:
            send(line, "POST", f"{kind}s.json", {kind: {"title": wanted.title, **sent}})
        elif row is not None and not dry_run:
            send(line, "PUT", f"{kind}s/{row['id']}.json", {kind: sent})
    except errors.Invalid as error:
        if kind == "trigger":
            raise
        return Step(what, "left out", refused(error))
    return Step(what, "created" if row is None else "changed", off)


def put_view(
    line: Line,
    rows: Sequence[Row],
    wanted: WantedView,
    bindings: Bindings,
    *,
    dry_run: bool,
) -> Step:
    """Make a view that everybody sees; one that is there is an admin's, and stays as it is."""
    what = f"view:{wanted.key}"
    row = find_view(rows, wanted, bindings)
    if row is not None:
        same = conditions_shape(conditions_of(wanted, bindings))
        right = conditions_shape(row.get("conditions")) == same
        own = "" if right else "it shows other tickets than ours would; left as it is"
        others = beside(doubles(rows, wanted.title, str(row["id"])))
        packaged = right and as_packaged(row, wanted)
        if packaged and (dry_run or complete(line, row, output_of(wanted, bindings))):
            return Step(what, "changed", "; ".join(filter(None, (ADDED, others))))
        return Step(what, "unchanged", "; ".join(filter(None, (own, others))))
    if dry_run:
        return Step(what, "created")
    view: dict[str, Any] = {
        "title": wanted.title,
        "description": wanted.description,
        **conditions_of(wanted, bindings),
        "output": output_of(wanted, bindings),
    }
    try:
        try:
            send(line, "POST", "views.json", {"view": view})
        except errors.Invalid:
            # Not every field can be sorted by; the oldest ticket's claim ends first, too.
            view["output"]["sort_by"] = "created"
            send(line, "POST", "views.json", {"view": view})
            return Step(what, "created", "sorted by the day of the ticket")
    except errors.Invalid as error:
        return Step(what, "left out", refused(error))
    return Step(what, "created")


def put_policy(
    line: Line,
    rows: Sequence[Row] | None,
    wanted: WantedPolicy,
    bindings: Bindings,
    *,
    dry_run: bool,
) -> Step:
    """Make an SLA policy, where the plan has such; one that is there is an admin's.

    A new one goes last. A ticket gets the first policy that fits, so that before the others it
    would take an admin's own targets away from every claim.
    """
    what = f"policy:{wanted.key}"
    if rows is None:
        return Step(what, "left out", NO_PLAN)
    named = titled(rows, wanted.title)
    if named:
        right = policy_as_wanted(named[0], wanted, bindings)
        changed = "" if right else "it has other targets than ours; left as it is. "
        return Step(what, "unchanged", changed + place(rows, named[0]))
    policy = {
        "title": wanted.title,
        "description": wanted.description,
        "filter": conditions_of(wanted, bindings),
        "policy_metrics": targets_of(wanted),
    }
    if not dry_run:
        try:
            send(line, "POST", "slas/policies.json", {"sla_policy": policy})
        except (errors.Forbidden, errors.NotFound):
            return Step(what, "left out", NO_PLAN)
        except errors.Invalid as error:
            return Step(what, "left out", refused(error))
    return Step(what, "created", f"{place(rows, None)} {NO_PRIORITY}".strip())


def place(rows: Sequence[Row], row: Row | None) -> str:
    """What it means that other SLA policies stand before one (None: before a new one)."""
    before = [r for r in rows if row is None or (r.get("position") or 0) < (row["position"] or 0)]
    if not before:
        return ""
    others = "another policy" if len(before) == 1 else f"{len(before)} other policies"
    return f"It stands after {others}; a ticket gets the first that fits."


def refused(error: errors.Invalid) -> str:
    """Why Zendesk refused something, in its own words."""
    words = "; ".join(dict.fromkeys(error.fields.values())) or str(error)
    return f"Zendesk refused it: {words[:200]}"
