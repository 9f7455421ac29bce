"""Looking at a Freshdesk account that is in use: is what the app needs there, and does it work?

Nothing is written. What could not be read is unknown, which is not good. Each finding is in words
for an admin, with how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_admin import listed, read_rules, reply
from integration.helpdesks.freshdesk_fields import PATH as FIELDS
from integration.helpdesks.freshdesk_fields import bind_options, is_own, some, types_for
from integration.helpdesks.freshdesk_people import whoever
from integration.helpdesks.freshdesk_policies import AT, NO_PLAN, NO_TYPE, SWITCHED_OFF
from integration.helpdesks.freshdesk_policies import policies as read_policies
from integration.helpdesks.freshdesk_rule_rows import find, in_the_way, remarks, wrong_with
from integration.helpdesks.freshdesk_wanted import Wanted, WantedField
from integration.helpdesks.freshdesk_watch import limit_of
from integration.helpdesks.freshdesk_wire import Account, Line, open_line
from integration.helpdesks.placing import INSTALL, Check, Limits, clocks, rate_limit

_AGAIN: Final = "Connect the account again, with an administrator's API key."
_THEIRS: Final = (
    "If that is another service beside this one, rename its rule; if this app has moved, delete "
    "it. Then put everything in place again."
)


@dataclass(frozen=True, slots=True)
class Look:
    """A line to an account, what should be there, and what is bound."""

    line: Line
    wanted: Wanted
    bindings: Bindings


def look_at(
    account: Account,
    wanted: Wanted,
    bindings: Bindings,
    *,
    session: requests.Session | None = None,
) -> Look:
    """Open a line to look through; sends nothing yet."""
    return Look(open_line(account, session=session), wanted, bindings)


def access(look: Look) -> Check:
    """Whether Freshdesk lets us in, and as an administrator."""
    key, what = "access", "Access to Freshdesk"
    try:
        person = whoever(look.line)
    except errors.Rejected as error:
        return Check(key, what, "poor", f"{error}.", error.advice)
    except errors.Unavailable as error:
        return Check(
            key, what, "unknown", f"Freshdesk did not answer: {error}.", "Try again later."
        )
    if person.admin:
        return Check(key, what, "good", "The API key works, as an administrator's.")
    said = "The API key works, but it is no administrator's: canned responses cannot be read by it."
    return Check(key, what, "poor", said, _AGAIN)


def limits(look: Look, ours: Limits) -> Check:
    """The account's requests a minute, as told with the newest answer, against our settings. They
    are shared with everything else that uses the account's API."""
    return rate_limit("Freshdesk", limit_of(look.line.headers), ours)


def clock(look: Look, now: datetime) -> Check:
    """Freshdesk's clock against ours (``now``, aware), by the newest answer."""
    return clocks("Freshdesk", look.line.headers, now)


def fields(look: Look) -> list[Check]:
    """Ticket fields: there, with our options, and closed to customers."""
    what = "Ticket fields"
    try:
        rows = {str(row.get("name")): row for row in listed(look.line, FIELDS)}
    except errors.HelpdeskError as error:
        return [Check("fields", what, "unknown", f"They could not be read: {error}.")]
    found = []
    for wanted in look.wanted.fields:
        row = rows.get(look.bindings.fields.get(wanted.key, ""))
        if wrong := _field_wrong(look, wanted, row):
            found.append(Check(f"field:{wanted.key}", f"Field “{wanted.title}”", "poor", *wrong))
    right = len(look.wanted.fields) - len(found)
    if right:
        of_all = "" if not found else f" of {len(look.wanted.fields)}"
        said = f"{right}{of_all} are there, with their options."
        found.insert(0, Check("fields", what, "good", said))
    return found


