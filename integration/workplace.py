"""What a worker works with: the reviewer, the chores and the errands, joined for one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

from integration import doctor
from integration.budgets import Limits, LimitsOf
from integration.chores import Chores
from integration.config import Config, Installation
from integration.connections import Accounts, CachedBindings, Connections, account_of
from integration.directory import at_home, home_of
from integration.errands import Errands, Runner
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Step
from integration.installations import Installations
from integration.installed_app import Sidebar, known_of
from integration.jobs import Jobs
from integration.keeper import Keeper
from integration.metrics import Metrics
from integration.paced import PATIENCE, paced
from integration.records import Records
from integration.review import Reviewer
from integration.reviewing import Mark, Review, Several
from integration.rounds import Rounds
from integration.setup.work import Worked
from integration.store import Store
from integration.vendors import Account, Office, vendor_of

_log = structlog.get_logger(__name__)

_BESIDE: Final = 30.0
"""Seconds that a chore's request waits for its turn: no account's may hold up another's."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """``review``, ``several`` and ``mark`` as the worker calls them; ``chores`` by the clock and
    ``errands`` of the set-up page (None: there is none), which ``beside`` does for as long as its
    block lasts."""

    review: Review
    several: Several
    mark: Mark
    chores: Keeper
    errands: Runner | None

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Do what is to be done beside the reviews."""
        with self.chores.running(), self.errands.running() if self.errands else nullcontext():
            yield


def furnish(
    config: Config,
    store: Store,
    jobs: Jobs,
    records: Records,
    installations: Mapping[str, Installation],
    kept: Installations | None,
    limits: LimitsOf,
    counts: Metrics,
    now: Callable[[], datetime],
) -> Workplace:
    """Everything a worker needs for the ``installations``; ``kept`` is where they are stored, None
    where the environment's one is all there is. Sends nothing yet."""
    account: Callable[[Installation], Account]
    account = account_of if kept is None else Accounts(kept, config.oauth)
    connections = Connections(counts.helpdesk_request, accounts=None if kept is None else account)

    def load(name: str) -> Bindings | None:
        if kept is None:
            # Also here: at the start the store may have been away.
            at_home(store, installations)
        return store.load_bindings(name)

    bindings = CachedBindings(load)
    reviewer = Reviewer(installations, connections, bindings, now, records.newest)

    def turned(installation: Installation, patience: float = PATIENCE) -> Account:
        """The account, whose requests wait for their turn."""

        def say(words: str) -> None:
            _log.info("set-up waits", installation=installation.id, why=words)

        return paced(
            installation,
            account(installation),
            store,
            told=counts.helpdesk_request,
            say=say,
            patience=patience,
        )

    rounds = Rounds(
        config,
        store,
        jobs,
        records,
        installations,
        account=partial(turned, patience=_BESIDE),
        connections=connections,
        bindings=bindings,
        limits=limits,
        kept=kept,
        now=now,
    )
    keeper = Keeper(Chores(store), rounds, lease_seconds=config.lease_seconds, told=counts.chore)

    def sidebar(installation: Installation) -> Sidebar | None:
        app_id = config.oauth.app_id if config.oauth else ""
        return known_of(kept, installation.id, config.url, app_id)

    def examine(installation: Installation) -> list[dict[str, Any]]:
        one, known = turned(installation), sidebar(installation)
        return doctor.as_json(
            doctor.examine(installation, one, store, url=config.url, sidebar=known, now=now)
        )

    def office(installation: Installation) -> Office:
        return vendor_of(installation).office(installation, turned(installation), config.url)

    def settled(installation: Installation, dry_run: bool) -> list[Step]:
        if kept is None:
            return []
        return office(installation).settle(kept, sidebar(installation), dry_run=dry_run)

    errands = None
    if kept is not None and config.url is not None:
        worked = Worked(
            installations=installations,
            office=office,
            load=store.load_bindings,
            save=lambda one, bound: store.save_bindings(one.id, bound, home_of(one)),
            keep_secret=lambda name, secret: kept.keep_secrets(name, signing_secrets=[secret]),
            examine=examine,
            settle=settled,
            now=now,
        )
        errands = Runner(Errands(store), worked)
    review, mark = bindings.heeding(reviewer), reviewer.set_aside

    def several(installation: str, tickets: Sequence[str]) -> Review:
        return bindings.heeding(reviewer.several(installation, tickets))

    return Workplace(review, several, mark, keeper, errands)


def limits_of(installations: Mapping[str, Installation]) -> LimitsOf:
    """What an installation's account allows, and the share of it that the app takes."""

    def limits(installation: str) -> Limits:
        try:
            one = installations.get(installation)
        except Exception:  # the store is away: what is allowed to all
            one = None
        if one is None:
            return Limits()
        review = vendor_of(one).requests_a_review
        return Limits(one.update_limit, one.request_limit, one.limit_share, review)

    return limits
