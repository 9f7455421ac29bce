"""Faults on order: what a test or a curious person wants the next requests to suffer."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response

from integration.sandbox.options import Json


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered fault, spent on the next ``times`` requests it matches.

    ``method`` "" matches any; ``path`` is a regular expression over the whole path, without
    ``.json``. With ``status`` the request is answered so, with ``headers`` and ``body`` (a string
    as it is, anything else as JSON), and is carried out first only where ``applied``. ``delay``
    seconds pass before the request is carried out or after it, as ``delayed`` says. ``cut`` closes
    the connection without an answer; ``half`` sends half the answer, then closes it.
    """

    path: str = ".*"
    method: str = ""
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    applied: bool = False
    delay: float = 0.0
    delayed: Literal["before", "after"] = "before"
    cut: bool = False
    half: bool = False

    def matches(self, method: str, path: str) -> bool:
        return self.method.upper() in ("", method) and re.fullmatch(self.path, path) is not None


class Faults:
    """The faults on order; thread-safe. The oldest that matches is used first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def take(self, method: str, path: str) -> Fault | None:
        """Use up one matching fault for a request, or None."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.matches(method, path):
                    if fault.times > 1:
                        self._waiting[place] = replace(fault, times=fault.times - 1)
                    else:
                        del self._waiting[place]
                    return fault
        return None


def from_json(given: Json) -> Fault:
    """A fault as ``POST /sandbox/faults`` takes it; raises ValueError saying what is wrong."""
    known = set(Fault.__dataclass_fields__)
    if unknown := sorted(set(given) - known):
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    try:
        fault = Fault(**given)
        re.compile(fault.path)
    except (TypeError, re.error) as error:
        raise ValueError(str(error)) from error
    if fault.delayed not in ("before", "after"):
        raise ValueError("delayed: before or after")
    return fault


def api_path(path: str) -> str:
    """A path as it is routed: Zendesk serves each one with and without ``.json``."""
    return path.removesuffix(".json") if path.startswith("/api/") else path


class FaultyApp:
    """A WSGI application behind the faults on order."""

    def __init__(
        self, app: WSGIApplication, faults: Faults, pause: Callable[[float], object]
    ) -> None:
        self._app = app
        self._faults = faults
        self._pause = pause

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"] = api_path(environ.get("PATH_INFO", ""))
        ordered = not path.startswith("/sandbox/")
        fault = self._faults.take(environ["REQUEST_METHOD"], path) if ordered else None
        if fault is None:
            return self._app(environ, start_response)
        return self._suffer(fault, environ)(environ, start_response)

    def _suffer(self, fault: Fault, environ: WSGIEnvironment) -> WSGIApplication:
        answer = self._answer(fault, environ)
        return partial(_break_off, answer) if fault.half else answer

    def _answer(self, fault: Fault, environ: WSGIEnvironment) -> Response:
        if fault.delayed == "before":
            self._pause(fault.delay)
        answer = Response(status=503)
        if fault.applied or (fault.status is None and not fault.cut):
            answer = Response.from_app(self._app, environ, buffered=True)
        if fault.delayed == "after":
            self._pause(fault.delay)
        if fault.cut:
            _hang_up(environ)
            return answer
        if fault.status is None:
            return answer
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return Response(
            "" if fault.body is None else text,
            status=fault.status,
            headers=dict(fault.headers),
            content_type=fault.headers.get(
                "Content-Type",
                "text/html; charset=utf-8"
                if isinstance(fault.body, str)
                else "application/json; charset=utf-8",
            ),
        )


def _break_off(
    answer: Response, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Promise the whole of an answer, send the first half, and hang up."""
    body = answer.get_data()
    start_response(answer.status, answer.get_wsgi_headers(environ).to_wsgi_list())
    yield body[: len(body) // 2]
    _hang_up(environ)


def _hang_up(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
