"""Bulk work and its job status.

developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses. The first answer says
"queued". With ``Options.job_pause`` a job is then worked on in the background, ticket by ticket
and each for itself, while others go on changing tickets: whoever asks hears "working" with its
progress, and the results once it is "completed". Without, it is done before anybody can ask again.
At most 30 jobs may be queued or working (…/introduction/rate-limits, "Job limit").
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from integration.sandbox import tickets
from integration.sandbox.errors import ApiError, bad_request
from integration.sandbox.options import Json
from integration.sandbox.records import Actor

if TYPE_CHECKING:
    from integration.sandbox.state import State

MOST = 100
MOST_JOBS = 30
_UNFINISHED = ("queued", "working")

Work = Callable[[], Json]
"""Does one ticket of a job and gives its result."""


def _limited(rows: Sequence[Any]) -> None:
    if len(rows) > MOST:
        words = f"Parameter  cannot specify more than {MOST} values"
        raise bad_request("TooManyValues", words, max_count=MOST)


def _job(state: State, work: Sequence[Work]) -> Json:
    """Queue a job, and begin it; the answer is what it looks like before it begins."""
    if sum(row["status"] in _UNFINISHED for row in state.jobs.values()) >= MOST_JOBS:
        words = "Too many jobs are currently queued or running. Try again later."
        raise ApiError(429, {"error": "TooManyJobs", "description": words})
    identity = f"V3-{secrets.token_hex(16)}"
    queued: Json = {
        "id": identity,
        "url": state.link(f"job_statuses/{identity}"),
        "total": len(work),
        "progress": None,
        "status": "queued",
        "message": None,
        "results": None,
    }
    row = state.jobs[identity] = dict(queued)
    if state.options.job_pause > 0:
        arguments = (state, row, work)
        threading.Thread(target=_in_background, args=arguments, daemon=True).start()
    else:
        for _ in _steps(state, row, work):
            pass
    return {"job_status": queued}


def _in_background(state: State, row: Json, work: Sequence[Work]) -> None:
    for _ in _steps(state, row, work):
        if state.deliveries.wait(state.options.job_pause):
            return  # the sandbox is closed


def _steps(state: State, row: Json, work: Sequence[Work]) -> Iterator[None]:
    """Carry out a job; pauses before each of its tickets, and before it is completed."""
    yield
    results: list[Json] = []
    for done, one in enumerate(work):
        with state.lock:
            row.update(status="working", progress=done, message=None)
        yield
        with state.lock:
            results.append(one())
    at = state.now().strftime("%Y-%m-%d %H:%M:%S +0000")
    with state.lock:
        row.update(
            status="completed",
            progress=len(work),
            message=f"Completed at {at}",
            results=results,
        )


def create_many(state: State, rows: Sequence[Json], actor: Actor) -> Json:
    _limited(rows)

    def create(index: int, given: Json) -> Json:
        try:
            record, _ = tickets.create(state, given, actor)
        except ApiError as error:
            return {**_failure("create", 0, error), "index": index}
        return {"index": index, "id": record.id, "account_id": state.options.account_id}

    return _job(state, [partial(create, index, given) for index, given in enumerate(rows)])


def _each(
    ids: Sequence[int], action: str, word: str, work: Callable[[int, int], object]
) -> list[Work]:
    def one(place: int, ticket_id: int) -> Json:
        try:
            work(place, ticket_id)
        except ApiError as error:
            return _failure(action, ticket_id, error)
        return {"action": action, "status": word, "success": True, "id": ticket_id}

    return [partial(one, place, ticket_id) for place, ticket_id in enumerate(ids)]


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
