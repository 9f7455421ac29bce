"""What an admin asks for is done once, by one worker at a time, and it is told how it went."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from integration import errands, errors
from integration.errands import ERRANDS, Errand, Errands, Runner
from integration.store import Store, now_ms
from tests.integration.live import until


@pytest.fixture
def asked(store: Store) -> Errands:
    store.prepare()
    return Errands(store)


def got(asked: Errands, kind: str = "look", installation: str = "one") -> Errand:
    found = asked.get(installation, kind)
    assert found is not None
    return found


def dies(asked: Errands, store: Store) -> Errand:
    """Take an errand and never come back: its lease runs out."""
    errand = asked.claim()
    assert errand is not None
    with store.begin() as connection:
        connection.execute(update(ERRANDS).values(lease_until=now_ms() - 1))
    return errand


# -- asking ---------------------------------------------------------------------------------------


def test_asked_and_done(asked: Errands) -> None:
    """What is asked for waits, is held while somebody is at it, and then says what came of it."""
    assert asked.get("one", "look") is None
    assert asked.claim() is None
    asked.ask("one", "look", {"mapped": {"a": "1"}})
    waiting = got(asked)
    assert (waiting.state, waiting.doing, waiting.given) == (
        "waiting",
        False,
        {"mapped": {"a": "1"}},
    )
    errand = asked.claim()
    assert errand is not None
    assert (errand.installation, errand.kind, errand.tries) == ("one", "look", 1)
    assert got(asked).doing
    assert asked.claim() is None, "nobody else takes it meanwhile"
    assert asked.finish(errand, {"words": "ä"})
    done = got(asked)
    assert (done.state, done.doing, done.result, done.why) == ("done", False, {"words": "ä"}, None)
    assert asked.claim() is None


def test_one_of_each_kind(asked: Errands) -> None:
    """Kinds and installations are apart; what was asked for longest ago comes first."""
    asked.ask("one", "look", {})
    asked.ask("two", "look", {})
    asked.ask("one", "try", {})
    taken = [asked.claim() for _ in range(3)]
    assert [(e.installation, e.kind) for e in taken if e] == [
        ("one", "look"),
        ("two", "look"),
        ("one", "try"),
    ]
    asked.forget("one")
    assert asked.get("one", "look") is None
    assert asked.get("one", "try") is None
    assert got(asked, installation="two").doing


def test_asked_again_while_it_is_done(asked: Errands) -> None:
    """A second click while a worker is at it: the first one's result counts for nothing, and nobody
    begins the second before the first has ended; two at once would create everything twice."""
    asked.ask("one", "place", {"first": True})
    first = asked.claim()
    assert first is not None
    asked.ask("one", "place", {"first": False})
    assert asked.claim() is None
    assert not asked.finish(first, {"words": "first"})
    assert got(asked, "place").state == "waiting"
    second = asked.claim()
    assert second is not None
    assert (second.given, second.tries) == ({"first": False}, 1)
    assert asked.finish(second, {"words": "second"})
    assert got(asked, "place").result == {"words": "second"}


def test_asked_again_while_it_fails(asked: Errands) -> None:
    """The same where the first comes to nothing, or is to be tried again."""
    for end in (asked.fail, lambda errand, _: asked.again(errand, 600.0)):
        asked.ask("one", "place", {})
        first = asked.claim()
        assert first is not None
        asked.ask("one", "place", {})
        assert not end(first, "why")
        second = asked.claim()
        assert second is not None, "it waits for nothing that the first waited for"
        asked.finish(second, {})


def test_asked_again_while_it_waits(asked: Errands) -> None:
    """Somebody who asks anew is not made to wait for an old errand's next try."""
    asked.ask("one", "look", {})
    errand = asked.claim()
    assert errand is not None
    assert asked.again(errand, 600.0)
    assert asked.claim() is None
    asked.ask("one", "look", {})
    assert asked.claim() is not None


def test_its_worker_died(asked: Errands, store: Store) -> None:
    """What a dead worker was at is taken up by another; what the dead one says after all counts no
    more."""
    asked.ask("one", "look", {})
    first = dies(asked, store)
    assert not got(asked).doing
    second = asked.claim()
    assert second is not None
    assert second.tries == 2
    assert not asked.finish(first, {"words": "late"})
    assert got(asked).doing, "the second one's lease is its own"
    assert asked.finish(second, {"words": "second"})
    assert got(asked).result == {"words": "second"}


def test_renewed(asked: Errands, store: Store) -> None:
    """A lease that is renewed goes on; one that somebody else has taken over does not."""
    asked.ask("one", "look", {})
    first = dies(asked, store)
    asked.renew(first)
    assert got(asked).doing
    again = dies_again(store)
    assert again
    second = asked.claim()
    assert second is not None
    with store.begin() as connection:
        connection.execute(update(ERRANDS).values(lease_until=now_ms() - 1))
    asked.renew(first)
    assert not got(asked).doing


def dies_again(store: Store) -> bool:
    with store.begin() as connection:
        return bool(connection.execute(update(ERRANDS).values(lease_until=now_ms() - 1)).rowcount)


def test_two_workers(asked: Errands) -> None:
    """Of several workers that look at the same moment, one takes it."""
    for number in range(8):
        asked.ask(str(number), "look", {})
    taken: list[Errand] = []

    def take() -> None:
        while errand := asked.claim():
            taken.append(errand)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two that meet at one errand may go away with nothing, and come again.
    take()
    assert sorted(errand.installation for errand in taken) == [str(n) for n in range(8)]


