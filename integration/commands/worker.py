"""`warranty worker`: reviews the tickets that are due."""

from __future__ import annotations

import os
from contextlib import suppress

import click

from integration.app import build_worker
from integration.commands.environment import settings
from integration.config import Role
from integration.migrations import NewerSchema
from integration.store import Moved
from integration.worker import serve

_NICE = 10


@click.command()
def worker() -> None:
    """Review tickets as they become due, until SIGTERM or Ctrl-C.

    Finishes what has begun before it stops; a second signal ends it at once, and what that cut
    off is reviewed again. Settings come from the environment (see .env.example).
    """
    config = settings(Role.WORKER)
    try:
        built = build_worker(config)
    except (NewerSchema, Moved) as error:
        raise click.ClickException(str(error)) from None
    # Where web and worker share a machine, a webhook is acknowledged before a ticket is reviewed:
    # helpdesks do not wait for long, and what was accepted can.
    with suppress(OSError, AttributeError):
        os.nice(_NICE)
    serve(built)
