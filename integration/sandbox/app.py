"""The sandbox as a web application. For trying and testing only.

``/api/v2/…`` with and without ``.json``, ``/oauth/…`` for letting a client in, ``/sandbox/faults``
to order faults, ``/sandbox/limits`` to set rate limits, ``/sandbox/requests`` to see what was
asked, ``/sandbox/grants`` to see who was let in and to take that back, and ``/apps/…/assets/…``
for the files of installed apps.
``app.extensions["sandbox"]`` is its ``State``.
"""

from __future__ import annotations

from dataclasses import asdict

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration.sandbox import (
    auth,
    counts,
    desk,
    errors,
    faults,
    filing,
    hosting,
    limits,
    viewing,
    views,
    workspace,
)
from integration.sandbox.api import apps, bulk, oauth, people, resources, tickets, webhooks
from integration.sandbox.api.context import EXTENSION, document, locked, state
from integration.sandbox.apps import Apps
from integration.sandbox.errors import ApiError
from integration.sandbox.oauth import Authorizations
from integration.sandbox.options import Options
from integration.sandbox.records import Actor
from integration.sandbox.state import State

_LARGEST = 4 * 1024 * 1024
AGENT_PAGES = (views, desk, filing)
"""The modules that add their pages to the one blueprint of them."""


def create_sandbox(options: Options | None = None, *, base_url: str = "http://localhost") -> Flask:
    """A fresh account as an application; ``base_url`` is where its own links shall lead."""
    app = Flask(__name__)
    account = State(options, base_url)
    app.extensions[EXTENSION] = account
    app.extensions[oauth.EXTENSION] = Authorizations(account)
    app.extensions[workspace.EXTENSION] = Apps(account)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_enter)
    app.after_request(_leave)
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    for module in (tickets, bulk, resources, people, webhooks, oauth, apps):
        app.register_blueprint(module.blueprint)
    for pages in (viewing.blueprint, oauth.pages, hosting.pages, apps.files):
        app.register_blueprint(pages)
    app.jinja_env.globals["nav_apps"] = workspace.nav_apps
    app.add_url_rule("/sandbox/faults", "faults", _faults, methods=["GET", "POST", "DELETE"])
    app.add_url_rule("/sandbox/limits", "limits", locked(_limits), methods=["GET", "PUT"])
    app.add_url_rule("/sandbox/requests", "requests", _requests, methods=["GET", "DELETE"])
    app.wsgi_app = counts.CountingApp(  # type: ignore[method-assign]
        faults.FaultyApp(app.wsgi_app, account.faults, account.deliveries.wait), account.requests
    )
    return app


def state_of(app: Flask) -> State:
    """The account an application of ``create_sandbox`` serves."""
    account = app.extensions[EXTENSION]
    assert isinstance(account, State)
    return account


def _enter() -> None:
    """Who asks, what they may do, and whether they have asked too often."""
    g.headers = {}
    if not request.path.startswith(("/api/", "/sandbox/")):
        return
    request.get_data(cache=True)
    account = state()
    with account.lock:
        session = request.environ.get(auth.SESSION)
        if session is None:
            user, grant = auth.authenticate(account, request.headers.get("Authorization"))
        else:
            user, grant = auth.signed_in(account, session)
        client = request.headers.get("User-Agent", "")
        g.actor = Actor(user, "api", client, request.remote_addr or "127.0.0.1")
        if request.path.startswith("/sandbox/"):
            return
        reading = account.counters.account(account.now())
        g.headers.update(limits.account_headers(reading))
        if reading.exceeded:
            raise limits.too_many(reading, g.headers)
        auth.authorize(user, grant, request.method, request.path)
        auth.require_plan(account, request.path)


def _leave(answer: Response) -> Response:
    for name, value in getattr(g, "headers", {}).items():
        answer.headers[name] = value
    if request.path.startswith("/api/"):
        answer.headers["X-Zendesk-API-Version"] = "v2"
    if answer.mimetype == "application/json":
        answer.headers["Content-Type"] = "application/json; charset=utf-8"
    return answer


def _refuse(error: ApiError) -> ResponseReturnValue:
    g.headers.update(error.headers)
    return jsonify(error.body), error.status


def _refuse_http(error: HTTPException) -> ResponseReturnValue:
    """An unknown path or method under ``/api``, in Zendesk's words."""
    if not request.path.startswith("/api/") or error.code not in (404, 405):
        return error.get_response()
    if error.code == 405:
        return jsonify({"error": "MethodNotAllowed", "description": "Method not allowed"}), 405
    return jsonify({"error": "InvalidEndpoint", "description": "Not found"}), 404


def _faults() -> ResponseReturnValue:
    """Order faults (POST one or a list), look at those waiting (GET), forget them (DELETE)."""
    ordered = state().faults
    if request.method == "DELETE":
        ordered.clear()
        return "", 204
    if request.method == "POST":
        given = request.get_json(silent=True)
        rows = given if isinstance(given, list) else [given]
        try:
            for fault in [faults.from_json(row if isinstance(row, dict) else {}) for row in rows]:
                ordered.add(fault)
        except ValueError as error:
            raise errors.bad_request("InvalidFault", str(error)) from error
    return jsonify({"waiting": [repr(fault) for fault in ordered.waiting()]}), 201 if (
        request.method == "POST"
    ) else 200


def _limits() -> ResponseReturnValue:
    """The rate limits (GET), or others from now on, counted afresh (PUT, with some of them)."""
    account = state()
    if request.method == "PUT":
        try:
            limited = limits.from_json(document(), account.counters.limits)
        except ValueError as error:
            raise errors.bad_request("InvalidLimits", str(error)) from error
        account.counters = limits.Counters(limited)
    return jsonify(asdict(account.counters.limits))


def _requests() -> ResponseReturnValue:
    """What was asked so far (GET; ``?writes``: each write for itself), or count afresh (DELETE)."""
    counted = state().requests
    if request.method == "DELETE":
        counted.clear()
        return "", 204
    if "writes" in request.args:
        return jsonify({"writes": counted.writes()})
    return jsonify({"requests": counted.kinds()})
