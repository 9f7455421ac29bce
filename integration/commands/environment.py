"""The settings, as every subcommand reads them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from integration.config import Config, ConfigError, Role


def settings(roles: Role) -> Config:
    """The settings that ``roles`` need, from the environment and a file ``.env`` in the working
    directory. What is missing or wrong ends the command with all of it named."""
    try:
        return Config.from_environ(os.environ, roles, dotenv=Path(".env"))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