def test_pruned(asked: Errands, store: Store) -> None:
    """What came of an errand is forgotten in time; one that waits or is being done is not."""
    for name in ("old", "new", "waiting"):
        asked.ask(name, "try", {})
    for _ in range(2):
        errand = asked.claim()
        assert errand is not None
        asked.finish(errand, {"rows": []})
    with store.begin() as connection:
        old = update(ERRANDS).where(ERRANDS.c.installation == "old")
        connection.execute(old.values(ended_at=now_ms() - 8 * 86_400_000))
        waiting = update(ERRANDS).where(ERRANDS.c.installation == "waiting")
        connection.execute(waiting.values(asked_at=now_ms() - 8 * 86_400_000))
    assert asked.prune(timedelta(days=7)) == 1
    assert asked.get("old", "try") is None
    assert got(asked, "try", "new").state == "done"
    assert got(asked, "try", "waiting").state == "waiting"


def test_long_reason_is_cut(asked: Errands) -> None:
    """A reason of any length is kept as far as anybody would read it."""
    asked.ask("one", "look", {})
    errand = asked.claim()
    assert errand is not None
    asked.fail(errand, "x" * 100_000)
    assert got(asked).why == "x" * 1000


# -- doing ----------------------------------------------------------------------------------------


def run(asked: Errands, do: Callable[[Errand], Any]) -> Errand:
    asked.ask("one", "look", {})
    assert Runner(asked, do).one()
    return got(asked)


def test_done(asked: Errands) -> None:
    """The runner does one, and says whether there was any."""
    assert run(asked, lambda errand: {"kind": errand.kind}).result == {"kind": "look"}
    assert not Runner(asked, lambda errand: None).one()


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (errors.Forbidden("acme: answered 401"), "acme: answered 401\nConnect the account again"),
        (errors.Invalid("2 in the way", fields={"A": "is taken"}), "2 in the way\nA: is taken\n"),
        (errors.Invalid("A: is taken", fields={"A": "is taken"}), "A: is taken\nCheck the named"),
        (RuntimeError("SECRET-DETAIL"), "Something went wrong here"),
    ],
)
def test_failed(asked: Errands, error: Exception, why: str) -> None:
    """What no other try can mend fails at once, in words with what to do; of a fault of our own
    nothing is told but that it was."""

    def fail(errand: Errand) -> None:
        raise error

    failed = run(asked, fail)
    assert (failed.state, failed.result) == ("failed", None)
    assert failed.why is not None
    assert failed.why.startswith(why)
    assert "SECRET-DETAIL" not in failed.why
    assert failed.why.count("is taken") <= 1


def test_unavailable(asked: Errands, store: Store) -> None:
    """A helpdesk that does not answer is asked again, not before the time it names, and three times
    in all."""

    def fail(errand: Errand) -> None:
        raise errors.Unavailable("acme: no answer", retry_after=30)

    assert run(asked, fail).state == "waiting"
    runner = Runner(asked, fail)
    assert not runner.one(), "not yet"
    for tries in (2, 3):
        assert dies_again(store)
        assert runner.one()
        assert got(asked).tries == tries
    assert got(asked).state == "failed"
    assert got(asked).why == "acme: no answer. Try again in a while."


def test_long_wait(asked: Errands) -> None:
    """Nobody sits before the page for as long as some helpdesks ask to wait."""

    def fail(errand: Errand) -> None:
        raise errors.RateLimited("acme: answered 429", retry_after=600)

    assert run(asked, fail).state == "failed"


def test_kills_its_workers(asked: Errands, store: Store) -> None:
    """An errand on which worker after worker dies is given up, and not done a fourth time."""
    done: list[Errand] = []
    asked.ask("one", "look", {})
    for _ in range(3):
        dies(asked, store)
    assert Runner(asked, done.append).one()
    assert done == []
    assert "broke off" in (got(asked).why or "")


def test_lease_is_renewed(asked: Errands, monkeypatch: pytest.MonkeyPatch) -> None:
    """An errand that takes longer than its lease stays with who is at it."""
    monkeypatch.setattr(errands, "_LEASE", 0.6)
    others: list[Errand | None] = []

    def slow(errand: Errand) -> str:
        for _ in range(8):
            threading.Event().wait(0.2)
            others.append(asked.claim())
        return "done"

    assert run(asked, slow).result == "done"
    assert others == [None] * 8


def test_store_away_at_the_end(asked: Errands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the end cannot be stored, the runner lives on, and the errand is done again."""
    monkeypatch.setattr(errands, "_POLL", 0.02)
    real, times = Errands.finish, list[int]()

    def finish(self: Errands, errand: Errand, result: Any) -> bool:
        times.append(errand.tries)
        if len(times) == 1:
            self.again(errand, 0)
            raise errors.Unavailable("sqlite: database is locked")
        return real(self, errand, result)

    monkeypatch.setattr(Errands, "finish", finish)
    asked.ask("one", "look", {})
    with Runner(asked, lambda errand: "done").running():
        until(lambda: got(asked).state == "done")
    assert times == [1, 2]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    found = threading.Event()
    yield found
    found.set()


def test_one_does_not_hold_up_another(
    asked: Errands, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one account's helpdesk hangs, another's errand is done."""
    monkeypatch.setattr(errands, "_POLL", 0.02)

    def do(errand: Errand) -> str:
        if errand.installation == "slow":
            gate.wait(20)
        return "done"

    asked.ask("slow", "look", {})
    with Runner(asked, do).running():
        until(lambda: got(asked, installation="slow").doing)
        asked.ask("quick", "look", {})
        until(lambda: got(asked, installation="quick").state == "done")
        assert got(asked, installation="slow").state == "waiting"
        gate.set()
        until(lambda: got(asked, installation="slow").state == "done")
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("errand")]
