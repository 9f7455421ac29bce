"""Which installations there are: the store's, into which the environment's is taken over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from integration import errors
from integration.config import Installation
from integration.directory import Directory, Proofs, take_over
from integration.installations import Installations
from integration.store import Store
from integration.vault import Vault, new_key
from tests.integration.accounts import account, with_tables

KEY = new_key()


@pytest.fixture
def kept(store: Store) -> Installations:
    return Installations(with_tables(store), Vault([KEY]))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Takes the store out of reach, and brings it back."""
    real = Store.read, Store.begin

    def switch(gone: bool) -> None:
        def fail(*_: Any, **__: Any) -> Any:
            raise errors.Unavailable("store: out of reach")

        monkeypatch.setattr(Store, "read", fail if gone else real[0])
        monkeypatch.setattr(Store, "begin", fail if gone else real[1])

    return switch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# -- reading --------------------------------------------------------------------------------------


def test_known(kept: Installations) -> None:
    """What is in the store is found, whatever else is not there."""
    kept.add(account("one"))
    kept.add(account("two"))
    directory = Directory(kept)
    assert directory["one"] == account("one")
    assert list(directory) == ["one", "two"]
    assert len(directory) == 2
    assert "one" in directory
    assert "three" not in directory
    assert 3 not in directory
    with pytest.raises(KeyError):
        directory["three"]
    assert directory.get("three") is None


def test_read_anew(kept: Installations) -> None:
    """A change made elsewhere counts after five seconds, one made here at once."""
    kept.add(account("one"))
    clock = Clock()
    directory = Directory(kept, clock=clock)
    assert directory["one"].regions == ""
    kept.change_settings("one", {"regions": "EU:DE,FR"}, version=1, who="somebody")
    assert directory["one"].regions == ""
    clock.now = 5.1
    assert directory["one"].regions == "EU:DE,FR"
    kept.change_settings("one", {"regions": ""}, version=2, who="somebody")
    directory.changed("one")
    assert directory["one"].regions == ""
    kept.remove("one")
    clock.now = 10.3
    assert "one" not in directory


def test_switched_on_counts_at_once(kept: Installations) -> None:
    """One that is switched off is not remembered: what comes in the moment after it was switched on
    elsewhere must not be passed by."""
    kept.add(account("one", mode="off"))
    directory = Directory(kept, clock=Clock())
    assert directory["one"].mode == "off"
    kept.change_settings("one", {"mode": "full"}, version=1, who="somebody")
    assert directory["one"].mode == "full"


def test_store_away(kept: Installations, away: Callable[[bool], None]) -> None:
    """While the store is away, what was read before is still known; of any other it is not known
    whether there is such a one, and that is not the same as no."""
    kept.add(account("one"))
    clock = Clock()
    directory = Directory(kept, clock=clock)
    assert directory["one"]
    away(True)
    clock.now = 1_000
    assert directory["one"] == account("one")
    assert "one" in directory
    for ask in (
        lambda: directory["two"],
        lambda: "two" in directory,
        lambda: directory.get("two"),
        lambda: list(directory),
    ):
        with pytest.raises(errors.Unavailable):
            ask()
    away(False)
    assert directory.get("two") is None


def test_away_from_the_start(kept: Installations, away: Callable[[bool], None]) -> None:
    """A process that starts while the store is away finds everything once it is back."""
    directory = Directory(kept, {"one": account("one")})
    away(True)
    with pytest.raises(errors.Unavailable):
        directory["one"]
    away(False)
    assert directory["one"] == account("one")


def test_wrong_key(kept: Installations, store: Store) -> None:
    """Secrets that no key fits are no reason to say that nobody is there: deliveries are to be sent
    again."""
    kept.add(account("one"))
    directory = Directory(Installations(store, Vault([new_key()])))
    with pytest.raises(errors.Unavailable, match="WARRANTY_KEYS"):
        directory["one"]
    with pytest.raises(errors.Unavailable):
        list(directory)
    assert "two" not in directory


def test_names_that_somebody_makes_up(kept: Installations) -> None:
    """However many names are asked for, the memory they take is bounded."""
    directory = Directory(kept, clock=Clock())
    directory._read = {str(n): (0.0, None) for n in range(10_001)}
    assert "another" not in directory
    assert len(directory._read) == 1


def test_signing(kept: Installations) -> None:
    """The signing secrets of an installation, as the front door asks for them."""
    kept.add(account("one"))
    signing = Proofs(Directory(kept), "zendesk")
    assert signing["one"] == ("SIGNING-one", "SIGNED-one")
    assert (list(signing), len(signing), "one" in signing) == (["one"], 1, True)
    assert "two" not in signing
    with pytest.raises(KeyError):
        signing["two"]


