"""The set-up page's counter, joined to the rest of the service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from integration import errors
from integration.config import Config, Installation
from integration.connections import Accounts, marketplace
from integration.directory import Directory
from integration.errands import Errands
from integration.heartbeats import Heartbeats
from integration.helpdesks.zendesk_people import person
from integration.helpdesks.zendesk_tokens import OAuthClient
from integration.helpdesks.zendesk_wire import origin
from integration.installations import Installations, Kept
from integration.installed_app import BY_HAND
from integration.jobs import Jobs
from integration.jobs_waking import wake
from integration.records import Records
from integration.setup.access import NotLetIn, Opened, Passes, Visitor, read_signed
from integration.setup.connect import Connecting
from integration.setup.counter import Counter, Role
from integration.setup.redecide import redecided
from integration.store import Store
from integration.vendors import zendesk_only

_log = structlog.get_logger(__name__)

_KNOWN_FOR: Final = 60.0  # seconds for which it is remembered what somebody is

LIMITS: Final = {
    "setup.connect": "10/minute",
    "setup.callback": "20/minute",
    "setup.embedded": "60/minute",
    "overview.show": "60/minute",
    "overview.export": "20/minute",
}
"""Requests from one address; the others of these pages are held to ``USUAL``."""
USUAL: Final = "300/minute"


def counter_for(
    config: Config,
    store: Store,
    kept: Installations,
    installations: Mapping[str, Installation],
    overview: Callable[[Kept, Visitor, bool], str],
) -> Counter:
    """What the page needs, on this store; ``overview`` as the counter has it. Sends nothing yet."""
    assert config.url is not None  # Config.require sees to it
    jobs, heartbeats, records = Jobs(store), Heartbeats(store), Records(store)
    accounts = Accounts(kept, config.oauth)
    oauth = config.oauth
    client = None if oauth is None else OAuthClient(oauth.client_id, oauth.client_secret)

    def revive(installation: str) -> None:
        """Start again what was set aside, for want of access most likely."""
        waiting = [one.ticket_id for one in jobs.waiting() if one.installation == installation]
        jobs.make_many_due(installation, waiting, "connected again")

    def opened(token: str) -> Opened:
        if config.app_key is None:
            raise NotLetIn("This service does not know the app's public key (WARRANTY_APP_KEY).")
        return read_signed(token, lambda subdomain: config.app_key)

    def state_of(installation: str) -> Mapping[str, Any]:
        return {
            "backlog": jobs.backlog(installation),
            "workers": heartbeats.alive(),
            "placed": store.load_bindings(installation) is not None,
        }

    def new_secret(installation: str) -> Mapping[str, str]:
        secret = kept.new_app_secret(installation, BY_HAND)
        return {
            "service_url": str(config.url).rstrip("/"),
            "service_host": urlsplit(str(config.url)).netloc,
            "installation": installation,
            "app_secret": secret,
        }

    def changed(installation: str) -> None:
        if isinstance(installations, Directory):
            installations.changed(installation)

    def switched_on(installation: str) -> None:
        woken = wake(store, installation)
        _log.info("switched on", installation=installation, tickets=woken)

    return Counter(
        installations=kept,
        errands=Errands(store),
        connecting=Connecting(
            kept,
            client=client,
            redirect=f"{config.url}/setup/callback",
            allowed=config.accounts,
            marketplace=marketplace(config.oauth),
            reviving=revive,
        ),
        passes=Passes(config.keys),
        keys=config.keys,
        opened=opened,
        role_of=_Roles(accounts),
        overview=overview,
        redecide=lambda one, given: redecided(records, one, given),
        state_of=state_of,
        changed=changed,
        switched_on=switched_on,
        new_secret=new_secret,
        origin_of=origin,
    )


def limited(app: Flask) -> None:
    """Hold whoever asks too often off the set-up page and the overview. Counted in this process, by
    address."""
    limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
    limiter.init_app(app)
    for name, view in list(app.view_functions.items()):
        if name.startswith(("setup.", "overview.")) and not name.endswith(".static"):
            held: Any = limiter.limit(LIMITS.get(name, USUAL))(view)
            app.view_functions[name] = held


class _Roles:
    """What somebody is in an account, as the helpdesk says; remembered for a minute."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._known: dict[tuple[str, str], tuple[float, Role | None]] = {}

    def __call__(self, kept: Kept, user: str) -> Role | None:
        """What this user of the account is. Raises errors.Unavailable, and errors.Forbidden where
        the account no longer lets the app in."""
        key = (kept.installation.id, user)
        at, role = self._known.get(key, (float("-inf"), None))
        if time.monotonic() - at > _KNOWN_FOR:
            role = self._asked(kept, user)
            if len(self._known) > 1_000:
                self._known.clear()
            self._known[key] = (time.monotonic(), role)
        return role

    def _asked(self, kept: Kept, user: str) -> Role | None:
        try:
            one = person(zendesk_only(self._accounts(kept.installation)), user)
        except errors.Forbidden:
            raise
        except errors.Rejected:
            return None
        return "admin" if one.admin else "agent" if one.agent else None
