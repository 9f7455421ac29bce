"""``/api/v2/search``: a modest part of Zendesk's query language.

Served: free words (subject and description), ``type:ticket|user``, ``id``, ``status``,
``priority``, ``ticket_type``, ``tags``, ``requester``, ``assignee``, ``external_id``, ``created``,
``updated``, ``solved``-less comparisons ``: < > <= >=``, ``custom_field_<id>``, and a leading ``-``
for not. Several ``tags:`` or ``status:`` of one kind mean any of them.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from integration.sandbox.errors import invalid, problem
from integration.sandbox.options import Json
from integration.sandbox.people import user_json
from integration.sandbox.records import PRIORITIES, STATUSES, Record, ticket_json

if TYPE_CHECKING:
    from integration.sandbox.state import State

_TERM = re.compile(r"(-?)(\w+)(<=|>=|[:<>])(.*)", re.DOTALL)
_NAMES = {
    *("type", "id", "status", "priority", "ticket_type", "tags", "requester", "assignee"),
    *("external_id", "created", "updated", "subject", "description", "order_by", "sort", "email"),
    "name",
}
Term = tuple[bool, str, str, str]


def _terms(query: str) -> list[Term]:
    try:
        words = shlex.split(query.replace("'", "\\'"))
    except ValueError:
        words = query.split()
    terms: list[Term] = []
    for word in words:
        match = _TERM.fullmatch(word)
        if match is None:
            no = word.startswith("-")
            terms.append((no, "", ":", word[1:] if no else word))
        else:
            name = match[2].lower()
            if name not in _NAMES and not re.fullmatch(r"custom_field_\d+", name):
                raise invalid({"query": [problem(f"Query: {name} is not served here")]})
            terms.append((match[1] == "-", name, match[3], match[4]))
    return terms


def search(state: State, query: str, kind: str | None = None) -> list[Json]:
    """Everything that matches, newest ticket first, each with its ``result_type``; ``kind`` is the
    one type that an export is asked for."""
    terms = _terms(query)
    kinds = {value for no, name, _, value in terms if name == "type" and not no}
    if kind is not None:
        kinds = {kind}
    rest = [term for term in terms if term[1] not in ("type", "order_by", "sort")]
    found: list[Json] = []
    if not kinds or "ticket" in kinds:
        found += [
            {**ticket_json(state, record), "result_type": "ticket"}
            for record in reversed(state.tickets.values())
            if not record.deleted and _matches(state, record, rest)
        ]
    if not kinds or "user" in kinds:
        found += [
            {**user_json(state, user), "result_type": "user"}
            for user in state.users.values()
            if user["active"] and _is_user(user, rest)
        ]
    return found


def _is_user(user: Json, terms: list[Term]) -> bool:
    for no, name, _, value in terms:
        if name not in ("", "email", "name"):
            return False
        parts = (user["name"], user["email"]) if not name else (user[name],)
        there = any(value.casefold() in str(part or "").casefold() for part in parts)
        if there == no:
            return False
    return True


def _matches(state: State, record: Record, terms: list[Term]) -> bool:
    groups: dict[tuple[bool, str], list[Term]] = defaultdict(list)
    for place, term in enumerate(terms):
        no, name, operator, _ = term
        alike = operator == ":" and name in ("tags", "status", "id", "priority")
        groups[(no, name if alike else f"{name}#{place}")].append(term)
    for (no, _), rows in groups.items():
        there = any(_one(state, record, name, op, value) for _, name, op, value in rows)
        if there == no:
            return False
    return True


def _one(state: State, record: Record, name: str, operator: str, value: str) -> bool:
    a = record.attributes
    if name == "":
        text = f"{a['subject']} {a['description']}".casefold()
        return value.casefold() in text
    if name == "tags":
        none = value.casefold() == "none"
        return not record.tags if none else value.casefold() in record.tags
    if name in ("requester", "assignee"):
        return _person(state, a[f"{name}_id"], value)
    if name in ("subject", "description"):
        return value.casefold() in str(a[name] or "").casefold()
    if name.startswith("custom_field_"):
        return _compare(record.values.get(int(name.rpartition("_")[2])), operator, value)
    key = {"created": "created_at", "updated": "updated_at", "ticket_type": "type"}.get(name, name)
    for ranked, ranks in (("status", STATUSES), ("priority", PRIORITIES)):
        if name == ranked and operator != ":":
            left = ranks.index(a[name]) if a[name] in ranks else -1
            return value in ranks and _ordered(left, operator, ranks.index(value))
    now = record.id if name == "id" else a.get(key)
    if key.endswith("_at"):
        return _compare(str(now)[: len(value)], operator, value)
    return _compare(now, operator, value)


def _person(state: State, user_id: object, value: str) -> bool:
    if value.casefold() == "none":
        return user_id is None
    user = state.users.get(user_id)
    if user is None:
        return False
    known = (str(user["id"]), str(user["email"] or "").casefold(), user["name"].casefold())
    return value.casefold() in known


def _compare(now: Any, operator: str, value: str) -> bool:
    if now is None:
        return value.casefold() == "none"
    if isinstance(now, list):
        return value in now
    text = {True: "true", False: "false"}.get(now, "") if isinstance(now, bool) else str(now)
    if operator == ":":
        return value == "*" or text.casefold() == value.casefold()
    if text.lstrip("-").isdigit() and value.lstrip("-").isdigit():
        return _ordered(int(text), operator, int(value))
    return _ordered(text, operator, value)


def _ordered(left: Any, operator: str, right: Any) -> bool:
    return bool(
        {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
    )
