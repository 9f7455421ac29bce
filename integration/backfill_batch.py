"""A batch on its way: handed over, asked after until its fate is known, and sorted by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from integration import errors
from integration.backfill_look import Look
from integration.helpdesks import Phase
from integration.helpdesks.bulk import Batch, Bulk, Report, Row, Stage
from integration.pace import Pace

_log = structlog.get_logger(__name__)

UPDATES_A_BATCH: Final = 1
"""How many of the account's ticket updates a minute a batch is counted as. Zendesk states that
limit for ``PUT /api/v2/tickets/{id}`` and says nothing of ``update_many``, so a batch of up to 100
tickets counts as the one request it is; of Freshdesk a batch is one ticket, and one update."""

JOB_PATIENCE: Final = 600.0
"""Seconds after which a batch that does not end is no longer asked after."""

MOST_TRIES: Final = 5
"""A ticket that could not be written so many times, because it keeps changing or nobody says why,
is left to a person."""

_FIRST, _SOONEST, _LONGEST = 0.5, 0.1, 30.0  # pauses, in seconds


class Handover:
    """Hands batches over, for one thread. ``clock`` counts seconds and never goes back."""

    def __init__(self, bulk: Bulk, pace: Pace, clock: Callable[[], float]) -> None:
        self._bulk = bulk
        self._pace = pace
        self._clock = clock
        self._first = _FIRST

    def __call__(self, rows: Sequence[Row]) -> Report:
        """Have rows written, and what became of them.

        RUNNING says that nobody knows whether they arrived: the tickets tell. A batch that is
        refused as a whole is halved, down to the row that is at fault. Raises Stalled, and Rejected
        where no row would fare better.
        """
        try:
            batch = self._pace.ask(
                lambda: self._bulk.apply_many(rows),
                UPDATES_A_BATCH,
                requests=self._bulk.requests_a_batch,
            )
        except errors.Invalid as error:
            if len(rows) == 1:
                return Report(Stage.ENDED, failed={rows[0].base.ref.id: error})
            half = len(rows) // 2
            one, other = self(rows[:half]), self(rows[half:])
            stage = Stage.RUNNING if Stage.RUNNING in (one.stage, other.stage) else other.stage
            return Report(stage, one.written | other.written, {**one.failed, **other.failed})
        except errors.Unavailable as error:
            if not error.ambiguous:
                raise
            self._pace.stumble(error, writes=True)
            return Report(Stage.RUNNING)
        report = batch.report or self._fate(batch)
        return replace(report, failed={**report.failed, **batch.refused})

    def _fate(self, batch: Batch) -> Report:
        """What became of a batch, asked for at growing intervals; the first is about as long as the
        batches before took, so that one or two questions are enough."""
        if batch.job is None:
            return Report(Stage.ENDED)
        began, pause, looks = self._clock(), self._first, 0
        while True:
            self._pace.sleep(pause, "the helpdesk works on a batch", quiet=True)
            looks += 1
            try:
                report = self._pace.ask(lambda: self._bulk.poll(batch))
            except errors.NotFound:
                return Report(Stage.BROKEN)
            took = self._clock() - began
            if report.stage is not Stage.RUNNING:
                self._first = max(took * (0.7 if looks == 1 else 1.0), _SOONEST)
                return report
            if took > JOB_PATIENCE:
                _log.warning("a batch does not end", job=batch.job)
                return Report(Stage.BROKEN)
            pause = min(3 * pause, _LONGEST)


@dataclass(slots=True)
class Result:
    """What became of a batch's tickets. ``again`` counts as a try, ``later`` does not; ``refused``
    are those that the helpdesk said no to."""

    written: dict[str, Look] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether any ticket is done with."""
        return bool(self.written or self.skipped or self.failed)

    def sort(self, looks: Mapping[str, Look], report: Report) -> None:
        """Put each ticket that was handed over where it belongs."""
        for key, one in looks.items():
            error = report.failed.get(key)
            if error is not None:
                self.refused.append(key)
            if key in report.written:
                self.written[key] = one
            elif isinstance(error, errors.Unwritable):
                self.skipped[key] = str(Phase.CLOSED.value)  # closed since we read it
            elif isinstance(error, errors.Rejected):
                self.failed[key] = f"{error}. {error.advice}"
            elif error is None and report.stage is Stage.RUNNING:
                self.later.append(key)
            else:
                self.again.append(key)

    def give_up(self, tries: Mapping[str, int]) -> None:
        """Leave to a person what has been tried often enough, given how often each was before."""
        worn = [key for key in self.again if tries[key] + 1 >= MOST_TRIES]
        self.again = [key for key in self.again if key not in worn]
        words = f"it could not be written {MOST_TRIES} times. Run the backfill again later."
        self.failed |= {key: f"ticket {key}: {words}" for key in worn}
