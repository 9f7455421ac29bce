"""What the app asks: its JSON, understood or refused. Nothing in it is believed, only judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from integration import errors
from integration.catalogue import FIELD

_LONGEST: Final = 2_000
"""Characters of an edited field that are judged."""

_VERSION: Final = 64
_TICKET: Final = re.compile(r"[1-9][0-9]{0,18}\Z", re.ASCII)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}\Z", re.ASCII)
_OURS_ALONE: Final = "stamp"
FACTS: Final = frozenset(key for key, spec in FIELD.items() if spec.role == "fact")


@dataclass(frozen=True, slots=True)
class Asked:
    """A ticket by its number, None for one that is being filed. ``edited`` are fields as they stand
    in the agent's window and are not saved yet, ``what_if`` facts as they might be: by our keys, as
    the helpdesk has them. ``language`` is the reader's, ``customer_language`` the requester's
    (None: nobody told); ``fields``: whether to tell of the ticket's
    fields and their options. ``version``: the one that the agent's window shows, by an answer of
    ours: what is tried out on it needs no other reading of the ticket."""

    ticket: str | None
    language: str = "en"
    edited: Mapping[str, str | bool | None] = field(default_factory=dict)
    what_if: Mapping[str, str | bool | None] = field(default_factory=dict)
    fields: bool = True
    version: str | None = None
    customer_language: str | None = None


def understood(body: object) -> Asked:
    """What a request's JSON asks. Members that are not known are left: an app may be newer than the
    service. Raises Malformed."""
    if not isinstance(body, Mapping):
        raise errors.Malformed("", "a JSON object")
    language = _language(body, "language") or "en"
    customer_language = _language(body, "customer_language")
    fields = body.get("fields", True)
    if not isinstance(fields, bool):
        raise errors.Malformed("/fields", "true or false")
    version = body.get("version")
    if not (version is None or (isinstance(version, str) and len(version) <= _VERSION)):
        raise errors.Malformed("/version", "the version of an answer, or null")
    edited = _values(body, "edited", frozenset(FIELD))
    edited.pop(_OURS_ALONE, None)
    if "ticket" not in body:
        raise errors.Malformed("/ticket", "a ticket's number, or null for a new one")
    ticket = None if body["ticket"] is None else numbered(body)
    what_if = _values(body, "what_if", FACTS)
    return Asked(ticket, language, edited, what_if, fields, version, customer_language)


def numbered(body: object) -> str:
    """The ticket that a request's JSON names. Raises Malformed."""
    given = body.get("ticket") if isinstance(body, Mapping) else None
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not _TICKET.match(text):
        raise errors.Malformed("/ticket", "a ticket's number")
    return text


def _language(body: Mapping[str, Any], name: str) -> str | None:
    given = body.get(name) or None
    if given is not None and not (isinstance(given, str) and _LANGUAGE.match(given)):
        raise errors.Malformed(f"/{name}", "a language such as de or zh-CN")
    return given


def _values(body: Mapping[str, Any], name: str, keys: frozenset[str]) -> dict[str, Any]:
    given = body.get(name) or {}
    if not isinstance(given, Mapping):
        raise errors.Malformed(f"/{name}", "an object of fields, by their keys")
    for key, value in given.items():
        if key not in keys:
            raise errors.Malformed(f"/{name}", "keys of this app's own fields alone")
        if not (value is None or isinstance(value, bool | str)):
            raise errors.Malformed(f"/{name}/{key}", "text, true, false or null")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise errors.Malformed(f"/{name}/{key}", f"no more than {_LONGEST} characters")
    return dict(given)
