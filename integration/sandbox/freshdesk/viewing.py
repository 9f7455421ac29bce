"""What the agent's pages have in common: their blueprint, how one is served and rendered.

For trying and testing only: no login, loopback alone. Frame, looks and the headers that keep a
browser to these pages are those of the other stand-in.
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from integration.sandbox import guard
from integration.sandbox.freshdesk.api.context import account
from integration.sandbox.freshdesk.errors import ApiError
from integration.sandbox.showing import Showing, refused

blueprint = Blueprint(
    "agent",
    __name__,
    template_folder="templates",
    static_folder="../static",
    static_url_path="/agent/static",
)
blueprint.after_request(guard.protected)


@blueprint.before_request
def own_pages_only() -> ResponseReturnValue | None:
    """403 for a write that does not come from a page of this very origin."""
    return guard.from_own_pages(account().base_url, apps=account().app is not None)


def version() -> str:
    """A word that changes whenever a page may show something else, and once a minute."""
    return f"{account().sequence}-{int(account().now().timestamp()) // 60}"


showing = Showing(blueprint, lambda: account().lock, version)
page, render = showing.page, showing.render


@blueprint.errorhandler(ApiError)
def _api_error(error: ApiError) -> ResponseReturnValue:
    words = str((error.body or {}).get("message", "That did not work."))
    if error.status == 404:
        words = "There is no such ticket."
    if error.status == 405:
        words = "This ticket is spam or deleted: it cannot be changed."
    return refused(error.status, words)
