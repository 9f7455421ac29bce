"""Automation rules of a Freshdesk account that call our webhook, and how to make them by hand.

The one place that knows their shape. Vendor page: developers.freshdesk.com/api, "Automations"
(1: ticket creation, 4: ticket updates). How sure each part is:

- the action (``trigger_webhook`` with ``request_type``, ``content_type``, ``content_layout`` "2",
  ``url``, ``content`` and ``custom_headers`` beside it): seen, in use by others with success;
- a condition set (``name``, ``match_type``, ``properties``), an event (``field_name``, ``from``,
  ``to``, where ``--`` is any) and the performer: documented, and seen for attributes of a ticket;
- the same for custom fields and for tags, and that a rule may have so many events: believed. So a
  shape with both ways to tell a claim is tried first, then one with the checkbox alone, then one
  that looks at every update of a claim (its own as well, at the cost of a reading each time; the
  stamp keeps it from going round). Where all are refused, a person makes the rule.

Freshdesk is known to answer 500 to an action that it does not understand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_wanted import WantedRule, WantedWebhook
from integration.helpdesks.freshdesk_webhook import HEADER, webhook_content
from integration.helpdesks.freshdesk_wire import Line
from integration.helpdesks.placing import Step

Row = Mapping[str, Any]

KINDS: Final = {"created": 1, "changed": 4}
_MENU: Final = {"created": "Ticket Creation", "changed": "Ticket Updates"}
_CALL: Final = "trigger_webhook"
_ANYBODY: Final = {"type": 3}  # an agent or the requester; not other rules
_EVERY: Final = {"field_name": "ticket_action", "value": "update"}
_MORE: Final = (
    "it looks at every update of a claim: Freshdesk did not take our fields as its events"
)
_BY_HAND: Final = "Freshdesk does not take it from here: make it by hand, as described"


def path_of(wanted: WantedRule) -> str:
    """Where rules of its kind are."""
    return f"automations/{KINDS[wanted.on]}/rules"


def shapes(
    wanted: WantedRule, webhook: WantedWebhook, bindings: Bindings
) -> Iterator[tuple[Row, str]]:
    """The rule as Freshdesk may take it, the fullest first, each with a word for an admin."""
    checkbox = _about(bindings.fields[wanted.claim], "selected")
    tagged = {**_about("tag_names", "in"), "value": [wanted.tag]}
    plain = {"name": wanted.title, "active": True, "actions": [action_of(wanted, webhook)]}
    if wanted.on == "created":
        yield {**plain, "conditions": _any(checkbox, tagged)}, ""
        yield {**plain, "conditions": _any(checkbox)}, ""
        return
    events = [{"field_name": n, "from": "--", "to": "--"} for n in watched(wanted, bindings)]
    plain["performer"] = _ANYBODY
    yield {**plain, "conditions": _any(checkbox, tagged), "events": events}, ""
    yield {**plain, "conditions": _any(checkbox), "events": events}, ""
    yield {**plain, "conditions": _any(checkbox), "events": [_EVERY]}, _MORE


def _any(*properties: Row) -> list[dict[str, Any]]:
    return [{"name": "condition_set_1", "match_type": "any", "properties": list(properties)}]


def _about(name: str, operator: str) -> dict[str, Any]:
    return {"resource_type": "ticket", "field_name": name, "operator": operator}


def watched(wanted: WantedRule, bindings: Bindings) -> list[str]:
    """The fields whose change counts, by Freshdesk's names. None that the app writes is among them,
    so that its own update, which counts as an agent's, does not set the rule off."""
    return [*(bindings.fields[key] for key in wanted.watches), "status"]


def action_of(wanted: WantedRule, webhook: WantedWebhook) -> dict[str, Any]:
    """The rule's call."""
    return {
        "field_name": _CALL,
        "request_type": "POST",
        "content_type": "JSON",
        "content_layout": "2",
        "url": webhook.url,
        "content": webhook_content(webhook.installation, wanted.event),
        "custom_headers": {HEADER: webhook.secret},
    }


def calls(row: Row) -> Mapping[str, Any] | None:
    """The action by which a rule calls a webhook, None where it has none."""
    actions = row.get("actions")
    for one in actions if isinstance(actions, list) else ():
        if isinstance(one, Mapping) and one.get("field_name") == _CALL:
            return one
    return None


def find(rows: Sequence[Row], wanted: WantedRule, webhook: WantedWebhook) -> Row | None:
    """The account's rule for one of ours: by its title, or renamed, by what it calls and says."""
    for row in rows:
        if str(row.get("name") or "").strip() == wanted.title and calls(row) is not None:
            return row
    return next((row for row in rows if says(row, wanted, webhook)), None)


