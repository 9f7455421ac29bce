"""What a helpdesk grants to an app that acts in an account, in no vendor's terms."""

from __future__ import annotations

from dataclasses import dataclass, field

from integration import errors


class GrantGone(errors.Forbidden):
    """What was shown is used up, run out or was taken back: an admin has to grant access anew.
    Any other refusal may pass, and says nothing against the grant."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Bearer tokens: ``life`` and ``refresh_life`` are in seconds from now. ``refresh`` is None
    where a new grant is simply asked for."""

    access: str = field(repr=False)
    life: float
    refresh: str | None = field(default=None, repr=False)
    refresh_life: float | None = None
