"""What tests and measurements need beside the API, below ``/sandbox/``: with any of the keys.

``faults`` (order them, look, forget), ``limits`` (look, set), ``requests`` (what was asked so far),
``clock`` (look, shift), ``tickets`` (file many), ``tickets/ID/customer`` (the customer answers),
``tickets/ID/spam``, ``app`` (look, set its settings), ``deliveries`` and ``emails`` (look, forget),
``idle`` (wait until all that is due is done).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import faults
from integration.sandbox.freshdesk import conversations, errors, filing, limits, tickets
from integration.sandbox.freshdesk.api.context import account, document
from integration.sandbox.freshdesk.records import Actor
from integration.sandbox.options import Json, stamp

blueprint = Blueprint("freshdesk_control", __name__, url_prefix="/sandbox")
_LONGEST = 60.0
"""Seconds that ``idle`` waits at most."""


def _sound(given: Any, take: Callable[[Any], Any]) -> Any:
    """What ``take`` makes of a request; 400 with its complaint."""
    try:
        return take(given)
    except (ValueError, TypeError, OverflowError) as error:
        raise errors.invalid([errors.problem("request", str(error))]) from error


@blueprint.route("/faults", methods=["GET", "POST", "DELETE"])
def order_faults() -> ResponseReturnValue:
    """Order faults (POST one or a list), look at those waiting (GET), forget them (DELETE)."""
    ordered = account().faults
    if request.method == "DELETE":
        ordered.clear()
        return "", 204
    status = 200
    if request.method == "POST":
        given = request.get_json(silent=True)
        rows = given if isinstance(given, list) else [given]
        for row in rows:
            ordered.add(_sound(row if isinstance(row, dict) else {}, faults.from_json))
        status = 201
    return jsonify({"waiting": [repr(fault) for fault in ordered.waiting()]}), status


@blueprint.route("/limits", methods=["GET", "PUT"])
def set_limits() -> ResponseReturnValue:
    """The rate limits (GET), or others from now on, counted afresh (PUT: a ``plan``, ``limited``,
    or single numbers)."""
    with account().lock:
        if request.method == "PUT":
            now = account().counters
            account().counters = _sound(document(), lambda given: limits.from_json(given, now))
        return jsonify(account().counters.told())


@blueprint.route("/requests", methods=["GET", "DELETE"])
def asked() -> ResponseReturnValue:
    """What was asked so far (GET; ``?writes``: each write for itself), or count afresh (DELETE)."""
    counted = account().requests
    if request.method == "DELETE":
        counted.clear()
        return "", 204
    if "writes" in request.args:
        return jsonify({"writes": counted.writes()})
    return jsonify({"requests": counted.kinds()})


@blueprint.route("/clock", methods=["GET", "POST"])
def clock() -> ResponseReturnValue:
    """The account's time (GET); shift it by ``seconds``, which may be negative (POST)."""
    if request.method == "POST":
        given = document().get("seconds")
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise errors.invalid([errors.mismatch("seconds", "Number")])
        _sound(given, account().shift)
    waiting = [stamp(at) for at in account().agenda.waiting()]
    return jsonify({"now": account().stamp(), "waiting": waiting})


@blueprint.route("/tickets", methods=["POST"])
def file_tickets() -> ResponseReturnValue:
    """File many tickets as their customers do (``filing.many``)."""
    given: Json = document()
    with account().lock:
        return jsonify({"ids": _sound(given, lambda rows: filing.many(account(), rows))}), 201


@blueprint.route("/tickets/<int:identity>/customer", methods=["POST"])
def customer(identity: int) -> ResponseReturnValue:
    """The customer answers by e-mail: ``text``."""
    text = document().get("text")
    if not isinstance(text, str) or not text.strip():
        raise errors.invalid([errors.missing("text")])
    with account().lock:
        return jsonify(conversations.customer(account(), identity, text)), 201


@blueprint.route("/tickets/<int:identity>/spam", methods=["PUT", "DELETE"])
def spam(identity: int) -> ResponseReturnValue:
    """Mark a ticket as spam (PUT), or not (DELETE), as an agent does on its page."""
    with account().lock:
        by = Actor(filing.desk(account()), "agent", "page")
        tickets.mark_spam(account(), identity, request.method == "PUT", by)
    return "", 204


@blueprint.route("/deliveries", methods=["GET", "DELETE"])
def deliveries() -> ResponseReturnValue:
    """What webhooks sent, with every attempt and without the values of headers."""
    with account().lock:
        if request.method == "DELETE":
            account().deliveries.clear()
            return "", 204
        return jsonify({"deliveries": account().deliveries.log()})


@blueprint.route("/emails", methods=["GET", "DELETE"])
def emails() -> ResponseReturnValue:
    """The e-mails that would have been sent."""
    with account().lock:
        if request.method == "DELETE":
            account().emails.clear()
            return "", 204
        return jsonify({"emails": account().emails})


@blueprint.route("/app", methods=["GET", "PUT"])
def app() -> ResponseReturnValue:
    """The installed app (GET); with other ``settings`` from now on, those that are not named as
    they are (PUT). Secure ones are never told. 404 where there is no app."""
    with account().lock:
        one = account().app
        if one is None:
            raise errors.not_found()
        if request.method == "PUT":
            given = document().get("settings")
            if not isinstance(given, dict):
                raise errors.invalid([errors.mismatch("settings", "key/value pair")])
            _sound(given, one.put)
        return jsonify(
            {
                "id": one.id,
                "name": one.name,
                "settings": one.settings,
                "lacking": one.lacking,
                "events": [asdict(told) for told in one.told],
            }
        )


@blueprint.route("/idle", methods=["POST"])
def idle() -> ResponseReturnValue:
    """Wait until all that is due is done; ``{"idle": false}`` after 60 seconds at most."""
    return jsonify({"idle": account().idle(_LONGEST)})
