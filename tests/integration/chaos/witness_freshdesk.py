"""Freshdesk's word: deliveries have no names, and a note is an event of its own.

It checks no version: whoever saves between the app's last reading and its update is overwritten
where both write the same, and that is all tags, since they are one list. So it is taken down how
much of a ticket's life each update of the app's could know (``Moment.unseen``).
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from integration.connections import freshdesk_account
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.freshdesk_ticket import ticket_from
from integration.helpdesks.values import to_ours
from integration.sandbox.freshdesk import Options, records, telling
from integration.sandbox.freshdesk.state import Account
from integration.store import Store
from tests.integration.chaos import history_apart
from tests.integration.chaos.history import Moment
from tests.integration.chaos.witness import TICKET, Delivery, Witness, stored

_NOTE = ("note_type", "reply_sent")
_TICKET = re.compile(r"/api/v2/tickets/(\d+)\Z")


class FreshdeskWitness(Witness):
    """See ``Witness``."""

    apart = True
    broken = staticmethod(history_apart.broken)

    def options(self, clock: Callable[[], Any]) -> Options:
        return Options(
            limited=False,
            webhook_workers=16,
            webhook_timeout=5.0,
            webhook_retries=(),
            clock=clock,
        )

    def begin(self, place: Any) -> None:
        self._place = place
        self._account: Account = place.sandbox.account
        (self._app,) = (
            who for key, who in self._account.keys.items() if key == place.installation.api_key
        )
        self._knows: dict[tuple[int, int], int] = {}
        self._now = threading.local()
        react = self._account.react

        def heard(account: Account, ticket: Any, changed: Any, actor: Any) -> None:
            if actor.door == "api" and (knew := getattr(self._now, "knows", None)) is not None:
                self._knows[ticket.id, len(ticket.history) - 1] = knew
            react(account, ticket, changed, actor)

        self._account.react = heard

    def reading(self, path: str) -> int | None:
        match = _TICKET.match(path)
        ticket = self._account.tickets.get(int(match[1])) if match else None
        return None if ticket is None else len(ticket.history)

    def writing(self, knows: int | None) -> None:
        self._now.knows = knows

    def sent(self) -> list[Delivery]:
        return [
            Delivery(
                str(row["id"]), row["ticket_id"], row["body"].encode(), row["state"] == "delivered"
            )
            for row in self._place.deliveries()
            if row["attempts"]
        ]

    def named(self, delivery: Delivery) -> Mapping[str, str]:
        return {}

    def lost(self, delivered: list[Delivery], again: Counter[int], store: Store) -> list[str]:
        events = stored(store, TICKET)
        accepted = again + Counter(one.ticket for one in self.sent() if one.accepted)
        return [
            f"{number} deliveries were accepted and {events[str(ticket)]} are stored"
            for ticket, number in accepted.items()
            if events[str(ticket)] < number
        ]

    def life(self, ticket: int) -> list[Moment]:
        with self._account.lock:
            native = self._account.ticket(ticket)
            knows = [self._knows.get((ticket, n)) for n in range(len(native.history))]
            return moments(native, self._place.bindings, self._app, knows)

    def ticket(self, ticket: int) -> Ticket:
        with self._account.lock:
            native = telling.whole(self._account, self._account.ticket(ticket))
        return ticket_from(
            native, freshdesk_account(self._place.installation), self._place.bindings
        )


def moments(
    native: records.Ticket, bindings: Bindings, app: int, knows: list[int | None]
) -> list[Moment]:
    """A ticket after each of its events, the oldest first: worked out backwards from what it is
    now. ``app`` is the app's agent, ``knows`` how many events each update could know."""
    custom, tags = dict(native.custom), list(native.tags)
    after = []
    for row in reversed(native.history):
        after.append((row, dict(custom), frozenset(tags)))
        for name, (before, _) in row["changed"].items():
            if name == "tags":
                tags = list(before)
            elif name in custom:
                custom[name] = before
    after.reverse()
    keys = {name: key for key, name in bindings.fields.items()}
    said = iter(native.conversations)
    found: list[Moment] = []
    before: frozenset[str] = frozenset()
    ours = [row["actor"].door == "api" and row["actor"].id == app for row, _, _ in after]
    for number, (row, values, now) in enumerate(after):
        changed = set(row["changed"])
        told = [next(said) for name in _NOTE if name in changed]
        touched = changed - {"tags", *_NOTE, "ticket_action"}
        knew = knows[number]
        fields = {key: to_ours(bindings, key, values.get(name)) for name, key in keys.items()}
        found.append(
            Moment(
                row["at"],
                ours[number],
                {key: str(value or "") for key, value in fields.items()},
                now,
                frozenset(keys.get(name, name) for name in touched),
                now - before,
                before - now,
                tuple(one["body"] for one in told if one["private"]),
                sum(1 for one in told if not one["private"] and not one["incoming"]),
                unseen=knew is not None and not all(ours[knew:number]),
            )
        )
        before = now
    return found
