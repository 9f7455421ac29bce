"""A Freshdesk account with tickets of the past, as ``past`` has one of Zendesk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from integration import catalogue
from integration.sandbox.faults import Faults
from integration.sandbox.freshdesk import Options
from integration.sandbox.freshdesk.records import Ticket
from tests.integration.past import Clock, Past
from tests.integration.place_freshdesk import FreshdeskPlace, freshdesk_place

STATUSES: Mapping[str, int] = {"open": 2, "pending": 3, "solved": 4, "closed": 5}


class PastFreshdesk(Past):
    """An account in the stand-in; what is filed in it is filed an hour ago."""

    place: FreshdeskPlace
    tags_by_itself = False

    @property
    def environ(self) -> Mapping[str, str]:
        return self.place.environ

    @property
    def faults(self) -> Faults:
        return self.place.faults

    def kept(self, ticket_id: str) -> Ticket:
        """A ticket as the stand-in has it."""
        return self.place.sandbox.account.ticket(int(ticket_id))

    def file(self, facts: Mapping[str, object] | None = None, **given: Any) -> str:
        values = self.claim(facts)
        with self.an_hour_ago():
            filed = self.place.file(values, "Customer 1", "customer1@example.com", "Broken", "Help")
            if given:
                self.place.save(filed, **given)
        return str(filed)

    def edit(
        self,
        ticket_id: str,
        *,
        past: bool = True,
        values: Mapping[str, object] | None = None,
        additional_tags: tuple[str, ...] | list[str] = (),
        status: str = "",
        **patch: Any,
    ) -> None:
        if status:
            patch["status"] = STATUSES[status]
        if patch.get("priority") == "low":
            patch["priority"] = 1 if self.kept(ticket_id).attributes["priority"] != 1 else 2
        if past:
            with self.an_hour_ago():
                self._edit(ticket_id, values or {}, additional_tags, patch)
        else:
            self._edit(ticket_id, values or {}, additional_tags, patch)

    def _edit(
        self, ticket_id: str, values: Mapping[str, object], tags: Any, patch: Mapping[str, Any]
    ) -> None:
        if values or tags:
            self.place.change(int(ticket_id), values, tags)
        if patch:
            self.place.save(int(ticket_id), **patch)

    def remove(self, ticket_id: str) -> None:
        self.place.delete(int(ticket_id))

    def verdict(self, ticket_id: str) -> object:
        value = self.place.fields(int(ticket_id))["verdict"]
        return value and catalogue.meaning("verdict", str(value))

    def tags(self, ticket_id: str) -> frozenset[str]:
        return self.place.tags(int(ticket_id))

    def status(self, ticket_id: str) -> str:
        numbers = {number: name for name, number in STATUSES.items()}
        return numbers[self.kept(ticket_id).attributes["status"]]

    def ticked(self, ticket_id: str) -> bool:
        return self.place.fields(int(ticket_id))["claim"] is True

    def notes(self, ticket_id: str) -> list[str]:
        return self.place.notes(int(ticket_id))

    def public(self, ticket_id: str) -> int:
        """What the customer wrote, and was told."""
        return 1 + len(self.place.replies(int(ticket_id)))

    def requests(self, method: str = "", path: str = "") -> int:
        return self.place.asked(path, method)

    def refused(self) -> int:
        """How many requests were refused because there were too many."""
        rows = self.place.sandbox.account.requests.kinds()
        return sum(int(one["count"]) for one in rows if one["status"] == 429)

    def forget_requests(self) -> None:
        self.place.sandbox.account.requests.clear()


@contextmanager
def past_freshdesk(
    monkeypatch: pytest.MonkeyPatch, *, clock: Clock | None = None, **options: Any
) -> Iterator[PastFreshdesk]:
    """The account, with everything put in place and its rules quiet."""
    clock = clock or Clock()
    chosen = Options(**{"limited": False, "clock": clock, **options})
    with freshdesk_place(monkeypatch, "http://127.0.0.1:9", chosen) as place:
        place.deafen()
        past = PastFreshdesk(place.sandbox, clock, place.bindings, replace(place.installation))
        past.place = place
        past.forget_requests()
        yield past
