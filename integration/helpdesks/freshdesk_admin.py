"""Putting what this app needs in place inside a Freshdesk account: ticket fields, canned responses
in a folder of ours, the automation rules that call our webhook, an SLA policy where claims have a
ticket type of their own.

Everything is found by what it is bound to already, else by its title (rules also by what they
call), so that doing it again changes nothing. What is there is an admin's: a field of ours only
ever gains options, a canned response or a policy is never rewritten. Of the rules, only our call in
them is set right, with the events that it needs, because the app is deaf without it.

Vendor pages: developers.freshdesk.com/api, "Ticket fields", "Canned responses", "Automations", "SLA
policies". Needs an administrator's key. An agent's will do for reviews, but canned responses are
for administrators alone: without them no reply is suggested.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import requests

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_fields import PATH as FIELDS
from integration.helpdesks.freshdesk_fields import Found, clashes, put_field
from integration.helpdesks.freshdesk_policies import put_policy
from integration.helpdesks.freshdesk_rule_rows import in_the_way
from integration.helpdesks.freshdesk_rules import KINDS, put_rule
from integration.helpdesks.freshdesk_wanted import (
    Wanted,
    WantedField,
    WantedPolicy,
    WantedReply,
    WantedRule,
    WantedWebhook,
)
from integration.helpdesks.freshdesk_wire import Account, Line, open_line
from integration.helpdesks.placing import Placed, Step

__all__ = [
    "Placed",
    "Step",
    "Wanted",
    "WantedField",
    "WantedPolicy",
    "WantedReply",
    "WantedRule",
    "WantedWebhook",
    "put_in_place",
]

Row = Mapping[str, Any]
FOLDERS: Final = "canned_response_folders"
REPLIES: Final = "canned_responses"
EVERYBODY: Final = 0
"""The visibility of a canned response for all agents."""


def put_in_place(
    account: Account,
    wanted: Wanted,
    *,
    known: Bindings | None = None,
    extend: Collection[str] = (),
    dry_run: bool = False,
    session: requests.Session | None = None,
) -> Placed:
    """Put everything in place that is not; ``dry_run`` only says what would be done.

    ``known`` are the bindings so far, or as an admin chose them: a field or canned response that
    was renamed is found by them, and a field of the admin's own stands for one of ours. ``extend``
    are the keys of such fields to which the options that they lack may be added.

    Everything is read and compared first: Invalid, naming each by its key in ``fields``, where
    something of an admin's is in the way, and then nothing was changed. A failure later on leaves
    what was made; doing it again goes on from there. ValueError for rules without a webhook, or on
    fields that are not wanted.
    """
    _sane(wanted)
    line, known = open_line(account, session=session), known or Bindings()
    fields = listed(line, FIELDS) if wanted.fields else []
    rules: dict[str, list[Row] | None]
    rules = {rule.on: read_rules(line, rule.on) for rule in wanted.rules}
    _no_clashes(wanted, fields, rules, known)
    made: dict[str, Found | None] = {}
    steps: list[Step] = []
    for w in wanted.fields:
        step, made[w.key] = put_field(line, fields, w, known, extend=extend, dry_run=dry_run)
        steps.append(step)
    macros = _put_replies(line, wanted, known, steps, dry_run=dry_run)
    bindings = Bindings(
        fields={key: found[0] for key, found in made.items() if found is not None},
        options={
            w.key: found[1]
            for w in wanted.fields
            if w.type == "choice" and (found := made[w.key]) is not None
        },
        macros=macros,
    )
    manual: dict[str, tuple[str, ...]] = {}
    for rule in wanted.rules:
        assert wanted.webhook is not None
        # A dry run has no names of fields that it would make; the rules come after them.
        names = bindings if not dry_run else _named_anyhow(wanted, bindings)
        step, by_hand = put_rule(line, rules[rule.on], rule, wanted.webhook, names, dry_run=dry_run)
        steps.append(step)
        if by_hand:
            manual[step.what] = by_hand
    steps += [put_policy(line, policy, dry_run=dry_run) for policy in wanted.policies]
    return Placed(bindings, steps=tuple(steps), manual=manual)


def _sane(wanted: Wanted) -> None:
    if wanted.rules and wanted.webhook is None:
        raise ValueError("wanted: rules need a webhook to call")
    named = {key for rule in wanted.rules for key in (rule.claim, *rule.watches)}
    if unknown := named - {w.key for w in wanted.fields}:
        raise ValueError(f"wanted: rules name unknown fields {', '.join(sorted(unknown))}")


def _named_anyhow(wanted: Wanted, bindings: Bindings) -> Bindings:
    return Bindings(fields={w.key: w.key for w in wanted.fields} | dict(bindings.fields))


def listed(line: Line, path: str) -> list[Row]:
    """Every row of a list."""
    subject = f"{line.account.subdomain} {path}"
    return [row for row in line.rows(path, subject) if isinstance(row, Mapping)]


def read_rules(line: Line, on: str) -> list[Row] | None:
    """The account's automation rules of a kind; None where its plan has none, or our key may not
    see them: then an admin makes ours by hand."""
    try:
        return listed(line, f"automations/{KINDS[on]}/rules")
    except (errors.Forbidden, errors.NotFound):
        return None


def _no_clashes(
    wanted: Wanted,
    fields: Sequence[Row],
    rules: Mapping[str, Sequence[Row] | None],
    known: Bindings,
) -> None:
    found = clashes(fields, wanted.fields, known)
    for rule in wanted.rules:
        assert wanted.webhook is not None
        if calls := in_the_way(rules[rule.on] or (), rule, wanted.webhook):
            words = f"an automation rule {rule.title!r} exists that {calls}"
            found[f"trigger:{rule.key}"] = words
    if found:
        raise errors.Invalid(f"{len(found)} in the way: {'; '.join(found.values())}", fields=found)


def _put_replies(
    line: Line, wanted: Wanted, known: Bindings, steps: list[Step], *, dry_run: bool
) -> dict[str, str]:
    """The canned responses' numbers, by key; without those that a dry run would make."""
    if not wanted.replies:
        return {}
    folder = next((r for r in listed(line, FOLDERS) if r.get("name") == wanted.folder), None)
    there = [] if folder is None else listed(line, f"{FOLDERS}/{folder['id']}/responses")
    folder_id = None if folder is None else folder["id"]
    if folder is None:
        steps.append(Step("folder", "created"))
        if not dry_run:
            folder_id = _made(line.post(FOLDERS, {"name": wanted.folder}), "folder")["id"]
    found: dict[str, str] = {}
    for w in wanted.replies:
        bound_to, what = known.macros.get(w.key), f"macro:{w.key}"
        ids = [str(r["id"]) for r in there if r.get("title") == w.title]
        if bound_to is not None and (bound_to in ids or reply(line, bound_to) is not None):
            found[w.key] = bound_to
            steps.append(Step(what, "unchanged"))
        elif ids:
            found[w.key] = ids[0]
            steps.append(Step(what, "adopted"))
        else:
            steps.append(Step(what, "created"))
            if not dry_run:
                body = {"title": w.title, "content_html": w.html, "folder_id": folder_id}
                row = line.post(REPLIES, {**body, "visibility": EVERYBODY})
                found[w.key] = str(_made(row, "canned response")["id"])
    return found


def reply(line: Line, native_id: str) -> Row | None:
    """A canned response by its number; None where it is gone."""
    if not native_id.isdecimal():
        return None
    try:
        row = line.get(f"{REPLIES}/{native_id}")
    except errors.NotFound:
        return None
    return row if isinstance(row, Mapping) else None


def _made(row: object, name: str) -> Row:
    if not isinstance(row, Mapping) or "id" not in row:
        raise errors.Unavailable(f"{name}: made, but the answer is unreadable", ambiguous=True)
    return row
