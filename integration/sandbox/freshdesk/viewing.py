"""What the agent's pages have in common: their blueprint, how one is served and rendered.

For trying and testing only: no login, loopback alone. Frame, looks and the headers that keep a
browser to these pages are those of the other stand-in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, HTTPException

from integration.sandbox import guard
from integration.sandbox.freshdesk.api.context import account
from integration.sandbox.freshdesk.errors import ApiError

blueprint = Blueprint(
    "agent",
    __name__,
    template_folder="templates",
    static_folder="../static",
    static_url_path="/agent/static",
)
_READING: Final = ("GET", "HEAD", "OPTIONS")
_DONE: Final = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was saved.",
    "filed": "The ticket is filed.",
    "written": "The customer's message is on the ticket.",
}
View = Callable[..., ResponseReturnValue]


@blueprint.before_request
def own_pages_only() -> None:
    """403 for a write that does not come from a page of this very origin.

    Every browser of today says where a POST comes from, in ``Origin``, ``Sec-Fetch-Site`` or both.
    A request that says neither is refused too.
    """
    if request.method in _READING:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if (
        (origin is None and site is None)
        or (origin is not None and origin != request.host_url.rstrip("/"))
        or (site is not None and site != "same-origin")
    ):
        raise Forbidden("This request does not come from the sandbox's own pages.")


blueprint.after_request(guard.protected)


def page(*paths: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Serve a page at these paths, under the account's lock."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            with account().lock:
                return view(*args, **kwargs)

        for path in paths:
            blueprint.add_url_rule(path, view.__name__, locked, methods=methods)
        return view

    return decorate


def render(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page that keeps itself fresh, with what was just done said on it."""
    said = _DONE.get(request.args.get("did", ""))
    return render_template(template, version=version(), said=said, **values), status


def version() -> str:
    """A word that changes whenever a page may show something else, and once a minute."""
    return f"{account().sequence}-{int(account().now().timestamp()) // 60}"


@blueprint.errorhandler(ApiError)
def _api_error(error: ApiError) -> ResponseReturnValue:
    words = str((error.body or {}).get("message", "That did not work."))
    if error.status == 404:
        words = "There is no such ticket."
    if error.status == 405:
        words = "This ticket is spam or deleted: it cannot be changed."
    return render_template("error.html", status=error.status, words=words), error.status


@blueprint.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    words = "There is no such page." if code == 404 else str(error.description)
    return render_template("error.html", status=code, words=words), code
