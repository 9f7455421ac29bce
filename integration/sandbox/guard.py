"""What keeps other sites out of the agent's pages. For trying and testing only.

The pages have no login: they are for whoever sits at this machine. So a browser must not be used
as a way in by a site that it also has open: writing needs a request from these very pages, and
nothing may be framed or load anything from elsewhere. Host names other than loopback ones are
refused by the application (``TRUSTED_HOSTS``).
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import Forbidden

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


def own_pages_only() -> None:
    """403 for a write that does not come from a page of this very origin.

    Every browser of today says where a POST comes from, in ``Origin``, ``Sec-Fetch-Site`` or both.
    A request that says neither is refused too.
    """
    if request.method in _READING:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    said = [given for given in (origin, site) if given is not None]
    if (
        not said
        or (origin is not None and origin != request.host_url.rstrip("/"))
        or (site is not None and site != "same-origin")
    ):
        raise Forbidden("This request does not come from the sandbox's own pages.")


def protected(answer: Response) -> Response:
    """The answer with the headers that keep a browser to these pages."""
    answer.headers.update(_HEADERS)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
