"""Answers that say what went wrong: RFC 9457 problem details, for every error of the web app."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, Response, json
from werkzeug.exceptions import HTTPException

from integration import logs

_log = structlog.get_logger(__name__)

RETRY_AFTER = 20
"""Seconds. Zendesk re-sends on 503 only where Retry-After is below 60 (Creating and monitoring
webhooks)."""


_DETAILS: Final = {
    400: "The request could not be read to its end.",
    404: "Nothing is here; check the address.",
    405: "This address does not take that method.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: ``type`` is a URN of ours, or ``about:blank`` where the status says it all.

    ``detail`` is a sentence for the person who set up the webhook; it never repeats what was sent.
    ``members`` are further members of the JSON object, ``headers`` further HTTP headers.
    """

    status: int
    detail: str
    title: str = ""
    type: str = "about:blank"
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def unavailable(detail: str, *, retry_after: float | None = None) -> Problem:
    """A 503 that asks to be tried again after ``retry_after`` seconds (20; always 1 to 59)."""
    seconds = min(max(math.ceil(RETRY_AFTER if retry_after is None else retry_after), 1), 59)
    return Problem(
        503,
        detail,
        title="Try again later",
        type="urn:warranty-desk:problem:unavailable",
        headers={"Retry-After": str(seconds)},
    )


def answer(problem: Problem) -> Response:
    """The problem as a response, ``application/problem+json`` (RFC 9457 section 3)."""
    body = {
        "type": problem.type,
        "title": problem.title or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **problem.members,
    }
    response = Response(json.dumps(body), problem.status, content_type="application/problem+json")
    response.headers.extend(dict(problem.headers))
    return response


def from_http(error: HTTPException) -> Response:
    """A routing or request error of Flask's own (404, 405, 400 …) as a problem."""
    status = error.code or 500
    own = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in ("content-type", "content-length")
    }
    return answer(Problem(status, _DETAILS.get(status, error.description or ""), headers=own))


def init(app: Flask) -> None:
    """Have every error of ``app`` answered as a problem."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return from_http(error)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        _log.error("request failed", **logs.traced(error))
        return answer(Problem(500, "Something went wrong here; it has been logged."))
