"""The stand-in for a helpdesk as `warranty bench service` uses it: tickets filed, requests
counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any, Final, Protocol

from integration.commands.demo_claims import DemoClaim, demo_claims
from integration.commands.stage import Stage
from integration.installation import HelpdeskName
from integration.vendors.zendesk_things import WEBHOOK

_BATCH: Final = 100  # tickets that Zendesk's API creates at once
_TICKET: Final = "/api/v2/tickets/{id}"
_KINDS: Final = ("read", "preview", "write", "other", "refused")
_BULK_TAG: Final = "bench_bulk"
_PERSON: Final = {"name": "Customer", "email": "customer@example.com"}


@dataclass(frozen=True, slots=True)
class Plan:
    """An account's requests a minute, and how many of them may be updates of tickets."""

    requests: int
    updates: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the app asked of the helpdesk: how many requests of each kind (``read``, ``preview``,
    ``write``, ``other``, and ``refused``), how many were ``too_many`` (429), and when the first
    and the last was answered (seconds since 1970; 0: none was)."""

    requests: Mapping[str, int]
    too_many: int
    first: float
    last: float


class Desk(Protocol):
    """The helpdesk of a stage, as the measurement sees it. ``plan`` is the one whose limits are
    tried; ``bulk_options`` are what `warranty backfill` is told to find what ``file_past`` has
    filed."""

    plan: Plan
    bulk_options: Sequence[str]

    def __init__(self, stage: Stage) -> None: ...

    def file_one(self) -> int:
        """File a claim, as a customer does; its id."""
        ...

    def quiet(self) -> None:
        """From here on nobody hears of what is filed."""
        ...

    def file_many(self, number: int) -> list[int]:
        """File claims, many at a time; their ids."""
        ...

    def file_past(self, number: int) -> list[int]:
        """The same, for a backfill to find."""
        ...

    def limit(self, on: bool) -> None:
        """Set the plan's limits, or none; they are counted afresh."""
        ...

    def count_afresh(self) -> None:
        """Forget what was asked so far."""
        ...

    def asked(self) -> Asked:
        """What the app has asked since then."""
        ...

    def written(self, tickets: Sequence[int]) -> dict[int, float]:
        """When each of these tickets was first written by a request of its own (seconds since
        1970), of those that were."""
        ...


class _Desk:
    """What both have in common."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._claims = cycle(demo_claims(datetime.now(UTC).date()))

    def file_one(self) -> int:
        claim = next(self._claims)
        return self._stage.file(claim.subject, claim.text, claim.facts, _PERSON)

    def count_afresh(self) -> None:
        self._stage.control("DELETE", "requests")

    def asked(self) -> Asked:
        rows = self._stage.control("GET", "requests")["requests"]
        # The other client is ourselves.
        ours = [row for row in rows if not row["client"].startswith("python-requests")]
        counts = dict.fromkeys(_KINDS, 0)
        for row in ours:
            counts[_kind(row)] += row["count"]
        return Asked(
            counts,
            sum(row["count"] for row in ours if row["status"] == 429),
            min((row["first"] for row in ours), default=0.0),
            max((row["last"] for row in ours), default=0.0),
        )

    def written(self, tickets: Sequence[int]) -> dict[int, float]:
        paths = {f"/api/v2/tickets/{ticket}": ticket for ticket in tickets}
        done: dict[int, float] = {}
        for row in self._stage.control("GET", "requests?writes")["writes"]:
            if row["path"] in paths and row["method"] == "PUT" and row["status"] == 200:
                done.setdefault(paths[row["path"]], row["at"])
        return done


class ZendeskDesk(_Desk):
    """See ``Desk``: the plan is "Professional"."""

    plan = Plan(requests=400, updates=100)
    bulk_options: Sequence[str] = ("--search", f"tags:{_BULK_TAG}")

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        user = stage.call("POST", "users/create_or_update.json", {"user": _PERSON})["user"]
        self._customer = int(user["id"])

    def quiet(self) -> None:
        rows = self._stage.call("GET", "webhooks")["webhooks"]
        (ours,) = (row for row in rows if row["name"] == WEBHOOK)
        self._stage.call("PATCH", f"webhooks/{ours['id']}", {"webhook": {"status": "inactive"}})

    def file_many(self, number: int) -> list[int]:
        return self._filed(number)

    def file_past(self, number: int) -> list[int]:
        return self._filed(number, _BULK_TAG)

    def _filed(self, number: int, *tags: str) -> list[int]:
        ids: list[int] = []
        while len(ids) < number:
            claims = islice(self._claims, min(_BATCH, number - len(ids)))
            rows = [{**self._ticket(claim), "tags": list(tags)} for claim in claims]
            job = self._stage.call("POST", "tickets/create_many.json", {"tickets": rows})
            path = f"job_statuses/{job['job_status']['id']}.json"
            results = self._stage.call("GET", path)["job_status"]["results"]
            ids += [int(row["id"]) for row in results]
        return ids

    def limit(self, on: bool) -> None:
        plan = {"account": self.plan.requests, "ticket_updates": self.plan.updates}
        self._stage.control("PUT", "limits", {"enabled": on, **(plan if on else {})})

    def _ticket(self, claim: DemoClaim) -> dict[str, Any]:
        return {
            "subject": claim.subject,
            "comment": {"body": claim.text, "author_id": self._customer},
            "requester_id": self._customer,
            "submitter_id": self._customer,
            "custom_fields": self._stage.claim_fields(claim.facts),
        }


class FreshdeskDesk(_Desk):
    """See ``Desk``: the plan is "Growth". A search there is minutes behind, so that a backfill is
    told of days; what it is to find was filed a week ago, and nothing else was."""

    plan = Plan(requests=200, updates=80)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        day = datetime.now(UTC) - _WEEK
        self.bulk_options: Sequence[str] = (
            *("--since", f"{day - _DAY:%Y-%m-%d}"),
            *("--until", f"{day + _DAY:%Y-%m-%d}"),
        )

    def quiet(self) -> None:
        """Nothing is to be done: who files many at once does it quietly."""

    def file_many(self, number: int) -> list[int]:
        return self._filed(number)

    def file_past(self, number: int) -> list[int]:
        return self._filed(number, age=_WEEK.total_seconds())

    def _filed(self, number: int, **more: float) -> list[int]:
        rows = [self._ticket(claim) for claim in islice(self._claims, number)]
        made = self._stage.control("POST", "tickets", {"tickets": rows, "quiet": True, **more})
        return [int(one) for one in made["ids"]]

    def limit(self, on: bool) -> None:
        self._stage.control("PUT", "limits", {"limited": on, **({"plan": "growth"} if on else {})})

    def _ticket(self, claim: DemoClaim) -> dict[str, Any]:
        return {
            **_PERSON,
            "subject": claim.subject,
            "description": claim.text,
            "custom_fields": self._stage.fields(claim.facts),
        }


_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
DESKS: Final[Mapping[HelpdeskName, type[Desk]]] = {
    "zendesk": ZendeskDesk,
    "freshdesk": FreshdeskDesk,
}


def _kind(row: Mapping[str, Any]) -> str:
    """What a request of the app was for."""
    if row["status"] >= 400:
        return "refused"
    if row["path"].endswith("/apply") or row["path"].startswith("/api/v2/canned_responses/"):
        return "preview"
    if row["path"] == _TICKET and row["method"] in ("GET", "PUT"):
        return "read" if row["method"] == "GET" else "write"
    return "other"
