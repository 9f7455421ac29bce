"""``GET /search/tickets?query="…"``: a small grammar, over what the index has taken over so far.

developers.freshdesk.com/api/#filter_tickets: at most 512 characters between double quotes, 30
results a page, ten pages. ``:>`` and ``:<`` include the value. The index is behind by
``Options.search_lag``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors, fields
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

LONGEST, SIZE, PAGES = 512, 30, 10
_NAMES: Final = {
    **{name: name for name in ("group_id", "priority", "status", "type", "due_by", "fr_due_by")},
    **{"created_at": "created_at", "updated_at": "updated_at", "agent_id": "responder_id"},
    "tag": "tags",
}
_TIMES: Final = ("due_by", "fr_due_by", "created_at", "updated_at")
_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<word>AND|OR)\b|(?P<field>[a-z_][a-z0-9_]*):(?P<sign>[<>]?)"
    r"(?P<value>'[^']*'|[^\s()']+))",
    re.IGNORECASE,
)
Test = Callable[[Json], bool]


def find(account: Account, query: str, page: int) -> Json:
    """The tickets that meet a query, the newest first, as ``{"total", "results"}``."""
    if not (len(query) >= 2 and query[0] == query[-1] == '"'):
        words = "It should be a String between double quotes"
        raise errors.invalid([errors.problem("query", words)])
    if len(query) - 2 > LONGEST:
        words = f"It should have a maximum of {LONGEST} characters"
        raise errors.invalid([errors.problem("query", words)])
    test = _Parser(query[1:-1], {*_NAMES, *fields.custom(account)}).parse()
    seen = [row for row in _indexed(account) if test(row)]
    seen.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
    return {"total": len(seen), "results": seen[(page - 1) * SIZE : page * SIZE]}


def _indexed(account: Account) -> Iterator[Json]:
    """Each ticket as the index last saw it; what is spam or deleted is not found."""
    until = account.now() - timedelta(seconds=account.options.search_lag)
    for ticket in account.tickets.values():
        rows = [row for at, row in ticket.snapshots if at <= until]
        if rows and not rows[-1]["spam"] and not rows[-1].get("deleted"):
            yield rows[-1]


class _Parser:
    """Alternatives of conjunctions of tests, with brackets."""

    def __init__(self, text: str, names: set[str]) -> None:
        self._names = names
        self._tokens = list(_tokens(text))
        self._at = 0

    def parse(self) -> Test:
        test = self._either()
        if self._at < len(self._tokens):
            raise _nonsense()
        return test

    def _word(self) -> str:
        found = self._tokens[self._at] if self._at < len(self._tokens) else None
        return (found["word"] or found["bracket"] or "").upper() if found else ""

    def _either(self) -> Test:
        tests = [self._both()]
        while self._word() == "OR":
            self._at += 1
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._word() == "AND":
            self._at += 1
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._at >= len(self._tokens):
            raise _nonsense()
        token = self._tokens[self._at]
        self._at += 1
        if token["bracket"] == "(":
            test = self._either()
            if self._word() != ")":
                raise _nonsense()
            self._at += 1
            return test
        if not token["field"]:
            raise _nonsense()
        return _test(token["field"], token["sign"], token["value"], self._names)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _nonsense()
        at = found.end()
        yield found


def _nonsense() -> errors.ApiError:
    return errors.invalid([errors.problem("query", "It is not understood")])


def _test(name: str, sign: str, text: str, names: set[str]) -> Test:
    if name not in names:
        raise errors.invalid([errors.unknown(name)])
    key, wanted = _NAMES.get(name, name), _literal(text)
    if sign and not isinstance(wanted, str | int | float):
        raise _nonsense()

    def test(row: Json) -> bool:
        value = row[key] if key in row else row["custom_fields"].get(key)
        if key in _TIMES and isinstance(value, str) and isinstance(wanted, str):
            value = value[: len(wanted)] if len(wanted) == 10 else value
        if sign:
            return _ordered(value, wanted, sign)
        if isinstance(value, list):
            return wanted in value
        return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))

    return test


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1]
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"-?\d{1,15}\.\d{1,9}", text):
        return float(text)
    raise _nonsense()


def _ordered(value: Any, wanted: Any, sign: str) -> bool:
    """Whether a value is at least, or at most, another of its kind."""
    numbers = isinstance(value, int | float) and isinstance(wanted, int | float)
    if not numbers and not (isinstance(value, str) and isinstance(wanted, str)):
        return False
    return bool(value >= wanted if sign == ">" else value <= wanted)
