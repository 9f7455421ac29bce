"""`warranty doctor`: is what the app needs in place, and does it work?"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from integration.commands.connected import app_id, connected, named
from integration.commands.install import address
from integration.doctor import Check, as_json, examine, is_poor
from integration.installed_app import known_of

_SIGNS = {"good": "[green]good   [/]", "poor": "[red]poor   [/]", "unknown": "[yellow]unknown[/]"}


@click.command()
@click.option(
    "--url",
    callback=address,
    help="Where the helpdesk should reach this app, as https://warranty.example.com; compared "
    "with what its webhook or rules call. By default, WARRANTY_URL.",
)
@named
@click.option("--json", "json_", is_flag=True, help="The findings as JSON.")
def doctor(url: str | None, installation: str | None, json_: bool) -> None:
    """Look whether the connection to the helpdesk works, and say how to mend what does not.

    Nothing is written. Looks at the access, the webhook and its deliveries, triggers, ticket
    fields and forms, macros, views, the SLA policy, the app in the sidebar, limits, clocks,
    workers, work by the clock and what waits; of Freshdesk at the access, ticket fields, canned
    responses, the automation rules and what they call, also where they were made by hand, the SLA
    policy, and at our side in the same way.
    Ends with status 1 if anything is poor; what could not be read is unknown.
    """
    with connected(installation) as here:
        reached = url or here.config.url
        known = known_of(here.kept, here.installation.id, here.config.url, app_id(here.config))
        checks = examine(here.installation, here.patiently, here.store, url=reached, sidebar=known)
    if json_:
        click.echo(json.dumps(as_json(checks), indent=2, ensure_ascii=False))
    else:
        _show(checks)
    sys.exit(1 if is_poor(checks) else 0)


def _show(checks: Sequence[Check]) -> None:
    """A line for each finding, those that need mending with how."""
    console = Console(highlight=False)
    for check in checks:
        console.print(f"{_SIGNS[check.state]}  [bold]{escape(check.what)}[/]")
        console.print(Padding(escape(check.said), (0, 0, 0, 9), expand=False))
        if check.mend and check.state != "good":
            console.print(Padding(f"→ {escape(check.mend)}", (0, 0, 0, 9), expand=False))
    counts = {state: sum(c.state == state for c in checks) for state in _SIGNS}
    console.print(f"\n{counts['good']} good, {counts['poor']} poor, {counts['unknown']} unknown.")
