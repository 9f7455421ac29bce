"""Taking the app out of a helpdesk account: what goes, and what stays there and here."""

from __future__ import annotations

from dataclasses import replace

from integration.config import Installation
from integration.helpdesks.placing import Removed
from integration.installations import Installations
from integration.installed_app import Sidebar
from integration.store import Store
from integration.vendors import Account, vendor_of


def remove(
    account: Account,
    store: Store,
    installation: Installation,
    *,
    url: str | None = None,
    keep_macros: bool = False,
    dry_run: bool = False,
    kept: Installations | None = None,
    sidebar: Sidebar | None = None,
) -> Removed:
    """Take away what the app put into an account; ``dry_run`` only says what would be.

    ``url`` is where the helpdesk reaches this service. ``kept`` is where installations are stored
    and ``sidebar`` what is known of the app in the agents' sidebar: its account and its secret are
    taken out of its settings.

    The fields' bindings are kept. Raises what ``integration.errors`` lists; doing it again goes on
    from there.
    """
    known = store.load_bindings(installation.id)
    office = vendor_of(installation).office(installation, account, url)
    removed = office.take_away(known, keep_macros=keep_macros, dry_run=dry_run)
    if known is not None and not dry_run:
        store.save_bindings(installation.id, removed.bindings)
    if kept is None:
        return removed
    steps = office.take_out(kept, sidebar, dry_run=dry_run)
    return replace(removed, steps=(*removed.steps, *steps))
