"""`warranty decide`: what goes in, what comes out, and what becomes of what cannot be decided."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.commands.decide_records import LONGEST, Lines, read
from policy import Claim, decide, explain

ON = "2026-03-10"
EXPIRED = {
    "claim_opened_on": "2026-03-09",
    "purchase_date": "2024-03-01",
    "purchase_channel": "official_store",
}
ABROAD = {
    "claim_opened_on": "2026-03-09",
    "purchase_date": "2026-01-10",
    "order_number": "W-1",
    "purchase_country": "DE",
    "claim_country": "FR",
    "problem": "quality_defect",
    "defect_evidence": "verified",
    "troubleshooting": "documented",
}
ROOT = Path(__file__).parents[2]
WARRANTY = [sys.executable, "-m", "integration.cli"]


def run(*arguments: str, input: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["decide", *arguments], input=input)


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def jsonl(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def failed(result: Result, line: int) -> dict[str, Any]:
    """The one record of an input that could not be decided, on that line."""
    assert result.exit_code == 1
    (error,) = [shown["error"] for shown in lines(result) if "error" in shown]
    assert list(error) == ["fact", "value", "expected"]
    assert result.stderr.startswith(f"line {line}: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    return dict(error)


# -- JSON lines ------------------------------------------------------------------------------------


def test_a_verdict_is_the_policy_s_own() -> None:
    """A line holds what the policy says of the claim, in the published shape."""
    result = run("--on", ON, input=jsonl({"id": "T-1", **EXPIRED}))
    verdict = decide(Claim.from_record({"id": "T-1", **EXPIRED}), date(2026, 3, 10))
    assert result.exit_code == 0
    assert result.stderr == ""
    assert lines(result) == [verdict.to_dict()]
    assert list(lines(result)[0]) == list(verdict.to_dict())


def test_there_is_one_line_for_each_record_in_order_and_none_for_blank_ones() -> None:
    """Blank lines are passed over; the last line needs no end."""
    text = "\n  \n" + jsonl({"id": 1, **EXPIRED}) + "\r\n" + jsonl({"id": 2, **ABROAD})
    text += "\t\n" + json.dumps({"id": [3], **EXPIRED})
    result = run("--on", ON, input=text)
    assert [verdict["id"] for verdict in lines(result)] == [1, 2, [3]]
    assert result.exit_code == 0


def test_nothing_in_nothing_out() -> None:
    """An empty input is no error."""
    for text in ("", "\n\n"):
        for form in ("jsonl", "csv"):
            result = run("--format", form, input=text)
            assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_an_error_stands_in_its_place_and_the_rest_is_decided() -> None:
    """Exit status 1 comes at the end, a message with the line number on standard error."""
    text = jsonl({"id": 1, **EXPIRED}) + "\n" + jsonl({"id": 2, "problem": "odd"})
    text += jsonl({**EXPIRED, "problem": "odd"}, {"id": 4, **EXPIRED})
    result = run("--on", ON, input=text)
    assert result.exit_code == 1
    first, second, third, fourth = lines(result)
    assert (first["id"], fourth["id"]) == (1, 4)
    assert second["error"]["fact"] == "problem"
    assert third["error"]["fact"] == "problem"
    assert third["error"]["value"] == "odd"
    assert "quality_defect" in third["error"]["expected"]
    assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
        ["line 3", "problem"],
        ["line 4", "problem"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"claim_opened_on": ', "a JSON object"),
        ("not json", "a JSON object"),
        ('{"claim_opened_on": "2026-03-09"} {}', "a JSON object"),
        ("[1]", "an object of facts"),
        ("null", "an object of facts"),
        ('"claim"', "an object of facts"),
        ('{"claim_opened_on": "2026-03-09", "id": NaN}', "JSON: it has no such number"),
        ('{"claim_opened_on": "2026-03-09", "id": -Infinity}', "JSON: it has no such number"),
        ('{"claim_opened_on": "2026-03-09", "id": 1e999}', "JSON: it has no such number"),
        ('{"id": 1, "id": 2}', "given once"),
        ('{"id": {"a": 1, "a": 2}}', "given once"),
        ('{"id": ' + "9" * 5000 + "}", "too large to read"),
        ("[" * 100_000, "too large to read"),
    ],
)
def test_a_malformed_record_names_no_fact(text: str, expected: str) -> None:
    """The record itself is at fault; what was given is shown, but not all of a long line."""
    error = failed(run("--on", ON, input=f"{text}\n"), line=1)
    assert error["fact"] is None
    assert expected in error["expected"]
    assert len(json.dumps(error["value"])) < 500


def test_a_fact_given_twice_is_an_error_that_names_it() -> None:
    """Nothing is guessed: neither the first nor the last is taken."""
    text = '{"claim_opened_on": "2026-03-09", "problem": "lost", "problem": "stolen"}\n'
    error = failed(run("--on", ON, input=text), line=1)
    assert (error["fact"], error["value"]) == ("problem", "stolen")


def test_a_missing_opening_day_is_an_error() -> None:
    """It is required, and its absence is shown as null."""
    error = failed(run("--on", ON, input="{}\n"), line=1)
    assert (error["fact"], error["value"]) == ("claim_opened_on", None)


def test_a_byte_order_mark_is_tolerated() -> None:
    """As some editors and spreadsheets write it, in both formats."""
    assert run("--on", ON, input=b"\xef\xbb\xbf" + jsonl(EXPIRED).encode()).exit_code == 0
    text = b"\xef\xbb\xbfclaim_opened_on\r\n2026-03-09\r\n"
    assert run("--on", ON, "--format", "csv", input=text).exit_code == 0


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_not_utf_8_is_an_error_in_its_place(form: str) -> None:
    """The bytes are shown, and reading goes on behind them."""
    good = jsonl(EXPIRED).encode() if form == "jsonl" else b"x,2026-03-09\n"
    bad = b'{"id": "\xe4"}\n' if form == "jsonl" else b"\xe4,2026-03-09\n"
    head = b"" if form == "jsonl" else b"id,claim_opened_on\n"
    result = run("--on", ON, "--format", form, input=head + good + bad + good)
    error = failed(result, line=2 if form == "jsonl" else 3)
    assert error["fact"] is None
    assert "UTF-8" in error["expected"]
    assert "\\xe4" in error["value"]
    assert ["error" in shown for shown in lines(result)] == [False, True, False]


def test_a_line_without_end_is_an_error_and_the_next_is_read() -> None:
    """However much comes on one line, no more than the limit is held."""
    text = '{"id": "' + "x" * (2 * LONGEST) + '"}\n' + jsonl({"id": 2, **EXPIRED})
    result = run("--on", ON, input=text)
    error = failed(result, line=1)
    assert str(LONGEST) in error["expected"]
    assert lines(result)[1]["id"] == 2


def test_nothing_that_a_terminal_obeys_reaches_it() -> None:
    """Neither from a name, a value nor an id: neither in errors nor in verdicts."""
    text = jsonl({"\x1b[31m": 1}, {"claim_opened_on": "\x1b]0;x\x07"}, {"id": "\x1b[2J", **EXPIRED})
    for option in ("--json", "--explain"):
        result = run("--on", ON, option, input=text + "\x1b[31m\n")
        assert "\x1b" not in result.stdout + result.stderr
        assert "\x07" not in result.stdout + result.stderr


# -- CSV -------------------------------------------------------------------------------------------


def table(*rows: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def test_csv_gives_the_same_verdicts(tmp_path: Path) -> None:
    """The format is told by the file's name; cells are trimmed, empty ones unknown."""
    path = tmp_path / "claims.CSV"
    names = ["id", *ABROAD]
    row = ["T-7", *(f" {value} " for value in ABROAD.values())]
    path.write_text(table([f" {name}" for name in names], row, [], [*row[:-1], ""]), "utf-8")
    result = run("--on", ON, str(path))
    assert result.exit_code == 0
    verdict = decide(Claim.from_record({"id": "T-7", **ABROAD}), date(2026, 3, 10))
    first, second = lines(result)
    assert first == verdict.to_dict()
    assert second["ask"] == [{"fact": "troubleshooting", "of": "agent"}]


