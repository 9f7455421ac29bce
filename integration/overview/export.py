"""What the overview shows, as CSV for a spreadsheet: a table, or a line for each ticket.

UTF-8 with a byte order mark, without which Excel takes it for something else. A value that a
spreadsheet would take for a formula is quoted (OWASP, "CSV Injection"). Nothing that anybody wrote
in words of their own is in it: records keep none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

from sqlalchemy.engine import Row

from integration.catalogue import ACCEPT, HOLD, PAYER_LABELS
from integration.installation import HelpdeskName, Installation
from integration.jobs_tables import moment
from integration.overview.period import KINDS, NO_BRAND
from integration.overview.tables import Cell, Column, Table, as_moment, status_words
from integration.recording import OTHER

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM: Final = "\ufeff"

CLAIMS: Final = (
    *("Ticket", "Created", "Reviewed", "Status by the policy", "Status on the ticket"),
    *("Agent decision", "Clauses", "Freight paid by", "Remedy", "Warranty ends", "Claim deadline"),
    *("Missing facts", "Brand", "Review", "Edition"),
)
GROUPED: Final[Mapping[HelpdeskName, str]] = {"zendesk": "Brand", "freshdesk": "Product"}
"""What a helpdesk calls the parts of an account whose number is kept of a ticket."""


def safe(value: Cell) -> str:
    """A value as a cell: text that would be a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def lines(rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """CSV (RFC 4180), piece by piece."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_BOM)
    for row in rows:
        writer.writerow([safe(value) for value in row])
        if buffer.tell() > 16_384:
            yield _taken(buffer)
    yield _taken(buffer)


def table_rows(table: Table) -> Iterator[Iterable[Cell]]:
    """A table with its head; spans in seconds."""
    yield [f"{c.name} (seconds)" if c.kind == "span" else c.name for c in table.columns]
    for row in table.rows:
        yield [_plain(column, value) for column, value in zip(table.columns, row, strict=True)]


def claim_rows(
    found: Iterable[Row[Any]], one: Installation, brands: Mapping[str, str]
) -> Iterator[Iterable[Cell]]:
    """A line for each record of an installation, moments in its time zone; ``brands`` are names by
    number."""
    zone = one.time_zone
    heads = {"Brand": GROUPED[one.helpdesk]}
    heads |= {name: f"{name} ({zone})" for name in ("Created", "Reviewed")}
    yield [heads.get(name, name) for name in CLAIMS]
    yield from _claim_lines(found, zone, brands)


def _claim_lines(
    found: Iterable[Row[Any]], zone: tzinfo, brands: Mapping[str, str]
) -> Iterator[Iterable[Cell]]:
    for one in found:
        yield (
            one.ticket_id,
            as_moment(moment(one.ticket_created_at), zone),
            as_moment(moment(one.reviewed_at), zone),
            status_words(one.status),
            None if one.shown is None else status_words(one.shown),
            decision_words(one.decision),
            " ".join(one.clauses),
            PAYER_LABELS.get(one.freight_payer, one.freight_payer),
            str(one.remedy).replace("_", " "),
            one.warranty_ends_on,
            one.claim_deadline,
            " ".join(one.asked),
            None if one.brand is None else brands.get(one.brand, one.brand),
            KINDS.get(one.kind, one.kind),
            one.edition,
        )


def decision_words(decision: str | None) -> str | None:
    """What an agent decided, in words; None for nothing."""
    if decision is None:
        return None
    known = {ACCEPT: "Accepted", HOLD: "Held", OTHER: "Another option"}
    return known.get(decision) or f"Override to: {status_words(decision).lower()}"


def brand_words(brand: str, names: Mapping[str, str]) -> str:
    """A brand's name, or its number where the helpdesk tells none."""
    return "No brand kept" if brand == NO_BRAND else names.get(brand, f"Brand {brand}")


def _plain(column: Column, value: Cell) -> Cell:
    return status_words(str(value)) if column.kind == "status" else value


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")
