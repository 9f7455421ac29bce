"""`warranty uninstall`: takes what the app owns out of a helpdesk account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integration.commands.connected import Connected, address_of, app_id, connected, named
from integration.commands.install import table_of
from integration.helpdesks.placing import Step
from integration.installed_app import known_of
from integration.uninstall import remove
from integration.vendors import Office, vendor_of


@click.command()
@named
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep-macros", is_flag=True, help="Leave the macros, in Zendesk.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def uninstall(installation: str | None, yes: bool, keep_macros: bool, dry_run: bool) -> None:
    """Take the webhook, triggers, automation, SLA policy, views and macros out of the helpdesk
    account, and the account and the secret out of the settings of the app in the sidebar. Out of
    Freshdesk go the automation rules; its SLA policy is switched off, and its canned responses
    stay, since Freshdesk lets neither be deleted from here.

    Ticket fields, and everything that stands on tickets, stay; it says what stays, and how to
    remove it. Only what is the app's own goes. Can be run again. Needs an administrator's access.
    """
    console = Console(highlight=False)
    with connected(installation) as here:
        account, store, name = here.patiently, here.store, here.installation.id
        known = known_of(here.kept, name, here.config.url, app_id(here.config))
        office, vendor = here.office(), vendor_of(here.installation)
        away = partial(
            remove,
            account,
            store,
            here.installation,
            url=here.config.url,
            keep_macros=keep_macros,
            kept=here.kept,
            sidebar=known,
        )
        plan = away(dry_run=True)
        goes = [step for step in plan.steps if step.action in ("deleted", "changed")]
        if plan.steps:
            console.print(table_of(plan.steps, "Is" if not goes else "Would be", vendor.kinds))
        if not goes:
            console.print("There is nothing of the app's to take away.")
        elif not dry_run:
            if not yes:
                click.confirm(_question(goes, address_of(here.installation)), abort=True)
            gone, off = _counted(away().steps)
            console.print(f"{gone} deleted{f', {off} switched off' if off else ''}.")
    console.print("\nThis stays:")
    stays = Table.grid(padding=(0, 1))
    for sentence in (*office.stays, *_macros(office, keep_macros), *_kept(here)):
        stays.add_row("-", escape(sentence))
    console.print(stays)


def _counted(steps: Iterable[Step]) -> tuple[int, int]:
    """How many things are deleted, and how many switched off because they cannot be."""
    actions = Counter(step.action for step in steps)
    return actions["deleted"], actions["changed"]


def _question(goes: Sequence[Step], address: str) -> str:
    gone, off = _counted(goes)
    if not gone:
        return f"Switch {off} thing{'s' * (off != 1)} off in {address}?"
    more = f", and switch {off} off" if off else ""
    return f"Delete {gone} thing{'s' * (gone != 1)} from {address}{more}?"


def _macros(office: Office, keep_macros: bool) -> tuple[str, ...]:
    return (office.macros_stay,) if keep_macros and office.macros_stay else ()


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
