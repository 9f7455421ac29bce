"""The secrets of the app in an account's sidebar, among all that is kept of the account: that of
now, those before it for as long as they are good, and what was last put into the app.

No I/O: it takes what is kept, decrypted, and gives what is to be kept. Moments are the database's
time, in milliseconds since 1970 UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Secrets = dict[str, Any]
"""All secrets of an installation, by name."""

_BEFORE, _BEFORE_UNTIL, _PUT = "app_secret_before", "app_secret_before_until", "app_put"
"""The app's secrets before this one, each with the moment until which it is good, the newest first;
that moment, where an older program kept only one; and what was last put into the app."""
_MOST_BEFORE: Final = 4
"""So many secrets before are kept: what is pasted by hand is not seen here, so that any of them may
be the one that the app has."""


@dataclass(frozen=True, slots=True)
class AppPut:
    """What was put into the app in the sidebar: into which (the helpdesk's number of it), when that
    was changed by it, in the helpdesk's words (empty: not told), and whether the secret then was
    the one of now."""

    app: str
    updated_at: str
    current: bool


def renewed(kept: Secrets, made: str, until: int) -> Secrets:
    """With another secret; the one before it, and that which was last put into the app, are good
    ``until`` then."""
    old, mark = kept.get("app_secret"), (kept.get(_PUT) or {}).get("mark")
    before = [[old, until]] if old else []
    for older, end in _before(kept):
        # The app has it still, unless another was pasted by hand, which nobody sees here.
        before.append([older, until if _mark(older) == mark else end])
    while len(before) > _MOST_BEFORE:
        # The oldest gives way, but never the one that was put.
        before.pop(-2 if _mark(before[-1][0]) == mark else -1)
    return {**kept, _BEFORE: before, _BEFORE_UNTIL: None, "app_secret": made}


def with_put(kept: Secrets, secret: str, app: str, updated_at: str, ends: int) -> Secrets:
    """With what was put into the app; the secrets before it end then at the latest."""
    # Where a newer one was made meanwhile, this one is among those before: the app has it.
    before = [[older, end if older == secret else min(end, ends)] for older, end in _before(kept)]
    put = {"app": app, "updated_at": updated_at, "mark": _mark(secret)}
    return {**kept, _PUT: put, _BEFORE: before, _BEFORE_UNTIL: None}


def without(kept: Secrets) -> Secrets:
    """Without any of them."""
    return {**kept, **dict.fromkeys(("app_secret", _BEFORE, _BEFORE_UNTIL, _PUT))}


def last_put(kept: Secrets) -> AppPut | None:
    """What was last put into the app; None where nothing was."""
    put = kept.get(_PUT)
    if not put:
        return None
    current = put["mark"] == _mark(str(kept.get("app_secret")))
    return AppPut(put["app"], put["updated_at"], current)


def good_before(kept: Mapping[str, Any], now: int) -> tuple[str, ...]:
    """The secrets before this one that are good yet, the newest first."""
    return tuple(old for old, end in _before(kept) if now < end)


def _before(kept: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Those before, the newest first, each with the moment until which it is good, over or not."""
    before = kept.get(_BEFORE) or []
    if isinstance(before, str):  # as an older program kept the only one
        return [(before, kept.get(_BEFORE_UNTIL) or 0)]
    return [(secret, end) for secret, end in before]


def _mark(secret: str) -> str:
    """Tells a secret from another without being one. It is kept encrypted all the same."""
    return hashlib.sha256(secret.encode()).hexdigest()
