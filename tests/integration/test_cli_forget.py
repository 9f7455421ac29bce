"""`warranty forget`: what is kept of a ticket or a person goes; and how little that is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from integration.cli import main
from integration.config import Installation
from integration.connections import Connections
from integration.jobs import REVIEWS, Jobs
from integration.records import RECORDS, Records
from integration.review import Reviewer
from integration.reviewing import Retry
from integration.sandbox.faults import Fault
from integration.store import Store, connect
from integration.worker import Worker
from tests.integration.desk import COMPLETE
from tests.integration.live import live, until
from tests.integration.test_records import count, keep, record


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    opened = connect("sqlite:///warranty.sqlite")
    jobs = Jobs(opened)
    for ticket in ("7", "8", "9"):
        jobs.accept("main", f"d{ticket}", ticket, "ticket_created")
    keep(opened, record("7"), record("8"), record("9", requester="12"))
    yield opened
    opened.close()


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["forget", *arguments], input=answer)


def test_tickets_are_forgotten_once_that_was_agreed_to(store: Store) -> None:
    """It shows what will go, asks, does it, and says what it did not touch."""
    result = run("--ticket", "7", "--ticket", "8", answer="y\n")
    assert result.exit_code == 0, result.output
    shown, done = result.output.split("Delete this for good?")
    assert "In main: 2 records of reviews, 4 rows of deliveries and work" in shown
    assert "2 tickets: 7, 8" in shown
    assert "Deleted: 2 records" in done
    assert "Not touched: the tickets in the helpdesk itself" in done
    assert "logs" in done
    assert count(store) == 1
    assert Jobs(store).backlog().due == 1


def test_no_is_no(store: Store) -> None:
    """What was shown was not done."""
    result = run("--ticket", "7", answer="n\n")
    assert result.exit_code == 1
    assert "Deleted" not in result.output
    assert count(store) == 3
    assert Jobs(store).backlog().due == 3


def test_a_person_s_tickets_are_forgotten(store: Store) -> None:
    """Those whose records name that person; --yes asks nothing."""
    result = run("--requester", "11", "--yes")
    assert result.exit_code == 0, result.output
    assert "for good?" not in result.output
    assert "2 tickets: 7, 8" in result.output
    with store.read() as connection:
        assert connection.execute(select(RECORDS.c.ticket_id)).scalars().all() == ["9"]


def test_another_account_may_be_named(store: Store) -> None:
    """Also one that is configured no more."""
    keep(store, record("7", installation="old"))
    assert run("--ticket", "7", "--installation", "old", "--yes").exit_code == 0
    assert count(store) == 3


def test_of_what_is_not_kept_nothing_is_done(store: Store) -> None:
    """And that is said, without asking."""
    result = run("--ticket", "99")
    assert result.exit_code == 0, result.output
    assert "Nothing is kept of that in main." in result.output
    assert count(store) == 3


def test_somebody_has_to_be_named(store: Store) -> None:
    """Never everything."""
    assert run("--yes").exit_code == 2
    assert count(store) == 3


def test_a_store_out_of_reach_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    result = run("--ticket", "7", "--yes")
    assert result.exit_code == 1
    assert result.output.startswith("Error: store: ")


# -- how little is kept ----------------------------------------------------------------------------

PERSON = {
    "name": "Nadezhda Qwertzuiop",
    "email": "nadezhda.qwertzuiop@example.org",
    "subject": "Subject-Zahnseide-4711",
    "text": "Words-of-a-customer-0815, please call +49 30 5550199",
}
WORDS = {
    "order_number": "ORDER-PRIVATE-31337",
    "serial_number": "SERIAL-PRIVATE-99",
    "product_model": "MODEL-PRIVATE-given-by-my-daughter",
    "agent_decision_reason": "REASON-PRIVATE-mother-of-a-friend",
}


def test_nothing_personal_gets_into_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reviewed, written, held, refused by the helpdesk in a customer's own words, set aside: no
    byte of the database's files holds a name, an address or a word of anybody's."""
    with live(tmp_path, monkeypatch) as running:
        store = connect(running.database_url)
        jobs, records = Jobs(store), Records(store)
        installation = Installation("main", subdomain="sandbox", token=running.sandbox.token)
        review = Reviewer(
            {"main": installation},
            Connections(),
            store.load_bindings,
            lambda: datetime.now(UTC),
        )
        whole = {**COMPLETE, **WORDS}
        written = running.file(whole, **PERSON)
        held = running.file({**whole, "agent_decision": "hold"}, **PERSON)
        asked = running.file({**WORDS, "problem": "dropped"}, **PERSON)
        refused = running.file(whole, **PERSON)
        complaint = {"base": [{"description": f"{PERSON['name']}: {PERSON['text']}"}]}
        running.sandbox.state.faults.add(
            Fault(
                rf"/api/v2/tickets/{refused}",
                "PUT",
                status=422,
                body={
                    "error": "RecordInvalid",
                    "description": PERSON["text"],
                    "details": complaint,
                },
            )
        )
        for ticket in (written, held, asked, refused):
            jobs.accept("main", f"d{ticket}", str(ticket), "ticket_created")
        worker = Worker(jobs, review, keep=records.keep, retry=Retry(first=0.01, longest=0.02))
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            until(lambda: (left := jobs.backlog()).due + left.leased == 0)
        finally:
            stop.set()
            thread.join()
        with store.read() as connection:
            kept = connection.execute(select(RECORDS)).all()
            errors = connection.execute(select(REVIEWS.c.last_error)).scalars().all()
        assert {row.ticket_id for row in kept} == {str(one) for one in (written, held, asked)}
        assert all(row.requester for row in kept)
        assert [error for error in errors if error], "nothing was set aside"
        # Before the last connection closes, and after: what is in the log, and in the file.
        found = _bytes(tmp_path)
        store.close()
        found += _bytes(tmp_path)
    assert str(written).encode() in found, "this looked at the wrong files"
    secrets = [*PERSON.values(), *WORDS.values(), *PERSON["name"].split(), "5550199"]
    for secret in secrets:
        assert secret.lower().encode() not in found.lower(), secret


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("warranty.sqlite*")))
