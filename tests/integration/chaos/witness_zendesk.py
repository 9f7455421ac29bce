"""Zendesk's word: deliveries have names, and every update is one audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from integration.helpdesks import Ticket
from integration.helpdesks.zendesk_ticket import ticket_from
from integration.sandbox import records
from integration.sandbox.options import Limits, Options
from integration.store import Store
from tests.integration.chaos import history
from tests.integration.chaos.history import Moment
from tests.integration.chaos.witness import DELIVERY, Delivery, Witness, stored, ticket_of


class ZendeskWitness(Witness):
    """See ``Witness``."""

    apart = False
    broken = staticmethod(history.broken)

    def options(self, clock: Callable[[], Any]) -> Options:
        return Options(
            limits=Limits(enabled=False), webhook_workers=16, webhook_timeout=5.0, clock=clock
        )

    def begin(self, place: Any) -> None:
        self._place = place
        self._state = place.sandbox.state

    def sent(self) -> list[Delivery]:
        with self._state.lock:
            hooks = list(self._state.webhooks.values())
            rows = [(hook, one) for hook in hooks for one in reversed(hook.invocations)]
            found = []
            for hook, one in rows:
                body = str(hook.attempts[one["id"]][0]["request"]["payload"]).encode()
                accepted = one["status"] == "succeeded"
                found.append(Delivery(one["id"], ticket_of(body), body, accepted))
        return found

    def named(self, delivery: Delivery) -> Mapping[str, str]:
        return {"X-Zendesk-Webhook-Invocation-Id": delivery.id}

    def lost(self, delivered: list[Delivery], again: Counter[int], store: Store) -> list[str]:
        events = stored(store, DELIVERY)
        return [
            f"delivery {one.id} was accepted and is stored {events[one.id]} times"
            for one in delivered
            if one.accepted and events[one.id] != 1
        ]

    def life(self, ticket: int) -> list[Moment]:
        with self._state.lock:
            audits = [dict(audit) for audit in self._state.tickets[ticket].audits]
        return history.moments(audits, self._place.bindings, int(self._state.app_user["id"]))

    def ticket(self, ticket: int) -> Ticket:
        with self._state.lock:
            native = records.ticket_json(self._state, self._state.tickets[ticket])
        return ticket_from(native, "main", self._place.bindings)
