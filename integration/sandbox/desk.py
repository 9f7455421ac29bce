"""A ticket's page: what is on it, what an agent submits, and what the customer answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from integration.sandbox import drafts, histories, inputs, macros, pages, tickets, workspace
from integration.sandbox.drafts import Draft
from integration.sandbox.errors import ApiError, conflict
from integration.sandbox.options import Json
from integration.sandbox.records import Actor
from integration.sandbox.state import BROWSER, TicketDetail
from integration.sandbox.viewing import page, render
from integration.sandbox.viewing import state as account

_STALE = "Not saved: the ticket was changed after you opened it."


@page("/agent/tickets/<int:ticket_id>")
def ticket(ticket_id: int) -> ResponseReturnValue:
    return _ticket_page(account().ticket_detail(ticket_id))


def _ticket_page(
    detail: TicketDetail, draft: Draft | None = None, status: int = 200, **more: Any
) -> ResponseReturnValue:
    state = account()
    shown = draft or drafts.blank(detail.ticket, detail.fields)
    attributes = inputs.attributes(state, shown)
    groups = inputs.groups(detail.fields, shown)
    every = [*attributes.values(), *(one for group in groups for one in group.inputs)]
    return render(
        "ticket.html",
        status,
        ticket=detail.ticket,
        requester=detail.users.get(detail.ticket["requester_id"], {}),
        outcome=pages.outcome(state, detail.ticket),
        conversation=pages.conversation(state, detail),
        attributes=attributes,
        groups=groups,
        moved=[one for one in every if one.now is not None],
        draft=shown,
        typed=draft is not None,
        macros=[row for row in state.shelf("macros").values() if row["active"]],
        history=histories.updates(state, reversed(detail.audits)),
        seen=len(detail.audits),
        closed=detail.ticket["status"] == "closed",
        hosted=workspace.hosted("ticket_sidebar", detail.ticket["id"]),
        known=workspace.known(state, detail),
        **more,
    )


@page("/agent/tickets/<int:ticket_id>", methods=("POST",))
def submit(ticket_id: int) -> ResponseReturnValue:
    """Submit as an agent; or with ``do``: ``macro`` fills a macro in, ``refresh`` carries what was
    typed over onto the newest state. Both save nothing."""
    state = account()
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
        return _ticket_page(detail, newest, 409, since=histories.updates(account(), since))
    if error.status != 422:
        raise error
    wrong, general = drafts.complaints(error, draft.values)
    return _ticket_page(detail, replace(draft, wrong=wrong, general=tuple(general)), 422)


def _with_macro(detail: TicketDetail, draft: Draft) -> Draft:
    """What a macro would do, put into the form; where it fits no ticket, why."""
    state = account()
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


@page("/agent/tickets/<int:ticket_id>/customer", methods=("POST",))
def write_as_customer(ticket_id: int) -> ResponseReturnValue:
    """Answer as the ticket's requester."""
    text = request.form.get("text", "")
    state = account()
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
