"""The use case for history in bulk: a selection of tickets is read, judged as a review would judge
each, and what differs is written, as many tickets at a time as the helpdesk takes (Zendesk a
hundred, Freshdesk one).

What a webhook's review does at the same time is never undone and never said twice. Each row goes
against the version it was read in (Zendesk checks it, by ``safe_update``; of Freshdesk the ticket
is read again right before), so of two writers on one ticket the later is refused; whoever is
refused reads anew, and finds the stamp that it would write. Versions count whole seconds, so a
ticket that was changed in the last few is left for a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.engine import Connection

from integration import catalogue, errors, recording, stamp
from integration.backfill_batch import Handover, Result
from integration.backfill_counts import Tally
from integration.backfill_look import GONE, UNREADABLE, UP_TO_DATE, Look, Options, count, look
from integration.backfills import Backfills, Run, Settled, Waiting
from integration.config import Installation
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.bulk import Bulk, Page, Selection
from integration.pace import Pace
from integration.records import Record

SETTLE: Final = timedelta(seconds=3)
"""A ticket changed within this may change again without a newer version, which counts seconds."""

Tell = Callable[[int, int], None]
"""Is told how many of how many tickets are done with; of 0 while nobody knows."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a backfill works with. ``schedule`` makes a ticket due at an aware moment, ``keep``
    keeps a record within a transaction, ``now`` gives the present moment (aware), ``clock`` counts
    seconds and never goes back."""

    bulk: Bulk
    pace: Pace
    runs: Backfills
    schedule: Callable[[str, datetime], None]
    keep: Callable[[Connection, Record, Run], None]
    now: Callable[[], datetime]
    clock: Callable[[], float]


class Backfill:
    """Reads and writes the tickets of one installation, for one thread. Its methods raise Stalled
    where the helpdesk stays away, Rejected where a person must look, and Unavailable where the
    store does; the same run then goes on another time."""

    def __init__(
        self, installation: Installation, bindings: Bindings, options: Options, hands: Hands
    ) -> None:
        self._installation = installation
        self._bindings = bindings
        self._options = options
        self._hands = hands
        self._hand_over = Handover(hands.bulk, hands.pace, hands.clock)
        self._proven = False

    def look(self, ticket: Ticket) -> Look:
        """What a ticket as read needs."""
        now = self._hands.now()
        return look(ticket, self._installation, self._bindings, self._options, now)

    # -- reading ----------------------------------------------------------------------------------

    def survey(self, selection: Selection, tell: Tell = lambda done, of: None) -> Tally:
        """How a selection looks. Changes nothing, here or there."""
        tally, seen = Tally(), set[str]()
        after: str | None = None
        while True:
            page = self._page(selection, after)
            self._count(page, tally, seen)
            tell(tally.selected, 0)
            after = page.next
            if after is None or self._full(tally):
                return tally

    def read(self, run: Run, selection: Selection, tell: Tell = lambda done, of: None) -> Tally:
        """Read a run's selection, from where it stopped: which of its tickets are to be written is
        kept before any is, since writing may move tickets in or out of what is selected."""
        after, tally = run.cursor, Tally.from_json(run.counts if run.cursor else {})
        seen: set[str] = set()
        if after is None:
            self._hands.runs.start_over(run)
        while True:
            try:
                page = self._page(selection, after)
            except errors.Invalid:
                if after is None or seen:
                    raise
                self._hands.runs.start_over(run)  # the helpdesk has forgotten where we were
                after, tally = None, Tally()
                continue
            looks = self._count(page, tally, seen)
            after = None if self._full(tally) else page.next
            for one in looks:
                if one.row is None:
                    self._schedule(one)
            todo = [one.ticket.ref.id for one in looks if one.row is not None]
            self._hands.runs.found(run, todo, after, tally.to_json())
            tell(tally.selected, 0)
            if after is None:
                return tally

    def _page(self, selection: Selection, after: str | None) -> Page:
        bulk = self._hands.bulk
        return self._hands.pace.ask(
            lambda: bulk.page(selection, after), requests=bulk.weight_of_page
        )

    def _full(self, tally: Tally) -> bool:
        return self._options.limit is not None and tally.selected >= self._options.limit

    def _count(self, page: Page, tally: Tally, seen: set[str]) -> list[Look]:
        """Count a page's tickets, each once: an export may hold one twice."""
        looks = []
        for ticket in page.tickets:
            if ticket.ref.id not in seen and not self._full(tally):
                seen.add(ticket.ref.id)
                looks.append(self.look(ticket))
                count(looks[-1], tally)
        for ticket_id in page.unreadable:
            if ticket_id not in seen and not self._full(tally):
                seen.add(ticket_id)
                tally.selected += 1
                tally.left[UNREADABLE] += 1
        return looks

    # -- writing ----------------------------------------------------------------------------------

    def write(self, run: Run, tell: Tell = lambda done, of: None) -> Tally:
        """Write what is left of a run, batch by batch; each is settled before the next begins."""
        tally, runs = Tally.from_json(run.counts), self._hands.runs
        total = tally.to_write
        tell(total - runs.left(run), total)
        with structlog.contextvars.bound_contextvars(review=name_of(run)):
            while waiting := runs.waiting(run, self._hands.bulk.most):
                result = self._batch(run, waiting)
                self._settle(run, result, tally)
                tell(total - runs.left(run), total)
                if not result.settled and (result.again or result.later):
                    self._hands.pace.sleep(SETTLE.total_seconds(), "its tickets are being changed")
        return tally

    def _batch(self, run: Run, waiting: Sequence[Waiting]) -> Result:
        """Read a batch of tickets anew, have those written that differ, and hear of each."""
        ids = [one.ticket_id for one in waiting]
        tickets, result, looks = self._newest(ids), Result(), dict[str, Look]()
        for one in waiting:
            key, ticket = one.ticket_id, tickets.get(one.ticket_id)
            if key not in tickets:
                result.skipped[key] = GONE
            elif ticket is None:
                result.failed[key] = f"ticket {key}: what the helpdesk sent of it is not readable"
            elif abs(self._hands.now() - ticket.updated_at) < SETTLE:
                result.again.append(key)
            elif (seen := self.look(ticket)).row is not None:
                looks[key] = seen
            elif _ours(seen, one):
                result.written[key] = seen  # we had not lived to hear of it
            else:
                result.skipped[key] = seen.left or UP_TO_DATE
                self._schedule(seen)
        if looks:
            digests = {key: _digest(one.stamp) for key, one in looks.items()}
            self._hands.runs.handing_over(run, digests)
            report = self._hand_over([one.row for one in looks.values() if one.row is not None])
            result.sort(looks, report)
            self._prove({key: one for key, one in result.written.items() if key in looks})
        result.give_up({one.ticket_id: one.tries for one in waiting})
        return result

    def _newest(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
        return self._hands.pace.ask(lambda: self._hands.bulk.get_many(ids))

    def _prove(self, written: Mapping[str, Look]) -> None:
        """Make sure, once, that the helpdesk keeps what it says it wrote: without their stamps the
        same notes would be written again and again."""
        stamps = {key: one.stamp for key, one in written.items() if one.stamp is not None}
        if self._proven or not stamps:
            return
        tickets = self._newest(list(stamps))
        held = {key: one for key in stamps if (one := tickets.get(key)) is not None}
        if held and all(one.fields.get("stamp") != stamps[key] for key, one in held.items()):
            title = catalogue.FIELD["stamp"].title
            raise errors.FieldGone(f"field ‘{title}’: what was written into it was not kept")
        self._proven = True

    def _settle(self, run: Run, result: Result, tally: Tally) -> None:
        """Keep what became of a batch, in one transaction. The days come first: scheduling twice
        does no harm."""
        for one in result.written.values():
            self._schedule(one)
        tally.written += len(result.written)
        tally.failed += len(result.failed)
        tally.skipped.update(result.skipped.values())
        settled = Settled(
            done=[*result.written, *result.skipped],
            again=result.again,
            later=result.later,
            failed=result.failed,
            refused=result.refused,
        )

        def records(connection: Connection) -> None:
            for one in result.written.values():
                if one.found is not None:
                    record = (
                        one.planned.record()
                        if one.planned is not None
                        else recording.record(one.ticket, one.found, "written")
                    )
                    self._hands.keep(connection, record, run)

        self._hands.runs.settle(run, settled, tally.to_json(), records)

    def _schedule(self, one: Look) -> None:
        """Have a ticket reviewed on the day that it would change by itself."""
        if (at := one.due_at) is not None:
            self._hands.schedule(one.ticket.ref.id, at)


def name_of(run: Run) -> str:
    """A run's name in the log, the helpdesk's audit trail and the records."""
    return f"backfill-{run.id}"


def _ours(one: Look, waiting: Waiting) -> bool:
    """Whether a ticket that needs nothing carries what was handed over for it."""
    return waiting.sent is not None and waiting.sent == _digest(one.ticket.fields.get("stamp"))


def _digest(text: object) -> str | None:
    """The digest of facts, settings and outcome in a stamp."""
    known = stamp.parse(text, catalogue.OUTCOME_FIELDS)
    return None if known is None else known.state
