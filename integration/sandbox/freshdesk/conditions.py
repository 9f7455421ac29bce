"""Whether a rule is for a ticket, for what happened, and for who did it.

developers.freshdesk.com/api/#automations. How a custom field is named in conditions and events is
a guess: by its API name.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors, people
from integration.sandbox.freshdesk.records import Actor, Change, Ticket
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

ANY: Final = ("--", "", None)
_ALIAS: Final = {"ticket_type": "type", "tag_names": "tags", "subject_or_description": "subject"}
_TICKET: Final = {
    *("subject", "description", "status", "priority", "source", "type", "tags"),
    *("group_id", "responder_id", "product_id", "ticket_type", "tag_names"),
}
_CONTACT: Final = {"email", "name"}
_EVENTS: Final = {*_TICKET, "note_type", "reply_sent", "ticket_action"}
_PERFORMERS: Final = {1: ("agent",), 2: ("requester",), 3: ("agent", "requester"), 4: ("system",)}


def _words(value: Any) -> list[str]:
    rows = value if isinstance(value, list) else [value]
    return [str(one).casefold() for one in rows if one is not None and one != ""]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _compare(given: Any, wanted: Any, test: Callable[[float, float], bool]) -> bool:
    left, right = _number(given), _number(wanted[0] if isinstance(wanted, list) else wanted)
    return left is not None and right is not None and test(left, right)


def _some(given: Any, wanted: Any, test: Callable[[str, str], bool]) -> bool:
    return any(test(one, other) for one in _words(given) for other in _words(wanted))


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "is": lambda a, b: _some(a, b, str.__eq__),
    "is_not": lambda a, b: not _some(a, b, str.__eq__),
    "in": lambda a, b: _some(a, b, str.__eq__),
    "is_any_of": lambda a, b: _some(a, b, str.__eq__),
    "not_in": lambda a, b: not _some(a, b, str.__eq__),
    "contains": lambda a, b: _some(a, b, str.__contains__),
    "does_not_contain": lambda a, b: not _some(a, b, str.__contains__),
    "starts_with": lambda a, b: _some(a, b, str.startswith),
    "ends_with": lambda a, b: _some(a, b, str.endswith),
    "greater_than": lambda a, b: _compare(a, b, float.__gt__),
    "less_than": lambda a, b: _compare(a, b, float.__lt__),
    "selected": lambda a, _: a is True,
    "not_selected": lambda a, _: a is not True,
    "is_empty": lambda a, _: not _words(a),
    "is_not_empty": lambda a, _: bool(_words(a)),
}


# -- what a request may say ------------------------------------------------------------------------


def check(given: Any, names: set[str]) -> list[Json]:
    """What is wrong with a rule's ``conditions``; a rule may have none."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return [errors.mismatch("conditions", "Array")]
    wrong = []
    for group in given:
        if group.get("match_type") not in ("all", "any"):
            wrong.append(errors.one_of("conditions[match_type]", ("all", "any")))
        rows = group.get("properties")
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            wrong.append(errors.missing("conditions[properties]", "Array"))
            continue
        for row in rows:
            of_contact = row.get("resource_type") == "contact"
            known = _CONTACT if of_contact else _TICKET | names
            if not _among(row.get("field_name"), known):
                wrong.append(_no_such("conditions[properties][field_name]", row))
            if not _among(row.get("operator"), _OPERATORS):
                wrong.append(errors.one_of("conditions[properties][operator]", [*_OPERATORS]))
    return wrong


def check_performer(given: Any) -> list[Json]:
    """What is wrong with who a rule on updates is for."""
    if not isinstance(given, dict):
        return [errors.missing("performer", "key/value pair")]
    if type(given.get("type")) is not int or given["type"] not in _PERFORMERS:
        return [errors.one_of("performer[type]", list(_PERFORMERS))]
    if not isinstance(given.get("members", []), list):
        return [errors.mismatch("performer[members]", "Array")]
    return []


def check_events(given: Any, names: set[str]) -> list[Json]:
    """What is wrong with the events of a rule on updates; one at least is mandatory."""
    if not isinstance(given, list) or not given:
        return [errors.missing("events", "Array")]
    known = _EVENTS | names
    return [
        _no_such("events[field_name]", row)
        for row in given
        if not isinstance(row, dict) or not _among(row.get("field_name"), known)
    ]


def _no_such(where: str, row: Any) -> Json:
    name = row.get("field_name") if isinstance(row, dict) else row
    return errors.problem(where, f"There is no field {str(name)[:80]!r}")


def _among(name: Any, known: Container[str]) -> bool:
    return isinstance(name, str) and name in known


# -- deciding --------------------------------------------------------------------------------------


def met(account: Account, rule: Json, ticket: Ticket) -> bool:
    """Whether a ticket meets a rule's conditions: all sets of them, or one where they say "or"."""
    groups = [_group(account, one, ticket) for one in rule["conditions"]]
    if not groups:
        return True
    either = " or " in f" {rule.get('operator', '')} ".lower()
    return any(groups) if either else all(groups)


def _group(account: Account, group: Json, ticket: Ticket) -> bool:
    rows = [
        _OPERATORS[row["operator"]](_value(account, row, ticket), row.get("value"))
        for row in group["properties"]
    ]
    return all(rows) if group["match_type"] == "all" else any(rows)


def _value(account: Account, row: Json, ticket: Ticket) -> Any:
    name: str = _ALIAS.get(row["field_name"]) or row["field_name"]
    if row.get("resource_type") == "contact":
        return people.person(account, ticket.attributes["requester_id"])[name]
    if name == "tags":
        return list(ticket.tags)
    return ticket.custom.get(name) if name in ticket.custom else ticket.attributes.get(name)


def performed(rule: Json, actor: Actor) -> bool:
    """Whether a rule on updates is for who did it."""
    who = rule["performer"]
    members = who.get("members") or []
    named = not members or actor.kind != "agent" or actor.id in members
    return actor.kind in _PERFORMERS[who["type"]] and named


def happened(rule: Json, changed: Change) -> bool:
    """Whether one of a rule's events is among what happened."""
    return any(_event(row, changed) for row in rule["events"])


def _event(row: Json, changed: Change) -> bool:
    name = _ALIAS.get(row["field_name"], row["field_name"])
    if name == "ticket_action" and row.get("value") in ("update", *ANY):
        return bool(changed)
    if name not in changed:
        return False
    before, after = changed[name]
    if "value" in row and row["value"] not in ANY:
        return bool(set(_words(row["value"])) & set(_words(after)))
    return all(
        row.get(key) in ANY or bool(set(_words(row[key])) & set(_words(value)))
        for key, value in (("from", before), ("to", after))
    )
