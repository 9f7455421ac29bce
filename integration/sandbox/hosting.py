"""The agent's pages that are about apps: those installed, one opened, and requests made for one."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound
from werkzeug.test import Client

from integration.sandbox import auth, guard, people, proxying, workspace
from integration.sandbox.api import oauth
from integration.sandbox.api.apps import apps
from integration.sandbox.api.context import document, route, state
from integration.sandbox.apps import Installation
from integration.sandbox.options import Json
from integration.sandbox.proxying import Came, Refused, Sent

LOCALES: Final = (
    ("en-US", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("zh-CN", "简体中文"),
    ("ja", "日本語"),
)

pages = Blueprint("apps_pages", __name__)
pages.before_request(guard.own_pages_only)


@pages.after_request
def _protected(answer: Response) -> Response:
    """As the agent's pages; a signed page's form goes where the app's page is."""
    guard.protected(answer)
    if target := g.get("target"):
        parts = urlsplit(target)
        policy = answer.headers["Content-Security-Policy"]
        # A frame's redirects after the form must be let through as well, so any path there is.
        wider = f"form-action 'self' {parts.scheme}://{parts.netloc}"
        answer.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", wider)
    return answer


@route(pages, "/agent/apps")
def list_apps() -> ResponseReturnValue:
    """The installed apps, and who let which client in."""
    return render_template(
        "apps.html",
        installed=list(apps().installations.values()),
        grants=oauth.rows_for_page(),
        locale=state().agent["locale"],
        locales=LOCALES,
    )


@route(pages, "/agent/language", "POST")
def choose_language() -> ResponseReturnValue:
    """The agent's own language, in which apps speak to them; the sandbox itself has but one."""
    wanted = request.form.get("locale", "")
    if wanted not in dict(LOCALES):
        abort(400)
    people.update(state(), state().agent, {"locale": wanted})
    return redirect("/agent/apps", 303)


@route(pages, "/agent/apps/<int:installation_id>")
def open_app(installation_id: int) -> ResponseReturnValue:
    """The app's own page in a frame, opened as Zendesk does, as the agent that ``as`` names."""
    one = apps().get(installation_id)
    who = request.args.get("as", "")
    agents = [user for user in state().users.values() if people.is_agent(user)]
    user = next((user for user in agents if str(user["id"]) == who), state().agent)
    shown = workspace.opened(one, user, "nav_bar")
    if shown.opening.token is not None:
        g.target = shown.opening.action
    hosted = workspace.told([shown], user, "nav_bar")
    return render_template(
        "app.html", one=one, opening=shown.opening, hosted=hosted, agents=agents, user=user
    )


@route(pages, "/agent/apps/grants/<int:grant_id>", "POST")
def remove_access(grant_id: int) -> ResponseReturnValue:
    """Take a grant back, as an admin does who removes an app's access."""
    known = oauth.authorizations()
    known.revoke(known.find(grant_id))
    return redirect("/agent/apps", 303)


# Without the account's lock: the app's own service asks this account while it is being asked.
@pages.post("/agent/apps/<int:installation_id>/request")
def make_request(installation_id: int) -> ResponseReturnValue:
    """Make a request for an app, as the agent who is signed in, and tell what came of it."""
    account = state()
    with account.lock:
        one = apps().get(installation_id)
        if not one.enabled:
            raise NotFound
    return jsonify(_came(one, document()).as_json())


def _came(one: Installation, given: Json) -> Came:
    account = state()
    try:
        with account.lock:
            sent = proxying.prepared(one, given, account.now())
    except Refused as error:
        return proxying.refused(error)
    return _of_own(sent) if sent.inside else proxying.forwarded(sent)


def _of_own(sent: Sent) -> Came:
    """Ask this account's own API with the agent's session, past the network."""
    url = sent.url if sent.url.startswith("/") else f"/{sent.url}"
    path, _, query = url.partition("?")
    answer = Client(current_app.wsgi_app).open(
        path,
        method=sent.method,
        base_url=state().base_url,
        query_string=query,
        headers={
            name: value for name, value in sent.headers.items() if name.lower() != "authorization"
        },
        data=sent.body or None,
        environ_overrides={auth.SESSION: state().agent["id"]},
    )
    return proxying.passed(answer.status, answer.headers.items(), answer.get_data())
