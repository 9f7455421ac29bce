"""One review, from the claim to its end in the store: done, tried again, or left to a person."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy.engine import Connection
from structlog.contextvars import bound_contextvars

from integration import errors, logs, reasons
from integration.budgets import Health, Spent, counting
from integration.ends import Ends
from integration.held import Held
from integration.jobs import End, Job, Jobs, LeaseLost
from integration.migrations import NewerSchema
from integration.store import Away

_log = structlog.get_logger(__name__)

_LEAST_REST = 5.0  # seconds an account is left alone that has had enough of us
_MARKS = 3  # workers that may die marking a ticket; the next sets it aside without a mark


class ReviewResult(Protocol):
    """What a review leaves for the worker: when the verdict next changes by itself (aware). If it
    also has ``did``, a word or two of a short list, the log and the metrics say so."""

    @property
    def next_due_at(self) -> datetime | None: ...


Mark = Callable[[str, str, str], None]
"""Marks a ticket (installation id, ticket id) whose review is set aside, where that can be done,
and says there why (the third), in plain words and with what to do. Where a worker died before that
was stored it is called again, and must then leave the first mark as it is."""

Keep = Callable[[Connection, Job, ReviewResult], object]
"""Keeps a record of a review that came to its end, in the transaction that ends it."""

Told = Callable[[str, float], None]
"""Is told how each review ended, in a word or two, and how many seconds it took."""


Review = Callable[[str, str], ReviewResult]
"""Reviews one ticket: installation id and ticket id. May be called from several threads at once,
never for the same ticket. Raises what ``integration.errors`` lists."""

Several = Callable[[str, Sequence[str]], Review]
"""Reviews for several tickets of one installation (their ids): the same, for one after the other in
the calling thread, at less cost. Does nothing yet."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How a review that came to nothing is tried again.

    The wait doubles from ``first`` to ``longest`` seconds, half of it by chance so that many
    tickets do not come back at once; it is never shorter than what the helpdesk asked for. After
    ``attempts`` tries (with these numbers: some two hours) a person has to look. A conflict is
    reviewed anew at once, ``conflicts`` times.
    """

    attempts: int = 12
    first: float = 5.0
    longest: float = 3600.0
    conflicts: int = 3

    def wait(self, attempts: int, retry_after: float | None, chance: random.Random) -> float:
        """Seconds to wait after the try that follows ``attempts`` fruitless ones."""
        full = min(self.first * 2.0 ** min(attempts, 30), self.longest)
        own = full * (0.5 + 0.5 * chance.random())
        if retry_after is None:
            return own
        return max(own, retry_after * (1 + 0.1 * chance.random()))


@dataclass(slots=True)
class _Try:
    """A review that was begun: what it has ``spent``, and its ``result`` once it has one; ``log``
    names it in each line. ``seconds`` is what it took, where its end is stored later."""

    job: Job
    log: structlog.stdlib.BoundLogger
    began: float
    spent: Spent = field(default_factory=Spent)
    result: ReviewResult | None = None
    seconds: float | None = None

    def took(self) -> float:
        """How many seconds it took, or has taken so far."""
        return time.monotonic() - self.began if self.seconds is None else self.seconds


class Reviewing:
    """Has tickets reviewed that are held (``held``) by leases of ``jobs``, and stores how it ended.
    ``mark``, ``keep`` and ``told``: see there."""

    def __init__(
        self,
        jobs: Jobs,
        held: Held,
        *,
        retry: Retry,
        mark: Mark | None,
        keep: Keep | None,
        chance: random.Random,
        told: Told,
    ) -> None:
        self._jobs = jobs
        self._held = held
        self._retry = retry
        self._mark = mark
        self._keep_record = keep
        self._chance = chance
        self._told = told
        self._ends = Ends(self._store_several)

    def running(self) -> AbstractContextManager[None]:
        """To be entered while reviews are done: when it is left, every end is stored."""
        return self._ends.running()

    def work(self, job: Job, review: Review, *, several: bool = False) -> None:
        """Review a ticket and store how it ended. As one of ``several`` it goes on while that is
        being stored, together with others."""
        marks = {"installation": job.installation, "ticket": job.ticket_id, "review": job.id}
        if job.delivery is not None:
            marks["delivery"] = job.delivery
        # For whatever is logged while this ticket is reviewed, by whomever.
        with bound_contextvars(**marks):
            one = _Try(job, _log.bind(**marks), time.monotonic())
            self._ending(one, partial(self._end, one, review, self._ends if several else None))

    def _ending(self, one: _Try, end: Callable[[], str | None]) -> None:
        """Do what brings a review to its end, and tell how it ended, unless that is still to
        come."""
        job = one.job
        how: str | None = "not stored"
        try:
            with counting(one.spent):
                how = end()
            if how is None:
                return
            one.log.info(
                "review ended",
                how=how,
                reason=job.reason,
                generation=job.generation,
                attempts=job.attempts,
                milliseconds=round(one.took() * 1000),
            )
        except LeaseLost:
            how = "lease lost"
            one.log.warning("lease lost: somebody else reviews this ticket")
        except errors.Unavailable as error:
            # The lease runs out by itself, and the ticket is reviewed again.
            one.log.error("review's end not stored", why=str(error))
        except Exception as error:
            one.log.error("review's end not stored", **logs.traced(error))
        finally:
            if how is not None:
                self._held.ended(job, one.took())
                self._told(how, one.took())

    def _end(self, one: _Try, review: Review, ends: Ends[_Try] | None) -> str | None:
        """Review, and store how it ended, or have ``ends`` do that (None). The type of an error
        decides; see integration.errors."""
        job, log = one.job, one.log
        if job.attempts >= self._retry.attempts:
            # Only a worker that died can have left it like this; it may have said why.
            why = reasons.broke_off(job.last_error, job.attempts)
            marked = job.attempts < self._retry.attempts + _MARKS
            return self._aside(job, why, one.spent, Health.UNKNOWN, log, marked=marked)
        try:
            one.result = self._reviewed(job, review, log)
        except errors.Unavailable as error:
            log.warning("unavailable", why=type(error).__name__, retry_after=error.retry_after)
            return self._again(job, error, one.spent, log)
        except errors.Rejected as error:
            log.warning("rejected", why=type(error).__name__)
            return self._aside(job, reasons.of(error), one.spent, Health.ANSWERED, log)
        except Exception as error:
            log.error("review failed", **logs.traced(error))
            return self._again(job, error, one.spent, log)
        if ends is None:
            return self._stored(one, self._finish)
        one.seconds = time.monotonic() - one.began
        self._held.over(job)
        ends.add(one)
        return None

    def _reviewed(
        self, job: Job, review: Review, log: structlog.stdlib.BoundLogger
    ) -> ReviewResult:
        for _ in range(self._retry.conflicts):
            try:
                return review(job.installation, job.ticket_id)
            except errors.Conflict:
                log.info("ticket changed during its review; reviewing it anew")
        return review(job.installation, job.ticket_id)

    def _stored(self, one: _Try, store: Callable[[_Try], None]) -> str:
        """Have the end of a review stored that came to its result; how it ended."""
        try:
            store(one)
        except (LeaseLost, errors.Unavailable):
            raise
        except Exception as error:
            one.log.error("review's end failed", **logs.traced(error))
            return self._again(one.job, error, one.spent, one.log)
        return str(getattr(one.result, "did", "finished"))

    def _finish(self, one: _Try) -> None:
        end = self._end_of(one)
        self._jobs.finish(end.job, end.next_due_at, spent=end.spent, also=end.also)

    def _store_several(self, several: Sequence[_Try]) -> None:
        """Store the ends of reviews that came to their results, in one transaction."""
        try:
            found = self._jobs.finish_several([self._end_of(one) for one in several])
        except Exception:  # one of them is not as it should be: each for itself
            for one in several:
                self._ending(one, partial(self._stored, one, self._finish))
            return
        for one, wrong in zip(several, found, strict=True):
            self._ending(one, partial(self._stored, one, partial(_raised, wrong)))

    def _end_of(self, one: _Try) -> End:
        result, keep = one.result, self._keep_record
        assert result is not None
        also = None if keep is None else lambda connection: keep(connection, one.job, result)
        return End(one.job, result.next_due_at, one.spent, also)

    def _again(
        self, job: Job, error: Exception, spent: Spent, log: structlog.stdlib.BoundLogger
    ) -> str:
        retry_after = error.retry_after if isinstance(error, errors.Unavailable) else None
        health, pause = _health(error)
        why = reasons.of(error)
        tries = job.attempts + 1
        if tries >= self._retry.attempts:
            return self._aside(job, reasons.after(why, tries), spent, health, log, pause)
        wait = self._retry.wait(job.attempts, retry_after, self._chance)
        self._jobs.postpone(job, wait, why, spent=spent, health=health, pause=pause)
        return "postponed"

    def _aside(
        self,
        job: Job,
        why: str,
        spent: Spent,
        health: Health,
        log: structlog.stdlib.BoundLogger,
        pause: float = 0.0,
        *,
        marked: bool = True,
    ) -> str:
        """Set a review aside for a person, with a mark on its ticket if that can still be had. The
        mark comes first, while the ticket is ours alone; and before it the reason is kept, so that
        whoever takes over from a worker that died in between comes to the same end."""
        if self._mark is not None and marked:
            self._jobs.explain(job, why)
            try:
                self._mark(job.installation, job.ticket_id, why)
            except errors.HelpdeskError as error:
                log.warning("set aside without a mark", why=type(error).__name__)
            except Exception as error:
                log.error("set aside without a mark", **logs.traced(error))
        self._jobs.set_aside(job, why, spent=spent, health=health, pause=pause)
        return "set aside"


def _raised(wrong: Exception | None, _: object) -> None:
    """Raise what went wrong, if anything did."""
    if wrong is not None:
        raise wrong


def _health(error: Exception) -> tuple[Health, float]:
    """What an error that is tried again says of the helpdesk, and for how many seconds the whole
    account is to be left alone for it."""
    if isinstance(error, errors.RateLimited):
        return Health.UNKNOWN, max(error.retry_after or 0.0, _LEAST_REST)
    ours = not isinstance(error, errors.Unavailable) or isinstance(error, Away | NewerSchema)
    if ours or isinstance(error, errors.Conflict):
        return Health.UNKNOWN, 0.0
    return Health.SILENT, 0.0
