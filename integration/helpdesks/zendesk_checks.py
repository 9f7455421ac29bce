"""Looking at a Zendesk account that is in use: is what the app needs there, and does it work?

Nothing is written. What could not be read is unknown, which is not good. Each finding is in words
for an admin, with how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Check, Limits, clocks, rate_limit
from integration.helpdesks.zendesk_app_doubles import said as said_twice
from integration.helpdesks.zendesk_rows import get
from integration.helpdesks.zendesk_wanted import Wanted
from integration.helpdesks.zendesk_wire import Account, Line, no_retries, open_line

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """A line to an account, what should be there, and how the newest request was answered."""

    line: Line
    wanted: Wanted
    bindings: Bindings
    heard: Heard


@dataclass(slots=True)
class Heard:
    """The newest answer's status and headers; None and empty where none came."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _Listening(HTTPAdapter):
    """Sends a request through another adapter and notes how it was answered."""

    def __init__(self, sender: HTTPAdapter, heard: Heard) -> None:
        super().__init__(max_retries=0)
        self._sender = sender
        self._heard = heard

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        self._heard.status, self._heard.headers = None, {}
        response = self._sender.send(request, *args, **kwargs)
        response.connection = self  # what a renewed token repeats is heard too
        self._heard.status, self._heard.headers = response.status_code, response.headers
        return response


def look_at(account: Account, wanted: Wanted, bindings: Bindings) -> Look:
    """Open a line to look through; sends nothing yet."""
    heard = Heard()
    listening = _Listening(account.adapter or no_retries(), heard)
    return Look(open_line(account, adapter=listening), wanted, bindings, heard)


def read_or_say(key: str, what: str, read: Callable[[], T]) -> T | Check:
    """What ``read`` gives, or that it is unknown, and why."""
    try:
        return read()
    except errors.Rejected as error:
        return Check(key, what, "unknown", f"It could not be read: {error}.", error.advice)
    except errors.Unavailable as error:
        return Check(key, what, "unknown", f"It could not be read: {error}.", "Try again later.")


def twice_checks(kind: str, what: str, found: Mapping[str, Sequence[str]]) -> list[Check]:
    """What there is of a kind (fields, macros, views) more than once under one title of ours: by
    title, the numbers of those that are not in use."""
    if not (twice := {title: numbers for title, numbers in found.items() if numbers}):
        return []
    return [Check(f"{kind}:doubles", what, "poor", *said_twice(kind, twice))]


# -- the connection --------------------------------------------------------------------------------


def access(look: Look) -> Check:
    """Whether Zendesk lets us in, and as an administrator."""
    key, what = "access", "Access to Zendesk"
    again = "Connect the account again, as an administrator, with the scopes read and write."
    look.heard.status = None
    try:
        user = get(look.line, "users/me.json").get("user")
    except errors.Forbidden as error:
        if look.heard.status == 401:
            return Check(key, what, "poor", "Zendesk does not accept the token (401).", again)
        if look.heard.status == 403:
            said = "Zendesk knows the token and lets it do nothing (403): its scopes are wrong."
            return Check(key, what, "poor", said, again)
        return Check(key, what, "poor", f"{error}.", error.advice)
    except errors.Rejected as error:
        return Check(key, what, "poor", f"{error}.", error.advice)
    except errors.Unavailable as error:
        return Check(key, what, "unknown", f"Zendesk did not answer: {error}.", "Try again later.")
    role = user.get("role") if isinstance(user, Mapping) else None
    if role == "admin":
        return Check(key, what, "good", "The token works, as an administrator.")
    said = f"The token works, but its user's role is {role or 'none'}, not administrator."
    return Check(key, what, "poor", said, again)


def scopes(look: Look) -> Check:
    """Whether the token may read and write. The address is believed, not documented for reading;
    where Zendesk does not answer, nothing is concluded."""
    key, what = "scopes", "The token's scopes"
    try:
        answer = get(look.line, "oauth/tokens/current.json")
        granted = answer["token"]["scopes"]
        has = set(granted.split() if isinstance(granted, str) else granted)
    except (errors.Rejected, errors.Unavailable, KeyError, TypeError):
        said = "Zendesk does not say which scopes the token has. Reading works."
        mend = "If writing fails: connect again, with the scopes read and write."
        return Check(key, what, "unknown", said, mend)
    if lacking := [name for name in ("read", "write") if name not in has]:
        said = f"The token lacks {' and '.join(lacking)}."
        return Check(key, what, "poor", said, "Connect the account again: read and write.")
    return Check(key, what, "good", "It may read and write.")


def limits(look: Look, ours: Limits) -> Check:
    """The account's requests a minute, as told with the newest answer, against our settings."""
    told = (look.heard.headers.get(name, "") for name in ("X-Rate-Limit", "ratelimit-limit"))
    return rate_limit("Zendesk", next((int(one) for one in told if one.isdecimal()), None), ours)


def clock(look: Look, now: datetime) -> Check:
    """Zendesk's clock against ours (``now``, aware), by the newest answer."""
    return clocks("Zendesk", look.heard.headers, now)
