"""What an answer of Freshdesk means: sorted by who must act. No I/O.

Neither a header nor a word of an answer gets into a message; a field's complaint is kept apart, in
``Invalid.fields``. Vendor page of every rule here: developers.freshdesk.com/api, "Errors" and
"Rate limit"; what an answer with 401, 403, 404 or 429 carries is not described there, so nothing
but the status is relied upon.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from integration import errors
from integration.helpdesks.transport import retry_after

_WORDS: Final = 300
_CODE: Final = re.compile(r"[a-z_]{1,40}")
_TICKET: Final = re.compile(r"/tickets/\d+(/notes|/reply|/conversations)?$")
_BY_CODE: Final = {
    "require_feature": "The account's plan lacks this feature of Freshdesk.",
    "account_suspended": "The account is suspended: see to its plan in Freshdesk.",
    "password_lockout": "The connected agent is locked out: see to it in Freshdesk.",
    "password_expired": "The connected agent's password has run out: see to it in Freshdesk.",
}


class Complaint(errors.Invalid):
    """Freshdesk refused the content; ``codes`` maps a field's name to the code of what is wrong
    with it (``invalid_field``: there is no such field, ``datatype_mismatch`` …)."""

    def __init__(self, message: str, fields: Mapping[str, str], codes: Mapping[str, str]) -> None:
        super().__init__(message, fields=fields)
        self.codes = dict(codes)


def judged(
    status: int, headers: Mapping[str, str], body: bytes, *, subject: str, writes: bool
) -> tuple[errors.HelpdeskError | None, Any]:
    """What an answer means for us (None: it is sound), and the JSON that it carries (None: none).

    ``headers`` looks names up without regard to case. ``subject`` is what a message starts with:
    the account, the method and the path.
    """
    sound, content = _json(body)
    if 200 <= status < 300:
        if sound or status == 204:
            return None, content
        words = f"{subject}: answered {status} without JSON"
        return errors.Unavailable(words, ambiguous=writes), None
    told = content if isinstance(content, dict) else {}
    return _refusal(status, headers, told, sound, subject, writes), content


def _refusal(
    status: int,
    headers: Mapping[str, str],
    content: Mapping[str, Any],
    sound: bool,
    subject: str,
    writes: bool,
) -> errors.HelpdeskError:
    given = content.get("code")
    code = given if isinstance(given, str) and _CODE.fullmatch(given) else ""
    message = f"{subject}: answered {status}" + (f" {code}" if code else "")
    advice: str | None
    if status == 401:
        advice = "Connect the account again: its API key is not accepted any more."
        return errors.Forbidden(message, advice=advice)
    if status == 403:
        return errors.Forbidden(message, advice=_BY_CODE.get(code))
    if status in (404, 410):
        # A ticket that is not there is often answered with nothing at all; a page for people says
        # that there is no help desk at the address.
        page = "html" in headers.get("Content-Type", "").lower()
        advice = "Check the address: no help desk may be there." if page and not sound else None
        return errors.NotFound(message, advice=advice)
    if status == 405:
        # Of a ticket: it is spam or deleted. Of anything else: not for this verb.
        return errors.Unwritable(message) if _TICKET.search(subject) else errors.Rejected(message)
    if status == 409:
        return errors.Conflict(message)
    if status in (400, 413, 415, 422):
        fields, codes = _complaints(content)
        named = f": {', '.join(sorted(fields))}" if fields else ""
        return Complaint(message + named, fields, codes)
    if status == 429:
        return errors.RateLimited(message, retry_after=retry_after(headers))
    if status >= 500 or status == 408:
        return errors.Unavailable(message, retry_after=retry_after(headers), ambiguous=writes)
    if 300 <= status < 400:
        return errors.Rejected(message, advice="Check the address: the account has moved.")
    return errors.Rejected(message)


def _json(body: bytes) -> tuple[bool, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False, None
    return (True, content) if isinstance(content, dict | list) else (False, None)


def _complaints(content: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Which field Freshdesk complains about, in which words, and by which code; ``base`` where it
    names none."""
    fields: dict[str, str] = {}
    codes: dict[str, str] = {}
    rows = content.get("errors")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            name = str(row.get("field") or "base").removeprefix("custom_fields.")[:80]
            fields.setdefault(name, str(row.get("message") or row.get("code") or "")[:_WORDS])
            codes.setdefault(name, str(row.get("code") or "")[:40])
    if not fields and (words := content.get("message") or content.get("description")):
        fields["base"] = str(words)[:_WORDS]
        codes["base"] = str(content.get("code") or "")[:40]
    return fields, codes
