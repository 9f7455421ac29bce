"""Tickets, their conversations, the search and bulk updates."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox.freshdesk import (
    bulk,
    conversations,
    errors,
    listing,
    search,
    telling,
    tickets,
)
from integration.sandbox.freshdesk.api.context import account, actor, created, document, page, route

blueprint = Blueprint("freshdesk_tickets", __name__)
_INCLUDES = ("conversations", "requester", "company", "stats")
_SHOWN = 10
"""Conversations that come with a ticket: the oldest."""


@route(blueprint, "/tickets")
def ticket_list() -> ResponseReturnValue:
    names = listing.included(request.args, listing.INCLUDES)
    found = listing.tickets(account(), request.args, g.agent["id"])
    url = f"{account().base_url}{request.path}"
    args = request.args
    some, headers = listing.paged(found, args, url, pages=listing.TICKET_PAGES)
    g.headers.update(headers)
    rows = []
    for ticket in some:
        full = "description" in names
        tell = telling.whole if full else telling.listed
        row = listing.with_includes(account(), ticket, tell(account(), ticket), names)
        rows.append(row | ({"stats": telling.stats(ticket)} if "stats" in names else {}))
    return jsonify(rows)


@route(blueprint, "/tickets", "POST")
def ticket_create() -> ResponseReturnValue:
    ticket = tickets.create(account(), document(), actor())
    return created(telling.whole(account(), ticket), "tickets")


@route(blueprint, "/tickets/<int:identity>")
def ticket_show(identity: int) -> ResponseReturnValue:
    names = listing.included(request.args, _INCLUDES)
    ticket = account().ticket(identity)
    row = listing.with_includes(account(), ticket, telling.whole(account(), ticket), names)
    if "stats" in names:
        row["stats"] = telling.stats(ticket)
    if "conversations" in names:
        row["conversations"] = ticket.conversations[:_SHOWN]
    return jsonify(row)


@route(blueprint, "/tickets/<int:identity>", "PUT")
def ticket_update(identity: int) -> ResponseReturnValue:
    """Where the account has the latest version of SLAs, the due times in the answer are those from
    before the update."""
    before = account().ticket(identity)
    times = {key: getattr(before, key) for key in ("due_by", "fr_due_by")}
    ticket = tickets.update(account(), identity, document(), actor())
    row = telling.whole(account(), ticket)
    if account().options.new_sla != "off":
        row |= {key: telling.moment(at) for key, at in times.items()}
    return jsonify(row)


@route(blueprint, "/tickets/<int:identity>", "DELETE")
def ticket_delete(identity: int) -> ResponseReturnValue:
    tickets.remove(account(), identity, actor())
    return "", 204


@route(blueprint, "/tickets/<int:identity>/restore", "PUT")
def ticket_restore(identity: int) -> ResponseReturnValue:
    tickets.restore(account(), identity, actor())
    return "", 204


@route(blueprint, "/search/tickets")
def ticket_search() -> ResponseReturnValue:
    wrong = [errors.unknown(key) for key in request.args if key not in ("query", "page")]
    if "query" not in request.args:
        wrong.append(errors.missing("query"))
    if wrong:
        raise errors.invalid(wrong)
    number, _ = listing.place(request.args, pages=search.PAGES)
    return jsonify(search.find(account(), request.args["query"], number))


@route(blueprint, "/tickets/bulk_update", "POST")
def bulk_update() -> ResponseReturnValue:
    return jsonify(bulk.begin(account(), document(), actor())), 202


@route(blueprint, "/jobs/<identity>")
def job_show(identity: str) -> ResponseReturnValue:
    job = account().jobs.get(identity)
    if job is None:
        raise errors.not_found()
    return jsonify(job)


# -- conversations ---------------------------------------------------------------------------------


@route(blueprint, "/tickets/<int:identity>/notes", "POST")
def note_create(identity: int) -> ResponseReturnValue:
    row = conversations.note(account(), identity, document(), actor())
    return created(row, "conversations")


@route(blueprint, "/tickets/<int:identity>/reply", "POST")
def reply_create(identity: int) -> ResponseReturnValue:
    row = conversations.reply(account(), identity, document(), actor())
    return created(row, "conversations")


@route(blueprint, "/tickets/<int:identity>/conversations")
def conversation_list(identity: int) -> ResponseReturnValue:
    return page(account().ticket(identity).conversations)


@route(blueprint, "/conversations/<int:identity>", "PUT")
def conversation_update(identity: int) -> ResponseReturnValue:
    return jsonify(conversations.rewrite(account(), identity, document(), actor()))


@route(blueprint, "/conversations/<int:identity>", "DELETE")
def conversation_delete(identity: int) -> ResponseReturnValue:
    conversations.remove(account(), identity)
    return "", 204
