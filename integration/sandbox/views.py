"""The agent's view of the sandbox in a browser, and a form to write as a customer.

For trying and testing only: no login, loopback alone, own pages only (``guard``). Every page is
whole without scripts; the one script keeps pages fresh.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, abort, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration.sandbox import drafts, guard, histories, macros, pages, rules, tickets
from integration.sandbox.drafts import Draft
from integration.sandbox.errors import ApiError, conflict
from integration.sandbox.options import Json
from integration.sandbox.patches import read_tags
from integration.sandbox.records import STATUSES, Actor
from integration.sandbox.state import BROWSER, State, TicketDetail

blueprint = Blueprint(
    "agent",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/agent/static",
)
blueprint.before_request(guard.own_pages_only)
blueprint.after_request(guard.protected)

PER_PAGE = 100
_DONE = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was saved.",
    "filed": "The ticket is filed.",
    "written": "The customer's message is on the ticket.",
}
_STALE = "Not saved: the ticket was changed after you opened it."


def _state() -> State:
    return cast(State, current_app.extensions["sandbox"])


View = Callable[..., ResponseReturnValue]


def _page(*paths: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Serve a page at these paths, under the account's lock."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            with _state().lock:
                return view(*args, **kwargs)

        for path in paths:
            blueprint.add_url_rule(path, view.__name__, locked, methods=methods)
        return view

    return decorate


def _render(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    said = _DONE.get(request.args.get("did", ""))
    return render_template(template, version=_version(), said=said, **values), status


def _version() -> str:
    """A word that changes whenever a page may show something else, and once a minute."""
    state = _state()
    seen: list[object] = [int(state.now().timestamp()) // 60]
    seen += [(record.id, record.sequence) for record in state.tickets.values()]
    for name in ("ticket_fields", "views", "macros"):
        seen += [(row["id"], row["updated_at"]) for row in state.shelf(name).values()]
    for webhook in state.webhooks.values():
        attempts = sum(len(tries) for tries in webhook.attempts.values())
        seen.append((webhook.id, sorted(webhook.row.items(), key=str), attempts))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


@_page("/", "/agent/")
def home() -> ResponseReturnValue:
    return redirect("/agent/tickets", 303)


@_page("/agent/version")
def version() -> ResponseReturnValue:
    """What a page compares with its own, to know whether to look again."""
    return jsonify({"version": _version()})


# -- the list --------------------------------------------------------------------------------------


@_page("/agent/tickets")
def ticket_list() -> ResponseReturnValue:
    """All tickets, newest first; filtered by ``q``, ``view``, ``tag`` and ``status``."""
    state, asked = _state(), request.args
    rows = [pages.row(state, ticket) for ticket in state.tickets_for_agent()]
    total, tags = len(rows), sorted({tag for row in rows for tag in row.tags})
    view = state.shelf("views").get(drafts.number(asked.get("view", "")))
    if view is not None:
        inside = {record.id for record in rules.in_view(state, view)}
        rows = [row for row in rows if row.id in inside]
    for tag in read_tags(asked.get("tag")):
        rows = [row for row in rows if tag in row.tags]
    if asked.get("status") in STATUSES:
        rows = [row for row in rows if row.status == asked["status"]]
    for word in asked.get("q", "").casefold().split():
        rows = [row for row in rows if word in row.found_by]
    page = drafts.number(asked.get("page", "")) or 1
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    chosen = {name: asked[name] for name in ("q", "view", "tag", "status") if asked.get(name)}
    return _render(
        "tickets.html",
        rows=shown,
        found=len(rows),
        total=total,
        tags=tags,
        views=[row for row in state.shelf("views").values() if row["active"]],
        statuses=STATUSES,
        asked=chosen,
        page=page,
        more=len(rows) > page * PER_PAGE,
    )


# -- a ticket --------------------------------------------------------------------------------------


@_page("/agent/tickets/<int:ticket_id>")
def ticket(ticket_id: int) -> ResponseReturnValue:
    return _ticket_page(_state().ticket_detail(ticket_id))


def _ticket_page(
    detail: TicketDetail, draft: Draft | None = None, status: int = 200, **more: Any
) -> ResponseReturnValue:
    state = _state()
    shown = draft or drafts.blank(detail.ticket, detail.fields)
    attributes = pages.attributes(state, shown)
    groups = pages.groups(detail.fields, shown)
    inputs = [*attributes.values(), *(one for group in groups for one in group.inputs)]
    return _render(
        "ticket.html",
        status,
        ticket=detail.ticket,
        requester=detail.users.get(detail.ticket["requester_id"], {}),
        outcome=pages.outcome(state, detail.ticket),
        conversation=pages.conversation(state, detail),
        attributes=attributes,
        groups=groups,
        moved=[one for one in inputs if one.now is not None],
        draft=shown,
        typed=draft is not None,
        macros=[row for row in state.shelf("macros").values() if row["active"]],
        history=histories.updates(state, reversed(detail.audits)),
        seen=len(detail.audits),
        closed=detail.ticket["status"] == "closed",
        **more,
    )


@_page("/agent/tickets/<int:ticket_id>", methods=("POST",))
def submit(ticket_id: int) -> ResponseReturnValue:
    """Submit as an agent; or with ``do``: ``macro`` fills a macro in, ``refresh`` carries what was
    typed over onto the newest state. Both save nothing."""
    state = _state()
    detail = state.ticket_detail(ticket_id)
    draft = drafts.read(request.form, detail.ticket, list(detail.fields))
    do = request.form.get("do")
    if do == "refresh":
        return _ticket_page(detail, drafts.onto(draft, detail.ticket, detail.fields))
    if do == "macro":
        return _ticket_page(detail, _with_macro(detail, draft))
    patch = drafts.patch(draft, detail.fields)
    if not patch:
        return redirect(f"/agent/tickets/{ticket_id}?did=unchanged", 303)
    if wrong := drafts.own_complaints(draft):
        return _ticket_page(detail, replace(draft, wrong=wrong), 422)
    stamp = {"safe_update": True, "updated_stamp": request.form.get("updated_stamp")}
    try:
        # ``updated_at`` counts in whole seconds: two updates in one second it cannot tell apart.
        if request.form.get("seen") != str(len(detail.audits)):
            raise conflict()
        state.agent_edit(ticket_id, {**patch, **stamp})
    except ApiError as error:
        return _refused(detail, draft, error)
    return redirect(f"/agent/tickets/{ticket_id}?did=saved", 303)


def _refused(detail: TicketDetail, draft: Draft, error: ApiError) -> ResponseReturnValue:
    """The form again with everything that was typed, and why it was not saved."""
    if error.status == 409:
        seen = drafts.number(request.form.get("seen", ""))
        since = detail.audits[seen:] if seen is not None else ()
        newest = replace(drafts.onto(draft, detail.ticket, detail.fields), general=(_STALE,))
        return _ticket_page(detail, newest, 409, since=histories.updates(_state(), since))
    if error.status != 422:
        raise error
    wrong, general = drafts.complaints(error, draft.values)
    return _ticket_page(detail, replace(draft, wrong=wrong, general=tuple(general)), 422)


def _with_macro(detail: TicketDetail, draft: Draft) -> Draft:
    """What a macro would do, put into the form; where it fits no ticket, why."""
    state = _state()
    macro = state.shelf("macros").get(drafts.number(request.form.get("macro", "")))
    if macro is None:
        return replace(draft, wrong={"macro": ["Choose a macro first."]})
    record = tickets.find(state, detail.ticket["id"])
    try:
        actor = Actor(state.agent, "web", BROWSER)
        after: Json = macros.preview(state, macro, record, actor)["result"]["ticket"]
    except ApiError as error:
        return replace(draft, general=tuple(drafts.complaints(error, ())[1]))
    return drafts.with_macro(draft, macro["id"], detail.ticket, after, detail.fields)


@_page("/agent/tickets/<int:ticket_id>/customer", methods=("POST",))
def write_as_customer(ticket_id: int) -> ResponseReturnValue:
    """Answer as the ticket's requester."""
    text = request.form.get("text", "")
    state = _state()
    detail = state.ticket_detail(ticket_id)
    problem = "" if text.strip() else "Write something first."
    if not problem:
        try:
            state.customer_reply(ticket_id, text)
        except ApiError as error:
            if error.status != 422:
                raise
            problem = " ".join(drafts.complaints(error, ())[1])
    if problem:
        return _ticket_page(detail, None, 422, customer_text=text, customer_problem=problem)
    return redirect(f"/agent/tickets/{ticket_id}?did=written", 303)


