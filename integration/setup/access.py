"""Who is at our pages, and how that is known from one request to the next.

Somebody is let in by proof from the helpdesk alone: its OAuth, or the signed request with which it
opens the app's page in an iframe. From then on each form carries a signed pass, and writing takes
its authority from that pass and never from a cookie: so it works where browsers block third-party
cookies, and another site cannot write in an admin's name, since it does not know the pass. Outside
an iframe a cookie lets the page be read again; it cannot write.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import jwt
from itsdangerous import BadSignature, URLSafeTimedSerializer

LIFE: Final = 3600
"""Seconds for which a pass is good; each page gives a fresh one."""
LONGEST: Final = 8 * 3600
"""Seconds after which the helpdesk has to say again who somebody is, however busy they are."""
COOKIE: Final = "__Host-warranty-desk"

Purpose = Literal["form", "cookie", "overview"]
"""What a pass is good for: an administrator's forms (and with them the overview), reading again
outside an iframe, or an agent's reading of the overview and nothing else."""

_CLOCKS_DIFFER: Final = 60  # seconds that the helpdesk's clock may be off
_LARGEST: Final = 20_000
_ENDED: Final = "Your session has ended: open the page again."


class NotLetIn(Exception):
    """A pass or a signed request that proves nothing. The message is for a person, without what was
    shown."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody of an installation's account, by the helpdesk's word: ``who`` is its number of the
    person; ``embedded`` is the origin of its page around ours, None outside of one; ``since`` is
    when it said so (seconds since 1970), None for just now. What they may do is told by the
    purpose of their pass."""

    installation: str
    who: str
    embedded: str | None = None
    since: int | None = None


class Passes:
    """Signs and reads passes. ``keys`` as ``vault`` has them: the first signs, all are good.
    ``now`` is in seconds since 1970, for how long somebody has been here in all."""

    def __init__(self, keys: Sequence[str], now: Callable[[], float] = time.time) -> None:
        # Not the keys themselves, which encrypt: what is derived from them for this purpose.
        derived = [hashlib.sha256(f"warranty-desk pass {key}".encode()).hexdigest() for key in keys]
        self._now = now
        self._signer = URLSafeTimedSerializer(derived[::-1], salt="set-up page")

    def give(self, one: Visitor, purpose: Purpose = "form") -> str:
        """A pass for this visitor, good for an hour and one ``purpose``."""
        since = int(self._now()) if one.since is None else one.since
        text = self._signer.dumps([purpose, one.installation, one.who, one.embedded, since])
        return text if isinstance(text, str) else text.decode("ascii")

    def read(self, text: str | None, purpose: Purpose = "form") -> Visitor:
        """Whose pass it is. Raises NotLetIn."""
        try:
            given, *rest = self._signer.loads(text or "", max_age=LIFE)
            one = Visitor(*rest)
        except (BadSignature, ValueError, TypeError):
            raise NotLetIn(_ENDED) from None
        if given != purpose or one.since is None or self._now() - one.since > LONGEST:
            raise NotLetIn(_ENDED)
        return one

    def reader(self, text: str | None) -> tuple[Visitor, bool]:
        """Who may read the overview by this pass, and whether they are an administrator, whose
        pass for forms is good for that as well. Raises NotLetIn."""
        try:
            return self.read(text), True
        except NotLetIn:
            return self.read(text, "overview"), False


@dataclass(frozen=True, slots=True)
class Opened:
    """A page opened by the helpdesk: from which account, by which user, as which installation of
    the app, and where in it."""

    subdomain: str
    user: str
    app_installation: str
    location: str


def read_signed(token: str, key_for: Callable[[str], str | None]) -> Opened:
    """What a signed request of Zendesk says, if it proves to be one.

    "Building a server-side app, part 5": RS256, ``iss`` the account's host, ``aud`` the address of
    the app's installation, ``exp``, ``iat``, ``context``. ``key_for`` gives the app's public key
    (PEM) for a subdomain, None where there is none. Only RS256: with another algorithm the public
    key itself would sign. ``sub`` (the user's API address) is not in the stored excerpts of the
    manual, only in public code: without one nobody is let in. Raises NotLetIn.
    """
    if len(token) > _LARGEST:
        raise NotLetIn("The helpdesk's request is larger than any of its own.")
    try:
        claimed = jwt.decode(token, options={"verify_signature": False})
        host = str(claimed.get("iss", "")).removeprefix("https://")
        subdomain = _subdomain(host)
        key = key_for(subdomain)
        if key is None:
            raise NotLetIn("This account is not connected yet.")
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=str(claimed["iss"]),
            leeway=_CLOCKS_DIFFER,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_aud": False},
        )
    except (jwt.PyJWTError, UnicodeError):
        raise NotLetIn(
            "The helpdesk's signature does not hold, or is too old: reload the page there."
        ) from None
    number = _number(_one(claims["aud"]), f"https://{host}/api/v2/apps/installations/")
    if number is None:
        raise NotLetIn("The helpdesk's signature is for another app than this one.")
    context = claims.get("context")
    context = context if isinstance(context, Mapping) else {}
    # The number alone would say as much: it is of the account that signed.
    user = _number(claims["sub"], f"https://{host}/api/v2/users/") or _number(claims["sub"], "")
    if context.get("product") != "support" or user is None:
        raise NotLetIn("The helpdesk's request does not say who opens this page.")
    return Opened(subdomain, user, number, str(context.get("location", "")))


def _one(audience: object) -> str:
    """The only audience; RFC 7519 (4.1.3) lets it stand in a list, and Zendesk has no other."""
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return audience if isinstance(audience, str) else ""


def _number(address: str, start: str) -> str | None:
    """The number in an API address of the account, None for any other text."""
    number = address.removeprefix(start).removesuffix(".json")
    right = address.startswith(start) and number.isascii() and number.isdecimal()
    return number if right else None


def _subdomain(host: str) -> str:
    name = host.removesuffix(".zendesk.com")
    if name == host or not name.replace("-", "").isalnum() or not name.isascii():
        raise NotLetIn("The helpdesk's request does not come from a Zendesk account.")
    return name.lower()