# -- taking over ----------------------------------------------------------------------------------


def test_taken_over(kept: Installations) -> None:
    """The environment's installation is in the store once anybody asks, and the store's settings
    hold from then on, whatever the environment says."""
    one = account("one", regions="EU:DE,FR")
    assert Directory(kept, {"one": one})["one"] == one
    kept.change_settings("one", {"regions": "NA:US,CA"}, version=1, who="somebody")
    again = Directory(kept, {"one": replace(one, signing_secrets=("another",))})
    assert again["one"].regions == "NA:US,CA"
    assert again["one"].signing_secrets == one.signing_secrets
    assert list(again) == ["one"]


def test_nothing_to_take_over(kept: Installations) -> None:
    """A service whose environment names no account at all has none."""
    directory = Directory(kept, {"main": Installation("main")})
    assert list(directory) == []
    assert "main" not in directory
    half = Directory(kept, {"main": Installation("main", subdomain="acme", client_id="x")})
    assert list(half) == []


def test_each_process_knows_its_half(kept: Installations) -> None:
    """The web app has the signing secret and the worker the credentials: whoever comes first, in
    the end the store has both."""
    web = {"main": Installation("main", signing_secrets=("SIGNING",))}
    worker = {"main": Installation("main", subdomain="acme", token="TOKEN")}
    first = Directory(kept, web, clock=Clock())
    assert "main" not in first, "nothing to reach an account by"
    second = Directory(kept, worker)
    assert second["main"].token == "TOKEN"
    first.changed("main")
    assert first["main"].signing_secrets == ("SIGNING",)
    found = kept.get("main")
    assert found is not None
    assert (found.installation.token, found.installation.signing_secrets) == (
        "TOKEN",
        ("SIGNING",),
    )


def test_what_was_connected_is_not_overwritten(kept: Installations) -> None:
    """Credentials of the environment do not come in place of a grant; nor does another account
    under the same name get this one's."""
    from integration.helpdesks.tokens import Tokens

    kept.add(Installation("main", subdomain="acme"), Tokens("ACCESS", 60, "REFRESH", 600))
    take_over(kept, {"main": Installation("main", subdomain="acme", token="TOKEN")})
    found = kept.get("main")
    assert found is not None
    assert found.installation.token is None
    kept.add(Installation("bare", subdomain="bare"))
    take_over(kept, {"bare": Installation("bare", subdomain="elsewhere", token="TOKEN")})
    bare = kept.get("bare")
    assert bare is not None
    assert bare.installation.token is None
    take_over(kept, {"bare": Installation("bare", subdomain="bare", token="TOKEN")})
    bare = kept.get("bare")
    assert bare is not None
    assert bare.installation.token == "TOKEN"


def test_account_under_another_name(kept: Installations) -> None:
    """An account that an admin has connected already is not taken over a second time."""
    kept.add(account("acme-1", subdomain="acme"))
    directory = Directory(kept, {"main": account("main", subdomain="acme")})
    assert list(directory) == ["acme-1"]
    assert "main" not in directory


def test_proofs_are_of_one_helpdesk() -> None:
    """An installation is known at its own helpdesk's door alone. Where the app in the sidebar
    reports tickets itself, its secrets prove them too: that of now and those before it."""
    ours = Installation("one", helpdesk="freshdesk", signing_secrets=("of-the-rules",))
    told = replace(ours, id="two", app_secret="of-the-app", app_secrets_before=("before",))
    theirs = Installation("three", signing_secrets=("signs",), app_secret="of-another-app")
    all_of_them = {one.id: one for one in (ours, told, theirs)}
    proofs = Proofs(all_of_them, "freshdesk", app_too=True)
    assert dict(proofs) == {
        "one": ("of-the-rules",),
        "two": ("of-the-rules", "of-the-app", "before"),
    }
    assert "three" not in proofs
    with pytest.raises(KeyError):
        proofs["three"]
    assert dict(Proofs(all_of_them, "zendesk")) == {"three": ("signs",)}


def test_a_freshdesk_account_is_taken_over(kept: Installations) -> None:
    """Its key and its webhook's secret too; and nothing of it is added to an account of Zendesk
    that has the same name."""
    given = Installation(
        "main", "freshdesk", "acme", signing_secrets=("of-the-rules",), api_key="a-key"
    )
    directory = Directory(kept, {"main": given})
    assert directory["main"].api_key == "a-key"
    assert directory["main"].signing_secrets == ("of-the-rules",)
    kept.remove("main")
    kept.add(Installation("main", subdomain="acme", token="a-token"))
    again = Directory(kept, {"main": given})["main"]
    assert (again.helpdesk, again.api_key, again.signing_secrets) == ("zendesk", None, ())
