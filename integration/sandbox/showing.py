"""How the agent's pages of a stand-in are served and rendered.

For trying and testing only: no login, loopback alone, own pages only (``guard``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

View = Callable[..., ResponseReturnValue]
_DONE: Final = {
    "saved": "Saved.",
    "unchanged": "Nothing was changed, so nothing was saved.",
    "filed": "The ticket is filed.",
    "written": "The customer's message is on the ticket.",
}


@dataclass(frozen=True, slots=True)
class Showing:
    """The pages of a blueprint. ``lock`` gives the account's; ``version`` a word that changes
    whenever a page may show something else."""

    blueprint: Blueprint
    lock: Callable[[], AbstractContextManager[Any]]
    version: Callable[[], str]

    def page(self, *paths: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
        """Serve a page at these paths, under the account's lock."""

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def locked(*args: Any, **kwargs: Any) -> ResponseReturnValue:
                with self.lock():
                    return view(*args, **kwargs)

            for path in paths:
                self.blueprint.add_url_rule(path, view.__name__, locked, methods=methods)
            return view

        return decorate

    def render(self, template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
        """A page that keeps itself fresh, with what was just done said on it."""
        said = _DONE.get(request.args.get("did", ""))
        return render_template(template, version=self.version(), said=said, **values), status

    def add_basics(self) -> None:
        """Add what every agent's view has: the way to its start, what a page compares its own
        version with to know whether to look again, and a page for what is not there."""

        def home() -> ResponseReturnValue:
            return redirect("/agent/tickets", 303)

        def version() -> ResponseReturnValue:
            return jsonify({"version": self.version()})

        def nowhere(_rest: str) -> ResponseReturnValue:
            abort(404)

        self.page("/", "/agent/")(home)
        self.page("/agent/version")(version)
        self.page("/agent/<path:_rest>", methods=("GET", "POST"))(nowhere)
        self.blueprint.register_error_handler(HTTPException, _http_error)


def refused(status: int, words: str) -> ResponseReturnValue:
    """A page that says why something did not work."""
    return render_template("error.html", status=status, words=words), status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    return refused(code, "There is no such page." if code == 404 else str(error.description))
