"""What `warranty accounts` shows: tables on a terminal, lines with tabs in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integration.installations import Changed, Kept

_ACCESS: Final = {
    "gone": "gone: Zendesk no longer lets the app in. Connect the account again, on the set-up "
    "page or by `warranty accounts connect`; what waits is then reviewed.",
    "none": "none: no token is kept; the first is asked for when it is needed, unless a fixed one "
    "was given.",
}


def accounts(found: Sequence[Kept]) -> None:
    """The accounts, and what there is to say of their access."""
    console = Console(highlight=False)
    if not found:
        click.echo("No account is connected.", err=not console.is_terminal)
        return
    rows = [
        (
            one.installation.id,
            f"{one.installation.subdomain}.zendesk.com",
            one.installation.mode,
            one.grant,
            "" if one.renew_by is None else f"{one.renew_by:%Y-%m-%d}",
            str(one.version),
        )
        for one in found
    ]
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(row))
        return
    names = ("Account", "Address", "Mode", "Access", "Renew by", "Version")
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    if sum(widths) + 3 * len(names) + 1 > console.width:
        for row in rows:
            console.print(Text(row[0], "bold"))
            for name, value in zip(names[1:], row[1:], strict=True):
                console.print(Text(f"  {name:<9} {value}"))
    else:
        table = Table(*names)
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    for state in sorted({one.grant for one in found} & set(_ACCESS)):
        say(_ACCESS[state])


def settings(values: Mapping[str, Any]) -> None:
    """Settings by name, as `warranty accounts set` takes them."""
    for name, value in values.items():
        click.echo(f"{name}={_said(value)}")


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the settings that differ, having shown what they were and are."""
    names = [name for name in after if before[name] != after[name]]
    for name in names:
        click.echo(f"{name}: {_said(before[name]) or 'none'} → {_said(after[name]) or 'none'}")
    return names


def changes(found: Sequence[Changed]) -> None:
    """Changes of settings."""
    console = Console(highlight=False)
    if not found:
        click.echo("No setting was ever changed.", err=not console.is_terminal)
        return
    table = Table("When (UTC)", "Who", "What")
    table.columns[0].no_wrap = True
    for one in found:
        when = f"{one.at:%Y-%m-%d %H:%M}"
        rows = [
            (name, _said(one.before.get(name)), _said(value)) for name, value in one.after.items()
        ]
        if console.is_terminal:
            said = [f"{name}: {was or 'none'} → {is_ or 'none'}" for name, was, is_ in rows]
            table.add_row(when, Text(one.who), Text("\n".join(said)))
            continue
        for row in rows:
            click.echo("\t".join((when, one.who, *row)))
    if console.is_terminal:
        console.print(table)


def stays(again: bool) -> None:
    """What stays of an account that was forgotten; ``again``: the environment still names it."""
    say(
        "This stays: fields, tags and notes on tickets, and what else the app put into the "
        "account; its OAuth client, or the app's access (Admin Center › Apps and integrations › "
        "APIs); and here the records of reviews, until they are as old as WARRANTY_RETENTION_DAYS "
        "(`warranty forget` deletes those of a ticket or a person)."
    )
    if again:
        say(
            "The environment still names it: take WARRANTY_ZENDESK_… out of it, or the service "
            "takes it over into the store again."
        )


def say(words: str) -> None:
    """Sentences, in lines as long as the terminal is wide."""
    Console(highlight=False).print(Text(words))


def _said(value: object) -> str:
    """A setting's value as one would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)
