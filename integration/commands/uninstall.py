"""`warranty uninstall`: takes what the app owns out of a Zendesk account."""

from __future__ import annotations

from functools import partial

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integration.commands.connected import Connected, app_id, connected, named
from integration.commands.install import table_of
from integration.installed_app import known_of
from integration.uninstall import MACROS_STAY, STAYS, remove


@click.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep-macros", is_flag=True, help="Leave the macros.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def uninstall(installation: str | None, yes: bool, keep_macros: bool, dry_run: bool) -> None:
    """Take the webhook, triggers, automation, SLA policy, views and macros out of the Zendesk
    account, and the account and the secret out of the settings of the app in the sidebar.

    Ticket fields, and everything that stands on tickets, stay; it says what stays, and how to
    remove it. Only what is the app's own goes. Can be run again. Needs an administrator's access.
    """
    console = Console(highlight=False)
    with connected(installation) as here:
        account, store, name = here.account, here.store, here.installation.id
        known = known_of(here.kept, name, here.config.url, app_id(here.config))
        away = partial(
            remove, account, store, name, keep_macros=keep_macros, kept=here.kept, sidebar=known
        )
        plan = away(dry_run=True)
        goes = [step for step in plan.steps if step.action == "deleted"]
        if plan.steps:
            console.print(table_of(plan.steps, "Is" if not goes else "Would be"))
        if not goes:
            console.print("There is nothing of the app's to take away.")
        elif not dry_run:
            if not yes:
                click.confirm(
                    f"Delete {len(goes)} things from {account.subdomain}.zendesk.com?", abort=True
                )
            done = away()
            gone = sum(step.action == "deleted" for step in done.steps)
            console.print(f"{gone} deleted.")
    console.print("\nThis stays:")
    stays = Table.grid(padding=(0, 1))
    for sentence in (*STAYS, *((MACROS_STAY,) if keep_macros else ()), *_kept(here)):
        stays.add_row("-", escape(sentence))
    console.print(stays)


def _kept(here: Connected) -> tuple[str, ...]:
    """What stays of an account that the store keeps."""
    if here.kept is None:
        return ()
    name, mode = here.installation.id, here.installation.mode
    still = f" Its mode is {mode}, so that changed tickets are still looked for."
    return (
        "The connection, with its settings and secrets, in the app's own database."
        f"{still if mode != 'off' else ''} `warranty accounts set {name} mode=off` switches it "
        f"off; `warranty accounts remove {name}` forgets it.",
    )
