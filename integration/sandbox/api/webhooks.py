"""``/api/v2/webhooks``: webhooks, their secrets, tests and the log of their deliveries."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import deliveries, paging, webhooks
from integration.sandbox.api.context import actor, body, document, route, state
from integration.sandbox.errors import bad_request, not_found
from integration.sandbox.options import Json
from integration.sandbox.webhooks import Webhook

blueprint = Blueprint("webhooks", __name__, url_prefix="/api/v2/webhooks")


def _get(webhook_id: str) -> Webhook:
    return webhooks.get(state(), webhook_id)


@route(blueprint, "")
def list_webhooks() -> ResponseReturnValue:
    """Cursor pages only, as Zendesk serves webhooks."""
    rows = [webhooks.webhook_json(webhook) for webhook in state().webhooks.values()]
    part = request.args.get("filter[name_contains]", "").casefold()
    return _cursor_page([row for row in rows if part in str(row["name"]).casefold()], "webhooks")


def _cursor_page(rows: list[Json], name: str) -> ResponseReturnValue:
    args = {"page[size]": "100", **request.args}
    found = paging.paged(rows, name, args, f"{state().base_url}{request.path}")
    if not found["meta"]["has_more"]:
        found["links"] = {}
    return jsonify(found)


@route(blueprint, "", "POST")
def create_webhook() -> ResponseReturnValue:
    if "clone_webhook_id" in request.args:
        made = webhooks.clone(state(), request.args["clone_webhook_id"], actor().id)
    else:
        made = webhooks.create(state(), body("webhook"), actor().id)
    return jsonify({"webhook": webhooks.webhook_json(made)}), 201


@route(blueprint, "/<webhook_id>")
def show_webhook(webhook_id: str) -> ResponseReturnValue:
    return jsonify({"webhook": webhooks.webhook_json(_get(webhook_id))})


@route(blueprint, "/<webhook_id>", "PUT", "PATCH")
def change_webhook(webhook_id: str) -> ResponseReturnValue:
    whole = request.method == "PUT"
    webhooks.change(state(), _get(webhook_id), body("webhook"), actor().id, replace=whole)
    return "", 204


@route(blueprint, "/<webhook_id>", "DELETE")
def delete_webhook(webhook_id: str) -> ResponseReturnValue:
    """Guess: a webhook that an active trigger calls cannot go."""
    webhook = _get(webhook_id)
    for trigger in state().shelf("triggers").values():
        for row in trigger["actions"]:
            called = row["field"] == "notification_webhook" and row["value"][0] == webhook.id
            if called and trigger["active"]:
                raise bad_request("WebhookInUse", "The webhook is used by an active trigger")
    del state().webhooks[webhook.id]
    return "", 204


@route(blueprint, "/<webhook_id>/signing_secret")
def show_secret(webhook_id: str) -> ResponseReturnValue:
    return _secret(_get(webhook_id)), 200


@route(blueprint, "/<webhook_id>/signing_secret", "POST")
def reset_secret(webhook_id: str) -> ResponseReturnValue:
    webhook = _get(webhook_id)
    webhook.secret = webhooks.new_secret()
    return _secret(webhook), 201


def _secret(webhook: Webhook) -> Json:
    return {"signing_secret": {"secret": webhook.secret, "algorithm": "SHA256"}}


@route(blueprint, "/<webhook_id>/invocations")
def list_invocations(webhook_id: str) -> ResponseReturnValue:
    return _cursor_page(_get(webhook_id).invocations, "invocations")


@route(blueprint, "/<webhook_id>/invocations/<invocation_id>/attempts")
def list_attempts(webhook_id: str, invocation_id: str) -> ResponseReturnValue:
    attempts = _get(webhook_id).attempts.get(invocation_id)
    if attempts is None:
        raise not_found()
    return jsonify({"attempts": attempts})


@blueprint.post("/test")
def test_webhook() -> ResponseReturnValue:
    """Send a test now and show the answer; not under the lock, for the other side may call back.

    A webhook that is not saved yet is signed with Zendesk's public test secret.
    """
    given: Json = document().get("request") or {}
    with state().lock:
        webhook_id = request.args.get("webhook_id")
        saved = _get(webhook_id) if webhook_id else None
        row = {**(saved.row if saved else {}), **given}
        if not all(row.get(name) for name in ("endpoint", "http_method", "request_format")):
            raise bad_request("InvalidParameter", "request is incomplete")
        secret = saved.secret if saved else webhooks.TEST_SECRET
        shot = deliveries.make_shot(state(), row, secret, str(given.get("payload") or ""))
    result = state().deliveries.attempt(shot)
    headers = [{"key": key, "value": value} for key, value in result.headers]
    return jsonify(
        {
            "response": {
                "headers": headers,
                "status_code": result.status or 502,
                "payload": result.payload,
            }
        }
    )
