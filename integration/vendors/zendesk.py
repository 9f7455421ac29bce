"""Zendesk, as the service needs it beside the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from requests.adapters import HTTPAdapter

from integration.budgets_buckets import REQUESTS
from integration.config import Installation
from integration.helpdesks import Bindings, zendesk, zendesk_webhook
from integration.helpdesks.watching import Spend, Told
from integration.helpdesks.zendesk_bulk import ZendeskBulk
from integration.helpdesks.zendesk_export import ZendeskExport
from integration.helpdesks.zendesk_watch import WatchedAdapter
from integration.helpdesks.zendesk_wire import SOCKETS, Line, open_line, origin
from integration.install import KINDS
from integration.installation import HelpdeskName
from integration.vendors.vendor import Account, zendesk_only
from integration.vendors.zendesk_office import ZendeskOffice


@dataclass(frozen=True, slots=True)
class _Opened:
    line: Line

    @property
    def account(self) -> zendesk.Account:
        return self.line.account

    def helpdesk(self, bindings: Bindings) -> zendesk.ZendeskHelpdesk:
        return zendesk.ZendeskHelpdesk(self.line, bindings)

    def changes(self, bindings: Bindings) -> ZendeskExport:
        return ZendeskExport(self.line, bindings)

    def bulk(self, bindings: Bindings) -> ZendeskBulk:
        return ZendeskBulk(self.line, bindings)


class _Zendesk:
    """See ``Vendor``."""

    name: HelpdeskName = "zendesk"
    title = "Zendesk"
    domain = "zendesk.com"
    kinds: Mapping[str, str] = KINDS
    app_reports = False
    proof = "Signature"
    unproven = (
        "the signature or its timestamp is missing, does not fit the body, or is too old. Check "
        "this webhook's signing secret and this server's clock."
    )
    requests_a_review = REQUESTS
    lacks: Mapping[str, str] = {}

    authenticate = staticmethod(zendesk_webhook.authenticate)
    origin = staticmethod(origin)

    def new_secret(self) -> str | None:
        return None

    def ticket_url(self, subdomain: str, ticket: str) -> str:
        return f"{origin(subdomain)}/agent/tickets/{ticket}"

    def adapter(self, told: Told, spend: Spend) -> HTTPAdapter:
        return WatchedAdapter(told, spend, sockets=SOCKETS)

    def open(self, account: Account, adapter: HTTPAdapter) -> _Opened:
        return _Opened(open_line(zendesk_only(account), adapter=adapter))

    def office(
        self, installation: Installation, account: Account, url: str | None
    ) -> ZendeskOffice:
        return ZendeskOffice(installation, zendesk_only(account), url)


ZENDESK: Final = _Zendesk()
