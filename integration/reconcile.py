"""What a webhook loses, reconciliation finds: tickets that should have been reviewed and were not.

Every few minutes the helpdesk is asked which tickets changed since the last time. Each is judged as
it came; where a review would change it, or a day on which it changes by itself is not scheduled,
it becomes due. The place in the helpdesk's list (a cursor) is kept once a page's tickets are due:
broken off in between, the page is seen again, which is harmless.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from integration import errors, logs
from integration.assess import assess, left_alone
from integration.config import Installation
from integration.helpdesks import Bindings, Ticket
from integration.jobs_standing import Standing
from integration.jobs_tables import LEAST_PAUSE
from integration.keeper import Chore, Ended, Progress
from integration.records import Kept

_log = structlog.get_logger(__name__)

NAME: Final = "reconcile"
"""The chore's name."""
REASON: Final = "reconciliation"
"""Why such a review is due."""

_LAG: Final = timedelta(minutes=2)
"""What changed this lately may be missing from the list (one minute, and two clocks' difference):
where a time is named instead of a cursor, it is this much earlier."""
_PAGES: Final = 5
"""Pages a minute: half of what the helpdesk allows, which others may want too."""
_ROUND: Final = timedelta(minutes=1)


class Page(Protocol):
    """Tickets that changed, the oldest change first; ``cursor`` leads to what follows, and ``end``
    says that nothing does yet. ``unreadable`` counts those that are not understood."""

    @property
    def tickets(self) -> Sequence[Ticket]: ...
    @property
    def cursor(self) -> str | None: ...
    @property
    def end(self) -> bool: ...
    @property
    def unreadable(self) -> int: ...


class Changes(Protocol):
    """A helpdesk's list of the tickets that changed, for the calling thread alone."""

    def changed(self, cursor: str | None, since: datetime) -> Page:
        """The page that a cursor leads to; without one, of what changed at ``since`` (aware) or
        later. Raises Invalid where the helpdesk does not take the cursor or the time."""
        ...


