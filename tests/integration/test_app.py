from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from integration.app import build_worker, create_app
from integration.config import Config, ConfigError, Installation
from integration.heartbeats import Heartbeats
from integration.helpdesks.zendesk_webhook import PUBLIC_TEST_SECRET, sign
from integration.jobs import EVENTS, Backlog, Jobs
from integration.store import Store, connect

SECRET = "a-secret-of-this-webhook"
BODY = json.dumps(
    {"v": 1, "installation": "main", "event": "ticket_created", "ticket_id": "35436"}
).encode()


def config(url: str, *secrets: str) -> Config:
    return Config(
        installations={"main": Installation("main", signing_secrets=secrets)}, database_url=url
    )


def signed(
    body: bytes = BODY,
    *,
    secret: str = SECRET,
    delivery: str = "8350205582",
    at: datetime | None = None,
) -> dict[str, str]:
    timestamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-Zendesk-Webhook-Invocation-Id": delivery,
        "X-Zendesk-Webhook-Signature": sign(secret, timestamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
    }


def alive(url: str) -> None:
    """Some worker gives a sign of life."""
    store = connect(url)
    Heartbeats(store).beat("elsewhere:1")
    store.close()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else holds the SQLite file's write lock."""
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


# -- starting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secrets", [(), ("",), (PUBLIC_TEST_SECRET,), (SECRET, PUBLIC_TEST_SECRET)]
)
def test_no_secret_no_start(sqlite_url: str, secrets: tuple[str, ...]) -> None:
    """Without a signing secret that proves something there is no app."""
    with pytest.raises(ConfigError, match="WARRANTY_ZENDESK_SIGNING_SECRET"):
        create_app(config(sqlite_url, *secrets))


