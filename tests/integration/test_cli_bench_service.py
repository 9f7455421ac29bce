"""`warranty bench service`: that it measures what it says. How long things take is not tested."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from integration.cli import main
from integration.commands import bench_figures, bench_helpdesk, bench_load
from integration.commands.bench_database import schema_of_its_own
from integration.commands.bench_load import Load, Sending
from integration.commands.bench_measures import Drained, Limited, Measured, quantile
from integration.commands.bench_processes import children, usage
from integration.helpdesks.zendesk_webhook import authenticate
from integration.sandbox.counts import Requests
from integration.sandbox.faults import Fault
from integration.sandbox.server import Sandbox, running_sandbox

TINY = ["--seconds", "0.5", "--rate", "10", "--tickets", "2", "--pace", "20", "--backlog", "6"]
TINY += ["--bulk", "20", "--limits-seconds", "0.5", "--workers", "2"]
SECRET = "a-secret-of-this-test"


def measured(folder: Path, *options: str) -> dict[str, Any]:
    """What a small measurement reports, with ``folder`` for what it needs meanwhile."""
    command = [sys.executable, "-m", "integration.cli", "bench", "service", *TINY, "--json"]
    ended = subprocess.run(
        [*command, *options],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_freshdesk_is_measured_too(tmp_path: Path) -> None:
    """The same on a stand-in for Freshdesk: every ticket is written back once and then left alone,
    also in bulk, and nothing is refused."""
    report = measured(tmp_path, "--helpdesk", "freshdesk")
    figures = {row["name"]: row["value"] for row in report["figures"]}
    assert report["helpdesk"] == "Freshdesk"
    assert [name for name, value in figures.items() if value is None] == []
    for name in ("not acknowledged at 10 webhooks/s", "not acknowledged, saturated"):
        assert figures[name] == 0, name
    for name in ("not written back in time", "left of both backlogs", "requests refused"):
        assert figures[name] == 0, name
    assert figures["requests an unchanged ticket"] == 1
    assert figures["writes an unchanged ticket"] == 0
    assert figures["left of what was done in bulk"] == 0
    assert report["requests"]["new claims"]["write"] == 6  # one PUT a ticket
    assert list(tmp_path.iterdir()) == []


def test_everything_is_measured_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The whole measurement, small: every figure has a value, every ticket is written back once and
    then left alone, and no process and no file remains."""
    report = measured(tmp_path)
    figures = {row["name"]: row for row in report["figures"]}
    assert len(figures) == len(report["figures"]) == 29
    assert [name for name, row in figures.items() if row["value"] is None] == []
    assert figures["not acknowledged at 10 webhooks/s"]["value"] == 0
    assert figures["not written back in time"]["value"] == 0
    assert figures["left of both backlogs"]["value"] == 0
    assert figures["requests a new claim, previews apart"]["value"] == 2
    assert figures["macros previewed a new claim"]["value"] >= 1
    assert figures["requests an unchanged ticket"]["value"] == 1
    assert figures["writes an unchanged ticket"]["value"] == 0
    assert report["requests"]["new claims"]["write"] == 6
    assert report["requests"]["unchanged"] == {
        **dict.fromkeys(("preview", "write", "other", "refused"), 0),
        "read": 6,
    }
    assert figures["requests a ticket in bulk"]["value"] <= 0.5
    assert figures["left of what was done in bulk"]["value"] == 0
    assert report["requests"]["in bulk"]["write"] == 0  # not one by one
    assert figures["with limits on, requests"]["value"] > 0
    assert figures["… refused as too many"]["value"] == 0
    assert report["answers"]["paced"] == {"202": 5}
    for name in ("acknowledged, saturated", "backlog of new claims", "backlog, nothing changed"):
        assert figures[name]["value"] > 0
    if sys.platform == "linux":
        ours = {"sandbox", "web", "web 1", "web 2", "worker", "worker 2"}
        assert set(report["memory_mib"]) == ours | {"backfill"}
        after = {name: row["after_backlog"] for name, row in report["memory_mib"].items()}
        assert {name for name, memory in after.items() if memory} == ours
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_left_as_it_was(postgresql_url: str) -> None:
    """The measurement's schema is new, and gone afterwards, also where the measurement fails."""
    ours = "SELECT count(*) FROM pg_namespace WHERE nspname = :name"
    engine = create_engine(postgresql_url)

    def there(schema: str) -> int:
        with engine.connect() as connection:
            return int(connection.execute(text(ours), {"name": schema}).scalar_one())

    def fail() -> None:
        with schema_of_its_own(postgresql_url) as url:
            schemas.append(url.rpartition("search_path%3D")[2])
            inside = create_engine(url)
            with inside.begin() as connection:
                connection.execute(text("CREATE TABLE thing (id int)"))
            inside.dispose()
            assert there(schemas[0]) == 1
            raise RuntimeError("in the middle")

    schemas: list[str] = []
    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert schemas[0].startswith("warranty_bench_")
    assert there(schemas[0]) == 0
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone@192.0.2.1/warranty",
        "postgresql://someone@db.example.com/warranty",
        "sqlite:///warranty.sqlite",
        "not a url",
    ],
)
def test_only_a_postgresql_on_this_machine_is_loaded(url: str) -> None:
    """Any other database is refused before anything is started, and no password is repeated."""
    result = CliRunner().invoke(main, ["bench", "service", "--database-url", url])
    assert result.exit_code == 1
    assert "127.0.0.1" in result.output
    assert "Starting" not in result.output