def test_csv_has_words_for_booleans_and_json_has_not(tmp_path: Path) -> None:
    """yes and 1 are true in a cell; in JSON they are errors."""
    text = table(["claim_opened_on", "purchase_channel", "free_product"])
    text += table(*(["2026-03-09", "official_store", word] for word in ("yes", "TRUE", "1")))
    verdicts = lines(run("--on", ON, "--format", "csv", input=text))
    assert [verdict["clauses"] for verdict in verdicts] == [["X5"]] * 3
    error = failed(run("--on", ON, input=jsonl({**EXPIRED, "free_product": "yes"})), line=1)
    assert error["expected"] == "true or false"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("claim_opened_on,problem\n2026-03-09\n", 2, "a row of 2 cells"),
        ("claim_opened_on,problem\n2026-03-09,lost,\n", 2, "a row of 2 cells"),
        ("claim_opened_on,claim_opened_on\n2026-03-09,2026-03-09\n", 2, "several of that name"),
        ("claim_opened_on, \n2026-03-09,\n", 2, "a name for every column"),
        ('claim_opened_on,id\n\n2026-03-09,"a"b\n', 3, "a CSV row"),
        ('claim_opened_on,id\n2026-03-09,"a\n', 2, "a CSV row"),
        (f"claim_opened_on,id\n2026-03-09,{'x' * 140_000}\n", 2, "a CSV row"),
        ("claim_opened_on,colour\n2026-03-09,red\n", 2, "a fact"),
        ("claim_opened_on\nyesterday\n", 2, "YYYY-MM-DD"),
    ],
)
def test_a_row_that_fits_no_header_is_an_error(text: str, line: int, expected: str) -> None:
    """Ragged rows, doubled or nameless columns, open quotes: each said in its place."""
    error = failed(run("--on", ON, "--format", "csv", input=text), line)
    assert expected in error["expected"]


