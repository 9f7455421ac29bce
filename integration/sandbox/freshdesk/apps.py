"""An installed app, and what the platform does for it: its settings, the requests that are made for
it, and the events that it is told of.

developers.freshworks.com/docs/app-sdk/v3.0. Different from there: settings that the app's
``onAppInstall`` refuses are kept, and the refusal is told, since the service of a demo may start
later; and a handler is told of a host on this machine (``asking``) without its port, for the same
reason as there is none in an account.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from integration.sandbox.freshdesk import asking, events
from integration.sandbox.freshdesk.asking import Came, Refused
from integration.sandbox.freshdesk.bundles import INSTALLED, TICKET_CREATED, Bundle
from integration.sandbox.freshdesk.records import Actor, Change, Ticket
from integration.sandbox.freshdesk.serverless import NO_NODE, Ran, Running
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

_LOG = logging.getLogger(__name__)
_KEPT: Final = 200
_NEW: Final = (None, "create")


@dataclass(frozen=True, slots=True)
class Told:
    """An event that the app was told of: when (as the API writes it), and how that ended."""

    event: str
    at: str
    ticket_id: int | None
    ran: Ran


class App:
    """An installed app. Settings and what was told are read and changed under the account's lock;
    requests are made, and handlers run, without it."""

    def __init__(self, account: Account, bundle: Bundle, name: str) -> None:
        self.id: int = account.next_id("app")
        self.bundle = bundle
        self.name = name
        self.told: deque[Told] = deque(maxlen=_KEPT)
        self._account = account
        self._values = {
            one.name: one.default for one in bundle.iparams.values() if one.default is not None
        }
        self._asked: deque[float] = deque()
        self._asking = threading.Lock()
        self._running = Running()
        self._pool = ThreadPoolExecutor(2, "freshdesk-handler")
        self._without_node = False

    # -- settings ---------------------------------------------------------------------------------

    @property
    def settings(self) -> Json:
        """The settings that an app's page may read: all but the secure ones."""
        return {name: value for name, value in self._values.items() if not self.bundle.secure(name)}

    @property
    def lacking(self) -> list[str]:
        """The settings that must be there and are not."""
        given = self.bundle.iparams.values()
        return [one.name for one in given if one.required and not self._values.get(one.name)]

    @property
    def refused(self) -> str:
        """Why the settings do not do, in the app's own words; empty where they do, or where that
        is not known."""
        newest = next((one.ran for one in reversed(self.told) if one.event == INSTALLED), None)
        return "" if newest is None or newest.outcome in ("done", "not run") else newest.words

    def put(self, given: Mapping[str, Any]) -> None:
        """Set settings; those that are not named stay as they are. Once none is lacking, the app is
        told that it is installed. ValueError as of ``Bundle.check``."""
        self.bundle.check(given)
        self._values |= given
        self._account.touched()
        if given and not self.lacking:
            self._tell(INSTALLED, events.installed(self._account, self._as_told()), None)

    def _as_told(self) -> Json:
        """All settings, as a handler gets them."""
        return {name: asking.without_port(value) for name, value in self._values.items()}

    # -- requests ---------------------------------------------------------------------------------

    def ask(self, template: str, given: Any, *, handler: bool = False) -> Came:
        """Make a request for a page of the app, or for a ``handler``. Not to be called under the
        account's lock: what is asked may ask this account."""
        account = self._account
        with account.lock:
            values = dict(self._values)
        if not self._may():
            return asking.failed(429, "The app has asked too often in this minute")
        try:
            sent = asking.prepared(self.bundle, values, template, given, handler=handler)
        except Refused as error:
            return asking.failed(400, str(error))
        return asking.made(sent, account.agenda.pause)

    def _may(self) -> bool:
        if not self._account.options.limited:
            return True
        now = self._account.now().timestamp()
        with self._asking:
            while self._asked and now - self._asked[0] >= 60:
                self._asked.popleft()
            if len(self._asked) >= asking.MOST_IN_A_MINUTE:
                return False
            self._asked.append(now)
            return True

    # -- events -----------------------------------------------------------------------------------

    def happened(self, account: Account, ticket: Ticket, changed: Change, actor: Actor) -> None:
        """Tell the app of a ticket that was just filed; of nothing else. Whatever becomes of it,
        the ticket is filed."""
        if changed.get("ticket_action") == _NEW and not self.lacking:
            payload = events.created(account, ticket, actor, self._as_told())
            self._tell(TICKET_CREATED, payload, ticket.id)

    def _tell(self, event: str, payload: Json, ticket_id: int | None) -> None:
        handler, agenda = self.bundle.handlers.get(event), self._account.agenda
        if handler is None or agenda.closed():
            return
        agenda.begin()
        try:
            work = self._pool.submit(self._run, event, handler, payload, ticket_id)
        except RuntimeError:  # closed in this very moment
            agenda.end()
        else:
            work.add_done_callback(lambda _: agenda.end())

    def _run(self, event: str, handler: str, payload: Json, ticket_id: int | None) -> None:
        account = self._account
        ran = self._running.run(
            self.bundle.server,
            handler,
            event,
            payload,
            lambda name, given: self.ask(name, given, handler=True),
        )
        with account.lock:
            self.told.append(Told(event, account.stamp(), ticket_id, ran))
            account.touched()
            self._say(ran)

    def _say(self, ran: Ran) -> None:
        if ran.words == NO_NODE and not self._without_node:
            self._without_node = True
            _LOG.warning(NO_NODE)

    def close(self) -> None:
        """End what runs; what waits is dropped."""
        self._running.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
