"""Where `warranty accounts` finds the accounts that the store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from integration.commands.connected import keeping, told
from integration.commands.environment import settings
from integration.config import Config, Role
from integration.installations import Installations, Kept
from integration.store import Store, connect


@dataclass(frozen=True, slots=True)
class Place:
    """Where accounts are kept."""

    config: Config
    store: Store
    kept: Installations

    def get(self, account: str) -> Kept:
        """An account by its id. Ends the command where there is none."""
        found = self.kept.get(account)
        if found is None:
            rows = [f"  {one.installation.id}" for one in self.kept.all()] or ["  (none yet)"]
            raise click.UsageError("\n".join([f"{account}: expected one of", *rows]))
        return found


@contextmanager
def opened() -> Iterator[Place]:
    """The place, as long as the block lasts. Without keys there is none, which ends the command."""
    config = settings(Role(0))
    if not config.keys:
        raise click.ClickException(
            "WARRANTY_KEYS is not set, so that no account is kept in the store. There is one,\n"
            f"{', '.join(config.installations)}, and its settings are those of the environment.\n"
            "`warranty keys new` makes a key; README.md says how to go on."
        )
    store = connect(config.database_url)
    try:
        with told("Try again."):
            kept = keeping(config, store)
            assert kept is not None  # there are keys
            yield Place(config, store, kept)
    finally:
        store.close()
