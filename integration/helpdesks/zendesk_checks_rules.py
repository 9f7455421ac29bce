"""Looking at the macros, rules, views and the SLA policy of a Zendesk account; see
``zendesk_checks``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integration.helpdesks.placing import INSTALL, Check
from integration.helpdesks.zendesk_app_doubles import doubles
from integration.helpdesks.zendesk_checks import Look, read_or_say, twice_checks
from integration.helpdesks.zendesk_compare import Row, by_id, find, shape, some
from integration.helpdesks.zendesk_rows import listed
from integration.helpdesks.zendesk_rows import policies as read_policies
from integration.helpdesks.zendesk_rules import (
    NO_PLAN,
    NO_PRIORITY,
    find_rule,
    find_view,
    place,
    policy_as_wanted,
    rule_of,
)
from integration.helpdesks.zendesk_wanted import WantedTrigger


def macros(look: Look) -> list[Check]:
    """Macros: there and switched on; their words are an admin's."""
    key, what = "macros", "Macros"
    rows = read_or_say(key, what, lambda: listed(look.line, "macros", look.line.zenpy.macros))
    if isinstance(rows, Check):
        return [rows]
    bound = {w.title: by_id(rows, look.bindings.macros.get(w.key)) for w in look.wanted.macros}
    gone = [title for title, row in bound.items() if row is None]
    off = [title for title, row in bound.items() if row is not None and row.get("active") is False]
    found = []
    if gone:
        said = f"{some(gone)}: gone. The notes' suggested replies lack their words."
        found.append(Check(key, what, "poor", said, INSTALL))
    if off:
        said = f"{some(off)}: switched off. The notes' suggested replies may lack their words."
        mend = "Switch on in Admin Center > Workspaces > Agent tools > Macros."
        found.append(Check(key, what, "poor", said, mend))
    if not found:
        found.append(Check(key, what, "good", f"All {len(bound)} are there and switched on."))
    known = look.bindings.macros
    twice = {w.title: doubles(rows, w.title, known.get(w.key)) for w in look.wanted.macros}
    return [*found, *twice_checks(key, what, twice)]


def rules(look: Look, kind: str, webhook_id: str | None) -> list[Check]:
    """Triggers or automations: there, switched on, as they should be; and their place."""
    zenpy, wanted_rules, mend_where = {
        "trigger": (look.line.zenpy.triggers, look.wanted.triggers, "Triggers"),
        "automation": (look.line.zenpy.automations, look.wanted.automations, "Automations"),
    }[kind]
    what = f"{kind.capitalize()}s"
    rows = read_or_say(what.lower(), what, lambda: listed(look.line, what.lower(), zenpy))
    if isinstance(rows, Check):
        return [rows]
    found = []
    for wanted in wanted_rules:
        row = find_rule(rows, wanted, webhook_id)
        words, mend = _rule_wrong(look, wanted, row, webhook_id, mend_where)
        what = f"{kind.capitalize()} “{wanted.title}”"
        if words or row is None:
            found.append(Check(f"{kind}:{wanted.key}", what, "poor", words, mend))
        else:
            said = f"Switched on, and as it should be. {_place(rows, row, kind)}".strip()
            found.append(Check(f"{kind}:{wanted.key}", what, "good", said))
    return found


def _rule_wrong(
    look: Look, wanted: WantedTrigger, row: Row | None, webhook_id: str | None, where: str
) -> tuple[str, str]:
    if row is None:
        return "There is none.", INSTALL
    if row.get("active") is False:
        mend = f"Switch it on in Admin Center > Objects and rules > {where}."
        return "It is switched off: nothing is heard by it.", mend
    if webhook_id is None:
        return "There is no webhook that it could call.", INSTALL
    if shape(row) != shape(rule_of(wanted, look.bindings, webhook_id)):
        return "Its conditions or its action are not as they should be.", INSTALL
    return "", ""


def _place(rows: Sequence[Row], row: Row, kind: str) -> str:
    """A trigger's place: what stands before it may change what it looks at."""
    if kind != "trigger":
        return ""
    near = [r for r in rows if r.get("active") and r.get("category_id") == row.get("category_id")]
    near.sort(key=lambda r: r.get("position") or 0)
    number = 1 + [str(r["id"]) for r in near].index(str(row["id"]))
    return f"Number {number} of {len(near)} that are switched on in its category."


def views(look: Look) -> list[Check]:
    """Views: there; what they show and whether they are switched on is an admin's business."""
    key, what = "views", "Views"
    rows = read_or_say(key, what, lambda: listed(look.line, "views", look.line.zenpy.views))
    if isinstance(rows, Check):
        return [rows]
    there = [(w.title, find_view(rows, w, look.bindings)) for w in look.wanted.views]
    if gone := [title for title, row in there if row is None]:
        return [Check(key, what, "poor", f"{some(gone)}: gone.", INSTALL)]
    off = [title for title, row in there if row is not None and row.get("active") is False]
    said = f"All {len(there)} are there"
    said += f"; {some(off)} switched off by an admin." if off else "."
    used = {title: str(row["id"]) for title, row in there if row is not None}
    twice = {title: doubles(rows, title, number) for title, number in used.items()}
    return [Check(key, what, "good", said), *twice_checks(key, what, twice)]


def policies(look: Look) -> list[Check]:
    """The SLA policy: there, and not behind one that takes every ticket."""
    found = []
    what = "SLA policies"
    rows = read_or_say("policies", what, lambda: read_policies(look.line))
    if isinstance(rows, Check):
        return [rows]
    for wanted in look.wanted.policies:
        key, what = f"policy:{wanted.key}", f"SLA policy “{wanted.title}”"
        row = find(rows or (), None, wanted.title)
        if rows is None:
            found.append(Check(key, what, "unknown", NO_PLAN))
            continue
        if row is None:
            found.append(Check(key, what, "poor", "There is none.", INSTALL))
            continue
        all_takers = [r for r in _before(rows, row) if not _conditions(r)]
        if all_takers:
            name = all_takers[0].get("title")
            said = f"“{name}” stands before it and takes every ticket: it never counts."
            mend = "Move it up in Admin Center > Objects and rules > Service level agreements."
            found.append(Check(key, what, "poor", said, mend))
            continue
        own = "" if policy_as_wanted(row, wanted, look.bindings) else " Its targets are yours."
        said = f"It is there.{own} {place(rows, row)}".strip()
        found.append(Check(key, what, "good", f"{said} {NO_PRIORITY}"))
    return found


def _before(rows: Sequence[Row], row: Row) -> Sequence[Row]:
    return rows[: [str(r["id"]) for r in rows].index(str(row["id"]))]


def _conditions(policy: Row) -> list[object]:
    given = policy.get("filter")
    parts = given if isinstance(given, Mapping) else {}
    return [*(parts.get("all") or ()), *(parts.get("any") or ())]
