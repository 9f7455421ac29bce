"""What an app's package needs in an account, made when it is installed.

"Specifying app requirements": each is the body of the request that makes one. Which ids they got is
known to the app by the names that its package has for them.
"""

from __future__ import annotations

from typing import Final

from integration.sandbox.errors import ApiError
from integration.sandbox.kinds import KINDS
from integration.sandbox.options import Json
from integration.sandbox.packages import Package
from integration.sandbox.state import State

_MADE: Final = {
    kind.plural: kind
    for kind in KINDS
    if kind.plural in ("ticket_fields", "macros", "views", "triggers", "automations")
}


def put_in_place(state: State, package: Package) -> dict[str, Json]:
    """Make what is not there yet, and give the ids of all of it, as the framework tells them.

    Guess: what is there under its title already is taken for it. ValueError for a kind that the
    sandbox does not make, or one that is not sound.
    """
    return {
        name: {"requirement_type": kind, "requirement_id": _one(state, name, kind, given)["id"]}
        for name, (kind, given) in package.requirements.items()
    }


def _one(state: State, name: str, plural: str, given: Json) -> Json:
    kind = _MADE.get(plural)
    if kind is None or kind.shape is None:
        raise ValueError(f"requirement {name}: the sandbox makes no {plural}")
    for row in state.shelf(plural).values():
        if row.get("title") == given.get("title"):
            return row
    try:
        made = state.keep(plural, kind.shape(state, given, None), text_id=kind.text_ids)
    except ApiError as error:
        raise ValueError(f"requirement {name}: {error.body}") from None
    if plural == "ticket_fields":
        for form in state.shelf("ticket_forms").values():
            form["ticket_field_ids"].append(made["id"])
    return made
