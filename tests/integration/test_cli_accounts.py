"""`warranty accounts`, and the other commands where the store keeps several accounts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from sqlalchemy import func, select

from integration.backfills import TICKETS, Backfills
from integration.budgets import Budgets
from integration.chores import Chores
from integration.cli import main
from integration.commands import accounts_shown
from integration.errands import Errands
from integration.helpdesks import Bindings
from integration.installations import Installations
from integration.jobs import Jobs
from integration.records import GIVEN
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import Store, connect, metadata
from integration.vault import Vault, new_key
from tests.integration.accounts import account, pair
from tests.integration.test_records import count, keep, record

KEY = new_key()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A service of many accounts, none of which is connected yet."""
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    monkeypatch.setenv("WARRANTY_KEYS", KEY)
    monkeypatch.setenv("WARRANTY_URL", "https://warranty.example.com")
    opened = connect(os.environ["DATABASE_URL"])
    yield opened
    opened.close()


@pytest.fixture
def kept(store: Store) -> Installations:
    return Installations(store, Vault([KEY]))


@pytest.fixture
def sandbox(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{running.port}")
        monkeypatch.setenv("WARRANTY_CLIENT_SECRET", running.state.options.client_secret)
        yield running


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=answer)


def said(result: Result) -> str:
    return " ".join(result.output.split())


def connected(sandbox: Sandbox, kept: Installations, subdomain: str = "sandbox") -> str:
    """Connect the account by the command; its id."""
    result = run("accounts", "connect", subdomain, "--client-id", sandbox.state.options.client_id)
    assert result.exit_code == 0, result.output
    found = kept.at("zendesk", "sandbox")
    assert found is not None
    return found.installation.id


class Terminal(Console):
    """A terminal so many columns wide."""

    wide = 80

    def __init__(self, **how: Any) -> None:
        super().__init__(**how, force_terminal=True, color_system=None, width=self.wide)


# -- which account ---------------------------------------------------------------------------------

ON_ONE = (
    ("install",),
    ("doctor",),
    ("uninstall", "--yes"),
    ("backfill", "--since", "2026-01-01"),
    ("backfill", "--list"),
    ("forget", "--ticket", "7"),
)


@pytest.mark.parametrize("command", ON_ONE)
def test_of_several_one_is_to_be_named(
    store: Store, kept: Installations, command: tuple[str, ...]
) -> None:
    """Never a guess: without --installation the command lists them and does nothing."""
    kept.add(account("one"))
    kept.add(account("two"))
    result = run(*command)
    assert result.exit_code == 2, result.output
    assert "--installation: expected one of one (one-account.zendesk.com) two" in said(result)
    if command[0] != "forget":
        other = run(*command, "--installation", "three")
        assert other.exit_code == 2, other.output
        assert "expected one of one" in said(other)


@pytest.mark.parametrize("command", ON_ONE)
def test_where_none_is_connected_it_says_how(store: Store, command: tuple[str, ...]) -> None:
    """By the page or the command."""
    result = run(*command)
    assert result.exit_code == 1, result.output
    assert "no account is connected yet" in result.output
    assert "warranty accounts connect" in result.output


