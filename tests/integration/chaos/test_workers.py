"""Workers that die, stop for longer than their lease, or want the same ticket."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise

import pytest

from integration.sandbox.faults import Fault
from tests.integration.chaos.rig import WORKERS, Delivery, Rig
from tests.integration.chaos.storm import TICKET
from tests.integration.live import until

pytestmark = pytest.mark.chaos
MakeRig = Callable[..., AbstractContextManager[Rig]]

_HELD = 4.0  # seconds; the lease is 2


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        ("between reading and writing", Fault(TICKET, "GET", delay=_HELD, delayed="after")),
        ("writing, carried out late", Fault(TICKET, "PUT", delay=_HELD)),
        ("writing, carried out at once", Fault(TICKET, "PUT", delay=_HELD, delayed="after")),
    ],
)
def test_worker_paused_longer_than_its_lease(
    rig: MakeRig, database_url: str, helpdesk: str, moment: str, held: Fault
) -> None:
    """SIGSTOP in the middle of a review, SIGCONT when the other worker has long taken it over: it
    writes nothing on top, and the ticket has one note."""
    # The worker that is stopped would otherwise give up waiting while it is stopped.
    settings = {"WARRANTY_CHAOS_ANSWER": "15"}
    with rig(database_url, settings=settings, helpdesk=helpdesk) as run:
        run.start(WORKERS[:1])
        run.figures.faults[f"paused {moment}"] += 1
        run.faults.add(held)
        run.people.file()
        until(lambda: not run.faults.waiting())
        threading.Event().wait(0.3)  # the request is on its way, and held there
        paused = run.pause(WORKERS[0])
        run.workers = WORKERS
        run.start_again(WORKERS[1])
        until(lambda: len(run.ended(WORKERS[1])) == 1)
        threading.Event().wait(_HELD)  # whatever was held has been carried out or refused by now
        os.kill(paused, signal.SIGCONT)
        until(lambda: run.said(WORKERS[0], "lease lost"))
        run.settle()
        assert run.reckon() == []
        assert run.figures.notes == 1


def test_two_workers_race_for_one_ticket(rig: MakeRig, database_url: str, helpdesk: str) -> None:
    """Hundreds of deliveries for one ticket, two workers with four slots each: never are two of
    them at it at once, and what has been said is not said again."""
    with rig(database_url, helpdesk=helpdesk) as run:
        run.start()
        ticket = run.people.file()
        until(run.deliveries)
        (first,) = run.deliveries()
        run.settle()

        def deliver(number: int) -> None:
            run.post(replace(first, id=f"{first.id}-{number}"))
            if number % 50 == 0:
                until(lambda: run.people.edit(ticket))

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(deliver, range(400)))
        run.settle()
        run.figures.faults["races for one ticket"] += 400
        assert run.reckon() == []
        asked = sorted(run.requests, key=lambda one: one.began)
        for one, following in pairwise(asked):
            assert following.began >= one.ended, "two requests for one ticket at the same time"
        assert len(asked) >= 10


def test_deliveries_again_late_and_in_another_order(
    rig: MakeRig, database_url: str, helpdesk: str
) -> None:
    """Every delivery three times more: at once, after everything else, and backwards. Each is
    stored once, and no ticket is written again."""
    with rig(database_url, helpdesk=helpdesk) as run:
        run.start()
        for _ in range(30):
            run.people.file()
            run.people.edit()
            threading.Event().wait(0.05)
        run.settle()
        written = len([one for one in run.requests if one.method == "PUT"])
        known = run.deliveries()
        shuffled = run.chance.sample(known, len(known))
        again = [*reversed(known), *known, *shuffled]
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(run.post, again))
        assert {answer.status_code for answer in answers if answer} == {202}
        # Late ones that were never accepted, of events that newer ones have overtaken.
        for one in reversed(known):
            late = Delivery(f"late-{one.id}", one.ticket, one.body, False)
            assert run.post(late) is not None
        run.settle()
        run.figures.faults["deliveries sent again"] += len(again) + len(known)
        assert run.reckon() == []
        assert len([one for one in run.requests if one.method == "PUT"]) == written


def test_killed_at_random_moments(rig: MakeRig, database_url: str, helpdesk: str) -> None:
    """SIGKILL of web processes and workers all along, over 500 tickets."""
    over = threading.Event()
    with rig(database_url, helpdesk=helpdesk) as run:
        run.start()

        def kill() -> None:
            while not over.is_set():
                threading.Event().wait(run.chance.uniform(0.2, 1.0))
                victim = run.chance.choice(("web", "one web", *WORKERS, *WORKERS))
                if victim == "one web":
                    run.kill_one_web()
                else:
                    run.kill(victim)
                    run.start_again(victim)

        with ThreadPoolExecutor(1) as threads:
            killing = threads.submit(kill)
            try:
                while len(run.people.tickets) < 500:
                    run.people.file()
                    run.people.edit()
                    threading.Event().wait(0.05)
            finally:
                over.set()
            killing.result()
        run.settle(120)
        assert run.reckon() == []
        assert run.figures.kills["web"] >= 5
        assert run.figures.kills["worker"] >= 5


def test_memory_does_not_grow(rig: MakeRig, database_url: str, helpdesk: str) -> None:
    """After the first hundred tickets a process keeps to its memory, over hundreds more and with a
    helpdesk that fails now and then."""
    growth = 12.0  # MiB
    with rig(database_url, helpdesk=helpdesk) as run:
        run.start()

        def work(number: int) -> None:
            for count in range(number):
                run.people.file()
                run.people.edit()
                if count % 20 == 0:
                    run.faults.add(Fault(TICKET, "PUT", status=500))
                    run.figures.faults["500"] += 1
                threading.Event().wait(0.05)
            run.settle()

        work(100)
        before = run.memory()
        work(300)
        after = run.memory()
        assert run.reckon() == []
    assert set(before) == {"web-1", "web-2", *WORKERS}
    grown = {name: round(after[name] - before[name], 1) for name in before}
    assert max(grown.values()) < growth, grown
