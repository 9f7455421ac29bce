"""Lists, a page at a time, and the list of tickets with its filters.

developers.freshdesk.com/api/#pagination and #list_all_tickets. The address of the next page stands
in the header ``Link``, which is absent on the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

from integration.sandbox.freshdesk import errors, people
from integration.sandbox.freshdesk.attributes import moment
from integration.sandbox.freshdesk.records import OPEN, Ticket
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

T = TypeVar("T")
USUAL, MOST = 30, 100
TICKET_PAGES: Final = 300
_DAYS: Final = 30
INCLUDES: Final = ("requester", "stats", "company", "description")
_ORDERS: Final = ("created_at", "due_by", "updated_at", "status")
_FILTERS: Final = ("new_and_my_open", "watching", "spam", "deleted")
_KEYS: Final = {
    *("filter", "requester_id", "email", "company_id", "updated_since", "order_by", "order_type"),
    *("include", "page", "per_page"),
}


def place(
    args: Mapping[str, str], *, most: int = MOST, pages: int | None = None
) -> tuple[int, int]:
    """``(page, per_page)`` as asked for; 400 for what is no such number, or too large."""
    found = {}
    limits = {"page": pages, "per_page": most}
    for name, usual in (("page", 1), ("per_page", USUAL)):
        text = args.get(name, str(usual))
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        limit = limits[name]
        if number < 1 or (limit is not None and number > limit):
            words = "It should be a Positive Integer"
            words += f" less than or equal to {limit}" if limit is not None else ""
            raise errors.invalid([errors.problem(name, words)])
        found[name] = number
    return found["page"], found["per_page"]


def paged(
    rows: Sequence[T], args: Mapping[str, str], url: str, *, pages: int | None = None
) -> tuple[list[T], dict[str, str]]:
    """The asked-for page of rows, and the header that leads to the next one."""
    page, size = place(args, pages=pages)
    start = page * size
    rest = {key: value for key, value in args.items() if key != "page"}
    link = f'<{url}?{urlencode({**rest, "page": page + 1})}>;rel="next"'
    return list(rows[start - size : start]), {"Link": link} if start < len(rows) else {}


def included(args: Mapping[str, str], known: Sequence[str]) -> list[str]:
    """What a request wants included; 400 for what cannot be."""
    names = [name.strip() for name in args.get("include", "").split(",") if name.strip()]
    if any(name not in known for name in names):
        raise errors.invalid([errors.one_of("include", known)])
    return names


def tickets(account: Account, args: Mapping[str, str], asker: int) -> list[Ticket]:
    """The tickets that a list asks for, in its order: without a filter those of the last 30 days,
    unless ``updated_since`` says otherwise; spam and deleted ones only where they are asked for."""
    wrong = [errors.unknown(key) for key in args if key not in _KEYS]
    for key, values in (
        ("filter", _FILTERS),
        ("order_by", _ORDERS),
        ("order_type", ("asc", "desc")),
    ):
        if key in args and args[key] not in values:
            wrong.append(errors.one_of(key, values))
    since = moment(args["updated_since"]) if "updated_since" in args else None
    if "updated_since" in args and since is None:
        wrong.append(errors.mismatch("updated_since", "combined date and time ISO8601"))
    for key in ("requester_id", "company_id"):
        if key in args and not args[key].isdecimal():
            wrong.append(errors.mismatch(key, "Positive Integer"))
    if wrong:
        raise errors.invalid(wrong)
    if since is None:
        begin = account.now() - timedelta(days=_DAYS)
        rows = [one for one in account.tickets.values() if one.created_at >= begin]
    else:
        rows = [one for one in account.tickets.values() if one.updated_at >= since]
    rows = [one for one in rows if _wanted(account, one, args, asker)]
    by = args.get("order_by", "created_at")
    rows.sort(key=lambda one: (*_order(one, by), one.id))
    return rows if args.get("order_type") == "asc" else rows[::-1]


def _order(ticket: Ticket, by: str) -> tuple[bool, Any]:
    value = ticket.attributes["status"] if by == "status" else getattr(ticket, by)
    return value is not None, value


def _wanted(account: Account, ticket: Ticket, args: Mapping[str, str], asker: int) -> bool:
    chosen = args.get("filter")
    if chosen == "deleted" or ticket.deleted:
        return chosen == "deleted" and ticket.deleted
    if chosen == "spam" or ticket.spam:
        return chosen == "spam" and ticket.spam
    a = ticket.attributes
    tests: dict[str, Callable[[str], bool]] = {
        "requester_id": lambda text: a["requester_id"] == int(text),
        "company_id": lambda text: a["company_id"] == int(text),
        "email": lambda text: (
            str(people.person(account, a["requester_id"])["email"]).lower() == text.lower()
        ),
    }
    if not all(test(args[key]) for key, test in tests.items() if key in args):
        return False
    if chosen == "new_and_my_open":
        return a["status"] == OPEN and a["responder_id"] in (None, asker)
    return chosen != "watching"  # nobody watches tickets here


def with_includes(account: Account, ticket: Ticket, row: Json, names: Sequence[str]) -> Json:
    """A ticket's row with the people, times or texts that were asked for."""
    if "requester" in names:
        row["requester"] = people.person(account, ticket.attributes["requester_id"])
    if "company" in names:
        row["company"] = {}
    return row
