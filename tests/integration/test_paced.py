"""Setting an account up within its limits."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select, update

from integration import errors
from integration.budgets import ACCOUNTS, Budgets, Limits
from integration.catalogue import FIELDS
from integration.cli import main
from integration.config import Installation
from integration.connections import account_of
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_webhook import new_secret
from integration.helpdesks.freshdesk_wire import STAND_IN, Account, open_line
from integration.paced import PATIENCE, paced
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from integration.sandbox.server import running_sandbox as running_zendesk
from integration.store import Store, connect
from integration.vendors import FRESHDESK, ZENDESK

URL = "https://warranty.example.com"
TRIAL = 50
OURS = TRIAL * 75 / 100
"""Requests a minute of a trial, and what the app may take of them."""


@dataclass
class Desk:
    """A small Freshdesk on the trial plan, and time that passes only while somebody waits."""

    sandbox: Sandbox
    store: Store
    time: float = 0.0
    sent: list[float] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def one(self) -> Installation:
        key, secrets = self.sandbox.api_key, (new_secret(),)
        return Installation(
            "main",
            helpdesk="freshdesk",
            subdomain="sandbox",
            api_key=key,
            signing_secrets=secrets,
        )

    def wait(self, seconds: float) -> None:
        """So long passes, for the account as for our database."""
        self.time += seconds
        later(self.store, seconds)
        with self.sandbox.account.lock:
            self.sandbox.account.shift(seconds)

    def now(self) -> datetime:
        return self.sandbox.account.now()

    def told(self, kind: str, status: str) -> None:
        self.sent.append(self.time)
        self.answers.append(status)

    def paced(self, **more: Any) -> Account:
        """The account, as a set-up reaches it."""
        given: dict[str, Any] = {
            "told": self.told,
            "wait": self.wait,
            "clock": lambda: self.time,
            "say": self.words.append,
            "store": self.store,
            **more,
        }
        account = paced(self.one, account_of(self.one), **given)
        assert isinstance(account, Account)
        return account

    def ask(self, **more: Any) -> Any:
        """One request of a set-up."""
        return open_line(self.paced(**more)).get("agents/me")

    def others(self) -> requests.Response:
        """A request of somebody else's program."""
        url = f"{self.sandbox.base_url}/api/v2/agents/me"
        return requests.get(url, auth=(self.sandbox.api_key, "X"), timeout=10)

    def limit(self) -> int | None:
        """The requests a minute that the budget knows of."""
        with self.store.read() as connection:
            found = connection.execute(select(ACCOUNTS.c.request_limit)).scalar_one()
        return None if found is None else int(found)


def later(store: Store, seconds: float) -> None:
    """So long passes for the budgets."""
    by, a = round(seconds * 1000), ACCOUNTS.c
    with store.begin() as connection:
        passed = {"filled_at": a.filled_at - by, "paused_until": a.paused_until - by}
        connection.execute(update(ACCOUNTS).values(**passed))


