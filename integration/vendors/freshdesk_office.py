"""A Freshdesk account, for whoever sets it up; see ``vendor.Office``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from integration import errors
from integration.catalogue import CLAIM_CLOCK, CLAIM_TAG, FIELDS, MACROS, TAGS, TRIGGERS
from integration.config import Installation
from integration.helpdesks import Bindings, Ticket, freshdesk_webhook
from integration.helpdesks.freshdesk import Account
from integration.helpdesks.freshdesk_admin import listed, put_in_place
from integration.helpdesks.freshdesk_catalogue import wanted
from integration.helpdesks.freshdesk_checks import (
    Look,
    access,
    clock,
    fields,
    limits,
    look_at,
    macros,
    policies,
    rules,
)
from integration.helpdesks.freshdesk_fields import PATH, types_for
from integration.helpdesks.freshdesk_lately import lately
from integration.helpdesks.freshdesk_remove import take_away
from integration.helpdesks.freshdesk_wanted import Wanted, WantedWebhook
from integration.helpdesks.freshdesk_wire import open_line
from integration.helpdesks.placing import INSTALL, Check, Limits, Placed, Removed, Step
from integration.installations import Installations
from integration.installed_app import STEP, Sidebar
from integration.vendors.vendor import OwnField, for_facts

STAYS: Final = (
    f"The {len(FIELDS)} ticket fields “Warranty: …” and what stands in them: deleting a field "
    "deletes its values on every ticket, for good. To remove them all the same: Admin > Workflows "
    "> Ticket Fields.",
    f"The tags on tickets ({CLAIM_TAG}, and {len(TAGS)} that begin with warranty_), private notes "
    "and due dates.",
    "The canned responses “Warranty: …” in their folder, which Freshdesk does not delete from "
    "here: Admin > Agent Productivity > Canned Responses > Warranty Desk.",
    "The app in the agents' sidebar, if it is installed: Apps > Warranty Desk > Uninstall.",
    "The access: reset the API key in the profile of the agent whom it belongs to.",
    "In the app's own database: the fields' names, so that a later install takes the fields up "
    "again; and what is kept of reviews, until its retention ends or `warranty forget` is run.",
)
APP_BY_HAND: Final = (
    "Freshdesk does not let the app's settings be written from here. When you install the app "
    "“Warranty Desk”, it asks for three: Service host, Installation and App secret. They are shown "
    "by “Make a new secret” on the set-up page, or by `warranty accounts app-secret {} --new`"
)
SETTINGS: Final = "Apps > Warranty Desk > Settings"
"""Where an admin finds the settings of the app once it is installed."""
_TYPES: Final = "default_ticket_type"


class FreshdeskOffice:
    """See ``vendor.Office``. What calls our webhook sends the installation's own secret; without
    one, rules can be looked for and not be put in place."""

    stays: Sequence[str] = STAYS
    macros_stay = ""

    def __init__(self, installation: Installation, account: Account, url: str | None) -> None:
        self._installation = installation
        self._account = account
        self._url = url

    def own_fields(self) -> Mapping[str, Sequence[OwnField]]:
        return own_among(self._wanted(), self._fields())

    def put_in_place(
        self,
        known: Bindings | None,
        *,
        extend: Collection[str] = (),
        forms: Collection[str] | None = (),
        dry_run: bool = False,
    ) -> Placed:
        things = self._wanted(claims_type(self._fields()))
        return put_in_place(self._account, things, known=known, extend=extend, dry_run=dry_run)

    def settle(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        if known is None or self._installation.app_secret is not None:
            return []
        return [Step(STEP, "left out", APP_BY_HAND.format(known.installation))]

    def lately(self, bindings: Bindings, most: int, *, tag: str | None = None) -> list[Ticket]:
        return lately(open_line(self._account), bindings, most, tag=tag)

    def examine(
        self, bindings: Bindings | None, sidebar: Sidebar | None, now: Callable[[], datetime]
    ) -> list[Check]:
        one = self._installation
        look = look_at(self._account, self._wanted(), bindings or Bindings())
        first = access(look)
        if first.state != "good" and look.line.status != 403:  # that: no administrator's key
            said = "It was not looked at: Freshdesk must let the app in first."
            return [first, Check("helpdesk", "Everything else in Freshdesk", "unknown", said)]
        found = [first, limits(look, Limits(one.request_limit, one.limit_share))]
        found.append(clock(look, now()))
        if bindings is None:
            said = "Nothing was ever put in place from here."
            what = "Ticket fields and canned responses"
            found.append(Check("fields", what, "poor", said, INSTALL))
        elif not one.signing_secrets:
            said = "There is no secret by which Freshdesk's automation rules could be told."
            found += [*fields(look), macros(look)]
            found.append(Check("webhook", "The webhook's secret", "poor", said, INSTALL))
        else:
            found += [*fields(look), macros(look), *rules(look)]
        if bindings is not None:
            found += self._policies(look)
        if sidebar is not None and one.app_secret is None:
            said = "Nothing was made yet that it could prove itself by: if it is installed, it is "
            said += "not answered."
            mend = f"{APP_BY_HAND.format(one.id)}."
            found.append(Check("app", "App in the agents' sidebar", "unknown", said, mend))
        return found

    def take_away(
        self, known: Bindings | None, *, keep_macros: bool = False, dry_run: bool = False
    ) -> Removed:
        return take_away(self._account, self._wanted(), known, dry_run=dry_run)

    def take_out(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        if known is None or self._installation.app_secret is None:
            return []
        if not dry_run:
            kept.forget_app(known.installation)
        return [Step(STEP, "deleted", "its secret is void; the app itself stays")]

    def _policies(self, look: Look) -> list[Check]:
        try:
            things = self._wanted(claims_type(self._fields()))
        except errors.HelpdeskError as error:
            said = f"Ticket types could not be read: {error}."
            return [Check("policies", "SLA policy", "unknown", said)]
        return policies(replace(look, wanted=things))

    def _fields(self) -> list[Mapping[str, Any]]:
        return listed(open_line(self._account), PATH)

    def _wanted(self, ticket_type: str | None = None) -> Wanted:
        one = self._installation
        # For looking only: whatever is put in place has been given a secret before.
        secret = next(iter(one.signing_secrets), None) or freshdesk_webhook.new_secret()
        address = f"{(self._url or '').rstrip('/')}/webhooks/freshdesk/{one.id}"
        return wanted(
            WantedWebhook(one.id, address, secret),
            fields=FIELDS,
            macros=MACROS,
            triggers=TRIGGERS,
            clock=CLAIM_CLOCK,
            claim_tag=CLAIM_TAG,
            claims_type=ticket_type,
        )


def claims_type(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The ticket type that an account gives to warranty claims: the only one that has the word in
    its name; None where there is none, or several. ``choices`` are rows with a ``value`` on the
    page on ticket fields, and plain words in its list for agents: either will do."""
    found = [
        name
        for row in rows
        if row.get("type") == _TYPES and isinstance(row.get("choices"), list)
        for choice in row["choices"]
        if (name := str(choice.get("value") if isinstance(choice, Mapping) else choice))
        and "warranty" in name.casefold()
    ]
    return found[0] if len(found) == 1 else None


def own_among(things: Wanted, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[OwnField]]:
    """Of an account's ticket fields those of its own that could stand for a fact's, by our key."""
    ours = {spec.title for spec in FIELDS}
    own = [
        (str(row.get("type")), OwnField(str(row["name"]), str(row.get("label"))))
        for row in rows
        if row.get("default") is not True
        and row.get("archived") is not True
        and str(row.get("label") or "").strip() not in ours
    ]
    return for_facts({one.key: types_for(one) for one in things.fields}, own)
