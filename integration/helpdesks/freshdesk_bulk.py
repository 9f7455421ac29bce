"""Freshdesk behind the port for many tickets at once: lists in pages, and one ticket at a time.

``POST /tickets/bulk_update`` (developers.freshdesk.com/api, "Update multiple tickets") puts the
same values on all tickets that it names; a verdict is another one on each. So a batch here is one
ticket, written as a review writes it: with the reading before it that takes three to six requests
instead of one, which whoever paces the work must count (``requests_a_batch``). Views cannot be read
by the API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.bulk import (
    Batch,
    Created,
    Found,
    Page,
    Report,
    Row,
    Selection,
    Stage,
)
from integration.helpdesks.freshdesk import FreshdeskHelpdesk
from integration.helpdesks.freshdesk_export import FreshdeskExport
from integration.helpdesks.freshdesk_export import Page as Changed
from integration.helpdesks.freshdesk_read import read, understood
from integration.helpdesks.freshdesk_wire import Line

REQUESTS: Final = 5
"""Requests that writing one ticket takes as a rule: reading it and its conversation, the note,
reading it again, the PUT. More where its conversation is long, or a due date is refused."""
PAGE: Final = 10
"""As how many requests a page counts: the least plan allows a tenth of its requests to be lists
(20 of 200; developers.freshdesk.com/api, "Rate limit"). The headers do not tell that limit."""
_A_PAGE: Final = 30
_PAGES: Final = 10
_LONGEST: Final = 512
_NEXT: Final = re.compile(r"([^#]{1,40})#([0-9,]*)\Z", re.ASCII)


class FreshdeskBulk:
    """One connected account; see ``integration.helpdesks.bulk.Bulk``. For the thread that built it:
    a line belongs to one thread."""

    most = 1
    requests_a_batch = REQUESTS
    weight_of_page = PAGE

    def __init__(self, line: Line, bindings: Bindings) -> None:
        self._line = line
        self._bindings = bindings
        self._desk = FreshdeskHelpdesk(line, bindings)

    def page(self, selection: Selection, after: str | None = None) -> Page:
        """A part of a selection. By creation: up to 100 of the tickets that changed since, of which
        those created within it are kept; what changes meanwhile may come twice. By a search: 30 of
        300 tickets at most, and what was changed in the last minutes may be missing; Invalid where
        it finds more. Invalid for a view."""
        if isinstance(selection, Created):
            return self._created(selection, after)
        if isinstance(selection, Found):
            return self._found(selection.query, after)
        raise errors.Invalid("view: Freshdesk's API does not say which tickets a view shows")

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
        """The newest state of one ticket; None where it cannot be understood, nothing where it is
        not there."""
        if len(ids) != 1 or not ids[0].isdecimal():
            raise ValueError("ids: expected the id of one ticket")
        try:
            return {ids[0]: read(self._line, self._bindings, ids[0])[0]}
        except errors.NotFound:
            return {}
        except errors.Unavailable:
            if self._line.status == 200:
                return {ids[0]: None}
            raise

    def apply_many(self, rows: Sequence[Row]) -> Batch:
        """Write one ticket. It is done on return, and the batch says what became of it. Forbidden
        where the key may not write: the next ticket would fare no better."""
        if len(rows) > self.most:
            raise ValueError("rows: expected one at most")
        for row in rows:
            if any(one.kind != "private_note" for one in row.messages):
                raise ValueError("messages: in bulk nobody is written to but agents")
            key = row.base.ref.id
            try:
                self._desk.apply(row.base, row.change, row.messages)
            except errors.Forbidden:
                raise
            except errors.Rejected as error:
                return Batch(None, (), {key: error})
            except errors.Conflict as error:
                return Batch(None, (key,), report=Report(Stage.ENDED, failed={key: error}))
            return Batch(None, (key,), report=Report(Stage.ENDED, frozenset((key,))))
        return Batch(None, ())

    def poll(self, batch: Batch) -> Report:
        """What became of a batch. No request."""
        if batch.job is not None:
            raise errors.NotFound(f"job {batch.job!r}: Freshdesk was given none")
        return batch.report or Report(Stage.ENDED)

    def _created(self, selection: Created, after: str | None) -> Page:
        # A ticket cannot have changed before it was created.
        export = FreshdeskExport(self._line, self._bindings)
        cursor, seen = (None, frozenset[str]()) if after is None else _place(after)
        found = export.changed(cursor, selection.since)
        kept = [
            ticket
            for ticket in found.tickets
            if ticket.ref.id not in seen
            and selection.since - timedelta(seconds=1) < ticket.created_at
            and (selection.until is None or ticket.created_at < selection.until)
        ]
        unread = tuple(one for one in found.unread if one not in seen)
        return Page(tuple(kept), None if found.end else _following(found), unread)

    def _found(self, query: str, after: str | None) -> Page:
        """A page of "Filter tickets": the query between double quotes, 512 signs, ten pages."""
        words = query.strip().strip('"')
        if not words or '"' in words or len(words) > _LONGEST:
            raise errors.Invalid(f"search: expected up to {_LONGEST} signs without double quotes")
        if after is not None and not after.isdecimal():
            raise errors.Invalid("cursor: it is none of this search")
        number = int(after or 1)
        asked = urlencode({"query": f'"{words}"', "page": str(number)})
        answer = self._line.get(f"search/tickets?{asked}", "search")
        rows = answer.get("results") if isinstance(answer, Mapping) else None
        total = answer.get("total") if isinstance(answer, Mapping) else None
        if not isinstance(rows, list) or not isinstance(total, int):
            raise errors.Unavailable("search: there is no list in what Freshdesk sent")
        if total > _A_PAGE * _PAGES:
            raise errors.Invalid(
                f"search: it finds {total} tickets, and Freshdesk shows {_A_PAGE * _PAGES} at "
                "most; narrow it down, for example by created_at"
            )
        tickets: list[Ticket] = []
        unread: list[str] = []
        for row in rows:
            try:
                tickets.append(understood(self._line, self._bindings, row))
            except errors.NotFound:
                continue
            except errors.Unavailable:
                named = row.get("id") if isinstance(row, Mapping) else None
                unread += [str(named)] if isinstance(named, int) else []
        more = number < _PAGES and number * _A_PAGE < total
        return Page(tuple(tickets), str(number + 1) if more else None, tuple(unread))


def _place(after: str) -> tuple[str, frozenset[str]]:
    """Where the list of changes goes on, and which of its tickets were on the page before."""
    known = _NEXT.match(after)
    if known is None:
        raise errors.Invalid("cursor: it is none of this list")
    return known[1], frozenset(known[2].split(",")) - {""}


def _following(page: Changed) -> str:
    """What leads to the page behind this one, which begins a second or so before its end: with the
    numbers of the tickets that will come again, so that whoever goes on counts none twice."""
    back = datetime.fromisoformat(page.cursor.partition("/")[0])
    again = [one.ref.id for one in page.tickets if one.updated_at >= back]
    return f"{page.cursor}#{','.join([*again, *page.unread])}"
