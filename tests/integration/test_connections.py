"""Connections to helpdesks, and what is kept from one review to the next: sockets, not tickets."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import responses

from integration import budgets, errors
from integration.config import Installation
from integration.connections import CachedBindings, Connections
from integration.helpdesks import Bindings, TicketRef

MAIN = Installation("main", subdomain="acme", token="TOKEN")
OTHER = Installation("other", subdomain="umbrella", token="OTHER")
TICKET: dict[str, Any] = {
    "id": 7,
    "status": "open",
    "tags": [],
    "custom_fields": [{"id": 1, "value": "old"}],
    "created_at": "2026-05-01T08:00:00Z",
    "updated_at": "2026-05-01T08:00:00Z",
}
URL = "https://acme.zendesk.com/api/v2/tickets/7.json"


def test_a_thread_keeps_its_line_and_shares_it_with_no_other() -> None:
    """One line for each thread and account; another thread, and another account, have their own."""
    connections = Connections()
    mine = connections.line(MAIN)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(connections.line(MAIN)))
    thread.start()
    thread.join()
    assert connections.line(MAIN) is mine
    assert connections.line(OTHER) is not mine
    assert found[0] is not mine
    assert found[0].account is mine.account  # type: ignore[attr-defined]


def test_what_one_review_read_is_not_there_for_the_next() -> None:
    """A preview is compared with the ticket as this review reads it, never with what an earlier one
    on the same line has read."""
    connections = Connections()
    after = {"result": {"ticket": {"priority": "high"}}}
    with responses.RequestsMock() as zendesk:
        zendesk.get(URL, json={"ticket": {**TICKET, "priority": "high"}})
        connections(MAIN, Bindings()).get(TicketRef("main", "7"))
        zendesk.replace(responses.GET, URL, json={"ticket": {**TICKET, "priority": "low"}})
        zendesk.get(f"{URL.removesuffix('.json')}/macros/5/apply.json", json=after)
        rendered = connections(MAIN, Bindings()).render(TicketRef("main", "7"), "5")
        assert rendered.effects == {"priority": "high"}
        assert len(zendesk.calls) == 3


def test_each_request_is_counted_where_it_is_sent() -> None:
    """What a piece of work sends is spent by it, with the limit that the helpdesk tells of; what is
    sent outside of one is nobody's."""
    connections = Connections()
    with responses.RequestsMock() as zendesk:
        zendesk.get(URL, json={"ticket": TICKET}, headers={"X-Rate-Limit": "400"})
        ref = TicketRef("main", "7")
        connections(MAIN, Bindings()).get(ref)
        with budgets.counting() as spent:
            connections(MAIN, Bindings()).get(ref)
            zendesk.replace(responses.GET, URL, status=503)
            with pytest.raises(errors.Unavailable):
                connections(MAIN, Bindings()).get(ref)
    assert (spent.requests, spent.updates, spent.limit) == (2, 0, 400)


# -- field bindings -------------------------------------------------------------------------------

OLD, NEW = Bindings(fields={"stamp": "1"}), Bindings(fields={"stamp": "2"})


class Shelf:
    """Bindings as a store has them, and how often it was asked; a clock besides."""

    def __init__(self, bindings: Bindings | None) -> None:
        self.bindings, self.asked, self.time = bindings, 0, 0.0

    def load(self, installation: str) -> Bindings | None:
        self.asked += 1
        return self.bindings

    def clock(self) -> float:
        return self.time


def test_bindings_are_read_anew_after_some_seconds() -> None:
    """Within them the store is left alone; then what was installed meanwhile counts."""
    shelf = Shelf(OLD)
    bindings = CachedBindings(shelf.load, 5.0, shelf.clock)
    assert [bindings("main") for _ in range(3)] == [OLD] * 3
    shelf.bindings, shelf.time = NEW, 4.9
    assert bindings("main") == OLD
    shelf.time = 5.0
    assert bindings("main") == NEW
    assert shelf.asked == 2


def test_that_there_are_none_is_not_remembered() -> None:
    """The first installation counts at once; and each installation has bindings of its own."""
    shelf = Shelf(None)
    bindings = CachedBindings(shelf.load, 5.0, shelf.clock)
    assert bindings("main") is None
    shelf.bindings = OLD
    assert bindings("main") == OLD
    shelf.bindings = NEW
    assert (bindings("other"), bindings("main")) == (NEW, OLD)


def test_a_store_that_is_away_is_said() -> None:
    """Bindings that are too old are not used in place of what cannot be read."""

    def load(installation: str) -> Bindings | None:
        raise errors.Unavailable("store: away")

    shelf = Shelf(OLD)
    bindings = CachedBindings(shelf.load, 5.0, shelf.clock)
    bindings("main")
    bindings._load, shelf.time = load, 6.0
    with pytest.raises(errors.Unavailable):
        bindings("main")


def test_where_a_field_is_gone_the_bindings_are_read_anew() -> None:
    """The next review after a FieldGone asks the store; other errors leave things as they are."""
    shelf = Shelf(OLD)
    bindings = CachedBindings(shelf.load, 5.0, shelf.clock)
    failure: list[errors.HelpdeskError] = [errors.NotFound("ticket 7"), errors.FieldGone("stamp")]

    def review(installation: str, ticket: str) -> str:
        bindings(installation)
        if failure:
            raise failure.pop(0)
        return f"{installation} {ticket}"

    heeded = bindings.heeding(review)
    with pytest.raises(errors.NotFound):
        heeded("main", "7")
    with pytest.raises(errors.FieldGone):
        heeded("main", "7")
    assert shelf.asked == 1
    assert heeded("main", "7") == "main 7"
    assert shelf.asked == 2