class Work(Protocol):
    """Where tickets are made due (``Jobs``)."""

    def make_many_due(self, installation: str, tickets: Collection[str], reason: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Tickets on the list that are not understood, and so cannot be reviewed: how many of late, and
    when the last was met (aware)."""

    number: int
    last: datetime


REMEMBERED: Final = timedelta(days=7)
"""For how long after the last one it is remembered that tickets could not be read."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the list was read: the ``cursor`` of what follows, and ``since`` (aware), before
    which nothing is unread, for when the cursor is not taken any more. ``first`` until the list has
    been read to its end once: what is on it until then is history. What was ``unreadable`` on it is
    kept here so that somebody can be told."""

    cursor: str | None
    since: datetime
    first: bool = False
    unreadable: Unreadable | None = None

    def __str__(self) -> str:
        values: dict[str, object] = {
            "cursor": self.cursor,
            "since": self.since.isoformat(),
            "first": self.first,
        }
        if self.unreadable is not None:
            last = self.unreadable.last.isoformat()
            values["unreadable"] = {"number": self.unreadable.number, "last": last}
        return json.dumps(values)


class Reconciler:
    """Reconciles one installation; a chore's ``do`` (see ``chore``).

    ``connect`` opens the helpdesk's list, ``standing`` tells how tickets' reviews stand and
    ``newest`` what is kept of a ticket's last review, if anything is. ``take`` asks for leave to
    send one request: 0.0 for taken, else how many seconds to wait. ``now`` gives the moment.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        load_bindings: Callable[[str], Bindings | None],
        connect: Callable[[Installation, Bindings], Changes],
        work: Work,
        standing: Callable[[str, Collection[str]], Mapping[str, Standing]],
        newest: Callable[[str, str], Kept | None],
        take: Callable[[], float] = lambda: 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._installation = installation
        self._load_bindings = load_bindings
        self._connect = connect
        self._work = work
        self._standing = standing
        self._newest = newest
        self._take = take
        self._now = now

    def chore(self, every: timedelta) -> Chore:
        """This reconciliation, done ``every`` so often."""
        return Chore(self._installation.id, NAME, every, self)

    def __call__(self, progress: Progress) -> Ended:
        """Read on from where the last round ended. Raises what ``integration.errors`` lists."""
        bindings = self._load_bindings(self._installation.id)
        if bindings is None:
            return Ended(progress.state)  # not set up yet
        changes = self._connect(self._installation, bindings)
        place = _place(progress.state)
        if place is None:
            place = Place(None, self._now() - _LAG, first=True)
            progress.keep(str(place))
        for _ in range(_PAGES):
            wait = self._take()
            if wait > 0:
                return Ended(str(place), timedelta(seconds=wait))
            began = self._now()
            try:
                page = changes.changed(place.cursor, place.since)
            except errors.Invalid as error:
                if place.cursor is None:
                    # The time may be too recent for the helpdesk's clock; it will not be for long.
                    raise errors.Unavailable(str(error)) from None
                _log.warning("export's cursor not taken", installation=self._installation.id)
                place = replace(place, cursor=None)
                progress.keep(str(place))
                continue
            if not page.end and page.cursor in (None, place.cursor):
                raise errors.Unavailable("ticket export: it does not lead on")
            self._see(page, place)
            place = Place(
                page.cursor or place.cursor,
                began - _LAG if page.end else place.since,
                place.first and not page.end,
                _met(place.unreadable, page.unreadable, began),
            )
            progress.keep(str(place))
            if page.end:
                return Ended(str(place))
            if progress.stopping:
                return Ended(str(place), timedelta(0))
        return Ended(str(place), _ROUND)

    def _see(self, page: Page, place: Place) -> None:
        """Make due what of a page is to be reviewed."""
        due = set() if place.first else self._wanting(page.tickets)
        if due:
            self._work.make_many_due(self._installation.id, sorted(due), REASON)
        if due or page.unreadable:
            _log.info(
                "tickets reconciled",
                installation=self._installation.id,
                seen=len(page.tickets),
                due=len(due),
                unreadable=page.unreadable,
            )

    def _wanting(self, tickets: Sequence[Ticket]) -> set[str]:
        """Those that a review would change, or that a coming day would and nothing is scheduled
        for; but for those whose review is coming anyway."""
        now = self._now()
        wants = {
            ticket.ref.id: (ticket, want)
            for ticket in tickets
            if (want := self._want(ticket, now)) is not None
        }
        if not wants:
            return set()
        stand = self._standing(self._installation.id, wants.keys())
        return {
            name for name, (ticket, want) in wants.items() if _lacks(ticket, want, stand.get(name))
        }

    def _want(self, ticket: Ticket, now: datetime) -> datetime | None:
        """When the ticket should next be reviewed: ``now``, a coming day, or None for never."""
        if left_alone(ticket):
            return None
        try:
            found = assess(ticket, self._installation, now)
        except errors.FieldGone:
            return now  # the review sets it aside, and says why
        except Exception as error:
            # So would the review: it is tried again, and in the end a person looks.
            _log.error("ticket not judged", ticket=ticket.ref.id, **logs.traced(error))
            return now
        intent, before = found.intent, found.intent.before
        if self._installation.mode == "shadow":
            # Nothing stands on the ticket: what is kept of its last review tells.
            last = self._newest(self._installation.id, ticket.ref.id)
            known = last is not None and last.reviewed_at >= ticket.updated_at
            return found.next_due_at if known else now
        if intent.done:
            return found.next_due_at
        same = before is not None and before.state == intent.stamp.state
        if same and intent.reminder is None and self._wrote_it(ticket):
            # Nothing that decides has changed, and what we wrote does not stand: somebody's own
            # trigger or automation takes it off again. Once is enough; no facts were lost.
            return found.next_due_at
        return now

    def _wrote_it(self, ticket: Ticket) -> bool:
        """Whether the last review of this ticket was asked for here, and wrote."""
        last = self._newest(self._installation.id, ticket.ref.id)
        return last is not None and last.reason == REASON and last.record.did == "written"


def _met(before: Unreadable | None, number: int, now: datetime) -> Unreadable | None:
    """What is remembered of unreadable tickets, after so many more."""
    if before is not None and now - before.last > REMEMBERED:
        before = None
    if not number:
        return before
    return Unreadable(number + (before.number if before else 0), now)


def unreadable_of(state: str | None) -> Unreadable | None:
    """The unreadable tickets that the chore remembers (its stored ``state``); None for none."""
    place = _place(state)
    return place.unreadable if place else None


def _lacks(ticket: Ticket, want: datetime, stands: Standing | None) -> bool:
    """Whether no review of the ticket is to come by the time that it should."""
    if stands is None:
        return True
    if stands.coming:
        return False
    if stands.set_aside_at is not None:
        return ticket.updated_at > stands.set_aside_at  # somebody may have mended it
    return stands.due_at is None or stands.due_at > want + LEAST_PAUSE


def _place(state: str | None) -> Place | None:
    """The stored place; None where none was stored that we could have written."""
    try:
        values = json.loads(state or "")
        since = datetime.fromisoformat(values["since"])
        cursor, first = values["cursor"], values["first"]
    except (ValueError, TypeError, KeyError):
        return None
    if since.tzinfo is None or not isinstance(cursor, str | None) or not isinstance(first, bool):
        return None
    return Place(cursor, since, first, _unreadable(values.get("unreadable")))


def _unreadable(values: object) -> Unreadable | None:
    """As stored; None for what we could not have written."""
    try:
        found = Unreadable(int(values["number"]), datetime.fromisoformat(values["last"]))  # type: ignore[index]
    except (TypeError, KeyError, ValueError):
        return None
    return found if found.last.tzinfo else None
