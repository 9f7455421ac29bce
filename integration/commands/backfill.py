"""`warranty backfill`: reviews tickets of the past."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click
from sqlalchemy.engine import Connection

from integration import budgets, errors
from integration.backfill import Backfill, Hands, name_of
from integration.backfill_counts import Tally
from integration.backfill_look import Options
from integration.backfill_share import Share
from integration.backfills import Backfills, Run, fingerprint
from integration.budgets import Budgets
from integration.commands import backfill_shown as shown
from integration.commands.backfill_asked import asked_for, selection_of, switched_on
from integration.commands.connected import Connected, chosen, connected, known, named, told
from integration.commands.environment import settings
from integration.config import Installation, Role
from integration.connections import Connections
from integration.jobs import Jobs
from integration.pace import Pace
from integration.records import Record, Records
from integration.store import connect
from integration.vendors import Account, vendor_of

_GOES_ON = "What was written stays; the same command goes on where it stopped."
_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--since", type=_DATE, help="Tickets created on this day or later.")
@click.option("--until", type=_DATE, help="With --since: created on this day at the latest.")
@click.option("--view", help="Tickets in the view with this id. Not in Freshdesk.")
@click.option(
    "--search",
    help="Tickets that the helpdesk's search finds, in its own words: in Zendesk as "
    "'tags:warranty_claim', in Freshdesk as \"tag:'warranty_claim'\", where it finds 300 at most.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option("--yes", is_flag=True, help="Write without asking first.")
@click.option("--include-solved", is_flag=True, help="Solved tickets too.")
@click.option("--claims", is_flag=True, help="The selected tickets are claims: mark them as such.")
@click.option("--limit", type=click.IntRange(1), help="No more tickets than this.")
@click.option(
    "--share",
    type=click.IntRange(1, 100),
    default=30,
    show_default=True,
    help="Per cent of what the app may take of the account's rate limits.",
)
@named
@click.option("--resume", is_flag=True, help="Go on with the newest run that is not done.")
@click.option("--list", "list_", is_flag=True, help="Show the runs so far.")
def backfill(
    since: datetime | None,
    until: datetime | None,
    view: str | None,
    search: str | None,
    dry_run: bool,
    yes: bool,
    include_solved: bool,
    claims: bool,
    limit: int | None,
    share: int,
    installation: str | None,
    resume: bool,
    list_: bool,
) -> None:
    """Review tickets of the past: by date, view or search.

    Zendesk takes a hundred tickets at a time. Freshdesk takes one, with about six requests each, so
    that its limits set the pace: on the Growth plan some 7 tickets a minute with --share 30.

    Shows first what would be written, and asks. A ticket's macros are not carried out and no
    customer is written to; agents find the verdict, with its note, as on any other ticket. Stopped
    at any point, the same command goes on where it stopped. Ends with 1 where tickets failed.
    """
    chosen = sum(one is not None for one in (since, view, search))
    if chosen != (0 if resume or list_ else 1):
        raise click.UsageError("say exactly one of --since, --view and --search, or --resume")
    if until is not None and (since is None or until < since):
        raise click.UsageError("--until goes with --since, and not before it")
    if resume and (include_solved or claims or limit or dry_run):
        raise click.UsageError("--resume goes on as it was begun: leave out the other options")
    if list_:
        _list(installation)
        return
    options = Options(include_solved, claims, limit)
    asked = asked_for(since, until, view, search)
    with connected(installation) as here, _told("" if dry_run else _GOES_ON):
        if view and (why := vendor_of(here.installation).lacks.get("view")):
            raise click.UsageError(f"--view: {why}")
        one = switched_on(here.installation, dry_run)
        _Command(here, one, share).run(asked, options, resume, dry_run=dry_run, yes=yes)


def _list(installation: str | None) -> None:
    config = settings(Role(0))
    store = connect(config.database_url)
    try:
        with told():
            account = chosen(known(config, store)[0], installation)
            runs = Backfills(store)
            found = runs.all(account.id)
            left = {run.id: runs.left(run) for run in found}
            shown.runs(found, left, {run.id: runs.failures(run) for run in found})
    finally:
        store.close()


class _Command:
    """One call of the command."""

    def __init__(self, here: Connected, account: Installation, share: int) -> None:
        self._here = here
        self._store = here.store
        self._account = account
        self._share = share
        self._runs = Backfills(here.store)
        self._jobs = Jobs(here.store)

    def run(
        self,
        asked: Mapping[str, Any],
        options: Options,
        resume: bool,
        *,
        dry_run: bool,
        yes: bool,
    ) -> None:
        if dry_run:
            self._survey(asked, options)
            return
        run = self._unfinished(asked, options, resume)
        if run is None:
            run = self._runs.begin(self._account.id, asked, asdict(options))
        with self._worker(Options(**run.options)) as worker:
            if run.state == "reading":
                with shown.progress("Reading tickets") as tell:
                    worker.read(run, selection_of(run.selection, self._account), tell)
                run = self._runs.enter(run, "asking")
            if run.state == "asking":
                if not self._agreed(run, yes):
                    return
                run = self._runs.enter(run, "writing")
            with shown.progress("Writing tickets") as tell:
                tally = worker.write(run, tell)
        self._runs.enter(run, "done")
        failures = self._runs.failures(run)
        shown.summary(tally, failures)
        if failures:
            sys.exit(1)

    def _survey(self, asked: Mapping[str, Any], options: Options) -> None:
        with self._worker(options) as worker, shown.progress("Reading tickets") as tell:
            tally = worker.survey(selection_of(asked, self._account), tell)
        shown.outlook(tally)
        click.echo("Dry run: nothing was changed.")

    def _unfinished(self, asked: Mapping[str, Any], options: Options, resume: bool) -> Run | None:
        mark = None if resume else fingerprint(asked, asdict(options))
        run = self._runs.unfinished(self._account.id, mark)
        if run is None and resume:
            raise click.ClickException("no backfill waits to be gone on with")
        if run is not None:
            click.echo(
                f"Going on with backfill {run.id} ({shown.selected(run.selection)}), begun "
                f"{run.created_at:%Y-%m-%d %H:%M} UTC."
            )
        return run

    def _agreed(self, run: Run, yes: bool) -> bool:
        """Whether what was read is to be written; a run that is not wanted is forgotten."""
        tally = Tally.from_json(run.counts)
        shown.outlook(tally)
        if not tally.to_write:
            self._runs.enter(run, "done")
            click.echo("There is nothing to write.")
            return False
        if yes:
            return True
        try:
            agreed = click.confirm(f"Write {shown.tickets(tally.to_write)}?")
        except click.Abort:
            agreed = False
            click.echo()
        if not agreed:
            self._runs.drop(run)
            click.echo("Nothing was changed.")
        return agreed

    @contextmanager
    def _worker(self, options: Options) -> Iterator[Backfill]:
        bindings = self._store.load_bindings(self._account.id)
        if bindings is None:
            raise errors.FieldGone(f"installation {self._account.id!r}: no fields are set up")
        with budgets.counting() as spent:
            part, clock = self._share / 100, time.monotonic
            share = Share(Budgets(self._store), self._account, part, spent, clock)
            pace = Pace(share, time.sleep, clock, click.echo)
            hands = Hands(
                bulk=Connections(accounts=self._reach).line(self._account).bulk(bindings),
                pace=pace,
                runs=self._runs,
                schedule=self._schedule,
                keep=partial(_keep, Records(self._store)),
                now=lambda: datetime.now(UTC),
                clock=clock,
            )
            yield Backfill(self._account, bindings, options, hands)

    def _reach(self, installation: Installation) -> Account:
        return self._here.account

    def _schedule(self, ticket_id: str, at: datetime) -> None:
        self._jobs.make_due(self._account.id, ticket_id, at, reason="date reached")


def _keep(records: Records, connection: Connection, record: Record, run: Run) -> None:
    records.add(connection, record, review=name_of(run), reason="backfill", delivery_id=None)


@contextmanager
def _told(then: str) -> Iterator[None]:
    """What stops a run, in words for a person, and what comes ``then``."""
    try:
        yield
    except errors.Rejected as error:
        raise click.ClickException(f"{error}\n{error.advice}\n{then}".strip()) from None
    except errors.Unavailable as error:
        raise click.ClickException(f"{error}\n{then}".strip()) from None
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {then}".rstrip(), err=True)
        sys.exit(130)
