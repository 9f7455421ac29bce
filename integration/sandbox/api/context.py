"""What every request needs: the state, who asks, the body, and the answer's headers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import paging
from integration.sandbox.errors import ApiError, missing_parameter
from integration.sandbox.options import Json, stamp
from integration.sandbox.records import Actor
from integration.sandbox.state import State

View = Callable[..., ResponseReturnValue]
EXTENSION = "sandbox"


def state() -> State:
    """The account this application serves."""
    return cast(State, current_app.extensions[EXTENSION])


def actor() -> Actor:
    """Who asks, as authenticated."""
    return cast(Actor, g.actor)


def locked(view: View) -> View:
    """Let a view run under the state's lock: each request sees and leaves a whole account."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        with state().lock:
            return view(*args, **kwargs)

    return wrapper


def route(blueprint: Blueprint, rule: str, *methods: str) -> Callable[[View], View]:
    """Serve a view at a rule, for GET or the methods named, under the lock."""

    def decorate(view: View) -> View:
        name = f"{view.__name__}:{rule}:{','.join(methods)}".replace(".", "_")
        blueprint.add_url_rule(rule, name, locked(view), methods=methods or ("GET",))
        return view

    return decorate


def document() -> Json:
    """The JSON body; 422 where it does not parse. A body of another type counts as empty."""
    if request.mimetype != "application/json":
        return {}
    if not request.get_data():
        return {}
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise ApiError(
            422, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"}
        )
    return found


def body(wrapper: str) -> Json:
    """What the JSON body carries under its wrapper; 400 where that is missing."""
    found = document().get(wrapper)
    if not isinstance(found, dict):
        raise missing_parameter(wrapper)
    return found


def listed(wrapper: str) -> list[Json]:
    """The list that the JSON body carries under its wrapper; 400 where that is missing."""
    found = document().get(wrapper)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise missing_parameter(wrapper)
    return found


def ids(name: str = "ids") -> list[int]:
    """Ids from the query, separated by commas; what is no number is left out."""
    return [int(part) for part in request.args.get(name, "").split(",") if part.strip().isdigit()]


def page(rows: list[Json], name: str) -> Response:
    """The asked-for page of a list."""
    url = f"{state().base_url}{request.path}.json"
    return jsonify(paging.paged(rows, name, request.args, url))


def location(path: str) -> None:
    """Say where a new resource is."""
    g.headers["Location"] = state().link(path)


def count(value: int) -> Json:
    """A count as the API tells it."""
    return {"count": {"value": value, "refreshed_at": stamp(state().now())}}
