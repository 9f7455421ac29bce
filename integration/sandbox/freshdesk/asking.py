"""Requests of apps, made by the platform for them: ``invokeTemplate`` of a page and of handlers.

developers.freshworks.com/docs/app-sdk/v3.0, "Request method". What a template leaves open is filled
in here, where the secure settings are: host, path and query take those that are not secure; headers
take all; what the caller passes (``context``) goes into path and query, and into host and headers
from handlers alone. A host is a name, and asked by https.

One thing differs from the platform: a host on this machine (``127.0.0.1``, ``localhost``), with a
port, may stand for the name, and is asked by http. A service that is tried out has no other.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from integration.sandbox.fetching import Late, Unreached, fetched
from integration.sandbox.freshdesk.bundles import Bundle, Template
from integration.sandbox.options import Json

TIMEOUT: Final = 15.0
"""Seconds that one attempt may take."""
MOST_IN_A_MINUTE: Final = 50
"""Requests of an app in an account, its pages' and its handlers' together."""

_LARGEST: Final = 6 * 1024 * 1024
_OPEN: Final = re.compile(r"<%=(.*?)%>", re.S)
_VALUE: Final = re.compile(r"\s*(?:(iparam|context)\.(\w+)|encode\((iparam|context)\.(\w+)\))\s*")
_NAME: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*", re.I)
_LOCAL: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.I)
_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
_TRIED_AGAIN: Final = (429, 500, 502, 503, 504)


class Refused(Exception):
    """The platform does not make this request; the message says why, and names no value."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes out, as often as ``attempts`` says, with ``delay`` seconds between."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: int = 1
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Came:
    """What came back. ``response`` is a text, whatever it holds."""

    status: int
    headers: Mapping[str, str]
    response: str
    attempts: int = 0

    @property
    def well(self) -> bool:
        """Whether the caller gets it as an answer, and not as an error."""
        return 200 <= self.status < 400

    def as_json(self) -> Json:
        """As the caller gets it, well or not."""
        return {
            "status": self.status,
            "headers": dict(self.headers),
            "response": self.response,
            "attempts": self.attempts,
        }


def without_port(value: Any) -> Any:
    """A setting; where it is a host of this machine, without its port."""
    found = _LOCAL.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[1] if found else value


def prepared(
    bundle: Bundle, settings: Mapping[str, Any], name: str, given: Any, *, handler: bool
) -> Sent:
    """A request by its template's name, all filled in. ``given`` are ``context`` and ``body`` of
    the caller, who is a page, or a ``handler``. Raises Refused."""
    template = bundle.templates.get(name)
    if template is None:
        raise Refused(f"template {name}: manifest.json and config/requests.json have none")
    if template.method not in _METHODS:
        raise Refused(f"method {template.method}: expected one of {', '.join(_METHODS)}")
    given = given if isinstance(given, dict) else {}
    context, body = given.get("context") or {}, given.get("body")
    if not isinstance(context, dict):
        raise Refused("context: expected an object")
    if body is not None and not isinstance(body, str):
        raise Refused("body: expected a text")
    fill = _Filling(bundle, settings, context, handler).fill
    headers = {key: fill(value, "headers") for key, value in template.headers.items()}
    if any(mark in value for value in headers.values() for mark in "\r\n"):
        raise Refused("headers: a value has more than one line")
    return Sent(
        template.method,
        _address(template, fill),
        headers,
        (body or "").encode(),
        template.attempts,
        template.delay,
    )


def _address(template: Template, fill: Callable[[str, str], str]) -> str:
    host = fill(template.host, "host").strip()
    if _LOCAL.fullmatch(host):
        origin = f"http://{host}"
    elif _NAME.fullmatch(host):
        origin = f"https://{host}"
    else:
        raise Refused("host: expected a name, without scheme, port or path")
    if not template.path.startswith("/"):
        raise Refused("path: expected one that begins with /")
    pairs = {key: fill(value, "query") for key, value in template.query.items()}
    return origin + fill(template.path, "path") + (f"?{urlencode(pairs)}" if pairs else "")


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts values into what a template leaves open."""

    bundle: Bundle
    settings: Mapping[str, Any]
    context: Mapping[str, Any]
    handler: bool

    def fill(self, text: str, part: str) -> str:
        """A part of a template, filled in. In a path a value stays one segment (a guess)."""

        def value(found: re.Match[str]) -> str:
            asked = _VALUE.fullmatch(found[1])
            if asked is None:
                raise Refused(f"{part}: {found[1].strip()} is neither a setting nor of the context")
            plain = self._value(asked[1] or asked[3], asked[2] or asked[4], part)
            if asked[3]:
                plain = base64.b64encode(plain.encode()).decode()
            return quote(plain, safe="") if part == "path" else plain

        return _OPEN.sub(value, text)

    def _value(self, kind: str, name: str, part: str) -> str:
        if kind == "context":
            if part in ("host", "headers") and not self.handler:
                raise Refused(f"{part}: context.{name}: a page passes none there")
            found = self.context.get(name)
        else:
            if name not in self.bundle.iparams:
                raise Refused(f"{part}: iparam.{name}: there is no such setting")
            if part != "headers" and self.bundle.secure(name):
                raise Refused(f"{part}: iparam.{name}: secure settings go into headers alone")
            found = self.settings.get(name)
        if found is None or found == "":
            raise Refused(f"{part}: {kind}.{name}: it is not set")
        return str(found)


def made(sent: Sent, pause: Callable[[float], bool]) -> Came:
    """Make a request, again after a failure that may pass. ``pause`` lets seconds pass, and is True
    where nobody waits any more. Guess: redirects are not followed."""
    tried = 0
    while True:
        tried += 1
        came = _attempt(sent, tried)
        if came.status not in _TRIED_AGAIN or tried >= sent.attempts or pause(sent.delay):
            return came


def _attempt(sent: Sent, tried: int) -> Came:
    headers = {"User-Agent": "Freshworks", **sent.headers}
    try:
        came = fetched(sent.method, sent.url, headers, sent.body, timeout=TIMEOUT, largest=_LARGEST)
    except Late:
        return failed(504, "Timeout error while processing the request", tried)
    except Unreached:
        return failed(502, "Error in establishing a connection with the server", tried)
    told = {name: value for name, value in came.headers.items() if name != "set-cookie"}
    return Came(came.status, told, came.text, tried)


def failed(status: int, words: str, tried: int = 0) -> Came:
    """An error of the platform's own. Guess: its text is JSON with a ``message``."""
    headers = {"content-type": "application/json"}
    return Came(status, headers, json.dumps({"status": status, "message": words}), tried)
