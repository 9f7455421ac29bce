"""What can go wrong with a helpdesk or a caller, sorted by who must act.

- ``Refused``: the caller sent something we will not accept; answered 4xx, never retried by us.
- ``Unavailable``: nobody is to blame; the same work is tried again, not before ``retry_after``.
- ``Rejected``: trying again cannot help; a person looks.

The type decides what happens next; nobody reads the message to find out. A message starts with
its subject and contains the value; it never contains a secret or a ticket's free text.
"""

from __future__ import annotations

from collections.abc import Mapping


class HelpdeskError(Exception):
    """The root of everything here; catch one of its three children instead."""


# -- them -----------------------------------------------------------------------------------------


class Refused(HelpdeskError):
    """A caller's request is not accepted as it stands."""


class NotAuthentic(Refused):
    """A request does not prove that it comes from the helpdesk it names."""


class Malformed(Refused):
    """A request proves who sent it, but cannot be understood.

    ``field`` is a JSON pointer or ``""`` for the body as a whole; ``expected`` says what would
    have been right. The offending value is not repeated: it may be personal data.
    """

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field or 'body'}: expected {expected}")
        self.field = field
        self.expected = expected


# -- wait -----------------------------------------------------------------------------------------


class Unavailable(HelpdeskError):
    """The helpdesk or the store cannot answer now; the same work may succeed later.

    ``retry_after`` is in seconds, or None where the other side named no time. ``ambiguous`` is
    true where a write may have been carried out although no answer came: read before writing
    again.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, ambiguous: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class RateLimited(Unavailable):
    """The helpdesk counts our requests and has had enough of them for ``retry_after`` seconds."""


class Conflict(Unavailable):
    """The ticket changed between our reading and our writing: read it and decide anew."""


# -- a person -------------------------------------------------------------------------------------


class Rejected(HelpdeskError):
    """The helpdesk says no, and will say no again. ``advice`` is what a person can do about it."""

    advice = "Look at the ticket and at the connection to the helpdesk."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class NotFound(Rejected):
    """The ticket (or macro, or field) is not there, or not visible to our user."""

    advice = "Check that the ticket exists and that the connected user may see it."


class Forbidden(Rejected):
    """The credentials are wrong, expired for good, or lack a permission."""

    advice = "Connect the account again, as an administrator, with read and write access."


class Invalid(Rejected):
    """The helpdesk refused the content. ``fields`` maps a field's name to the helpdesk's words."""

    advice = "Check the named fields' settings and options in the helpdesk."

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: Mapping[str, str] = dict(fields or {})


class Unwritable(Rejected):
    """The ticket can no longer be changed: closed, archived, spam or deleted."""

    advice = "Nothing can be written on this ticket; open a follow-up ticket if one is needed."


class FieldGone(Rejected):
    """A ticket field that this app needs is missing in the helpdesk."""

    advice = "Run `warranty install` again: it puts back the fields that are missing."
