"""``/api/v2/tickets``: tickets, their tags, comments and audits, one at a time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import limits, people, tickets
from integration.sandbox.api.context import (
    actor,
    body,
    count,
    document,
    ids,
    location,
    page,
    route,
    state,
)
from integration.sandbox.errors import bad_request, not_found
from integration.sandbox.limits import Reading
from integration.sandbox.options import Json
from integration.sandbox.records import Record, ticket_json

blueprint = Blueprint("tickets", __name__, url_prefix="/api/v2")

_KEY_LENGTH = 255
_KEY_LIFE = timedelta(hours=2)
_SORTABLE = ("id", "subject", "created_at", "updated_at", "status")


def live() -> list[Record]:
    return [record for record in state().tickets.values() if not record.deleted]


def with_users(answer: Json, rows: list[Json], *names: str) -> Json:
    """The answer with the people its rows name, where ``include=users`` asks for them."""
    if "users" in request.args.get("include", "").split(","):
        named = {row.get(name) for row in rows for name in names} - {None}
        known = (state().users.get(key) for key in sorted(named, key=str))
        answer["users"] = [people.user_json(state(), user) for user in known if user]
    return answer


_PEOPLE = ("requester_id", "assignee_id", "submitter_id")


@route(blueprint, "/tickets")
def list_tickets() -> ResponseReturnValue:
    rows = [ticket_json(state(), record) for record in live()]
    if "external_id" in request.args:
        rows = [row for row in rows if row["external_id"] == request.args["external_id"]]
    sort = request.args.get("sort", "")
    key = request.args.get("sort_by") or sort.lstrip("-")
    if key in _SORTABLE:
        down = request.args.get("sort_order") == "desc" or sort.startswith("-")
        rows.sort(key=lambda row: (row[key] or "", row["id"]), reverse=down)
    answer = page(rows, "tickets")
    if "include" in request.args:
        found: Json = answer.get_json()
        return jsonify(with_users(found, found["tickets"], *_PEOPLE))
    return answer


@route(blueprint, "/tickets/count")
def count_tickets() -> ResponseReturnValue:
    return jsonify(count(len(live())))


@route(blueprint, "/tickets", "POST")
def create_ticket() -> ResponseReturnValue:
    given = body("ticket")
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _created(given)
    if len(key) > _KEY_LENGTH:
        words = f"Idempotency-Key must not be longer than {_KEY_LENGTH} characters"
        raise bad_request("IdempotentRequestError", words)
    digest = hashlib.sha256(request.get_data()).digest()
    seen = state().idempotency.get(key)
    if seen is None or seen[0] + _KEY_LIFE <= state().now():
        g.headers["x-idempotency-lookup"] = "miss"
        answer, status = _created(given)
        state().idempotency[key] = (state().now(), digest, answer.get_json())
        return answer, status
    if seen[1] != digest:
        words = "Request parameters do not match those of the first request with this key"
        raise bad_request("IdempotentRequestError", words)
    g.headers["x-idempotency-lookup"] = "hit"
    location(f"tickets/{seen[2]['ticket']['id']}")
    return jsonify(seen[2]), 201


def _created(given: Json) -> tuple[Any, int]:
    record, audit = tickets.create(state(), given, actor())
    location(f"tickets/{record.id}")
    return jsonify({"ticket": ticket_json(state(), record), "audit": audit}), 201


@route(blueprint, "/tickets/<int:ticket_id>")
def show_ticket(ticket_id: int) -> ResponseReturnValue:
    row = ticket_json(state(), tickets.find(state(), ticket_id))
    return jsonify(with_users({"ticket": row}, [row], *_PEOPLE))


@route(blueprint, "/tickets/show_many")
def show_many() -> ResponseReturnValue:
    account = state()
    # In the order in which they were filed, which is that of their numbers.
    found = (account.tickets.get(key) for key in sorted(set(ids())))
    rows = [ticket_json(account, record) for record in found if record and not record.deleted]
    return page(rows, "tickets")


def _count_update(ticket_id: int) -> None:
    """Count an update; 429 where the account or this user on this ticket had too many."""
    account, own = state().counters.ticket_update(ticket_id, actor().id, state().now())
    g.headers.update(limits.endpoint_header("tickets-update", account))
    worst: Reading | None = next((r for r in (account, own) if r.exceeded), None)
    if worst is not None:
        raise limits.too_many(worst, g.headers, "ticket update API requests")


@route(blueprint, "/tickets/<int:ticket_id>", "PUT")
def update_ticket(ticket_id: int) -> ResponseReturnValue:
    """``additional_tags`` and ``remove_tags`` are documented for ``update_many`` alone."""
    _count_update(ticket_id)
    given = body("ticket")
    patch = {k: v for k, v in given.items() if k not in ("additional_tags", "remove_tags")}
    record, audit = tickets.update(state(), ticket_id, patch, actor())
    return jsonify({"ticket": ticket_json(state(), record), "audit": audit})


@route(blueprint, "/tickets/<int:ticket_id>", "DELETE")
def delete_ticket(ticket_id: int) -> ResponseReturnValue:
    tickets.delete(state(), ticket_id, actor())
    return "", 204


@route(blueprint, "/tickets/<int:ticket_id>/tags")
def show_tags(ticket_id: int) -> ResponseReturnValue:
    return jsonify({"tags": sorted(tickets.find(state(), ticket_id).tags)})


@route(blueprint, "/tickets/<int:ticket_id>/tags", "PUT", "POST", "DELETE")
def change_tags(ticket_id: int) -> ResponseReturnValue:
    _count_update(ticket_id)
    given = document()
    if "tags" not in given and "tags" in request.args:
        given = {**given, "tags": request.args["tags"]}
    found = tickets.change_tags(state(), ticket_id, request.method, given, actor())
    return jsonify({"tags": found}), 201 if request.method == "POST" else 200


@route(blueprint, "/tickets/<int:ticket_id>/comments")
def list_comments(ticket_id: int) -> ResponseReturnValue:
    rows = list(tickets.find(state(), ticket_id).comments)
    down = request.args.get("sort_order") == "desc" or request.args.get("sort", "")[:1] == "-"
    answer = page(rows[::-1] if down else rows, "comments")
    if "include" in request.args:
        found: Json = answer.get_json()
        return jsonify(with_users(found, found["comments"], "author_id"))
    return answer


@route(blueprint, "/tickets/<int:ticket_id>/comments/count")
def count_comments(ticket_id: int) -> ResponseReturnValue:
    return jsonify(count(len(tickets.find(state(), ticket_id).comments)))


@route(blueprint, "/tickets/<int:ticket_id>/comments/<int:comment_id>/make_private", "PUT")
def make_private(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    tickets.make_private(state(), ticket_id, comment_id, actor())
    return jsonify("")


@route(blueprint, "/tickets/<int:ticket_id>/audits")
def list_audits(ticket_id: int) -> ResponseReturnValue:
    return page(tickets.find(state(), ticket_id).audits, "audits")


@route(blueprint, "/tickets/<int:ticket_id>/audits/count")
def count_audits(ticket_id: int) -> ResponseReturnValue:
    return jsonify(count(len(tickets.find(state(), ticket_id).audits)))


@route(blueprint, "/tickets/<int:ticket_id>/audits/<int:audit_id>")
def show_audit(ticket_id: int, audit_id: int) -> ResponseReturnValue:
    for audit in tickets.find(state(), ticket_id).audits:
        if audit["id"] == audit_id:
            return jsonify({"audit": audit})
    raise not_found()


@route(blueprint, "/ticket_audits")
def all_audits() -> ResponseReturnValue:
    rows = [audit for record in state().tickets.values() for audit in record.audits]
    return page(sorted(rows, key=lambda row: row["id"], reverse=True), "audits")
