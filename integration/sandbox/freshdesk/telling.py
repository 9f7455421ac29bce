"""How the API tells a ticket (developers.freshdesk.com/api/#tickets)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from integration.sandbox import comments
from integration.sandbox.freshdesk import fields
from integration.sandbox.freshdesk.records import DONE, Ticket
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account


def moment(at: datetime | None) -> str | None:
    """A time as the API writes it, None where there is none."""
    return stamp(at) if at else None


def listed(account: Account, ticket: Ticket) -> Json:
    """A ticket as lists tell it: without its description."""
    a, now = ticket.attributes, account.now()
    done = a["status"] in DONE
    late = {
        key: bool(at and at < now and not done)
        for key, at in (("is", ticket.due_by), ("fr", ticket.fr_due_by))
    }
    return {
        "cc_emails": list(a["cc_emails"]),
        "fwd_emails": [],
        "reply_cc_emails": list(a["cc_emails"]),
        "ticket_cc_emails": list(a["cc_emails"]),
        "fr_escalated": late["fr"] and ticket.stats["first_responded_at"] is None,
        "spam": ticket.spam,
        "email_config_id": a["email_config_id"],
        "group_id": a["group_id"],
        "priority": a["priority"],
        "requester_id": a["requester_id"],
        "responder_id": a["responder_id"],
        "source": a["source"],
        "company_id": a["company_id"],
        "status": a["status"],
        "subject": a["subject"],
        "association_type": None,
        "support_email": None,
        "to_emails": None,
        "product_id": a["product_id"],
        "id": ticket.id,
        "type": a["type"],
        "due_by": moment(ticket.due_by),
        "fr_due_by": moment(ticket.fr_due_by),
        "is_escalated": late["is"],
        "custom_fields": {name: ticket.custom.get(name) for name in fields.custom(account)},
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "tags": list(ticket.tags),
        **({"deleted": True} if ticket.deleted else {}),
    }


def whole(account: Account, ticket: Ticket) -> Json:
    """A ticket as it is told alone."""
    markup = ticket.attributes["description"]
    return {
        **listed(account, ticket),
        "attachments": [],
        "description": markup,
        "description_text": comments.plain(markup),
        "structured_description": {},
        "source_additional_info": None,
        "nr_due_by": None,
        "nr_escalated": False,
    }


def stats(ticket: Ticket) -> Json:
    """What ``include=stats`` adds."""
    return {name: moment(at) for name, at in ticket.stats.items()}
