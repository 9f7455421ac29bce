"""The panel's routes. Every request proves its installation; nothing is written on a ticket.

- ``POST /panel/ticket`` answers 200 with the ticket judged,
- ``POST /panel/again`` answers 202: it will be decided again,
- 400, 401, 404, 409, 413, 422, 429 and 503 are problems (RFC 9457) that repeat nothing of what was
  sent and nothing of the ticket.

No page of another site can use them: no CORS header is given, because the helpdesk's proxy or the
platform of its apps, and not the agent's browser, is who asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from flask import Blueprint, Response, g, request
from flask_limiter.errors import RateLimitExceeded

from integration import errors
from integration.config import Installation
from integration.panel.asked import Asked, numbered, understood
from integration.panel.proof import INSTALLATION, UnknownInstallation, prove
from integration.problems import Problem, answer, unavailable
from integration.vault import NoKey

_log = structlog.get_logger(__name__)

_LARGEST: Final = 65_536
_TYPE: Final = "urn:warranty-desk:problem:"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the routes need: the ``installations`` by id, this service's own ``url``, ``look`` and
    ``again`` as ``reading.Desk`` has them."""

    installations: Mapping[str, Installation]
    url: str
    look: Callable[[Installation, Asked], dict[str, Any]]
    again: Callable[[Installation, str], None]


def blueprint(panel: Panel) -> Blueprint:
    """The routes under ``/panel``."""
    routes = Blueprint("panel", __name__, url_prefix="/panel")

    @routes.before_request
    def begin() -> None:
        g.panel_began = time.perf_counter()
        request.max_content_length = _LARGEST
        given = request.headers.get("Authorization", "")
        named = request.headers.get(INSTALLATION)
        g.panel_installation = prove(given, named, panel.installations, panel.url)

    @routes.post("/ticket")
    def ticket() -> Response:
        """A ticket judged."""
        asked = understood(_body())
        return _json(panel.look(g.panel_installation, asked))

    @routes.post("/again")
    def again() -> Response:
        """Decide a ticket again, soon."""
        panel.again(g.panel_installation, numbered(_body()))
        return _json({"state": "due"}, 202)

    @routes.after_request
    def guarded(response: Response) -> Response:
        """Nobody keeps a copy, and a browser takes it for nothing but JSON."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        spent = (time.perf_counter() - g.panel_began) * 1000
        response.headers["Server-Timing"] = f"total;dur={spent:.1f}"
        return response

    for error, said in _SAID.items():
        routes.register_error_handler(error, said)
    return routes


def installation_id() -> str:
    """Whose request this is, for whoever counts them; only once that is proven."""
    return str(g.panel_installation.id)


def ticket_id() -> str:
    """The ticket that a proven request names, for whoever counts them."""
    given = request.get_json(silent=True)
    named = given.get("ticket") if isinstance(given, dict) else None
    return f"{installation_id()} {str(named)[:20]}"


def _body() -> object:
    if request.mimetype != "application/json":
        raise errors.Malformed("", "application/json")
    given = request.get_json(silent=True)
    if given is None:
        request.get_data()  # 413 for what is too large
        raise errors.Malformed("", "a JSON object")
    return given


def _json(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type="application/json")


# -- what went wrong -------------------------------------------------------------------------------


def _not_proven(error: Exception) -> Response:
    _log.warning("panel request not proven", why=str(error))
    return answer(
        Problem(
            401,
            "This request does not prove that it comes from the app of a connected account.",
            type=f"{_TYPE}not-proven",
            headers={"WWW-Authenticate": "Bearer"},
        )
    )


def _unknown(error: Exception) -> Response:
    words = "No installation has this name: connect the account, or check the app's settings."
    return answer(Problem(404, words, type=f"{_TYPE}unknown-installation"))


def _malformed(error: errors.Malformed) -> Response:
    words = f"{error.field or 'The body'}: expected {error.expected}."
    members = {"field": error.field, "expected": error.expected}
    return answer(Problem(400, words, type=f"{_TYPE}malformed", members=members))


def _not_there(error: Exception) -> Response:
    words = "This ticket is not there, or not for the connected user to see."
    return answer(Problem(422, words, type=f"{_TYPE}no-such-ticket"))


def _gone(error: errors.Rejected) -> Response:
    _log.error("panel not answered", why=type(error).__name__)
    words = "The account does not let Warranty Desk read this. An admin can connect it again."
    return answer(Problem(409, words, title="Access is gone", type=f"{_TYPE}access-gone"))


def _away(error: Exception) -> Response:
    _log.warning("panel not answered", why=str(error))
    seconds = getattr(error, "retry_after", None)
    return answer(unavailable("The ticket cannot be read just now.", retry_after=seconds))


def _too_often(error: RateLimitExceeded) -> Response:
    seconds = 60 if error.limit is None else error.limit.limit.get_expiry()
    headers = {"Retry-After": str(seconds)}
    words = "The app asks too often: wait a little."
    return answer(Problem(429, words, type=f"{_TYPE}too-often", headers=headers))


_SAID: Final[Mapping[type[Exception], Any]] = {
    RateLimitExceeded: _too_often,
    errors.NotAuthentic: _not_proven,
    UnknownInstallation: _unknown,
    errors.Malformed: _malformed,
    errors.NotFound: _not_there,
    errors.Rejected: _gone,
    errors.Unavailable: _away,
    NoKey: _away,
}
