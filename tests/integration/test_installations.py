"""The store of connected accounts, on both engines."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, inspect, text, update

from integration import settings
from integration.helpdesks.tokens import Tokens
from integration.installations import (
    CHANGES,
    INSTALLATIONS,
    Installations,
    Stale,
    Taken,
)
from integration.settings import BadSettings
from integration.store import Store
from integration.vault import NoKey, Vault, new_key
from tests.integration.accounts import account, pair, with_tables

KEY = new_key()


@pytest.fixture
def installations(store: Store) -> Installations:
    return Installations(with_tables(store), Vault([KEY]))


def in_database(store: Store) -> str:
    """Everything that the tables hold, as text."""
    with store.read() as connection:
        rows = [connection.execute(table.select()).all() for table in (INSTALLATIONS, CHANGES)]
    return repr(rows)


# -- accounts --------------------------------------------------------------------------------------


def test_there_and_back(installations: Installations) -> None:
    """An installation is kept with its settings and secrets, found by its id and its address."""
    one = account(time_zone=ZoneInfo("Europe/Berlin"), mode="shadow", token=None)
    assert installations.get("one") is None
    assert installations.add(one)
    kept = installations.get("one")
    assert kept is not None
    assert kept.installation == one
    assert (kept.version, kept.grant, kept.renew_by) == (1, "none", None)
    assert installations.at("zendesk", "one-account") == kept
    assert installations.at("freshdesk", "one-account") is None
    assert installations.all() == [kept]


def test_with_tokens(installations: Installations) -> None:
    """Tokens given at once make the grant good, until its refresh token ends."""
    installations.add(account(), pair(refresh_life=86_400))
    kept = installations.get("one")
    assert kept is not None
    assert kept.grant == "good"
    assert kept.renew_by is not None
    left = kept.renew_by - datetime.now(UTC)
    assert timedelta(hours=23) < left < timedelta(hours=25)


def test_known_already(installations: Installations) -> None:
    """What is known is not overwritten by adding it again."""
    installations.add(account(mode="shadow"), pair())
    assert not installations.add(account(mode="full", client_secret="OTHER"), pair("other"))
    kept = installations.get("one")
    assert kept is not None
    assert (kept.installation.mode, kept.installation.client_secret) == (
        "shadow",
        "CLIENT-SECRET-one",
    )
    assert installations.held("one").access == "ACCESS-one"


def test_taken(installations: Installations) -> None:
    """An account is one installation; under another id it is refused, and nothing is kept."""
    installations.add(account())
    with pytest.raises(Taken):
        installations.add(account("two", subdomain="one-account"))
    assert installations.get("two") is None


def test_no_address(installations: Installations) -> None:
    """An installation without an account's address cannot be kept."""
    with pytest.raises(ValueError, match="subdomain"):
        installations.add(account(subdomain=None))


def test_added_at_once(installations: Installations) -> None:
    """Of many that add one account at once, under ids of their own, one has it and the others are
    told that it is taken."""
    start, told = threading.Barrier(6), []

    def add(n: int) -> None:
        start.wait()
        try:
            told.append(installations.add(account(f"i{n}", subdomain="acme")))
        except Taken:
            told.append(False)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == [False] * 5 + [True]
    assert len(installations.all()) == 1


def test_remove(installations: Installations) -> None:
    """A removed installation leaves nothing, and its account can be connected anew; others stay."""
    installations.add(account(), pair())
    installations.add(account("two"), pair("two"))
    for name in ("one", "two"):
        installations.change_settings(name, {"mode": "off"}, version=1, who="7")
    installations.remove("one")
    assert installations.get("one") is None
    assert installations.changes("one") == []
    assert len(installations.changes("two")) == 1
    assert installations.held("two").access == "ACCESS-two"
    assert installations.add(account("again", subdomain="one-account"))


# -- one cannot reach another ----------------------------------------------------------------------


def test_nothing_of_another(installations: Installations) -> None:
    """Whatever is done under one id leaves every other installation as it was."""
    installations.add(account(), pair())
    installations.add(account("two"), pair("two"))
    before, held = installations.get("two"), installations.held("two")
    installations.change_settings("one", {"mode": "off"}, version=1, who="7")
    installations.keep_secrets("one", client_secret="CHANGED")
    assert installations.lease_grant("one", "me", 60)
    assert installations.lease_grant("two", "you", 60)
    installations.release_grant("one", "you")  # not that one's lease
    assert not installations.lease_grant("one", "you", 60)
    installations.release_grant("two", "me")
    assert not installations.lease_grant("two", "me", 60)
    installations.keep_tokens("one", pair("new"), serial=None)
    installations.grant_gone("one", serial=installations.held("one").serial)
    assert installations.get("two") == before
    assert installations.held("two").access == held.access
    assert installations.held("two").serial == held.serial
    assert installations.changes("two") == []


