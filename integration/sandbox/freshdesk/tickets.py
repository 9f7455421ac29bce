"""Tickets: filing, changing, deleting and restoring them.

developers.freshdesk.com/api/#tickets. An update is partial: what is not named stays; ``tags`` is
the whole new list. There is no check of versions, so the last write wins.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from integration.sandbox import comments
from integration.sandbox.freshdesk import attributes, errors, fields, people, slas, telling
from integration.sandbox.freshdesk.records import DONE, OPEN, PENDING, Actor, Change, Ticket
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

_STATS: Final = (
    *("agent_responded_at", "requester_responded_at", "first_responded_at"),
    *("status_updated_at", "reopened_at", "resolved_at", "closed_at", "pending_since"),
)
_STEERS: Final = ("priority", "type", "group_id", "source", "product_id", "company_id")
"""What decides which SLA target holds."""


def create(account: Account, given: Any, actor: Actor) -> Ticket:
    """File a ticket; the rules on new tickets run. 400 with all that is wrong."""
    if wrong := attributes.check(account, given, None):
        raise errors.invalid(wrong)
    now = account.now().replace(microsecond=0)
    values: Json = {
        **dict.fromkeys(attributes.PLAIN),
        **{"status": OPEN, "priority": 1, "source": 2},
        **{key: given[key] for key in attributes.PLAIN if key in given},
        "requester_id": people.requester(account, given),
        "cc_emails": given.get("cc_emails", []),
    }
    values["description"] = comments.sanitised(values["description"])
    custom: dict[str, Any] = dict.fromkeys(fields.custom(account))
    ticket = Ticket(
        account.next_id("ticket"),
        values,
        custom | given.get("custom_fields", {}),
        _listed(given.get("tags", [])),
        now,
        now,
        stats=dict.fromkeys(_STATS),
    )
    account.tickets[ticket.id] = ticket
    _set_due(account, ticket, given)
    if account.options.new_sla == "off":
        slas.work_out(account, ticket)
    else:
        slas.work_out_later(account, ticket)
    _note_status(ticket, None, now)
    settle(account, ticket, {"ticket_action": (None, "create")}, actor)
    return ticket


def update(account: Account, identity: int, given: Any, actor: Actor) -> Ticket:
    """Change a ticket; the rules on updates run. 405 for one that is spam or deleted, 400 with all
    that is wrong: then nothing of the request is carried out."""
    ticket = writable(account, identity)
    if wrong := attributes.check(account, given, ticket):
        raise errors.invalid(wrong)
    if not given:
        raise errors.invalid([errors.problem("request", "It should not be empty", "missing_field")])
    apply(account, ticket, given, actor)
    return ticket


def apply(account: Account, ticket: Ticket, given: Json, actor: Actor) -> None:
    """Carry a change out that was found to be right."""
    now = account.now().replace(microsecond=0)
    values: Json = {key: given[key] for key in attributes.PLAIN if key in given}
    if "description" in values:
        values["description"] = comments.sanitised(values["description"])
    if any(given.get(key) for key in attributes.PERSON if key != "name"):
        values["requester_id"] = people.requester(account, given)
    changed: Change = {}
    for key, value in values.items():
        if ticket.attributes[key] != value:
            changed[key] = (ticket.attributes[key], value)
            ticket.attributes[key] = value
    for name, value in given.get("custom_fields", {}).items():
        if ticket.custom.get(name) != value:
            changed[name] = (ticket.custom.get(name), value)
            ticket.custom[name] = value
    tags = _listed(given.get("tags", ticket.tags))
    if set(tags) != set(ticket.tags):
        changed["tags"] = (list(ticket.tags), tags)
        ticket.tags = tags
    changed |= _set_due(account, ticket, given)
    if account.options.new_sla != "off":
        slas.work_out_later(account, ticket)
    elif any(key in changed for key in _STEERS):
        slas.work_out(account, ticket)
    if not changed:
        return
    if "status" in changed:
        _note_status(ticket, changed["status"][0], now)
    ticket.updated_at = now
    settle(account, ticket, changed, actor)


def settle(account: Account, ticket: Ticket, changed: Change, actor: Actor) -> None:
    """What follows every event on a ticket: history, what the search takes over, the rules."""
    ticket.sequence = account.touched()
    ticket.history.append({"at": account.now(), "actor": actor, "changed": dict(changed)})
    now = account.now()
    ticket.snapshots = [*_recent(account, ticket, now), (now, telling.listed(account, ticket))]
    account.react(account, ticket, changed, actor)


def _recent(account: Account, ticket: Ticket, now: datetime) -> list[tuple[datetime, Json]]:
    """The snapshots that the search, which is behind, may still show."""
    lag = account.options.search_lag
    old = [one for one in ticket.snapshots if (now - one[0]).total_seconds() >= lag]
    return [*old[-1:], *ticket.snapshots[len(old) :]]


def remove(account: Account, identity: int, actor: Actor) -> None:
    """Delete a ticket; it can be restored."""
    ticket = writable(account, identity)
    ticket.deleted, ticket.updated_at = True, account.now().replace(microsecond=0)
    settle(account, ticket, {"ticket_action": (None, "delete")}, actor)


def restore(account: Account, identity: int, actor: Actor) -> None:
    """Take a deletion back; 404 where the ticket is not deleted."""
    ticket = account.ticket(identity)
    if not ticket.deleted:
        raise errors.not_found()
    ticket.deleted, ticket.updated_at = False, account.now().replace(microsecond=0)
    settle(account, ticket, {"ticket_action": (None, "restore")}, actor)


def mark_spam(account: Account, identity: int, spam: bool, actor: Actor) -> None:
    """Mark a ticket as spam, or not; only the pages can, the API has no way to."""
    ticket = account.ticket(identity)
    ticket.spam, ticket.updated_at = spam, account.now().replace(microsecond=0)
    settle(account, ticket, {"ticket_action": (None, "spam" if spam else "unspam")}, actor)


def writable(account: Account, identity: int) -> Ticket:
    """A ticket that can be changed; 405 for one that is spam or deleted."""
    ticket = account.ticket(identity)
    if not ticket.writable:
        raise errors.not_allowed()
    return ticket


def _listed(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tag in tags))


def _set_due(account: Account, ticket: Ticket, given: Json) -> Change:
    changed: Change = {}
    for key in attributes.DUE:
        if key in given:
            at = attributes.moment(given[key])
            if getattr(ticket, key) != at:
                changed[key] = (getattr(ticket, key), at)
            setattr(ticket, key, at)
            ticket.manual.add(key)
    return changed


def _note_status(ticket: Ticket, before: int | None, now: datetime) -> None:
    status, stats = ticket.attributes["status"], ticket.stats
    stats["status_updated_at"] = now
    stats["pending_since"] = now if status == PENDING else None
    if before in DONE and status not in DONE:
        stats["reopened_at"], stats["resolved_at"], stats["closed_at"] = now, None, None
    if status in DONE:
        stats["resolved_at"] = stats["resolved_at"] or now
    if status == DONE[1]:
        stats["closed_at"] = now
