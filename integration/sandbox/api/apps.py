"""``/api/v2/apps``: the installed apps as the API tells of them, and their packages' files."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, jsonify
from flask import request as asked
from flask.typing import ResponseReturnValue

from integration.sandbox.api.context import document, page, route, state
from integration.sandbox.apps import Apps, app_json, installation_json
from integration.sandbox.assets import at_home, served
from integration.sandbox.options import Json
from integration.sandbox.workspace import EXTENSION

blueprint = Blueprint("apps", __name__, url_prefix="/api/v2/apps")
files = Blueprint("app_files", __name__)


def apps(app: Flask | None = None) -> Apps:
    """The apps of the account that an application (or this one) serves."""
    return cast(Apps, (app or current_app).extensions[EXTENSION])


@route(blueprint, "/installations")
def list_installations() -> ResponseReturnValue:
    found = list(apps().installations.values())
    answer = page([installation_json(one) for one in found], "installations")
    if "app" not in asked.args.get("include", "").split(","):
        return answer
    by_id = {one.app_id: app_json(one) for one in found}
    body: Json = answer.get_json()
    return jsonify({**body, "apps": list(by_id.values())})


@route(blueprint, "/installations/<int:installation_id>")
def show_installation(installation_id: int) -> ResponseReturnValue:
    return jsonify(installation_json(apps().get(installation_id)))


@route(blueprint, "/installations/<int:installation_id>", "PUT")
def change_installation(installation_id: int) -> ResponseReturnValue:
    one = apps().get(installation_id)
    apps().change(one, document())
    return jsonify(installation_json(one))


@route(blueprint, "/<int:app_id>/public_key.pem")
def public_key(app_id: int) -> ResponseReturnValue:
    return Response(apps().public_key(app_id), content_type="application/x-pem-file")


@files.get("/apps/<int:app_id>/assets/<path:path>")
def asset(app_id: int, path: str) -> ResponseReturnValue:
    """A file of an app, under the name of this machine that is not the pages' own."""
    base = state().base_url
    if not at_home(asked.host, base):
        abort(404)
    packages = [one.package for one in apps().installations.values() if one.app_id == app_id]
    found = next((file for one in packages if one and (file := one.asset(path))), None)
    if found is None:
        abort(404)
    return served(found.read_bytes(), found.suffix, base)
