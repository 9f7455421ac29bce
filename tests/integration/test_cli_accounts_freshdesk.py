"""`warranty accounts`, and what else the command line says, of an account of Freshdesk."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.config import Installation
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Installations
from integration.jobs import Jobs
from integration.sandbox.freshdesk import PLANS, Options, Sandbox, running_sandbox
from integration.sandbox.freshdesk.limits import Counters
from integration.store import Store, connect
from integration.vault import Vault, new_key
from tests.integration.accounts import account, pair
from tests.integration.at_once import at_once

KEY = new_key()
URL = "https://warranty.example.com"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A service of many accounts, none of which is connected yet."""
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    monkeypatch.setenv("WARRANTY_KEYS", KEY)
    monkeypatch.setenv("WARRANTY_URL", URL)
    opened = connect(os.environ["DATABASE_URL"])
    yield opened
    opened.close()


@pytest.fixture
def kept(store: Store) -> Installations:
    return Installations(store, Vault([KEY]))


@pytest.fixture
def sandbox(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    at_once(monkeypatch)
    with running_sandbox(Options(limited=False)) as running:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(STAND_IN, running.base_url)
        monkeypatch.setenv("WARRANTY_API_KEY", running.api_key)
        yield running


def run(*arguments: str, answer: str | None = None) -> Result:
    result = CliRunner().invoke(main, arguments, input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def said(result: Result) -> str:
    return " ".join(result.output.split())


def the_one(kept: Installations) -> Installation:
    (found,) = kept.all()
    return found.installation


def connected(kept: Installations) -> str:
    """Connect the account by the command; its id."""
    result = run("accounts", "connect", "sandbox.freshdesk.com")
    assert result.exit_code == 0, result.output
    return the_one(kept).id


def freshdesk(name: str, **more: object) -> Installation:
    """An account that is connected by a key."""
    given = {"helpdesk": "freshdesk", "api_key": f"KEY-{name}", **more}
    return account(name, client_id=None, client_secret=None, **given)


# -- connect ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [
        ("sandbox.freshdesk.com",),
        ("https://Sandbox.freshdesk.com/a/tickets/7",),
        ("sandbox", "--freshdesk"),
        ("sandbox.freshdesk.com", "--freshdesk"),
    ],
)
def test_an_account_is_connected(
    sandbox: Sandbox, kept: Installations, named: tuple[str, ...]
) -> None:
    """By an administrator's key, off at first, with the limits of its plan; its address says whose
    it is. The key is kept and not shown; what comes next is said."""
    result = run("accounts", "connect", *named)
    assert result.exit_code == 0, result.output
    one = the_one(kept)
    assert (one.helpdesk, one.subdomain, one.mode) == ("freshdesk", "sandbox", "off")
    assert one.api_key == sandbox.api_key
    assert one.update_limit == 80
    assert f"sandbox.freshdesk.com is connected, as {one.id}." in result.output
    assert str(one.time_zone) == "America/New_York", "as Freshdesk told it, in words of its own"
    assert "time_zone" not in result.output
    for then in (f"install --installation {one.id}", "mode=shadow"):
        assert then in result.output
    assert sandbox.api_key not in result.output
    assert result.stderr == ""


