"""A Zendesk account, for whoever sets it up; see ``vendor.Office``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from integration.catalogue import CLAIM_TAG, FIELDS, TAGS
from integration.config import Installation
from integration.doctor_app import app
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.placing import INSTALL, Check, Limits, Placed, Removed, Step
from integration.helpdesks.zendesk import Account
from integration.helpdesks.zendesk_admin import put_in_place
from integration.helpdesks.zendesk_checks import access, clock, limits, look_at, scopes
from integration.helpdesks.zendesk_checks_fields import fields, forms
from integration.helpdesks.zendesk_checks_rules import macros, policies, rules, views
from integration.helpdesks.zendesk_checks_webhook import webhook
from integration.helpdesks.zendesk_compare import types_for
from integration.helpdesks.zendesk_lately import lately
from integration.helpdesks.zendesk_remove import take_away
from integration.helpdesks.zendesk_rows import listed
from integration.helpdesks.zendesk_wanted import Wanted
from integration.helpdesks.zendesk_wire import open_line
from integration.installations import Installations
from integration.installed_app import Sidebar, own_version, settle, take_out
from integration.vendors.vendor import OwnField, for_facts
from integration.vendors.zendesk_things import wanted

STAYS: Final = (
    f"The {len(FIELDS)} ticket fields “Warranty: …” and what stands in them: deleting a field "
    "deletes its values on every ticket, for good. To remove them all the same: Admin Center > "
    "Objects and rules > Tickets > Fields, deactivate and delete each. Deactivated only, they "
    "are hidden, and keep their values.",
    f"The tags on tickets ({CLAIM_TAG}, and {len(TAGS)} that begin with warranty_), private notes "
    "and due dates. A tag is removed from many tickets by a view and “Remove tags” in bulk.",
    "The app in the agents' sidebar, if it is installed: remove it in Admin Center > Apps and "
    "integrations > Apps > Zendesk Support apps. Zendesk may then delete the ticket fields that "
    "the app's package made, with their values: where you want to keep those, leave it installed "
    "and switch it off.",
    "The access: delete the OAuth client, or withdraw the app's access, in Admin Center > Apps and "
    "integrations > APIs.",
    "In the app's own database: the fields' numbers, so that a later install takes the fields up "
    "again; and what is kept of reviews, until its retention ends or `warranty forget` is run.",
)
MACROS_STAY: Final = (
    "The macros “Warranty: …”. To remove them: run this again without --keep-macros, or Admin "
    "Center > Workspaces > Agent tools > Macros."
)


class ZendeskOffice:
    """See ``vendor.Office``. ``url`` None: any host will do."""

    stays: Sequence[str] = STAYS
    macros_stay = MACROS_STAY

    def __init__(self, installation: Installation, account: Account, url: str | None) -> None:
        self._installation = installation
        self._account = account
        self._wanted = wanted(installation.id, url or "")

    def own_fields(self) -> Mapping[str, Sequence[OwnField]]:
        line = open_line(self._account)
        return own_among(self._wanted, listed(line, "ticket fields", line.zenpy.ticket_fields))

    def put_in_place(
        self,
        known: Bindings | None,
        *,
        extend: Collection[str] = (),
        forms: Collection[str] | None = (),
        dry_run: bool = False,
    ) -> Placed:
        return put_in_place(
            self._account, self._wanted, known=known, extend=extend, forms=forms, dry_run=dry_run
        )

    def settle(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        return settle(self._account, kept, known, dry_run=dry_run)

    def lately(self, bindings: Bindings, most: int, *, tag: str | None = None) -> list[Ticket]:
        return lately(open_line(self._account), bindings, most, tag=tag)

    def examine(
        self, bindings: Bindings | None, sidebar: Sidebar | None, now: Callable[[], datetime]
    ) -> list[Check]:
        one = self._installation
        look = look_at(self._account, self._wanted, bindings or Bindings())
        first = access(look)
        if first.state != "good":
            said = "It was not looked at: Zendesk must let the app in first."
            return [first, Check("helpdesk", "Everything else in Zendesk", "unknown", said)]
        found = [first, limits(look, Limits(one.request_limit, one.limit_share))]
        found += [clock(look, now()), scopes(look)]
        hooks, webhook_id = webhook(look, one.signing_secrets)
        found += hooks
        found += [*rules(look, "trigger", webhook_id), *rules(look, "automation", webhook_id)]
        if bindings is None:
            said = "Nothing was ever put in place from here."
            found.append(Check("fields", "Ticket fields and macros", "poor", said, INSTALL))
        else:
            found += [*fields(look), forms(look), *macros(look)]
        found += [*views(look), *policies(look)]
        if sidebar is not None:
            found += app(look, sidebar, own_version())
        return found

    def take_away(
        self, known: Bindings | None, *, keep_macros: bool = False, dry_run: bool = False
    ) -> Removed:
        return take_away(
            self._account, self._wanted, known, keep_macros=keep_macros, dry_run=dry_run
        )

    def take_out(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        return take_out(self._account, kept, known, dry_run=dry_run)


def own_among(things: Wanted, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[OwnField]]:
    """Of an account's ticket fields those of its own that could stand for a fact's, by our key."""
    ours = {spec.title for spec in FIELDS}
    own = [
        (str(row.get("type")), OwnField(str(row["id"]), str(row.get("title"))))
        for row in rows
        if row.get("active") is not False
        and row.get("removable") is not False  # Zendesk's own: subject, status …
        and not ({row.get("title"), row.get("raw_title")} & ours)
    ]
    return for_facts({one.key: types_for(one) for one in things.fields}, own)
