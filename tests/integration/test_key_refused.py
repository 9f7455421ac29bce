"""What becomes of an API key that Freshdesk refuses, whichever process asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
import responses

from integration import errors
from integration.config import Installation
from integration.connections import Accounts, Connections
from integration.helpdesks import Bindings, TicketRef
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.installations import Installations
from integration.store import Store
from integration.vault import Vault, new_key
from integration.vendors import Account
from tests.integration.accounts import account, with_tables

API = "https://one-account.freshdesk.com/api/v2"


@pytest.fixture
def kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> Installations:
    monkeypatch.delenv(STAND_IN, raising=False)
    found = Installations(with_tables(store), Vault([new_key()]))
    found.add(account(helpdesk="freshdesk", api_key="KEY-1"))
    return found


def the_one(kept: Installations) -> Installation:
    found = kept.get("one")
    assert found is not None
    return found.installation


def grant(kept: Installations) -> str:
    found = kept.get("one")
    assert found is not None
    return found.grant


def ask(connections: Connections, one: Installation) -> None:
    """Ask for a ticket, and be refused."""
    with responses.RequestsMock() as told:
        told.get(f"{API}/tickets/7", status=401)
        with pytest.raises(errors.Forbidden):
            connections.line(one).helpdesk(Bindings()).get(TicketRef("one", "7"))


def test_kept_as_it_is_refused(kept: Installations, capfd: pytest.CaptureFixture[str]) -> None:
    """Also by a process that waits less long; it is logged once, and without the key."""
    accounts = Accounts(kept)

    def hasty(one: Installation) -> Account:
        return replace(accounts(one), read_timeout=1.0)

    connections = Connections(accounts=hasty)
    ask(connections, the_one(kept))
    assert grant(kept) == "gone"
    ask(connections, the_one(kept))
    said = capfd.readouterr()
    assert (said.out + said.err).count("API key refused") == 1
    assert "KEY-1" not in said.out + said.err


def test_a_process_that_has_not_heard(kept: Installations) -> None:
    """One that still asks by the old key says nothing of the new one."""
    before = the_one(kept)
    connections = Connections(accounts=Accounts(kept))
    kept.keep_secrets("one", api_key="KEY-2")
    ask(connections, before)
    assert grant(kept) == "none"
    ask(connections, the_one(kept))
    assert grant(kept) == "gone"


def test_the_store_is_away(kept: Installations, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the refusal is still what is told, and the next one is kept."""

    def away(*_: object) -> bool:
        raise errors.Unavailable("the store is away")

    connections = Connections(accounts=Accounts(kept))
    with monkeypatch.context() as patched:
        patched.setattr(Installations, "key_refused", away)
        ask(connections, the_one(kept))
    assert grant(kept) == "none"
    ask(connections, the_one(kept))
    assert grant(kept) == "gone"
