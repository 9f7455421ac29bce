"""`warranty sandbox`: a stand-in for a helpdesk on this machine, for trying and testing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from integration.sandbox import freshdesk, packages
from integration.sandbox.api.apps import apps
from integration.sandbox.freshdesk import bundles
from integration.sandbox.freshdesk.apps import App
from integration.sandbox.freshdesk.serverless import NO_NODE, node
from integration.sandbox.options import Client, Limits, Options
from integration.sandbox.server import Sandbox, serve


def _redirects(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    try:
        return Client("any", "any", redirects=value).redirects
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _settings(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> dict[str, str]:
    rows = [one.partition("=") for one in value]
    if bad := [name for name, equals, _ in rows if not (name and equals)]:
        raise click.BadParameter(f"{bad[0]}: expected NAME=VALUE")
    return {name: given for name, _, given in rows}


@click.command()
@click.option(
    "--helpdesk",
    type=click.Choice(["zendesk", "freshdesk"]),
    default="zendesk",
    show_default=True,
    help="Which of the two; a Freshdesk takes neither --app-url nor --redirect.",
)
@click.option(
    "--port", default=8081, show_default=True, type=click.IntRange(0, 65535), help="0: any free."
)
@click.option("--no-limits", is_flag=True, help="Leave out the helpdesk's rate limits.")
@click.option(
    "--job-pause",
    type=click.FloatRange(0, 60),
    default=0.0,
    help="Seconds that a job in bulk takes for each ticket.",
)
@click.option(
    "--app-url",
    metavar="URL",
    help="Install an app whose page is there: http://127.0.0.1:8000/setup/zendesk, say.",
)
@click.option(
    "--app",
    "app_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Install an app from its folder: manifest/zendesk, say, or manifest/freshdesk.",
)
@click.option(
    "--app-setting",
    "app_settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_settings,
    help="A setting of the installed app; any number of times.",
)
@click.option(
    "--redirect",
    "redirects",
    multiple=True,
    metavar="URL",
    callback=_redirects,
    help="Where an admin may be sent back to when connecting: "
    "http://127.0.0.1:8000/setup/callback, say.",
)
def sandbox(
    helpdesk: str,
    port: int,
    no_limits: bool,
    job_pause: float,
    app_url: str | None,
    app_folder: Path | None,
    app_settings: dict[str, str],
    redirects: tuple[str, ...],
) -> None:
    """Run a small stateful helpdesk on 127.0.0.1, in memory, for trying and testing only.

    A client's bearer token is taken from WARRANTY_SANDBOX_TOKEN, else made and shown. zenpy is
    pointed at it by ZENPY_FORCE_SCHEME=http and ZENPY_FORCE_NETLOC=127.0.0.1:PORT. Of a Freshdesk
    it is the admin's API key.
    """
    token = os.environ.get("WARRANTY_SANDBOX_TOKEN")
    if helpdesk == "freshdesk":
        if app_url or redirects:
            raise click.UsageError("--helpdesk freshdesk: it takes no --app-url or --redirect")
        if app_settings and not app_folder:
            raise click.UsageError("--app-setting: there is no --app")
        chosen = freshdesk.Options(
            limited=not no_limits,
            job_pause=job_pause,
            app_folder=app_folder,
            app_settings=app_settings,
        )
        _freshdesk(port, token, chosen)
        return
    options = Options(
        limits=Limits(enabled=not no_limits),
        job_pause=job_pause,
        app_url=app_url,
        app_folder=app_folder,
        app_settings=app_settings,
        redirects=redirects,
    )
    if token:
        options = replace(options, token=token)
    if app_folder:
        _checked(lambda: packages.read(app_folder))

    def ready(running: Sandbox) -> None:
        click.echo(f"A stand-in for Zendesk, for trying and testing only: {running.base_url}")
        click.echo(f"  agent's view   {running.base_url}/agent/tickets")
        click.echo(f"  API            {running.base_url}/api/v2/")
        if token is None:
            click.echo(f"  bearer token   {running.token}")
        if app_url or app_folder or redirects:
            _clients(running)
        click.echo("Everything is kept in memory. Ctrl-C ends it.")

    serve(port, options, ready=ready)


def _checked(read: Callable[[], object]) -> None:
    """Read an app's folder before anything is started, and say what is wrong with it."""
    try:
        read()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--app") from None


def _freshdesk(port: int, key: str | None, options: freshdesk.Options) -> None:
    if key:
        options = replace(options, api_key=key)
    if folder := options.app_folder:
        _checked(lambda: bundles.read(folder).check(options.app_settings))

    def ready(running: freshdesk.Sandbox) -> None:
        click.echo(f"A stand-in for Freshdesk, for trying and testing only: {running.base_url}")
        click.echo(f"  agent's view   {running.base_url}/agent/tickets")
        click.echo(f"  API            {running.base_url}/api/v2/")
        if key is None:
            click.echo(f"  admin's key    {running.api_key}")
            click.echo(f"  agent's key    {running.agent_key}")
        if running.account.app:
            _hosted(running, running.account.app)
        click.echo("Everything is kept in memory. Ctrl-C ends it.")

    freshdesk.serve(options, port=port, ready=ready)


def _hosted(running: freshdesk.Sandbox, app: App) -> None:
    """What is still to be done for the app beside tickets."""
    click.echo(f"The installed app: {running.base_url}/agent/apps")
    if app.lacking:
        click.echo(f"  not set yet    {', '.join(app.lacking)}")
        click.echo("                 (PUT /sandbox/app)")
    if node() is None:
        click.echo(f"  {NO_NODE}")


def _clients(running: Sandbox) -> None:
    """What a set-up page needs to connect this account, either way."""
    options = running.state.options
    click.echo("The marketplace app's global OAuth client, as the service's settings have it:")
    click.echo(f"  WARRANTY_OAUTH_CLIENT_ID={options.global_id}")
    click.echo(f"  WARRANTY_OAUTH_CLIENT_SECRET={options.global_secret}")
    click.echo(f"An OAuth client of the account {options.subdomain} itself:")
    click.echo(f"  identifier     {options.client_id}")
    click.echo(f"  secret         {options.client_secret}")
    if options.app_url or options.app_folder:
        click.echo(f"The installed app: {running.base_url}/agent/apps")
        where = f"{running.base_url}/api/v2/apps/{options.app_id}/public_key.pem"
        click.echo(f"  its key        {where}")
        click.echo("                 (WARRANTY_APP_KEY; asks for a bearer token)")
    for one in apps(running.app).installations.values():
        if one.lacking:
            where = f"PUT /api/v2/apps/installations/{one.id}.json"
            click.echo(f"  not set yet    {', '.join(one.lacking)}")
            click.echo(f"                 ({where})")
