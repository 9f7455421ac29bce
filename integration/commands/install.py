"""`warranty install`: puts everything that the app owns in place in a helpdesk account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from integration.commands.connected import Connected, app_id, connected, named
from integration.commands.install_secret import (
    keep_in_file,
    say_by_hand,
    say_stored,
    secured_by,
)
from integration.config_account import SIGNING
from integration.directory import home_of
from integration.helpdesks.placing import Placed, Step
from integration.install import KINDS, short_title, title_of
from integration.installed_app import known_of
from integration.vendors import Office, vendor_of


def address(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An https address without a path, which the helpdesk can call; http on this machine alone.
    None stays None."""
    if value is None:
        return None
    parts = urlsplit(value)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or parts.scheme not in (("https", "http") if local else ("https",)):
        raise click.BadParameter(
            f"{value!r} is not an address such as https://warranty.example.com"
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise click.BadParameter(f"{value!r} has more than a host: leave out what follows it")
    return value


@click.command()
@click.option(
    "--url",
    callback=address,
    help="Where the helpdesk reaches this app, as https://warranty.example.com; by default, "
    "WARRANTY_URL.",
)
@named
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--forms", is_flag=True, help="Add our fields to every active ticket form that lacks them."
)
@click.option(
    "--form", "names", multiple=True, metavar="NAME", help="Add our fields to this ticket form."
)
@click.option(
    "--save-secret",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the secret that proves webhooks to this file of settings (as .env); without "
    "WARRANTY_KEYS only, since with them it is kept in the store.",
)
@click.option(
    "--new-secret",
    is_flag=True,
    help="Freshdesk: make another secret for the rules. The one before it stays good beside it.",
)
def install(
    url: str | None,
    installation: str | None,
    dry_run: bool,
    forms: bool,
    names: tuple[str, ...],
    save_secret: Path | None,
    new_secret: bool,
) -> None:
    """Put ticket fields, macros, the webhook, triggers, an automation, views and an SLA policy in
    place in the helpdesk account, and the settings of the app in the agents' sidebar. In Freshdesk
    these are ticket fields, canned responses, automation rules and an SLA policy.

    Creates what is missing, adopts what is there under the same title, changes nothing that is
    not its own, and comes to the same state however often it runs. What is in the way is named
    before anything is changed. Needs an administrator's access.

    Freshdesk's rules prove themselves by a secret that is made here, and kept before they are made.
    Where Freshdesk refuses a rule, it says how to make it by hand, and shows the secret this once.
    """
    with connected(installation) as there:
        here, vendor = there, vendor_of(there.installation)
        name, reached = here.installation.id, url or here.config.url
        if (forms or names) and (why := vendor.lacks.get("form")):
            raise click.UsageError(f"--forms, --form: {why}")
        if reached is None:
            raise click.UsageError(
                "say where the helpdesk reaches this app: --url, or WARRANTY_URL"
            )
        before = here.installation.signing_secrets
        if not dry_run:
            here = replace(here, installation=secured_by(here, save_secret, new_secret))
        office = here.office(reached)
        placed = office.put_in_place(
            here.store.load_bindings(name), forms=None if forms else names, dry_run=dry_run
        )
        if not dry_run:
            # The secret first: a webhook that calls must find it known.
            if here.kept is not None and placed.signing_secret is not None:
                here.kept.keep_secrets(name, signing_secrets=[placed.signing_secret])
            here.store.save_bindings(name, placed.bindings, home_of(here.installation))
        sidebar = _sidebar(here, office, reached, dry_run)
        steps = [*placed.steps, *(step for step in sidebar if step.action != "left out")]
    console = Console(highlight=False)
    console.print(table_of(steps, "Would be" if dry_run else "Is", vendor.kinds))
    _say_forms(console, placed)
    for step in sidebar:
        if step.action == "left out":
            console.print(f"{title_of(step.what, vendor.kinds)}: {escape(step.why)}.")
    made = next((one for one in here.installation.signing_secrets if one not in before), None)
    say_by_hand(console, placed, made, vendor.kinds, dry_run=dry_run)
    if dry_run:
        return
    if here.kept is not None:
        say_stored(here, (made or placed.signing_secret) is not None and not placed.manual)
    elif placed.signing_secret is not None:
        keep_in_file(SIGNING[here.installation.helpdesk][0], placed.signing_secret, save_secret)


_WORDS = {"adopted": "adopted (was there)", "unchanged": "in place"}
_MANY = ("field", "macro", "trigger", "view")


def table_of(steps: Sequence[Step], heading: str, kinds: Mapping[str, str] = KINDS) -> Table:
    """What was done, or would be, to each thing; alike steps, of which there is no more to say, in
    one line. ``kinds`` are the helpdesk's words for kinds of things."""
    table = Table(Column("What", ratio=5), Column(heading, no_wrap=True), Column("More", ratio=6))
    for (kind, action, why), alike in groupby(steps, _alike):
        several = list(alike)
        done = _WORDS.get(action, action)
        if len(several) == 1 or why or kind not in _MANY:
            for step in several:
                table.add_row(escape(title_of(step.what, kinds)), done, escape(step.why))
        else:
            names = ", ".join(short_title(step.what) for step in several)
            shown = "" if action == "unchanged" else escape(names)
            many = "fields" if kind == "field" else f"{kinds[kind]}s"
            table.add_row(f"{len(several)} {many} “Warranty: …”", done, shown)
    return table


def _alike(step: Step) -> tuple[str, str, str]:
    return step.what.partition(":")[0], step.action, step.why


def _say_forms(console: Console, placed: Placed) -> None:
    """Which ticket forms lack our fields, and what to do about it."""
    if placed.forms is None:
        console.print(
            "Ticket forms could not be read. Where the account has several, add the fields "
            "“Warranty: …” to the form that claims come in by."
        )
    for lack in placed.forms or ():
        console.print(
            f"Ticket form “{escape(lack.name)}” lacks {len(lack.missing)} of our fields, so that "
            f"agents do not see them there. If claims come in by it, run this again with "
            f'--form "{escape(lack.name)}" (or --forms, for all).'
        )


def _sidebar(here: Connected, office: Office, url: str, dry_run: bool) -> list[Step]:
    """The app in the sidebar, where accounts are stored: without, nothing answers it."""
    if here.kept is None:
        return []
    known = known_of(here.kept, here.installation.id, url, app_id(here.config))
    return office.settle(here.kept, known, dry_run=dry_run)
