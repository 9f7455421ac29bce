"""The work by the clock: which chores there are for which installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from integration import doctor, errors
from integration.backfills import Backfills
from integration.budgets import Budgets, LimitsOf
from integration.config import Config, Installation
from integration.connections import CachedBindings, Connections
from integration.errands import Errands
from integration.forget import retention
from integration.grants import Grant
from integration.helpdesks import Bindings
from integration.installations import Installations
from integration.installed_app import known_of
from integration.jobs import Jobs
from integration.jobs_standing import standing
from integration.keeper import Chore, Ended, Progress
from integration.reconcile import Changes, Reconciler
from integration.records import Records
from integration.store import Store
from integration.vendors import Account, zendesk_only

_log = structlog.get_logger(__name__)

DAILY: Final = timedelta(days=1)
_ALIVE: Final = timedelta(days=14)
"""A grant that would end within this time is renewed though nobody needs it."""
_ERRANDS_KEPT: Final = timedelta(days=7)
"""How long it is kept what came of an errand."""


class Rounds:
    """The chores of a service. Called by the keeper, again and again: installations come and go."""

    def __init__(
        self,
        config: Config,
        store: Store,
        jobs: Jobs,
        records: Records,
        installations: Mapping[str, Installation],
        *,
        account: Callable[[Installation], Account],
        connections: Connections,
        bindings: CachedBindings,
        limits: LimitsOf,
        kept: Installations | None,
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._store = store
        self._jobs = jobs
        self._records = records
        self._installations = installations
        self._account = account
        self._connections = connections
        self._bindings = bindings
        self._limits = limits
        self._kept = kept
        self._now = now
        self._budgets = Budgets(store)
        keep = timedelta(days=config.retention_days)
        self._retention = retention(jobs, records, keep, Backfills(store))

    def __call__(self) -> list[Chore]:
        """Every chore, of the store as a whole and of each installation."""
        chores = [self._retention]
        if self._kept is not None:
            chores.append(Chore("", "errands", DAILY, self._forget_errands))
        for name in list(self._installations):
            one = self._installations.get(name)
            if one is not None:
                chores += self._of(one)
        return chores

    def _of(self, one: Installation) -> list[Chore]:
        chores = []
        if self._kept is not None and one.helpdesk == "zendesk" and not one.token:
            # Also while it is switched off: whoever switches it on again shall find it connected.
            chores.append(Chore(one.id, "keep alive", DAILY, partial(self._keep_alive, one)))
        if one.mode == "off":
            return chores
        chores.append(Chore(one.id, "examine", DAILY, partial(self._examine, one)))
        if self._config.reconcile_minutes:
            chores.append(self._reconciling(one))
        return chores

    def _forget_errands(self, progress: Progress) -> Ended:
        """What somebody tried on the set-up page names tickets and their verdicts."""
        Errands(self._store).prune(_ERRANDS_KEPT)
        return Ended()

    def _reconciling(self, one: Installation) -> Chore:
        def connect(installation: Installation, known: Bindings) -> Changes:
            return self._connections.line(installation).changes(known)

        return Reconciler(
            one,
            load_bindings=self._bindings,
            connect=connect,
            work=self._jobs,
            standing=partial(standing, self._store),
            newest=self._records.newest,
            take=lambda: self._budgets.take(one.id, self._limits(one.id), requests=1),
            now=self._now,
        ).chore(timedelta(minutes=self._config.reconcile_minutes))

    def _examine(self, one: Installation, progress: Progress) -> Ended:
        """Look whether everything is in order, and say what is not."""
        oauth = self._config.oauth
        checks = doctor.examine(
            one,
            self._account(one),
            self._store,
            url=self._config.url,
            sidebar=known_of(self._kept, one.id, self._config.url, oauth.app_id if oauth else ""),
            now=self._now,
        )
        for check in checks:
            if check.state == "poor":
                _log.warning("not in order", installation=one.id, what=check.key, mend=check.mend)
        return Ended()

    def _keep_alive(self, one: Installation, progress: Progress) -> Ended:
        """Renew a grant that would end soon because nobody needed it."""
        assert self._kept is not None
        kept = self._kept.get(one.id)
        ends = kept.renew_by if kept is not None and kept.grant == "good" else None
        grant = zendesk_only(self._account(one)).token
        if ends is not None and isinstance(grant, Grant) and ends - datetime.now(UTC) < _ALIVE:
            try:
                grant.renew_ahead()
            except errors.Forbidden as error:
                _log.error("access gone", installation=one.id, why=str(error))
        return Ended()
