"""What administrators set up: ticket fields, canned responses, SLA policies, automation rules."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from integration.sandbox.freshdesk import canned, errors, fields, rules, slas
from integration.sandbox.freshdesk.api.context import account, created, document, page, route
from integration.sandbox.options import Json

blueprint = Blueprint("freshdesk_administration", __name__)

# -- ticket fields ---------------------------------------------------------------------------------


def _ordered() -> list[Json]:
    rows = account().shelf("fields").values()
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


@route(blueprint, "/admin/ticket_fields")
def field_list() -> ResponseReturnValue:
    return jsonify(_ordered())


@route(blueprint, "/admin/ticket_fields", "POST")
def field_create() -> ResponseReturnValue:
    return created(fields.create(account(), document()), "admin/ticket_fields")


@route(blueprint, "/admin/ticket_fields/<int:identity>")
def field_show(identity: int) -> ResponseReturnValue:
    return jsonify(account().find("fields", identity))


@route(blueprint, "/admin/ticket_fields/<int:identity>", "PUT")
def field_update(identity: int) -> ResponseReturnValue:
    row = account().find("fields", identity)
    return jsonify(fields.change(account(), row, document()))


@route(blueprint, "/admin/ticket_fields/<int:identity>", "DELETE")
def field_delete(identity: int) -> ResponseReturnValue:
    fields.remove(account(), account().find("fields", identity))
    return "", 204


# -- canned responses ------------------------------------------------------------------------------
# The documentation writes the folders' path in two ways: both are served.

_FOLDERS = ("/canned_response_folders", "/canned_response_folder")


def folder_list() -> ResponseReturnValue:
    rows = account().shelf("folders").values()
    return page([canned.folder(account(), row) for row in rows])


def folder_create() -> ResponseReturnValue:
    row = canned.save_folder(account(), document(), None)
    return created(canned.folder(account(), row), "canned_response_folders")


def folder_show(identity: int) -> ResponseReturnValue:
    row = account().find("folders", identity)
    return jsonify(canned.folder(account(), row, whole=True))


def folder_update(identity: int) -> ResponseReturnValue:
    row = canned.save_folder(account(), document(), account().find("folders", identity))
    return jsonify(canned.folder(account(), row))


def folder_responses(identity: int) -> ResponseReturnValue:
    return page(canned.inside(account(), account().find("folders", identity)))


for _path in _FOLDERS:
    route(blueprint, _path)(folder_list)
    route(blueprint, _path, "POST")(folder_create)
    route(blueprint, f"{_path}/<int:identity>")(folder_show)
    route(blueprint, f"{_path}/<int:identity>", "PUT")(folder_update)
    route(blueprint, f"{_path}/<int:identity>/responses")(folder_responses)


@route(blueprint, "/canned_responses")
def canned_list() -> ResponseReturnValue:
    return page(list(account().shelf("canned").values()))


@route(blueprint, "/canned_responses", "POST")
def canned_create() -> ResponseReturnValue:
    return created(canned.save(account(), document(), None), "canned_responses")


@route(blueprint, "/canned_responses/<int:identity>")
def canned_show(identity: int) -> ResponseReturnValue:
    return jsonify(account().find("canned", identity))


@route(blueprint, "/canned_responses/<int:identity>", "PUT")
def canned_update(identity: int) -> ResponseReturnValue:
    return jsonify(canned.save(account(), document(), account().find("canned", identity)))


# -- SLA policies ----------------------------------------------------------------------------------


@route(blueprint, "/sla_policies")
def sla_list() -> ResponseReturnValue:
    rows = account().shelf("slas").values()
    return page(sorted(rows, key=lambda row: (row["position"], row["id"])))


@route(blueprint, "/sla_policies", "POST")
def sla_create() -> ResponseReturnValue:
    given: Any = document()
    blank = {"active": True, "is_default": False, "escalation": None, "description": None}
    place = {"position": len(account().shelf("slas"))}
    values = slas.applied(account(), blank | place, given, new=True)
    values.pop("updated_at")
    return created(account().keep("slas", "sla", **values), "sla_policies")


@route(blueprint, "/sla_policies/<int:identity>", "PUT")
def sla_update(identity: int) -> ResponseReturnValue:
    row = account().find("slas", identity)
    row.update(slas.applied(account(), row, document(), new=False))
    return jsonify(row)


@route(blueprint, "/sla_policies/<int:identity>", "DELETE")
def sla_delete(identity: int) -> ResponseReturnValue:
    if account().find("slas", identity)["is_default"]:
        raise errors.forbidden()
    del account().shelf("slas")[identity]
    return "", 204


# -- automation rules ------------------------------------------------------------------------------


def _rule(kind: int, identity: int) -> Json:
    row = account().find("rules", identity)
    if row["rule_type"] != _known(kind):
        raise errors.not_found()
    return row


def _known(kind: int) -> int:
    if kind not in rules.KINDS:
        raise errors.not_found()
    return kind


@route(blueprint, "/automations/<int:kind>/rules")
def rule_list(kind: int) -> ResponseReturnValue:
    return page([rules.told(row) for row in rules.of(account(), _known(kind))])


@route(blueprint, "/automations/<int:kind>/rules", "POST")
def rule_create(kind: int) -> ResponseReturnValue:
    row = rules.save(account(), _known(kind), document(), None)
    return created(rules.told(row), f"automations/{kind}/rules")


@route(blueprint, "/automations/<int:kind>/rules/<int:identity>")
def rule_show(kind: int, identity: int) -> ResponseReturnValue:
    return jsonify(rules.told(_rule(kind, identity)))


@route(blueprint, "/automations/<int:kind>/rules/<int:identity>", "PUT")
def rule_update(kind: int, identity: int) -> ResponseReturnValue:
    row = rules.save(account(), kind, document(), _rule(kind, identity))
    return jsonify(rules.told(row))


@route(blueprint, "/automations/<int:kind>/rules/<int:identity>", "DELETE")
def rule_delete(kind: int, identity: int) -> ResponseReturnValue:
    _rule(kind, identity)
    del account().shelf("rules")[identity]
    return "", 204
