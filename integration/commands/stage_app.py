"""Connecting the app in the agents' sidebar on a stage, as `warranty install` does."""

from __future__ import annotations

from collections.abc import Mapping

import click

from integration.config import Config, Role
from integration.connections import zendesk_account
from integration.installations import Installations
from integration.installed_app import known_of, settle
from integration.store import Store
from integration.vault import Vault


def connect_app(environ: Mapping[str, str], store: Store, installation: str) -> None:
    """Take the environment's account into the store, as web and worker would at their start, and
    put the settings of the installed app in place. ClickException where that does not work."""
    config = Config.from_environ(environ, Role.WEB | Role.WORKER)
    kept = Installations(store, Vault(config.keys))
    one = config.installations[installation]
    kept.add(one)
    known = known_of(kept, installation, config.url)
    for step in settle(zendesk_account(one), kept, known):
        if step.action == "left out":
            raise click.ClickException(f"the app in the sidebar: {step.why}")
