from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from integration import errors, logs
from integration.jobs import Jobs
from integration.reviewing import Retry
from integration.sandbox.faults import Fault
from integration.store import connect
from integration.worker import Worker
from tests.integration.desk import COMPLETE
from tests.integration.live import live, until

NAME = "Philippa Marchbanks"
EMAIL = "pmarchbanks@example.com"
SUBJECT = "Quicksilver-subject of mine"
TEXT = "Zanzibar-text: my brush hums at night"
ORDER = "ORDER-99417-QX"
MODEL = "Xylophone-model nine"
PERSONAL = (NAME, "Marchbanks", EMAIL, "pmarchbanks", "Quicksilver", "Zanzibar", ORDER, "Xylophone")
ALL = " / ".join((NAME, EMAIL, SUBJECT, TEXT, ORDER, MODEL))
FACTS = {**COMPLETE, "order_number": ORDER, "product_model": MODEL}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as it would stand on standard error."""
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


def test_delivery_review_and_write_are_tied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a line about a delivery one gets to the review that answered it, and from there to the
    helpdesk's audit of what it wrote; and back."""
    with live(tmp_path, monkeypatch) as running:
        running.start_web()
        running.start_worker()
        ticket = running.file(FACTS, NAME, EMAIL, SUBJECT, TEXT)
        until(lambda: "review ended" in running.log("worker"))
        (accepted,) = [x for x in running.lines("web") if x["event"] == "delivery accepted"]
        (ended,) = [x for x in running.lines("worker") if x["event"] == "review ended"]
        audits = running.sandbox.state.ticket_detail(ticket).audits
    where = {"installation": "main", "ticket": str(ticket)}
    assert where.items() <= accepted.items()
    assert where.items() <= ended.items()
    assert accepted["delivery"] == ended["delivery"]
    assert ended["how"] == "written"
    marks = [audit["metadata"].get("custom") or {} for audit in audits]
    assert [mark["review"] for mark in marks if "review" in mark] == [ended["review"]]


def test_nothing_personal_and_no_secret_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a customer wrote, whatever a helpdesk quotes of it in its complaints, and whatever a
    stranger posts: web and worker log ids, kinds and places, and neither values nor secrets."""
    complaint = {
        "error": "RecordInvalid",
        "description": f"Record validation errors {ALL}",
        "details": {
            "base": [{"description": f"Order number: {ORDER} of {NAME} is wrong", "error": EMAIL}],
            EMAIL: [{"description": TEXT, "ticket_field_id": ORDER}],
        },
    }
    put, get = r"/api/v2/tickets/\d+", r"/api/v2/tickets/\d+"
    effect = r"/api/v2/tickets/\d+/macros/.*"
    quoted = {"X-Remark": ALL, "Retry-After": "0"}
    faults = {
        "a complaint": Fault(put, "PUT", 1, 422, quoted, complaint),
        "a worded complaint": Fault(put, "PUT", 1, 422, quoted, {"error": {"message": ALL}}),
        "a code": Fault(put, "PUT", 1, 400, quoted, {"error": NAME, "details": ALL}),
        "no more": Fault(get, "GET", 1, 404, quoted, {"error": NAME, "description": ALL}),
        "forbidden": Fault(get, "GET", 1, 403, quoted, {"error": ALL}),
        "a breakdown": Fault(get, "GET", 1, 500, quoted, ALL),
        "garbage": Fault(get, "GET", 1, 200, quoted, ALL),
        "odd": Fault(get, "GET", 1, 200, quoted, {"ticket": {"id": ALL, "tags": ALL}}),
        "odder": Fault(get, "GET", 1, 200, quoted, {"ticket": ALL}),
        "a limit": Fault(get, "GET", 1, 429, quoted, {"error": ALL}),
        "elsewhere": Fault(get, "GET", 1, 302, {"Location": f"http://127.0.0.1:1/{ORDER}"}, ALL),
        "cut": Fault(put, "PUT", 1, cut=True),
        "written, unread": Fault(put, "PUT", 1, 200, quoted, {"ticket": {"id": ALL}}),
        "a macro": Fault(effect, "GET", 1, 422, quoted, complaint),
    }
    with live(tmp_path, monkeypatch) as running:
        running.start_web()
        running.start_worker()
        ordered = running.sandbox.state.faults
        for number, fault in enumerate(faults.values(), start=1):
            ordered.add(fault)
            running.file(FACTS, NAME, EMAIL, SUBJECT, TEXT)
            # Each fault is met, and a review ends with it: one that nobody met proves nothing.
            until(lambda: not ordered.waiting())
            until(lambda n=number: running.log("worker").count('"review ended"') >= n)

        sound = b'{"v": 1, "installation": "main", "event": "ticket_changed", "ticket_id": "1"'
        more = sound + b', "text": ' + json.dumps(ALL).encode() + b"}"
        wrong = json.dumps({"v": 1, "installation": ALL, "event": ALL, "ticket_id": ALL}).encode()
        bearer = f"Bearer {running.sandbox.token}"
        statuses = [
            running.post(more, Authorization=bearer, Cookie=f"who={EMAIL}").status_code,
            running.post(more, path=f"/webhooks/zendesk/main?who={EMAIL}").status_code,
            running.post(more.replace(b"ticket_changed", b"agent_logged_in")).status_code,
            running.post(wrong).status_code,
            running.post(ALL.encode()).status_code,
            running.post(more, **{"X-Zendesk-Webhook-Signature": running.secret}).status_code,
            running.post(more, **{"X-Zendesk-Webhook-Invocation-Id": EMAIL}).status_code,
            running.post(more, path=f"/webhooks/zendesk/{EMAIL}").status_code,
            running.post(more, path=f"/{ORDER}/{EMAIL}").status_code,
        ]
        assert statuses == [202, 202, 204, 400, 400, 401, 400, 404, 404]
        running.stop("worker")
        running.stop("web")
        web, worker = running.log("web"), running.log("worker")
        needles = [*PERSONAL, running.sandbox.token, running.secret]

    assert web.count('"delivery accepted"') >= len(faults)
    assert {"set aside", "postponed", "written"} <= {
        json.loads(line)["how"] for line in worker.splitlines() if '"review ended"' in line
    }
    for needle in needles:
        assert needle not in web
        assert needle not in worker


@dataclass(frozen=True)
class Reviewed:
    next_due_at: datetime | None = None


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(ALL),
        KeyError(ALL),
        UnicodeEncodeError("ascii", ALL, 0, 1, ALL),
        errors.Invalid(ALL, fields={ORDER: ALL}),
        errors.Unwritable(ALL),
        errors.Unavailable(ALL, retry_after=3),
        errors.RateLimited(ALL, retry_after=3),
        errors.Conflict(ALL),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_full_of_values_is_logged_without_them(
    logged: io.StringIO, sqlite_url: str, error: Exception
) -> None:
    """Whatever a review and its mark raise, the log says its type and the ticket's id."""
    store = connect(sqlite_url)
    jobs = Jobs(store)
    jobs.accept("main", "d1", "7", "ticket_created")

    def review(installation: str, ticket: str) -> Reviewed:
        try:
            raise ValueError(ALL)
        except ValueError:
            raise error from None

    def mark(installation: str, ticket: str, why: str) -> None:
        raise error

    stop = threading.Event()
    # One try only, so that every error comes to be set aside and marked.
    worker = Worker(jobs, review, mark=mark, retry=Retry(attempts=1))
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    until(jobs.waiting)
    stop.set()
    thread.join(20)
    store.close()
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert any(type(error).__name__ in json.dumps(line) for line in lines)
    about = [line for line in lines if line.get("ticket") == "7"]
    assert len(about) >= 3
    assert {(line["review"], line["delivery"]) for line in about} == {(about[0]["review"], "d1")}
    for needle in PERSONAL:
        assert needle not in logged.getvalue()


