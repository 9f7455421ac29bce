"""Putting a ticket field in place; ``zendesk_admin`` calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.helpdesks import Bindings
from integration.helpdesks.placing import Action, Step
from integration.helpdesks.zendesk_app_doubles import beside, doubles
from integration.helpdesks.zendesk_compare import (
    Row,
    bind_options,
    field_row,
    is_own,
    native_type,
    some,
)
from integration.helpdesks.zendesk_rows import made, send
from integration.helpdesks.zendesk_wanted import WantedField
from integration.helpdesks.zendesk_wire import Line

Found = tuple[str, dict[str, str]]
"""A field's id, and the tags of our options."""


def put_field(
    line: Line,
    rows: Sequence[Row],
    wanted: WantedField,
    known: Bindings,
    *,
    extend: bool,
    dry_run: bool,
) -> tuple[Step, Found | None]:
    """Make a field, or see to it that one of ours is switched on and has its options and its tag.

    An admin's own field, chosen for one of ours, is left as it is; but with ``extend`` it is given
    the options that it lacks. None where a dry run would make it.
    """
    what = f"field:{wanted.key}"
    bound_to = known.fields.get(wanted.key)
    row = field_row(rows, wanted, bound_to)
    if row is None:
        return Step(what, "created"), None if dry_run else _create(line, wanted)
    native_id = str(row["id"])
    bound, missing = bind_options(wanted, row, known.options.get(wanted.key))
    own, why = is_own(row, wanted), ""
    lacking: dict[str, Any] = {}
    if own and row.get("active") is False:
        lacking["active"] = True
    if wanted.tag and not row.get("tag"):
        lacking["tag"] = wanted.tag
    if not own:
        why = f"your own field “{row.get('title')}”"
        if missing and not extend:
            why += f", without {some([label for _, label in missing])}"
            missing = []
    why = "; ".join(filter(None, (why, beside(doubles(rows, wanted.title, native_id)))))
    if not dry_run:
        if lacking:
            send(line, "PUT", f"ticket_fields/{native_id}.json", {"ticket_field": lacking})
        for option, label in missing:
            # One by one, because a PUT of the field takes away every option it leaves out.
            body = {"custom_field_option": {"name": label, "value": option}}
            answer = send(line, "POST", f"ticket_fields/{native_id}/options.json", body)
            bound[option] = str(made(answer, "custom_field_option").get("value") or option)
    adopted: Action = "unchanged" if bound_to == native_id else "adopted"
    return Step(what, "changed" if lacking or missing else adopted, why), (native_id, bound)


def _create(line: Line, wanted: WantedField) -> Found:
    attributes: dict[str, Any] = {
        "type": native_type(wanted),
        "title": wanted.title,
        "description": wanted.description or wanted.title,
    }
    if wanted.type == "choice":
        attributes["custom_field_options"] = [
            {"name": label, "value": option} for option, label in wanted.options
        ]
    if wanted.tag is not None:
        attributes["tag"] = wanted.tag
    answer = send(line, "POST", "ticket_fields.json", {"ticket_field": attributes})
    row = made(answer, "ticket_field")
    return str(row["id"]), bind_options(wanted, row)[0]
