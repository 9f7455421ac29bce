"""Access tokens that are kept in the store and renewed once, however many processes ask.

A helpdesk's refresh destroys both old tokens, so two that refresh at once would log the account
out. One process at a time renews an installation's tokens, under a lease in the store, and stores
the new ones before anybody uses them.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import structlog

from integration import errors
from integration.helpdesks.tokens import GrantGone, Tokens
from integration.installations import Held, Installations
from integration.vault import NoKey

_log = structlog.get_logger(__name__)

_LEASE: Final = 40.0  # seconds; longer than a refresh can take
_PATIENCE: Final = 20.0
"""Seconds to wait while another process renews."""
_TRUSTED: Final = 20.0
"""Seconds for which a token is used without looking into the store again."""

_AGAIN: Final = 5.0
"""Seconds after which renewing is tried again where it failed and the old token still serves."""
_KEEP_EVERY: Final = 0.5
"""Seconds between two tries to store tokens that the store did not take."""

CONNECT_AGAIN: Final = (
    "Connect the account again on the set-up page; what waits is then reviewed by itself."
)


class Grant:
    """The token of one installation, as ``zendesk_wire.Account`` asks for it.

    ``renew`` gets new tokens for a refresh token (None where a new grant is asked for); it raises
    GrantGone where the grant is gone. ``clock`` counts seconds and never goes back. Safe to share
    between threads. Every method raises Forbidden while the grant is gone or refused, else
    Unavailable, which is never ambiguous: no ticket was touched.
    """

    def __init__(
        self,
        installations: Installations,
        installation: str,
        renew: Callable[[str | None], Tokens],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installations = installations
        self._installation = installation
        self._renew = renew
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0
        self._unkept: tuple[Tokens, int] | None = None

    def __call__(self) -> str:
        """A token that is good for a while; renewed if need be."""
        with self._lock, _no_ticket_touched():
            if self._token is None or self._clock() >= self._until:
                self._keep_what_was_not()
                self._use(self._fresh())
            assert self._token is not None
            return self._token

    def invalidate(self, token: str) -> bool:
        """Renew a token that was refused, unless it is already replaced. True: ask again."""
        with self._lock, _no_ticket_touched():
            self._token = None
            self._keep_what_was_not()
            held = self._held()
            if held.access == token:
                self._use(self._renewed(held))
            return True

    def renew_ahead(self) -> None:
        """Renew now, whether need be or not: what keeps an idle account's grant alive."""
        with self._lock, _no_ticket_touched():
            self._keep_what_was_not()
            self._use(self._renewed(self._held()))

    # -- the steps ----------------------------------------------------------------------------

    def _use(self, held: Held) -> None:
        self._token = held.access
        self._until = self._clock() + max(0.0, min(held.seconds, _TRUSTED))

    def _fresh(self) -> Held:
        held = self._held()
        if held.access is not None and held.seconds > 0:
            return held
        try:
            return self._renewed(held)
        except errors.Unavailable as error:
            # It is renewed well ahead of its end, so the old one is still worth a try; unless it
            # was renewed, and only the store is away.
            if held.access is None or self._unkept is not None:
                raise
            _log.warning("token not renewed", installation=self._installation, why=str(error))
            return replace(held, seconds=_AGAIN)

    def _renewed(self, old: Held) -> Held:
        """New tokens in place of ``old``: this process's, or another's that was quicker."""
        owner = uuid.uuid4().hex
        ends = self._clock() + _PATIENCE
        while not self._installations.lease_grant(self._installation, owner, _LEASE):
            if self._clock() > ends:
                raise errors.Unavailable(f"{self._installation}: its token is being renewed")
            time.sleep(0.1)
            held = self._held()
            if held.serial != old.serial:
                return held
        try:
            held = self._held()
            if held.serial == old.serial:
                return self._renew_alone(held)
            return held  # renewed while we waited for the lease
        finally:
            self._release(owner)

    def _release(self, owner: str) -> None:
        """Let others renew; but not while new tokens are still to be stored, which is theirs to
        find. Storing them ends the lease as well."""
        if self._unkept is not None:
            return
        try:
            self._installations.release_grant(self._installation, owner)
        except errors.Unavailable:
            _log.warning("lease not released", installation=self._installation)  # it runs out

    def _renew_alone(self, held: Held) -> Held:
        try:
            tokens = self._renew(held.refresh)
        except GrantGone as error:
            if not self._installations.grant_gone(self._installation, serial=held.serial):
                return self._held()  # somebody connected the account again just now
            _log.error("grant gone", installation=self._installation, why=str(error))
            raise self._gone() from None
        _log.info("token renewed", installation=self._installation)
        # The old ones are gone from here on: these must not be lost.
        self._unkept = (tokens, held.serial)
        try:
            self._keep_what_was_not()
        except errors.Unavailable:
            _log.error("token not stored yet", installation=self._installation)
            self._keep_soon()
            raise
        return self._held()

    def _keep_what_was_not(self) -> None:
        if self._unkept is not None:
            tokens, serial = self._unkept
            self._installations.keep_tokens(self._installation, tokens, serial=serial)
            self._unkept = None

    def _keep_soon(self) -> None:
        """Store, as soon as the store is back, what it did not take: nobody may ask this process
        for a token again before another one finds the old ones gone."""

        def keep() -> None:
            while True:
                time.sleep(_KEEP_EVERY)
                with self._lock:
                    try:
                        self._keep_what_was_not()
                    except errors.Unavailable:
                        continue
                    return

        threading.Thread(target=keep, name="grant", daemon=True).start()

    def _held(self) -> Held:
        try:
            held = self._installations.held(self._installation)
        except KeyError:
            raise errors.Forbidden(
                f"{self._installation}: it is not connected", advice=CONNECT_AGAIN
            ) from None
        except NoKey as error:
            raise errors.Unavailable(f"{self._installation}: {error}") from None
        if held.state == "gone":
            raise self._gone()
        return held

    def _gone(self) -> errors.Forbidden:
        return errors.Forbidden(
            f"{self._installation}: the account no longer lets the app in", advice=CONNECT_AGAIN
        )


@contextmanager
def _no_ticket_touched() -> Iterator[None]:
    """Whether tokens were renewed may be unclear; that no ticket was written is certain."""
    try:
        yield
    except errors.Unavailable as error:
        if not error.ambiguous:
            raise
        raise errors.Unavailable(str(error), retry_after=error.retry_after) from None
