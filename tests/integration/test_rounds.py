"""Which chores there are, for which installation, and what keeps an idle account alive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from sqlalchemy import select, update

from integration import errors
from integration.budgets import Limits
from integration.chores import CHORES, Chores
from integration.config import Config, Installation
from integration.directory import Directory
from integration.errands import ERRANDS, Errands
from integration.heartbeats import Heartbeats
from integration.helpdesks.tokens import Tokens
from integration.installations import Installations
from integration.jobs import Jobs
from integration.keeper import Keeper
from integration.metrics import build
from integration.records import Records
from integration.sandbox.options import Options as SandboxOptions
from integration.store import Store, now_ms
from integration.vault import Vault, new_key
from integration.vendors import FRESHDESK
from integration.workplace import Workplace, furnish, limits_of
from tests.integration.live import until
from tests.integration.places import HELPDESKS, MAKERS

KEY = new_key()
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
DAY = 86_400


@pytest.fixture
def kept(store: Store) -> Installations:
    store.prepare()
    return Installations(store, Vault([KEY]))


def workplace(
    store: Store, kept: Installations | None, given: Any = None, **more: Any
) -> Workplace:
    config = Config(installations=given or {}, keys=(KEY,), url="https://w.example.com", **more)
    jobs = Jobs(store)
    return furnish(
        config,
        store,
        jobs,
        Records(store),
        config.installations if kept is None else Directory(kept, config.installations),
        kept,
        lambda installation: Limits(),
        build(jobs, Heartbeats(store)),
        lambda: NOW,
    )


def chores(place: Workplace) -> set[tuple[str, str]]:
    return {(one.installation, one.name) for one in place.chores._list()}


def connect(kept: Installations, name: str, refresh_life: float = 80 * DAY, **more: Any) -> None:
    one = Installation(name, subdomain=name, client_id="c", client_secret="s", **more)
    kept.add(one, Tokens(f"ACCESS-{name}", 1800, "REFRESH", refresh_life))


# -- which chores ---------------------------------------------------------------------------------


def test_chores(store: Store, kept: Installations) -> None:
    """Each installation that is on is reconciled, examined and kept alive; one that is off is kept
    alive alone, so that whoever switches it on finds it connected. Installations come and go."""
    connect(kept, "one")
    connect(kept, "two", mode="off")
    place = workplace(store, kept)
    whole = {("", "retention"), ("", "errands")}
    one = {("one", "reconcile"), ("one", "examine"), ("one", "keep alive")}
    assert chores(place) == whole | one | {("two", "keep alive")}
    kept.remove("one")
    connect(kept, "three", mode="shadow")
    assert ("three", "reconcile") in chores(place)
    assert not {name for name, _ in chores(place)} & {"one"}


def test_freshdesk_s_chores(store: Store, kept: Installations) -> None:
    """An API key has no end, so nothing is kept alive; all else is as with anybody."""
    one = Installation("one", helpdesk="freshdesk", subdomain="one", api_key="KEY")
    kept.add(one)
    kept.add(replace(one, id="two", subdomain="two", mode="off"))
    whole = {("", "retention"), ("", "errands")}
    assert chores(workplace(store, kept)) == whole | {("one", "reconcile"), ("one", "examine")}
    given = {"one": one}
    assert chores(workplace(store, None, given)) == {
        ("", "retention"),
        ("one", "reconcile"),
        ("one", "examine"),
    }


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_a_round_finds_what_no_webhook_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, helpdesk: str
) -> None:
    """As the keeper of a worker does it, over the account's own line, in both helpdesks."""
    options = SandboxOptions(export_lag=0) if helpdesk == "zendesk" else None
    with MAKERS[helpdesk](monkeypatch, "http://127.0.0.1:9", options) as place:
        store.prepare()
        store.save_bindings("main", place.bindings)
        found = workplace(store, None, {"main": place.installation})
        (round_,) = [one for one in found.chores._list() if one.name == "reconcile"]
        place.deafen()
        one = Keeper(Chores(store), [round_])
        assert one.run_due() == 1
        ticket = place.file({"claim": True}, "Ann", "ann@example.com", "Broken", "Help.")
        with store.begin() as connection:
            connection.execute(update(CHORES).values(next_at=0))
        assert one.run_due() == 1
        job = Jobs(store).claim("w", 60)
        assert job is not None
        assert (job.ticket_id, job.reason) == (str(ticket), "reconciliation")


def test_environment_s_chores(store: Store) -> None:
    """Without a store of installations there is the environment's, whose token nobody here renews;
    and no set-up page, so no errands."""
    store.prepare()
    given = {"main": Installation("main", subdomain="acme", token="T")}
    place = workplace(store, None, given)
    assert chores(place) == {("", "retention"), ("main", "reconcile"), ("main", "examine")}
    assert place.errands is None
    assert chores(workplace(store, None, given, reconcile_minutes=0)) == {
        ("", "retention"),
        ("main", "examine"),
    }


