"""What `warranty backfill` is asked for, and whether it may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import click

from integration.config import Installation
from integration.helpdesks.bulk import Created, Found, InView, Selection


def asked_for(
    since: datetime | None, until: datetime | None, view: str | None, search: str | None
) -> dict[str, Any]:
    """A selection as the options name it, JSON-ready."""
    return {
        **({"since": f"{since:%Y-%m-%d}"} if since else {}),
        **({"until": f"{until:%Y-%m-%d}"} if until else {}),
        **({"view": view} if view else {}),
        **({"search": search} if search else {}),
    }


def selection_of(asked: Mapping[str, Any], account: Installation) -> Selection:
    """A selection as the helpdesk takes it; days are those of the installation's time zone."""
    if "view" in asked:
        return InView(str(asked["view"]))
    if "search" in asked:
        return Found(str(asked["search"]))

    def midnight(day: str, after: int = 0) -> datetime:
        return (datetime.fromisoformat(day) + timedelta(days=after)).replace(
            tzinfo=account.time_zone
        )

    until = asked.get("until")
    return Created(midnight(asked["since"]), None if until is None else midnight(until, 1))


def switched_on(one: Installation, dry_run: bool) -> Installation:
    """The installation, where its mode lets tickets be written; a dry run shows what would be."""
    if one.mode not in ("off", "shadow"):
        return one
    if not dry_run:
        raise click.ClickException(
            f"nothing is written on the tickets of {one.id}: its mode is {one.mode}.\n"
            "--dry-run shows what would be written. To have it written, first:\n"
            f"  warranty accounts set {one.id} mode=full"
        )
    click.echo(f"The mode is {one.mode}: nothing is written. In mode full this would be:")
    return replace(one, mode="full")
