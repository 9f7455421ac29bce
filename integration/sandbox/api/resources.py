"""Resources kept alike: fields, macros, triggers, views, policies, groups and their like."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from integration.sandbox import rules
from integration.sandbox.api.context import body, count, document, ids, location, page, route, state
from integration.sandbox.errors import invalid, not_found, problem
from integration.sandbox.kinds import KINDS, Kind
from integration.sandbox.options import Json
from integration.sandbox.records import Record, ticket_json

blueprint = Blueprint("resources", __name__, url_prefix="/api/v2")


def told(kind: Kind, row: Json) -> Json:
    """A row as the API tells it: with its own address, and its creator where asked."""
    more: Json = {}
    if kind.plural == "ticket_fields" and request.args.get("creator") == "true":
        more = {"creator_user_id": state().agent["id"], "creator_app_name": None}
    return {"url": state().link(f"{kind.path}/{row['id']}"), **row, **more}


def _row(kind: Kind, key: str) -> Json:
    row = state().shelf(kind.plural).get(key if kind.text_ids else int(key) if key.isdigit() else 0)
    if row is None:
        raise not_found()
    return row


def _rows(kind: Kind, *, active: bool | None = None) -> list[Json]:
    rows = [told(kind, row) for row in state().shelf(kind.plural).values()]
    wanted = {"true": True, "false": False}.get(request.args.get("active", ""), active)
    if wanted is not None:
        rows = [row for row in rows if row.get("active", True) == wanted]
    if kind.plural == "triggers" and "category_id" in request.args:
        rows = [row for row in rows if row["category_id"] == request.args["category_id"]]
    return sorted(rows, key=lambda row: row.get("position", 0))


def _serve(kind: Kind) -> None:
    def index() -> ResponseReturnValue:
        return page(_rows(kind), kind.plural)

    def active() -> ResponseReturnValue:
        return page(_rows(kind, active=True), kind.plural)

    def total() -> ResponseReturnValue:
        return jsonify(count(len(state().shelf(kind.plural))))

    def show(key: str) -> ResponseReturnValue:
        return jsonify({kind.singular: told(kind, _row(kind, key))})

    def create() -> ResponseReturnValue:
        assert kind.shape is not None
        shaped = kind.shape(state(), body(kind.singular), None)
        row = state().keep(kind.plural, shaped, text_id=kind.text_ids)
        if kind.plural == "ticket_fields":
            for form in state().shelf("ticket_forms").values():
                form["ticket_field_ids"].append(row["id"])
        location(f"{kind.path}/{row['id']}")
        return jsonify({kind.singular: told(kind, row)}), 201

    def change(key: str) -> ResponseReturnValue:
        assert kind.shape is not None
        row = _row(kind, key)
        row.update(rules.revised(state(), kind.shape(state(), body(kind.singular), row)))
        return jsonify({kind.singular: told(kind, row)})

    def delete(key: str) -> ResponseReturnValue:
        row = _row(kind, key)
        _may_go(kind, row)
        del state().shelf(kind.plural)[row["id"]]
        return "", 204

    path = f"/{kind.path}"
    route(blueprint, path)(index)
    route(blueprint, f"{path}/active")(active)
    route(blueprint, f"{path}/count")(total)
    route(blueprint, f"{path}/<key>")(show)
    for verb in kind.verbs:
        if verb == "POST":
            route(blueprint, path, "POST")(create)
        elif verb == "DELETE":
            route(blueprint, f"{path}/<key>", "DELETE")(delete)
        else:
            route(blueprint, f"{path}/<key>", verb)(change)


def _may_go(kind: Kind, row: Json) -> None:
    """What else must happen, or must not be, when a row goes."""
    if row.get("default") or not row.get("removable", True):
        raise invalid({"base": [problem(f"{kind.singular}: cannot be deleted", None)]})
    if kind.plural == "trigger_categories" and any(
        trigger["category_id"] == row["id"] for trigger in state().shelf("triggers").values()
    ):
        raise invalid({"base": [problem("Trigger category: still has triggers", None)]})
    if kind.plural == "ticket_fields":
        for form in state().shelf("ticket_forms").values():
            form["ticket_field_ids"] = [k for k in form["ticket_field_ids"] if k != row["id"]]
        for record in state().tickets.values():
            record.values.pop(row["id"], None)


@route(blueprint, "/slas/policies/definitions")
def sla_definitions() -> ResponseReturnValue:
    return jsonify(rules.sla_definitions())


for _kind in KINDS:
    _serve(_kind)

_VIEWS = next(kind for kind in KINDS if kind.plural == "views")
_FIELDS = next(kind for kind in KINDS if kind.plural == "ticket_fields")


# -- what a field offers ---------------------------------------------------------------------------


@route(blueprint, "/ticket_fields/<key>/options")
def list_options(key: str) -> ResponseReturnValue:
    row = _row(_FIELDS, key)
    return page(list(row.get("custom_field_options", [])), "custom_field_options")


@route(blueprint, "/ticket_fields/<key>/options", "POST")
def keep_option(key: str) -> ResponseReturnValue:
    """Add an option, or rename the one whose id or value is given."""
    row, given = _row(_FIELDS, key), body("custom_field_option")
    options: list[Json] = [dict(option) for option in row.get("custom_field_options", [])]
    old = next(
        (o for o in options if given.get("id") == o["id"] or given.get("value") == o["value"]), None
    )
    if old is None:
        options.append(given)
    else:
        old.update({name: given[name] for name in ("name", "value") if name in given})
    shaped = _FIELDS.shape(state(), {"custom_field_options": options}, row)  # type: ignore[misc]
    row.update(rules.revised(state(), shaped))
    kept = row["custom_field_options"]
    value = old["value"] if old else given.get("value")
    option = next(o for o in kept if o["value"] == value)
    return jsonify({"custom_field_option": option}), 200 if old else 201


@route(blueprint, "/ticket_fields/<key>/options/<int:option_id>", "DELETE")
def drop_option(key: str, option_id: int) -> ResponseReturnValue:
    row = _row(_FIELDS, key)
    options = row.get("custom_field_options", [])
    if all(option["id"] != option_id for option in options):
        raise not_found()
    row["custom_field_options"] = [o for o in options if o["id"] != option_id]
    return "", 204


# -- what a view shows -----------------------------------------------------------------------------


def _line(record: Record, view: Json) -> Json:
    columns = view["execution"]["columns"]
    cells: dict[str, Any] = {c["id"]: rules.cell(record, c["id"]) for c in columns}
    ticket = ticket_json(state(), record)
    shown = {name: ticket[name] for name in ("id", "subject", "description", "status", "url")}
    return {"ticket_id": record.id, **cells, "ticket": shown}


@route(blueprint, "/views/<key>/execute")
def execute_view(key: str) -> ResponseReturnValue:
    view = _row(_VIEWS, key)
    found = page([_line(r, view) for r in rules.in_view(state(), view)], "rows").get_json()
    return jsonify({**found, "columns": view["execution"]["columns"], "view": told(_VIEWS, view)})


@route(blueprint, "/views/<key>/tickets")
def view_tickets(key: str) -> ResponseReturnValue:
    rows = [ticket_json(state(), r) for r in rules.in_view(state(), _row(_VIEWS, key))]
    return page(rows, "tickets")


def _counted(view: Json) -> Json:
    value = len(rules.in_view(state(), view))
    return {
        "url": state().link(f"views/{view['id']}/count"),
        "view_id": view["id"],
        "value": value,
        "pretty": str(value),
        "fresh": True,
        "active": view["active"],
    }


@route(blueprint, "/views/<key>/count")
def view_count(key: str) -> ResponseReturnValue:
    return jsonify({"view_count": _counted(_row(_VIEWS, key))})


@route(blueprint, "/views/count_many")
def view_counts() -> ResponseReturnValue:
    views = state().shelf("views")
    return jsonify({"view_counts": [_counted(views[key]) for key in ids() if key in views]})


@route(blueprint, "/views/preview", "POST")
def preview_view() -> ResponseReturnValue:
    given = document().get("view") or {}
    shaped = rules.view(state(), {"title": "Preview", **given}, None)
    rows = [_line(r, shaped) for r in rules.in_view(state(), shaped)]
    found: Json = page(rows, "rows").get_json()
    return jsonify({**found, "columns": shaped["execution"]["columns"], "view": None})