@pytest.fixture
def desk(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    store = connect(sqlite_url)
    store.prepare()
    with running_sandbox(Options(plan="trial")) as sandbox:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(STAND_IN, sandbox.base_url)
        yield Desk(sandbox, store)
    store.close()


def test_a_set_up_leaves_others_their_part(desk: Desk) -> None:
    """Everything is put in place on the smallest plan, without one refusal: in no minute are more
    requests sent than the app may take, and whoever else asks is answered. What is looked at
    afterwards keeps to the same."""
    placed = FRESHDESK.office(desk.one, desk.paced(), URL).put_in_place(None)
    assert set(placed.bindings.fields) == {spec.key for spec in FIELDS}
    assert desk.others().ok
    FRESHDESK.office(desk.one, desk.paced(), URL).examine(placed.bindings, None, desk.now)
    assert desk.others().ok
    assert set(desk.answers) <= {"200", "201"}
    assert len(desk.sent) > TRIAL
    assert busiest(desk.sent) <= OURS + 1  # the first, before the limit is known
    assert 60 < desk.time < 300
    assert any(one.startswith("Going slowly") for one in desk.words)


def busiest(moments: list[float]) -> int:
    """The most requests that were sent within a minute."""
    return max(bisect_right(moments, at + 60) - n for n, at in enumerate(moments))


def test_the_first_answer_tells_the_limit(desk: Desk) -> None:
    """From then on everybody's budget is of the account's own limit."""
    desk.ask()
    assert desk.limit() == TRIAL
    assert desk.words == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_is_waited_out(desk: Desk, method: str) -> None:
    """What somebody else used up is waited for, as long as the helpdesk says, and reviews leave the
    account alone meanwhile; then it is sent again, writes too."""
    headers = {"Retry-After": "40"}
    desk.sandbox.account.faults.add(Fault(method=method, status=429, headers=headers))
    paused: list[float] = []

    def wait(seconds: float) -> None:
        paused.append(Budgets(desk.store).take("main", Limits(), requests=1))
        desk.wait(seconds)

    line = open_line(desk.paced(wait=wait))
    if method == "GET":
        assert line.get("agents/me")["id"]
    else:
        assert line.post("canned_response_folders", {"name": "Ours"})["name"] == "Ours"
        folders = [row["name"] for row in line.get("canned_response_folders")]
        assert folders.count("Ours") == 1
    assert desk.answers[:2] == ["429", "200" if method == "GET" else "201"]
    assert 39 < paused[0] <= 40
    assert 40 <= desk.time < 41
    assert desk.words == ["Waiting 40 s: the helpdesk asks to, its account's limit being reached."]


def test_patience_ends(desk: Desk) -> None:
    """Where the helpdesk asks for more than some minutes, the errand ends at once, and says for how
    long; and so it does where there is no room in the budget for so long."""
    headers = {"Retry-After": "1800"}
    desk.sandbox.account.faults.add(Fault(status=429, headers=headers))
    with pytest.raises(errors.RateLimited) as refused:
        desk.ask()
    assert refused.value.retry_after == 1800
    with pytest.raises(errors.RateLimited, match="no room within the app's share") as full:
        desk.ask()
    assert 1790 < (full.value.retry_after or 0) <= 1800
    assert desk.time == 0
    assert desk.answers == ["429"]


def test_a_refusal_without_a_time(desk: Desk) -> None:
    """Limits are counted by the minute: so long it is left alone, and not for ever."""
    desk.sandbox.account.faults.add(Fault(status=429, times=1_000))
    with pytest.raises(errors.RateLimited):
        desk.ask()
    assert 60 < desk.time <= PATIENCE
    assert set(desk.answers) == {"429"}
    assert len(desk.answers) == 1 + desk.time // 60


def test_without_the_store(desk: Desk, tmp_path: Path) -> None:
    """Whoever looks for what is wrong gets to see the helpdesk though the database is away."""
    away = connect(f"sqlite:///{tmp_path}/nowhere/warranty.sqlite", 0.1)
    office = FRESHDESK.office(desk.one, desk.paced(store=away), URL)
    found = {one.key: one.state for one in office.examine(Bindings(), None, desk.now)}
    assert found["access"] == "good"
    assert desk.time == 0
    away.close()


def test_zendesk_is_counted_too(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request of a look at a Zendesk account is taken out of its budget, and heard."""
    store = connect(sqlite_url)
    store.prepare()
    with running_zendesk() as sandbox:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
        one = Installation("main", subdomain="sandbox", token=sandbox.token)
        asked: list[str] = []
        now = partial(datetime.now, UTC)
        account = paced(one, account_of(one), store, told=lambda kind, how: asked.append(how))
        checks = ZENDESK.office(one, account, URL).examine(Bindings(), None, now)
    found = {check.key: check.state for check in checks}
    assert (found["access"], found["clock"], found["limits"]) == ("good", "good", "good")
    with store.read() as connection:
        row = connection.execute(select(ACCOUNTS)).one()
    assert len(asked) > 5
    assert row.request_limit == 700
    store.close()


def test_the_terminal_says_why_it_takes_long(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`warranty install` on the smallest plan goes slowly and says so, beside what it prints; the
    doctor after it, whose findings a program reads, does not mix that with them."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": str(desk.store._engine.url),
        "WARRANTY_URL": URL,
        "WARRANTY_FRESHDESK_SUBDOMAIN": "sandbox",
        "WARRANTY_FRESHDESK_API_KEY": desk.sandbox.api_key,
    }.items():
        monkeypatch.setenv(name, value)
    waiting = partial(paced, told=desk.told, wait=desk.wait, clock=lambda: desk.time)
    monkeypatch.setattr("integration.commands.connected.paced", waiting)
    done = CliRunner().invoke(main, ["install", "--save-secret", ".env"])
    assert done.exit_code == 0, done.output
    assert "Going slowly, to keep within the app's share" in done.stderr
    assert "Going slowly" not in done.stdout
    assert desk.time > 30
    found = CliRunner().invoke(main, ["doctor", "--json"])
    assert {one["key"]: one["state"] for one in json.loads(found.stdout)}["fields"] == "good"
    assert set(desk.answers) <= {"200", "201"}
    assert busiest(desk.sent) <= OURS + 1


def test_the_first_limit_makes_up_for_what_was_presumed(store: Store) -> None:
    """An account that turns out to have more is not held to the little that was presumed; what was
    taken until then counts, and being told again adds nothing."""
    budgets, limits = Budgets(store), Limits(share=100)
    assert budgets.take("main", limits, requests=20) == 0
    budgets.learn("main", limits, 4_000)
    budgets.learn("main", limits, 4_000)
    assert budgets.take("main", limits, requests=980) == 0
    assert budgets.take("main", limits, requests=100) > 0
