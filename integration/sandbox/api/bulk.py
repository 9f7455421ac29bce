"""Many tickets at once: bulk changes, job statuses, the incremental export, search, macros."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import jobs, limits, macros, paging, search, tickets
from integration.sandbox.api.context import (
    actor,
    body,
    count,
    document,
    ids,
    listed,
    page,
    route,
    state,
)
from integration.sandbox.errors import ApiError, bad_request, missing_parameter, not_found
from integration.sandbox.options import Json
from integration.sandbox.records import ticket_json

blueprint = Blueprint("bulk", __name__, url_prefix="/api/v2")

_EXPORT_PAGE = 1000


@route(blueprint, "/tickets/create_many", "POST")
def create_many() -> ResponseReturnValue:
    return jsonify(jobs.create_many(state(), listed("tickets"), actor()))


@route(blueprint, "/tickets/update_many", "PUT", "POST")
def update_many() -> ResponseReturnValue:
    if "ids" in request.args:
        return jsonify(jobs.update_same(state(), ids(), body("ticket"), actor()))
    return jsonify(jobs.update_each(state(), listed("tickets"), actor()))


@route(blueprint, "/tickets/destroy_many", "DELETE")
def destroy_many() -> ResponseReturnValue:
    return jsonify(jobs.destroy_many(state(), ids(), actor()))


@route(blueprint, "/job_statuses")
def list_jobs() -> ResponseReturnValue:
    return page(list(reversed(state().jobs.values())), "job_statuses")


@route(blueprint, "/job_statuses/show_many")
def show_jobs() -> ResponseReturnValue:
    wanted = request.args.get("ids", "").split(",")
    rows = [state().jobs[key] for key in wanted if key in state().jobs]
    return jsonify({"job_statuses": rows})


@route(blueprint, "/job_statuses/<job_id>")
def show_job(job_id: str) -> ResponseReturnValue:
    if job_id not in state().jobs:
        raise not_found()
    return jsonify({"job_status": state().jobs[job_id]})


@route(blueprint, "/macros/<int:macro_id>/apply")
def apply_macro(macro_id: int) -> ResponseReturnValue:
    return jsonify(macros.preview(state(), _macro(macro_id), None, actor()))


@route(blueprint, "/tickets/<int:ticket_id>/macros/<int:macro_id>/apply")
def apply_to_ticket(ticket_id: int, macro_id: int) -> ResponseReturnValue:
    record = tickets.find(state(), ticket_id)
    return jsonify(macros.preview(state(), _macro(macro_id), record, actor()))


def _macro(macro_id: int) -> Json:
    macro = state().shelf("macros").get(macro_id)
    if macro is None or not macro["active"]:
        raise not_found()
    return macro


@route(blueprint, "/incremental/tickets/cursor")
def export() -> ResponseReturnValue:
    """Changes in the order they happened, but for those of the last minute.

    developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports. A deleted
    ticket comes with status ``deleted``.
    """
    now = state().now()
    reading = state().counters.incremental(now)
    if reading.exceeded:
        raise limits.too_many(reading, g.headers, "incremental ticket export API requests")
    newest = now.timestamp() - state().options.export_lag
    records = sorted(state().tickets.values(), key=lambda record: record.sequence)
    ripe = [record for record in records if record.generated <= newest]
    if "cursor" in request.args:
        last = paging.decode(request.args["cursor"])
        rest = [record for record in ripe if record.sequence > last]
    else:
        start = _start_time(newest)
        rest = [record for record in ripe if record.generated >= start]
        last = rest[0].sequence - 1 if rest else (ripe[-1].sequence if ripe else 0)
    size = int(request.args.get("per_page", _EXPORT_PAGE))
    rows = rest[: max(1, min(size, _EXPORT_PAGE))]
    cursor = paging.encode(str(rows[-1].sequence if rows else last))
    return jsonify(
        {
            "tickets": [ticket_json(state(), record) for record in rows],
            "after_url": f"{state().link('incremental/tickets/cursor')}?cursor={cursor}",
            "after_cursor": cursor,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": len(rows) == len(rest),
        }
    )


def _start_time(newest: float) -> int:
    text = request.args.get("start_time", "")
    if not text.isdigit():
        raise bad_request("InvalidValue", "Parameter start_time is required")
    if int(text) > newest:
        words = "Too recent start_time. Use a start_time older than 60 seconds"
        raise ApiError(422, {"error": "StartTimeTooRecent", "description": words})
    return int(text)


@route(blueprint, "/search")
def find() -> ResponseReturnValue:
    return page(_found(), "results")


@route(blueprint, "/search/export")
def find_all() -> ResponseReturnValue:
    """Of one type alone, which is asked for beside the query."""
    if "filter[type]" not in request.args:
        raise missing_parameter("filter[type]")
    return page(_found(request.args["filter[type]"]), "results")


@route(blueprint, "/search/count")
def find_count() -> ResponseReturnValue:
    return jsonify({"count": count(len(_found()))["count"]["value"]})


def _found(kind: str | None = None) -> list[Json]:
    if not request.args.get("query", "").strip():
        raise missing_parameter("query")
    return search.search(state(), request.args["query"], kind)


@route(blueprint, "/triggers/reorder", "PUT")
def reorder_triggers() -> ResponseReturnValue:
    _reorder("triggers", document().get("trigger_ids"))
    return jsonify({})


@route(blueprint, "/slas/policies/reorder", "PUT")
def reorder_policies() -> ResponseReturnValue:
    given = document().get("sla_policy_ids")
    _reorder(
        "sla_policies", given or request.args.getlist("sla_policy_ids[]") or ids("sla_policy_ids")
    )
    return jsonify("")


def _reorder(shelf: str, given: object) -> None:
    """Put the rows named in front, in that order; the others follow as they were."""
    wanted = [int(key) for key in given] if isinstance(given, list) else []
    rows = state().shelf(shelf)
    if any(key not in rows for key in wanted):
        raise not_found()
    rest = sorted((k for k in rows if k not in wanted), key=lambda k: rows[k]["position"])
    for place, key in enumerate([*wanted, *rest], start=1):
        rows[key]["position"] = place
