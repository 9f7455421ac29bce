"""SLA policies, and the due times that follow from them.

developers.freshdesk.com/api/#sla-policies, and "Update a ticket" on ``due_by``. Times run around
the clock: business hours are left out. Guesses, marked below: what is wrong with a due time, and
with which code it is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors
from integration.sandbox.freshdesk.records import TIMER_OFF, Ticket
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

HOUR: Final = 3600
_TARGETS: Final = {4: (1, 24), 3: (2, 48), 2: (8, 72), 1: (24, 120)}
_KEYS: Final = (
    *("name", "description", "applicable_to", "sla_target", "escalation"),
    *("active", "position"),
)
_TARGET_KEYS: Final = ("respond_within", "resolve_within", "business_hours", "escalation_enabled")
_APPLIES: Final = {
    "group_ids": "group_id",
    "company_ids": "company_id",
    "product_ids": "product_id",
    "sources": "source",
    "ticket_types": "type",
}


def add_default(account: Account) -> None:
    """The policy every account has, for what no other applies to."""
    account.keep(
        "slas",
        "sla",
        name="Default SLA Policy",
        description="default policy",
        active=True,
        is_default=True,
        position=1_000,
        applicable_to={},
        sla_target={
            f"priority_{priority}": {
                "respond_within": respond * HOUR,
                "resolve_within": resolve * HOUR,
                "business_hours": False,
                "escalation_enabled": True,
            }
            for priority, (respond, resolve) in _TARGETS.items()
        },
        escalation=None,
    )


def applied(account: Account, row: Json, given: Json, *, new: bool) -> Json:
    """A policy with what a request changes in it; 400 where that does not hold up."""
    wrong = [errors.unknown(key) for key in given if key not in _KEYS]
    if new and not isinstance(given.get("name"), str):
        wrong.append(errors.missing("name"))
    for key, kind, word in (("active", bool, "Boolean"), ("position", int, "Positive Integer")):
        if key in given and type(given[key]) is not kind:
            wrong.append(errors.mismatch(key, word))
    if row.get("is_default"):
        wrong += [errors.unknown("applicable_to")] if "applicable_to" in given else []
    else:
        wrong += _check_scope(given.get("applicable_to"))
    if new or "sla_target" in given:
        wrong += _check_target(given.get("sla_target"))
    if wrong:
        raise errors.invalid(wrong)
    return {**row, **given, "updated_at": account.stamp()}


def _check_scope(given: Any) -> list[Json]:
    """``applicable_to`` is mandatory, on an update as well."""
    if not isinstance(given, dict) or not given:
        return [errors.missing("applicable_to", "key/value pair")]
    wrong = [errors.unknown(key) for key in given if key not in _APPLIES]
    return wrong + [
        errors.mismatch(f"applicable_to[{key}]", "Array")
        for key, values in given.items()
        if not isinstance(values, list)
    ]


def _check_target(given: Any) -> list[Json]:
    """All four priorities, the highest first, in whole minutes."""
    if not isinstance(given, dict):
        return [errors.missing("sla_target", "key/value pair")]
    if list(given) != [f"priority_{number}" for number in (4, 3, 2, 1)]:
        return [errors.problem("sla_target", "It should have priority_4 to priority_1, in order")]
    wrong = []
    for name, target in given.items():
        for key in _TARGET_KEYS[:2]:
            seconds = target.get(key) if isinstance(target, dict) else None
            if type(seconds) is not int or seconds <= 0 or seconds % 60:
                words = "It should be a multiple of 60"
                wrong.append(errors.problem(f"{name}.{key}", words))
    return wrong


# -- due times -------------------------------------------------------------------------------------


def times(account: Account, ticket: Ticket) -> tuple[datetime | None, datetime | None]:
    """``(due_by, fr_due_by)`` by the first policy that applies to the ticket."""
    rows = sorted(account.shelf("slas").values(), key=lambda row: (row["position"], row["id"]))
    for row in rows:
        if row["active"] and _applies(row["applicable_to"], ticket):
            target = row["sla_target"][f"priority_{ticket.attributes['priority']}"]
            return (
                ticket.created_at + timedelta(seconds=target["resolve_within"]),
                ticket.created_at + timedelta(seconds=target["respond_within"]),
            )
    return None, None


def _applies(scope: Json, ticket: Ticket) -> bool:
    return all(ticket.attributes[_APPLIES[key]] in values for key, values in scope.items())


def work_out(account: Account, ticket: Ticket) -> None:
    """Set the due times as the policy has them, but for those that were set by hand."""
    due, first = times(account, ticket)
    ticket.due_by = ticket.due_by if "due_by" in ticket.manual else due
    ticket.fr_due_by = ticket.fr_due_by if "fr_due_by" in ticket.manual else first


def work_out_later(account: Account, ticket: Ticket) -> None:
    """What an account with the latest version of SLAs does soon after any change."""

    def again() -> None:
        with account.lock:
            if account.options.new_sla == "recalculates":
                ticket.manual.clear()
            work_out(account, ticket)
            ticket.sequence = account.touched()

    account.agenda.later(account.options.sla_delay, again)


def check_due(
    account: Account,
    given: dict[str, datetime],
    ticket: Ticket | None,
    status: int,
) -> list[Json]:
    """What is wrong with due times that a request sets. All codes and words are guesses.

    For a new ticket both must be given; resolution is not due before the first response; neither
    is past; and nothing is due in a status in which the SLA's clock stands still.
    """
    if not given:
        return []
    names = ("due_by", "fr_due_by")
    if ticket is None and len(given) == 1:
        absent = next(name for name in names if name not in given)
        return [errors.missing(absent, "combined date and time ISO8601")]
    if status in TIMER_OFF:
        words = "It cannot be set while the SLA timer is off"
        return [errors.problem(name, words, "incompatible_field") for name in given]
    wrong = [
        errors.problem(name, "It should be greater than the current time")
        for name, at in given.items()
        if at <= account.now()
    ]
    due = given.get("due_by", ticket.due_by if ticket else None)
    first = given.get("fr_due_by", ticket.fr_due_by if ticket else None)
    if due is not None and first is not None and first > due:
        name = "fr_due_by" if "fr_due_by" in given else "due_by"
        wrong.append(errors.problem(name, "fr_due_by should be less than or equal to due_by"))
    return wrong
