"""``/api/v2/users`` and the account's settings."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import people
from integration.sandbox.api.context import (
    actor,
    body,
    count,
    ids,
    location,
    page,
    route,
    state,
)
from integration.sandbox.options import Json

blueprint = Blueprint("people", __name__, url_prefix="/api/v2")


def _active() -> list[Json]:
    wanted = request.args.getlist("role") + request.args.getlist("role[]")
    return [
        people.user_json(state(), user)
        for user in state().users.values()
        if user["active"] and (not wanted or user["role"] in wanted)
    ]


@route(blueprint, "/users")
def list_users() -> ResponseReturnValue:
    return page(_active(), "users")


@route(blueprint, "/users/count")
def count_users() -> ResponseReturnValue:
    return jsonify(count(len(_active())))


@route(blueprint, "/users", "POST")
def create_user() -> ResponseReturnValue:
    user = people.create(state(), body("user"))
    location(f"users/{user['id']}")
    return jsonify({"user": people.user_json(state(), user)}), 201


@route(blueprint, "/users/create_or_update", "POST")
def create_or_update() -> ResponseReturnValue:
    given = body("user")
    known = people.by_email(state(), str(given.get("email") or ""))
    user = people.update(state(), known, given) if known else people.create(state(), given)
    return jsonify({"user": people.user_json(state(), user)}), 200 if known else 201


@route(blueprint, "/users/me")
def me() -> ResponseReturnValue:
    row = people.user_json(state(), actor().user)
    return jsonify({"user": {**row, "authenticity_token": None}})


@route(blueprint, "/users/show_many")
def show_users() -> ResponseReturnValue:
    wanted = ids()
    return page([row for row in _active() if row["id"] in wanted], "users")


@route(blueprint, "/users/search")
def search_users() -> ResponseReturnValue:
    query = request.args.get("query", "").removeprefix("email:").strip('"').casefold()
    external = request.args.get("external_id")
    rows = [
        row
        for row in _active()
        if (external is None or row["external_id"] == external)
        and (query in str(row["name"]).casefold() or query in str(row["email"] or "").casefold())
    ]
    return page(rows, "users")


@route(blueprint, "/users/<int:user_id>")
def show_user(user_id: int) -> ResponseReturnValue:
    return jsonify({"user": people.user_json(state(), people.get(state(), user_id))})


@route(blueprint, "/users/<int:user_id>", "PUT")
def update_user(user_id: int) -> ResponseReturnValue:
    user = people.update(state(), people.get(state(), user_id), body("user"))
    return jsonify({"user": people.user_json(state(), user)})


@route(blueprint, "/users/<int:user_id>", "DELETE")
def delete_user(user_id: int) -> ResponseReturnValue:
    user = people.get(state(), user_id)
    user["active"] = False
    return jsonify({"user": people.user_json(state(), user)})


@route(blueprint, "/account/settings")
def settings() -> ResponseReturnValue:
    """A few of the many settings."""
    return jsonify(
        {
            "settings": {
                "active_features": {
                    "ticket_tagging": True,
                    "on_hold_status": True,
                    "sandbox": True,
                },
                "brands": {"default_brand_id": next(iter(state().shelf("brands")))},
                "tickets": {"tagging": True, "comments_public_by_default": True},
            }
        }
    )
