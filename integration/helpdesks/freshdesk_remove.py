"""Taking away from a Freshdesk account what this app put there; tickets and their fields stay.

Only what is ours goes: rules that call our address with one of our bodies. Canned responses, their
folder and SLA policies cannot be deleted by the API (developers.freshdesk.com/api has no such
request): a policy of ours is switched off, and for the rest it is said where to do it by hand.
Doing it again finds nothing more to do.
"""

from __future__ import annotations

from contextlib import suppress

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_admin import FOLDERS, listed, read_rules
from integration.helpdesks.freshdesk_policies import PATH as POLICIES
from integration.helpdesks.freshdesk_policies import policies
from integration.helpdesks.freshdesk_rule_rows import call_of, calls_what, says, titled
from integration.helpdesks.freshdesk_rules import path_of
from integration.helpdesks.freshdesk_wanted import Wanted
from integration.helpdesks.freshdesk_wire import Account, Line, open_line
from integration.helpdesks.placing import Removed, Step

_BY_HAND = "Freshdesk does not delete it from here: Admin > Agent Productivity > Canned Responses"
_UNSEEN = (
    "Freshdesk does not show its automation rules here: if it was made, delete it in Admin > "
    "Workflows > Automations"
)
_NOWHERE = (
    "it is not known at which address this app is reached (WARRANTY_URL), so it may be another "
    "service's: if it is this one's, delete it in Admin > Workflows > Automations"
)


def take_away(
    account: Account, wanted: Wanted, known: Bindings | None, *, dry_run: bool = False
) -> Removed:
    """Delete what is ours of all that is wanted, except ticket fields; ``dry_run`` only says what
    would be. Raises what ``integration.errors`` lists; doing it again goes on from there."""
    line, known = open_line(account), known or Bindings()
    steps = _rules(line, wanted, dry_run=dry_run)
    for policy in wanted.policies:
        what = f"policy:{policy.key}"
        for row in policies(line) or ():
            if row.get("name") == policy.title and row.get("active") is not False:
                if not dry_run:
                    # "applicable_to" must come with every change of a policy.
                    same = {"applicable_to": row.get("applicable_to") or {}, "active": False}
                    line.put(f"{POLICIES}/{row['id']}", same)
                steps.append(Step(what, "changed", "switched off: it cannot be deleted from here"))
    if wanted.replies:
        there = [row for row in listed(line, FOLDERS) if row.get("name") == wanted.folder]
        steps += [Step("folder", "left", f"{_BY_HAND} > {wanted.folder}") for _ in there]
    return Removed(tuple(steps), known)


def _rules(line: Line, wanted: Wanted, *, dry_run: bool) -> list[Step]:
    steps: list[Step] = []
    if wanted.webhook is None:
        return steps
    for rule in wanted.rules:
        what = f"trigger:{rule.key}"
        rows = read_rules(line, rule.on)
        if rows is None:
            steps.append(Step(what, "left", _UNSEEN))
        for row in rows or ():
            named = titled(row, rule)
            if says(row, rule, wanted.webhook):
                if wanted.webhook.url.startswith("/"):
                    steps.append(Step(what, "left", _NOWHERE))
                    continue
                if not dry_run:
                    with suppress(errors.NotFound):  # somebody was quicker
                        line.delete(f"{path_of(rule)}/{row['id']}")
                renamed = "" if named else f"renamed “{row.get('name')}”"
                steps.append(Step(what, "deleted", renamed))
            elif named:
                why = f"it {calls_what(row)}: it is yours"
                if call_of(row, wanted.webhook) is not None:
                    why = "it calls this app for another account, or with another body than ours"
                steps.append(Step(what, "left", why))
    return steps
