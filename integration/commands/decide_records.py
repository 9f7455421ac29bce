"""Reading claims from a stream of bytes: JSON objects one a line, or CSV with a header.

One record at a time is held in memory. What cannot be read does not end the reading: it is an error
in its place.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Literal, NamedTuple, NoReturn

from policy import FACT, Claim, FactError

Format = Literal["jsonl", "csv"]
LONGEST: Final = 1 << 20
"""Bytes that one line may have; a claim has a few hundred."""
_SHOWN: Final = 200
_BOM: Final = b"\xef\xbb\xbf"
_SKIPPED_AT_ONCE: Final = 1 << 16


class Record(NamedTuple):
    """A claim, or why it is none, and the number of the ``line`` (from 1) on which it begins."""

    line: int
    claim: Claim | FactError


class Lines:
    """The lines of a stream as text, without a byte order mark.

    ``number`` counts the lines and ``consumed`` the bytes read so far. Iterating raises FactError
    for a line that is not UTF-8 or too long, and goes on behind it when asked for the next.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.number = 0
        self.consumed = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LONGEST + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.consumed += len(line)
        if len(line) > LONGEST:
            ended = line.endswith(b"\n")
            while not ended:
                rest = self._stream.readline(_SKIPPED_AT_ONCE)
                self.consumed += len(rest)
                ended = not rest or rest.endswith(b"\n")
            shown = line[:_SHOWN].decode("utf-8", "backslashreplace")
            raise FactError(None, f"{shown}…", f"a line of at most {LONGEST} bytes")
        if self.number == 1:
            line = line.removeprefix(_BOM)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            shown = line[:_SHOWN].decode("utf-8", "backslashreplace").rstrip("\r\n")
            raise FactError(None, shown, "text in UTF-8") from None


def read(lines: Lines, form: Format) -> Iterator[Record]:
    """The records of a stream, in order; blank lines are passed over."""
    return _read_csv(lines) if form == "csv" else _read_jsonl(lines)


def _claim(make: Callable[[], Claim]) -> Claim | FactError:
    try:
        return make()
    except FactError as error:
        return error


# -- JSON lines ------------------------------------------------------------------------------------


def _read_jsonl(lines: Lines) -> Iterator[Record]:
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except FactError as error:
            yield Record(lines.number, error)
            continue
        text = line.strip()
        if text:
            yield Record(lines.number, _claim(lambda text=text: _from_json(text)))  # type: ignore[misc]


def _from_json(text: str) -> Claim:
    try:
        record = _JSON.decode(text)
    except FactError:
        raise
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "too large to read"
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise FactError(None, shown, f"a JSON object ({reason})") from None
    return Claim.from_record(record)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            fact = name if name in FACT else None
            raise FactError(fact, value if fact else name, "given once: a name may not be repeated")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise FactError(None, text, "JSON: it has no such number")


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


_JSON: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float
)


# -- CSV -------------------------------------------------------------------------------------------


def _read_csv(lines: Lines) -> Iterator[Record]:
    rows = csv.reader(lines, strict=True)
    header: list[str] | None = None
    wrong: FactError | None = None
    while True:
        begins = lines.number + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except (FactError, csv.Error) as raised:
            error = raised
            if isinstance(raised, csv.Error):
                error = FactError(None, f"line {lines.number}", f"a CSV row ({raised})")
            assert isinstance(error, FactError)
            if header is None:
                header, wrong = [], FactError(None, error.value, f"a header: {error.expected}")
            yield Record(begins, error)
            continue
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if header is None:
            header = [name.strip() for name in row]
            wrong = _wrong_header(header)
        else:
            yield Record(begins, wrong or _from_row(header, row))


def _wrong_header(header: list[str]) -> FactError | None:
    """Why no row under this header could be understood."""
    for name in header:
        if not name:
            return FactError(None, ",".join(header), "a header with a name for every column")
        if header.count(name) > 1:
            return FactError(None, name, "one column: the header has several of that name")
    return None


def _from_row(header: list[str], row: list[str]) -> Claim | FactError:
    if len(row) != len(header):
        return FactError(None, row, f"a row of {len(header)} cells, as the header has")
    return _claim(lambda: Claim.from_row(dict(zip(header, row, strict=True))))
