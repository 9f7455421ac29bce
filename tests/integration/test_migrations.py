from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result
from sqlalchemy import MetaData, create_engine, inspect, text
from sqlalchemy.engine import Connection

import integration
from integration import errors, migrations
from integration.app import build_worker, create_app
from integration.cli import main
from integration.config import Config, Installation
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_webhook import sign
from integration.jobs import Jobs
from integration.store import Store, connect, metadata

SECRET = "a-secret-of-this-webhook"
BODY = b'{"v": 1, "installation": "main", "event": "ticket_created", "ticket_id": "35436"}'

# What the program before the first numbered step created, as it stood in its stores.
BINDINGS_BEFORE = """
CREATE TABLE bindings (installation VARCHAR(40) NOT NULL, fields JSON NOT NULL,
    options JSON NOT NULL, macros JSON NOT NULL, PRIMARY KEY (installation));
INSERT INTO bindings VALUES ('main', '{"verdict": "360001"}', '{}', '{"covered": "77"}')
"""
TABLES_BEFORE = """
CREATE TABLE events (id {id} NOT NULL, installation VARCHAR(40) NOT NULL,
    delivery_id VARCHAR(200), ticket_id VARCHAR(64) NOT NULL, kind VARCHAR(64) NOT NULL,
    received_at BIGINT NOT NULL, PRIMARY KEY (id), UNIQUE (installation, delivery_id));
CREATE TABLE reviews (installation VARCHAR(40) NOT NULL, ticket_id VARCHAR(64) NOT NULL,
    due_at BIGINT, reason VARCHAR(64) NOT NULL, generation BIGINT NOT NULL,
    lease_owner VARCHAR(128), lease_until BIGINT, attempts INTEGER NOT NULL, last_error TEXT,
    set_aside_at BIGINT, PRIMARY KEY (installation, ticket_id));
CREATE INDEX reviews_due ON reviews (due_at) WHERE due_at IS NOT NULL;
INSERT INTO events (installation, delivery_id, ticket_id, kind, received_at)
    VALUES ('main', 'delivery-1', '7', 'ticket_created', 1000);
INSERT INTO reviews VALUES ('main', '7', 1000, 'ticket_created', 1, NULL, NULL, 0, NULL, NULL);
INSERT INTO reviews VALUES ('main', '8', NULL, 'ticket_created', 3, NULL, NULL, 1, 'why', 2000)
"""


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """The database as it is, without the store's own ways."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def run_all(url: str, *scripts: str) -> None:
    serial = "INTEGER" if url.startswith("sqlite") else "BIGSERIAL"
    with opened(url) as connection:
        for script in scripts:
            for statement in script.replace("{id}", serial).split(";\n"):
                connection.exec_driver_sql(statement)


def renumber(url: str, number: str) -> None:
    with opened(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})


def shape(connection: Connection) -> dict[str, Any]:
    """What can be read back of the tables (without Alembic's own), in no order."""
    seen = inspect(connection)

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return sorted(json.dumps(one, default=str, sort_keys=True) for one in value)
        return json.dumps(value, default=str, sort_keys=True)

    return {
        name: (
            plain(seen.get_columns(name)),
            plain(seen.get_pk_constraint(name)),
            plain(seen.get_unique_constraints(name)),
            plain(seen.get_indexes(name)),
        )
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def version(url: str) -> str | None:
    with opened(url) as connection:
        return migrations.version(connection)


def release(url: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("DATABASE_URL", url)
    return CliRunner().invoke(main, ["release"])


# -- the steps ------------------------------------------------------------------------------------


def test_the_steps_are_numbered_in_one_line() -> None:
    """Steps are 0001, 0002 … without a gap or a fork, their files say so, and HEAD is the last."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    steps = list(scripts.walk_revisions())[::-1]
    numbers = [f"{number:04}" for number in range(1, len(steps) + 1)]
    assert [step.revision for step in steps] == numbers
    assert [step.down_revision for step in steps] == [None, *numbers[:-1]]
    assert [Path(step.path).name[:5] for step in steps] == [f"{number}_" for number in numbers]
    assert scripts.get_heads() == [migrations.HEAD]


def declared() -> MetaData:
    """The metadata, with every module loaded that adds tables to it."""
    for path in Path(integration.__file__).parent.glob("*.py"):
        if "Table(" in path.read_text():
            import_module(f"integration.{path.stem}")
    return metadata


def test_the_steps_lead_to_the_tables_that_the_program_declares(database_url: str) -> None:
    """A schema made by the steps is what the metadata says, to the last index and its condition."""
    tables = declared()
    store = connect(database_url)
    store.prepare()
    store.close()
    options = {"compare_type": True, "compare_server_default": True}
    with opened(database_url) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables) == []
        migrated = shape(connection)
        tables.drop_all(connection)
        assert shape(connection) == {}
        tables.create_all(connection)
        assert shape(connection) == migrated


# -- stores from before ---------------------------------------------------------------------------


def test_a_store_without_a_number_keeps_what_it_holds(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of the program before the steps are adopted, numbered, and worked on as ever."""
    run_all(database_url, BINDINGS_BEFORE, TABLES_BEFORE)
    assert version(database_url) == migrations.UNNUMBERED
    said = release(database_url, monkeypatch)
    assert said.output == (
        f"The store's schema was without a number; it is version {migrations.HEAD} now.\n"
    )
    assert version(database_url) == migrations.HEAD

    store = connect(database_url)
    assert store.load_bindings("main") == Bindings(
        fields={"verdict": "360001"}, options={}, macros={"covered": "77"}
    )
    jobs = Jobs(store)
    assert not jobs.accept("main", "delivery-1", "7", "ticket_created")
    assert jobs.accept("main", "delivery-2", "9", "ticket_created")
    job = jobs.claim("worker", 60)
    assert job is not None
    assert (job.ticket_id, job.generation) == ("7", 1)
    assert [(one.ticket_id, one.why) for one in jobs.waiting()] == [("8", "why")]
    store.close()


def test_an_adopted_store_is_as_a_new_one(database_url: str) -> None:
    """Nothing tells an upgraded schema from one that was created today."""
    run_all(database_url, BINDINGS_BEFORE, TABLES_BEFORE)
    store = connect(database_url)
    assert store.upgrade() == (migrations.UNNUMBERED, migrations.HEAD)
    store.close()
    with opened(database_url) as connection:
        adopted = shape(connection)
        declared().drop_all(connection)
        declared().create_all(connection)
        assert shape(connection) == adopted


def test_a_store_that_only_install_had_touched_is_completed(
    store: Store, database_url: str
) -> None:
    """Before the steps `warranty install` made one table of three; the others come now."""
    run_all(database_url, BINDINGS_BEFORE)
    assert Jobs(store).accept("main", "delivery-1", "7", "ticket_created")
    bindings = store.load_bindings("main")
    assert bindings is not None
    assert bindings.macros == {"covered": "77"}


def test_many_processes_may_upgrade_at_once(database_url: str) -> None:
    """Web and worker start on an old store at the same moment: one upgrades it, and all of them
    work."""
    run_all(database_url, BINDINGS_BEFORE, TABLES_BEFORE)
    program = (
        "import sys; from integration.store import connect;"
        "store = connect(sys.argv[1]); print('ready', flush=True); sys.stdin.read(1);"
        "print(store.upgrade()[0]); store.ping(); store.close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    befores = []
    for process in processes:
        assert process.stdin
        process.stdin.write("g")
        process.stdin.flush()
    for process in processes:
        out, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
        befores.append(out.strip())
    assert sorted(befores) == [migrations.UNNUMBERED, migrations.HEAD, migrations.HEAD]


def test_threads_may_upgrade_different_stores_at_once(tmp_path: Path) -> None:
    """Alembic keeps what it works on in the process; stores that start together do not mix."""
    urls = [f"sqlite:///{tmp_path / str(number)}.sqlite" for number in range(4)]
    start = threading.Barrier(len(urls))
    failed: list[BaseException] = []

    def prepare(url: str) -> None:
        store = connect(url)
        start.wait()
        try:
            store.prepare()
        except BaseException as error:
            failed.append(error)
        store.close()

    threads = [threading.Thread(target=prepare, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [version(url) for url in urls] == [migrations.HEAD] * len(urls)


def test_an_upgrade_that_breaks_off_leaves_the_store_as_it_was(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps are one transaction, on SQLite too: it is done or it is not."""
    run_all(database_url, BINDINGS_BEFORE)
    upgrade = migrations.load()

    def half(connection: Connection) -> None:
        upgrade(connection)
        raise RuntimeError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "load", lambda: half)
        with pytest.raises(RuntimeError, match="cut off"):
            store.prepare()
    with opened(database_url) as connection:
        assert inspect(connection).get_table_names() == ["bindings"]
    assert store.upgrade() == (migrations.UNNUMBERED, migrations.HEAD)


# -- a start on a store that is up to date --------------------------------------------------------


def test_a_start_on_a_store_that_is_up_to_date_loads_no_alembic(database_url: str) -> None:
    """The number is read first, and nothing else is done then."""
    store = connect(database_url)
    store.prepare()
    store.close()
    program = (
        "import sys; from integration.store import connect; import integration.app;"
        "store = connect(sys.argv[1]); store.ping(); store.close();"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, database_url], check=True, timeout=30)


def test_a_start_on_a_store_that_is_up_to_date_waits_for_no_writer(sqlite_url: str) -> None:
    """While another process writes, a web process may start."""
    first = connect(sqlite_url)
    second = connect(sqlite_url, 0.3)
    with first.begin():
        second.prepare()
    second.close()
    first.close()


# -- stores of a newer program --------------------------------------------------------------------


@pytest.fixture
def newer_url(database_url: str) -> str:
    store = connect(database_url)
    store.prepare()
    store.close()
    renumber(database_url, "9999")
    return database_url


def test_a_newer_store_is_left_alone(newer_url: str) -> None:
    """The error names both versions and what to do, and nothing is read or written."""
    store = connect(newer_url)
    for use in (store.prepare, store.upgrade, store.ping, Jobs(store).waiting):
        with pytest.raises(migrations.NewerSchema, match=rf"9999.* {migrations.HEAD}:"):
            use()
    store.close()


def test_the_web_app_answers_503_on_a_newer_store(
    newer_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts, asks for deliveries to be sent again, and takes them once it is up to date."""
    store = connect(newer_url)
    monkeypatch.setattr("integration.app.connect", lambda *_: store)
    installation = Installation("main", signing_secrets=(SECRET,))
    config = Config(installations={"main": installation}, database_url=newer_url)
    client = create_app(config).test_client()
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Invocation-Id": "8350205582",
        "X-Zendesk-Webhook-Signature": sign(SECRET, timestamp, BODY),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
    }

    def statuses() -> list[int]:
        posted = client.post("/webhooks/zendesk/main", data=BODY, headers=headers)
        return [client.get(path).status_code for path in ("/healthz", "/readyz")] + [
            posted.status_code
        ]

    assert statuses() == [200, 503, 503]
    renumber(newer_url, migrations.HEAD)
    assert statuses()[2] == 202
    store.close()


def test_a_worker_refuses_a_newer_store(
    newer_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with one plain line, not with a traceback, and reviews nothing."""
    installation = Installation("main", subdomain="acme", signing_secrets=(SECRET,), token="t")
    config = Config(installations={"main": installation}, database_url=newer_url)
    with pytest.raises(migrations.NewerSchema):
        build_worker(config, lambda *_: pytest.fail("not called"))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", newer_url)
    monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "acme")
    monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", "t")
    result = CliRunner().invoke(main, ["worker"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: store: its schema is version 9999")
    assert len(result.output.splitlines()) == 1


# -- `warranty release` ---------------------------------------------------------------------------


def test_release_says_from_which_version_to_which(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new store is set up; the second time there is nothing to do; a newer one is an error."""
    first = release(database_url, monkeypatch)
    assert (first.exit_code, first.output) == (
        0,
        f"The store was empty; its schema is version {migrations.HEAD} now.\n",
    )
    again = release(database_url, monkeypatch)
    assert (again.exit_code, again.output) == (
        0,
        f"The store's schema is up to date: version {migrations.HEAD}.\n",
    )
    renumber(database_url, "9999")
    newer = release(database_url, monkeypatch)
    assert newer.exit_code == 1
    assert newer.output.startswith("Error: store: its schema is version 9999")


def test_release_takes_as_long_as_it_needs(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement longer than web and worker may wait is Unavailable to them, done by release."""
    upgrade = migrations.load()

    def slow(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_sleep(0.5)")
        upgrade(connection)

    monkeypatch.setattr(migrations, "load", lambda: slow)
    store = connect(postgresql_url, 0.2)
    with pytest.raises(errors.Unavailable, match="statement timeout"):
        store.prepare()
    assert store.upgrade() == (None, migrations.HEAD)
    with store.read() as connection:  # and only there
        began = time.monotonic()
        with pytest.raises(Exception, match="statement timeout"):
            connection.exec_driver_sql("SELECT pg_sleep(5)")
        assert time.monotonic() - began < 1
    store.close()


def test_release_says_which_privilege_is_missing(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PostgreSQL user who may not create tables gets the server's words, not a traceback."""
    # a role that is everywhere, and may read everything alone
    result = release(f"{postgresql_url}%20-crole=pg_read_all_data", monkeypatch)
    assert result.exit_code == 1
    assert result.output.startswith("Error: store: InsufficientPrivilege: permission denied")
