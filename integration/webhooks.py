"""The front door: verify, understand, promise, answer. The thinking is done elsewhere, later.

``POST /webhooks/<helpdesk>/<installation>`` is answered

- 202 once the work is durably stored; a repeated delivery is answered alike and done once,
- 204 for what is sound but not ours,
- 400, 401, 404, 405, 413, 415 with a problem (RFC 9457) that says what was wrong and leaks nothing,
- 503 with Retry-After when the store is out of reach or anything unforeseen happens: Zendesk
  re-sends on that, and drops the event on a plain 500 (Creating and monitoring webhooks).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn, Protocol

import structlog
from flask import Blueprint, Response, g, json, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException

from integration import errors, logs
from integration.helpdesks import Event
from integration.problems import Problem, answer, from_http, unavailable

_log = structlog.get_logger(__name__)

KINDS: Final = frozenset({"ticket_created", "ticket_changed"})
"""The events that make a ticket due for review."""

_WORTH_READING: Final = 16_777_216  # bytes

_TYPE: Final = "urn:warranty-desk:problem:"


class Authenticate(Protocol):
    """A helpdesk's proof. Raises errors.NotAuthentic or errors.Malformed."""

    def __call__(
        self,
        headers: Iterable[tuple[str, str]],
        raw_body: bytes,
        *,
        secrets: tuple[str, ...],
        installation: str,
        now: datetime,
        max_age: timedelta,
    ) -> Event: ...


class Accept(Protocol):
    """The promise (``Jobs.accept``): durable on return, false for a repeat; errors.Unavailable."""

    def __call__(
        self, installation: str, delivery_id: str | None, ticket_id: str, kind: str
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Door:
    """One helpdesk's entrance. ``secrets`` by installation; ``max_body`` in bytes; ``now`` tells
    the time, aware. ``proof`` is what a 401 asks for (RFC 9110, 11.6.1), and ``unproven`` says what
    is wrong and what to check. ``told`` hears of every answer: its status, its kind (accepted,
    repeated, not_ours, refused, failed) and the seconds it took; it must not raise."""

    helpdesk: str
    authenticate: Authenticate
    secrets: Mapping[str, tuple[str, ...]]
    accept: Accept
    now: Callable[[], datetime]
    max_age: timedelta
    max_body: int
    proof: str
    unproven: str
    told: Callable[[int, str, float], None] = lambda status, kind, seconds: None


class _Stop(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def blueprint(door: Door) -> Blueprint:
    """The route of one helpdesk."""
    routes = Blueprint(f"webhooks_{door.helpdesk}", __name__, url_prefix="/webhooks")

    @routes.route(
        f"/{door.helpdesk}/<installation>", methods=["POST"], provide_automatic_options=False
    )
    def receive(installation: str) -> Response:
        raw = _body(door, installation)
        bind_contextvars(installation=installation)
        try:
            event = door.authenticate(
                list(request.headers),
                raw,
                secrets=door.secrets[installation],
                installation=installation,
                now=door.now(),
                max_age=door.max_age,
            )
        except errors.NotAuthentic as error:
            _log.warning("delivery refused", installation=installation, why=str(error))
            _stop(
                401,
                f"Not proven to come from the helpdesk: {door.unproven}",
                "not-authentic",
                headers={"WWW-Authenticate": door.proof},
            )
        except errors.Malformed as error:
            _log.warning("delivery refused", installation=installation, why=str(error))
            _stop(
                400,
                f"{error.field or 'The body'}: expected {error.expected}.",
                "malformed",
                members={"field": error.field, "expected": error.expected},
            )
        # For whatever is logged from here on; the review that answers this delivery says it too.
        bind_contextvars(delivery=event.delivery_id, ticket=event.ref.id)
        if event.kind not in KINDS:
            g.kind = "not_ours"
            _log.info("delivery not ours", installation=installation, delivery=event.delivery_id)
            return Response(status=204)
        new = door.accept(event.ref.installation, event.delivery_id, event.ref.id, event.kind)
        g.kind = "accepted" if new else "repeated"
        _log.info(
            "delivery accepted" if new else "delivery repeated",
            installation=installation,
            delivery=event.delivery_id,
            ticket=event.ref.id,
            kind=event.kind,
        )
        return Response(json.dumps({"status": "accepted"}), 202, content_type="application/json")

    @routes.before_request
    def begin() -> None:
        g.began = time.monotonic()
        clear_contextvars()  # this thread has served others before

    @routes.after_request
    def end(response: Response) -> Response:
        status = response.status_code
        kind = g.kind if status < 400 else "refused" if status < 500 else "failed"
        door.told(status, kind, time.monotonic() - g.began)
        clear_contextvars()
        return response

    routes.register_error_handler(_Stop, _stopped)
    routes.register_error_handler(HTTPException, from_http)
    routes.register_error_handler(errors.Unavailable, _unavailable)
    routes.register_error_handler(Exception, _unexpected)
    return routes


def _body(door: Door, installation: str) -> bytes:
    """The raw bytes, complete and within the limit, of a request that this door is for."""
    too_large = f"The body is larger than {door.max_body} bytes."
    declared = request.content_length
    if declared is not None and declared > door.max_body:
        _let_go(declared)
        _stop(413, too_large)
    if request.mimetype != "application/json" or "Content-Encoding" in request.headers:
        _stop(
            415,
            "Send application/json, not encoded.",
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
    if installation not in door.secrets:
        _stop(404, "No installation has this name; check the end of the webhook's address.")
    # A body of unknown length (chunked) is read no further than one byte over the limit.
    request.max_content_length = door.max_body + 1
    raw = request.get_data(cache=False)
    if len(raw) > door.max_body:
        _stop(413, too_large)
    if declared is not None and len(raw) < declared:
        _stop(
            400,
            "The body: expected as many bytes as Content-Length says; it broke off before.",
            "malformed",
            members={"field": "", "expected": "as many bytes as Content-Length says"},
        )
    return raw


def _let_go(declared: int) -> None:
    """Read a body that is too large, piece by piece, and keep nothing of it.

    A server that hangs up on unread bytes resets the connection, and the sender may never see the
    answer. Bounded: a sender of more than that, or a slow one, has to live with it.
    """
    if declared > _WORTH_READING:
        return
    request.max_content_length = None
    until = time.monotonic() + 2
    with suppress(HTTPException):
        while time.monotonic() < until and request.stream.read(65_536):
            pass


def _stop(
    status: int,
    detail: str,
    kind: str | None = None,
    *,
    members: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> NoReturn:
    uri = "about:blank" if kind is None else _TYPE + kind
    raise _Stop(Problem(status, detail, type=uri, members=members or {}, headers=headers or {}))


def _stopped(stop: _Stop) -> Response:
    return answer(stop.problem)


def _unavailable(error: errors.Unavailable) -> Response:
    _log.error("delivery not stored", why=str(error))
    return answer(
        unavailable("Nothing was stored; please send it again.", retry_after=error.retry_after)
    )


def _unexpected(error: Exception) -> Response:
    _log.error("delivery failed", **logs.traced(error))
    return answer(unavailable("Something went wrong here; please send it again."))
