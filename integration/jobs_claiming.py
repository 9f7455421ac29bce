"""Claiming what is due, each account in its turn and within its budget; a part of ``jobs``."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from integration.budgets import ACCOUNTS, Accounts, Buckets, LimitsOf
from integration.budgets_accounts import PATIENCE
from integration.jobs_tables import REVIEWS, Job, leasing, longest_due, names_of
from integration.store import Store

_CENSUS: Final = 60.0  # seconds between two looks for installations without an account


class Claiming:
    """Claims reviews in one store; see ``Jobs.claim_some``."""

    def __init__(self, store: Store, accounts: Accounts, limits: LimitsOf) -> None:
        self._store = store
        self._accounts = accounts
        self._limits = limits
        self._next_census = 0.0
        # Built once: putting these together costs more than running them.
        self._longest_due, self._lease = longest_due(), leasing()

    def claim(
        self,
        worker_id: str,
        lease_seconds: float,
        most: int,
        held: Mapping[str, int],
        each: int | None,
    ) -> list[Job]:
        """What ``Jobs.claim_some`` says."""
        self._census()
        jobs: list[Job] = []
        own = Counter(held)
        with self._store.begin() as connection:
            while len(jobs) < most:
                wanted = most - len(jobs)
                some = self._next(connection, worker_id, lease_seconds, wanted, own, each, jobs)
                if not some:
                    break
                own[some[0].installation] += len(some)
                jobs += some
        return jobs

    def _next(
        self,
        connection: Connection,
        worker_id: str,
        lease_seconds: float,
        most: int,
        own: Mapping[str, int],
        each: int | None,
        before: Sequence[Job],
    ) -> list[Job]:
        """Reviews of the installation whose turn it is: its share of ``most``."""
        rows = self._accounts.in_turn(connection)
        alone = bool(rows) and (each is None or self._accounts.alone(connection))
        for row in rows:
            buckets = Buckets.of(self._limits(row.installation), row.request_limit)
            many = min(buckets.suffice_for(row, row.now), max(1, most // len(rows)))
            if each is not None and not alone:
                many = min(many, each - own.get(row.installation, 0))
            if many < 1:
                continue
            # Who holds one account waits for no other: two that did could wait for each other.
            if before and not self._accounts.lock(connection, row.installation):
                continue
            some = self._take(connection, row, buckets, many, worker_id, lease_seconds, alone)
            if some:
                return some
        return []

    def _take(
        self,
        connection: Connection,
        account: Row[Any],
        buckets: Buckets,
        most: int,
        worker_id: str,
        lease_seconds: float,
        alone: bool,
    ) -> list[Job]:
        if account.troubles >= PATIENCE:
            most = 1
        names = {"of": account.installation, "most": most}
        rows = connection.execute(self._longest_due, names).all()
        if not rows:
            return []
        trial = self._accounts.reserve(
            connection, account.installation, buckets, lease_seconds, len(rows)
        )
        if trial is None:
            return []
        jobs = [
            Job(
                account.installation,
                row.ticket_id,
                row.reason,
                row.generation,
                row.attempts + (row.lease_owner is not None),
                lease=f"{worker_id[:90]}/{uuid.uuid4().hex}",
                delivery=row.delivery_id,
                last_error=row.last_error,
                trial=trial,
                alone=alone,
                buckets=buckets,
            )
            for row in rows
        ]
        span = {"span": round(lease_seconds * 1000)}
        connection.execute(
            self._lease, [{**names_of(job), **span, "tries": job.attempts} for job in jobs]
        )
        return jobs

    def _census(self) -> None:
        """See to it that every installation with work has an account: one that a program of an
        older version accepted has none, and would never be served."""
        if time.monotonic() < self._next_census:
            return
        r = REVIEWS.c
        known = select(ACCOUNTS.c.installation)
        query = (
            select(r.installation)
            .where(r.due_at.is_not(None), r.installation.not_in(known))
            .distinct()
        )
        with self._store.read() as connection:
            missing = list(connection.execute(query).scalars())
        if missing:
            with self._store.begin() as connection:
                for installation in sorted(missing):
                    self._accounts.ensure(connection, installation)
        self._next_census = time.monotonic() + _CENSUS
