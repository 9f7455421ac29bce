"""An installation's id whose account is another than before: its tickets' numbers are others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from integration import directory, metrics
from integration.app import build_worker, create_app
from integration.budgets import Limits
from integration.cli import main
from integration.config import Config, Installation
from integration.directory import Directory
from integration.heartbeats import Heartbeats
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Installations
from integration.jobs import Jobs
from integration.records import Records
from integration.sandbox.freshdesk import Options, running_sandbox
from integration.store import Home, Moved, Store, connect
from integration.vault import Vault, new_key
from integration.workplace import furnish
from tests.integration.accounts import account
from tests.integration.at_once import at_once

BOUND = Bindings(fields={"verdict": "360001"})
ACME = Installation("main", subdomain="acme", token="token", signing_secrets=("s" * 24,))
SHOP = Installation(
    "main", helpdesk="freshdesk", subdomain="shop", api_key="key", signing_secrets=("s" * 24,)
)
BOTH = r"'main': what is kept .* acme\.zendesk\.com, and the settings name shop\.freshdesk\.com"


def config(url: str, one: Installation) -> Config:
    return Config(installations={one.id: one}, database_url=url)


@pytest.fixture
def used(store: Store) -> Store:
    """An account of Zendesk was set up here, and a ticket of its is due."""
    store.prepare()
    store.save_bindings("main", BOUND, Home("zendesk", "acme"))
    Jobs(store).make_due("main", "123", datetime.now(UTC), reason="date reached")
    return store


@pytest.mark.parametrize("build", [build_worker, create_app])
@pytest.mark.parametrize(
    "other", [SHOP, Installation("main", subdomain="bees", token="t", signing_secrets=("s" * 24,))]
)
def test_no_start_with_another_account(
    used: Store, database_url: str, build: Callable[[Config], object], other: Installation
) -> None:
    """Neither a worker nor the web app starts; for the same account as before they do."""
    with pytest.raises(Moved, match="WARRANTY_INSTALLATION"):
        build(config(database_url, other))
    assert Jobs(used).backlog("main").due == 1
    assert build(config(database_url, ACME))


def test_another_name_will_do(used: Store, database_url: str) -> None:
    """Under an id of its own the other account is served from the same store."""
    other = Installation("shop", helpdesk="freshdesk", subdomain="shop", api_key="key")
    assert build_worker(config(database_url, other))


def test_a_web_process_that_knows_no_account(used: Store, database_url: str) -> None:
    """It has the secret alone, and nothing to compare."""
    assert create_app(config(database_url, Installation("main", signing_secrets=("s" * 24,))))


def test_stores_from_before(store: Store, database_url: str) -> None:
    """What was kept before anybody noted whose it is counts as the account's that comes first."""
    store.prepare()
    store.save_bindings("main", BOUND)
    assert build_worker(config(database_url, ACME))
    with pytest.raises(Moved, match=BOTH):
        build_worker(config(database_url, SHOP))
    assert store.load_bindings("main") == BOUND


def test_noticed_later(store: Store, database_url: str) -> None:
    """A worker that could not look at its start reviews nothing of the other account's either; the
    ticket stays due."""
    store.prepare()
    jobs = Jobs(store)
    installations, count = {"main": SHOP}, metrics.build(jobs, Heartbeats(store))
    now = partial(datetime.now, UTC)
    place = furnish(
        config(database_url, SHOP),
        store,
        jobs,
        Records(store),
        installations,
        None,
        lambda name: Limits(),
        count,
        now,
    )
    store.save_bindings("main", BOUND, Home("zendesk", "acme"))
    with pytest.raises(Moved, match=BOTH):
        place.review("main", "123")


def test_commands_refuse(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`warranty install` notes whose the fields are; for another account nothing is sent or kept,
    and it says what to do. So do `doctor`, `uninstall` and `worker`."""
    at_once(monkeypatch)
    monkeypatch.chdir(tmp_path)
    with running_sandbox(Options(limited=False)) as sandbox:
        for name, value in {
            "NO_PROXY": "127.0.0.1",
            "DATABASE_URL": sqlite_url,
            "WARRANTY_URL": "https://warranty.example.com",
            "WARRANTY_FRESHDESK_SUBDOMAIN": "sandbox",
            "WARRANTY_FRESHDESK_API_KEY": sandbox.api_key,
            STAND_IN: sandbox.base_url,
        }.items():
            monkeypatch.setenv(name, value)
        run = CliRunner().invoke
        done = run(main, ["install", "--save-secret", ".env"])
        assert done.exit_code == 0, done.output
        store = connect(sqlite_url)
        bound = store.load_bindings("main")
        monkeypatch.setenv("WARRANTY_FRESHDESK_SUBDOMAIN", "shop")
        sandbox.account.requests.clear()
        for asked in (["install"], ["doctor"], ["uninstall", "--yes"], ["worker"]):
            refused = run(main, asked)
            assert refused.exit_code == 1
            assert "is of sandbox.freshdesk.com, and the settings name shop" in refused.output
            assert "WARRANTY_INSTALLATION" in refused.output
        assert sandbox.account.requests.kinds() == []
        assert store.load_bindings("main") == bound
        store.close()


def test_not_taken_over(used: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys, an environment that names another account than before is not taken over under the
    same id, and the accounts that are connected are served all the same."""
    kept = Installations(used, Vault([new_key()]))
    kept.add(account("other"))
    said: list[dict[str, str]] = []
    monkeypatch.setattr(directory._log, "error", lambda event, **more: said.append(more))
    found = Directory(kept, {"main": SHOP})
    assert list(found) == ["other"]
    assert "main" not in found
    assert len(said) == 1
    assert "shop.freshdesk.com" in said[0]["why"]
    with pytest.raises(Moved, match=BOTH):
        kept.add(SHOP)
    assert kept.add(ACME)


def test_forgotten_with_the_bindings(used: Store) -> None:
    """Where the fields are forgotten, the id is free; saving them anew without saying whose they
    are leaves it as it was."""
    used.save_bindings("main", Bindings())
    with pytest.raises(Moved):
        used.settle("main", Home("freshdesk", "shop"))
    used.forget_bindings("main")
    used.settle("main", Home("freshdesk", "shop"))
    with used.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM bindings")).scalar_one() == 0
