"""Views as the app's package makes them (its requirements.json): without the columns that are
fields of ours, whose numbers are not known when it is packed. ``zendesk_rules`` calls this to
add them; a view that anybody has changed since is theirs, and stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_compare import Row
from integration.helpdesks.zendesk_rows import send
from integration.helpdesks.zendesk_wanted import FIELD, WantedView
from integration.helpdesks.zendesk_wire import Line

ADDED = "columns of ours added"


def output_of(wanted: WantedView, bindings: Bindings) -> dict[str, Any]:
    """A view's columns and order, as Zendesk takes them. KeyError for a field that is not bound."""

    def named(name: str) -> str:
        key = name.removeprefix(FIELD)
        return bindings.fields[key] if name.startswith(FIELD) else name

    return {
        "columns": [named(name) for name in wanted.columns],
        "sort_by": named(wanted.sort_by),
        "sort_order": "asc",
    }


def as_packaged(row: Row, wanted: WantedView) -> bool:
    """Whether a view shows what the package lets it show, and no more: those of the columns that
    any view may have, in this order. (That Zendesk tells columns by the names that it takes:
    documented, "Views"; were it not so, the view would stay as the package made it.)"""
    plain = [name for name in wanted.columns if not name.startswith(FIELD)]
    execution = row.get("execution")
    columns = execution.get("columns") if isinstance(execution, Mapping) else None
    shown = [str(one.get("id")) for one in columns or () if isinstance(one, Mapping)]
    return shown == plain != [*wanted.columns]


def complete(line: Line, row: Row, output: Mapping[str, Any]) -> bool:
    """Give a view its ``output`` (columns and order); whether Zendesk took it. By whichever column
    it does not sort, the order is left as it was."""
    path = f"views/{row['id']}.json"
    for given in (output, {"columns": output["columns"]}):
        try:
            send(line, "PUT", path, {"view": {"output": dict(given)}})
        except errors.Invalid:
            continue
        return True
    return False
