"""What an answer of Zendesk means: sorted by who must act. No I/O.

Neither a header nor a word of an answer gets into a message; a field's complaint is kept apart, in
``Invalid.fields``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from integration import errors
from integration.helpdesks.transport import retry_after

_WORDS = 300


def error_from(
    status: int, headers: Mapping[str, str], body: bytes, *, subject: str, writes: bool
) -> errors.HelpdeskError | None:
    """What an answer of Zendesk means for us, or None where it is sound.

    ``headers`` looks names up without regard to case. ``subject`` is what a message starts with:
    the account, the method and the path.
    """
    return judged(status, headers, body, subject=subject, writes=writes)[0]


def judged(
    status: int, headers: Mapping[str, str], body: bytes, *, subject: str, writes: bool
) -> tuple[errors.HelpdeskError | None, dict[str, Any]]:
    """As ``error_from``, with the JSON object that the answer carries (empty: none)."""
    sound, content = _json_object(body)
    if 200 <= status < 300:
        if sound or status == 204:
            return None, content
        words = f"{subject}: answered {status} without JSON"
        return errors.Unavailable(words, ambiguous=writes), content
    return _refusal(status, headers, content, sound, subject, writes), content


def _refusal(
    status: int,
    headers: Mapping[str, str],
    content: Mapping[str, Any],
    sound: bool,
    subject: str,
    writes: bool,
) -> errors.HelpdeskError:
    code = content.get("error")
    named = isinstance(code, str) and re.fullmatch(r"[A-Za-z_ ]{1,40}", code)
    message = f"{subject}: answered {status}" + (f" {code}" if named else "")
    if status in (401, 403):
        return errors.Forbidden(message)
    if status in (404, 410):
        # An address without a help desk behind it answers with a page for people.
        advice = None if sound else "Check the subdomain: no help desk may be there."
        return errors.NotFound(message, advice=advice)
    if status == 409:
        return errors.Conflict(message)
    if status in (400, 413, 422):
        fields = _complaints(content)
        # Zendesk words its complaints in the account's language, so the text alone will not do;
        # we never send a status, so whatever it has against the status is that it is closed.
        closed = "status" in fields or any("closed prevents" in w for w in fields.values())
        if closed and re.search(r"/tickets/\d+(\.json)?$", subject):
            return errors.Unwritable(message)
        named_fields = f": {', '.join(sorted(fields))}" if fields else ""
        return errors.Invalid(message + named_fields, fields=fields)
    if status == 429:
        return errors.RateLimited(message, retry_after=retry_after(headers))
    if status >= 500 or status == 408:
        return errors.Unavailable(message, retry_after=retry_after(headers), ambiguous=writes)
    if 300 <= status < 400:
        return errors.Rejected(message, advice="Check the subdomain: the account has moved.")
    return errors.Rejected(message)


def _json_object(body: bytes) -> tuple[bool, dict[str, Any]]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False, {}
    return (True, content) if isinstance(content, dict) else (False, {})


def _complaints(content: Mapping[str, Any]) -> dict[str, str]:
    """Which field Zendesk complains about, in which words. ``details`` maps a name (``base`` for
    the ticket as a whole) to a list of descriptions; one about a custom field carries its id."""
    found: dict[str, str] = {}
    details = content.get("details")
    for name, items in details.items() if isinstance(details, dict) else ():
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, dict):
                key = str(item.get("ticket_field_id") or name)
                words = str(item.get("description") or item.get("error") or "")
            else:
                key, words = str(name), str(item)
            found.setdefault(key[:80], words[:_WORDS])
    error = content.get("error")
    if not found and isinstance(error, dict) and error.get("message"):
        found["base"] = str(error["message"])[:_WORDS]
    return found
