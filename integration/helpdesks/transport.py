"""What goes wrong on the line to any helpdesk: that no sound answer came, and how long an answer
asks to wait."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from urllib3.exceptions import NewConnectionError

from integration import errors

_DAY: Final = 86_400.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110, 10.2.3): a number, also a broken one, or a
    date, measured against the answer's own ``Date``. None where nothing sensible is said; never
    negative, never more than a day."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
            seconds = (until - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _DAY) if math.isfinite(seconds) else None


@contextmanager
def calling(subject: str, *, writes: bool) -> Iterator[None]:
    """Turns whatever goes wrong on the line into ours. Only the call itself belongs inside.

    The original is not chained: its text may quote the answer, and with it the ticket.
    """
    try:
        yield
    except errors.HelpdeskError:
        raise
    except requests.RequestException as error:
        raise from_transport(error, subject, writes=writes) from None
    except Exception as error:
        # Whatever Python, or a vendor's client, raises at an unexpected shape.
        name = type(error).__name__
        raise errors.Unavailable(
            f"{subject}: the answer is not understood ({name})", ambiguous=writes
        ) from None


def from_transport(
    error: requests.RequestException, subject: str, *, writes: bool
) -> errors.Unavailable:
    """No sound answer came. ``ambiguous`` unless it is certain that nothing was sent."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    never_sent = isinstance(
        error, requests.ConnectTimeout | requests.exceptions.ProxyError
    ) or isinstance(cause, NewConnectionError)
    name = type(error).__name__
    return errors.Unavailable(f"{subject}: no answer ({name})", ambiguous=writes and not never_sent)
