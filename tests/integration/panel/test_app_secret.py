"""The app's own secret: made once, kept encrypted, shown by nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from integration import settings
from integration.installations import INSTALLATIONS, Installations
from integration.store import Store
from integration.vault import Vault
from tests.integration.accounts import account, with_tables
from tests.integration.panel.conftest import Serve, Service


@pytest.fixture
def kept(store: Store) -> Installations:
    installations = Installations(with_tables(store), Vault((Fernet.generate_key().decode(),)))
    installations.add(account("one"))
    installations.add(account("two"))
    return installations


def test_it_is_made_once_and_each_installation_has_its_own(kept: Installations) -> None:
    """Whoever asks, and how often: the same; and no two accounts share one."""
    one = kept.app_secret("one")
    assert kept.app_secret("one") == one
    assert len(one) >= 43  # 32 bytes
    assert kept.app_secret("two") != one
    found = kept.get("one")
    assert found is not None
    assert found.installation.app_secret == one
    assert found.installation.signing_secrets == ("SIGNING-one", "SIGNED-one")


def test_those_who_ask_at_once_get_the_same(kept: Installations) -> None:
    """Two admins who open the page together are not shown two secrets, of which one is dead."""
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(kept.app_secret("one"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert set(got) == {kept.app_secret("one")}


def test_nothing_shows_it(kept: Installations, store: Store) -> None:
    """Not the database's rows, not a representation, not the settings."""
    secret = kept.app_secret("one")
    found = kept.get("one")
    assert found is not None
    assert secret not in repr(found)
    assert secret not in str(settings.as_json(found.installation))
    with store.read() as connection:
        assert secret not in str(connection.execute(select(INSTALLATIONS)).all())


def test_other_secrets_may_change_beside_it(kept: Installations) -> None:
    """A new signing secret leaves the app's where it is."""
    secret = kept.app_secret("one")
    kept.keep_secrets("one", signing_secrets=["NEW-SIGNING-SECRET"])
    assert kept.app_secret("one") == secret


def test_an_installation_that_there_is_not_gets_none(kept: Installations) -> None:
    """And none is made for it."""
    with pytest.raises(KeyError):
        kept.app_secret("three")


def test_the_secret_before_is_answered_while_it_is_good(service: Service, serve: Serve) -> None:
    """A new one is made: the app, which still has the one before it, is answered until that ends,
    however often another is made meanwhile; that of another account is not."""
    serve()
    first = service.secrets["one"]
    second = service.kept.new_app_secret("one", timedelta(hours=1))
    third = service.kept.new_app_secret("one", timedelta(hours=1))
    for secret in (first, second, third):
        token = service.token(secret=secret)
        assert service.post("ticket", {"ticket": "7"}, token=token).status_code == 200
    other = service.token(secret=service.secrets["two"])
    assert service.post("ticket", {"ticket": "7"}, token=other).status_code == 401


def test_the_secret_before_ends(service: Service, serve: Serve) -> None:
    """Each at its own time: one that is over opens nothing, one that is not still does."""
    serve()
    first = service.secrets["one"]
    second = service.kept.new_app_secret("one", timedelta(0))
    third = service.kept.new_app_secret("one", timedelta(hours=1))
    fourth = service.kept.new_app_secret("one", timedelta(0))
    for secret, status in ((first, 401), (second, 200), (third, 401), (fourth, 200)):
        token = service.token(secret=secret)
        assert service.post("ticket", {"ticket": "7"}, token=token).status_code == status
