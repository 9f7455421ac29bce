"""The agent's view of the sandbox in a browser, and a form to write as a customer.

For trying and testing only: no login, loopback alone, own pages only (``guard``). Every page is
whole without scripts; the one script keeps pages fresh.
"""

from __future__ import annotations

import functools
import hashlib
import re
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


def _page(rule: str, *methods: str) -> Callable[[View], View]:
    """Serve a page at a rule, for GET or the methods named, under the account's lock."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            with _state().lock:
                return view(*args, **kwargs)

        blueprint.add_url_rule(rule, view.__name__, locked, methods=methods or ("GET",))
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


@_page("/")
@_page("/agent/")
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
    view = state.shelf("views").get(int(asked["view"])) if _number("view") else None
    if view is not None:
        inside = {record.id for record in rules.in_view(state, view)}
        rows = [row for row in rows if row.id in inside]
    for tag in read_tags(asked.get("tag")):
        rows = [row for row in rows if tag in row.tags]
    if asked.get("status") in STATUSES:
        rows = [row for row in rows if row.status == asked["status"]]
    for word in asked.get("q", "").casefold().split():
        rows = [row for row in rows if word in row.found_by]
    page = max(1, _number("page"))
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


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


# -- a ticket --------------------------------------------------------------------------------------


@_page("/agent/tickets/<int:ticket_id>")
def ticket(ticket_id: int) -> ResponseReturnValue:
    return _ticket_page(_state().ticket_detail(ticket_id))


def _ticket_page(
    detail: TicketDetail, draft: Draft | None = None, status: int = 200, **more: Any
) -> ResponseReturnValue:
    state = _state()
    shown = draft or drafts.blank(detail.ticket, detail.fields)
    return _render(
        "ticket.html",
        status,
        ticket=detail.ticket,
        requester=detail.users.get(detail.ticket["requester_id"], {}),
        outcome=pages.outcome(state, detail.ticket),
        titles=pages.COLUMNS,
        conversation=pages.conversation(state, detail),
        attributes=pages.attributes(state, shown),
        groups=pages.groups(detail.fields, shown),
        draft=shown,
        typed=draft is not None,
        macros=[row for row in state.shelf("macros").values() if row["active"]],
        history=histories.updates(state, reversed(detail.audits)),
        seen=len(detail.audits),
        closed=detail.ticket["status"] == "closed",
        **more,
    )


@_page("/agent/tickets/<int:ticket_id>", "POST")
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
        seen = request.form.get("seen", "")
        since = detail.audits[int(seen) :] if seen.isdecimal() else ()
        newest = replace(drafts.onto(draft, detail.ticket, detail.fields), general=(_STALE,))
        return _ticket_page(detail, newest, 409, since=histories.updates(_state(), since))
    if error.status != 422:
        raise error
    wrong, general = drafts.complaints(error, draft.values)
    return _ticket_page(detail, replace(draft, wrong=wrong, general=tuple(general)), 422)


def _with_macro(detail: TicketDetail, draft: Draft) -> Draft:
    """What a macro would do, put into the form; where it fits no ticket, why."""
    state = _state()
    chosen = request.form.get("macro", "")
    macro = state.shelf("macros").get(int(chosen)) if chosen.isdecimal() else None
    if macro is None:
        return replace(draft, wrong={"macro": ["Choose a macro first."]})
    record = tickets.find(state, detail.ticket["id"])
    try:
        actor = Actor(state.agent, "web", BROWSER)
        after: Json = macros.preview(state, macro, record, actor)["result"]["ticket"]
    except ApiError as error:
        return replace(draft, general=tuple(drafts.complaints(error, ())[1]))
    before = drafts.shown(detail.ticket, detail.fields)
    new = drafts.shown(after, detail.fields)
    values = {**draft.values, **{name: new[name] for name in new if new[name] != before[name]}}
    said = after.get("comment")
    if said is None:
        return replace(draft, values=values, macro_id=macro["id"])
    text = f"{draft.comment.rstrip()}\n\n{said['body']}" if draft.comment.strip() else said["body"]
    return replace(
        draft, values=values, macro_id=macro["id"], comment=text, public=bool(said["public"])
    )


@_page("/agent/tickets/<int:ticket_id>/customer", "POST")
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
    draft = _empty()
    for row in _state().custom_fields():
        if row["title"] == pages.TICKED and row["type"] == "checkbox":
            draft.values[drafts.name_of(row)] = "1"
    return _new_page(draft)


def _empty() -> Draft:
    nothing = {name: None for name in drafts.ATTRIBUTES}
    fields = _state().custom_fields()
    values = drafts.shown({**nothing, "tags": [], "custom_fields": []}, fields)
    return Draft(values, dict(values))


def _new_page(draft: Draft, status: int = 200) -> ResponseReturnValue:
    groups = pages.groups(_state().custom_fields(), draft)
    return _render("new.html", status, groups=groups, draft=draft, form=request.form)


@_page("/agent/new", "POST")
def file_ticket() -> ResponseReturnValue:
    """File a ticket as a customer through a web form."""
    state, form = _state(), request.form
    fields = state.custom_fields()
    empty = _empty()
    values = dict(empty.values)
    for row in fields:
        name = drafts.name_of(row)
        listed = isinstance(values[name], list)
        values[name] = form.getlist(name) if listed else form.get(name, "").replace("\r\n", "\n")
    draft = replace(empty, values=values)
    wrong = {
        name: [words]
        for name, words in (
            ("name", "Say what the customer is called."),
            ("email", "Give an e-mail address, such as customer3@example.com."),
            ("subject", "Give the ticket a subject."),
            ("text", "Write what the customer says."),
        )
        if not form.get(name, "").strip()
        or (name == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+", form[name].strip()))
    }
    if wrong:
        return _new_page(replace(draft, wrong=wrong), 422)
    given = {
        "subject": form["subject"].strip(),
        "comment": {"body": form["text"].replace("\r\n", "\n")},
        **drafts.patch(draft, fields),
    }
    try:
        made = state.file_ticket(given, form["name"].strip(), form["email"].strip(), "web")
    except ApiError as error:
        wrong, general = drafts.complaints(error, (*values, "name", "email", "subject"))
        return _new_page(replace(draft, wrong=wrong, general=tuple(general)), error.status)
    return redirect(f"/agent/tickets/{made['id']}?did=filed", 303)


# -- webhooks, and what is not there ---------------------------------------------------------------


@_page("/agent/webhooks")
def webhook_log() -> ResponseReturnValue:
    """Every webhook with what was sent, how often, and how it ended."""
    return _render("webhooks.html", hooks=histories.hooks(_state()))


@_page("/agent/<path:_rest>", "GET", "POST")
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