def test_an_account_on_the_list_is_connected(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its whole address, among others."""
    monkeypatch.setenv("WARRANTY_ACCOUNTS", "other, Sandbox.freshdesk.com")
    assert connected(kept).startswith("sandbox-")


def test_the_time_zone_comes_first(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Freshdesk told none, that is said, and the account is not switched on before somebody
    said it, be it UTC; then it is, and who said it is written down."""
    agents = sandbox.account.shelf("agents")
    agents[sandbox.account.keys[sandbox.api_key]]["contact"]["time_zone"] = ""
    result = run("accounts", "connect", "sandbox.freshdesk.com")
    name = the_one(kept).id
    assert f"accounts set {name} time_zone=Europe/Berlin" in result.output
    assert "time_zone=" in run("accounts", "set", name).stdout.splitlines()
    refused = run("accounts", "set", name, "mode=shadow", "--yes")
    assert refused.exit_code == 1
    assert "mode: Say the time zone first" in said(refused)
    assert run("accounts", "set", name, "regions=EU:DE,FR").exit_code == 0
    assert run("accounts", "set", name, "mode=full").exit_code == 1, "no other setting answers it"
    assert the_one(kept).mode == "off"
    told = run("accounts", "set", name, "time_zone=UTC")
    assert "time_zone: none → UTC" in told.output
    assert run("accounts", "set", name, "mode=shadow").exit_code == 0
    assert the_one(kept).mode == "shadow"
    rows = [row.split("\t")[1:] for row in run("accounts", "changes", name).stdout.splitlines()]
    assert ["command line", "time_zone", "", "UTC"] in rows


def test_the_time_zone_and_the_mode_in_one_go(sandbox: Sandbox, kept: Installations) -> None:
    """Saying both at once will do."""
    kept.add(freshdesk("one", mode="off"), zone_said=False)
    assert run("accounts", "set", "one", "mode=notes", "time_zone=Asia/Tokyo").exit_code == 0
    assert (the_one(kept).mode, str(the_one(kept).time_zone)) == ("notes", "Asia/Tokyo")


def test_the_key_is_asked_for(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment has none, without echo; there is no option for it."""
    monkeypatch.delenv("WARRANTY_API_KEY")
    result = run("accounts", "connect", "sandbox.freshdesk.com", answer=f"{sandbox.api_key}\n")
    assert result.exit_code == 0, result.output
    assert sandbox.api_key not in result.output
    assert the_one(kept).api_key == sandbox.api_key
    assert run("accounts", "connect", "sandbox.freshdesk.com", "--api-key", "x").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("support.acme.com", "--freshdesk"), 1, "a domain of your own"),
        (("not_one.freshdesk.com",), 1, "before .freshdesk.com"),
        (("umbrella.freshdesk.com",), 1, "WARRANTY_ACCOUNTS"),
        (("umbrella-z.freshdesk.com",), 1, "WARRANTY_ACCOUNTS"),
        (("sandbox.zendesk.com", "--freshdesk"), 2, "is of Zendesk"),
        (("sandbox.freshdesk.com", "--client-id", "x"), 2, "by an API key"),
        (("sandbox",), 2, "--freshdesk"),
    ],
)
def test_what_cannot_be_connected_is_said(
    sandbox: Sandbox,
    kept: Installations,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    """Why, and what to do; nothing is asked of Freshdesk, and nothing kept."""
    if arguments[0].startswith("umbrella"):
        monkeypatch.setenv("WARRANTY_ACCOUNTS", "sandbox,umbrella-z,other.freshdesk.com")
    result = run("accounts", "connect", *arguments)
    assert result.exit_code == code, result.output
    assert words in said(result)
    assert kept.all() == []
    assert sandbox.account.requests.kinds() == []


def test_a_domain_of_one_s_own_is_refused_before_the_key_is_asked_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody types a secret for nothing."""
    monkeypatch.delenv("WARRANTY_API_KEY")
    result = run("accounts", "connect", "support.acme.com", "--freshdesk", answer="k\n")
    assert "API key" not in result.output
    assert "Give the part before .freshdesk.com" in said(result)


def test_a_key_that_will_not_do(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that Freshdesk does not know, an agent's, and a plan without access for apps: each is
    said with what to do."""
    for key, words in (
        ("nobody-s-key", "does not know this API key"),
        (sandbox.agent_key, "no administrator"),
    ):
        monkeypatch.setenv("WARRANTY_API_KEY", key)
        result = run("accounts", "connect", "sandbox.freshdesk.com")
        assert result.exit_code == 1
        assert words in said(result)
        assert key not in result.output
    monkeypatch.setenv("WARRANTY_API_KEY", sandbox.api_key)
    sandbox.account.counters = Counters(PLANS["free"])
    result = run("accounts", "connect", "sandbox.freshdesk.com")
    assert result.exit_code == 1
    assert "Growth" in said(result)
    assert kept.all() == []


def test_connected_again(
    sandbox: Sandbox, store: Store, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays the same account, with its settings, by the new key; what was set aside for want of
    access starts again: its own reviews, and no other account's."""
    name = connected(kept)
    kept.keep_secrets(name, api_key="an-old-one")
    run("accounts", "set", name, "cross_border=review")
    jobs = Jobs(store)
    for owner in (name, "other"):
        jobs.accept(owner, f"d-{owner}", "11", "ticket_created")
        job = jobs.claim("worker", 60)
        assert job is not None
        jobs.set_aside(job, "no access")
    result = run("accounts", "connect", "sandbox.freshdesk.com")
    assert result.exit_code == 0, result.output
    assert "it is reached by this key from now on" in said(result)
    assert "1 review set aside: started again." in result.output
    one = the_one(kept)
    assert (one.id, one.api_key, one.cross_border) == (name, sandbox.api_key, "review")
    assert [waiting.installation for waiting in jobs.waiting()] == ["other"]


# -- list, set, changes, remove --------------------------------------------------------------------


def test_accounts_of_both_are_listed(kept: Installations) -> None:
    """Each with its own address; a key is neither a grant nor none. No secret is there."""
    kept.add(account("one"), pair("one"))
    kept.add(freshdesk("two", mode="shadow"))
    kept.add(freshdesk("three", api_key=None))
    kept.add(freshdesk("four"))
    assert kept.key_refused("four", "KEY-four")
    result = run("accounts", "list")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[1:4] for row in rows] == [
        ["one-account.zendesk.com", "full", "good"],
        ["two-account.freshdesk.com", "shadow", "key"],
        ["three-account.freshdesk.com", "full", "no key"],
        ["four-account.freshdesk.com", "full", "gone"],
    ]
    assert rows[1][4] == "", "a key has no end of its own"
    assert "KEY" not in result.output


def test_one_of_several_is_to_be_named_by_its_address(kept: Installations) -> None:
    """In the list of those that there are, too."""
    kept.add(account("one"))
    kept.add(freshdesk("two"))
    result = run("doctor")
    assert result.exit_code == 2
    assert "one (one-account.zendesk.com) two (two-account.freshdesk.com)" in said(result)


def test_settings_are_changed_and_written_down(kept: Installations) -> None:
    """As those of any account."""
    kept.add(freshdesk("one", update_limit=80))
    shown = run("accounts", "set", "one")
    assert "update_limit=80" in shown.stdout.splitlines()
    assert "KEY" not in shown.output
    assert run("accounts", "set", "one", "update_limit=160", "mode=shadow").exit_code == 0
    assert the_one(kept).update_limit == 160
    listed = run("accounts", "changes", "one")
    rows = [line.split("\t")[1:] for line in listed.stdout.splitlines()]
    assert ["command line", "update_limit", "80", "160"] in rows


def test_an_account_is_forgotten(store: Store, kept: Installations) -> None:
    """What stays in Freshdesk is said in its words; another helpdesk's are not among them."""
    kept.add(freshdesk("one"))
    result = run("accounts", "remove", "one", answer="y\n")
    assert result.exit_code == 0, result.output
    words = said(result)
    assert "Forgotten: one (one-account.freshdesk.com)" in words
    assert "its API key" in words
    assert "Zendesk" not in words
    assert "OAuth" not in words
    assert kept.all() == []


def test_one_that_the_environment_names_comes_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said, with the settings that it is in."""
    monkeypatch.setenv("WARRANTY_FRESHDESK_SUBDOMAIN", "acme")
    monkeypatch.setenv("WARRANTY_FRESHDESK_API_KEY", "key")
    first = run("accounts", "list")
    assert first.stdout.split("\t")[:4] == ["main", "acme.freshdesk.com", "full", "key"]
    result = run("accounts", "remove", "main", "--yes")
    assert result.exit_code == 0, result.output
    assert "take WARRANTY_FRESHDESK_… out of it" in said(result)


# -- the app's secret, and the webhook's -----------------------------------------------------------


def test_the_app_s_secret(
    sandbox: Sandbox, kept: Installations, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing can be put into the app from here: a new one is shown this once, alone on standard
    output; what else to copy, under the names that the app asks by, and where, beside it."""
    name = connected(kept)
    none = run("accounts", "app-secret", name)
    assert "None was made yet" in none.output
    assert the_one(kept).app_secret is None
    with caplog.at_level(logging.DEBUG):
        result = run("accounts", "app-secret", name, "--new")
    assert result.exit_code == 0, result.output
    secret = the_one(kept).app_secret
    assert secret
    assert result.stdout.strip() == secret
    assert secret not in result.stderr + caplog.text
    assert re.search(r"Service host: warranty\.example\.com$", result.stderr, re.MULTILINE)
    assert f"Installation: {name}" in result.stderr
    assert "Apps > Warranty Desk > Settings" in result.stderr
    assert "Zendesk" not in result.output
    told = run("accounts", "app-secret", name)
    assert "There is one." in told.output
    assert secret not in told.output
    run("accounts", "app-secret", name, "--new")
    assert the_one(kept).app_secrets_before == (secret,), "whichever was pasted is good for a while"
    # It asked nothing of Freshdesk but who we are, as it was connected.
    paths = {row["path"] for row in sandbox.account.requests.kinds()}
    assert not any("app" in path.removeprefix("/api/v2/") for path in paths)


def test_install_keeps_the_webhook_s_secret_in_the_store(
    sandbox: Sandbox, kept: Installations, tmp_path: Path
) -> None:
    """Nothing is to be copied, nothing written into a file, and the secret is not shown; a dry run
    keeps nothing. What is done about the app in the sidebar is said."""
    name = connected(kept)
    dry = run("install", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert the_one(kept).signing_secrets == ()
    result = run("install", "--save-secret", ".env")
    assert result.exit_code == 0, result.output
    (secret,) = the_one(kept).signing_secrets
    sent = {
        row["actions"][0]["custom_headers"]["X-Webhook-Secret"]
        for row in sandbox.account.shelf("rules").values()
    }
    assert sent == {secret}
    assert "secret is kept in the store" in result.output
    assert secret not in result.output
    assert not (tmp_path / ".env").exists()
    assert f"warranty accounts app-secret {name} --new" in said(result)
    assert f"warranty accounts set {name} mode=shadow" in result.output
    again = run("install")
    assert the_one(kept).signing_secrets == (secret,)
    assert "kept in the store" not in again.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_another_webhook_secret(sandbox: Sandbox, kept: Installations) -> None:
    """The rules send it from now on; the one before it is good beside it. Zendesk makes its own."""
    name = connected(kept)
    run("install")
    (first,) = the_one(kept).signing_secrets
    renewed = run("install", "--new-secret")
    assert renewed.exit_code == 0, renewed.output
    new, old = the_one(kept).signing_secrets
    assert old == first
    sent = {
        row["actions"][0]["custom_headers"]["X-Webhook-Secret"]
        for row in sandbox.account.shelf("rules").values()
    }
    assert sent == {new}
    assert new not in renewed.output
    kept.add(account("other"))
    refused = run("install", "--installation", "other", "--new-secret")
    assert refused.exit_code == 2
    assert "Zendesk makes it by itself" in refused.output
    assert run("doctor", "--installation", name).output.count("calls this app") == 2


def test_uninstall_says_what_stays_here(sandbox: Sandbox, kept: Installations) -> None:
    """The connection and its key; and the app's secret is void from then on."""
    name = connected(kept)
    assert run("install").exit_code == 0
    run("accounts", "app-secret", name, "--new")
    result = run("uninstall", "--yes")
    assert result.exit_code == 0, result.output
    assert "3 deleted, 1 switched off." in result.output
    assert the_one(kept).app_secret is None
    assert the_one(kept).api_key == sandbox.api_key
    assert f"warranty accounts remove {name}" in said(result)
    assert max(map(len, result.output.splitlines())) <= 80
