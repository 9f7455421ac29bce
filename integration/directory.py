"""Which installations there are, for whoever serves them: the store's, or the environment's one.

With keys to keep secrets by, the store is the one source: an installation of the environment is
taken over into it when first seen, and not read again. Without, the environment's is all there is.
A process may know only what it needs itself (the web app the signing secret, a worker the
credentials): then each adds what the store still lacks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog

from integration import errors, settings
from integration.installation import HelpdeskName, Installation
from integration.installations import Installations, Kept, Taken
from integration.store import Home, Moved, Store
from integration.vault import NoKey

_log = structlog.get_logger(__name__)

FRESH = 5.0
"""Seconds for which an installation is taken as last read: a change of settings is in force
everywhere after that."""


class Directory(Mapping[str, Installation]):
    """Installations by id, as last read a few seconds ago at most; safe to share between threads.

    ``given`` are the environment's, which are taken over at first use. While the store is out of
    reach, those that were read before are given as they were; asking for
    another one raises errors.Unavailable, because whether it exists is not known.
    """

    def __init__(
        self,
        installations: Installations,
        given: Mapping[str, Installation] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installations = installations
        self._given = {
            key: one
            for key, one in (given or {}).items()
            if one.signing_secrets or _credentials(one)
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, Installation | None]] = {}

    def __getitem__(self, key: str) -> Installation:
        found = self._look(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        self._take_over()
        with _readable():
            return iter([kept.installation.id for kept in self._installations.all()])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._look(key) is not None

    def _take_over(self) -> None:
        if self._given:
            with _readable():
                self._given = take_over(self._installations, self._given)

    def changed(self, key: str) -> None:
        """Forget what was read of an installation: it has just been changed here."""
        with self._lock:
            self._read.pop(key, None)

    def _look(self, key: str) -> Installation | None:
        with self._lock:
            at, found = self._read.get(key, (float("-inf"), None))
        # One that is off is read anew each time: once it is on, nothing may still pass it by.
        off = found is not None and found.mode == "off"
        if self._clock() - at < FRESH and not off:
            return found
        try:
            self._take_over()
            with _readable():
                kept = self._installations.get(key)
        except errors.Unavailable:
            if found is None:
                raise
            return found
        found = kept.installation if kept else None
        with self._lock:
            if len(self._read) > 10_000:  # names that somebody made up
                self._read.clear()
            self._read[key] = (self._clock(), found)
        return found


class Proofs(Mapping[str, tuple[str, ...]]):
    """What proves the webhooks of a helpdesk's installations, by installation; an installation of
    another helpdesk is none here. ``app_too``: the secrets of the app in the sidebar do as well,
    where it reports tickets itself."""

    def __init__(
        self,
        installations: Mapping[str, Installation],
        helpdesk: HelpdeskName,
        *,
        app_too: bool = False,
    ) -> None:
        self._installations = installations
        self._helpdesk = helpdesk
        self._app_too = app_too

    def __getitem__(self, key: str) -> tuple[str, ...]:
        one = self._installations[key]
        if one.helpdesk != self._helpdesk:
            raise KeyError(key)
        app = (one.app_secret, *one.app_secrets_before) if self._app_too else ()
        return (*one.signing_secrets, *filter(None, app))

    def __iter__(self) -> Iterator[str]:
        return iter([key for key in self._installations if key in self])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, key: object) -> bool:
        one = self._installations.get(key) if isinstance(key, str) else None
        return one is not None and one.helpdesk == self._helpdesk


def home_of(one: Installation) -> Home | None:
    """Which account an installation is of; None where that is not known, as in a web process whose
    environment names no account."""
    return Home(one.helpdesk, one.subdomain) if one.subdomain else None


def at_home(store: Store, installations: Mapping[str, Installation]) -> None:
    """Make sure that what is kept for the environment's installations is of the accounts that it
    names: a ticket's number is another ticket in another account. Raises store.Moved."""
    for one in installations.values():
        if (home := home_of(one)) is not None:
            store.settle(one.id, home)


@contextmanager
def _readable() -> Iterator[None]:
    """Secrets that no key fits are as good as a store that is away: whoever set the keys can mend
    it, and nothing that comes in meanwhile may be answered as if it were for nobody."""
    try:
        yield
    except NoKey as error:
        raise errors.Unavailable(str(error)) from None


def _log_added(one: Installation) -> None:
    _log.info("installation taken over into the store", installation=one.id)


def _log_elsewhere(one: Installation) -> None:
    _log.warning("its account is connected as another installation", installation=one.id)


def take_over(
    installations: Installations,
    given: Mapping[str, Installation],
    *,
    added: Callable[[Installation], object] = _log_added,
    elsewhere: Callable[[Installation], object] = _log_elsewhere,
) -> dict[str, Installation]:
    """Take the environment's installations into the store, those that it does not know yet; gives
    those of which too little is known here so far. ``added`` hears of each that is taken over,
    ``elsewhere`` of each whose account is connected as another installation.

    From then on the store's settings and secrets hold; where the environment says otherwise, that
    is logged. Only what the store lacks altogether is added to them.
    """
    return {
        key: one
        for key, one in given.items()
        if not _taken_over(installations, one, added, elsewhere)
    }


def _taken_over(
    installations: Installations,
    one: Installation,
    added: Callable[[Installation], object],
    elsewhere: Callable[[Installation], object],
) -> bool:
    kept = installations.get(one.id)
    if kept is None:
        if not (one.subdomain and _credentials(one)):
            return False  # half an account is none; who has the other half begins
        try:
            if installations.add(one):
                added(one)
                return True
        except Taken:
            elsewhere(one)
            return True
        except Moved as error:
            _log.error("not taken over into the store", installation=one.id, why=str(error))
            return True
        kept = installations.get(one.id)
        if kept is None:
            return False
    _complete(installations, kept, one)
    here, there = settings.as_json(kept.installation), settings.as_json(one)
    if names := [name for name in settings.NAMES if here[name] != there[name]]:
        _log.info("the store's settings hold", installation=one.id, differ=names)
    return True


def _complete(installations: Installations, kept: Kept, one: Installation) -> None:
    """Add the secrets that the store has none of."""
    lacking: dict[str, object] = {}
    there = kept.installation
    same = one.subdomain in (None, there.subdomain) and one.helpdesk == there.helpdesk
    if one.signing_secrets and not there.signing_secrets and one.helpdesk == there.helpdesk:
        lacking["signing_secrets"] = list(one.signing_secrets)
    if same and kept.grant == "none" and not _credentials(there):
        lacking |= _credentials(one)
    if lacking:
        installations.keep_secrets(one.id, **lacking)
        _log.info("secrets taken over into the store", installation=one.id, which=sorted(lacking))


def _credentials(one: Installation) -> dict[str, object]:
    """What an installation is reached by, as far as the environment gives it; none by half."""
    if one.api_key:
        return {"api_key": one.api_key}
    if one.token:
        return {"token": one.token}
    if one.client_id and one.client_secret:
        return {"client_id": one.client_id, "client_secret": one.client_secret}
    return {}
