"""The stand-in for Zendesk as `warranty bench service` uses it: tickets filed, requests counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any, Final

from integration.commands.demo_claims import DemoClaim, demo_claims
from integration.commands.stage import Stage
from integration.vendors.zendesk_things import WEBHOOK

BATCH: Final = 100  # tickets that the API creates at once
_TICKET: Final = "/api/v2/tickets/{id}"
_KINDS: Final = ("read", "preview", "write", "other", "refused")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the app asked of the helpdesk: how many requests of each kind (``read``, ``preview``,
    ``write``, ``other``, and ``refused``), how many were ``too_many`` (429), and when the first
    and the last was answered (seconds since 1970; 0: none was)."""

    requests: Mapping[str, int]
    too_many: int
    first: float
    last: float


class Desk:
    """The helpdesk of a stage, as the measurement sees it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._claims = cycle(demo_claims(datetime.now(UTC).date()))
        person = {"name": "Customer", "email": "customer@example.com"}
        user = stage.call("POST", "users/create_or_update.json", {"user": person})["user"]
        self._customer = int(user["id"])

    def file_one(self) -> int:
        """File a claim, as a customer does; its id."""
        claim = self._ticket(next(self._claims))
        made = self._stage.call("POST", "tickets.json", {"ticket": claim})
        return int(made["ticket"]["id"])

    def file_many(self, number: int, *tags: str) -> list[int]:
        """File claims, a hundred at a time; their ids."""
        ids: list[int] = []
        while len(ids) < number:
            size = min(BATCH, number - len(ids))
            rows = [
                {**self._ticket(claim), "tags": list(tags)} for claim in islice(self._claims, size)
            ]
            job = self._stage.call("POST", "tickets/create_many.json", {"tickets": rows})
            path = f"job_statuses/{job['job_status']['id']}.json"
            results = self._stage.call("GET", path)["job_status"]["results"]
            ids += [int(row["id"]) for row in results]
        return ids

    def without_stamp(self, tickets: Sequence[int]) -> int:
        """How many of these tickets do not carry the stamp of a review."""
        stamp, left = int(self._stage.bindings.fields["stamp"]), 0
        for start in range(0, len(tickets), BATCH):
            ids = ",".join(map(str, tickets[start : start + BATCH]))
            rows = self._stage.call("GET", f"tickets/show_many.json?ids={ids}")["tickets"]
            values = [{f["id"]: f["value"] for f in row["custom_fields"]} for row in rows]
            left += sum(not value.get(stamp) for value in values)
        return left

    def _ticket(self, claim: DemoClaim) -> dict[str, Any]:
        return {
            "subject": claim.subject,
            "comment": {"body": claim.text, "author_id": self._customer},
            "requester_id": self._customer,
            "submitter_id": self._customer,
            "custom_fields": self._stage.claim_fields(claim.facts),
        }

    def set_webhook(self, status: str) -> None:
        """Switch the app's webhook: ``active`` or ``inactive``."""
        rows = self._stage.call("GET", "webhooks")["webhooks"]
        (ours,) = (row for row in rows if row["name"] == WEBHOOK)
        self._stage.call("PATCH", f"webhooks/{ours['id']}", {"webhook": {"status": status}})

    def set_limits(self, **limits: int | bool) -> None:
        """Set rate limits, a minute (see the sandbox's ``Limits``); they are counted afresh."""
        self._stage.control("PUT", "limits", limits)

    def count_afresh(self) -> None:
        """Forget what was asked so far."""
        self._stage.control("DELETE", "requests")

    def asked(self) -> Asked:
        """What the app has asked since then."""
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
        """When each of these tickets was first written by a request of its own (seconds since
        1970), of those that were."""
        paths = {f"/api/v2/tickets/{ticket}": ticket for ticket in tickets}
        done: dict[int, float] = {}
        for row in self._stage.control("GET", "requests?writes")["writes"]:
            if row["path"] in paths and row["method"] == "PUT" and row["status"] == 200:
                done.setdefault(paths[row["path"]], row["at"])
        return done


def _kind(row: Mapping[str, Any]) -> str:
    """What a request of the app was for."""
    if row["status"] >= 400:
        return "refused"
    if row["path"].endswith("/apply"):
        return "preview"
    if row["path"] == _TICKET and row["method"] in ("GET", "PUT"):
        return "read" if row["method"] == "GET" else "write"
    return "other"
