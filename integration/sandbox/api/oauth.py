"""``/oauth/…`` and ``/api/v2/oauth/tokens``: letting a client in, its tokens, taking them back."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, jsonify, redirect, render_template
from flask import request as asked
from flask.typing import ResponseReturnValue

from integration.sandbox import auth, consent, guard, people
from integration.sandbox.api.context import actor, document, route, state
from integration.sandbox.auth import Grant
from integration.sandbox.consent import Request, Unfit
from integration.sandbox.errors import not_found
from integration.sandbox.oauth import MARKETPLACE, Authorizations
from integration.sandbox.options import Json

EXTENSION = "sandbox_oauth"
_ASKED = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)

pages = Blueprint("oauth_pages", __name__)
pages.before_request(guard.own_pages_only)
blueprint = Blueprint("oauth", __name__)


def authorizations(app: Flask | None = None) -> Authorizations:
    """Who let whom in, in the account that an application (or this one) serves."""
    return cast(Authorizations, (app or current_app).extensions[EXTENSION])


@pages.after_request
def _protected(answer: Response) -> Response:
    """As the agent's pages; the form may also lead to where the client wants to be told."""
    guard.protected(answer)
    if target := g.get("target"):
        policy = answer.headers["Content-Security-Policy"]
        parts = urlsplit(target)
        wider = f"form-action 'self' {parts.scheme}://{parts.netloc}"
        answer.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", wider)
    return answer


# -- a person is asked -----------------------------------------------------------------------------


@route(pages, "/oauth/authorizations/new")
def ask() -> ResponseReturnValue:
    """Ask the person at the screen whether a client may come in."""
    try:
        found = authorizations().request(asked.args)
    except Unfit as error:
        return _unfit(error)
    return _page(found, asked.args)


def _page(found: Request, given: Any) -> ResponseReturnValue:
    g.target = found.redirect
    agents = [user for user in state().users.values() if people.is_agent(user)]
    return render_template(
        "authorize.html",
        client=found.client,
        can=_can(found.scope),
        scope=found.scope,
        redirect=found.redirect,
        account=state().options.subdomain,
        agents=agents,
        hidden=[(name, given[name]) for name in _ASKED if name in given],
    )


@route(pages, "/oauth/authorizations", "POST")
def decide() -> ResponseReturnValue:
    """Send the person back with what they decided; what was asked is looked at again."""
    known = authorizations()
    try:
        found = known.request(asked.form)
    except Unfit as error:
        return _unfit(error)
    who = asked.form.get("as", "")
    user = state().users.get(int(who)) if who.isdigit() else None
    if user is None or not people.is_agent(user):
        raise not_found()
    if asked.form.get("do") == "allow":
        return redirect(known.allow(found, int(user["id"])), 302)
    return redirect(consent.denied(found), 302)


def _unfit(error: Unfit) -> ResponseReturnValue:
    if error.redirect is not None:
        return redirect(error.redirect, 302)
    return render_template("authorize.html", wrong=str(error)), 400


def _can(scope: str) -> list[str]:
    """What a scope lets a client do, in words."""
    wide = {
        "read": "Read everything that you may read in this account",
        "write": "Change and delete everything that you may change in this account",
        "impersonate": "Act on behalf of end users",
    }
    found = []
    for one in scope.split():
        resource, _, right = one.partition(":")
        words = {"read": f"Read {resource}", "write": f"Change and delete {resource}"}.get(right)
        found.append(wide.get(one) or words or f"Nothing by “{one}”, which is no known scope")
    return found


# -- tokens ----------------------------------------------------------------------------------------


@route(blueprint, "/oauth/tokens", "POST")
def tokens() -> ResponseReturnValue:
    """Tokens for a code, a refresh token or a client's secret; as JSON or as a form."""
    answer = jsonify(authorizations().tokens(document() or dict(asked.form)))
    answer.headers["Cache-Control"] = "no-store"
    return answer, 201


@blueprint.before_app_request
def _note_unmarked() -> None:
    marked = all(asked.headers.get(name) for name in MARKETPLACE)
    if asked.path.startswith("/api/") and not marked:
        with state().lock:
            authorizations().note_unmarked(_bearer())


def _bearer() -> str | None:
    return auth.bearer(asked.headers.get("Authorization"))


def _token(key: str) -> tuple[str, Grant]:
    """A token by its number, or the one of this request; 404 for other people's."""
    for token, grant in state().tokens.items():
        own = grant.user_id == actor().id or actor().user["role"] == "admin"
        if token == _bearer() if key == "current" else str(grant.id) == key and own:
            return token, grant
    raise not_found()


@route(blueprint, "/api/v2/oauth/tokens/<key>")
def show_token(key: str) -> ResponseReturnValue:
    return jsonify({"token": auth.token_json(state(), *_token(key))})


@route(blueprint, "/api/v2/oauth/tokens/<key>", "DELETE")
def revoke_token(key: str) -> ResponseReturnValue:
    """Guess: the refresh token goes with it."""
    authorizations().revoke_token(_token(key)[0])
    return "", 204


# -- for whoever tests -----------------------------------------------------------------------------


@route(blueprint, "/sandbox/grants")
def list_grants() -> ResponseReturnValue:
    """What was ever granted, how often it was refreshed, and whether it was taken back."""
    return jsonify({"grants": authorizations().rows()})


@route(blueprint, "/sandbox/grants/<int:grant_id>", "DELETE")
def revoke_grant(grant_id: int) -> ResponseReturnValue:
    """Take a grant back, as where an admin removes the app."""
    known = authorizations()
    known.revoke(known.find(grant_id))
    return "", 204


@route(blueprint, "/sandbox/grants", "DELETE")
def revoke_all() -> ResponseReturnValue:
    """Take back everything that was granted."""
    known = authorizations()
    for one in known.granted:
        known.revoke(one)
    return "", 204


def rows_for_page() -> list[Json]:
    """The grants that hold, with the names of those who gave them."""
    users = state().users
    return [
        {**row, "user": users.get(row["user_id"], {}).get("name", "(unknown)")}
        for row in authorizations().rows()
        if not row["revoked"]
    ]
