"""What goes into a spreadsheet: whole, readable there, and never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest

from integration.overview.export import lines, safe, table_rows
from integration.overview.tables import Cell, Column, Table


def sheet(rows: Iterable[Iterable[Cell]]) -> list[list[str]]:
    """What a program reads of an export."""
    text = b"".join(lines(rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '=HYPERLINK("http://x")'],
)
def test_no_formula(text: str) -> None:
    """Text that a spreadsheet would work out stays text, and can be read whole."""
    assert safe(text) == f"'{text}"
    assert sheet([[text]]) == [[f"'{text}"]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (0, "0"),
        (-3, "-3"),
        (0.25, "0.25"),
        (1 / 3, "0.3333"),
        (0.0, "0"),
        (1.0, "1"),
        ("Not covered", "Not covered"),
        ("2026-05-04", "2026-05-04"),
        ("X8 D2", "X8 D2"),
    ],
)
def test_values(value: Cell, cell: str) -> None:
    """Numbers can be counted with; words and days stay as they are."""
    assert safe(value) == cell


def test_whole() -> None:
    """Quotes, commas, line ends and other scripts come back as they were, behind the mark by which
    Excel knows them."""
    rows = [["a,b", 'say "so"', "two\nlines", "größer 寸"]]
    assert b"".join(lines(rows)).startswith(b'\xef\xbb\xbf"a,b')
    assert sheet(rows) == [["a,b", 'say "so"', "two\nlines", "größer 寸"]]


def test_in_pieces() -> None:
    """A large one comes piece by piece, each of some kilobytes, with one mark at the very start."""
    pieces = list(lines([f"row {n}", n] for n in range(5_000)))
    assert len(pieces) > 3
    assert max(len(piece) for piece in pieces) < 20_000
    assert b"".join(pieces).count(b"\xef\xbb\xbf") == 1
    assert len(sheet([f"row {n}", n] for n in range(5_000))) == 5_000


def test_a_table() -> None:
    """Statuses by their names, spans in seconds, shares as numbers."""
    columns = (Column("Status", "status"), Column("Half within", "span"), Column("Share", "share"))
    rows = (("not_covered", 90, 0.5), ("nonsense", None, None))
    table = Table("x", "X", "", "", columns, rows)
    assert sheet(table_rows(table)) == [
        ["Status", "Half within (seconds)", "Share"],
        ["Not covered", "90", "0.5"],
        ["Another option", "", ""],
    ]
