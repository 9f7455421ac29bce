"""The app in the agents' sidebar as it is installed in an account: its settings put right, and
taken out again.

No secret leaves this module in words: what is told of it is what was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from integration import errors
from integration.app_secrets import AppPut
from integration.helpdesks import zendesk_app
from integration.helpdesks.placing import Step
from integration.helpdesks.zendesk_app import AppSettings, InstalledApp, Search
from integration.helpdesks.zendesk_wire import Account, Line, open_line
from integration.installations import Installations

BY_HAND: Final = timedelta(days=1)
"""How long the secret before is good where somebody copies the new one into the app."""
AT_ONCE: Final = timedelta(minutes=10)
"""How long it is good where we put the new one there ourselves."""
STEP: Final = "app"
"""What the step is called."""
SETTINGS: Final = (
    "Admin Center › Apps and integrations › Apps › Zendesk Support apps › Warranty Desk › Change "
    "settings"
)
"""Where an admin finds the app's settings."""
UPLOAD: Final = (
    "Get it from the marketplace, or upload the package manifest/zendesk: Admin Center › Apps and "
    "integrations › Apps › Zendesk Support apps › Upload private app"
)


@dataclass(frozen=True, slots=True)
class Sidebar:
    """What is known here of an account's app: where it shall reach this service, what was put into
    it so far, and the number of the marketplace app (empty: none)."""

    service_url: str
    installation: str
    put: AppPut | None
    app_id: str = ""


def known_of(
    kept: Installations | None, installation: str, url: str | None, app_id: str = ""
) -> Sidebar | None:
    """What is known of an installation's app; None where there is no service for it, as without a
    store of accounts. Raises errors.Unavailable."""
    if kept is None or url is None:
        return None
    try:
        return Sidebar(url.rstrip("/"), installation, kept.app_put(installation), app_id)
    except KeyError:
        return None


def own_version() -> str:
    """The version of this program, which is also its package's; empty where it is not told."""
    try:
        return version("warranty-desk")
    except PackageNotFoundError:
        return ""


def look(line: Line, known: Sidebar) -> Search:
    """Our app among those that are installed. Raises what ``integration.errors`` lists."""
    return zendesk_app.search(
        line,
        service_url=known.service_url,
        installation=known.installation,
        app_id=known.app_id,
    )


def right(app: InstalledApp, known: Sidebar) -> bool:
    """Whether its address and its account are ours."""
    return (app.service_url, app.installation) == (known.service_url, known.installation)


def untouched(app: InstalledApp, known: Sidebar) -> bool:
    """Whether the secret of now was put into this very app and nobody has changed its settings
    since, as far as the helpdesk tells: what a secure setting is, it does not."""
    put = known.put
    if put is None or not put.current or put.app != app.id:
        return False
    return put.updated_at == app.updated_at or not put.updated_at


def settle(
    account: Account, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
) -> list[Step]:
    """Put the service's address, the account and the secret into the installed app, unless they are
    there; ``dry_run`` only says what would be done. At most three requests; one where all is well.

    What the helpdesk refuses, and an app that is not there, is a step that was left out, with what
    to do. Raises errors.Unavailable.
    """
    if known is None:
        return []
    line = open_line(account)
    try:
        found = look(line, known)
    except errors.Rejected:
        return [Step(STEP, "left out", by_hand(known))]
    app = found.app
    if app is None:
        return [Step(STEP, "left out", not_found(found, known))]
    off = "" if app.enabled else "it is switched off in Zendesk"
    if right(app, known) and untouched(app, known):
        return [Step(STEP, "unchanged", off)]
    if dry_run:
        return [Step(STEP, "changed", off)]
    try:
        put(line, kept, app, known)
    except errors.Rejected:
        return [Step(STEP, "left out", by_hand(known))]
    return [Step(STEP, "changed", off)]


def put(line: Line, kept: Installations, app: InstalledApp, known: Sidebar) -> None:
    """Put all three settings into the app. Raises what ``integration.errors`` lists."""
    secret = kept.app_secret(known.installation)
    settings = AppSettings(known.service_url, known.installation, secret)
    now = zendesk_app.put(line, app, settings)
    kept.keep_app_put(known.installation, secret, now.id, now.updated_at, overlap=AT_ONCE)


def take_out(
    account: Account, kept: Installations, known: Sidebar | None, *, dry_run: bool = False
) -> list[Step]:
    """Take the account and the secret out of the installed app, and forget the secret here, so that
    the sidebar is answered no more. The app itself stays: only an admin can remove it."""
    if known is None:
        return []
    line = open_line(account)
    try:
        app = look(line, known).app
        ours = app is not None and app.installation == known.installation
        if app is not None and ours and not dry_run:
            zendesk_app.clear(line, app)
    except errors.Rejected:
        ours = known.put is not None
        if not dry_run:
            kept.forget_app(known.installation)
        why = "Zendesk does not let the app change its settings; its secret is void all the same"
        return [Step(STEP, "left", why)] if ours else []
    if not dry_run:
        kept.forget_app(known.installation)
    return [Step(STEP, "deleted", "its account and its secret; the app itself stays")] * ours


def not_found(found: Search, known: Sidebar) -> str:
    """Why there is no app whose settings could be put right, and what to do about it."""
    again = "Then do this again: the rest is filled in"
    if found.why == "another":
        (one, *_) = found.others
        return (
            f"the installed app is set to another service, {one.service_url or 'none'}: if it "
            f"shall be this one, set its address to {known.service_url} in {SETTINGS}. {again}"
        )
    if found.why == "lacking":
        return (
            "an app “Warranty Desk” is installed that has no setting for the service's address: it "
            f"is an older package, or another app. {UPLOAD}, with the address {known.service_url}. "
            f"{again}"
        )
    return (
        "it is not installed, so that agents see nothing in the sidebar. Best install it before "
        "the fields are put in place: its package brings them along, and Zendesk may not make them "
        f"twice. {UPLOAD}. Type {known.service_url} as its address and leave its other settings "
        "empty. Then do this again"
    )


def by_hand(known: Sidebar) -> str:
    """What to paste where, where the helpdesk does not let us; the secret is not among it."""
    return (
        "Zendesk does not let the app see or change installed apps (its access may lack that "
        f"right). In {SETTINGS}, set the address to {known.service_url} and Installation to "
        f"{known.installation}; the secret is shown once by `warranty accounts app-secret "
        f"{known.installation} --new`, or by “Make a new secret” on the set-up page"
    )
