"""Who is at the set-up page outside an iframe, by the cookie that remembers them."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from integration.installations import Kept
from integration.setup.access import COOKIE, LIFE, NotLetIn, Visitor
from integration.setup.counter import Counter
from integration.vendors import vendor_of


def by_cookie(counter: Counter) -> Visitor:
    """Whom the cookie names. Raises NotLetIn."""
    return counter.passes.read(request.cookies.get(COOKIE), "cookie")


def here(counter: Counter) -> Visitor | None:
    """Who is here, if anybody is and the account still is connected."""
    try:
        visitor = by_cookie(counter)
    except NotLetIn:
        return None
    return visitor if counter.installations.get(visitor.installation) else None


def remember(counter: Counter, answer: Response, visitor: Visitor) -> None:
    """Let them read again for a while."""
    set_cookie(answer, COOKIE, counter.passes.give(visitor, "cookie"), LIFE)


def kept_of(counter: Counter, installation: str) -> Kept:
    """The installation. Raises NotLetIn where it is gone."""
    kept = counter.installations.get(installation)
    if kept is None:
        raise NotLetIn("This account is no longer connected.")
    g.helpdesk = vendor_of(kept.installation).title
    return kept


def set_cookie(answer: Any, name: str, value: str, seconds: int) -> None:
    """Have the browser keep a cookie for so long."""
    answer.set_cookie(
        name, value, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/"
    )


def take_cookie(answer: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    answer.delete_cookie(name, secure=True, httponly=True, samesite="Lax")
