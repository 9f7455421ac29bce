"""`warranty sandbox`: a stand-in for Zendesk on this machine, for trying and testing."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, serve


@click.command()
@click.option(
    "--port", default=8081, show_default=True, type=click.IntRange(0, 65535), help="0: any free."
)
@click.option("--no-limits", is_flag=True, help="Leave out Zendesk's rate limits.")
def sandbox(port: int, no_limits: bool) -> None:
    """Run a small stateful Zendesk on 127.0.0.1, in memory, for trying and testing only.

    A client's bearer token is taken from WARRANTY_SANDBOX_TOKEN, else made and shown. zenpy is
    pointed at it by ZENPY_FORCE_SCHEME=http and ZENPY_FORCE_NETLOC=127.0.0.1:PORT.
    """
    token = os.environ.get("WARRANTY_SANDBOX_TOKEN")
    options = Options(limits=Limits(enabled=not no_limits))
    if token:
        options = replace(options, token=token)

    def ready(running: Sandbox) -> None:
        click.echo(f"A stand-in for Zendesk, for trying and testing only: {running.base_url}")
        click.echo(f"  agent's view   {running.base_url}/agent/tickets")
        click.echo(f"  API            {running.base_url}/api/v2/")
        if token is None:
            click.echo(f"  bearer token   {running.token}")
        click.echo("Everything is kept in memory. Ctrl-C ends it.")

    serve(port, options, ready=ready)