def test_a_row_is_told_by_the_line_on_which_it_begins() -> None:
    """Also behind cells that go over several lines."""
    text = 'id,claim_opened_on\n"a\nb",2026-03-09\nc,never\n'
    result = run("--on", ON, "--format", "csv", input=text)
    failed(result, line=4)
    assert lines(result)[0]["id"] == "a\nb"


def test_rows_behind_a_header_that_cannot_be_read_are_errors_too() -> None:
    """There is a line for each of them, and none is decided by a guess."""
    text = b"id,\xe4\nx,2026-03-09\ny,2026-03-09\n"
    result = run("--on", ON, "--format", "csv", input=text)
    assert result.exit_code == 1
    assert ["error" in shown for shown in lines(result)] == [True] * 3


# -- options ---------------------------------------------------------------------------------------


def test_settings_reach_the_policy() -> None:
    """The day, the reading of claims from abroad, and the regions."""
    text = jsonl(ABROAD)

    def status(*arguments: str) -> str:
        return str(lines(run("--on", ON, *arguments, input=text))[0]["status"])

    assert status() == "covered"
    assert status("--cross-border", "not_covered") == "not_covered"
    assert status("--cross-border", "review") == "needs_review"
    assert status("--cross-border", "review", "--regions", "EU:DE,fr;NA:US,CA") == "covered"


def test_today_is_the_default_day() -> None:
    """The machine's own day, where nothing else is said."""
    before = datetime.now().astimezone().date()
    (verdict,) = lines(run(input=jsonl(EXPIRED)))
    after = datetime.now().astimezone().date()
    assert before.isoformat() <= verdict["decided_on"] <= after.isoformat()


@pytest.mark.parametrize(
    ("arguments", "value", "expected"),
    [
        (["--on", "10.03.2026"], "'10.03.2026'", "YYYY-MM-DD"),
        (["--on", "2026-02-30"], "'2026-02-30'", "YYYY-MM-DD"),
        (["--cross-border", "maybe"], "'maybe'", "buyer_freight"),
        (["--regions", "DE,FR"], "'DE,FR'", "EU:DE,FR"),
        (["--regions", "EU:DE,UK"], "'UK'", "alpha-2"),
        (["--format", "xml"], "'xml'", "jsonl"),
        (["no-such-file"], "no-such-file", "No such file"),
        ([str(ROOT)], str(ROOT), "directory"),
    ],
)
def test_a_wrong_option_names_its_value_and_what_was_expected(
    arguments: list[str], value: str, expected: str
) -> None:
    """A usage error, before anything is read."""
    result = run(*arguments, input=jsonl(EXPIRED))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert value in result.stderr
    assert expected in result.stderr


def test_the_format_can_be_said_where_the_name_does_not_tell(tmp_path: Path) -> None:
    """And saying it overrules the name."""
    path = tmp_path / "claims.csv"
    path.write_text(jsonl(EXPIRED), "utf-8")
    assert run("--on", ON, "--format", "jsonl", str(path)).exit_code == 0
    other = tmp_path / "claims.txt"
    other.write_text(jsonl(EXPIRED), "utf-8")
    assert run("--on", ON, str(other)).exit_code == 0
    assert run("--on", ON, "-", input=jsonl(EXPIRED)).exit_code == 0


