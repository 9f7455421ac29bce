"""Notes and replies (developers.freshdesk.com/api/#conversations).

A note is private unless it says otherwise; a reply goes to the customer, which here is a row in
``Account.emails``. Kept is sanitised HTML: comments and attributes are stripped (a guess, as is
that placeholders in a reply are not filled in). A reply stops the clock of the first response, a
note does not (a guess).
"""

from __future__ import annotations

from typing import Any, Final

from integration.sandbox import comments
from integration.sandbox.freshdesk import errors, people, tickets
from integration.sandbox.freshdesk.records import DONE, OPEN, PENDING, Actor, Change, Ticket
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

REPLY, NOTE = 0, 2
_NOTE_KEYS: Final = ("body", "private", "notify_emails", "incoming", "user_id")
_REPLY_KEYS: Final = ("body", "from_email", "cc_emails", "bcc_emails", "user_id")
CHAT: Final = 7


def note(account: Account, identity: int, given: Any, actor: Actor) -> Json:
    """Add a note."""
    ticket = tickets.writable(account, identity)
    wrong = _check(account, given, _NOTE_KEYS)
    for key in ("private", "incoming"):
        if key in given and not isinstance(given[key], bool):
            wrong.append(errors.mismatch(key, "Boolean"))
    private = given.get("private", True)
    if wrong:
        raise errors.invalid(wrong)
    if not private and ticket.attributes["source"] == CHAT:
        raise errors.invalid([errors.missing("structured_body", "key/value pair")])
    author = given.get("user_id", actor.id)
    incoming = given.get("incoming", False)
    row = _keep(account, ticket, given["body"], author, NOTE, private, incoming)
    row["notified_to"] = list(given.get("notify_emails", []))
    _mail(account, ticket, row["notified_to"], row)
    kind = "private" if private else "public"
    _said(account, ticket, {"note_type": (None, kind)}, actor)
    return row


def reply(account: Account, identity: int, given: Any, actor: Actor) -> Json:
    """Answer the customer."""
    ticket = tickets.writable(account, identity)
    if wrong := _check(account, given, _REPLY_KEYS):
        raise errors.invalid(wrong)
    if ticket.attributes["source"] == CHAT:
        raise errors.invalid([errors.missing("structured_body", "key/value pair")])
    author = given.get("user_id", actor.id)
    row = _keep(account, ticket, given["body"], author, REPLY, False, False)
    address = people.person(account, ticket.attributes["requester_id"])["email"]
    copied = [*given.get("cc_emails", []), *given.get("bcc_emails", [])]
    row["replied_to"] = [one for one in [address] if one]
    row["cc_emails"] = given.get("cc_emails", [])
    _mail(account, ticket, [*row["replied_to"], *copied], row)
    now = account.now().replace(microsecond=0)
    ticket.stats["agent_responded_at"] = now
    ticket.stats["first_responded_at"] = ticket.stats["first_responded_at"] or now
    _said(account, ticket, {"reply_sent": (None, "sent")}, actor)
    return row


def customer(account: Account, identity: int, text: str) -> Json:
    """What the customer answers by e-mail: text; a ticket that waits for them, or is done, is open
    again (by a rule that every account has)."""
    ticket = tickets.writable(account, identity)
    who = ticket.attributes["requester_id"]
    actor = Actor(who, "requester", "email")
    row = _keep(account, ticket, comments.wrapped(text), who, REPLY, False, True)
    ticket.stats["requester_responded_at"] = account.now().replace(microsecond=0)
    _said(account, ticket, {"reply_sent": (None, "received")}, actor)
    if ticket.attributes["status"] in (PENDING, *DONE):
        tickets.apply(account, ticket, {"status": OPEN}, Actor(None, "system", "rule"))
    return row


def rewrite(account: Account, identity: int, given: Any, actor: Actor) -> Json:
    """Change a note's text; a reply is sent and cannot be."""
    ticket, row = found(account, identity)
    if not ticket.writable or row["source"] != NOTE:
        raise errors.not_allowed(("DELETE",))
    if wrong := _check(account, given, ("body",)):
        raise errors.invalid(wrong)
    row["body"] = comments.sanitised(given["body"])
    row["body_text"] = comments.plain(row["body"])
    row["last_edited_at"] = row["updated_at"] = account.stamp()
    row["last_edited_user_id"] = actor.id
    ticket.sequence = account.touched()
    return row


def remove(account: Account, identity: int) -> None:
    """Take a conversation away for good."""
    ticket, row = found(account, identity)
    if not ticket.writable:
        raise errors.not_allowed()
    ticket.conversations.remove(row)
    ticket.sequence = account.touched()


def found(account: Account, identity: int) -> tuple[Ticket, Json]:
    """A conversation and its ticket; 404 where there is none."""
    for ticket in account.tickets.values():
        for row in ticket.conversations:
            if row["id"] == identity:
                return ticket, row
    raise errors.not_found()


def _check(account: Account, given: Any, known: tuple[str, ...]) -> list[Json]:
    if not isinstance(given, dict):
        raise errors.invalid_json()
    wrong = [errors.unknown(key) for key in given if key not in known]
    body = given.get("body")
    if body is None or body == "":
        wrong.append(errors.missing("body"))
    elif not isinstance(body, str):
        wrong.append(errors.mismatch("body", "String"))
    for key in ("notify_emails", "cc_emails", "bcc_emails"):
        rows = given.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(one, str) for one in rows):
            wrong.append(errors.mismatch(key, "Array"))
    who = given.get("user_id")
    if (
        who is not None
        and people.person(account, who if type(who) is int else None)["name"] is None
    ):
        words = "There is no contact matching the given user_id"
        wrong.append(errors.problem("user_id", words))
    return wrong


def _keep(
    account: Account,
    ticket: Ticket,
    markup: str,
    author: int | None,
    source: int,
    private: bool,
    incoming: bool,
) -> Json:
    body, now = comments.sanitised(markup), account.stamp()
    row: Json = {
        "body": body,
        "body_text": comments.plain(body),
        "id": account.next_id("conversation"),
        "incoming": incoming,
        "private": private,
        "user_id": author,
        "support_email": None,
        "source": source,
        "category": 1,
        "ticket_id": ticket.id,
        "to_emails": [],
        "from_email": None,
        "cc_emails": [],
        "bcc_emails": [],
        "email_failure_count": None,
        "outgoing_failures": None,
        "last_edited_at": None,
        "last_edited_user_id": None,
        "created_at": now,
        "updated_at": now,
        "attachments": [],
    }
    ticket.conversations.append(row)
    return row


def _mail(account: Account, ticket: Ticket, addresses: list[str], row: Json) -> None:
    if addresses:
        about = {"ticket_id": ticket.id, "conversation_id": row["id"], "at": account.stamp()}
        account.emails.append({**about, "to": addresses, "body": row["body"]})


def _said(account: Account, ticket: Ticket, changed: Change, actor: Actor) -> None:
    ticket.updated_at = account.now().replace(microsecond=0)
    tickets.settle(account, ticket, changed, actor)
