"""Freshdesk, as the service needs it beside the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from requests.adapters import HTTPAdapter

from integration.config import Installation
from integration.helpdesks import Bindings, freshdesk, freshdesk_webhook
from integration.helpdesks.freshdesk_bulk import FreshdeskBulk
from integration.helpdesks.freshdesk_export import FreshdeskExport
from integration.helpdesks.freshdesk_watch import WatchedAdapter
from integration.helpdesks.freshdesk_wire import SOCKETS, Line, open_line, origin
from integration.helpdesks.watching import Spend, Told
from integration.install import KINDS
from integration.installation import HelpdeskName
from integration.vendors.freshdesk_office import FreshdeskOffice
from integration.vendors.vendor import Account, freshdesk_only

REVIEW: Final = 10
"""Requests of a review that writes a note, tags and fields: reading the ticket (1), two canned
responses, which are kept for a minute, and the requester's name for its reply (2 + 2), reading the
ticket and its conversation before the note (2), the note (1), reading the ticket once more (1), the
PUT (1). What is sent beyond, as for a reply to the customer (4) or where a due date is refused (1),
is paid back at the review's end; what is not sent is given back."""


@dataclass(frozen=True, slots=True)
class _Opened:
    line: Line

    @property
    def account(self) -> freshdesk.Account:
        return self.line.account

    def helpdesk(self, bindings: Bindings) -> freshdesk.FreshdeskHelpdesk:
        return freshdesk.FreshdeskHelpdesk(self.line, bindings)

    def changes(self, bindings: Bindings) -> FreshdeskExport:
        return FreshdeskExport(self.line, bindings)

    def bulk(self, bindings: Bindings) -> FreshdeskBulk:
        return FreshdeskBulk(self.line, bindings)


class _Freshdesk:
    """See ``Vendor``."""

    name: HelpdeskName = "freshdesk"
    title = "Freshdesk"
    domain = "freshdesk.com"
    kinds: Mapping[str, str] = {
        **KINDS,
        "macro": "canned response",
        "folder": "folder of canned responses",
        "trigger": "automation rule",
    }
    app_reports = True
    proof = "Secret"
    unproven = (
        f"the header {freshdesk_webhook.HEADER} is missing, or is not this installation's secret. "
        "`warranty install`, or “Put in place again” on the set-up page, sets the rules right."
    )
    requests_a_review = REVIEW
    lacks: Mapping[str, str] = {
        "view": "Freshdesk's API does not say which tickets a view shows. Select them by --since "
        "or --search.",
        "form": "Freshdesk shows agents every ticket field, without a form that it would have to "
        "be added to.",
    }

    authenticate = staticmethod(freshdesk_webhook.authenticate)
    origin = staticmethod(origin)

    def new_secret(self) -> str | None:
        return freshdesk_webhook.new_secret()

    def ticket_url(self, subdomain: str, ticket: str) -> str:
        return f"{origin(subdomain)}/a/tickets/{ticket}"

    def adapter(self, told: Told, spend: Spend) -> HTTPAdapter:
        return WatchedAdapter(told, spend, sockets=SOCKETS)

    def open(self, account: Account, adapter: HTTPAdapter) -> _Opened:
        return _Opened(open_line(freshdesk_only(account), adapter=adapter))

    def office(
        self, installation: Installation, account: Account, url: str | None
    ) -> FreshdeskOffice:
        return FreshdeskOffice(installation, freshdesk_only(account), url)


FRESHDESK: Final = _Freshdesk()
