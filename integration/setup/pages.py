"""The set-up page's routes: the way in (``entrance``), and everything an admin does afterwards.

Every write carries a pass (``access``); a cookie only lets a page outside an iframe be read. What
takes time is an errand that the worker does; the page shows how it went.
"""

from __future__ import annotations

import re
from typing import Any, Final

import structlog
from flask import Blueprint, abort, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration import errors, settings
from integration.errands import Errand
from integration.installations import Kept, Stale
from integration.setup import forms, guarding, questions, visitors
from integration.setup.access import NotLetIn, Visitor
from integration.setup.counter import Counter
from integration.setup.entrance import Entrance
from integration.setup.wording import wording_of
from integration.vault import NoKey
from integration.vendors import vendor_of

_log = structlog.get_logger(__name__)

ERRANDS: Final = ("look", "place", "try", "examine")
DECIDING: Final = ("cross_border", "regions", "time_zone")
"""The settings that bear on a verdict: before they are changed, it is said how many tickets would
have been decided differently."""
_CHANGES: Final = 20


def blueprint(counter: Counter) -> Blueprint:
    """The set-up page under ``/setup``."""
    routes = Blueprint(
        "setup",
        __name__,
        url_prefix="/setup",
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    page = _Page(counter)
    way_in = Entrance(counter, page.shown)
    # Where a form may lead, and who may frame a page before the account is known.
    guard = guarding.Guard(counter.origin_of("example").replace("//example.", "//*."))
    routes.before_request(guarding.begin)
    routes.after_request(guard.headers)
    rules: tuple[tuple[str, str, Any], ...] = (
        ("GET", "/", way_in.start),
        ("POST", "/connect", way_in.connect),
        ("GET", "/callback", way_in.callback),
        ("POST", "/zendesk", way_in.embedded),
        ("POST", "/leave", way_in.leave),
        ("GET", "/accounts/<installation>", page.read),
        ("POST", "/accounts/<installation>", page.write),
        ("GET", "/<any(connect, zendesk, leave):what>", way_in.astray),
        ("GET POST", "/<path:what>", page.nowhere),
    )
    for methods, rule, view in rules:
        routes.add_url_rule(rule, view.__name__, view, methods=methods.split())
    routes.register_error_handler(NotLetIn, guard.not_let_in)
    routes.register_error_handler(errors.Unavailable, guard.unavailable)
    routes.register_error_handler(errors.Rejected, guard.rejected)
    routes.register_error_handler(NoKey, guard.no_key)
    routes.register_error_handler(HTTPException, guard.http)
    routes.register_error_handler(Exception, guard.failed)
    return routes


class _Page:
    """The views. Each gives a whole page, which works without scripts."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def nowhere(self, what: str) -> ResponseReturnValue:
        """Nothing is at this address."""
        abort(404)

    # -- the page ---------------------------------------------------------------------------------

    def read(self, installation: str) -> ResponseReturnValue:
        """The page of an installation, outside an iframe."""
        admin = visitors.by_cookie(self.counter)
        if admin.installation != installation:
            abort(404)
        answer = make_response(self.shown(visitors.kept_of(self.counter, installation), admin))
        visitors.remember(self.counter, answer, admin)
        return answer

    def write(self, installation: str) -> ResponseReturnValue:
        """Do what a form asks for (``do``), and show the page as it is then."""
        admin = self.counter.passes.read(request.form.get("pass"))
        if admin.installation != installation:
            abort(404)
        g.framed_by = admin.embedded
        kept = visitors.kept_of(self.counter, installation)
        # A form says what it does, and a second button of it otherwise, after that.
        do = (request.form.getlist("do") or [""])[-1]
        if do == "show":
            return self.shown(kept, admin)
        if do in ERRANDS:
            ticked = {box: box in request.form for box in ("extend", "forms")}
            mapped = forms.mapped(wording_of(kept.installation).field)
            self.counter.errands.ask(installation, do, {"mapped": mapped, **ticked})
            return self.shown(kept, admin)
        if do == "app-secret":
            # In this one answer, which nothing keeps: an errand's result would be stored.
            made = self.counter.new_secret(installation)
            _log.info("app secret made", installation=installation, who=f"admin {admin.who}")
            self.counter.changed(installation)
            return self.shown(kept, admin, app_secret=made)
        if do == "webhook-secret":
            return self._webhook_secret(kept, admin)
        if do not in ("settings", "preview"):
            abort(400)
        return self._settings(kept, admin, save=do == "settings")

    def _webhook_secret(self, kept: Kept, admin: Visitor) -> ResponseReturnValue:
        """What an admin types into a rule that is made by hand: in this one answer too."""
        one = kept.installation
        if wording_of(one).header is None or not one.signing_secrets:
            abort(400)
        _log.info("webhook secret shown", installation=one.id, who=f"admin {admin.who}")
        return self.shown(kept, admin, webhook_secret=one.signing_secrets[0])

    def _settings(self, kept: Kept, admin: Visitor, *, save: bool) -> ResponseReturnValue:
        given, name = forms.given(), kept.installation.id
        at = "on" if "mode" in given else "policy"
        before = kept.as_json()
        try:
            if request.form.get("version") != str(kept.version):
                raise Stale(name)
            values = kept.changed(given).as_json()
            if (
                "mode" in given
                and values["mode"] != "off"
                and not self.counter.state_of(name)["placed"]
            ):
                raise settings.BadSettings({"mode": "Put the fields in place first."})
            if at == "on" and before["mode"] == values["mode"] == "off":
                words = "Choose shadow, notes or full: it is still off."
                raise settings.BadSettings({"mode": words})
            found, shown = None, forms.seen(values)
            if not save or any(values[one] != before[one] for one in DECIDING):
                found = self.counter.redecide(kept, given)
            unseen = found is not None and found.different and request.form.get("seen") != shown
            if not save or unseen:
                more = {"wanted": values, "redecided": found, "seen": shown}
                return self.shown(kept, admin, at=at, **more)
            who = f"admin {admin.who}"
            saved = self.counter.installations.change_settings(
                name, given, version=kept.version, who=who
            )
        except settings.BadSettings as error:
            wanted = {**before, **given}
            return self.shown(kept, admin, at=at, wanted=wanted, wrong=error.wrong), 422
        except Stale:
            words = "Somebody else has changed the settings meanwhile. Here they are as they stand."
            now = visitors.kept_of(self.counter, name)
            return self.shown(now, admin, at=at, problem=words), 409
        self.counter.changed(name)
        _log.info("settings changed", installation=name, names=sorted(given))
        if before["mode"] == "off" and values["mode"] != "off":
            self._switched_on(name)
        return self.shown(saved, admin, at=at, said="Saved.")

    def _switched_on(self, name: str) -> None:
        try:
            self.counter.switched_on(name)
        except errors.Unavailable as error:
            # What waits looks again by itself, only later.
            _log.error("not told that it is switched on", installation=name, why=str(error))

    def shown(self, kept: Kept, admin: Visitor, **more: Any) -> str:
        """The page of an account, for somebody who is its administrator; ``more`` is what came of
        what they asked for."""
        name = kept.installation.id
        found: dict[str, Errand | None] = {
            kind: self.counter.errands.get(name, kind) for kind in ERRANDS
        }
        changes = self.counter.installations.changes(name)
        values: dict[str, Any] = {
            "kept": kept,
            "vendor": vendor_of(kept.installation),
            "wording": wording_of(kept.installation),
            "connect_again": _connect_again(kept),
            "admin": admin,
            "here": "setup",
            "pass_": self.counter.passes.give(admin),
            "now": kept.as_json(),
            "errands": found,
            "busy": [kind for kind, one in found.items() if one and one.state == "waiting"],
            "questions": questions,
            "changes": changes[:_CHANGES],
            "answered": any(set(one.after) - {"mode"} for one in changes),
            "as_text": as_text,
            "pieces": pieces,
            "zones": _ZONES,
            "wanted": None,
            "wrong": {},
            "redecided": None,
            "seen": None,
            "app_secret": None,
            "webhook_secret": None,
            "at": None,  # where it is told what came of it
            "said": None,
            "problem": None,
            **self.counter.state_of(name),
        }
        return render_template("setup/setup.html", **{**values, **more})


def _connect_again(kept: Kept) -> str:
    """Where an account that is known is connected once more."""
    one = kept.installation
    more = "" if one.helpdesk == "zendesk" else f"helpdesk={one.helpdesk}&"
    return f"/setup/?{more}account={one.subdomain}"


_COPIED: Final = re.compile(r"(https?://\S+|\{.*\}|\bX-[A-Za-z-]+)", re.DOTALL)


def pieces(words: str) -> list[tuple[str, bool]]:
    """A step that an admin does by hand, in pieces, with whether one is to be copied as it is: an
    address, a header's name, a body."""
    found = enumerate(_COPIED.split(words))
    return [(piece, number % 2 == 1) for number, piece in found if piece]


_ZONES: Final = sorted(zone for zone in settings.zones() if "/" in zone or zone == "UTC")


def as_text(name: str, value: object) -> str:
    """A setting's value as the list of changes shows it."""
    if label := questions.LABELS.get((name, str(value))):
        return label
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return (
            ", ".join(questions.LABELS.get((name, str(one)), str(one)) for one in value) or "none"
        )
    return "none" if value in ("", None) else str(value)
