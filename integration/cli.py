"""The ``warranty`` command. Each subcommand lives in a module of its own and is loaded when it is
called, so that deciding claims does not wait for a web framework."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

_COMMANDS: Final = {
    "accounts": "Connect accounts, list them, change their settings, remove them.",
    "backfill": "Review tickets of the past, by date, view or search.",
    "bench": "Measure how quick this is, in a way that anyone can repeat.",
    "decide": "Decide claims by the policy.",
    "demo": "Watch warranty tickets being decided, in a helpdesk on this machine.",
    "doctor": "Look whether the connection to the helpdesk works, and how to mend what does not.",
    "forget": "Delete what is kept of a ticket, or of a person's tickets.",
    "install": "Put what the app needs in place in a helpdesk account.",
    "keys": "Make a key to keep secrets by, or change it for a new one.",
    "manifest": "Make, check and pack the app that helpdesks install.",
    "release": "Bring the store up to date, after an update.",
    "reviews": "Look at the reviews that wait for a person, and start them again.",
    "sandbox": "Run a stand-in for Zendesk on this machine, for trying and testing.",
    "uninstall": "Take what the app put there out of a helpdesk account.",
    "worker": "Review the tickets that are due.",
}


class _Lazy(click.Group):
    """A group whose commands are imported on first use; their names and help are known without."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(
            import_module(f"integration.commands.{cmd_name}"), cmd_name
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, text in sorted(_COMMANDS.items())])


@click.command(cls=_Lazy)
@click.version_option(package_name="warranty-desk")
def main() -> None:
    """Warranty Desk decides warranty tickets by the published policy, inside the helpdesk."""


if __name__ == "__main__":
    main()