def says(row: Row, wanted: WantedRule, webhook: WantedWebhook) -> bool:
    """Whether a rule calls our address with a body that tells us of the ticket: with this rule's,
    or with less, as somebody may have typed it; ``freshdesk_webhook`` understands both."""
    call = calls(row) or {}
    content = _content(call.get("content"))
    if call.get("url") != webhook.url or not isinstance(content, Mapping):
        return False
    right = webhook_content(webhook.installation, wanted.event)
    told = {name: str(content[name]).replace(" ", "") for name in right if name in content}
    return "ticket_id" in told and all(right[name] == value for name, value in told.items())


def _content(content: object) -> object:
    """A call's body: beside its layout, or in it, as the page has it; an object or its text."""
    if isinstance(content, Mapping) and "content_layout" in content:
        content = content.get("content")
    if isinstance(content, str):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return None
    return content


def wrong_with(
    row: Row, wanted: WantedRule, webhook: WantedWebhook, bindings: Bindings
) -> str | None:
    """Why the app would be deaf with a rule as it is, in words for an admin; None where it hears.
    Of its conditions nothing is said: an admin may want fewer tickets looked at."""
    if row.get("active") is False:
        return "it is switched off"
    if not says(row, wanted, webhook):
        return "it calls another address, or says something else"
    headers = (calls(row) or {}).get("custom_headers")
    if isinstance(headers, Mapping):  # not told: nothing is known of it
        sent = {str(name).lower(): value for name, value in headers.items()}
        if sent.get(HEADER.lower()) != webhook.secret:
            return "it does not send the secret"
    events = row.get("events")
    seen = {one.get("field_name") for one in events or () if isinstance(one, Mapping)}
    if wanted.on == "created" or _EVERY["field_name"] in seen:
        return None
    if lacking := set(watched(wanted, bindings)) - seen:
        return f"it does not hear of {len(lacking)} of our fields"
    return None


def put_rule(
    line: Line,
    rows: Sequence[Row] | None,
    wanted: WantedRule,
    webhook: WantedWebhook,
    bindings: Bindings,
    *,
    dry_run: bool,
) -> tuple[Step, tuple[str, ...]]:
    """Make a rule, or set right what it calls; and the steps by which to do that by hand where
    Freshdesk refuses. ``rows`` is None where rules cannot be read here."""
    what = f"trigger:{wanted.key}"
    by_hand = (Step(what, "left out", _BY_HAND), steps(wanted, webhook))
    if rows is None:
        return by_hand
    row = find(rows, wanted, webhook)
    wrong = None if row is None else wrong_with(row, wanted, webhook, bindings)
    if row is not None and wrong is None:
        return Step(what, "unchanged"), ()
    done = Step(what, "created") if row is None else Step(what, "changed", wrong or "")
    if dry_run:
        return done, ()
    for shape, why in shapes(wanted, webhook, bindings):
        try:
            if row is None:
                line.post(path_of(wanted), shape)
            else:
                line.put(f"{path_of(wanted)}/{row['id']}", shape)
        except (errors.Invalid, errors.NotFound, errors.Forbidden):
            continue
        except errors.Unavailable:
            if line.status != 500:
                raise
            continue
        return replace(done, why=why or done.why), ()
    return by_hand


def steps(wanted: WantedRule, webhook: WantedWebhook) -> tuple[str, ...]:
    """How an admin makes the rule by hand. The secret is not in it: it is shown once, apart."""
    content = json.dumps(webhook_content(webhook.installation, wanted.event), indent=1)
    when = (
        "Involves: agent or requester. When any of these happens: the status is changed, or one of "
        "the fields “Warranty: …” is updated (not verdict, freight, warranty end, claim deadline "
        "and stamp: the app writes those). Or shorter, at the cost of some requests: the ticket is "
        "updated."
        if wanted.on == "changed"
        else "It looks at each new ticket."
    )
    return (
        f"Admin > Workflows > Automations > {_MENU[wanted.on]} > New rule, with the name "
        f"“{wanted.title}”.",
        when,
        f"On tickets with any of these: “Warranty: claim” is selected; Tags is “{wanted.tag}”.",
        f"Perform this action: Trigger webhook. Request type POST, URL {webhook.url}",
        f"Custom headers: {HEADER}, and this installation's webhook secret behind it.",
        f"Encoding JSON, content Advanced: {content}",
        "Preview and save; see to it that the rule is switched on.",
    )
