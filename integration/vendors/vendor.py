"""What the service needs of a helpdesk's maker beside the port: to be let in, lists of tickets, and
setting an account up. Each maker is a module beside this one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from requests.adapters import HTTPAdapter

from integration.catalogue import FIELDS
from integration.config import Installation
from integration.helpdesks import Bindings, Event, Helpdesk, Ticket, freshdesk, zendesk
from integration.helpdesks.bulk import Bulk
from integration.helpdesks.placing import Check, Placed, Removed, Step
from integration.helpdesks.watching import Spend, Told
from integration.installation import HelpdeskName
from integration.installations import Installations
from integration.installed_app import Sidebar
from integration.reconcile import Changes

Account = zendesk.Account | freshdesk.Account
"""How an account is reached, as its helpdesk wants it."""


@dataclass(frozen=True, slots=True)
class OwnField:
    """A ticket field that an account has of its own: the helpdesk's id or name of it, and its
    title."""

    id: str
    title: str


class Opened(Protocol):
    """An open line to one account, for the calling thread alone."""

    @property
    def account(self) -> Account:
        """Whose line it is."""
        ...

    def helpdesk(self, bindings: Bindings) -> Helpdesk:
        """The port, for one piece of work."""
        ...

    def changes(self, bindings: Bindings) -> Changes:
        """The list of the tickets that changed."""
        ...

    def bulk(self, bindings: Bindings) -> Bulk:
        """The port for many tickets."""
        ...


class Office(Protocol):
    """One account, for whoever sets it up. Sends nothing before it is asked to; every method raises
    what ``integration.errors`` lists."""

    stays: Sequence[str]
    """What is left in the account when the app is taken out, and how to remove it: sentences for an
    admin."""
    macros_stay: str
    """The same of macros that were to be kept."""

    def own_fields(self) -> Mapping[str, Sequence[OwnField]]:
        """For each fact's field of ours, by key, the account's own fields that are of a type which
        would do."""
        ...

    def put_in_place(
        self,
        known: Bindings | None,
        *,
        extend: Collection[str] = (),
        forms: Collection[str] | None = (),
        dry_run: bool = False,
    ) -> Placed:
        """Put everything in place that the app needs. ``known`` are the bindings so far; ``extend``
        are the keys of an admin's own fields that may be given the options that they lack;
        ``forms`` the ticket forms to which our fields are added (None: all)."""
        ...

    def settle(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        """Put the settings of the app in the sidebar right, or say how that is done."""
        ...

    def lately(self, bindings: Bindings, most: int, *, tag: str | None = None) -> list[Ticket]:
        """The tickets filed last, newest first, ``most`` of them; with a tag, those with it."""
        ...

    def examine(
        self, bindings: Bindings | None, sidebar: Sidebar | None, now: Callable[[], datetime]
    ) -> list[Check]:
        """Look whether everything is in order. Raises nothing: what cannot be read is unknown."""
        ...

    def take_away(
        self, known: Bindings | None, *, keep_macros: bool = False, dry_run: bool = False
    ) -> Removed:
        """Take away what is the app's own; ticket fields stay."""
        ...

    def take_out(
        self, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
    ) -> list[Step]:
        """Take account and secret out of the app in the sidebar, and forget the secret here."""
        ...


class Vendor(Protocol):
    """A helpdesk's maker. ``name`` is what addresses and the store call it, ``title`` what people
    do; its accounts are at ``SUBDOMAIN.domain``. ``kinds`` are its words for what a set-up step is
    about (``macro`` …). ``app_reports``: the app in its sidebar calls the webhook too. ``proof`` is
    what proves a webhook, in a word, and ``unproven`` says what is wrong without it, and what to
    check.
    ``requests_a_review`` is how many requests a review that writes is expected to send. ``lacks``
    is what its accounts do not have though a command can be asked for it (``view``, ``form``), each
    with a sentence on what to do instead."""

    name: HelpdeskName
    title: str
    domain: str
    kinds: Mapping[str, str]
    app_reports: bool
    proof: str
    unproven: str
    requests_a_review: int
    lacks: Mapping[str, str]

    def authenticate(
        self,
        headers: Iterable[tuple[str, str]],
        raw_body: bytes,
        *,
        secrets: tuple[str, ...],
        installation: str,
        now: datetime,
        max_age: timedelta,
    ) -> Event:
        """The event that a delivery reports; raises NotAuthentic or Malformed."""
        ...

    def new_secret(self) -> str | None:
        """A secret for an account's webhooks; None where the helpdesk makes it itself."""
        ...

    def origin(self, subdomain: str) -> str:
        """Scheme and host of an account."""
        ...

    def ticket_url(self, subdomain: str, ticket: str) -> str:
        """Where agents see a ticket."""
        ...

    def adapter(self, told: Told, spend: Spend) -> HTTPAdapter:
        """What sends requests and says how they were answered; shared by threads."""
        ...

    def open(self, account: Account, adapter: HTTPAdapter) -> Opened:
        """A line for the calling thread; sends nothing yet."""
        ...

    def office(self, installation: Installation, account: Account, url: str | None) -> Office:
        """The account for whoever sets it up. ``url`` is where the helpdesk reaches this service
        (scheme and host); None: not known, any will do."""
        ...


def for_facts(
    types: Mapping[str, Collection[str]], own: Iterable[tuple[str, OwnField]]
) -> dict[str, list[OwnField]]:
    """For each fact's field of ours, by key, which of an account's ``own`` fields (each with its
    type, in the helpdesk's words) are of one of the ``types`` that would do for it."""
    some = list(own)
    facts = [spec.key for spec in FIELDS if spec.role == "fact"]
    return {key: [one for kind, one in some if kind in types[key]] for key in facts}


def zendesk_only(account: Account) -> zendesk.Account:
    """An account that is Zendesk's; TypeError for another."""
    if not isinstance(account, zendesk.Account):
        raise TypeError(f"{account.installation}: expected an account of Zendesk")
    return account


def freshdesk_only(account: Account) -> freshdesk.Account:
    """An account that is Freshdesk's; TypeError for another."""
    if not isinstance(account, freshdesk.Account):
        raise TypeError(f"{account.installation}: expected an account of Freshdesk")
    return account
