"""`warranty forget`: delete what is kept of a ticket, or of a person's tickets."""

from __future__ import annotations

import click

from integration import errors
from integration.backfills import Backfills
from integration.commands.connected import chosen, known, told
from integration.commands.environment import settings
from integration.config import Config, Role
from integration.forget import Forgotten
from integration.forget import forget as carry_out
from integration.jobs import Jobs
from integration.records import Records
from integration.store import Store, connect

_UNTOUCHED = """\
Not touched: the tickets in the helpdesk itself, with the fields, tags and notes on them (delete or
redact them there), and logs, which name tickets by their number only. A ticket that is still in the
helpdesk is reviewed, and that recorded, when it changes again."""


@click.command()
@click.option("--ticket", "tickets", multiple=True, metavar="ID", help="A ticket. May be repeated.")
@click.option("--requester", metavar="ID", help="A person, by the helpdesk's number of them.")
@click.option("--installation", metavar="NAME", help="Which account; by default, the only one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(
    tickets: tuple[str, ...], requester: str | None, installation: str | None, yes: bool
) -> None:
    """Delete what the store keeps of tickets: records of reviews, deliveries, work to do.

    Named by --ticket, or all tickets whose records name a --requester. Shows first what that is,
    and asks. A person's ticket that never came to a verdict has no record: name it by --ticket.
    """
    if not tickets and requester is None:
        raise click.UsageError("name a --ticket or a --requester")
    config = settings(Role(0))
    store = connect(config.database_url)

    def forgetting(*, look: bool) -> Forgotten:
        try:
            return carry_out(
                store,
                Jobs(store),
                Records(store),
                account,
                tickets=tickets,
                requester=requester,
                look=look,
                backfills=Backfills(store),
            )
        except errors.Unavailable as error:
            raise click.ClickException(str(error)) from None

    try:
        # One that is connected no more may be named as well.
        account = installation or _only(config, store)
        found = forgetting(look=True)
        if not found.records and not found.work:
            click.echo(f"Nothing is kept of that in {account}.")
            return
        click.echo(f"In {account}: {_words(found)}.")
        if not yes:
            click.confirm("Delete this for good?", abort=True)
        click.echo(f"Deleted: {_words(forgetting(look=False))}.")
        click.echo(_UNTOUCHED)
    finally:
        store.close()


def _only(config: Config, store: Store) -> str:
    with told():
        return chosen(known(config, store)[0], None).id


def _words(found: Forgotten) -> str:
    shown = ", ".join(found.tickets[:20]) + (" …" if len(found.tickets) > 20 else "")
    return (
        f"{_count(found.records, 'record')} of reviews, {_count(found.work, 'row')} of deliveries "
        f"and work to do; {_count(len(found.tickets), 'ticket')}: {shown}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
