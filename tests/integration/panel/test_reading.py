"""Reading a ticket for the panel: one request, within the budget, and never in a webhook's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import func, select, update

from integration import recording
from integration.assess import assess
from integration.budgets import Budgets, Limits
from integration.config import Installation
from integration.helpdesks import Bindings, Ticket, TicketRef
from integration.jobs import Jobs
from integration.panel.asked import Asked
from integration.panel.lately import Lately
from integration.panel.reading import Desk as Panels
from integration.panel.seen import read
from integration.records import RECORDS, Record, Records
from integration.store import Store
from tests.integration.accounts import account
from tests.integration.desk import BINDINGS, COMPLETE, NOW, Desk, ticket
from tests.integration.panel.conftest import Serve, Service

TICKET = "https://one-account.zendesk.com/api/v2/tickets/7.json"
ONE = account("one", token="TOKEN", client_id=None, client_secret=None)


def keep(
    store: Store, given: Ticket, installation: Installation = ONE, did: str = "written"
) -> None:
    """A review of a ticket is kept."""
    found = assess(given, installation, NOW)
    kept = replace(
        recording.record(given, found, did),
        installation=installation.id,
        ticket_id=given.ref.id,
        shown=found.verdict.status,
    )
    add(store, kept)


def add(store: Store, kept: Record) -> None:
    with store.begin() as connection:
        Records(store).add(connection, kept, review="r1", reason="test", delivery_id=None)


@pytest.fixture
def panels(store: Store) -> Callable[..., Panels]:
    """A panel's desk over a store, in front of a helpdesk in memory."""
    store.prepare()

    def make(desk: Any, **more: Any) -> Panels:
        given: dict[str, Any] = {
            "connect": lambda installation, bindings: desk,
            "load_bindings": lambda installation: BINDINGS,
            "budgets": Budgets(store),
            "limits": lambda installation: Limits(),
            "records": Records(store),
            "jobs": Jobs(store),
            "now": lambda: NOW,
            **more,
        }
        return Panels(**given)

    return make


Make = Callable[..., Panels]


# -- one request ----------------------------------------------------------------------------------


