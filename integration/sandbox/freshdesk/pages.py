"""The agent's view in a browser: the list, a ticket, a new one, webhooks.

For trying and testing only. Every page is whole without scripts; one script, the other stand-in's,
keeps pages fresh, and a ticket's page that hosts an app has more of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from integration.sandbox import comments
from integration.sandbox.freshdesk import (
    conversations,
    errors,
    fields,
    filing,
    forms,
    people,
    placeholders,
    rows,
    rules,
    telling,
    tickets,
    workspace,
)
from integration.sandbox.freshdesk.api.context import account
from integration.sandbox.freshdesk.records import Actor, Ticket
from integration.sandbox.freshdesk.viewing import page, render, showing
from integration.sandbox.options import Json
from integration.sandbox.shown import moment

PER_PAGE = 100
showing.add_basics()


def _me() -> Actor:
    return Actor(filing.desk(account()), "agent", "page")


@page("/agent/tickets")
def ticket_list() -> ResponseReturnValue:
    """All tickets, newest first; filtered by ``q``, ``status``, ``tag`` and ``show``."""
    asked, everything = request.args, list(account().tickets.values())[::-1]
    hidden = asked.get("show") == "hidden"
    found = [rows.row(account(), one) for one in everything if one.writable != hidden]
    total, tags = len(found), sorted({tag for row in found for tag in row.tags})
    if asked.get("tag"):
        found = [row for row in found if asked["tag"] in row.tags]
    if asked.get("status"):
        found = [row for row in found if row.status.value == asked["status"]]
    for word in asked.get("q", "").casefold().split():
        found = [row for row in found if word in row.found_by]
    text = asked.get("page", "1")
    number = max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1
    return render(
        "freshdesk/tickets.html",
        rows=found[(number - 1) * PER_PAGE : number * PER_PAGE],
        found=len(found),
        total=total,
        tags=tags,
        statuses=account().statuses,
        asked={key: asked[key] for key in ("q", "status", "tag", "show") if asked.get(key)},
        page=number,
        more=len(found) > number * PER_PAGE,
    )


@page("/agent/new", "/agent/tickets/new", methods=("GET", "POST"))
def ticket_new() -> ResponseReturnValue:
    """File a ticket: as the customer through the portal, or as an agent."""
    by_agent = request.path.endswith("/tickets/new")
    draft, form = forms.blank(account(), None), request.form
    if request.method == "POST":
        draft = forms.read(account(), form, None)
        change = forms.patch(account(), draft, None)
        given: Json = {
            **(change if by_agent else _for_customers(change)),
            "subject": form.get("subject", "").strip(),
            "description": comments.wrapped(form["text"]) if form.get("text", "").strip() else "",
            "email": form.get("email", "").strip(),
            "name": form.get("name", "").strip() or None,
            **({"source": 3} if by_agent else {}),
        }
        try:
            if by_agent:
                ticket = tickets.create(account(), given, _me())
            else:
                ticket = filing.as_customer(account(), given)
            return redirect(f"/agent/tickets/{ticket.id}?did=filed", 303)
        except errors.ApiError as error:
            names = {**draft.values, "subject": 0, "description": 0, "email": 0}
            wrong, general = forms.complaints(error, names)
            wrong["text"] = wrong.pop("description", [])
            said = {key: words for key, words in wrong.items() if words}
            draft = replace(draft, wrong=said, general=tuple(general))
    basics, own = forms.inputs(account(), draft, by_agent=by_agent)
    status = 400 if draft.wrong or draft.general else 200
    texts = {name: form.get(name, "") for name in ("name", "email", "subject", "text")}
    return render(
        "freshdesk/new.html",
        status,
        draft=draft,
        basics=basics,
        own=own,
        form=texts,
        by_agent=by_agent,
    )


def _for_customers(change: Json) -> Json:
    """What of a change the portal takes."""
    custom, given = fields.custom(account()), change.get("custom_fields", {})
    own = {name: given[name] for name in given if custom[name]["customers_can_edit"]}
    return {key: change[key] for key in ("type",) if key in change} | {"custom_fields": own}


@page("/agent/tickets/<int:identity>", methods=("GET", "POST"))
def ticket_page(identity: int) -> ResponseReturnValue:
    """A ticket with its fields, notes and replies; what an agent submits is saved."""
    ticket = account().ticket(identity)
    if request.method == "GET":
        return _ticket(ticket, forms.blank(account(), ticket))
    draft = forms.read(account(), request.form, ticket)
    change = forms.patch(account(), draft, ticket)
    try:
        if change:
            tickets.update(account(), identity, change, _me())
        if draft.comment.strip():
            _say(identity, draft.comment, public=draft.public)
    except errors.ApiError as error:
        if error.status != 400:
            raise
        wrong, general = forms.complaints(error, draft.values)
        return _ticket(ticket, replace(draft, wrong=wrong, general=tuple(general)), 400)
    did = "saved" if change or draft.comment.strip() else "unchanged"
    return redirect(f"/agent/tickets/{identity}?did={did}", 303)


@page("/agent/tickets/<int:identity>/say", methods=("POST",))
def say(identity: int) -> ResponseReturnValue:
    """A reply or a note alone, as the editor beside an app sends it: no field is saved with it."""
    text, did = request.form.get("comment", ""), "unchanged"
    if text.strip():
        _say(identity, text, public=request.form.get("mode") == "public")
        did = "saved"
    return redirect(f"/agent/tickets/{identity}?did={did}", 303)


def _say(identity: int, text: str, *, public: bool) -> None:
    said: Json = {"body": comments.wrapped(text)}
    if public:
        conversations.reply(account(), identity, said, _me())
    else:
        conversations.note(account(), identity, {**said, "private": True}, _me())


@page("/agent/tickets/<int:identity>/customer", methods=("POST",))
def customer(identity: int) -> ResponseReturnValue:
    """What the customer answers by e-mail."""
    text = request.form.get("text", "")
    if text.strip():
        conversations.customer(account(), identity, text)
    did = "written" if text.strip() else "unchanged"
    return redirect(f"/agent/tickets/{identity}?did={did}", 303)


@page("/agent/tickets/<int:identity>/state", methods=("POST",))
def set_aside(identity: int) -> ResponseReturnValue:
    """Delete or restore a ticket, mark it as spam or not."""
    ticket, wanted = account().ticket(identity), request.form.get("do")
    if wanted == "delete" and not ticket.deleted:
        tickets.remove(account(), identity, _me())
    elif wanted == "restore" and ticket.deleted:
        tickets.restore(account(), identity, _me())
    elif wanted in ("spam", "unspam"):
        tickets.mark_spam(account(), identity, wanted == "spam", _me())
    return redirect(f"/agent/tickets/{identity}?did=saved", 303)


def _ticket(ticket: Ticket, draft: forms.Draft, status: int = 200) -> ResponseReturnValue:
    now = account().now()
    basics, own = forms.inputs(account(), draft)
    times = {
        name: moment(telling.moment(at) or "", now) if at else None
        for name, at in (("Resolution due", ticket.due_by), ("First response", ticket.fr_due_by))
    }
    return render(
        "freshdesk/ticket.html",
        status,
        ticket=ticket,
        row=rows.row(account(), ticket),
        requester=people.person(account(), ticket.attributes["requester_id"]),
        spoken=[
            rows.opening(account(), ticket),
            *(rows.said(account(), one) for one in ticket.conversations),
        ],
        times=times,
        draft=draft,
        basics=basics,
        own=own,
        history=[_event(one) for one in reversed(ticket.history)],
        typed=status != 200,
        hosted=workspace.hosted(account(), ticket),
        known=workspace.known(account(), ticket) if account().app else None,
    )


def _event(event: Json) -> dict[str, Any]:
    actor: Actor = event["actor"]
    name = people.person(account(), actor.id)["name"] or "A rule of the account"
    at = moment(telling.moment(event["at"]) or "", account().now())
    return {"who": name, "door": actor.door, "at": at, "what": placeholders.event(event["changed"])}


# -- webhooks --------------------------------------------------------------------------------------


@page("/agent/webhooks")
def webhooks() -> ResponseReturnValue:
    """The automation rules, and what their webhooks sent."""
    now = account().now()
    log = [
        {**one, "at": moment(one["created_at"], now)} for one in account().deliveries.log()[::-1]
    ]
    kinds = {rules.CREATED: "new tickets", rules.HOURLY: "every hour", rules.UPDATED: "updates"}
    found = [(words, rules.of(account(), kind)) for kind, words in kinds.items()]
    return render("freshdesk/webhooks.html", kinds=found, log=log)
