"""Agents, contacts, and what every agent may read of the account."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox.freshdesk import errors, people
from integration.sandbox.freshdesk.api.context import account, created, document, page, route
from integration.sandbox.options import Json

blueprint = Blueprint("freshdesk_people", __name__)


@route(blueprint, "/agents/me")
def me() -> ResponseReturnValue:
    return jsonify(g.agent)


@route(blueprint, "/agents")
def agent_list() -> ResponseReturnValue:
    rows = list(account().shelf("agents").values())
    email = request.args.get("email", "").lower()
    return page([row for row in rows if not email or row["contact"]["email"].lower() == email])


@route(blueprint, "/agents/<int:identity>")
def agent_show(identity: int) -> ResponseReturnValue:
    return jsonify(account().find("agents", identity))


@route(blueprint, "/contacts")
def contact_list() -> ResponseReturnValue:
    rows = list(account().shelf("contacts").values())
    email = request.args.get("email", "").lower()
    return page([row for row in rows if not email or str(row["email"]).lower() == email])


@route(blueprint, "/contacts", "POST")
def contact_create() -> ResponseReturnValue:
    return created(people.save(account(), document(), None), "contacts")


@route(blueprint, "/contacts/<int:identity>")
def contact_show(identity: int) -> ResponseReturnValue:
    return jsonify(account().find("contacts", identity))


@route(blueprint, "/contacts/<int:identity>", "PUT")
def contact_update(identity: int) -> ResponseReturnValue:
    row = account().find("contacts", identity)
    return jsonify(people.save(account(), document(), row))


@route(blueprint, "/<any(groups, products, roles):shelf>")
def shelf_list(shelf: str) -> ResponseReturnValue:
    return page(list(account().shelf(shelf).values()))


@route(blueprint, "/<any(groups, products, roles):shelf>/<int:identity>")
def shelf_show(shelf: str, identity: int) -> ResponseReturnValue:
    return jsonify(account().find(shelf, identity))


@route(blueprint, "/settings/helpdesk")
def settings() -> ResponseReturnValue:
    """It tells languages alone; an agent's own time zone stands in ``/agents/me``."""
    return jsonify({"primary_language": "en", "supported_languages": [], "portal_languages": []})


@route(blueprint, "/ticket_fields")
def field_list() -> ResponseReturnValue:
    """The fields as every agent may read them: choices of a drop-down are its words alone."""
    rows = sorted(account().shelf("fields").values(), key=lambda row: (row["position"], row["id"]))
    kind = request.args.get("type")
    kinds = {row["type"] for row in rows}
    if kind is not None and not (kind in kinds or kind.startswith(("default_", "custom_"))):
        raise errors.invalid([errors.one_of("type", sorted(kinds))])
    return jsonify([_for_agents(row) for row in rows if kind in (None, row["type"])])


def _for_agents(row: Json) -> Json:
    if row["type"] != "custom_dropdown":
        return row
    return {**row, "choices": [one["value"] for one in row["choices"]]}
