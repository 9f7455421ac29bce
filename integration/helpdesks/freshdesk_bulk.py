"""Freshdesk behind the port for many tickets at once: lists in pages, and one ticket at a time.

``POST /tickets/bulk_update`` (developers.freshdesk.com/api, "Update multiple tickets") puts the
same values on all tickets that it names; a verdict is another one on each. So a batch here is one
ticket, written as a review writes it: that takes three to six requests instead of one, which
whoever paces the work must count (``REQUESTS``). Views cannot be read by the API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
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
from integration.helpdesks.freshdesk_read import read, understood
from integration.helpdesks.freshdesk_wire import Line

REQUESTS: Final = 6
"""Requests that a batch of one ticket takes at most, where its conversation is short."""
_A_PAGE: Final = 30
_PAGES: Final = 10
_LONGEST: Final = 512
_DONE: Final = "done:"


class FreshdeskBulk:
    """One connected account; see ``integration.helpdesks.bulk.Bulk``. For the thread that built it:
    a line belongs to one thread."""

    most = 1

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
        """Write one ticket. It is done on return; what is said of it stands in the batch."""
        if len(rows) > self.most:
            raise ValueError("rows: expected one at most")
        for row in rows:
            if any(one.kind != "private_note" for one in row.messages):
                raise ValueError("messages: in bulk nobody is written to but agents")
            key = row.base.ref.id
            try:
                self._desk.apply(row.base, row.change, row.messages)
            except errors.Rejected as error:
                return Batch(None, (), {key: error})
            except errors.Conflict:
                return Batch(f"{_DONE}conflict", (key,))
            return Batch(f"{_DONE}written", (key,))
        return Batch(None, ())

    def poll(self, batch: Batch) -> Report:
        """What became of a batch. No request."""
        if batch.job is None:
            return Report(Stage.ENDED)
        if batch.job == f"{_DONE}written":
            return Report(Stage.ENDED, frozenset(batch.ids))
        if batch.job == f"{_DONE}conflict":
            moved = {key: errors.Conflict(f"ticket {key}: it changed") for key in batch.ids}
            return Report(Stage.ENDED, failed=moved)
        raise errors.NotFound(f"job {batch.job!r}: it is none of ours")

    def _created(self, selection: Created, after: str | None) -> Page:
        # A ticket cannot have changed before it was created.
        export = FreshdeskExport(self._line, self._bindings)
        found = export.changed(after, selection.since)
        kept = [
            ticket
            for ticket in found.tickets
            if selection.since - timedelta(seconds=1) < ticket.created_at
            and (selection.until is None or ticket.created_at < selection.until)
        ]
        return Page(tuple(kept), None if found.end else found.cursor, found.unread)

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
