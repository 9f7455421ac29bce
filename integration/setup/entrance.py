"""The way in: connecting an account, coming back to one, and leaving. A part of ``pages``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from integration import errors
from integration.installation import HelpdeskName
from integration.installations import Kept
from integration.setup import forms, visitors
from integration.setup.access import COOKIE, NotLetIn, Visitor
from integration.setup.connect import Asked, CannotConnect, Connected
from integration.setup.counter import Counter
from integration.vendors import VENDORS

_ASKED: Final = "__Host-warranty-desk-asked"
_ASKED_FOR: Final = 600  # seconds for which somebody may be away at the helpdesk's page


class Entrance:
    """The views; each gives a whole page, which works without scripts. ``shown`` is the page of an
    account, for a visitor."""

    def __init__(self, counter: Counter, shown: Callable[[Kept, Visitor], str]) -> None:
        self.counter = counter
        self._shown = shown
        self._asked = URLSafeTimedSerializer(list(counter.keys)[::-1], salt="asked to connect")

    def start(self) -> ResponseReturnValue:
        """The first page: connect an account of a ``helpdesk``, or go on where one is connected
        already; which ``account`` is to be connected again may be named."""
        helpdesk = forms.helpdesk(request.args.get("helpdesk", ""))
        account = forms.subdomain(request.args.get("account", ""), helpdesk)
        admin = visitors.here(self.counter)
        if admin is not None and not account and "helpdesk" not in request.args:
            return redirect(f"/setup/accounts/{admin.installation}", 303)
        return self._page(helpdesk, subdomain=account)

    def connect(self) -> ResponseReturnValue:
        """An admin wants to connect an account."""
        forms.from_our_page()
        way = request.form.get("way")
        helpdesk: HelpdeskName = "freshdesk" if way == "key" else "zendesk"
        subdomain = forms.subdomain(request.form.get("subdomain", ""), helpdesk)
        connecting = self.counter.connecting
        try:
            if way == "key":
                key = request.form.get("api_key", "").strip()
                return self._let_in(connecting.by_api_key(subdomain, key))
            if way == "own":
                made = connecting.by_own_client(
                    subdomain,
                    request.form.get("client_id", "").strip(),
                    request.form.get("client_secret", "").strip(),
                )
                return self._let_in(made)
            url, asked = connecting.ask(subdomain)
        except CannotConnect as error:
            return self._page(helpdesk, str(error), subdomain, own=way == "own"), 422
        answer = redirect(url, 303)
        kept = self._asked.dumps([asked.subdomain, asked.state, asked.verifier])
        visitors.set_cookie(answer, _ASKED, kept, _ASKED_FOR)
        return answer

    def callback(self) -> ResponseReturnValue:
        """Zendesk sends an admin back."""
        try:
            asked = Asked(*self._asked.loads(request.cookies.get(_ASKED, ""), max_age=_ASKED_FOR))
        except BadSignature:
            # Somebody has reloaded the page that let them in.
            if visitors.here(self.counter) is not None:
                return redirect("/setup/", 303)
            words = "That took too long, or began elsewhere: begin again."
            return self._page("zendesk", words), 422
        if "code" not in request.args:
            words = "Access was not granted in Zendesk, so nothing was connected."
            answer = make_response(self._page("zendesk", words, asked.subdomain), 422)
            visitors.take_cookie(answer, _ASKED)
            return answer
        try:
            made = self.counter.connecting.answer(
                asked, state=request.args.get("state", ""), code=request.args["code"]
            )
        except CannotConnect as error:
            return self._page("zendesk", str(error), asked.subdomain), 422
        answer = self._let_in(made)
        visitors.take_cookie(answer, _ASKED)
        return answer

    def embedded(self) -> ResponseReturnValue:
        """Zendesk opens the page inside itself, by a signed request."""
        opened = self.counter.opened(request.form.get("token", ""))
        origin = self.counter.origin_of(opened.subdomain)
        g.framed_by, g.helpdesk = origin, VENDORS["zendesk"].title
        kept = self.counter.installations.at("zendesk", opened.subdomain)
        try:
            if kept is None or kept.grant == "gone":
                return self._page("zendesk", subdomain=opened.subdomain, framed=True)
            role = self.counter.role_of(kept, opened.user)
        except errors.Forbidden:
            return self._page("zendesk", subdomain=opened.subdomain, framed=True)
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
        visitors.take_cookie(answer, COOKIE)
        return answer

    def astray(self, what: str) -> ResponseReturnValue:
        """Somebody opens by hand what a form leads to."""
        return redirect("/setup/", 303)

    def _let_in(self, made: Connected) -> Response:
        name = made.kept.installation.id
        self.counter.changed(name)
        if made.fresh:
            self.counter.errands.ask(name, "look", {})
        answer = make_response(redirect(f"/setup/accounts/{name}", 303))
        visitors.remember(self.counter, answer, Visitor(name, made.who))
        return answer

    def _page(
        self,
        helpdesk: HelpdeskName,
        problem: str | None = None,
        subdomain: str = "",
        *,
        own: bool = False,
        framed: bool = False,
    ) -> str:
        # Only Zendesk's form leads on to the helpdesk: a key is given here.
        g.leads_away = helpdesk == "zendesk"
        values: dict[str, Any] = {
            "problem": problem,
            "subdomain": subdomain,
            "own": own,
            "framed": framed,
            "vendor": VENDORS[helpdesk],
            "vendors": VENDORS.values(),
            "by_marketplace": self.counter.connecting.by_marketplace,
        }
        return render_template(f"setup/connect_{helpdesk}.html", **values)
