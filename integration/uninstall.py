"""Taking the app out of a helpdesk account: what goes, and what stays there and here."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from integration import install
from integration.catalogue import CLAIM_TAG, FIELDS, TAGS
from integration.helpdesks.zendesk_remove import Removed, take_away
from integration.helpdesks.zendesk_wire import Account
from integration.installations import Installations
from integration.installed_app import Sidebar, take_out
from integration.store import Store

STAYS: Final = (
    f"The {len(FIELDS)} ticket fields “Warranty: …” and what stands in them: deleting a field "
    "deletes its values on every ticket, for good. To remove them all the same: Admin Center > "
    "Objects and rules > Tickets > Fields, deactivate and delete each. Deactivated only, they "
    "are hidden, and keep their values.",
    f"The tags on tickets ({CLAIM_TAG}, and {len(TAGS)} that begin with warranty_), private notes "
    "and due dates. A tag is removed from many tickets by a view and “Remove tags” in bulk.",
    "The app in the agents' sidebar, if it is installed: remove it in Admin Center > Apps and "
    "integrations > Apps > Zendesk Support apps. Zendesk may then delete the ticket fields that "
    "the app's package made, with their values: where you want to keep those, leave it installed "
    "and switch it off.",
    "The access: delete the OAuth client, or withdraw the app's access, in Admin Center > Apps and "
    "integrations > APIs.",
    "In the app's own database: the fields' numbers, so that a later install takes the fields up "
    "again; and what is kept of reviews, until its retention ends or `warranty forget` is run.",
)
"""What is left, and how to remove it: sentences for an admin."""
MACROS_STAY: Final = (
    "The macros “Warranty: …”. To remove them: run this again without --keep-macros, or Admin "
    "Center > Workspaces > Agent tools > Macros."
)


def remove(
    account: Account,
    store: Store,
    installation: str,
    *,
    keep_macros: bool = False,
    dry_run: bool = False,
    kept: Installations | None = None,
    sidebar: Sidebar | None = None,
) -> Removed:
    """Take away what the app put into an account; ``dry_run`` only says what would be.

    ``kept`` is where installations are stored and ``sidebar`` what is known of the app in the
    agents' sidebar: its account and its secret are taken out of its settings.

    The fields' bindings are kept. Raises what ``integration.errors`` lists; doing it again goes on
    from there.
    """
    known = store.load_bindings(installation)
    wanted = install.wanted(installation, "")
    removed = take_away(account, wanted, known, keep_macros=keep_macros, dry_run=dry_run)
    if known is not None and not dry_run:
        store.save_bindings(installation, removed.bindings)
    if kept is None:
        return removed
    steps = take_out(account, kept, sidebar, dry_run=dry_run)
    return replace(removed, steps=(*removed.steps, *steps))
