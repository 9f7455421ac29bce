"""What a helpdesk itself tells of a run: what it sent, and what its tickets went through."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from integration.helpdesks import Ticket
from integration.jobs import EVENTS
from integration.store import Store
from tests.integration.chaos.history import Broken, Known, Moment


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as the helpdesk sent it, and whether it was ever answered 2xx."""

    id: str
    ticket: int
    body: bytes
    accepted: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the app's to the helpdesk: when it came and was answered (time.monotonic), what
    for, and the answer's status."""

    began: float
    ended: float
    method: str
    path: str
    status: int


class Witness(ABC):
    """One helpdesk's word. ``apart``: it takes a change and a message in two requests, and checks
    no version."""

    apart: bool
    broken: Callable[[int, list[Moment], Known], list[Broken]]
    """Every promise that a ticket's life broke."""

    @abstractmethod
    def options(self, clock: Callable[[], Any]) -> Any:
        """The stand-in's options for a run."""

    @abstractmethod
    def begin(self, place: Any) -> None:
        """Watch this place from now on."""

    @abstractmethod
    def sent(self) -> list[Delivery]:
        """Every webhook so far, the oldest first; ``accepted`` by the answers that it saw."""

    @abstractmethod
    def named(self, delivery: Delivery) -> Mapping[str, str]:
        """The headers that name a delivery, where it has a name."""

    @abstractmethod
    def lost(self, delivered: list[Delivery], again: Counter[int], store: Store) -> list[str]:
        """Deliveries that were accepted and are not among the stored events as they should be;
        ``again`` counts by ticket those that we sent again and that were accepted."""

    @abstractmethod
    def life(self, ticket: int) -> list[Moment]:
        """What a ticket went through."""

    @abstractmethod
    def ticket(self, ticket: int) -> Ticket:
        """A ticket as the app would read it now."""

    def reading(self, path: str) -> int | None:
        """A request that reads a ticket begins: how much of its life it can know."""
        return None

    def writing(self, knows: int | None) -> None:  # noqa: B027
        """A request that writes begins, in this thread; ``knows``: what the last reading of its
        ticket could know."""


def ticket_of(body: bytes) -> int:
    """The ticket that a webhook's body names."""
    return int(json.loads(body)["ticket_id"])


def stored(store: Store, column: Any) -> Counter[Any]:
    """How often each value of a column is among the stored events."""
    query = select(column, func.count()).group_by(column)
    with store.read() as connection:
        return Counter({row[0]: row[1] for row in connection.execute(query)})


DELIVERY, TICKET = EVENTS.c.delivery_id, EVENTS.c.ticket_id
