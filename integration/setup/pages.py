"""The set-up page's routes: connecting, and everything an admin does afterwards.

Every write carries a pass (``access``); a cookie only lets a page outside an iframe be read. What
takes time is an errand that the worker does; the page shows how it went.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from integration import errors, settings
from integration.errands import Errand
from integration.installations import Kept, Stale
from integration.setup import forms, guarding, questions
from integration.setup.access import COOKIE, LIFE, NotLetIn, Visitor
from integration.setup.connect import Asked, CannotConnect, Connected
from integration.setup.counter import Counter
from integration.vault import NoKey

_log = structlog.get_logger(__name__)

_ASKED: Final = "__Host-warranty-desk-asked"
_ASKED_FOR: Final = 600  # seconds for which somebody may be away at the helpdesk's page
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
    # Where a form may lead, and who may frame a page before the account is known.
    guard = guarding.Guard(counter.origin_of("example").replace("//example.", "//*."))
    routes.before_request(guarding.begin)
    routes.after_request(guard.headers)
    rules: tuple[tuple[str, str, Any], ...] = (
        ("GET", "/", page.start),
        ("POST", "/connect", page.connect),
        ("GET", "/callback", page.callback),
        ("POST", "/zendesk", page.embedded),
        ("POST", "/leave", page.leave),
        ("GET", "/accounts/<installation>", page.read),
        ("POST", "/accounts/<installation>", page.write),
        ("GET", "/<any(connect, zendesk, leave):what>", page.astray),
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
        self._asked = URLSafeTimedSerializer(list(counter.keys)[::-1], salt="asked to connect")

    # -- connecting -------------------------------------------------------------------------------

    def start(self) -> ResponseReturnValue:
        """The first page: connect an account, or go on where one is connected already; which
        ``account`` is to be connected again may be named."""
        account = forms.subdomain(request.args.get("account", ""))
        admin = self._here()
        if admin is not None and not account:
            return redirect(f"/setup/accounts/{admin.installation}", 303)
        return self._connect_page(subdomain=account)

    def connect(self) -> ResponseReturnValue:
        """An admin wants to connect an account."""
        forms.from_our_page()
        subdomain = forms.subdomain(request.form.get("subdomain", ""))
        own = request.form.get("way") == "own"
        try:
            if own:
                made = self.counter.connecting.by_own_client(
                    subdomain,
                    request.form.get("client_id", "").strip(),
                    request.form.get("client_secret", "").strip(),
                )
                return self._let_in(made)
            url, asked = self.counter.connecting.ask(subdomain)
        except CannotConnect as error:
            return self._connect_page(str(error), subdomain, own=own), 422
        answer = redirect(url, 303)
        kept = self._asked.dumps([asked.subdomain, asked.state, asked.verifier])
        _set_cookie(answer, _ASKED, kept, _ASKED_FOR)
        return answer

    def callback(self) -> ResponseReturnValue:
        """The helpdesk sends an admin back."""
        try:
            asked = Asked(*self._asked.loads(request.cookies.get(_ASKED, ""), max_age=_ASKED_FOR))
        except BadSignature:
            if self._here() is not None:  # somebody has reloaded the page that let them in
                return redirect("/setup/", 303)
            return self._connect_page("That took too long, or began elsewhere: begin again."), 422
        if "code" not in request.args:
            words = "Access was not granted in Zendesk, so nothing was connected."
            answer = make_response(self._connect_page(words, asked.subdomain), 422)
            _take_cookie(answer, _ASKED)
            return answer
        try:
            made = self.counter.connecting.answer(
                asked, state=request.args.get("state", ""), code=request.args["code"]
            )
        except CannotConnect as error:
            return self._connect_page(str(error), asked.subdomain), 422
        answer = self._let_in(made)
        _take_cookie(answer, _ASKED)
        return answer

    def _let_in(self, made: Connected) -> Response:
        name = made.kept.installation.id
        self.counter.changed(name)
        if made.fresh:
            self.counter.errands.ask(name, "look", {})
        answer = make_response(redirect(f"/setup/accounts/{name}", 303))
        self._remember(answer, Visitor(name, made.who))
        return answer

    def embedded(self) -> ResponseReturnValue:
        """The helpdesk opens the page inside itself, by a signed request."""
        opened = self.counter.opened(request.form.get("token", ""))
        origin = self.counter.origin_of(opened.subdomain)
        g.framed_by = origin
        kept = self.counter.installations.at("zendesk", opened.subdomain)
        try:
            if kept is None or kept.grant == "gone":
                return self._connect_page(subdomain=opened.subdomain, framed=True)
            role = self.counter.role_of(kept, opened.user)
        except errors.Forbidden:
            return self._connect_page(subdomain=opened.subdomain, framed=True)
        if role is None:
            raise NotLetIn("Only agents and administrators of this account may open this page.")
        visitor = Visitor(kept.installation.id, opened.user, origin)
        # An admin has something to set up first.
        if role == "admin" and kept.installation.mode == "off":
            return self._shown(kept, visitor)
        return self.counter.overview(kept, visitor, role == "admin")

    def leave(self) -> ResponseReturnValue:
        """Forget who is here."""
        forms.from_our_page()
        answer = make_response(redirect("/setup/", 303))
        _take_cookie(answer, COOKIE)
        return answer

    def astray(self, what: str) -> ResponseReturnValue:
        """Somebody opens by hand what a form leads to."""
        return redirect("/setup/", 303)

    def nowhere(self, what: str) -> ResponseReturnValue:
        """Nothing is at this address."""
        abort(404)

    # -- the page ---------------------------------------------------------------------------------

    def read(self, installation: str) -> ResponseReturnValue:
        """The page of an installation, outside an iframe."""
        admin = self._by_cookie()
        if admin.installation != installation:
            abort(404)
        answer = make_response(self._shown(self._kept(installation), admin))
        self._remember(answer, admin)
        return answer

    def write(self, installation: str) -> ResponseReturnValue:
        """Do what a form asks for (``do``), and show the page as it is then."""
        admin = self.counter.passes.read(request.form.get("pass"))
        if admin.installation != installation:
            abort(404)
        g.framed_by = admin.embedded
        kept = self._kept(installation)
        # A form says what it does, and a second button of it otherwise, after that.
        do = (request.form.getlist("do") or [""])[-1]
        if do == "show":
            return self._shown(kept, admin)
        if do in ERRANDS:
            ticked = {box: box in request.form for box in ("extend", "forms")}
            self.counter.errands.ask(installation, do, {"mapped": forms.mapped(), **ticked})
            return self._shown(kept, admin)
        if do == "app-secret":
            # In this one answer, which nothing keeps: an errand's result would be stored.
            made = self.counter.new_secret(installation)
            _log.info("app secret made", installation=installation, who=f"admin {admin.who}")
            self.counter.changed(installation)
            return self._shown(kept, admin, app_secret=made)
        if do not in ("settings", "preview"):
            abort(400)
        return self._settings(kept, admin, save=do == "settings")

    def _settings(self, kept: Kept, admin: Visitor, *, save: bool) -> ResponseReturnValue:
        given, name = forms.given(), kept.installation.id
        at = "on" if "mode" in given else "policy"
        before = settings.as_json(kept.installation)
        try:
            if request.form.get("version") != str(kept.version):
                raise Stale(name)
            values = settings.as_json(settings.changed(kept.installation, given))
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
                return self._shown(kept, admin, at=at, **more)
            who = f"admin {admin.who}"
            saved = self.counter.installations.change_settings(
                name, given, version=kept.version, who=who
            )
        except settings.BadSettings as error:
            wanted = {**before, **given}
            return self._shown(kept, admin, at=at, wanted=wanted, wrong=error.wrong), 422
        except Stale:
            words = "Somebody else has changed the settings meanwhile. Here they are as they stand."
            return self._shown(self._kept(name), admin, at=at, problem=words), 409
        self.counter.changed(name)
        _log.info("settings changed", installation=name, names=sorted(given))
        if before["mode"] == "off" and values["mode"] != "off":
            self._switched_on(name)
        return self._shown(saved, admin, at=at, said="Saved.")

    def _switched_on(self, name: str) -> None:
        try:
            self.counter.switched_on(name)
        except errors.Unavailable as error:
            # What waits looks again by itself, only later.
            _log.error("not told that it is switched on", installation=name, why=str(error))

    def _shown(self, kept: Kept, admin: Visitor, **more: Any) -> str:
        name = kept.installation.id
        found: dict[str, Errand | None] = {
            kind: self.counter.errands.get(name, kind) for kind in ERRANDS
        }
        changes = self.counter.installations.changes(name)
        values: dict[str, Any] = {
            "kept": kept,
            "admin": admin,
            "here": "setup",
            "pass_": self.counter.passes.give(admin),
            "now": settings.as_json(kept.installation),
            "errands": found,
            "busy": [kind for kind, one in found.items() if one and one.state == "waiting"],
            "questions": questions,
            "changes": changes[:_CHANGES],
            "answered": any(set(one.after) - {"mode"} for one in changes),
            "as_text": as_text,
            "zones": _ZONES,
            "wanted": None,
            "wrong": {},
            "redecided": None,
            "seen": None,
            "app_secret": None,
            "at": None,  # where it is told what came of it
            "said": None,
            "problem": None,
            **self.counter.state_of(name),
        }
        return render_template("setup/setup.html", **{**values, **more})

    def _connect_page(
        self,
        problem: str | None = None,
        subdomain: str = "",
        *,
        own: bool = False,
        framed: bool = False,
    ) -> str:
        g.leads_away = True
        return render_template(
            "setup/connect.html",
            problem=problem,
            subdomain=subdomain,
            own=own,
            framed=framed,
            by_marketplace=self.counter.connecting.by_marketplace,
        )

    # -- who is here ------------------------------------------------------------------------------

    def _by_cookie(self) -> Visitor:
        return self.counter.passes.read(request.cookies.get(COOKIE), "cookie")

    def _here(self) -> Visitor | None:
        """Who is here outside an iframe, if anybody is and the account still is connected."""
        try:
            admin = self._by_cookie()
        except NotLetIn:
            return None
        return admin if self.counter.installations.get(admin.installation) else None

    def _remember(self, answer: Response, admin: Visitor) -> None:
        _set_cookie(answer, COOKIE, self.counter.passes.give(admin, "cookie"), LIFE)

    def _kept(self, installation: str) -> Kept:
        kept = self.counter.installations.get(installation)
        if kept is None:
            raise NotLetIn("This account is no longer connected.")
        return kept


_ZONES: Final = sorted(zone for zone in settings.zones() if "/" in zone or zone == "UTC")


def _set_cookie(answer: Any, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/"
    )


def _take_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, secure=True, httponly=True, samesite="Lax")


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
