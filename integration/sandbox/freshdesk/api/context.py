"""What every request needs: the account, who asks, the body, and the answer's headers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import Blueprint, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox.freshdesk import errors, listing
from integration.sandbox.freshdesk.records import Actor
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

View = Callable[..., ResponseReturnValue]
EXTENSION = "freshdesk"
ROOT = "/api/v2"


def account() -> Account:
    """The account this application serves."""
    return cast(Account, current_app.extensions[EXTENSION])


def actor() -> Actor:
    """Who asks, as an event tells it."""
    return Actor(g.agent["id"], "agent", "api")


def route(blueprint: Blueprint, rule: str, *methods: str) -> Callable[[View], View]:
    """Serve a view below ``/api/v2``, for GET or the methods named, under the account's lock."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            with account().lock:
                return view(*args, **kwargs)

        name = f"{view.__name__}:{rule}:{','.join(methods)}".replace(".", "_")
        blueprint.add_url_rule(ROOT + rule, name, locked, methods=methods or ("GET",))
        return view

    return decorate


def document() -> Any:
    """The JSON body; 415 for another type, 400 where it does not parse."""
    if request.mimetype != "application/json":
        words = "Content-Type header should have application/json"
        raise errors.ApiError(415, {"code": "invalid_content_type", "message": words})
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise errors.invalid_json()
    return found


def page(rows: Sequence[Json], *, pages: int | None = None) -> ResponseReturnValue:
    """The asked-for page of a list."""
    url = f"{account().base_url}{request.path}"
    found, headers = listing.paged(rows, request.args, url, pages=pages)
    g.headers.update(headers)
    return jsonify(found)


def created(row: Json, path: str) -> ResponseReturnValue:
    """201 with what was made, and where it is."""
    g.headers["Location"] = f"{account().base_url}{ROOT}/{path}/{row['id']}"
    return jsonify(row), 201