def test_others_lines_during_a_review_carry_its_name(logged: io.StringIO, sqlite_url: str) -> None:
    """What a helpdesk's adapter logs is tied to the ticket without its doing; afterwards the
    thread is nobody's."""
    store = connect(sqlite_url)
    jobs = Jobs(store)
    marks = []

    def review(installation: str, ticket: str) -> Reviewed:
        structlog.get_logger("somebody.else").warning("odd")
        marks.append(logs.mark())
        return Reviewed()

    for number in ("7", "8"):
        jobs.accept("main", f"d{number}", number, "ticket_created")
    stop = threading.Event()
    worker = Worker(jobs, review, slots=1)
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    until(lambda: logged.getvalue().count("review ended") == 2)
    stop.set()
    thread.join(20)
    store.close()
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    odd = [line for line in lines if line["event"] == "odd"]
    assert [(line["ticket"], line["delivery"]) for line in odd] == [("7", "d7"), ("8", "d8")]
    assert [{"review": line["review"]} for line in odd] == marks
    assert marks[0] != marks[1]
    assert "ticket" not in next(line for line in lines if line["event"] == "worker stopped")
    assert logs.mark() == {}


def test_a_library_s_remark_is_logged_without_its_values(logged: io.StringIO) -> None:
    """The words are the library's own; what it would fill in, nobody has vouched for."""
    logger = logging.Logger("urllib3.connection")
    logger.addHandler(logs.Foreign(logging.WARNING))
    logger.warning("Failed to parse headers (url=%s): %s", f"http://x/?q={EMAIL}", ALL)
    logger.warning(f"Failed to parse {ALL}")
    logger.info("not worth it")
    try:
        raise ValueError(ALL)
    except ValueError:
        logger.exception("Could not %s", ALL)
    first, second, third = map(json.loads, logged.getvalue().splitlines())
    assert first["remark"] == "Failed to parse headers (url=%s): %s"
    assert (first["logger"], first["level"]) == ("urllib3.connection", "warning")
    assert second["remark"].startswith("test_logs:")
    assert third["error"] == ["ValueError"]
    for needle in PERSONAL:
        assert needle not in logged.getvalue()


def test_a_remark_that_cannot_be_logged_is_not_printed_either(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """logging's own last resort would print the record with its values."""
    monkeypatch.setattr(logs, "traced", lambda error: 1 / 0)
    logger = logging.Logger("odd")
    logger.addHandler(logs.Foreign(logging.WARNING))
    logger.warning("Odd: %s", ALL, exc_info=ValueError(ALL))
    printed = capsys.readouterr()
    assert "could not be logged" in printed.err
    assert "Marchbanks" not in printed.err + printed.out
