"""A ticket's verdict for a bulk update: what to write on it quietly, without asking the helpdesk
anything. Sends nothing.

A review previews macros and carries out what they set; for a ticket of the past neither is wanted.
Its stamp says that this was done, so that a later review does not make up for it, and no customer
is written to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from integration import recording, updates
from integration.assess import Assessment, assess, left_alone
from integration.config import Installation
from integration.helpdesks import Bindings, Change, Message, Outcome, Ticket
from integration.records import Record
from integration.updates import Update


@dataclass(frozen=True, slots=True)
class Planned:
    """What a bulk update writes on a ticket as read: ``update`` by the ``assessment``."""

    ticket: Ticket
    assessment: Assessment
    update: Update

    @property
    def change(self) -> Change:
        """Fields, tags and deadline that are to differ; never a macro's effects."""
        return self.update.change

    @property
    def message(self) -> Message | None:
        """The private note in the same update, None where there is nothing new to say."""
        return self.update.message

    def record(self, did: str = "written", outcome: Outcome | None = None) -> Record:
        """What to keep of it, given what was done and, where the helpdesk told, what became of each
        part. An update that failed wrote nothing and leaves no record."""
        return recording.record(self.ticket, self.assessment, did, [(self.update, outcome)])


def plan(
    ticket: Ticket, installation: Installation, now: datetime, bindings: Bindings
) -> Planned | None:
    """What to write on a ticket as of ``now`` (aware); None where it is left alone, already carries
    all of it, or nothing is to be written in this installation.

    The note tells the verdict by its clauses as ever, without a suggested reply. A public reply
    that is still to be sent is left to a review. Raises FieldGone as ``assess`` does.
    """
    if left_alone(ticket) is not None or installation.mode in ("off", "shadow"):
        return None
    found = assess(ticket, installation, now)
    if found.intent.done:
        return None
    quiet = replace(found.intent, renewed=False)  # its stamp still names the effect as carried out
    return Planned(ticket, found, updates.of_verdict(ticket, found, quiet, bindings))
