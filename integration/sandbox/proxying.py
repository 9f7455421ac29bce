"""Requests of apps, made by the helpdesk for them: ``client.request`` of Zendesk's framework.

"Making API requests from a Zendesk app", "Using secure settings": a path is asked of the helpdesk
itself, as the agent who is signed in; an address is asked by the helpdesk's proxy, which puts
settings, and a token that it signs, in place of their placeholders. What is a guess is marked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt

from integration.sandbox.apps import Installation
from integration.sandbox.fetching import Late, Unreached, fetched
from integration.sandbox.options import Json
from integration.sandbox.packages import SETTING, allowed_hosts, allows

LONGEST: Final = 30.0
"""Seconds that a request may take; an app may ask for less."""

_LARGEST: Final = 2 * 1024 * 1024
_TOKEN: Final = re.compile(r"\{\{\s*jwt\.token\s*\}\}")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_KEPT_BACK: Final = (
    "host",
    "cookie",
    "content-length",
    "connection",
    "transfer-encoding",
    "origin",
)
_TOLD: Final = ("content-type", "retry-after", "server-timing", "www-authenticate", "link")
_FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"


class Refused(Exception):
    """The helpdesk does not make this request; the message says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes out. ``inside`` is a path of the helpdesk's own API."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Came:
    """What came back; ``status`` 0 where nothing did."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str

    def as_json(self) -> Json:
        """For the host script, which makes an ``xhr`` of it."""
        return {
            "status": self.status,
            "statusText": self.reason,
            "headers": dict(self.headers),
            "text": self.text,
        }


def prepared(one: Installation, asked: Json, now: datetime) -> Sent:
    """A request as an app asked for it, with all its placeholders filled in. Raises Refused."""
    method = str(asked.get("type") or asked.get("method") or "GET").upper()
    url = str(asked.get("url") or "")
    if method not in _METHODS:
        raise Refused(f"type {method}: expected one of {', '.join(_METHODS)}")
    put = _Putting(one, asked, now) if asked.get("secure") is True else None
    raw = asked.get("headers") or {}
    headers = {
        str(name): put.put(str(value), "header") if put else str(value)
        for name, value in (raw.items() if isinstance(raw, dict) else ())
        if str(name).lower() not in _KEPT_BACK
    }
    body, query = _body(asked, method)
    kind = asked.get("contentType")
    if body and kind is not False and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = str(kind or _FORM)
    if put:
        url, body, query = put.put(url, "url"), put.put(body, "body"), put.put(query, "url")
    if query:
        url += ("&" if "?" in url else "?") + query
    inside = _inside(one, url)
    timeout = _seconds(asked.get("timeout"))
    return Sent(method, url, headers, body.encode(), timeout, inside)


def _inside(one: Installation, url: str) -> bool:
    """Whether it is for the helpdesk itself. Raises Refused for what may not be asked at all."""
    parts = urlsplit(url)
    if not parts.scheme and not parts.netloc:
        path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
        if not path.startswith("/api/") or ".." in path or "\\" in url:
            raise Refused(f"url {parts.path}: expected a path of the API, or an address")
        return True
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("url: expected an address of http or https")
    hosts = allowed_hosts(one.package, one.settings) if one.package else ()
    if not allows(hosts, parts.netloc):
        raise Refused(f"url {parts.hostname}: the app's domainWhitelist does not name this host")
    return False


def _body(asked: Json, method: str) -> tuple[str, str]:
    """Body and query, as jQuery makes them of ``data``."""
    data = asked.get("data")
    if data is None:
        return "", ""
    if not isinstance(data, str):
        data = urlencode(data if isinstance(data, dict) else {}, doseq=True)
    return ("", data) if method in ("GET", "HEAD") else (data, "")


def _seconds(given: object) -> float:
    wanted = given / 1000 if isinstance(given, int | float) and given > 0 else LONGEST
    return min(float(wanted), LONGEST)


class _Putting:
    """Puts settings and the token in the place of their placeholders. A secure setting goes only
    where its parameter's ``scopes`` let it; without scopes, anywhere."""

    def __init__(self, one: Installation, asked: Json, now: datetime) -> None:
        self._one = one
        self._settings = {**one.settings, **one.secrets}
        self._token = self._signed(asked.get("jwt"), now)

    def put(self, text: str, scope: str) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            parameter = self._one.package.parameters.get(name) if self._one.package else None
            if (
                parameter
                and parameter.secure
                and parameter.scopes
                and (scope not in parameter.scopes)
            ):
                raise Refused(f"setting {name}: its scopes do not let it into {scope}")
            return str(self._settings.get(name) or "")

        return _TOKEN.sub(lambda _: self._token, SETTING.sub(value, text))

    def _signed(self, given: object, now: datetime) -> str:
        """The token that ``jwt`` asks for, HS256. Guess: ``iat`` and ``exp`` are set by the proxy,
        whatever the claims say of them."""
        self._token = ""
        if not isinstance(given, dict):
            return ""
        if given.get("algorithm") != "HS256":
            raise Refused("jwt algorithm: expected HS256")
        secret = self.put(str(given.get("secret_key") or ""), "jwt_secret_key")
        if not secret:
            raise Refused("jwt secret_key: it is empty")
        expiry = given.get("expiry")
        if not isinstance(expiry, int) or isinstance(expiry, bool) or expiry <= 0:
            raise Refused("jwt expiry: expected a number of seconds")
        rows = given.get("claims")
        claims = {
            str(name): self.put(value, "jwt_claim") if isinstance(value, str) else value
            for name, value in (rows.items() if isinstance(rows, dict) else ())
        }
        begun = int(now.timestamp())
        return jwt.encode({**claims, "iat": begun, "exp": begun + expiry}, secret, "HS256")


def forwarded(sent: Sent) -> Came:
    """Make a request to somewhere else. Guesses: redirects are not followed, and who cannot be
    reached is told as 502."""
    headers = {"Accept": "*/*", "User-Agent": "Zendesk Apps", **sent.headers}
    try:
        came = fetched(
            sent.method, sent.url, headers, sent.body, timeout=sent.timeout, largest=_LARGEST
        )
    except Late:
        return Came(0, "timeout", {}, "")
    except Unreached:
        return unreached()
    told = {name: came.headers[name] for name in _TOLD if name in came.headers}
    return Came(came.status, came.reason, told, came.text)


def unreached() -> Came:
    """Nothing is at that address."""
    return Came(502, "Bad Gateway", {}, "")


def refused(error: Refused) -> Came:
    """A request that was not made, as an app is told of it. Guess: 403, with the reason."""
    text = json.dumps({"error": "Forbidden", "description": str(error)})
    return Came(403, "Forbidden", {"content-type": "application/json"}, text)


def passed(status: str, headers: Any, body: bytes) -> Came:
    """An answer of the helpdesk itself; ``status`` with its reason."""
    code, _, reason = status.partition(" ")
    named: dict[str, str] = {name.lower(): value for name, value in headers}
    told = {str(name): named[name] for name in _TOLD if name in named}
    return Came(int(code), reason, told, body.decode("utf-8", "replace"))
