"""What `warranty accounts` shows: tables on a terminal, lines with tabs in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from integration.commands.connected import address_of
from integration.installation import HelpdeskName, Installation
from integration.installations import Changed, Kept

KEY: Final = "key"
"""How the access of an account is called that is reached by an API key."""
_ACCESS: Final = {
    "gone": "gone: the helpdesk no longer lets the app in. Connect the account again, on the "
    "set-up page or by `warranty accounts connect`; what waits is then reviewed.",
    "none": "none: no token is kept; the first is asked for when it is needed, unless a fixed one "
    "was given.",
    KEY: "key: Freshdesk lets the app in by an API key, which is good until it is reset there. "
    "`warranty doctor` says whether it works.",
    "no key": "no key: the account cannot be reached. Connect it again, on the set-up page or by "
    "`warranty accounts connect`.",
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
            address_of(one.installation),
            one.installation.mode,
            _access(one),
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
    for state in sorted({_access(one) for one in found} & set(_ACCESS)):
        say(_ACCESS[state])


def _access(one: Kept) -> str:
    """How an account is reached: the state of what was granted, or by its key."""
    if one.installation.helpdesk != "freshdesk" or one.grant == "gone":
        return one.grant
    return KEY if one.installation.api_key else "no key"


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


_STAYS: Final[Mapping[HelpdeskName, str]] = {
    "zendesk": "its OAuth client, or the app's access (Admin Center › Apps and integrations › "
    "APIs)",
    "freshdesk": "its API key, until whom it belongs to resets it (Profile settings)",
}


def stays(one: Installation | None, named: Installation | None) -> None:
    """What stays of an account that was forgotten (None: nobody could read whose it is); ``named``
    is the one of this name in the environment, None where there is none."""
    access = "; or ".join(_STAYS.values()) if one is None else _STAYS[one.helpdesk]
    say(
        "This stays: fields, tags and notes on tickets, and what else the app put into the "
        f"account; {access}; and here the records of reviews, until they are as old as "
        "WARRANTY_RETENTION_DAYS (`warranty forget` deletes those of a ticket or a person)."
    )
    if named is not None:
        say(
            f"The environment still names it: take WARRANTY_{named.helpdesk.upper()}_… out of it, "
            "or the service takes it over into the store again."
        )


def reviews(number: int) -> str:
    """A number of reviews, in words."""
    return "1 review" if number == 1 else f"{number:,} reviews"


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
