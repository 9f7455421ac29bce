"""Installations for the tests: their tables in a fresh store, and one or another account."""

from __future__ import annotations

from integration.config import Installation
from integration.helpdesks.tokens import Tokens
from integration.installations import CHANGES, INSTALLATIONS
from integration.store import Store, metadata


def with_tables(store: Store) -> Store:
    """The store, with the tables of installations whether its numbered steps make them or not."""
    store.prepare()
    with store.begin() as connection:
        metadata.create_all(connection, tables=[INSTALLATIONS, CHANGES])
    return store


def account(name: str = "one", **more: object) -> Installation:
    """An installation with secrets of its own."""
    given: dict[str, object] = {
        "subdomain": f"{name}-account",
        "signing_secrets": (f"SIGNING-{name}", f"SIGNED-{name}"),
        "client_id": f"client-{name}",
        "client_secret": f"CLIENT-SECRET-{name}",
        **more,
    }
    return Installation(name, **given)  # type: ignore[arg-type]


def pair(name: str = "one", life: float = 1800, refresh_life: float | None = 7_000_000) -> Tokens:
    """Tokens of an account."""
    return Tokens(f"ACCESS-{name}", life, f"REFRESH-{name}", refresh_life)
