"""Looking at the ticket fields and forms of a Zendesk account; see ``zendesk_checks``."""

from __future__ import annotations

from typing import Final

from integration.helpdesks.placing import INSTALL, Check, FormLack
from integration.helpdesks.zendesk_app_doubles import doubles
from integration.helpdesks.zendesk_checks import Look, read_or_say, twice_checks
from integration.helpdesks.zendesk_compare import (
    Row,
    bind_options,
    by_id,
    is_own,
    some,
    types_for,
)
from integration.helpdesks.zendesk_forms import lacking
from integration.helpdesks.zendesk_rows import forms as read_forms
from integration.helpdesks.zendesk_rows import listed
from integration.helpdesks.zendesk_wanted import WantedField

_FIELDS: Final = "Admin Center > Objects and rules > Tickets > Fields"


def fields(look: Look) -> list[Check]:
    """Ticket fields: there, switched on, with our options and tags, and closed to end users."""
    what = "Ticket fields"
    rows = read_or_say(
        "fields", what, lambda: listed(look.line, "ticket fields", look.line.zenpy.ticket_fields)
    )
    if isinstance(rows, Check):
        return [rows]
    found: list[Check] = []
    in_order = 0
    for wanted in look.wanted.fields:
        row = by_id(rows, look.bindings.fields.get(wanted.key))
        wrong, mend = _field_wrong(look, wanted, row)
        key, titled_ = f"field:{wanted.key}", f"Field “{wanted.title}”"
        if wrong:
            found.append(Check(key, titled_, "poor", wrong, mend))
            continue
        in_order += 1
        assert row is not None
        if not is_own(row, wanted):
            found.append(Check(key, titled_, "good", _chosen(look, wanted, row)))
    if in_order:
        of_all = "" if in_order == len(look.wanted.fields) else f" of {len(look.wanted.fields)}"
        said = f"{in_order}{of_all} are there, switched on, with their options."
        found.insert(0, Check("fields", what, "good", said))
    bound = look.bindings.fields
    twice = {w.title: doubles(rows, w.title, bound.get(w.key)) for w in look.wanted.fields}
    return [*found, *twice_checks("fields", what, twice)]


def _field_wrong(look: Look, wanted: WantedField, row: Row | None) -> tuple[str, str]:
    if wanted.key not in look.bindings.fields:
        return "It was never put in place.", INSTALL
    if row is None:
        return "It is gone from Zendesk.", INSTALL
    where = f"{_FIELDS} > {row.get('title')}"
    if row.get("type") not in types_for(wanted):
        words = f"It is of type {row.get('type')}, not {' or '.join(types_for(wanted))}."
        return words, "Choose another field for it, or run `warranty install` again."
    if row.get("active") is False:
        return "It is switched off.", f"{where}: activate it."
    if wanted.tag is not None and row.get("tag") != wanted.tag:
        return f"Ticked, it does not tag the ticket with {wanted.tag}.", f"{where}: set its tag."
    if wanted.guarded and row.get("editable_in_portal"):
        said = "Customers can edit it in the help center, and so write a verdict."
        return said, f"{where}: set its permissions to agents."
    bound = look.bindings.options.get(wanted.key, {})
    missing = bind_options(wanted, row, bound)[1]
    gone = [
        label
        for option, label in wanted.options
        if bound.get(option) and (option, label) in missing
    ]
    if missing and (gone or is_own(row, wanted)):
        names = some([label for _, label in missing])
        return f"It lacks {'option' if len(missing) == 1 else 'options'} {names}.", INSTALL
    return "", ""


def _chosen(look: Look, wanted: WantedField, row: Row) -> str:
    """What there is to say of an admin's own field that stands for one of ours."""
    missing = bind_options(wanted, row, look.bindings.options.get(wanted.key, {}))[1]
    said = f"Your own field “{row.get('title')}” stands for it"
    return said + (f", without {some([label for _, label in missing])}." if missing else ".")


def forms(look: Look) -> Check:
    """Whether agents see our fields: on which of the active ticket forms they are."""
    key, what = "forms", "Ticket forms"
    rows = read_or_say(key, what, lambda: read_forms(look.line))
    if isinstance(rows, Check):
        return rows
    if rows is None:
        said = "They could not be read. On a plan without ticket forms, there is nothing to do."
        return Check(key, what, "unknown", said)
    ours = look.bindings.fields
    lacks = lacking(rows, ours)
    partly = [lack for lack in lacks if len(lack.missing) < len(ours)]
    bare = [lack for lack in lacks if len(lack.missing) == len(ours)]
    mend = "Run `warranty install --forms` (all), or `--form NAME`, or add the fields by hand."
    if partly:
        return Check(key, what, "poor", " ".join(map(_form_lacks, partly)), mend)
    if len(bare) == len(rows):
        said = "No active ticket form has our fields: agents do not see them."
        return Check(key, what, "poor", said, mend)
    if bare:
        names = some([lack.name for lack in bare])
        said = f"All fields are on {len(rows) - len(bare)} of {len(rows)}; none on {names}."
        return Check(key, what, "good", f"{said} Claims cannot be filed there.")
    counted = "the one there is" if len(rows) == 1 else f"all {len(rows)}"
    return Check(key, what, "good", f"All fields are on {counted}.")


def _form_lacks(lack: FormLack) -> str:
    return f"“{lack.name}” lacks {len(lack.missing)} of our fields ({some(lack.missing)})."
