"""What goes with every answer of the set-up page and the overview, and how they say that something
went wrong."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from integration import errors, logs
from integration.setup.access import NotLetIn
from integration.vault import NoKey

_log = structlog.get_logger(__name__)

LARGEST: Final = 65_536
"""Bytes that a form may have."""

_WORDS: Final = {
    404: ("Not found", "There is nothing at this address."),
    413: ("Too large", "What was sent is larger than any form of this page."),
    429: (
        "Too many requests",
        "This page was asked for too often from your network. Wait a minute, then try again. "
        "Nothing is lost.",
    ),
}
_UNREADABLE: Final = ("Not understood", "What was sent is no form of this page: open it again.")


def begin() -> None:
    """Before each request."""
    request.max_content_length = LARGEST


class Guard:
    """``hosts`` is the origin of every account of the helpdesk, with ``*`` for the account."""

    def __init__(self, hosts: str) -> None:
        self._hosts = hosts

    def headers(self, answer: Response) -> Response:
        """No other site frames, feeds or reads these pages, and nobody keeps a copy.

        ``g.framed_by`` is the origin that may frame this page, if one may; ``g.leads_away`` says
        that a form of it leads to the helpdesk. ``g.helpdesk`` is what the helpdesk is called whose
        account this is about, once that is known."""
        framed = g.get("framed_by")
        nobody = "'none'"
        targets = f"'self' {self._hosts}" if g.get("leads_away") else "'self'"
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
            f"connect-src 'self'; form-action {targets}; base-uri 'none'; "
            f"frame-ancestors {framed or nobody}"
        )
        if not framed:
            answer.headers["X-Frame-Options"] = "DENY"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        if not (request.endpoint or "").endswith(".static"):
            answer.headers["Cache-Control"] = "no-store"
        return answer

    # -- what went wrong --------------------------------------------------------------------------

    def not_let_in(self, error: NotLetIn) -> ResponseReturnValue:
        """Say why, and how to come in."""
        _log.info("not let in", why=str(error))
        return self._message("Not signed in", str(error)), 403

    def unavailable(self, error: errors.Unavailable) -> ResponseReturnValue:
        """The store or the helpdesk cannot answer now."""
        _log.error("set-up page unavailable", why=str(error))
        words = (
            "Something that this page needs cannot be reached just now. Nothing is lost: wait a "
            "moment, then go back and try again."
        )
        return self._message("Please try again", words), 503, {"Retry-After": "5"}

    def rejected(self, error: errors.Rejected) -> ResponseReturnValue:
        """The helpdesk says no to something that this page needs."""
        _log.error("set-up page rejected", why=str(error))
        whose = g.get("helpdesk", "The helpdesk")
        return self._message(f"{whose} refused this", f"{error}.\n{error.advice}"), 502

    def no_key(self, error: NoKey) -> ResponseReturnValue:
        """What is stored cannot be read."""
        _log.error("set-up page without its key", why=str(error))
        words = (
            "What this service has stored was encrypted with another key: its operator must see "
            "to WARRANTY_KEYS. Nothing is lost."
        )
        return self._message("Please tell the operator", words), 503

    def http(self, error: HTTPException) -> ResponseReturnValue:
        """An error of Flask's own, readable."""
        status = error.code or 500
        title, words = _WORDS.get(status, _UNREADABLE)
        own = [pair for pair in error.get_headers() if pair[0].lower() == "allow"]
        headers = [("Retry-After", "60"), *own] if status == 429 else own
        return self._message(title, words), status, headers

    def failed(self, error: Exception) -> ResponseReturnValue:
        """Whatever else: it is logged, and not told."""
        _log.error("request failed", **logs.traced(error))
        words = "Something went wrong here; it has been logged. Nothing is lost: try again."
        return self._message("Something went wrong", words), 500

    def _message(self, title: str, words: str) -> str:
        # Such a page has nothing to press: also inside the helpdesk its words shall be read.
        if g.get("framed_by") is None and request.headers.get("Sec-Fetch-Dest") == "iframe":
            g.framed_by = self._hosts
        return render_template("setup/message.html", title=title, words=words)