async def _served(plan: Sending, answers: list[bytes]) -> tuple[Load, list[bytes]]:
    """Carry out a plan against a server that gives these answers in turn, the last one for ever; an
    empty one closes the connection."""
    bodies: list[bytes] = []
    open_ones: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(asyncio.current_task())
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            bodies.append(head + await reader.readexactly(length))
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if not answer:
                break
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        load = await bench_load._send(replace(plan, port=port))
        await asyncio.gather(*(one for one in open_ones if one))
    return load, bodies


PLAN = Sending(0, "/webhooks/zendesk/bench", "zendesk", "bench", SECRET, (7, 8), 0.1, rate=50)
PROFESSIONAL = bench_helpdesk.ZendeskDesk.plan
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
LATER = b"HTTP/1.1 503 Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def test_the_load_is_what_the_front_door_takes() -> None:
    """Each delivery is signed as Zendesk signs, has a name of its own, and names its ticket."""
    load, sent = asyncio.run(_served(PLAN, [ACCEPTED]))
    assert load.answers == {"202": 5}
    assert len(load.milliseconds) == 5
    events = []
    for one in sent:
        head, _, body = one.partition(b"\r\n\r\n")
        pairs = [line.decode().partition(": ")[::2] for line in head.split(b"\r\n")[1:]]
        events.append(
            authenticate(
                pairs,
                body,
                secrets=(SECRET,),
                installation="bench",
                now=datetime.now(UTC),
                max_age=timedelta(minutes=1),
            )
        )
    assert [event.ref.id for event in events] == ["7", "8", "7", "8", "7"]
    assert len({event.delivery_id for event in events}) == 5


def test_answers_that_are_no_acknowledgement_are_counted_as_what_they_are() -> None:
    """A 503 and a connection that breaks off are told apart from a 202, and neither ends the load;
    a connection that the server has closed while it was idle is opened again."""
    load, _ = asyncio.run(_served(PLAN, [LATER, b"", ACCEPTED, b"", ACCEPTED]))
    assert load.answers == {"503": 1, "IncompleteReadError": 1, "202": 3}


def test_without_a_rate_each_connection_sends_again_when_it_is_answered() -> None:
    """Saturated: as many as are answered, for as long as was asked."""
    plan = replace(PLAN, rate=None, connections=2)
    load, _ = asyncio.run(_served(plan, [ACCEPTED]))
    assert load.answers["202"] > 5
    assert load.seconds >= plan.seconds