def _field_wrong(
    look: Look, wanted: WantedField, row: Mapping[str, Any] | None
) -> tuple[str, str] | None:
    if wanted.key not in look.bindings.fields:
        return "It was never put in place.", INSTALL
    if row is None or row.get("archived") is True:
        return "It is gone from Freshdesk.", INSTALL
    if row.get("type") not in types_for(wanted):
        words = f"It is of type {row.get('type')}, not {' or '.join(types_for(wanted))}."
        return words, "Choose another field for it, or run `warranty install` again."
    if wanted.guarded and row.get("customers_can_edit") is True:
        said = "Customers can edit it in the portal, and so write a verdict."
        where = f"Admin > Workflows > Ticket Fields > {row.get('label')}"
        return said, f"{where}: take that away."
    bound = look.bindings.options.get(wanted.key, {})
    missing = bind_options(wanted, row, bound)[1]
    gone = [label for option, label in missing if bound.get(option)]
    if gone or (missing and is_own(row, wanted)):
        return f"It lacks {some(gone or [label for _, label in missing])}.", INSTALL
    return None


def macros(look: Look) -> Check:
    """Canned responses: there; their words are an admin's."""
    key, what = "macros", "Canned responses"
    try:
        gone = [
            w.title
            for w in look.wanted.replies
            if reply(look.line, look.bindings.macros.get(w.key, "")) is None
        ]
    except errors.HelpdeskError as error:
        return Check(key, what, "unknown", f"They could not be read: {error}.")
    if gone:
        said = f"{some(gone)}: gone. The notes' suggested replies lack their words."
        return Check(key, what, "poor", said, INSTALL)
    return Check(key, what, "good", f"All {len(look.wanted.replies)} are there.")


def rules(look: Look) -> list[Check]:
    """Automation rules: there, switched on, calling our address with the secret."""
    webhook = look.wanted.webhook
    found = []
    for wanted in look.wanted.rules if webhook is not None else ():
        assert webhook is not None
        key, what = f"trigger:{wanted.key}", f"Automation rule “{wanted.title}”"
        try:
            rows = read_rules(look.line, wanted.on)
        except errors.HelpdeskError as error:
            found.append(Check(key, what, "unknown", f"It could not be read: {error}."))
            continue
        if rows is None:
            said = "Freshdesk does not show its automation rules to this API key."
            found.append(Check(key, what, "unknown", said, _AGAIN))
        elif (row := find(rows, wanted, webhook)) is None:
            calls = in_the_way(rows, wanted, webhook)
            said = f"One of this name {calls}." if calls else "It is not there."
            found.append(Check(key, what, "poor", said, _THEIRS if calls else INSTALL))
        elif wrong := wrong_with(row, wanted, webhook, look.bindings):
            said = f"It is there, but {'; '.join(wrong)}."
            found.append(Check(key, what, "poor", said, INSTALL))
        else:
            found.append(Check(key, what, "good", "It is switched on and calls this app."))
            found += [
                Check(f"{key}:{one.about}", what, "unknown", f"But {one.said}.", one.mend)
                for one in remarks(row, rows, wanted, look.bindings)
            ]
    return found


def policies(look: Look) -> list[Check]:
    """The SLA policy: there and switched on, where claims have a ticket type of their own. Its
    targets are an admin's."""
    found = []
    for wanted in look.wanted.policies:
        key, what = f"policy:{wanted.key}", f"SLA policy “{wanted.title}”"
        try:
            rows = read_policies(look.line)
        except errors.HelpdeskError as error:
            found.append(Check(key, what, "unknown", f"It could not be read: {error}."))
            continue
        row = next((one for one in rows or () if one.get("name") == wanted.title), None)
        if rows is None:
            found.append(Check(key, what, "unknown", NO_PLAN))
        elif row is None and wanted.ticket_type is None:
            found.append(Check(key, what, "good", f"There is none, and need not be. {NO_TYPE}"))
        elif row is None:
            found.append(Check(key, what, "poor", "There is none.", INSTALL))
        elif row.get("active") is False:
            found.append(Check(key, what, "poor", f"It is there, but {SWITCHED_OFF}.", AT))
        else:
            found.append(Check(key, what, "good", "It is there, and switched on."))
    return found
