"""`warranty keys`: a key for secrets in the store, and another in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.installations import Installations
from integration.store import Store, connect
from integration.vault import NoKey, Vault, new_key
from tests.integration.accounts import account, pair

OLD, NEW = new_key(), new_key()


@pytest.fixture
def store(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Two accounts, whose secrets were encrypted with the old key."""
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    opened = connect(database_url)
    kept = Installations(opened, Vault([OLD]))
    kept.add(account("one"), pair("one"))
    kept.add(account("two"))
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["keys", *arguments])


def test_a_new_key_and_nothing_else() -> None:
    """What is printed may be piped into a file of settings; each is another. No setting is read."""
    result = run("new")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert result.stdout == f"{result.stdout.strip()}\n"
    Vault([result.stdout.strip()])
    assert run("new").stdout != result.stdout


def test_rotation(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is encrypted with the first key: afterwards it alone is enough, and the old one
    opens nothing. It says so, and how many accounts that were."""
    monkeypatch.setenv("WARRANTY_KEYS", f"{NEW},{OLD}")
    result = run("rotate")
    assert result.exit_code == 0, result.output
    assert "the secrets of 2 accounts" in result.output
    assert "the old one can go" in result.output
    assert OLD not in result.output
    assert NEW not in result.output
    kept = Installations(store, Vault([NEW]))
    found = {one.installation.id: one.installation for one in kept.all()}
    assert found == {"one": account("one"), "two": account("two")}
    assert kept.held("one").access == "ACCESS-one"
    with pytest.raises(NoKey):
        Installations(store, Vault([OLD])).all()
    monkeypatch.setenv("WARRANTY_KEYS", NEW)
    again = run("rotate")
    assert again.exit_code == 0, again.output
    assert "no old one" in again.output


def test_without_the_old_key_nothing_is_changed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only some of the secrets cannot be read: all or none."""
    newer = Installations(store, Vault([NEW]))
    newer.add(account("three"))
    monkeypatch.setenv("WARRANTY_KEYS", NEW)
    result = run("rotate")
    assert result.exit_code == 1
    assert "another key than those in WARRANTY_KEYS" in result.output
    assert "Nothing was changed." in result.output
    assert NEW not in result.output
    both = Installations(store, Vault([NEW, OLD]))
    assert {one.installation.id for one in both.all()} == {"one", "two", "three"}
    with pytest.raises(NoKey):
        newer.get("one")


def test_without_any_key(store: Store) -> None:
    """It says how to come by one."""
    result = run("rotate")
    assert result.exit_code == 1
    assert "WARRANTY_KEYS is not set" in result.output
    assert "warranty keys new" in result.output


def test_what_is_no_key(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and not shown."""
    monkeypatch.setenv("WARRANTY_KEYS", f"{OLD},hidden")
    result = run("rotate")
    assert result.exit_code == 1
    assert "WARRANTY_KEYS expected keys" in result.output
    assert "hidden" not in result.output
    assert OLD not in result.output


def test_a_store_out_of_reach(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence."""
    monkeypatch.setenv("WARRANTY_KEYS", NEW)
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.sqlite")
    result = run("rotate")
    assert result.exit_code == 1
    assert result.output.startswith("Error: store: ")
