"""What was done, or is the matter, with what this app needs in a helpdesk account: plain data that
all helpdesks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from integration.helpdesks import Bindings

Action = Literal["created", "adopted", "changed", "unchanged", "left out", "deleted", "left"]
State = Literal["good", "poor", "unknown"]

CLOCK: Final = 120
"""Seconds by which two clocks may differ; deliveries are refused by their age, which is more."""
INSTALL: Final = "Run `warranty install` again: it puts back what is missing and sets it right."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing (``field:verdict``, ``macro:covered``, ``webhook``, ``folder``, ``trigger:new``,
    ``view:…``, ``automation:…``, ``policy:…``, ``form:<its name>``) and what was done about it:
    created; adopted (it was there, and is bound now); changed; unchanged; left out (it cannot be
    had here). Where things are taken away: deleted, or left. ``why`` says more, in words for an
    admin."""

    what: str
    action: Action
    why: str = ""


@dataclass(frozen=True, slots=True)
class FormLack:
    """An active ticket form without some of our fields (by key): agents who use it do not see
    them, and what the helpdesk shows of a ticket may lack them too."""

    id: str
    name: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """What is there now; after a dry run, only what was there already is bound.

    ``webhook_id`` and ``signing_secret`` where the helpdesk keeps webhooks by themselves.
    ``forms`` are the ticket forms that still lack fields of ours; None where they could not be
    read, as on a plan that has none: then there is one form, with every field. ``manual`` are, for
    what could not be done from here, the steps by which an admin does it by hand.
    """

    bindings: Bindings
    webhook_id: str | None = None
    signing_secret: str | None = field(default=None, repr=False)
    steps: tuple[Step, ...] = ()
    forms: tuple[FormLack, ...] | None = ()
    manual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was done, thing by thing; and the bindings that are left."""

    steps: tuple[Step, ...]
    bindings: Bindings


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at (``key`` names it for programs), how it is, what was seen, and
    how to mend it."""

    key: str
    what: str
    state: State
    said: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the app's settings take an account's limits to be: requests a minute (0: what the
    helpdesk tells), of which the app takes ``share`` per cent."""

    requests: int = 0
    share: int = 75


def rate_limit(whose: str, told: int | None, ours: Limits) -> Check:
    """The account's requests a minute, as ``told`` with the newest answer of the helpdesk
    (``whose``), against our settings."""
    key, what = "limits", "Rate limit"
    if told is None:
        said = f"{whose} does not say how many requests a minute the account has."
        return Check(key, what, "unknown", said)
    if ours.requests > told:
        said = f"The settings say {ours.requests} requests a minute; the account has {told}."
        mend = f"Set the requests a minute to {told}, or to 0: what {whose} tells."
        return Check(key, what, "poor", said, mend)
    taken = (ours.requests or told) * ours.share // 100
    said = f"{told} requests a minute, of which the app takes {taken} at most."
    return Check(key, what, "good", said)


def clocks(whose: str, headers: Mapping[str, str], now: datetime) -> Check:
    """The clock of the helpdesk (``whose``) against ours (``now``, aware), by the headers of its
    newest answer."""
    key, what = "clock", f"Clock, against {whose}'s"
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
        apart = (now - theirs).total_seconds()
    except (TypeError, ValueError):
        return Check(key, what, "unknown", f"{whose}'s answer tells no time.")
    if abs(apart) > CLOCK:
        side = "ahead of" if apart > 0 else "behind"
        said = f"This machine's clock is {round(abs(apart))} seconds {side} {whose}'s."
        return Check(key, what, "poor", said, "Set this machine's clock by a time server (NTP).")
    # It tells whole seconds, and the answer was under way.
    return Check(key, what, "good", f"They differ by less than {round(abs(apart)) + 2} seconds.")