@pytest.mark.parametrize("name", ["", "ONE", "one ", "one'--", "%", "two"])
def test_no_such_installation(installations: Installations, name: str) -> None:
    """An id that there is not reaches nothing, however near it is to another."""
    installations.add(account(), pair())
    assert installations.get(name) is None
    assert installations.changes(name) == []
    assert not installations.lease_grant(name, "me", 60)
    assert not installations.keep_tokens(name, pair("x"), serial=None)
    assert not installations.grant_gone(name, serial=1)
    installations.release_grant(name, "me")
    installations.remove(name)
    for act in (
        lambda: installations.held(name),
        lambda: installations.keep_secrets(name, token="x"),
        lambda: installations.change_settings(name, {"mode": "off"}, version=1, who="7"),
    ):
        with pytest.raises(KeyError):
            act()
    assert installations.held("one").access == "ACCESS-one"


# -- settings --------------------------------------------------------------------------------------


def test_change_is_written_down(installations: Installations) -> None:
    """Each change says who, when, and what was and is, of the changed settings alone."""
    installations.add(account())
    kept = installations.change_settings(
        "one", {"mode": "shadow", "limit_share": "75"}, version=1, who="agent 7"
    )
    assert (kept.version, kept.installation.mode) == (2, "shadow")
    assert installations.get("one") == kept
    installations.change_settings("one", {"limit_share": 50}, version=2, who="agent 8")
    newest, first = installations.changes("one")
    assert (first.who, first.before, first.after) == (
        "agent 7",
        {"mode": "full"},
        {"mode": "shadow"},
    )
    assert (newest.who, newest.before, newest.after) == (
        "agent 8",
        {"limit_share": 75},
        {"limit_share": 50},
    )
    assert abs(datetime.now(UTC) - newest.at) < timedelta(minutes=5)
    assert installations.changes("one", most=1) == [newest]


def test_no_change(installations: Installations) -> None:
    """What changes nothing is no change: nothing is written down, the version stays."""
    installations.add(account())
    kept = installations.change_settings("one", {"mode": "full"}, version=1, who="7")
    assert kept.version == 1
    assert installations.changes("one") == []


def test_time_zone_that_nobody_said(installations: Installations) -> None:
    """It counts as UTC, and not as an answer: the account stays off until somebody says it, which
    is written down though UTC was presumed before. Other settings leave that as it is."""
    assert installations.add(account(mode="off"), zone_said=False)
    kept = installations.get("one")
    assert kept is not None
    assert not kept.zone_said
    assert (str(kept.installation.time_zone), kept.as_json()["time_zone"]) == ("UTC", None)
    kept = installations.change_settings("one", {"regions": "EU:DE,FR"}, version=1, who="7")
    assert not kept.zone_said
    assert installations.get("one") == kept
    with pytest.raises(BadSettings, match="Say the time zone first"):
        installations.change_settings("one", {"mode": "shadow"}, version=2, who="7")
    assert installations.get("one") == kept
    kept = installations.change_settings("one", {"time_zone": "UTC"}, version=2, who="8")
    assert kept.zone_said
    assert installations.get("one") == kept
    (newest, _) = installations.changes("one")
    assert (newest.before, newest.after) == ({"time_zone": None}, {"time_zone": "UTC"})
    kept = installations.change_settings("one", {"mode": "shadow"}, version=3, who="7")
    assert kept.installation.mode == "shadow"


def test_bad_settings(installations: Installations) -> None:
    """Wrong settings change nothing, the right ones among them neither."""
    installations.add(account())
    with pytest.raises(BadSettings):
        installations.change_settings("one", {"mode": "off", "regions": "?"}, version=1, who="7")
    kept = installations.get("one")
    assert kept is not None
    assert (kept.version, kept.installation.mode) == (1, "full")
    assert installations.changes("one") == []


def test_stale(installations: Installations) -> None:
    """Of two admins with the same page open, the second to save is told; nothing is lost."""
    installations.add(account())
    installations.change_settings("one", {"mode": "shadow"}, version=1, who="7")
    with pytest.raises(Stale):
        installations.change_settings("one", {"mode": "off"}, version=1, who="8")
    kept = installations.get("one")
    assert kept is not None
    assert kept.installation.mode == "shadow"
    assert [one.who for one in installations.changes("one")] == ["7"]