def test_the_environment_is_read_where_nothing_was_handed_in(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`integration.app:create_app()` is all that a server needs, with the file .env or without."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("WARRANTY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    with pytest.raises(ConfigError, match="WARRANTY_ZENDESK_SIGNING_SECRET"):
        create_app()
    (tmp_path / ".env").write_text(f"WARRANTY_ZENDESK_SIGNING_SECRET={SECRET}\n")
    response = (
        create_app().test_client().post("/webhooks/zendesk/main", data=BODY, headers=signed())
    )
    assert response.status_code == 202


def test_a_worker_needs_its_credentials(sqlite_url: str) -> None:
    """A worker that could read no ticket does not start."""
    with pytest.raises(ConfigError, match="WARRANTY_ZENDESK_TOKEN"):
        build_worker(config(sqlite_url, SECRET), lambda *_: pytest.fail("not called"))


def test_web_and_worker_meet_in_the_store(sqlite_url: str) -> None:
    """What the door accepted, the worker of the same configuration reviews."""
    one = Installation("main", subdomain="acme", signing_secrets=(SECRET,), token="t")
    both = Config(installations={"main": one}, database_url=sqlite_url, worker_slots=1)
    client = create_app(both).test_client()
    assert client.post("/webhooks/zendesk/main", data=BODY, headers=signed()).status_code == 202
    stop = threading.Event()
    reviewed = []

    class Reviewed:
        next_due_at = None

    def review(installation: str, ticket: str) -> Reviewed:
        reviewed.append((installation, ticket))
        stop.set()
        return Reviewed()

    build_worker(both, review).run(stop)
    assert reviewed == [("main", "35436")]


# -- answering while the store is away ------------------------------------------------------------


def test_a_locked_store_is_a_503_within_a_second(sqlite_url: str) -> None:
    """Zendesk is asked to come again instead of being kept waiting; afterwards all is well."""
    client = create_app(config(sqlite_url, SECRET)).test_client()
    alive(sqlite_url)
    with locked(sqlite_url):
        for path, method in [("/webhooks/zendesk/main", "POST"), ("/readyz", "GET")]:
            began = time.monotonic()
            response = client.open(path, method=method, data=BODY, headers=signed())
            assert time.monotonic() - began < 1
            assert response.status_code == 503
            assert response.content_type == "application/problem+json"
            assert 0 < int(response.headers["Retry-After"]) < 60
        assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.post("/webhooks/zendesk/main", data=BODY, headers=signed()).status_code == 202


def test_the_app_starts_before_its_store(tmp_path: Path) -> None:
    """A store that is not there yet means 503, not a process that will not start."""
    folder = tmp_path / "volume"
    client = create_app(config(f"sqlite:///{folder / 'w.sqlite'}", SECRET)).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.post("/webhooks/zendesk/main", data=BODY, headers=signed()).status_code == 503
    folder.mkdir()
    alive(f"sqlite:///{folder / 'w.sqlite'}")
    assert client.get("/readyz").status_code == 200
    assert client.post("/webhooks/zendesk/main", data=BODY, headers=signed()).status_code == 202


# -- ready ----------------------------------------------------------------------------------------


def test_ready_is_only_what_has_a_worker(sqlite_url: str) -> None:
    """No worker, no readiness, while deliveries are stored all the same; one that starts makes it
    ready at once, one that stops ends it at once."""
    one = Installation("main", subdomain="acme", signing_secrets=(SECRET,), token="t")
    both = Config(installations={"main": one}, database_url=sqlite_url, worker_slots=1)
    client = create_app(both).test_client()

    def ready() -> bool:
        return client.get("/readyz").status_code == 200

    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert "No worker is alive" in response.get_json()["detail"]
    assert client.get("/healthz").status_code == 200
    assert client.post("/webhooks/zendesk/main", data=BODY, headers=signed()).status_code == 202

    stop, begun, go_on = threading.Event(), threading.Event(), threading.Event()

    class Reviewed:
        next_due_at = None

    def review(installation: str, ticket: str) -> Reviewed:
        begun.set()
        assert go_on.wait(10)
        return Reviewed()

    thread = threading.Thread(target=build_worker(both, review).run, args=(stop,))
    thread.start()
    try:
        assert begun.wait(10)
        assert ready()
        stop.set()
        for _ in range(200):
            if not ready():
                break
            time.sleep(0.01)
        # It finishes what it has begun, and takes nothing new: nobody is there for the next.
        assert not ready()
        assert thread.is_alive()
    finally:
        stop.set()
        go_on.set()
        thread.join(20)
    assert not ready()


def test_a_scrape_needs_no_worker(sqlite_url: str) -> None:
    """/metrics tells what was answered, in Prometheus's format."""
    client = create_app(config(sqlite_url, SECRET)).test_client()
    client.post("/webhooks/zendesk/main", data=BODY, headers=signed())
    client.post("/webhooks/zendesk/main", data=BODY, headers=signed())
    client.post("/webhooks/zendesk/main", data=BODY)
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain")
    counted = [
        line for line in response.text.splitlines() if line.startswith("warranty_deliveries_total")
    ]
    assert sorted(counted) == [
        'warranty_deliveries_total{answer="accepted",status="202"} 1.0',
        'warranty_deliveries_total{answer="refused",status="415"} 1.0',
        'warranty_deliveries_total{answer="repeated",status="202"} 1.0',
    ]
    assert "warranty_workers_alive 0.0" in response.text.splitlines()


# -- the whole door, behind the real server -------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    """gunicorn with the app, as the Procfile starts it, and its store."""
    url = f"sqlite:///{tmp_path_factory.mktemp('server') / 'w.sqlite'}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "WARRANTY_ZENDESK_SIGNING_SECRET": SECRET,
        "DATABASE_URL": url,
    }
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "integration.app:create_app()"],
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            requests.get(f"{address}/healthz", timeout=5)
            break
        except requests.ConnectionError:
            assert process.poll() is None
            time.sleep(0.05)
    store = connect(url)
    yield address, store
    store.close()
    process.terminate()
    process.wait(20)


