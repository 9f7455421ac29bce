"""The secret that proves an account's webhooks: `warranty install` makes it, keeps it and says
where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from integration.commands.connected import Connected
from integration.config import Installation
from integration.config_account import SIGNING
from integration.helpdesks.placing import Placed
from integration.install import title_of
from integration.vendors import secured, vendor_of


def say_by_hand(
    console: Console,
    placed: Placed,
    made: str | None,
    kinds: Mapping[str, str],
    *,
    dry_run: bool,
) -> None:
    """What the helpdesk did not take from here, and how an admin makes it; with the secret for it
    where it was ``made`` now."""
    for what, steps in placed.manual.items():
        console.print(f"\n{title_of(what, kinds)}: to be made by hand.")
        for number, step in enumerate(steps, 1):
            console.print(f"  {number}. {escape(step)}", soft_wrap=True)
    if not placed.manual:
        return
    if made is not None:
        console.print("\nThe webhook secret, for these rules alone; it is not shown again:")
        console.print(made, soft_wrap=True, markup=False)
    elif dry_run:
        console.print(
            "\nWithout --dry-run, the secret for it is shown, where none was made before."
        )
    else:
        console.print(
            "\nThe webhook secret was made before, and is not shown here again. For another, run "
            "this with --new-secret: rules that send the one before it are heard until the next."
        )


def say_stored(here: Connected, made: bool) -> None:
    """Where the secret is, and what comes next in an account that the store keeps."""
    if made:
        click.echo("The webhook's secret is kept in the store: nothing is to be copied.")
    if here.installation.mode == "off":
        click.echo(
            "Nothing is reviewed yet: its mode is off. Switch it on with\n"
            f"  warranty accounts set {here.installation.id} mode=shadow\n"
            "(shadow: shown in the sidebar only; notes: private notes; full: everything)."
        )


def keep_in_file(name: str, made: str, path: Path | None) -> None:
    """Put the secret that proves webhooks into a file of settings, or say where it is."""
    if path is None:
        click.echo(
            f"Now set {name} to the webhook's signing secret: Admin Center > Apps and "
            "integrations > Webhooks > Warranty Desk > Reveal secret. Or run this again with "
            "--save-secret .env."
        )
        return
    old = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in old if not line.startswith(f"{name}=")]
    # Only its owner may read it; an existing file keeps what it had.
    path.touch(mode=0o600)
    path.write_text("\n".join([*kept, f"{name}={made}", ""]))
    click.echo(f"The webhook's secret is in {path}, as {name}.")
    click.echo("Start the service again with it: it knows by it what comes from the account.")


def secured_by(here: Connected, path: Path | None, new: bool) -> Installation:
    """The installation with the secret that proves its webhooks, where this service is to make it
    (another one, if it is to be ``new``): kept before any rule of the helpdesk sends it."""
    one = here.installation

    def keep(installation: str, *secrets: str) -> None:
        if here.kept is not None:
            here.kept.keep_secrets(installation, signing_secrets=list(secrets))
            return
        if path is None:
            raise click.UsageError(
                f"--save-secret FILE: a secret is made for the automation rules, and has to be "
                f"kept as {SIGNING[one.helpdesk][0]}"
            )
        keep_in_file(SIGNING[one.helpdesk][0], ",".join(secrets), path)

    made = vendor_of(one).new_secret() if new else None
    if new and made is None:
        raise click.UsageError(f"--new-secret: {vendor_of(one).title} makes it by itself")
    if made is None or not one.signing_secrets:
        return secured(one, keep)
    secrets = (made, one.signing_secrets[0])
    keep(one.id, *secrets)
    return replace(one, signing_secrets=secrets)