def test_for_a_person_it_explains() -> None:
    """The policy's own explanation, under the id or the line; an error says what is wrong."""
    text = jsonl({"id": "T-1", **EXPIRED}, ABROAD, {"claim_opened_on": "soon"})
    result = run("--on", ON, "--explain", input=text)
    assert result.exit_code == 1
    first = explain(decide(Claim.from_record(EXPIRED), date(2026, 3, 10)))
    assert result.stdout.startswith(f'Claim "T-1"\n{first}\n\nLine 2\nCOVERED — ')
    assert "Line 3\nCANNOT BE DECIDED — claim_opened_on: 'soon' is not a date" in result.stdout
    assert "line 3: " in result.stderr


# -- as a process ----------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def test_deciding_loads_no_web_framework_and_no_helpdesk() -> None:
    """It starts fast: neither flask nor zenpy nor a database is imported."""
    program = (
        "import sys; from integration.cli import main\n"
        "try: main(['decide', '--on', '2026-03-10'])\n"
        "except SystemExit: pass\n"
        "bad = {'flask', 'zenpy', 'sqlalchemy', 'requests', 'rich', 'marshmallow'}\n"
        "print(sorted(bad & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=jsonl(EXPIRED),
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_answer_comes_before_the_next_question() -> None:
    """Fed by and by through a pipe, each claim is answered at once."""
    with subprocess.Popen(
        [*WARRANTY, "decide", "--on", ON],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(jsonl({"id": number, **EXPIRED}))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_reader_who_has_had_enough_is_no_trouble(tmp_path: Path) -> None:
    """As in `warranty decide claims.jsonl | head -1`: quiet, and no traceback."""
    path = tmp_path / "claims.jsonl"
    path.write_text(jsonl(EXPIRED) * 3000, "utf-8")
    with subprocess.Popen(
        [*WARRANTY, "decide", "--on", ON, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["status"] == "not_covered"
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait(20)


def test_a_poor_terminal_gets_what_it_can_show() -> None:
    """Where output is ASCII, signs it lacks are written in another way."""
    done = subprocess.run(
        [*WARRANTY, "decide", "--on", ON, "--explain"],
        input=jsonl(EXPIRED).encode(),
        capture_output=True,
        env=environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"NOT COVERED" in done.stdout


def on_a_terminal(arguments: list[str], *, stdout: Path | None) -> tuple[str, int]:
    """What a terminal shows that is standard error, and standard output where no file is."""
    import pty

    ours, theirs = pty.openpty()
    with (stdout or Path(os.devnull)).open("wb") as file:
        process = subprocess.Popen(
            [*WARRANTY, "decide", "--on", ON, *arguments],
            stdout=file if stdout else theirs,
            stderr=theirs,
            env=environment(TERM="xterm", COLUMNS="80"),
        )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other side has closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return shown.decode("utf-8", "replace"), process.wait(20)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_gets_words_and_colours(tmp_path: Path) -> None:
    """By default; and no bar, which would be in the way."""
    path = tmp_path / "claims.jsonl"
    path.write_text(jsonl(EXPIRED), "utf-8")
    shown, status = on_a_terminal([str(path)], stdout=None)
    assert status == 0
    assert "NOT COVERED — the warranty ended before the claim was opened [X3]" in shown
    assert "\x1b[" in shown
    shown, _ = on_a_terminal(["--json", str(path)], stdout=None)
    assert json.loads(shown)["status"] == "not_covered"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_long_file_shows_how_far_it_is(tmp_path: Path) -> None:
    """On standard error, where that is a terminal and the verdicts go elsewhere."""
    path = tmp_path / "claims.jsonl"
    path.write_text(jsonl(EXPIRED) * 4000, "utf-8")
    output = tmp_path / "verdicts.jsonl"
    shown, status = on_a_terminal([str(path)], stdout=output)
    assert status == 0
    assert "Deciding" in shown or "━" in shown
    assert len(output.read_text("utf-8").splitlines()) == 4000
    path.write_text(jsonl(EXPIRED), "utf-8")
    assert on_a_terminal([str(path)], stdout=output) == ("", 0)


# -- memory ----------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A stream that never ends; it counts what was taken."""

    def __init__(self, head: bytes, line: bytes) -> None:
        self.taken = 0
        self._head, self._line, self._rest = head, line, head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._line
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_only_one_record_at_a_time_is_held(form: Any) -> None:
    """The first verdict is there before the input has been read, however long that is."""
    if form == "csv":
        stream = Endless(b"claim_opened_on\n", b"2026-03-09\n")
    else:
        stream = Endless(b"", jsonl(EXPIRED).encode())
    found: Iterator[Any] = read(Lines(io.BufferedReader(stream)), form)
    for _ in range(100):
        assert isinstance(next(found).claim, Claim)
    assert stream.taken < 200_000
