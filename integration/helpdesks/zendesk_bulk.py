"""Zendesk behind the port for many tickets at once: search export and views, a hundred tickets a
request, ``update_many`` and its job.

Vendor pages: developer.zendesk.com, "Search" (export), "Views", "Tickets" (show many, update
many), "Job statuses", "Rate limits".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from integration import errors
from integration.helpdesks import Bindings, FieldValue, Phase, Ticket
from integration.helpdesks.bulk import (
    Batch,
    Created,
    Found,
    InView,
    Page,
    Report,
    Row,
    Selection,
    Stage,
)
from integration.helpdesks.zendesk_change import plan
from integration.helpdesks.zendesk_ticket import custom_values, ticket_from
from integration.helpdesks.zendesk_wire import Line

MOST: Final = 100
"""Tickets in one request: what a page, ``show_many`` and ``update_many`` take at most."""

_ENDED: Final = ("completed",)
_BROKEN: Final = ("failed", "killed")
_KNOWN: Final = 2 * MOST


class ZendeskBulk:
    """One connected account; see ``integration.helpdesks.bulk.Bulk``. For the thread that built
    it: a line belongs to one thread."""

    most = MOST
    requests_a_batch = 1
    weight_of_page = 1

    def __init__(self, line: Line, bindings: Bindings) -> None:
        self._line = line
        self._bindings = bindings
        self._thread = threading.get_ident()
        # Custom fields of tickets as last read, beside the version that they were read in.
        self._others: dict[str, tuple[str | None, Mapping[str, FieldValue]]] = {}

    def page(self, selection: Selection, after: str | None = None) -> Page:
        """A hundred tickets of a selection. An export's cursor is good for an hour."""
        self._check()
        asked = {"page[size]": str(MOST)} | ({"page[after]": after} if after else {})
        if isinstance(selection, InView):
            if not selection.id.isdecimal():
                raise errors.NotFound(f"view {selection.id!r}: it is no view of Zendesk")
            name, rows = f"view {selection.id}", "tickets"
            path = f"/api/v2/views/{selection.id}/tickets.json"
        else:
            name, rows = "search", "results"
            path = "/api/v2/search/export.json"
            asked |= {"query": query_of(selection), "filter[type]": "ticket"}
        answer = self._line.get(f"{path}?{urlencode(asked)}", name)
        found = answer.get(rows)
        meta = answer.get("meta")
        if not isinstance(found, list) or not isinstance(meta, Mapping):
            raise errors.Unavailable(f"{name}: there is no list in what Zendesk sent")
        natives = [
            one
            for one in found
            if isinstance(one, Mapping) and one.get("result_type", "ticket") == "ticket"
        ]
        tickets, unreadable = self._understand(natives)
        more = meta.get("after_cursor") if meta.get("has_more") else None
        return Page(tuple(tickets.values()), str(more) if more else None, unreadable)

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Ticket | None]:
        """The newest state of up to a hundred tickets; None for one that cannot be understood."""
        self._check()
        if not 0 < len(ids) <= MOST or not all(one.isdecimal() for one in ids):
            raise ValueError(f"ids: expected 1 to {MOST} ids of tickets")
        answer = self._line.get(f"/api/v2/tickets/show_many.json?ids={','.join(ids)}", "tickets")
        found = answer.get("tickets")
        if not isinstance(found, list):
            raise errors.Unavailable("tickets: there are none in what Zendesk sent")
        wanted = set(ids)
        tickets, unreadable = self._understand([one for one in found if isinstance(one, Mapping)])
        read: dict[str, Ticket | None] = {**dict.fromkeys(unreadable), **tickets}
        return {key: ticket for key, ticket in read.items() if key in wanted}

    def apply_many(self, rows: Sequence[Row]) -> Batch:
        """Hand over up to a hundred changes in one PUT, each row whole in itself: its own fields,
        the full list of its tags, its own note, and ``safe_update`` with the version it was read
        in. No request where no row differs from its ticket."""
        self._check()
        if len(rows) > MOST:
            raise ValueError(f"rows: expected {MOST} at most")
        bodies: list[Mapping[str, object]] = []
        refused: dict[str, errors.HelpdeskError] = {}
        ids = []
        for row in rows:
            key = row.base.ref.id
            try:
                body = self._body(row)
            except errors.Rejected as error:
                refused[key] = error
                continue
            if body:
                bodies.append(body)
                ids.append(key)
        if not bodies:
            return Batch(None, (), refused)
        answer = self._line.put("/api/v2/tickets/update_many.json", {"tickets": bodies})
        status = answer.get("job_status")
        job = status.get("id") if isinstance(status, Mapping) else None
        if not isinstance(job, str) or not re.fullmatch(r"[\w-]{1,100}", job):
            raise errors.Unavailable("tickets: handed over, but no job is named", ambiguous=True)
        return Batch(job, tuple(ids), refused)

    def poll(self, batch: Batch) -> Report:
        """What became of a batch: its job's results, once it has come to an end."""
        self._check()
        if batch.job is None:
            return Report(Stage.ENDED)
        answer = self._line.get(f"/api/v2/job_statuses/{batch.job}.json", f"job {batch.job}")
        status = answer.get("job_status")
        if not isinstance(status, Mapping):
            raise errors.Unavailable(f"job {batch.job}: there is none in what Zendesk sent")
        if status.get("status") not in _ENDED + _BROKEN:
            return Report(Stage.RUNNING)
        written, failed = _results(status.get("results"), batch.ids)
        stage = Stage.ENDED if status.get("status") in _ENDED else Stage.BROKEN
        return Report(stage, written, failed)

    def _body(self, row: Row) -> Mapping[str, object]:
        """One ticket's row; empty where nothing differs. Raises errors.Rejected."""
        base = row.base
        if any(one.kind != "private_note" for one in row.messages):
            raise ValueError("messages: in bulk nobody is written to but agents")
        version, others = self._others.get(base.ref.id, (None, {}))
        known = others if version == base.version else {}
        todo = plan(base, row.change, row.messages, self._bindings, known)
        if not todo.body:
            return {}
        if base.phase is Phase.CLOSED:
            raise errors.Unwritable(f"ticket {base.ref.id}: it is closed")
        if base.version is None:
            raise ValueError(f"ticket {base.ref.id}: expected the version it was read in")
        stamp = {"safe_update": True, "updated_stamp": base.version}
        return {"id": int(base.ref.id), **stamp, **todo.body}

    def _understand(
        self, natives: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, Ticket], tuple[str, ...]]:
        tickets: dict[str, Ticket] = {}
        unreadable = []
        for native in natives:
            try:
                ticket = ticket_from(native, self._line.account.installation, self._bindings)
            except errors.NotFound:
                continue  # deleted
            except errors.Unavailable:
                unreadable.append(str(native.get("id")))
                continue
            tickets[ticket.ref.id] = ticket
            self._others[ticket.ref.id] = (ticket.version, custom_values(native))
        while len(self._others) > _KNOWN:
            del self._others[next(iter(self._others))]
        return tickets, tuple(one for one in unreadable if one.isdecimal())

    def _check(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError("ZendeskBulk: used by another thread than the one it is for")


def query_of(selection: Created | Found) -> str:
    """A selection in the words of Zendesk's search. The type of what is sought is asked for beside
    it: an export does not take it within."""
    if isinstance(selection, Found):
        return selection.query
    words = [f"created>={_moment(selection.since)}"]
    if selection.until is not None:
        words.append(f"created<{_moment(selection.until)}")
    return " ".join(words)


def _moment(moment: datetime) -> str:
    # With its zone: a bare date would be a day in the zone of the account.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _results(
    results: object, ids: tuple[str, ...]
) -> tuple[frozenset[str], dict[str, errors.HelpdeskError]]:
    """Which tickets a job wrote, and which not and why; of others it says nothing we understand."""
    written: set[str] = set()
    failed: dict[str, errors.HelpdeskError] = {}
    for place, one in enumerate(results if isinstance(results, list) else ()):
        if not isinstance(one, Mapping):
            continue
        key = str(one.get("id") or "")
        if key not in ids:
            # A failure may name its row and not its ticket.
            row = one.get("index", place)
            sound = isinstance(row, int) and not key and 0 <= row < len(ids)
            key = ids[row] if sound else ""
        if not key:
            continue
        if one.get("success") is True:
            written.add(key)
        else:
            failed[key] = _failure(key, one)
    return frozenset(written - failed.keys()), failed


def _failure(key: str, result: Mapping[str, Any]) -> errors.HelpdeskError:
    """Why a row was not carried out, by the code of its error: which codes there are, Zendesk does
    not list. What it says of a code that we do not know may come right the next time."""
    given = result.get("error")
    code = given if isinstance(given, str) and re.fullmatch(r"[A-Za-z_ ]{1,40}", given) else ""
    message = f"ticket {key}: not written" + (f" ({code})" if code else "")
    squeezed = code.replace("_", "").replace(" ", "").lower()
    if "conflict" in squeezed:
        return errors.Conflict(message)
    if "notfound" in squeezed:
        return errors.NotFound(message)
    if "forbidden" in squeezed or "permission" in squeezed or "accessdenied" in squeezed:
        return errors.Forbidden(message)
    if "invalid" in squeezed:
        closed = "closed prevents" in str(result.get("details"))
        return errors.Unwritable(message) if closed else errors.Invalid(message)
    return errors.Unavailable(message)
