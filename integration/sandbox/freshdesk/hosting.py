"""The pages that are about the app: what is installed, its settings, its files, its requests."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from integration.sandbox.assets import asset_origin, at_home, served
from integration.sandbox.freshdesk import filing
from integration.sandbox.freshdesk.api.context import account, document
from integration.sandbox.freshdesk.apps import App
from integration.sandbox.freshdesk.bundles import CLIENT
from integration.sandbox.freshdesk.serverless import NO_NODE, node
from integration.sandbox.freshdesk.viewing import blueprint, page, render
from integration.sandbox.shown import moment

LOCALES: Final = (
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("zh-CN", "简体中文"),
    ("ja-JP", "日本語"),
)
"""Languages of agents, by Freshdesk's codes."""

files = Blueprint("freshdesk_app_files", __name__)
_CLIENT: Final = Path(__file__).parents[1] / "static" / "freshworks" / "client.js"


@page("/agent/apps")
def apps() -> ResponseReturnValue:
    """The installed app with its settings, and what it was told of."""
    return _shown()


def _shown(status: int = 200, wrong: str = "") -> ResponseReturnValue:
    app, now = account().app, account().now()
    told = [(one, moment(one.at, now)) for one in reversed(app.told)] if app else []
    agent = account().shelf("agents")[filing.desk(account())]
    return render(
        "freshdesk/apps.html",
        status,
        app=app,
        told=told,
        wrong=wrong,
        without_node="" if node() else NO_NODE,
        locale=agent["contact"]["language"],
        locales=LOCALES,
    )


@page("/agent/apps/settings", methods=("POST",))
def put_settings() -> ResponseReturnValue:
    """What an admin types into the app's settings; a secure one that is left empty stays."""
    app = _app()
    given = {
        name: request.form[name].strip()
        for name, one in app.bundle.iparams.items()
        if name in request.form and (request.form[name].strip() or not one.secure)
    }
    app.put(given)
    return redirect("/agent/apps?did=saved", 303)


@page("/agent/language", methods=("POST",))
def choose_language() -> ResponseReturnValue:
    """The agent's own language, in which the app speaks to them; the stand-in has but one."""
    wanted = request.form.get("locale", "")
    if wanted not in dict(LOCALES):
        abort(400)
    account().shelf("agents")[filing.desk(account())]["contact"]["language"] = wanted
    account().touched()
    return redirect("/agent/apps?did=saved", 303)


# Without the account's lock: the app's own service asks this account while it is being asked.
@blueprint.post("/agent/apps/<int:identity>/request")
def make_request(identity: int) -> ResponseReturnValue:
    """Make a request for the app's page, by a template's name, and tell what came of it."""
    app = _app()
    if app.id != identity:
        abort(404)
    given = document()
    return jsonify(app.ask(str(given.get("template")), given.get("options")).as_json())


def _app() -> App:
    found = account().app
    if found is None:
        abort(404)
    return found


# -- files -----------------------------------------------------------------------------------------


@files.get("/apps/<int:identity>/<path:path>")
def asset(identity: int, path: str) -> ResponseReturnValue:
    """A file of the app, under the name of this machine that is not the pages' own; in a page with
    the address of the platform's client script."""
    base, app = account().base_url, account().app
    if not at_home(request.host, base) or app is None or app.id != identity:
        abort(404)
    found = app.bundle.asset(path)
    if found is None:
        abort(404)
    content = found.read_bytes()
    if found.suffix == ".html":
        client = f"{asset_origin(base)}/apps/client.js?{urlencode({'host': base})}"
        content = content.replace(CLIENT.encode(), client.encode())
    return served(content, found.suffix, base)


@files.get("/apps/client.js")
def client() -> ResponseReturnValue:
    """The platform's client script, as this stand-in speaks it."""
    base = account().base_url
    if not at_home(request.host, base):
        abort(404)
    return served(_CLIENT.read_bytes(), _CLIENT.suffix, base)
