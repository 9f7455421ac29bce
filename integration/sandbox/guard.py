"""What keeps other sites out of the agent's pages. For trying and testing only.

The pages have no login: they are for whoever sits at this machine. So a browser must not be used
as a way in by a site that it also has open: writing needs a request from these very pages, and
nothing may be framed or load anything from elsewhere but installed apps. Host names other than
loopback ones are refused by the application (``TRUSTED_HOSTS``). Files of apps are served under
this machine's other name, so the pages themselves are not to be had there.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from integration.sandbox.assets import at_home

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with it browsers send "Origin: null" along with a form (Fetch standard,
    # "append a request Origin header").
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_READING = ("GET", "HEAD", "OPTIONS")


def own_pages_only() -> ResponseReturnValue | None:
    """``from_own_pages`` for the account that this application serves."""
    return from_own_pages(current_app.extensions["sandbox"].base_url, apps=_serves_apps())


def from_own_pages(base_url: str, *, apps: bool) -> ResponseReturnValue | None:
    """403 for a write that does not come from a page of this very origin; where files of ``apps``
    are served, who comes by the name that is theirs is sent to the pages' own.

    Every browser of today says where a POST comes from, in ``Origin``, ``Sec-Fetch-Site`` or both.
    A request that says neither is refused too.
    """
    if apps and at_home(request.host, base_url):
        if request.method not in _READING:
            raise Forbidden("The agent's pages are at another address.")
        return redirect(base_url + request.full_path.rstrip("?"), 302)
    if request.method in _READING:
        return None
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    said = [given for given in (origin, site) if given is not None]
    if (
        not said
        or (origin is not None and origin != request.host_url.rstrip("/"))
        or (site is not None and site != "same-origin")
    ):
        raise Forbidden("This request does not come from the sandbox's own pages.")
    return None


def _serves_apps() -> bool:
    installed = current_app.extensions["sandbox_apps"].installations.values()
    return any(one.package for one in installed)


def let_in(origins: Iterable[str], *, icons: Iterable[str] = ()) -> None:
    """Let the page that is being made show frames, and images, of these origins."""
    g.framed = sorted({*g.get("framed", ()), *origins})
    g.pictured = sorted({*g.get("pictured", ()), *icons})


def protected(answer: Response) -> Response:
    """The answer with the headers that keep a browser to these pages."""
    answer.headers.update(_HEADERS)
    more = [("frame-src", g.get("framed")), ("img-src 'self'", g.get("pictured"))]
    policy = [f"{name} {' '.join(origins)}" for name, origins in more if origins]
    if policy:
        answer.headers["Content-Security-Policy"] = "; ".join(
            [answer.headers["Content-Security-Policy"], *policy]
        )
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
