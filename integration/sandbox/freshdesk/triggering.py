"""Rules that run: on a new ticket those for new tickets, on a change those for updates.

What a rule changes is done by the system and not by an agent, and makes other rules run only where
the account cascades. That the API's changes make rules run is assumed.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final
from urllib.parse import urlencode

from integration.sandbox.freshdesk import (
    attributes,
    conditions,
    conversations,
    fields,
    placeholders,
    rules,
    tickets,
)
from integration.sandbox.freshdesk.deliveries import Shot
from integration.sandbox.freshdesk.records import Actor, Change, Ticket
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

_SYSTEM: Final = Actor(None, "system", "rule")
_DEEPEST: Final = 10
_NEW: Final = (None, "create")


def happened(account: Account, ticket: Ticket, changed: Change, actor: Actor) -> None:
    """Run the rules that an event on a ticket calls for."""
    new = changed.get("ticket_action") == _NEW
    if not new and actor.door == "api" and not account.options.api_updates_trigger:
        return
    if actor.door == "rule" and (not account.options.cascading or _depth(ticket) > _DEEPEST):
        return
    for rule in rules.of(account, rules.CREATED if new else rules.UPDATED):
        if not rule["active"] or not _for_it(account, rule, ticket, changed, actor):
            continue
        rule["affected_tickets_count"] += 1
        _act(account, rule, ticket, changed)
        if new and account.options.creation_rules == "first":
            return


def _depth(ticket: Ticket) -> int:
    """How many of the newest events in a row were made by rules."""
    count = 0
    for row in reversed(ticket.history):
        if row["actor"].door != "rule":
            break
        count += 1
    return count


def _for_it(account: Account, rule: Json, ticket: Ticket, changed: Change, actor: Actor) -> bool:
    if rule["rule_type"] == rules.UPDATED and not (
        conditions.performed(rule, actor) and conditions.happened(rule, changed)
    ):
        return False
    return conditions.met(account, rule, ticket)


def _act(account: Account, rule: Json, ticket: Ticket, changed: Change) -> None:
    """Carry a rule's actions out: what they set in one change, then the rest in their order."""
    patch: Json = {}
    custom = fields.custom(account)
    for action in rule["actions"]:
        name = action["field_name"]
        if name in rules.SETS:
            patch[rules.SETS[name]] = action["value"]
        elif name in custom:
            patch.setdefault("custom_fields", {})[name] = action["value"]
        elif name == "add_tag":
            given = action["value"]
            more = given if isinstance(given, list) else str(given).split(",")
            patch["tags"] = [*patch.get("tags", ticket.tags), *(str(one).strip() for one in more)]
    # A rule whose values no longer fit (a choice was taken away) changes nothing.
    if patch and ticket.writable and not attributes.check(account, patch, ticket):
        tickets.apply(account, ticket, patch, _SYSTEM)
    for action in rule["actions"]:
        if action["field_name"] == rules.WEBHOOK:
            account.deliveries.send(rule, ticket.id, shot(account, action, ticket, changed))
        elif not ticket.writable:
            continue
        elif action["field_name"] == "add_note":
            conversations.note(account, ticket.id, {"body": str(action["value"])}, _SYSTEM)
        elif action["field_name"] == "mark_as_spam":
            tickets.mark_spam(account, ticket.id, True, _SYSTEM)
        elif action["field_name"] == "delete_ticket":
            tickets.remove(account, ticket.id, _SYSTEM)


def shot(account: Account, action: Json, ticket: Ticket, changed: Change) -> Shot:
    """What a webhook action sends, with its placeholders filled in."""

    def fill(template: Any) -> str:
        return placeholders.render(account, str(template), ticket, changed)

    headers = {str(key): str(value) for key, value in action.get("custom_headers", {}).items()}
    login = action.get("auth_header")
    if isinstance(login, dict):
        headers["Authorization"] = _basic(str(login.get("username")), str(login.get("password")))
    elif action.get("api_key"):
        headers["Authorization"] = _basic(str(action["api_key"]), "X")
    url, method = fill(action["url"]), str(action["request_type"])
    if method in ("GET", "DELETE"):
        return Shot(url, method, headers, b"")
    content = rules.settings(action)
    given = content["content"]
    if content["content_type"] == "JSON":
        headers["Content-Type"] = "application/json"
        if content["content_layout"] == rules.SIMPLE:
            simple = {key: fill(value) for key, value in given.items()}
            body = json.dumps({"freshdesk_webhook": simple}, ensure_ascii=False)
        else:
            typed = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
            body = fill(typed)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        pairs = (
            {key: fill(value) for key, value in given.items()} if isinstance(given, dict) else {}
        )
        body = urlencode(pairs) if pairs else fill(given)
    return Shot(url, method, headers, body.encode())


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