def test_quantiles() -> None:
    """By nearest rank; of nothing there is none."""
    values = [float(number) for number in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert quantile([3.0], 0.5) == quantile([3.0], 0.99) == 3
    assert math.isnan(quantile([], 0.5))


def test_a_part_of_a_minute_may_have_all_of_its_share() -> None:
    """Limits are counted by the minute: in ten seconds, half of a minute's share is a half."""
    rows = {
        row.name: row.value
        for row in bench_figures._within_limits(Limited(10.0, 37, 150, 0, PROFESSIONAL))
    }
    assert round(rows["… of the share that may be written"]) == 49
    assert rows["… of the share that may be sent"] == 50
    assert round(rows["with limits on, tickets written"]) == 222


def test_the_table_says_what_was_missed_and_what_is_doubtful(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Targets stand beside figures, on the right side of each; a sender or a stand-in that was busy
    itself is named."""
    requests = {"read": 10, "preview": 15, "write": 10, "other": 0, "refused": 0}
    found = Measured(
        paced=Load((10.0, 60.0), {"202": 2}, 1.0, 0.9, 0.0),
        saturated=Load((10.0,) * 700, {"202": 700, "503": 2}, 1.0, 0.1, 0.0),
        written=[0.5],
        fresh=Drained(10, 0.1, 0, requests),
        unchanged=Drained(10, 0.0, 0, {**dict.fromkeys(requests, 0), "read": 10}),
        bulk=Drained(100, 1.0, 0, {**dict.fromkeys(requests, 0), "read": 2, "other": 4}),
        limited=Limited(120.0, 150, 500, 3, PROFESSIONAL),
        cores={"backlog": {"sandbox": 0.95}},
    )
    rows = bench_figures.figures(found, 50)
    met = {row.name: row.met for row in rows if row.met is not None}
    assert {name for name, good in met.items() if not good} == {
        "acknowledged at 50 webhooks/s, p99",
        "backlog of new claims",
        "backlog, nothing changed",
        "not acknowledged, saturated",
        "requests a ticket in bulk",
        "… refused as too many",
    }
    values = {row.name: row.value for row in rows}
    assert values["with limits on, tickets written"] == 75
    assert values["… of the share that may be written"] == 100
    bench_figures.show(found, rows, bench_figures.surroundings("SQLite"))
    shown = capsys.readouterr().out
    assert "missed" in shown
    assert ">= 600  met" in shown
    assert "sender of webhooks at the steady pace used 90% of a core" in shown
    assert "stand-in for Zendesk used 95% of a core" in shown


def test_memory_and_processor_time_of_a_process_and_its_children() -> None:
    """Of this very process; a process that is gone has none."""
    if sys.platform != "linux":
        pytest.skip("no /proc here")
    own = usage(os.getpid())
    assert own is not None
    assert 1 < own.memory <= own.peak
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in children(os.getpid())
    finally:
        child.communicate(b"\n")
    assert usage(child.pid) is None


def test_the_sandbox_counts_within_bounds() -> None:
    """However many different requests come, only so many kinds are told apart; none is lost."""
    counted = Requests()
    for number in range(1_500):
        counted.add("one", "GET", f"/api/v2/tickets/{number}.json", 200)
        counted.add("one", "GET", f"/api/v2/made-up-{number}x", 404)
    kinds = counted.kinds()
    assert len(kinds) <= 1_001
    assert sum(kind["count"] for kind in kinds) == 3_000
    (tickets,) = (kind for kind in kinds if kind["path"] == "/api/v2/tickets/{id}")
    assert (tickets["count"], tickets["client"], tickets["status"]) == (1_500, "one", 200)
    assert counted.writes() == []
    counted.add("one", "PUT", "/api/v2/tickets/7", 200)
    assert [(row["path"], row["status"]) for row in counted.writes()] == [
        ("/api/v2/tickets/7", 200)
    ]
    counted.clear()
    assert (counted.kinds(), counted.writes()) == ([], [])


def test_the_sandbox_tells_what_was_asked_of_it(sandbox: Sandbox) -> None:
    """Each request below /api/ by client, method, path and answer, spoilt ones too; never what was
    in its query; and only to whoever may use the API."""
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {sandbox.token}", "User-Agent": "Desk/1 x"})
    address = f"{sandbox.base_url}/sandbox/requests"
    sandbox.state.faults.add(Fault(method="PUT", status=503))
    session.get(f"{sandbox.base_url}/api/v2/tickets/5.json?about=secret", timeout=5)
    session.put(f"{sandbox.base_url}/api/v2/tickets/6.json", json={}, timeout=5)
    counted = session.get(address, timeout=5)
    kinds = {(r["client"], r["method"], r["path"], r["status"]) for r in counted.json()["requests"]}
    path = "/api/v2/tickets/{id}"
    assert kinds == {("Desk", "GET", path, 404), ("Desk", "PUT", path, 503)}
    assert "secret" not in counted.text
    (write,) = session.get(f"{address}?writes", timeout=5).json()["writes"]
    assert (write["path"], write["status"]) == ("/api/v2/tickets/6", 503)
    assert requests.get(address, timeout=5).status_code == 401
    assert session.delete(address, timeout=5).status_code == 204
    assert session.get(address, timeout=5).json() == {"requests": []}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running
