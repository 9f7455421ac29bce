"""The agent's view of the sandbox in a browser: the list, the webhooks, and what is not there.

For trying and testing only: no login, loopback alone, own pages only (``guard``). Every page is
whole without scripts; one script keeps pages fresh, and those that host apps have more of them.
"""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from integration.sandbox import drafts, histories, pages, rules, viewing
from integration.sandbox.errors import ApiError
from integration.sandbox.patches import read_tags
from integration.sandbox.records import STATUSES
from integration.sandbox.showing import refused
from integration.sandbox.viewing import blueprint, page, render, showing

PER_PAGE = 100
showing.add_basics()


# -- the list --------------------------------------------------------------------------------------


@page("/agent/tickets")
def ticket_list() -> ResponseReturnValue:
    """All tickets, newest first; filtered by ``q``, ``view``, ``tag`` and ``status``."""
    state, asked = viewing.state(), request.args
    rows = [pages.row(state, ticket) for ticket in state.tickets_for_agent()]
    total, tags = len(rows), sorted({tag for row in rows for tag in row.tags})
    view = state.shelf("views").get(drafts.number(asked.get("view", "")))
    if view is not None:
        inside = {record.id for record in rules.in_view(state, view)}
        rows = [row for row in rows if row.id in inside]
    for tag in read_tags(asked.get("tag")):
        rows = [row for row in rows if tag in row.tags]
    if asked.get("status") in STATUSES:
        rows = [row for row in rows if row.status.value == asked["status"]]
    for word in asked.get("q", "").casefold().split():
        rows = [row for row in rows if word in row.found_by]
    number = drafts.number(asked.get("page", "")) or 1
    shown = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    chosen = {name: asked[name] for name in ("q", "view", "tag", "status") if asked.get(name)}
    return render(
        "tickets.html",
        rows=shown,
        found=len(rows),
        total=total,
        tags=tags,
        views=[row for row in state.shelf("views").values() if row["active"]],
        statuses=STATUSES,
        asked=chosen,
        page=number,
        more=len(rows) > number * PER_PAGE,
    )


# -- webhooks --------------------------------------------------------------------------------------


@page("/agent/webhooks")
def webhook_log() -> ResponseReturnValue:
    """Every webhook with what was sent, how often, and how it ended."""
    return render("webhooks.html", hooks=histories.hooks(viewing.state()))


@blueprint.errorhandler(ApiError)
def _api_error(error: ApiError) -> ResponseReturnValue:
    words = str(error.body.get("description") or error.body.get("error"))
    return refused(
        error.status,
        "There is no such ticket; it may have been deleted." if error.status == 404 else words,
    )