def test_saved_at_once(installations: Installations) -> None:
    """Of many that save at once one is kept, and exactly that one is written down."""
    installations.add(account())
    start, done = threading.Barrier(6), []

    def save(n: int) -> None:
        start.wait()
        try:
            installations.change_settings("one", {"limit_share": n}, version=1, who=str(n))
            done.append(n)
        except Stale:
            pass

    threads = [threading.Thread(target=save, args=(n,)) for n in range(10, 16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    kept = installations.get("one")
    assert kept is not None
    assert done == [kept.installation.limit_share]
    assert [one.after["limit_share"] for one in installations.changes("one")] == done


def test_a_newer_programs_setting(installations: Installations, store: Store) -> None:
    """A setting that only a newer program knows is left alone, and kept over a change."""
    installations.add(account())
    newer = {**settings.as_json(account()), "colour": "red"}
    with store.begin() as connection:
        connection.execute(update(INSTALLATIONS).values(settings=newer))
    installations.change_settings("one", {"mode": "off"}, version=1, who="7")
    with store.read() as connection:
        stored: Any = connection.execute(INSTALLATIONS.select()).one().settings
    assert (stored["colour"], stored["mode"]) == ("red", "off")


# -- secrets ---------------------------------------------------------------------------------------


def every_secret(installations: Installations) -> None:
    installations.add(account(token="TOKEN-IS-SECRET"), pair())
    installations.change_settings("one", {"mode": "off"}, version=1, who="7")
    installations.keep_secrets("one", signing_secrets=["SIGNING-new"])
    installations.keep_tokens("one", pair("new"), serial=None)


SECRETS = ("SECRET", "SIGNING", "SIGNED", "ACCESS", "REFRESH", KEY)


def test_no_secret_in_the_clear(
    installations: Installations, store: Store, database_url: str, tmp_path: Path
) -> None:
    """No secret stands in any table in the clear; on SQLite in no byte of its files."""
    every_secret(installations)
    found = in_database(store)
    assert "one-account" in found  # it does look where things are
    assert not [one for one in SECRETS if one in found]
    engine = create_engine(database_url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            assert not [one for one in SECRETS if one in rows], table
    engine.dispose()
    if store.dialect.name == "sqlite":
        files = sorted(tmp_path.glob("warranty.sqlite*"))
        bytes_ = b"".join(path.read_bytes() for path in files)
        assert b"one-account" in bytes_
        assert not [one for one in SECRETS if one.encode() in bytes_]


def test_no_secret_is_shown(installations: Installations) -> None:
    """Nothing that is given out shows a secret by accident."""
    every_secret(installations)
    shown = repr([installations.get("one"), installations.held("one"), installations.all()])
    shown += repr(installations.changes("one")) + repr(pair())
    assert not [one for one in SECRETS if one in shown]


def test_secrets_are_kept_one_by_one(installations: Installations) -> None:
    """A new secret replaces the one of its name, and neither tokens nor settings."""
    installations.add(account(), pair())
    serial = installations.held("one").serial
    installations.keep_secrets("one", signing_secrets=["NEW"], token="T")
    kept = installations.get("one")
    assert kept is not None
    wanted = replace(account(), signing_secrets=("NEW",), token="T")
    assert kept.installation == wanted
    held = installations.held("one")
    assert (held.access, held.refresh, held.serial) == ("ACCESS-one", "REFRESH-one", serial)
    with pytest.raises(ValueError, match="access"):
        installations.keep_secrets("one", access="X")


def test_rotation(installations: Installations, store: Store) -> None:
    """With a new key in front everything is encrypted anew, and the old key opens nothing then."""
    every_secret(installations)
    installations.add(account("two"), pair("two"))
    newer = new_key()
    both = Installations(store, Vault([newer, KEY]))
    assert both.renew_keys() == 2
    alone = Installations(store, Vault([newer]))
    assert alone.held("one").access == "ACCESS-new"
    assert alone.held("two").refresh == "REFRESH-two"
    with pytest.raises(NoKey):
        installations.get("one")


def test_without_a_key(store: Store, installations: Installations) -> None:
    """Without a key nothing secret is kept or read, and nothing is half kept."""
    keyless = Installations(store, Vault([]))
    with pytest.raises(NoKey):
        keyless.add(account())
    installations.add(account(), pair())
    for act in (
        lambda: keyless.get("one"),
        lambda: keyless.held("one"),
        lambda: keyless.keep_tokens("one", pair("x"), serial=None),
    ):
        with pytest.raises(NoKey):
            act()
    assert installations.held("one").access == "ACCESS-one"


# -- tokens ----------------------------------------------------------------------------------------


def test_renewed_at_four_fifths(installations: Installations) -> None:
    """Tokens are to be renewed when 80 % of their life is over."""
    installations.add(account(), pair(life=1000))
    assert 790 < installations.held("one").seconds <= 800
    installations.keep_tokens("one", pair("new", life=100), serial=None)
    assert 70 < installations.held("one").seconds <= 80


def test_tokens_follow_one_another(installations: Installations) -> None:
    """New tokens come in place of those they were got for, and not of others."""
    installations.add(account(), pair())
    serial = installations.held("one").serial
    assert installations.keep_tokens("one", pair("second"), serial=serial)
    assert not installations.keep_tokens("one", pair("late"), serial=serial)
    assert installations.held("one").access == "ACCESS-second"
    assert not installations.grant_gone("one", serial=serial)
    assert installations.held("one").state == "good"


def test_gone(installations: Installations) -> None:
    """A grant that is gone leaves no token; connected again, it is good."""
    installations.add(account(), pair())
    serial = installations.held("one").serial
    assert installations.grant_gone("one", serial=serial)
    held, kept = installations.held("one"), installations.get("one")
    assert (held.state, held.access, held.refresh) == ("gone", None, None)
    assert kept is not None
    assert (kept.grant, kept.renew_by) == ("gone", None)
    assert installations.keep_tokens("one", pair("again"), serial=None)
    assert installations.held("one").state == "good"


def test_gone_because_of_a_successor(installations: Installations) -> None:
    """Tokens declared gone because somebody renewed them, who only now comes to store the new
    ones: those are kept. After a reconnection they are not."""
    installations.add(account(), pair())
    serial = installations.held("one").serial
    installations.grant_gone("one", serial=serial)
    assert installations.keep_tokens("one", pair("successor"), serial=serial)
    assert installations.held("one").access == "ACCESS-successor"
    late = installations.held("one").serial
    installations.grant_gone("one", serial=late)
    installations.keep_tokens("one", pair("again"), serial=None)
    assert not installations.keep_tokens("one", pair("late"), serial=late)
    installations.grant_gone("one", serial=installations.held("one").serial)
    assert not installations.keep_tokens("one", pair("late"), serial=late)


def test_lease(installations: Installations) -> None:
    """One at a time may renew; released, run out or done, the next may."""
    installations.add(account(), pair())
    assert installations.lease_grant("one", "a", 60)
    assert not installations.lease_grant("one", "b", 60)
    installations.release_grant("one", "b")
    assert not installations.lease_grant("one", "b", 60)
    installations.release_grant("one", "a")
    assert installations.lease_grant("one", "b", 0)
    assert installations.lease_grant("one", "c", 60)
    installations.keep_tokens("one", pair("new"), serial=None)
    assert installations.lease_grant("one", "d", 60)


def test_own_client(installations: Installations) -> None:
    """Tokens that are simply asked for again have no end by which to renew them."""
    installations.add(account())
    installations.keep_tokens("one", Tokens("OWN", 1800), serial=None)
    kept, held = installations.get("one"), installations.held("one")
    assert kept is not None
    assert (kept.grant, kept.renew_by) == ("good", None)
    assert (held.access, held.refresh) == ("OWN", None)


# -- API keys --------------------------------------------------------------------------------------


def grant_of(installations: Installations) -> str:
    kept = installations.get("one")
    assert kept is not None
    return kept.grant


def test_refused_key(installations: Installations) -> None:
    """It is kept once that the helpdesk refuses the key, until a key is given anew; what else is
    kept meanwhile does not make it good."""
    installations.add(account(helpdesk="freshdesk", api_key="KEY-1"))
    assert grant_of(installations) == "none"
    assert installations.key_refused("one", "KEY-1")
    assert not installations.key_refused("one", "KEY-1")
    installations.keep_secrets("one", signing_secrets=["NEW"])
    assert grant_of(installations) == "gone"
    installations.keep_secrets("one", api_key="KEY-1")
    assert grant_of(installations) == "none"


def test_refused_key_was_replaced(installations: Installations) -> None:
    """A key that was renewed meanwhile is not declared dead by a late answer to the one before."""
    installations.add(account(helpdesk="freshdesk", api_key="KEY-1"))
    installations.keep_secrets("one", api_key="KEY-2")
    assert not installations.key_refused("one", "KEY-1")
    assert not installations.key_refused("other", "KEY-2")
    assert grant_of(installations) == "none"