@pytest.mark.parametrize("command", [*ON_ONE, ("accounts", "list"), ("accounts", "set", "one")])
def test_a_key_that_does_not_fit_is_said(
    store: Store,
    kept: Installations,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    """In a sentence, without a traceback."""
    kept.add(account("one"))
    monkeypatch.setenv("WARRANTY_KEYS", new_key())
    result = run(*command)
    assert result.exit_code == 1
    assert "another key than those in WARRANTY_KEYS" in result.output
    assert isinstance(result.exception, SystemExit)


def test_a_command_works_on_the_one_that_is_named(
    sandbox: Sandbox, store: Store, kept: Installations
) -> None:
    """With its own credentials, its own webhook address and its own bindings; the other account is
    left alone."""
    name = connected(sandbox, kept)
    kept.add(account("other"))
    result = run("install", "--installation", name)
    assert result.exit_code == 0, result.output
    (webhook,) = sandbox.state.webhooks.values()
    assert webhook.row["endpoint"] == f"https://warranty.example.com/webhooks/zendesk/{name}"
    assert store.load_bindings(name) is not None
    assert store.load_bindings("other") is None
    other = kept.get("other")
    assert other is not None
    assert other.installation == account("other")
    poor = run("doctor", "--installation", name)
    assert re.search(r"good +Webhook “Warranty Desk”", poor.output)
    assert re.search(r"good +The webhook's signature", poor.output)


def test_the_environment_s_account_is_taken_over(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment says of it counts once; that is told once, on standard error. Half an
    account is none."""
    monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
    monkeypatch.setenv("WARRANTY_TIME_ZONE", "Asia/Tokyo")
    assert run("accounts", "list").stdout == ""
    monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", sandbox.token)
    first = run("accounts", "list")
    assert first.stdout.split("\t")[:3] == ["main", "sandbox.zendesk.com", "full"]
    assert "now kept in the store, as main" in " ".join(first.stderr.split())
    assert run("accounts", "set", "main", "time_zone=Europe/Berlin").exit_code == 0
    again = run("accounts", "set", "main")
    assert again.stderr == ""
    assert "time_zone=Europe/Berlin" in again.stdout
    assert run("doctor", "--json").stdout.startswith("[")


# -- install, uninstall, backfill, forget, reviews -------------------------------------------------


def test_install_keeps_the_signing_secret_in_the_store(
    sandbox: Sandbox, kept: Installations, tmp_path: Path
) -> None:
    """Nothing is to be copied, nothing written into a file, and the secret is not shown; what comes
    next is. A dry run keeps nothing."""
    name = connected(sandbox, kept)
    dry = run("install", "--dry-run")
    assert dry.exit_code == 0, dry.output
    found = kept.get(name)
    assert found is not None
    assert found.installation.signing_secrets == ()
    result = run("install", "--save-secret", ".env")
    assert result.exit_code == 0, result.output
    (webhook,) = sandbox.state.webhooks.values()
    found = kept.get(name)
    assert found is not None
    assert found.installation.signing_secrets == (webhook.secret,)
    assert "secret is kept in the store" in result.output
    assert f"warranty accounts set {name} mode=shadow" in result.output
    assert webhook.secret not in result.output
    assert not (tmp_path / ".env").exists()
    assert max(map(len, result.output.splitlines())) <= 80


def test_install_needs_an_address(
    sandbox: Sandbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WARRANTY_URL, or --url before it."""
    monkeypatch.delenv("WARRANTY_KEYS")
    monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
    monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", sandbox.token)
    monkeypatch.delenv("WARRANTY_URL")
    result = run("install")
    assert result.exit_code == 2
    assert "--url, or WARRANTY_URL" in result.output
    assert not sandbox.state.webhooks
    monkeypatch.setenv("WARRANTY_URL", "https://one.example.com")
    assert run("install", "--url", "https://two.example.com").exit_code == 0
    (webhook,) = sandbox.state.webhooks.values()
    assert str(webhook.row["endpoint"]).startswith("https://two.example.com/")


def test_uninstall_says_what_stays_here(sandbox: Sandbox, kept: Installations) -> None:
    """That the account is still connected, and how to end that; and that it is still switched on,
    where it is."""
    name = connected(sandbox, kept)
    assert run("install").exit_code == 0
    assert run("accounts", "set", name, "mode=full").exit_code == 0
    result = run("uninstall", "--yes")
    assert result.exit_code == 0, result.output
    assert not sandbox.state.webhooks
    assert "Its mode is full" in said(result)
    assert f"warranty accounts remove {name}" in said(result)
    assert run("accounts", "set", name, "mode=off").exit_code == 0
    assert "Its mode" not in said(run("uninstall", "--yes"))


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_a_backfill_writes_nothing_where_nothing_is_written(
    sandbox: Sandbox, store: Store, kept: Installations, mode: str
) -> None:
    """In the modes off and shadow it is refused with what to do; a dry run shows what full mode
    would write, and writes nothing."""
    name = connected(sandbox, kept)
    assert run("install").exit_code == 0
    run("accounts", "set", name, f"mode={mode}")
    ticket = {
        "subject": "It is broken",
        "comment": {"body": "Please help."},
        "tags": ["warranty_claim"],
    }
    filed = sandbox.state.file_ticket(ticket, "Customer 1", "customer1@example.com")
    search = ("backfill", "--search", "tags:warranty_claim")
    for more in ((), ("--yes",)):
        result = run(*search, *more)
        assert result.exit_code == 1, result.output
        assert f"its mode is {mode}" in result.output
        assert f"warranty accounts set {name} mode=full" in result.output
    assert Backfills(store).all(name) == []
    dry = run(*search, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert f"The mode is {mode}" in dry.output
    assert "To be written: 1." in dry.output
    assert len(sandbox.state.ticket_detail(int(filed["id"])).comments) == 1
    assert run("accounts", "set", name, "mode=full").exit_code == 0
    written = run(*search, "--yes")
    assert written.exit_code == 0, written.output
    assert "Written: 1 ticket." in written.output


def test_the_only_account_is_the_default_of_forget(store: Store, kept: Installations) -> None:
    """And of several each can be named, also one that is connected no more."""
    kept.add(account("one"))
    keep(store, record("7", installation="one"), record("7", installation="gone"))
    assert "In one: 1 record" in run("forget", "--ticket", "7", "--yes").output
    kept.add(account("two"))
    assert run("forget", "--ticket", "7", "--yes").exit_code == 2
    assert count(store) == 1
    result = run("forget", "--ticket", "7", "--installation", "gone", "--yes")
    assert "In gone: 1 record" in result.output
    assert count(store) == 0


def test_reviews_of_all_accounts_are_listed(store: Store, kept: Installations) -> None:
    """Each with its installation."""
    kept.add(account("one"))
    kept.add(account("two"))
    jobs = Jobs(store)
    for name in ("one", "two"):
        jobs.accept(name, f"d-{name}", "11", "ticket_created")
        job = jobs.claim("worker", 60)
        assert job is not None
        jobs.set_aside(job, "no access")
    rows = [line.split("\t")[:2] for line in run("reviews", "list").stdout.splitlines()]
    assert sorted(rows) == [["one", "11"], ["two", "11"]]


# -- list ------------------------------------------------------------------------------------------


def test_without_keys_there_is_nothing_to_list(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which account there is then, and how to come to more."""
    monkeypatch.delenv("WARRANTY_KEYS")
    for command in (("list",), ("set", "main", "mode=off"), ("remove", "main", "--yes")):
        result = run("accounts", *command)
        assert result.exit_code == 1
        assert "WARRANTY_KEYS is not set" in result.output
        assert "warranty keys new" in result.output


def accounts_of_all_kinds(kept: Installations) -> None:
    kept.add(account("one", mode="shadow"), pair("one", refresh_life=30 * 86_400))
    kept.add(account("two"), pair("two"))
    kept.add(account("three"))
    assert kept.grant_gone("two", serial=1)


def test_in_a_pipe_a_line_each(kept: Installations) -> None:
    """Id, address, mode, access, renewal and version, with tabs; never a secret."""
    empty = run("accounts", "list")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "No account is connected." in empty.stderr
    accounts_of_all_kinds(kept)
    result = run("accounts", "list")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:4] for row in rows] == [
        ["one", "one-account.zendesk.com", "shadow", "good"],
        ["two", "two-account.zendesk.com", "full", "gone"],
        ["three", "three-account.zendesk.com", "full", "none"],
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rows[0][4])
    assert [row[5] for row in rows] == ["1", "1", "1"]
    for secret in ("SIGN", "SECRET", "ACCESS", "REFRESH"):
        assert secret not in result.output


@pytest.mark.parametrize("wide", [120, 80, 40])
def test_on_a_terminal_it_fits(
    kept: Installations, monkeypatch: pytest.MonkeyPatch, wide: int
) -> None:
    """Whatever its width: nothing is cut off, and what is wrong with an access is explained."""
    accounts_of_all_kinds(kept)
    long = "a-subdomain-that-is-as-long-as-any-that-zendesk-gives-away"
    kept.add(account("an-account-with-a-long-name-of-its-own-1", subdomain=long))
    monkeypatch.setattr(Terminal, "wide", wide)
    monkeypatch.setattr(accounts_shown, "Console", Terminal)
    result = run("accounts", "list")
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= max(wide, 40)
    words = "".join(re.sub("[│┃]", " ", result.output).split())
    for whole in ("an-account-with-a-long-name-of-its-own-1", long, "shadow", "gone", "none"):
        assert whole in words
    assert "Connecttheaccountagain" in words


# -- connect ---------------------------------------------------------------------------------------


def test_an_account_is_connected(sandbox: Sandbox, kept: Installations) -> None:
    """By the id and the secret of a client of its own, off at first; what comes next is said. The
    secret is kept, and never shown; the whole address will do."""
    result = run(
        *("accounts", "connect", "https://Sandbox.zendesk.com/agent"),
        *("--client-id", sandbox.state.options.client_id),
    )
    assert result.exit_code == 0, result.output
    (found,) = kept.all()
    one = found.installation
    assert (one.subdomain, one.mode, found.grant) == ("sandbox", "off", "good")
    assert one.client_secret == sandbox.state.options.client_secret
    assert f"sandbox.zendesk.com is connected, as {one.id}." in result.output
    assert f"warranty install --installation {one.id}" in result.output
    assert one.client_secret not in result.output
    assert result.stderr == ""


def test_the_secret_is_asked_for(
    sandbox: Sandbox, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment has none, without echo; there is no option for it."""
    monkeypatch.delenv("WARRANTY_CLIENT_SECRET")
    secret = sandbox.state.options.client_secret
    client = ("--client-id", sandbox.state.options.client_id)
    result = run("accounts", "connect", "sandbox", *client, answer=f"{secret}\n")
    assert result.exit_code == 0, result.output
    assert secret not in result.output
    assert len(kept.all()) == 1
    assert run("accounts", "connect", "sandbox", *client, "--client-secret", "x").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sandbox", "--client-id", "another"), "does not know this client"),
        (("not_one", "--client-id", "warranty_desk"), "no subdomain"),
        (("umbrella", "--client-id", "warranty_desk"), "WARRANTY_ACCOUNTS"),
    ],
)
def test_what_cannot_be_connected_is_said(
    sandbox: Sandbox,
    kept: Installations,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """Why, and what to do; nothing is kept of it."""
    monkeypatch.setenv("WARRANTY_ACCOUNTS", "sandbox,other" if "umbrella" in arguments else "")
    result = run("accounts", "connect", *arguments)
    assert result.exit_code == 1, result.output
    assert words in said(result)
    assert os.environ["WARRANTY_CLIENT_SECRET"] not in result.output
    assert kept.all() == []


def test_connected_again(sandbox: Sandbox, store: Store, kept: Installations) -> None:
    """It stays the same account, with its settings; access is renewed, and what was set aside for
    want of it starts again: its own reviews, and no other account's."""
    name = connected(sandbox, kept)
    run("accounts", "set", name, "cross_border=review")
    jobs = Jobs(store)
    for owner in (name, "other"):
        jobs.accept(owner, f"d-{owner}", "11", "ticket_created")
        job = jobs.claim("worker", 60)
        assert job is not None
        jobs.set_aside(job, "no access")
    serial = kept.held(name).serial
    assert kept.grant_gone(name, serial=serial)
    client = ("--client-id", sandbox.state.options.client_id)
    result = run("accounts", "connect", "sandbox", *client)
    assert result.exit_code == 0, result.output
    assert "its access is renewed" in said(result)
    assert "1 review set aside: started again." in result.output
    (found,) = kept.all()
    assert (found.grant, found.installation.cross_border) == ("good", "review")
    assert [one.installation for one in jobs.waiting()] == ["other"]


# -- set, and changes ------------------------------------------------------------------------------


def test_settings_are_shown_as_they_are_set(kept: Installations) -> None:
    """Without any, all of them, so that each line can be given back; nothing secret is there."""
    kept.add(account("one", public_replies=frozenset({"covered", "needs_information"})))
    shown = run("accounts", "set", "one")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert "mode=full" in lines
    assert "due_date_tasks=no" in lines
    assert "public_replies=covered,needs_information" in lines
    assert "regions=" in lines
    assert "SECRET" not in shown.output
    again = run("accounts", "set", "one", *lines)
    assert again.exit_code == 0, again.output
    assert "nothing was changed" in again.output
    assert kept.changes("one") == []


def test_what_is_changed_is_shown_and_written_down(store: Store, kept: Installations) -> None:
    """Before and after, and who: the command line. `accounts changes` has it, newest first."""
    kept.add(account("one"))
    assert "No setting was ever changed." in run("accounts", "changes", "one").stderr
    result = run("accounts", "set", "one", "mode=shadow", "public_replies=covered", "regions=")
    assert result.exit_code == 0, result.output
    assert "mode: full → shadow" in result.output
    assert "public_replies: none → covered" in result.output
    assert "regions" not in result.output
    found = kept.get("one")
    assert found is not None
    assert found.version == 2
    assert found.installation.mode == "shadow"
    assert found.installation.public_replies == {"covered"}
    assert run("accounts", "set", "one", "due_date_tasks=yes").exit_code == 0
    (newest, first) = kept.changes("one")
    assert (first.who, dict(first.after)) == (
        "command line",
        {"mode": "shadow", "public_replies": ["covered"]},
    )
    listed = run("accounts", "changes", "one")
    rows = [line.split("\t")[1:] for line in listed.stdout.splitlines()]
    assert rows == [
        ["command line", "due_date_tasks", "no", "yes"],
        ["command line", "mode", "full", "shadow"],
        ["command line", "public_replies", "", "covered"],
    ]
    assert newest.at >= first.at


def test_changes_on_a_terminal(kept: Installations, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table; what somebody is called is no markup."""
    kept.add(account("one"))
    kept.change_settings("one", {"mode": "off"}, version=1, who="[bold]admin[/] 7")
    monkeypatch.setattr(accounts_shown, "Console", Terminal)
    result = run("accounts", "changes", "one")
    assert "[bold]admin[/] 7" in result.output
    assert "mode: full → off" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (("mode=perhaps",), "mode: Expected one of off, shadow, notes, full."),
        (("modus=off",), "modus: There is no such setting."),
        (("client_secret=x",), "client_secret: There is no such setting."),
        (("public_replies=everything",), "public_replies: Expected some of"),
        (("deadline_near_days=7.5",), "deadline_near_days: Expected a whole number"),
        (("time_zone=Mars", "regions=EU:DE,ZZ", "mode=off"), "regions: "),
        (("mode",), "mode: expected NAME=VALUE"),
    ],
)
def test_wrong_settings_are_named(kept: Installations, pairs: tuple[str, ...], words: str) -> None:
    """All at once, in words; nothing is changed, not even what was right."""
    kept.add(account("one"))
    result = run("accounts", "set", "one", *pairs)
    assert result.exit_code in (1, 2)
    assert words in said(result)
    found = kept.get("one")
    assert found is not None
    assert found.version == 1
    if len(pairs) > 1:
        assert "time_zone: 'Mars'" in result.output


def test_an_unknown_account_is_said(kept: Installations) -> None:
    """With those that there are."""
    kept.add(account("one"))
    for command in (("set", "two", "mode=off"), ("changes", "two"), ("remove", "two", "--yes")):
        result = run("accounts", *command)
        assert result.exit_code == 2
        assert "two: expected one of one" in said(result)


def test_how_many_would_be_decided_differently(store: Store, kept: Installations) -> None:
    """That is said before it is saved, and asked; a no changes nothing, --yes asks nothing."""
    kept.add(account("one"))
    today = datetime.now(UTC).date()
    facts = {
        "claim_opened_on": (today - timedelta(days=1)).isoformat(),
        "purchase_date": (today - timedelta(days=90)).isoformat(),
        "purchase_country": "FR",
        "claim_country": "DE",
        "order_number": GIVEN,
        "problem": "quality_defect",
        "defect_evidence": "verified",
        "troubleshooting": "documented",
    }
    keep(store, record("7", installation="one", facts=facts))
    refused = run("accounts", "set", "one", "cross_border=not_covered", answer="n\n")
    assert refused.exit_code == 1
    assert "1 of 1 tickets reviewed in the last 90 days" in said(refused)
    found = kept.get("one")
    assert found is not None
    assert found.version == 1
    harmless = run("accounts", "set", "one", "limit_share=50")
    assert harmless.exit_code == 0
    assert "0 of 1 tickets" in said(harmless)
    agreed = run("accounts", "set", "one", "cross_border=not_covered", "--yes")
    assert agreed.exit_code == 0, agreed.output
    found = kept.get("one")
    assert found is not None
    assert found.installation.cross_border == "not_covered"


def test_switched_on(store: Store, kept: Installations) -> None:
    """What came up while it was off is due at once; where nothing is put in place, that is said."""
    kept.add(account("one", mode="off"))
    jobs = Jobs(store)
    jobs.accept("one", "d", "11", "ticket_created")
    result = run("accounts", "set", "one", "mode=shadow")
    assert result.exit_code == 0, result.output
    assert "1 review that waited for it: due now." in result.output
    assert "warranty install --installation one" in result.output
    store.save_bindings("one", Bindings())
    again = run("accounts", "set", "one", "mode=full")
    assert "warranty install" not in again.output
    assert "due now" not in again.output


# -- remove ----------------------------------------------------------------------------------------


def filled(store: Store, kept: Installations, name: str) -> None:
    kept.add(account(name), pair(name))
    kept.change_settings(name, {"mode": "shadow"}, version=1, who="admin 1")
    Errands(store).ask(name, "look", {})
    Jobs(store).accept(name, "d", "7", "ticket_created")
    keep(store, record("7", installation=name))
    store.save_bindings(name, Bindings(fields={"verdict": "1"}))
    Chores(store).ensure(name, "reconcile", timedelta(minutes=5))
    Budgets(store).pause(name, 1)
    backfills = Backfills(store)
    run_ = backfills.begin(name, {"since": "2026-01-01"}, {})
    backfills.found(run_, ["7", "8"], None, {})


def left(store: Store, name: str) -> dict[str, int]:
    """The rows of an account, table by table, where there are any."""
    found = {}
    with store.read() as connection:
        for table in metadata.sorted_tables:
            if (column := table.c.get("installation")) is None:
                column = table.c.get("id") if table.name == "installations" else None
            if column is None:
                continue
            number = connection.execute(
                select(func.count()).select_from(table).where(column == name)
            ).scalar_one()
            if number:
                found[table.name] = number
        tickets = connection.execute(select(func.count()).select_from(TICKETS)).scalar_one()
    return {**found, "of all backfills": tickets}


def test_an_account_is_forgotten(store: Store, kept: Installations) -> None:
    """Once that was agreed to: its settings, secrets, errands and work; records stay, and the other
    account has all of its own. What stays is said, and what would have come before."""
    filled(store, kept, "one")
    filled(store, kept, "two")
    refused = run("accounts", "remove", "one", answer="n\n")
    assert refused.exit_code == 1
    assert "warranty uninstall --installation one" in refused.output
    assert kept.get("one") is not None
    result = run("accounts", "remove", "one", answer="y\n")
    assert result.exit_code == 0, result.output
    assert "Forgotten: one (one-account.zendesk.com)" in said(result)
    assert "WARRANTY_RETENTION_DAYS" in result.output
    assert "environment" not in result.output
    assert max(map(len, result.output.splitlines())) <= 80
    assert kept.get("one") is None
    assert kept.changes("one") == []
    assert Errands(store).get("one", "look") is None
    assert Jobs(store).backlog("one").due == 0
    assert "1 review that waited" in said(result)
    assert left(store, "one") == {"records": 1, "of all backfills": 2}
    assert {"installations", "bindings", "chores", "accounts", "backfills", "reviews"} < set(
        left(store, "two")
    )
    assert count(store) == 2
    two = kept.get("two")
    assert two is not None
    assert (two.grant, two.installation.mode) == ("good", "shadow")
    assert kept.held("two").access == "ACCESS-two"
    assert Errands(store).get("two", "look") is not None
    assert Jobs(store).backlog("two").due == 1


def test_one_whose_key_is_lost_can_be_forgotten(store: Store, kept: Installations) -> None:
    """It could not be connected anew otherwise."""
    filled(store, Installations(store, Vault([new_key()])), "one")
    result = run("accounts", "remove", "one", "--yes")
    assert result.exit_code == 0, result.output
    assert "cannot be read" in said(result)
    assert kept.get("one") is None


def test_one_that_the_environment_names_comes_back(
    store: Store, kept: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said."""
    monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "acme")
    monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", "token")
    result = run("accounts", "remove", "main", "--yes")
    assert result.exit_code == 0, result.output
    assert "The environment still names it" in said(result)
