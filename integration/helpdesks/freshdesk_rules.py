"""Making the automation rules of a Freshdesk account that call our webhook, setting right what they
call, and how to make them by hand. ``freshdesk_rule_rows`` reads those that are there.

The one place that knows the shape to send. Vendor page: developers.freshdesk.com/api, "Automations"
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

A rule that is there is an admin's but for its call: what was read is sent back, with that set
right. What Freshdesk does not tell of a rule cannot be sent back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_rule_rows import (
    CALL,
    EVERY,
    OFF,
    ORDER,
    TAGS,
    call_of,
    find,
    remarks,
    unheard,
    watched,
    wrong_with,
)
from integration.helpdesks.freshdesk_wanted import WantedRule, WantedWebhook
from integration.helpdesks.freshdesk_webhook import HEADER, webhook_content
from integration.helpdesks.freshdesk_wire import Line
from integration.helpdesks.placing import Step

Row = Mapping[str, Any]

KINDS: Final = {"created": 1, "changed": 4}
_MENU: Final = {"created": "Ticket Creation", "changed": "Ticket Updates"}
_ANYBODY: Final = {"type": 3}  # an agent or the requester; not other rules
_WRITABLE: Final = (
    *("name", "description", "active", "position", "performer", "events"),
    *("conditions", "operator", "actions"),
)
"""What a PUT may say of a rule; the rest of what is read is Freshdesk's, and would be refused."""
_MORE: Final = (
    "it looks at every update of a claim: Freshdesk did not take our fields as its events"
)
_LESS: Final = (
    "claims that the tag “{}” alone tells are seen by reconciliation only: Freshdesk did not take "
    "tags as its condition"
)
_ON: Final = "it was switched off, and is switched on again"
_BY_HAND: Final = "Freshdesk does not take it from here: make it by hand, as described"


def path_of(wanted: WantedRule) -> str:
    """Where rules of its kind are."""
    return f"automations/{KINDS[wanted.on]}/rules"


def shapes(
    wanted: WantedRule, webhook: WantedWebhook, bindings: Bindings
) -> Iterator[tuple[Row, str]]:
    """The rule as Freshdesk may take it, the fullest first, each with a word for an admin."""
    checkbox = _about(bindings.fields[wanted.claim], "selected")
    tagged = {**_about(TAGS, "in"), "value": [wanted.tag]}
    plain = {"name": wanted.title, "active": True, "actions": [action_of(wanted, webhook)]}
    less = _LESS.format(wanted.tag)
    if wanted.on == "created":
        yield {**plain, "conditions": _any(checkbox, tagged)}, ""
        yield {**plain, "conditions": _any(checkbox)}, less
        return
    plain["performer"] = _ANYBODY
    events = _events(watched(wanted, bindings))
    yield {**plain, "conditions": _any(checkbox, tagged), "events": events}, ""
    yield {**plain, "conditions": _any(checkbox), "events": events}, less
    yield {**plain, "conditions": _any(checkbox), "events": [EVERY]}, f"{_MORE}; {less}"


def mended(
    row: Row, wanted: WantedRule, webhook: WantedWebhook, bindings: Bindings
) -> Iterator[tuple[Row, str]]:
    """An account's rule as it was read, with our call set right, switched on, and with the events
    that it lacks; as Freshdesk may take it, each with a word for an admin."""
    call = call_of(row, webhook)
    body = {name: row[name] for name in _WRITABLE if row.get(name) is not None}
    body["active"] = True
    # Also where the call is not what is wrong: a header that was not told would be lost.
    body["actions"] = [
        _set_right(call, wanted, webhook) if call is not None and one is call else one
        for one in row["actions"]
    ]
    if not (lacking := unheard(row, wanted, bindings)):
        yield body, ""
        return
    had = row["events"] if isinstance(row.get("events"), list) else []
    yield {**body, "events": [*had, *_events(lacking)]}, ""
    yield {**body, "events": [*had, EVERY]}, _MORE


def _set_right(call: Row, wanted: WantedRule, webhook: WantedWebhook) -> Row:
    """Our call as it should be. Headers that an admin added stay."""
    given, right = call.get("custom_headers"), action_of(wanted, webhook)
    others = given.items() if isinstance(given, Mapping) else ()
    kept = {name: value for name, value in others if str(name).lower() != HEADER.lower()}
    return {**call, **right, "custom_headers": {**kept, **right["custom_headers"]}}


def _events(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"field_name": name, "from": "--", "to": "--"} for name in names]


def _any(*properties: Row) -> list[dict[str, Any]]:
    return [{"name": "condition_set_1", "match_type": "any", "properties": list(properties)}]


def _about(name: str, operator: str) -> dict[str, Any]:
    return {"resource_type": "ticket", "field_name": name, "operator": operator}


def action_of(wanted: WantedRule, webhook: WantedWebhook) -> dict[str, Any]:
    """The rule's call."""
    return {
        "field_name": CALL,
        "request_type": "POST",
        "content_type": "JSON",
        "content_layout": "2",
        "url": webhook.url,
        "content": webhook_content(webhook.installation, wanted.event),
        "custom_headers": {HEADER: webhook.secret},
    }


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
    Freshdesk refuses. ``rows`` is None where rules cannot be read here; no rule among them is in
    the way."""
    what, by_hand = f"trigger:{wanted.key}", steps(wanted, webhook)
    if rows is None:
        return Step(what, "left out", _BY_HAND), by_hand
    row = find(rows, wanted, webhook)
    wrong = [] if row is None else wrong_with(row, wanted, webhook, bindings)
    missed = [one.said for one in remarks(row, rows, wanted, bindings)]
    if row is not None and not wrong:
        return Step(what, "unchanged", "; ".join(missed)), ()
    path = path_of(wanted)
    if row is None:
        tried = _sent(line, "POST", path, shapes(wanted, webhook, bindings), dry_run=dry_run)
    else:
        ways = mended(row, wanted, webhook, bindings)
        tried = _sent(line, "PUT", f"{path}/{row['id']}", ways, dry_run=dry_run)
    if tried is None:
        return Step(what, "left out", "; ".join([*wrong, _BY_HAND])), by_hand
    said = [_ON if one == OFF else one for one in wrong]
    why = "; ".join(one for one in (*said, tried, *missed) if one)
    return Step(what, "created" if row is None else "changed", why), ()


def _sent(
    line: Line, method: str, path: str, ways: Iterable[tuple[Row, str]], *, dry_run: bool
) -> str | None:
    """The word with the first way of a rule that Freshdesk takes; None where it takes none. A dry
    run sends nothing, and takes it that the first will do."""
    for body, word in ways:
        try:
            if not dry_run:
                line.post(path, body) if method == "POST" else line.put(path, body)
        except (errors.Invalid, errors.NotFound, errors.Forbidden):
            continue
        except errors.Unavailable:
            if line.status != 500:
                raise
            continue
        return word
    return None


def steps(wanted: WantedRule, webhook: WantedWebhook) -> tuple[str, ...]:
    """How an admin makes the rule by hand. The secret is not in it: it is shown once, apart."""
    content = json.dumps(webhook_content(webhook.installation, wanted.event), indent=1)
    when = (
        "Involves: agent or requester. When any of these happens: the status is changed, or one of "
        "the fields “Warranty: …” is updated (not verdict, freight, warranty end, claim deadline "
        "and stamp: the app writes those). Or shorter, at the cost of some requests: the ticket is "
        "updated."
        if wanted.on == "changed"
        else f"It looks at each new ticket. Where only the first rule that fits is run, one above "
        f"it keeps claims from it. {ORDER}"
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
