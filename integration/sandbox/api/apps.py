"""``/api/v2/apps``: the installed apps; and the agent's pages that open one and remove access."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, jsonify, redirect, render_template
from flask import request as asked
from flask.typing import ResponseReturnValue

from integration.sandbox import guard, people
from integration.sandbox.api import oauth
from integration.sandbox.api.context import document, page, route, state
from integration.sandbox.apps import Apps, app_json, installation_json
from integration.sandbox.options import Json

EXTENSION = "sandbox_apps"

blueprint = Blueprint("apps", __name__, url_prefix="/api/v2/apps")
pages = Blueprint("apps_pages", __name__)
pages.before_request(guard.own_pages_only)


def apps(app: Flask | None = None) -> Apps:
    """The apps of the account that an application (or this one) serves."""
    return cast(Apps, (app or current_app).extensions[EXTENSION])


@route(blueprint, "/installations")
def list_installations() -> ResponseReturnValue:
    found = list(apps().installations.values())
    answer = page([installation_json(one) for one in found], "installations")
    if "app" not in asked.args.get("include", "").split(","):
        return answer
    by_id = {one.app_id: app_json(one) for one in found}
    body: Json = answer.get_json()
    return jsonify({**body, "apps": list(by_id.values())})


@route(blueprint, "/installations/<int:installation_id>")
def show_installation(installation_id: int) -> ResponseReturnValue:
    return jsonify(installation_json(apps().get(installation_id)))


@route(blueprint, "/installations/<int:installation_id>", "PUT")
def change_installation(installation_id: int) -> ResponseReturnValue:
    one = apps().get(installation_id)
    apps().change(one, document())
    return jsonify(installation_json(one))


@route(blueprint, "/<int:app_id>/public_key.pem")
def public_key(app_id: int) -> ResponseReturnValue:
    return Response(apps().public_key(app_id), content_type="application/x-pem-file")


# -- the agent's pages -----------------------------------------------------------------------------


@pages.after_request
def _protected(answer: Response) -> Response:
    """As the agent's pages; an app's page may be in a frame, and the form goes there."""
    guard.protected(answer)
    if target := g.get("target"):
        parts = urlsplit(target)
        policy = answer.headers["Content-Security-Policy"]
        origin = f"{parts.scheme}://{parts.netloc}"
        # A frame's redirects after the form must be let through as well, so any path there is.
        policy = policy.replace("form-action 'self'", f"form-action 'self' {origin}")
        answer.headers["Content-Security-Policy"] = f"{policy}; frame-src {origin}"
    return answer


@route(pages, "/agent/apps")
def list_apps() -> ResponseReturnValue:
    """The installed apps, and who let which client in."""
    return render_template(
        "apps.html", installed=list(apps().installations.values()), grants=oauth.rows_for_page()
    )


@route(pages, "/agent/apps/<int:installation_id>")
def open_app(installation_id: int) -> ResponseReturnValue:
    """The app's own page in a frame, opened as Zendesk does, as the agent that ``as`` names."""
    one = apps().get(installation_id)
    who = asked.args.get("as", "")
    agents = [user for user in state().users.values() if people.is_agent(user)]
    user = next((user for user in agents if str(user["id"]) == who), state().agent)
    g.target = one.url
    return render_template(
        "app.html", one=one, opening=apps().open(one, user, "nav_bar"), agents=agents, user=user
    )


@route(pages, "/agent/apps/grants/<int:grant_id>", "POST")
def remove_access(grant_id: int) -> ResponseReturnValue:
    """Take a grant back, as an admin does who removes an app's access."""
    known = oauth.authorizations()
    known.revoke(known.find(grant_id))
    return redirect("/agent/apps", 303)
