"""A ticket's attributes as a request gives them: which keys there are, and what they may hold.

developers.freshdesk.com/api/#tickets. Left out: attachments, associations, lookup fields.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors, fields, slas
from integration.sandbox.freshdesk.records import (
    DONE,
    OPEN,
    OUTBOUND,
    PRIORITIES,
    SOURCES,
    TYPES,
    Ticket,
)
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

PERSON: Final = ("name", "requester_id", "email", "phone", "unique_external_id")
PLAIN: Final = (
    *("subject", "description", "type", "status", "priority", "source", "responder_id"),
    *("group_id", "product_id", "company_id", "email_config_id"),
)
DUE: Final = ("due_by", "fr_due_by")
_KEYS: Final = {*PERSON, *PLAIN, *DUE, "tags", "custom_fields"}
_REFERS: Final = {
    "responder_id": "agents",
    "group_id": "groups",
    "product_id": "products",
    "requester_id": "contacts",
}
_LONGEST_TAG: Final = 32
"""Characters; a guess, as is that a tag has no comma."""


def check(account: Account, given: Any, ticket: Ticket | None) -> list[Json]:
    """What is wrong with a request that makes a ticket, or changes this one."""
    if not isinstance(given, dict):
        raise errors.invalid_json()
    known = _KEYS | (set() if ticket else {"cc_emails", "parent_id", "related_ticket_ids"})
    wrong = [errors.unknown(key) for key in given if key not in known]
    wrong += _texts(given)
    wrong += _numbers(account, given)
    wrong += _tags(given)
    wrong += [
        errors.problem(key, f"There is no {shelf[:-1]} matching the given {key}")
        for key, shelf in _REFERS.items()
        if type(given.get(key)) is int and not _refers(account, key, given[key])
    ]
    if "custom_fields" in given:
        wrong += fields.check_values(account, given["custom_fields"])
    times = {key: moment(given[key]) for key in DUE if key in given}
    wrong += [
        errors.mismatch(key, "combined date and time ISO8601")
        for key, at in times.items()
        if at is None
    ]
    wrong += _absent(given) if ticket is None else _fixed(given, ticket)
    if not wrong:
        wrong += _closing(account, given, ticket)
        before: int = ticket.attributes["status"] if ticket else OPEN
        status: int = given.get("status", before)
        due = {key: at for key, at in times.items() if at is not None}
        wrong += slas.check_due(account, due, ticket, status)
    return wrong


def _refers(account: Account, key: str, identity: int) -> bool:
    return identity in account.shelf(_REFERS[key]) or (
        key == "requester_id" and identity in account.shelf("agents")
    )


def _texts(given: Json) -> list[Json]:
    wrong = [
        errors.mismatch(key, "String")
        for key in ("subject", "description", "name", "email", "phone", "unique_external_id")
        if given.get(key) is not None and not isinstance(given[key], str)
    ]
    for key in ("subject", "description"):
        if key in given and (given[key] is None or given[key] == ""):
            wrong.append(errors.missing(key))
    email = given.get("email")
    if isinstance(email, str) and ("@" not in email or any(one.isspace() for one in email)):
        wrong.append(errors.problem("email", "It should be in the 'valid email address' format"))
    if given.get("type") is not None and given["type"] not in TYPES:
        wrong.append(errors.one_of("type", TYPES))
    return wrong


def _numbers(account: Account, given: Json) -> list[Json]:
    wrong = []
    known: Json = {"status": account.statuses, "priority": PRIORITIES, "source": SOURCES}
    for key, values in known.items():
        if key in given and (type(given[key]) is not int or given[key] not in values):
            wrong.append(errors.one_of(key, list(values)))
    for key in (*_REFERS, "company_id", "email_config_id"):
        if given.get(key) is not None and type(given[key]) is not int:
            wrong.append(errors.mismatch(key, "Positive Integer"))
    return wrong


def _tags(given: Json) -> list[Json]:
    if "tags" not in given:
        return []
    tags = given["tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return [errors.mismatch("tags", "Array")]
    if any(len(tag) > _LONGEST_TAG or "," in tag or not tag.strip() for tag in tags):
        words = f"It should only have elements of at most {_LONGEST_TAG} characters, without comma"
        return [errors.problem("tags", words)]
    return []


def _absent(given: Json) -> list[Json]:
    """What a new ticket must have."""
    copied = given.get("cc_emails", [])
    if not isinstance(copied, list) or not all(isinstance(one, str) for one in copied):
        return [errors.mismatch("cc_emails", "Array")]
    wrong = [errors.missing(key) for key in ("subject", "description") if key not in given]
    if not any(given.get(key) for key in PERSON if key != "name"):
        words = "One of these should be present: requester_id, phone, email, unique_external_id"
        wrong.append(errors.problem("requester_id", words, "missing_field"))
    return wrong


def _fixed(given: Json, ticket: Ticket) -> list[Json]:
    """Subject and description of an e-mail that an agent began stay as they are."""
    if ticket.attributes["source"] != OUTBOUND:
        return []
    return [
        errors.problem(key, "It cannot be changed on an outbound e-mail", "incompatible_field")
        for key in ("subject", "description")
        if key in given
    ]


def _closing(account: Account, given: Json, ticket: Ticket | None) -> list[Json]:
    """Mandatory fields of ours: when a ticket is made, and when it is resolved or closed."""
    values = {**(ticket.custom if ticket else {}), **given.get("custom_fields", {})}
    wrong = fields.lacking(account, values, "required_for_agents") if ticket is None else []
    before = ticket.attributes["status"] if ticket else None
    status = given.get("status", before)
    if status in DONE and before not in DONE:
        wrong += fields.lacking(account, values, "required_for_closure")
    return wrong


def moment(given: Any) -> datetime | None:
    """A time as a request gives it: ISO 8601, and without a zone in UTC; None for anything else."""
    if not isinstance(given, str) or "T" not in given:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
