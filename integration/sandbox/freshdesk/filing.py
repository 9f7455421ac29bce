"""Tickets as customers file them, one or many, and who sits at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from integration.sandbox.freshdesk import people, tickets
from integration.sandbox.freshdesk.records import Actor, Ticket
from integration.sandbox.freshdesk.seed import desk_agent
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

MOST = 20_000


def desk(account: Account) -> int:
    """The agent who sits at the pages."""
    return desk_agent(account)


def as_customer(account: Account, given: Json) -> Ticket:
    """File a ticket as its requester, from the portal."""
    who = people.requester(account, given)
    return tickets.create(account, given, Actor(who, "requester", "email"))


def many(account: Account, given: Any) -> list[int]:
    """File tickets and give their numbers: each of ``tickets``, or ``ticket`` so many (``count``)
    times, ``{number}`` in its subject counted up from 1. ``quiet``: no rule runs. ``age``: so many
    seconds ago, which needs ``quiet``. Raises ValueError saying what is wrong."""
    known = ("tickets", "ticket", "count", "quiet", "age")
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    count, quiet, age = given.get("count", 1), given.get("quiet", False), given.get("age", 0)
    if type(count) is not int or not 0 < count <= MOST:
        raise ValueError(f"count: expected 1 to {MOST}")
    if not isinstance(age, int | float) or age < 0 or (age and not quiet):
        raise ValueError("age: expected seconds, with quiet")
    rows = given.get("tickets")
    if rows is None:
        one = given.get("ticket")
        if not isinstance(one, dict):
            raise ValueError("ticket: expected an object")
        subject = str(one.get("subject", "Ticket {number}"))
        rows = [{**one, "subject": subject.replace("{number}", str(n + 1))} for n in range(count)]
    react, offset = account.react, account.offset
    try:
        account.offset = offset - timedelta(seconds=age)
        if quiet:
            account.react = lambda *_: None
        return [as_customer(account, _whole(row)).id for row in rows]
    finally:
        account.react, account.offset = react, offset


def _whole(row: Json) -> Json:
    """A ticket with what a new one must have."""
    return {"description": "It does not work.", "email": "customer@example.com", **row}
