"""The small Freshdesk as a web application. For trying and testing only.

``/api/v2/…`` is the API, ``/sandbox/…`` what tests and measurements need beside it (``control``),
``/agent/…`` the pages an agent sees, ``/apps/…`` the files of the installed app.
``account_of(app)`` is what it serves.
"""

from __future__ import annotations

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from integration.sandbox import counts, faults
from integration.sandbox.freshdesk import (
    auth,
    control,
    errors,
    hosting,
    limits,
    pages,
    viewing,
)
from integration.sandbox.freshdesk.api import administration, context, people, tickets
from integration.sandbox.freshdesk.api.context import EXTENSION
from integration.sandbox.freshdesk.errors import ApiError
from integration.sandbox.freshdesk.options import Options
from integration.sandbox.freshdesk.seed import new_account
from integration.sandbox.freshdesk.state import Account

_LARGEST = 4 * 1024 * 1024
AGENT_PAGES = (hosting, pages)
"""The modules that add their pages to the one blueprint of them."""


def create_app(options: Options | None = None, *, base_url: str = "http://localhost") -> Flask:
    """A fresh account as an application; ``base_url`` is where its own links shall lead."""
    # The frame of the pages and their looks are those of the other stand-in.
    app = Flask(__name__, template_folder="../templates", static_folder=None)
    account = new_account(options, base_url)
    app.extensions[EXTENSION] = account
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.jinja_env.globals["nav_apps"] = list
    app.before_request(_enter)
    app.after_request(_leave)
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    for blueprint in (tickets.blueprint, administration.blueprint, people.blueprint):
        app.register_blueprint(blueprint)
    for blueprint in (control.blueprint, viewing.blueprint, hosting.files):
        app.register_blueprint(blueprint)
    app.wsgi_app = counts.CountingApp(  # type: ignore[method-assign]
        faults.FaultyApp(app.wsgi_app, account.faults, account.agenda.pause), account.requests
    )
    return app


def account_of(app: Flask) -> Account:
    """The account an application of ``create_app`` serves."""
    found = app.extensions[EXTENSION]
    assert isinstance(found, Account)
    return found


def _enter() -> None:
    """Whether they have asked too often, who asks, and what they may do."""
    g.headers = {}
    if not request.path.startswith(("/api/", "/sandbox/")):
        return
    request.get_data(cache=True)
    account = context.account()
    with account.lock:
        if request.path.startswith("/api/"):
            names = [one for one in request.args.get("include", "").split(",") if one]
            reading = account.counters.count(request.method, request.path, names, account.now())
            g.headers.update(limits.headers(reading))
            if reading.exceeded:
                raise errors.too_many(reading.resets, g.headers)
        g.agent = auth.authenticate(account, request.headers.get("Authorization"))
        auth.authorize(account, g.agent, request.path)


def _leave(answer: Response) -> Response:
    for name, value in getattr(g, "headers", {}).items():
        answer.headers[name] = value
    if answer.mimetype == "application/json":
        answer.headers["Content-Type"] = "application/json; charset=utf-8"
    return answer


def _refuse(error: ApiError) -> ResponseReturnValue:
    getattr(g, "headers", {}).update(error.headers)
    return ("", error.status) if error.body is None else (jsonify(error.body), error.status)


def _refuse_http(error: HTTPException) -> ResponseReturnValue:
    """An unknown path or verb under ``/api``, in Freshdesk's words."""
    if request.path.startswith("/api/"):
        if isinstance(error, MethodNotAllowed):
            verbs = set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}
            return _refuse(errors.not_allowed(sorted(verbs)))
        if error.code == 404:
            return "", 404
    return error.get_response()