def test_store_away(store: Store, kept: Installations, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is away no chore is done, and the keeper lives."""
    connect(kept, "one")
    place = workplace(store, kept)

    def away(*_: Any, **__: Any) -> Any:
        raise errors.Unavailable("store: out of reach")

    monkeypatch.setattr(Store, "read", away)
    assert place.chores.run_due() == 0


# -- keeping alive --------------------------------------------------------------------------------


@pytest.fixture
def helpdesk() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as told:
        yield told


def tokens(helpdesk: responses.RequestsMock, name: str, status: int = 201, **more: Any) -> Any:
    answer = {"access_token": "NEW", "expires_in": 1800, **more}
    return helpdesk.post(f"https://{name}.zendesk.com/oauth/tokens", json=answer, status=status)


def do(place: Workplace, installation: str, name: str) -> Any:
    """Do one chore now."""
    (chore,) = [
        one for one in place.chores._list() if (one.installation, one.name) == (installation, name)
    ]
    return chore.do(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "renewed"), [(80, 0), (15, 0), (13, 1), (1, 1)])
@pytest.mark.parametrize("mode", ["off", "full"])
def test_renewed_in_time(
    store: Store,
    kept: Installations,
    helpdesk: responses.RequestsMock,
    days: int,
    renewed: int,
    mode: str,
) -> None:
    """A grant that ends within two weeks is renewed, also where nobody needs it; others are not."""
    connect(kept, "one", days * DAY, mode=mode)
    asked = tokens(helpdesk, "one")
    do(workplace(store, kept), "one", "keep alive")
    assert asked.call_count == renewed
    assert kept.held("one").access == ("NEW" if renewed else "ACCESS-one")


def test_refused(store: Store, kept: Installations, helpdesk: responses.RequestsMock) -> None:
    """A grant that turns out to be gone is said to be gone; the chore is done for the day."""
    connect(kept, "one", DAY)
    helpdesk.post(
        "https://one.zendesk.com/oauth/tokens", json={"error": "invalid_grant"}, status=400
    )
    do(workplace(store, kept), "one", "keep alive")
    found = kept.get("one")
    assert found is not None
    assert found.grant == "gone"
    do(workplace(store, kept), "one", "keep alive")
    assert len(helpdesk.calls) == 1, "it is not asked for again"


def test_no_answer(store: Store, kept: Installations, helpdesk: responses.RequestsMock) -> None:
    """Where no answer comes, the chore is tried again, and the grant is not given up."""
    connect(kept, "one", DAY)
    tokens(helpdesk, "one", status=500)
    with pytest.raises(errors.Unavailable):
        do(workplace(store, kept), "one", "keep alive")
    found = kept.get("one")
    assert found is not None
    assert found.grant == "good"


def test_never_used(store: Store, kept: Installations, helpdesk: responses.RequestsMock) -> None:
    """An account of its own client that was never asked for a token has none to keep alive."""
    kept.add(Installation("one", subdomain="one", client_id="c", client_secret="s"))
    do(workplace(store, kept), "one", "keep alive")
    assert len(helpdesk.calls) == 0


# -- the others -----------------------------------------------------------------------------------


def test_errands_are_forgotten(store: Store, kept: Installations) -> None:
    """What somebody tried a week ago names tickets, and is forgotten."""
    asked = Errands(store)
    asked.ask("one", "try", {})
    errand = asked.claim()
    assert errand is not None
    asked.finish(errand, {"rows": [{"ticket": "7"}]})
    place = workplace(store, kept)
    do(place, "", "errands")
    assert asked.get("one", "try") is not None
    with store.begin() as connection:
        connection.execute(update(ERRANDS).values(ended_at=now_ms() - 7 * DAY * 1000 - 1000))
    do(place, "", "errands")
    assert asked.get("one", "try") is None


def test_examined(
    store: Store,
    kept: Installations,
    helpdesk: responses.RequestsMock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is not in order is logged each day, with how to mend it."""
    from integration import logs

    logs.configure()
    connect(kept, "one")
    helpdesk.get("https://one.zendesk.com/api/v2/users/me.json", json={}, status=403)
    do(workplace(store, kept), "one", "examine")
    said = capsys.readouterr().err
    assert '"what": "access"' in said
    assert "Connect the account again" in said


def test_limits(store: Store, kept: Installations, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation's own limits; what is allowed to all, where it is not known."""
    connect(kept, "one", update_limit=300, request_limit=2500, limit_share=50)
    limits = limits_of(Directory(kept))
    assert limits("one") == Limits(300, 2500, 50)
    assert limits("two") == Limits()
    connect(kept, "three", helpdesk="freshdesk", api_key="k", update_limit=80)
    assert limits("three") == Limits(80, 0, 75, FRESHDESK.requests_a_review)

    def away(*_: Any, **__: Any) -> Any:
        raise errors.Unavailable("store: out of reach")

    monkeypatch.setattr(Store, "read", away)
    assert limits_of(Directory(kept))("one") == Limits()


def test_beside(store: Store, kept: Installations, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chores and errands are done beside the reviews, for as long as the block lasts."""
    from integration import errands as module

    monkeypatch.setattr(module, "_POLL", 0.02)
    asked = Errands(store)
    asked.ask("gone", "look", {})
    place = workplace(store, kept)
    with place.beside():
        until(lambda: _state(asked) == "failed")
        until(lambda: _done(store))
    found = asked.get("gone", "look")
    assert found is not None
    assert found.why == "This account is no longer connected."
    asked.ask("gone", "look", {})
    assert _state(asked) == "waiting"


def _state(asked: Errands) -> str | None:
    found = asked.get("gone", "look")
    return found.state if found else None


def _done(store: Store) -> bool:
    """Whether retention, the first of the chores, was done: then it is due in an hour."""
    with store.read() as connection:
        later = CHORES.c.next_at > now_ms() + 60_000
        return "retention" in connection.execute(select(CHORES.c.name).where(later)).scalars()
