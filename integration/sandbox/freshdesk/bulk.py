"""Bulk updates and their jobs (developers.freshdesk.com/api/#bulk_update_tickets).

Every ticket gets the same properties, each for itself, in the background. How a job tells a
ticket's failure is a guess, as are the most ids that it takes and that ``tags`` replaces the list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import conversations, errors, tickets
from integration.sandbox.freshdesk.records import Actor
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

MOST: Final = 100


def begin(account: Account, given: Any, actor: Actor) -> Json:
    """Begin a job; the answer says where to look for it."""
    action = given.get("bulk_action") if isinstance(given, dict) else None
    if not isinstance(action, dict):
        raise errors.invalid([errors.missing("bulk_action", "key/value pair")])
    ids: Any = action.get("ids")
    properties: Any = action.get("properties", {})
    answer = action.get("reply")
    wrong = [errors.unknown(key) for key in action if key not in ("ids", "properties", "reply")]
    if not isinstance(ids, list) or not ids or any(type(one) is not int for one in ids):
        wrong.append(errors.missing("ids", "Array"))
    elif len(ids) > MOST:
        wrong.append(errors.problem("ids", f"It should have a maximum of {MOST} elements"))
    if not isinstance(properties, dict) or not (properties or answer):
        wrong.append(errors.missing("properties", "key/value pair"))
    if wrong:
        raise errors.invalid(wrong)
    number = len(account.jobs) + 1
    identity = hashlib.sha256(f"job {number}".encode()).hexdigest()[:32]
    now = account.stamp()
    job: Json = {
        "id": identity,
        "status": "IN_PROGRESS",
        "progress": 0,
        "data": [],
        "created_at": now,
        "updated_at": now,
    }
    account.jobs[identity] = job

    def one(ticket_id: int) -> None:
        if properties:
            tickets.update(account, ticket_id, properties, actor)
        if answer is not None:
            conversations.reply(account, ticket_id, answer, actor)

    account.agenda.later(0, lambda: _work(account, job, ids, one))
    return {"job_id": identity, "href": f"{account.base_url}/api/v2/jobs/{identity}"}


def _work(account: Account, job: Json, ids: list[int], one: Callable[[int], None]) -> None:
    for done, ticket_id in enumerate(ids, 1):
        if account.agenda.pause(account.options.job_pause):
            return
        with account.lock:
            try:
                one(ticket_id)
                row: Json = {"id": ticket_id, "success": True}
            except errors.ApiError as error:
                row = {"id": ticket_id, "success": False, "error": _told(error)}
            job["data"].append(row)
            job.update(progress=done * 100 // len(ids), updated_at=account.stamp())
    with account.lock:
        failed = [row for row in job["data"] if not row["success"]]
        job["status"] = "SUCCESS"
        if failed:
            job["status"] = "FAILED" if len(failed) == len(ids) else "PARTIAL"
        job["updated_at"] = account.stamp()


def _told(error: errors.ApiError) -> Json:
    return error.body or {"code": error.status, "message": "Not found"}