# -- a new ticket ----------------------------------------------------------------------------------


@_page("/agent/new")
def new_ticket() -> ResponseReturnValue:
    """The form a customer would fill in."""
    draft = drafts.empty(_state().custom_fields())
    for row in _state().custom_fields():
        if row["title"] == pages.TICKED and row["type"] == "checkbox":
            draft.values[drafts.name_of(row)] = "1"
    return _new_page(draft)


def _new_page(draft: Draft, status: int = 200) -> ResponseReturnValue:
    groups = pages.groups(_state().custom_fields(), draft)
    return _render("new.html", status, groups=groups, draft=draft, form=request.form)


@_page("/agent/new", methods=("POST",))
def file_ticket() -> ResponseReturnValue:
    """File a ticket as a customer through a web form."""
    state, form = _state(), request.form
    fields = state.custom_fields()
    draft = drafts.filed(form, fields)
    if draft.wrong:
        return _new_page(draft, 422)
    given = {
        "subject": form["subject"].strip(),
        "comment": {"body": form["text"].replace("\r\n", "\n")},
        **drafts.patch(draft, fields),
    }
    try:
        made = state.file_ticket(given, form["name"].strip(), form["email"].strip(), "web")
    except ApiError as error:
        wrong, general = drafts.complaints(error, (*draft.values, "name", "email", "subject"))
        return _new_page(replace(draft, wrong=wrong, general=tuple(general)), error.status)
    return redirect(f"/agent/tickets/{made['id']}?did=filed", 303)


# -- webhooks, and what is not there ---------------------------------------------------------------


@_page("/agent/webhooks")
def webhook_log() -> ResponseReturnValue:
    """Every webhook with what was sent, how often, and how it ended."""
    return _render("webhooks.html", hooks=histories.hooks(_state()))


@_page("/agent/<path:_rest>", methods=("GET", "POST"))
def nowhere(_rest: str) -> ResponseReturnValue:
    abort(404)


@blueprint.errorhandler(ApiError)
def _api_error(error: ApiError) -> ResponseReturnValue:
    words = str(error.body.get("description") or error.body.get("error"))
    if error.status == 404:
        words = "There is no such ticket; it may have been deleted."
    return render_template("error.html", status=error.status, words=words), error.status


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    words = "There is no such page." if code == 404 else str(error.description)
    return render_template("error.html", status=code, words=words), code
