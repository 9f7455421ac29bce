"""Filing a ticket: as a customer through a web form, or as an agent for one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from integration.sandbox import drafts, inputs, people, tickets, workspace
from integration.sandbox.drafts import Draft
from integration.sandbox.errors import ApiError
from integration.sandbox.options import Json
from integration.sandbox.records import Actor
from integration.sandbox.state import BROWSER
from integration.sandbox.viewing import page, render, state


@page("/agent/new")
def new_ticket() -> ResponseReturnValue:
    """The form a customer would fill in."""
    return _page(_claimed())


@page("/agent/tickets/new")
def new_ticket_by_agent() -> ResponseReturnValue:
    """The form in which an agent files a ticket for a customer."""
    draft = _claimed()
    draft.values["status"] = "new"
    return _page(draft, by_agent=True)


def _claimed() -> Draft:
    draft = drafts.empty(state().custom_fields())
    for row in state().custom_fields():
        if row["title"] == inputs.TICKED and row["type"] == "checkbox":
            draft.values[drafts.name_of(row)] = "1"
    return draft


def _page(draft: Draft, status: int = 200, *, by_agent: bool = False) -> ResponseReturnValue:
    shown: dict[str, Any] = {"by_agent": by_agent}
    if by_agent:
        attributes = inputs.attributes(state(), draft)
        # That a closed ticket stays as it is is of no use to know yet.
        shown["attributes"] = {**attributes, "status": replace(attributes["status"], hint="")}
        shown["hosted"] = workspace.hosted("new_ticket_sidebar")
        shown["known"] = workspace.known(state())
    groups = inputs.groups(state().custom_fields(), draft)
    return render("new.html", status, groups=groups, draft=draft, form=request.form, **shown)


@page("/agent/new", methods=("POST",))
def file_ticket() -> ResponseReturnValue:
    """File a ticket as a customer through a web form."""
    return _filed(by_agent=False)


@page("/agent/tickets/new", methods=("POST",))
def file_ticket_by_agent() -> ResponseReturnValue:
    """File a ticket as the agent who is signed in, for a customer."""
    return _filed(by_agent=True)


def _filed(*, by_agent: bool) -> ResponseReturnValue:
    form, fields = request.form, state().custom_fields()
    draft = drafts.filed(form, fields)
    if draft.wrong:
        return _page(draft, 422, by_agent=by_agent)
    public = not by_agent or form.get("mode") != "note"
    given = {
        "subject": form["subject"].strip(),
        **drafts.patch(draft, fields),
        "comment": {"body": form["text"].replace("\r\n", "\n"), "public": public},
    }
    name, email = form["name"].strip(), form["email"].strip()
    try:
        if by_agent:
            made = _file_as_agent(given, name, email)
        else:
            made = state().file_ticket(given, name, email, "web")
    except ApiError as error:
        wrong, general = drafts.complaints(error, (*draft.values, "name", "email", "subject"))
        refused = replace(draft, wrong=wrong, general=tuple(general))
        return _page(refused, error.status, by_agent=by_agent)
    return redirect(f"/agent/tickets/{made['id']}?did=filed", 303)


def _file_as_agent(given: Json, name: str, email: str) -> Json:
    account = state()
    person = people.by_email(account, email) or people.add(account, name, email)
    actor = Actor(account.agent, "web", BROWSER)
    record, _ = tickets.create(account, {**given, "requester_id": person["id"]}, actor)
    return {"id": record.id}