def test_a_ticket_is_read_by_one_request(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """No field, macro or user is asked for."""
    serve()
    service.ticket()
    assert [call.request.url for call in zendesk.calls] == [TICKET]


def test_what_is_tried_out_needs_no_other_reading(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """On the version that the agent's window shows; on another one it is read anew."""
    serve()
    version = service.ticket()["version"]
    for problem in ("warranty_problem_dropped", "warranty_problem_lost"):
        found = service.ticket(edited={"problem": problem}, version=version)
        assert found["verdict"]["status"] == "not_covered"
    service.ticket(what_if={"problem": None}, version=version)
    assert len(zendesk.calls) == 1
    serve({**COMPLETE, "purchase_date": None}, updated_at="2026-05-05T08:00:00Z")
    assert service.ticket(version=version)["verdict"]["status"] == "needs_information"
    assert len(zendesk.calls) == 2  # a look is always a look
    service.ticket(edited={"problem": None}, version=version)
    service.ticket(edited={"problem": None})
    assert len(zendesk.calls) == 4


def test_a_ticket_that_has_just_changed_is_read_anew(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """Its version counts whole seconds, so it may change once more under the same one."""
    serve(updated_at=NOW.isoformat())
    version = service.ticket()["version"]
    service.ticket(edited={"problem": None}, version=version)
    assert len(zendesk.calls) == 2


def test_a_ticket_kept_for_one_account_is_not_another_s(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """The same number and version in another account is read there."""
    serve()
    version = service.ticket()["version"]
    url = "https://two-account.zendesk.com/api/v2/tickets/7.json"
    zendesk.get(url, status=404, json={"error": "RecordNotFound"})
    body = {"ticket": "7", "edited": {"problem": None}, "version": version}
    assert service.post("ticket", body, name="two").status_code == 422
    assert zendesk.calls[-1].request.url == url


def test_tickets_are_kept_for_a_while_and_not_without_end() -> None:
    """Some minutes, and the ones read last."""
    time = [0.0]
    lately = Lately(seconds=10, most=2, clock=lambda: time[0])
    for number in "123":
        lately.put(read(ticket(COMPLETE, ref=TicketRef("one", number))))
    assert lately.get(TicketRef("one", "1"), "1") is None
    assert lately.get(TicketRef("one", "3"), "1") is not None
    assert lately.get(TicketRef("two", "3"), "1") is None
    assert lately.get(TicketRef("one", "3"), "2") is None
    assert lately.get(TicketRef("one", "3"), None) is None
    time[0] = 11
    assert lately.get(TicketRef("one", "3"), "1") is None


# -- within the budget ----------------------------------------------------------------------------


def test_each_reading_counts_and_reviews_keep_their_part(store: Store, panels: Make) -> None:
    """Once the panels' part is spent they read no more; a review may still begin."""
    small = {"limits": lambda installation: Limits(requests=80), "credit": 0}
    panel = panels(Desk(ticket(COMPLETE)), **small)
    keep(store, ticket(COMPLETE))
    read_ = [panel.look(ONE, Asked("7")) for _ in range(20)]
    answers = [one["as_of"] is None for one in read_]
    # Of 60 a minute a bucket holds 15, of which 12 are the panels'.
    assert 12 <= answers.count(True) < 15
    assert answers[-1] is False
    assert Budgets(store).take("one", Limits(requests=80), requests=3) == 0.0


def test_after_a_burst_a_few_are_still_read(store: Store, panels: Make) -> None:
    """Reviews that have spent the budget keep no agent waiting, a few times a minute; but nothing
    is sent while the helpdesk is to be left alone."""
    panel = panels(Desk(ticket(COMPLETE)), credit=2)
    keep(store, ticket(COMPLETE))
    assert Budgets(store).take("one", Limits(), requests=1000) == 0.0, "from a full bucket"
    read_ = [panel.look(ONE, Asked("7"))["as_of"] is None for _ in range(4)]
    assert read_ == [True, True, False, False]
    other = panels(Desk(ticket(COMPLETE)), credit=2)
    Budgets(store).pause("one", 30)
    assert other.look(ONE, Asked("7"))["as_of"] is not None


def test_without_a_budget_it_is_judged_as_last_reviewed(store: Store, panels: Make) -> None:
    """As of then, and said so; what is edited still counts on top."""
    desk = Desk(ticket(COMPLETE))
    keep(store, desk.ticket)
    panel = panels(desk)
    Budgets(store).pause("one", 30)
    found = panel.look(ONE, Asked("7"))
    at = datetime.fromisoformat(found["as_of"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert found["state"] == "claim"
    assert found["verdict"]["status"] == found["shown"] == "covered"
    assert found["counts"]["by"] == "policy"
    assert found["version"] is None
    edited = panel.look(ONE, Asked("7", edited={"problem": "warranty_problem_dropped"}))
    assert edited["verdict"]["clauses"] == ["X8"]


def test_an_agent_s_decision_is_remembered(store: Store, panels: Make) -> None:
    """What counted at the last review counts in what is told of it."""
    given = ticket({**COMPLETE, "agent_decision": "refund_eligible"})
    found = assess(given, ONE, NOW)
    kept = recording.record(given, found, "written")
    add(store, replace(kept, installation="one"))
    Budgets(store).pause("one", 30)
    told = panels(Desk(given)).look(ONE, Asked("7"))
    assert told["decision"]["what"] == "refund_eligible"
    assert (told["counts"]["status"], told["counts"]["by"]) == ("refund_eligible", "agent")
    assert told["verdict"]["status"] == "covered"


def test_a_verdict_by_hand_is_remembered(store: Store, panels: Make) -> None:
    """It is not taken for the app's own."""
    given = ticket({**COMPLETE, "verdict": "needs_review", "purchase_date": "spring"})
    found = assess(given, ONE, NOW)
    add(store, replace(recording.record(given, found, "written"), installation="one"))
    Budgets(store).pause("one", 30)
    told = panels(Desk(given)).look(ONE, Asked("7"))
    assert (told["shown"], told["counts"]["by"]) == ("needs_review", "hand")
    assert [one["fact"] for one in told["misread"]] == ["purchase_date"]
    assert "spring" not in str(told)  # what it said was not kept


def test_without_budget_or_memory_it_is_asked_to_wait(store: Store, panels: Make) -> None:
    """Nothing is made up of a ticket that nothing is known of."""
    Budgets(store).pause("one", 30)
    with pytest.raises(Exception, match="budget is spent") as caught:
        panels(Desk(ticket(COMPLETE))).look(ONE, Asked("7"))
    assert 0 < caught.value.retry_after <= 30  # type: ignore[attr-defined]


@pytest.mark.parametrize("trouble", [500, 502, 503, requests.ConnectionError(), requests.Timeout()])
def test_a_helpdesk_that_is_away(
    service: Service, zendesk: responses.RequestsMock, trouble: int | Exception
) -> None:
    """From memory where there is one, otherwise asked to wait."""
    if isinstance(trouble, int):
        zendesk.get(TICKET, status=trouble, json={})
    else:
        zendesk.get(TICKET, body=trouble)
    answered = service.post("ticket", {"ticket": "7"})
    assert answered.status_code == 503
    assert 1 <= int(answered.headers["Retry-After"]) < 60
    keep(service.store, ticket(COMPLETE))
    assert service.ticket()["as_of"] is not None


def test_an_account_that_asks_for_rest_gets_it(
    service: Service, zendesk: responses.RequestsMock
) -> None:
    """A 429 pauses everything that is sent to it, reviews too."""
    zendesk.get(TICKET, status=429, headers={"Retry-After": "40"}, json={})
    assert service.post("ticket", {"ticket": "7"}).status_code == 503
    assert service.post("ticket", {"ticket": "7"}).status_code == 503
    assert len(zendesk.calls) == 1
    assert 30 < Budgets(service.store).take("one", Limits(), requests=1) <= 40


@pytest.mark.parametrize("status", [401, 403])
def test_access_that_is_gone_is_said_so(
    service: Service, zendesk: responses.RequestsMock, status: int
) -> None:
    """Also where something is remembered: an admin has to see to it."""
    keep(service.store, ticket(COMPLETE))
    zendesk.get(TICKET, status=status, json={"error": "TOKEN-one is no good"})
    answered = service.post("ticket", {"ticket": "7"})
    assert answered.status_code == 409
    assert answered.get_json()["type"] == "urn:warranty-desk:problem:access-gone"
    assert "TOKEN" not in answered.text


def test_a_ticket_that_is_not_there(service: Service, zendesk: responses.RequestsMock) -> None:
    """Nor is what was kept of it told."""
    keep(service.store, ticket(COMPLETE))
    zendesk.get(TICKET, status=404, json={"error": "RecordNotFound"})
    answered = service.post("ticket", {"ticket": "7"})
    assert answered.status_code == 422
    assert answered.get_json()["type"] == "urn:warranty-desk:problem:no-such-ticket"


# -- never in a webhook's way ---------------------------------------------------------------------


class Slow:
    """A helpdesk that answers when it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()

    def get(self, ref: TicketRef) -> Ticket:
        self.asked.release()
        assert self.go.wait(20)
        return ticket(COMPLETE)


def test_a_slow_helpdesk_holds_only_so_many_threads(store: Store, panels: Make) -> None:
    """Whoever comes beyond that is answered at once, from memory."""
    slow = Slow()
    panel = panels(slow, places=2)
    keep(store, ticket(COMPLETE))
    answers: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(panel.look(ONE, Asked("7"))))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    assert all(slow.asked.acquire(timeout=20) for _ in threads)
    assert panel.look(ONE, Asked("7"))["as_of"] is not None
    slow.go.set()
    for thread in threads:
        thread.join(20)
    assert [one["as_of"] for one in answers] == [None, None]
    assert panel.look(ONE, Asked("7"))["as_of"] is None  # the places are free again


# -- what is kept of a ticket ---------------------------------------------------------------------


def test_the_history_is_of_changes(service: Service, serve: Serve) -> None:
    """Reviews that found the same again are one line, from when it was first found."""
    open_ = ticket({**COMPLETE, "troubleshooting": None})
    for did in ("written", "unchanged", "unchanged"):
        keep(service.store, open_, did=did)
    keep(service.store, ticket(COMPLETE))
    keep(service.store, ticket(COMPLETE), did="unchanged")
    serve()
    history = service.ticket()["history"]
    assert [(one["status"], one["did"]) for one in history] == [
        ("covered", "written"),
        ("needs_information", "written"),
    ]
    assert set(history[0]) == {"at", "status", "clauses", "did", "shown", "decision"}
    assert datetime.fromisoformat(history[0]["at"]).tzinfo == UTC


def test_a_review_that_found_the_same_again_is_told_by_its_moment(
    service: Service, serve: Serve
) -> None:
    """It is no change of the verdict, and still the ticket was decided again."""
    serve()
    assert service.ticket()["reviewed_at"] is None
    for reviewed in ("2026-05-05T10:00:00+00:00", "2026-05-05T11:30:00+00:00"):
        keep(service.store, ticket(COMPLETE))
        newest = select(func.max(RECORDS.c.id)).scalar_subquery()
        at = int(datetime.fromisoformat(reviewed).timestamp() * 1000)
        with service.store.begin() as connection:
            connection.execute(update(RECORDS).where(RECORDS.c.id == newest).values(reviewed_at=at))
        found = service.ticket()
        assert found["reviewed_at"] == reviewed
        assert [one["at"] for one in found["history"]] == ["2026-05-05T10:00:00+00:00"]


def test_another_account_s_history_is_not_told(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """The same ticket number in another account is another ticket, also from memory."""
    two = replace(ONE, id="two")
    keep(service.store, ticket({**COMPLETE, "problem": "dropped"}, ref=TicketRef("two", "7")), two)
    serve()
    assert service.ticket()["history"] == []
    zendesk.replace(responses.GET, TICKET, status=503, json={})
    assert service.post("ticket", {"ticket": "7"}).status_code == 503


# -- again ----------------------------------------------------------------------------------------


def test_again_makes_the_review_due(service: Service, zendesk: responses.RequestsMock) -> None:
    """Now, with a reason, and in this account alone; nothing is sent to the helpdesk."""
    keep(service.store, ticket(COMPLETE))
    answered = service.post("again", {"ticket": "7"})
    assert (answered.status_code, answered.get_json()) == (202, {"state": "due"})
    jobs = Jobs(service.store)
    shown = jobs.show("one", "7")
    assert shown is not None
    assert shown.reason == "asked for by an agent"
    assert jobs.show("two", "7") is None
    assert len(zendesk.calls) == 0


def test_again_of_a_ticket_that_nothing_is_kept_of(
    service: Service, serve: Serve, zendesk: responses.RequestsMock
) -> None:
    """It is looked for first: of one that is not there, no review is asked for."""
    serve(number=8)
    assert service.post("again", {"ticket": "8"}).status_code == 202
    url = "https://one-account.zendesk.com/api/v2/tickets/9.json"
    zendesk.get(url, status=404, json={"error": "RecordNotFound"})
    assert service.post("again", {"ticket": "9"}).status_code == 422
    jobs = Jobs(service.store)
    assert jobs.show("one", "8") is not None
    assert jobs.show("one", "9") is None


def test_bindings_that_are_not_there(panels: Make) -> None:
    """An account before its set-up."""
    for load in (lambda installation: None, lambda installation: Bindings()):
        found = panels(Desk(ticket()), load_bindings=load).look(ONE, Asked("7"))
        assert found["state"] == "not_set_up"
