"""Bulk work and its job status.

developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses. The work is done
before the first answer, which says "queued" all the same; whoever asks again hears the outcome.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from integration.sandbox import tickets
from integration.sandbox.errors import ApiError, bad_request
from integration.sandbox.options import Json
from integration.sandbox.records import Actor

if TYPE_CHECKING:
    from integration.sandbox.state import State

MOST = 100


def _limited(rows: Sequence[Any]) -> None:
    if len(rows) > MOST:
        words = f"Parameter  cannot specify more than {MOST} values"
        raise bad_request("TooManyValues", words, max_count=MOST)


def _job(state: State, results: list[Json]) -> Json:
    """Keep a finished job; the answer is what it looked like before it began."""
    identity = f"V3-{secrets.token_hex(16)}"
    queued: Json = {
        "id": identity,
        "url": state.link(f"job_statuses/{identity}"),
        "total": len(results),
        "progress": None,
        "status": "queued",
        "message": None,
        "results": None,
    }
    at = state.now().strftime("%Y-%m-%d %H:%M:%S +0000")
    state.jobs[identity] = {
        **queued,
        "progress": len(results),
        "status": "completed",
        "message": f"Completed at {at}",
        "results": results,
    }
    return {"job_status": queued}


def create_many(state: State, rows: Sequence[Json], actor: Actor) -> Json:
    _limited(rows)
    results: list[Json] = []
    for index, given in enumerate(rows):
        try:
            record, _ = tickets.create(state, given, actor)
        except ApiError as error:
            results.append({**_failure("create", 0, error), "index": index})
        else:
            account = state.options.account_id
            results.append({"index": index, "id": record.id, "account_id": account})
    return _job(state, results)


def _each(
    ids: Sequence[int], action: str, word: str, work: Callable[[int, int], object]
) -> list[Json]:
    results: list[Json] = []
    for place, ticket_id in enumerate(ids):
        try:
            work(place, ticket_id)
        except ApiError as error:
            results.append(_failure(action, ticket_id, error))
        else:
            results.append({"action": action, "status": word, "success": True, "id": ticket_id})
    return results


def _failure(action: str, ticket_id: int, error: ApiError) -> Json:
    details = error.body.get("details")
    rows = [row["description"] for group in (details or {}).values() for row in group]
    return {
        "action": action,
        "id": ticket_id,
        "success": False,
        "error": str(error.body.get("error")),
        "details": "; ".join(rows) or str(error.body.get("description")),
    }


def update_same(state: State, ids: Sequence[int], patch: Json, actor: Actor) -> Json:
    """The same change to many tickets (``?ids=``)."""
    _limited(ids)
    return _job(
        state,
        _each(ids, "update", "Updated", lambda _, key: tickets.update(state, key, patch, actor)),
    )


def update_each(state: State, rows: Sequence[Json], actor: Actor) -> Json:
    """To each ticket its own change (``{"tickets": […]}``)."""
    _limited(rows)
    ids = [int(row.get("id") or 0) for row in rows]
    return _job(
        state,
        _each(
            ids,
            "update",
            "Updated",
            lambda place, key: tickets.update(state, key, rows[place], actor),
        ),
    )


def destroy_many(state: State, ids: Sequence[int], actor: Actor) -> Json:
    _limited(ids)
    return _job(
        state, _each(ids, "delete", "Deleted", lambda _, key: tickets.delete(state, key, actor))
    )
