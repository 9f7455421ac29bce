"""The overview's routes: the page, and its exports.

Inside the helpdesk every request carries a pass (``setup.access``): an agent's is good for these
pages alone, an administrator's for the set-up page as well. Outside of it the cookie of whoever
signed in at the set-up page lets it be read; an export takes the pass that the page gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from urllib.parse import quote

import structlog
from flask import Blueprint, Response, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration import errors
from integration.config import Installation
from integration.installations import Installations, Kept
from integration.overview import export, tables
from integration.overview.contents import EXPORTED, Contents, claims, has_brands
from integration.overview.period import CUSTOM, DAYS, KINDS, BadPeriod, Choice, read
from integration.overview.queries import Looking
from integration.setup import guarding
from integration.setup.access import COOKIE, NotLetIn, Passes, Visitor
from integration.setup.wording import wording_of
from integration.vault import NoKey
from integration.vendors import vendor_of

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the pages need. ``now`` gives the present moment (aware), ``origin_of`` scheme and host
    of an account that may frame them, ``brands_of`` the names of its brands by number."""

    installations: Installations
    passes: Passes
    looking: Looking
    now: Callable[[], datetime]
    origin_of: Callable[[str], str]
    brands_of: Callable[[Installation], Mapping[str, str]]

    def blueprint(self) -> Blueprint:
        """The pages under ``/overview``."""
        routes = Blueprint(
            "overview",
            __name__,
            url_prefix="/overview",
            template_folder="templates",
            static_folder="static",
            static_url_path="/static",
        )
        guard = guarding.Guard(self.origin_of("example").replace("//example.", "//*."))
        routes.before_request(guarding.begin)
        routes.after_request(guard.headers)
        routes.add_url_rule("/", "start", self.start)
        account = "/accounts/<installation>"
        routes.add_url_rule(account, "show", self.show, methods=["GET", "POST"])
        routes.add_url_rule(f"{account}/export", "export", self.export, methods=["POST"])
        routes.register_error_handler(NotLetIn, guard.not_let_in)
        routes.register_error_handler(errors.Unavailable, guard.unavailable)
        routes.register_error_handler(NoKey, guard.no_key)
        routes.register_error_handler(HTTPException, guard.http)
        routes.register_error_handler(Exception, guard.failed)
        return routes

    # -- the views --------------------------------------------------------------------------------

    def start(self) -> ResponseReturnValue:
        """The overview of whoever signed in at the set-up page; otherwise, to signing in."""
        try:
            visitor = self.passes.read(request.cookies.get(COOKIE), "cookie")
        except NotLetIn:
            return redirect("/setup/", 303)
        return redirect(f"/overview/accounts/{visitor.installation}", 303)

    def show(self, installation: str) -> ResponseReturnValue:
        """The page: by a form's pass, or outside an iframe by the cookie."""
        if request.method == "POST":
            visitor, admin = self.passes.reader(request.form.get("pass"))
            given = request.form.to_dict()
        else:
            visitor, admin = self.passes.read(request.cookies.get(COOKIE), "cookie"), True
            given = request.args.to_dict()
        kept = self._kept(visitor, installation)
        given = _offered(kept.installation, given)
        try:
            choice = read(given, self._today(kept.installation))
        except BadPeriod as error:
            return self._page(kept, visitor, admin, given=given, wrong=error.wrong), 422
        return self._page(kept, visitor, admin, choice)

    def shown(self, kept: Kept, visitor: Visitor, admin: bool) -> str:
        """The page of the usual period, for somebody whom the helpdesk has just let in."""
        return self._page(kept, visitor, admin, read({}, self._today(kept.installation)))

    def export(self, installation: str) -> ResponseReturnValue:
        """A table, or the claims themselves, as CSV."""
        visitor, admin = self.passes.reader(request.form.get("pass"))
        kept = self._kept(visitor, installation)
        one, given = kept.installation, _offered(kept.installation, request.form.to_dict())
        try:
            choice = read(given, self._today(one))
        except BadPeriod as error:
            return self._page(kept, visitor, admin, given=given, wrong=error.wrong), 422
        name = given.get("table", "")
        if name == "claims":
            rows = claims(self.looking, one, choice, self.brands_of(one))
        else:
            contents = Contents.of(self.looking, one, self._today(one), choice, EXPORTED)
            make = contents.makers().get(name) or abort(400)
            rows = export.table_rows(make())
        _log.info("overview exported", installation=one.id, table=name, who=visitor.who)
        pieces = export.lines(rows)
        first = next(pieces)  # where the store does not answer, it is said now and not in the file
        answer = Response(chain([first], pieces), content_type="text/csv; charset=utf-8")
        days = f"{choice.period.first}_{choice.period.last}"
        answer.headers["Content-Disposition"] = (
            f'attachment; filename="warranty-{name.replace("_", "-")}-{days}.csv"'
        )
        return answer

    # -- what they show ---------------------------------------------------------------------------

    def _page(
        self,
        kept: Kept,
        visitor: Visitor,
        admin: bool,
        choice: Choice | None = None,
        *,
        given: Mapping[str, str] | None = None,
        wrong: Mapping[str, str] | None = None,
    ) -> str:
        """The whole page; without a ``choice`` the form alone, with what is ``wrong`` in it."""
        one, vendor = kept.installation, vendor_of(kept.installation)
        values: dict[str, Any] = {"found": None, "tables": {}, "pictures": [], "brands": []}
        if choice is not None:
            contents = Contents.of(self.looking, one, self._today(one), choice)
            shown, found = contents.all(), contents.found
            values = {
                "found": found,
                "tables": {table.key: table for table in shown},
                "pictures": tables.pictures(shown),
                "brands": contents.brands(self.brands_of),
                "empty": None if found.tickets else contents.why_empty(),
                "period": choice.period,
            }
            given = _as_given(choice)
        return render_template(
            "overview/overview.html",
            kept=kept,
            vendor=vendor,
            wording=wording_of(one),
            admin=visitor,
            is_admin=admin,
            here="overview",
            pass_=self.passes.give(visitor, "form" if admin else "overview"),
            given=given or {},
            wrong=wrong or {},
            days=DAYS,
            custom=CUSTOM,
            kinds=KINDS,
            today=self._today(one),
            zone=str(one.time_zone),
            made=tables.as_moment(self.now(), one.time_zone),
            ticket_url=lambda ticket: vendor.ticket_url(
                one.subdomain or "", quote(ticket, safe="")
            ),
            status_words=tables.status_words,
            span_words=tables.span_words,
            **values,
        )

    # -- who and when -----------------------------------------------------------------------------

    def _kept(self, visitor: Visitor, installation: str) -> Kept:
        if visitor.installation != installation:
            abort(404)
        g.framed_by = visitor.embedded
        kept = self.installations.get(installation)
        if kept is None:
            raise NotLetIn("This account is no longer connected.")
        g.helpdesk = vendor_of(kept.installation).title
        return kept

    def _today(self, one: Installation) -> date:
        return self.now().astimezone(one.time_zone).date()


def _offered(one: Installation, given: Mapping[str, str]) -> dict[str, str]:
    """What a form says, without what the account's page has no field for."""
    return {name: value for name, value in given.items() if name != "brand" or has_brands(one)}


def _as_given(choice: Choice) -> dict[str, str]:
    """A choice as a form carries it."""
    period = choice.period
    return {
        "period": period.name,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "brand": choice.brand,
        "kind": choice.kind,
    }
