"""Why a review came to nothing, in plain words and with what to do; kept for a person to read."""

from __future__ import annotations

from typing import Final

from integration import errors, store

BROKE_OFF: Final = (
    "The app broke off during every review of this ticket — Look into the worker's log for what it "
    "did last, then start the review again."
)

_WORDS: Final[tuple[tuple[type[errors.HelpdeskError], str], ...]] = (
    (errors.NotFound, "The helpdesk does not have it, or hides it from the connected user"),
    (errors.Forbidden, "The helpdesk refused access"),
    (errors.Invalid, "The helpdesk did not accept what was to be written"),
    (errors.Unwritable, "The ticket can no longer be changed"),
    (errors.FieldGone, "A ticket field that the app needs is missing in the helpdesk"),
    (errors.Rejected, "The helpdesk said no"),
    (store.Away, "The app's own store could not be reached"),
    (errors.Conflict, "Somebody else changed the ticket during each review of it"),
    (errors.RateLimited, "The helpdesk had enough requests of this account"),
    (errors.Unavailable, "The helpdesk could not be reached, or did not answer soundly"),
)
_ERROR: Final = 240  # characters of an error, so that what to do is not cut off


def of(error: Exception) -> str:
    """What happened, then in parentheses the error as it stands, then what to do if anything helps
    but waiting. Of an error that is not of ``integration.errors`` only its kind is told: its text
    may quote the ticket."""
    words = next((text for kind, text in _WORDS if isinstance(error, kind)), None)
    if words is None:
        return f"The app failed on this ticket ({type(error).__name__}; see the worker's log)"
    said = f"{words} ({str(error)[:_ERROR]})"
    return f"{said} — {error.advice}" if isinstance(error, errors.Rejected) else said


def after(why: str, tries: int) -> str:
    """The same, when it was tried so often that a person has to look."""
    return (
        f"{why}, tried {tries} times — Once the cause is mended, start the review again: "
        "warranty reviews retry"
    )


def broke_off(kept: str | None, tries: int) -> str:
    """Why a ticket is set aside whose workers died: what was ``kept`` of its last try, if anything,
    with what to do."""
    if kept is None:
        return BROKE_OFF
    return kept if " — " in kept else after(kept, tries)