def events(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()


def test_the_same_delivery_five_times_is_one_event(server: tuple[str, Store]) -> None:
    """All five are answered alike, and the ticket is due once."""
    address, store = server
    before = events(store)
    answers = [
        requests.post(f"{address}/webhooks/zendesk/main", data=BODY, headers=signed(), timeout=5)
        for _ in range(5)
    ]
    assert {(one.status_code, one.text) for one in answers} == {(202, answers[0].text)}
    assert events(store) == before + 1
    assert Jobs(store).backlog().due == 1


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (401, BODY, lambda: {"Content-Type": "application/json"}),
        (401, BODY, lambda: signed(secret="another-secret-than-ours")),
        (401, BODY, lambda: signed(at=datetime.now(UTC) - timedelta(minutes=16))),
        (401, BODY, lambda: signed(at=datetime.now(UTC) + timedelta(minutes=16))),
        (401, BODY.replace(b"35436", b"35437"), signed),
        (400, b'{"v": 1}', lambda: signed(b'{"v": 1}')),
        (413, b"x" * 10_000_000, lambda: signed(b"x" * 10_000_000)),
        (415, BODY, lambda: {**signed(), "Content-Type": "text/plain"}),
    ],
    ids=["unsigned", "forged", "stale", "future", "tampered", "empty", "10 MB", "text"],
)
def test_what_is_refused_changes_nothing(
    server: tuple[str, Store], status: int, body: bytes, headers: Callable[[], dict[str, str]]
) -> None:
    """Each gets its answer as a problem, and nothing is stored."""
    address, store = server
    before: tuple[int, Backlog] = (events(store), Jobs(store).backlog())
    response = requests.post(
        f"{address}/webhooks/zendesk/main", data=body, headers=headers(), timeout=10
    )
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert events(store) == before[0]
    assert Jobs(store).backlog().due == before[1].due


def raw(address: str, start: bytes, sent: bytes) -> bytes:
    """Send the bytes of a request, hang up, and return what comes back."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in signed().items()).encode()
        connection.sendall(
            b"POST /webhooks/zendesk/main HTTP/1.1\r\nHost: x\r\n" + head + start + b"\r\n" + sent
        )
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("start", "sent"),
    [
        (b"Content-Length: 400\r\n", BODY),
        (b"Transfer-Encoding: chunked\r\n", b"200\r\n" + BODY),
    ],
    ids=["length", "chunked"],
)
def test_a_truncated_delivery_changes_nothing(
    server: tuple[str, Store], start: bytes, sent: bytes
) -> None:
    """A body that broke off is a 400, with a length and without."""
    address, store = server
    before = events(store)
    answer = raw(address, start, sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert events(store) == before


def test_a_large_delivery_of_unknown_length_changes_nothing(server: tuple[str, Store]) -> None:
    """10 MB in chunks are a 413."""
    address, store = server
    before = events(store)
    response = requests.post(
        f"{address}/webhooks/zendesk/main",
        data=iter([b"x" * 65_536] * 160),
        headers=signed(),
        timeout=10,
    )
    assert response.status_code == 413
    assert events(store) == before


def test_what_is_sound_but_not_ours_changes_nothing(server: tuple[str, Store]) -> None:
    """204 for a signed event of a kind we have no use for."""
    address, store = server
    before = events(store)
    body = BODY.replace(b"ticket_created", b"organization_created")
    response = requests.post(
        f"{address}/webhooks/zendesk/main",
        data=body,
        headers=signed(body, delivery="another"),
        timeout=5,
    )
    assert (response.status_code, response.content) == (204, b"")
    assert events(store) == before


def test_each_helpdesk_has_its_own_door(sqlite_url: str) -> None:
    """An account of Freshdesk is known at Freshdesk's address by its rules' secret, and at
    Zendesk's it is nobody; a wrong secret is refused, and not told of."""
    secret = "of-the-rules-and-long-enough"
    one = Installation("main", "freshdesk", "acme", signing_secrets=(secret,), api_key="KEY")
    client = create_app(Config({"main": one}, database_url=sqlite_url)).test_client()
    body = {"v": "1", "installation": "main", "event": "ticket_created", "ticket_id": "7"}
    simple = {"freshdesk_webhook": {"ticket_id": 8}}

    def post(helpdesk: str, given: str, sent: dict[str, object]) -> int:
        headers = {"X-Webhook-Secret": given}
        answer = client.post(f"/webhooks/{helpdesk}/main", json=sent, headers=headers)
        assert secret not in answer.text
        return answer.status_code

    assert post("freshdesk", secret, body) == 202
    assert post("freshdesk", secret, simple) == 202
    assert post("freshdesk", secret[:-1], body) == 401
    assert post("zendesk", secret, body) == 404
    store = connect(sqlite_url)
    due = {one.ticket_id for one in Jobs(store).claim_some("worker", 60, 10)}
    store.close()
    assert due == {"7", "8"}
