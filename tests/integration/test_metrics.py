from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import responses
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from structlog.testing import capture_logs

from integration import errors, metrics
from integration.config import Installation
from integration.connections import Connections
from integration.heartbeats import WORKERS, Heartbeats
from integration.helpdesks import Bindings, TicketRef
from integration.helpdesks.zendesk_watch import kind_of
from integration.jobs import Jobs
from integration.metrics import Metrics
from integration.sandbox.faults import Fault
from integration.store import Store, connect
from tests.integration.desk import COMPLETE
from tests.integration.live import free_port, live, until

Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(text: str) -> Samples:
    """Every sample by its name and its labels' values, in the order of the labels' names."""
    return {
        (one.name, tuple(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def shown(counts: Metrics) -> Samples:
    page, content_type = counts.page("")
    assert content_type.startswith("text/plain")
    return samples(page.decode())


@pytest.fixture
def heartbeats(store: Store) -> Heartbeats:
    return Heartbeats(store)


@pytest.fixture
def counts(store: Store, heartbeats: Heartbeats) -> Metrics:
    return metrics.build(Jobs(store), heartbeats)


# -- what is in the store -------------------------------------------------------------------------


def test_the_work_is_read_from_the_store(
    counts: Metrics, store: Store, heartbeats: Heartbeats
) -> None:
    """Each state of a review is counted at the scrape itself, and how old the oldest due one is."""
    assert shown(counts)["warranty_oldest_due_seconds", ()] == 0
    jobs = Jobs(store)
    for number in range(6):
        jobs.accept("main", f"d{number}", str(number), "ticket_created")
    jobs.make_due("main", "20", datetime.now(UTC) + timedelta(days=1))
    jobs.make_due("other", "21", datetime.now(UTC) - timedelta(seconds=90))
    oldest, first, second = (jobs.claim("w", 60) for _ in range(3))
    assert oldest
    assert first
    assert second
    jobs.set_aside(first, "why")
    jobs.make_due("other", "22", datetime.now(UTC) - timedelta(seconds=40))
    heartbeats.beat("a:1")
    found = shown(counts)
    states = {labels[0]: n for (name, labels), n in found.items() if name == "warranty_backlog"}
    assert states == {"due": 5, "leased": 2, "scheduled": 1, "set_aside": 1}
    assert 39 < found["warranty_oldest_due_seconds", ()] < 60
    assert found["warranty_workers_alive", ()] == 1
    assert found["warranty_store_up", ()] == 1


def test_a_scrape_is_answered_while_the_store_is_away(tmp_path: Path) -> None:
    """What this process counted is still told, and that the store did not answer."""
    store = connect(f"sqlite:///{tmp_path / 'nowhere' / 'w.sqlite'}")
    counts = metrics.build(Jobs(store), Heartbeats(store))
    counts.review("written", 0.1)
    found = shown(counts)
    store.close()
    assert found["warranty_store_up", ()] == 0
    assert found["warranty_reviews_total", ("written",)] == 1
    assert ("warranty_workers_alive", ()) not in found


# -- what a process counts ------------------------------------------------------------------------


def test_what_was_told_is_counted(counts: Metrics) -> None:
    """Deliveries by answer, reviews by outcome, requests by kind and status."""
    counts.delivery(202, "accepted", 0.004)
    counts.delivery(202, "repeated", 0.002)
    counts.delivery(401, "refused", 0.001)
    counts.review("set aside", 1.5)
    counts.helpdesk_request("ticket_read", "429")
    counts.helpdesk_request("ticket_read", "429")
    found = shown(counts)
    assert found["warranty_deliveries_total", ("accepted", "202")] == 1
    assert found["warranty_deliveries_total", ("repeated", "202")] == 1
    assert found["warranty_deliveries_total", ("refused", "401")] == 1
    assert found["warranty_delivery_seconds_count", ()] == 3
    assert found["warranty_reviews_total", ("set_aside",)] == 1
    assert found["warranty_review_seconds_sum", ()] == 1.5
    assert found["warranty_helpdesk_requests_total", ("ticket_read", "429")] == 2


def test_counting_harms_nothing(counts: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a count cannot be kept (a full disk), that is logged and the work goes on."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("_deliveries", "_reviews", "_requests"):
        monkeypatch.setattr(getattr(counts, name), "labels", full)
    with capture_logs() as logged:
        counts.delivery(202, "accepted", 0.004)
        counts.review("written", 1)
        counts.helpdesk_request("ticket_read", "200")
    assert [line["event"] for line in logged] == ["not counted"] * 3


def test_openmetrics_is_spoken_where_it_is_asked_for(counts: Metrics) -> None:
    """Prometheus asks for OpenMetrics by the Accept header."""
    page, content_type = counts.page("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert page.endswith(b"# EOF\n")


# -- the requests to a helpdesk -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "tickets/7.json", "ticket_read"),
        ("PUT", "tickets/7.json", "ticket_update"),
        ("GET", "tickets/7/macros/9/apply.json", "macro_preview"),
        ("PUT", "tickets/update_many.json", "tickets_update"),
        ("GET", "tickets/show_many.json?ids=7,8", "tickets_read"),
        ("GET", "job_statuses/82de0b044094f0c6.json", "job_status"),
        ("GET", "incremental/tickets/cursor.json?start_time=1", "export"),
        ("GET", "search.json?query=someone@example.com", "search"),
        ("DELETE", "tickets/7.json", "other"),
        ("GET", "users/someone@example.com.json", "other"),
    ],
)
def test_a_request_s_kind_names_no_ticket(method: str, path: str, kind: str) -> None:
    """Few kinds, whatever is asked for: an id or a search is no label."""
    assert kind_of(method, f"https://acme.zendesk.com/api/v2/{path}") == kind


@pytest.mark.parametrize(
    ("answer", "status", "raised"),
    [
        ({"status": 429, "headers": {"Retry-After": "3"}}, "429", errors.RateLimited),
        ({"status": 500}, "500", errors.Unavailable),
        ({"status": 404, "json": {}}, "404", errors.NotFound),
        ({"body": requests.ConnectionError("x")}, "no_answer", errors.Unavailable),
        ({"body": requests.ReadTimeout("x")}, "timeout", errors.Unavailable),
    ],
)
def test_every_request_is_told_with_its_answer(
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, object],
    status: str,
    raised: type[Exception],
) -> None:
    """Also one that was refused or never answered; and what the caller is raised stays the same."""
    for name in ("ZENPY_FORCE_SCHEME", "ZENPY_FORCE_NETLOC"):
        monkeypatch.delenv(name, raising=False)
    told: list[tuple[str, str]] = []
    connections = Connections(lambda kind, how: told.append((kind, how)))
    desk = connections(Installation("main", subdomain="acme", token="t"), Bindings())
    # responses puts itself in the place of HTTPAdapter.send, which is the parent's.
    with responses.RequestsMock() as mocked:
        mocked.get("https://acme.zendesk.com/api/v2/tickets/7.json", **answer)  # type: ignore[arg-type]
        with pytest.raises(raised):
            desk.get(TicketRef("main", "7"))
    assert told == [("ticket_read", status)]


# -- a worker's own port --------------------------------------------------------------------------


def test_a_worker_serves_its_metrics_while_it_runs(counts: Metrics) -> None:
    """On the port that was named, and only as long as the block lasts."""
    port = free_port()
    with counts.serving("127.0.0.1", port):
        counts.review("written", 0.1)
        text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        assert samples(text)["warranty_reviews_total", ("written",)] == 1
    with closing(socket.socket()) as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0


def test_no_port_no_server(counts: Metrics) -> None:
    """By default nothing is served."""
    with capture_logs() as logged, counts.serving("127.0.0.1", 0):
        pass
    assert logged == []


def test_a_port_that_is_taken_stops_no_worker(counts: Metrics) -> None:
    """A second worker on the machine does its work without serving metrics, and says so."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        capture_logs() as logged,
        counts.serving("127.0.0.1", taken.getsockname()[1]),
    ):
        counts.review("written", 0.1)
    assert shown(counts)["warranty_reviews_total", ("written",)] == 1
    assert [line["event"] for line in logged] == ["metrics not served"]


# -- all of it, as processes ----------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "not" / "there" / "yet"


def test_several_processes_add_up_what_they_count(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two web processes and a worker that share a folder show their sum wherever one asks, from a
    signed webhook to a 429 of the helpdesk; nothing of a ticket or a person is among it."""
    port = free_port()
    settings = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "WARRANTY_METRICS_PORT": str(port)}
    with live(tmp_path, monkeypatch, **settings) as running:
        running.start_web(workers=2)
        running.start_worker()
        # One after the other: a 429 has the account left alone, and what is not begun waits for it.
        customer = (COMPLETE, "Philippa Marchbanks", "p@example.com", "Subject-1", "Text-1")
        running.file(*customer)
        until(lambda: running.log("worker").count('"review ended"') == 1)
        running.sandbox.state.faults.add(
            Fault(r"/api/v2/tickets/\d+", "GET", status=429, headers={"Retry-After": "600"})
        )
        running.file(*customer)
        until(lambda: running.log("worker").count('"review ended"') == 2)
        for _ in range(20):
            assert running.post(b"{}").status_code == 400
        pages = [
            requests.get(f"{running.url}/metrics", timeout=5).text,
            requests.get(f"{running.url}/metrics", timeout=5).text,
            requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text,
        ]
    for page in pages:
        found = samples(page)
        assert found["warranty_deliveries_total", ("accepted", "202")] == 2
        assert found["warranty_deliveries_total", ("refused", "400")] == 20
        assert found["warranty_reviews_total", ("written",)] == 1
        assert found["warranty_reviews_total", ("postponed",)] == 1
        assert found["warranty_helpdesk_requests_total", ("ticket_read", "429")] == 1
        assert found["warranty_helpdesk_requests_total", ("ticket_update", "200")] == 1
        assert found["warranty_backlog", ("scheduled",)] == 2  # one postponed, one for a later day
        assert found["warranty_workers_alive", ()] == 1
        for word in ("Marchbanks", "example.com", "Subject-1", "Text-1", "main", "sandbox"):
            assert word not in page


# -- signs of life --------------------------------------------------------------------------------


def at(store: Store, worker: str, seconds_ago: int) -> None:
    with store.begin() as connection:
        connection.execute(
            update(WORKERS)
            .where(WORKERS.c.id == worker)
            .values(seen_at=WORKERS.c.seen_at - seconds_ago * 1000)
        )


def test_a_worker_is_alive_until_it_leaves(heartbeats: Heartbeats) -> None:
    """However often it beats it is one; another one is another."""
    assert heartbeats.alive() == 0
    for worker in ("a:1", "a:1", "b:1"):
        heartbeats.beat(worker)
    assert heartbeats.alive() == heartbeats.alive(storable=True) == 2
    heartbeats.leave("a:1")
    heartbeats.leave("a:1")
    assert heartbeats.alive() == 1


@pytest.mark.parametrize(("seconds", "alive"), [(25, 1), (35, 0), (-25, 1), (-35, 0)])
def test_a_silent_worker_is_dead_after_three_beats(
    heartbeats: Heartbeats, store: Store, seconds: int, alive: int
) -> None:
    """By the database's own time; one that was seen in the future (its clock was set back) is not
    alive for ever either."""
    heartbeats.beat("a:1")
    at(store, "a:1", seconds)
    assert heartbeats.alive() == alive
    heartbeats.beat("a:1")
    assert heartbeats.alive() == 1


def test_the_long_dead_are_forgotten(heartbeats: Heartbeats, store: Store) -> None:
    """Processes that never said goodbye do not pile up."""
    for worker in ("a:1", "b:1"):
        heartbeats.beat(worker)
        at(store, worker, 90_000)
    heartbeats.beat("c:1")
    with store.read() as connection:
        assert [row.id for row in connection.execute(WORKERS.select())] == ["c:1"]
