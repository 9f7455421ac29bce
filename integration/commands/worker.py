"""`warranty worker`: reviews the tickets that are due."""

from __future__ import annotations

import os
from pathlib import Path

import click

from integration.app import build_worker
from integration.config import Config, ConfigError, Role
from integration.migrations import NewerSchema
from integration.worker import serve


@click.command()
def worker() -> None:
    """Review tickets as they become due, until SIGTERM or Ctrl-C.

    Finishes what has begun before it stops; a second signal ends it at once, and what that cut
    off is reviewed again. Settings come from the environment (see .env.example).
    """
    try:
        config = Config.from_environ(os.environ, Role.WORKER, dotenv=Path(".env"))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    try:
        built = build_worker(config)
    except NewerSchema as error:
        raise click.ClickException(str(error)) from None
    serve(built)
