"""The ticket forms of an account: which of them lack fields of ours, and giving them those."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from integration import errors
from integration.helpdesks.placing import FormLack, Step
from integration.helpdesks.zendesk_compare import Row
from integration.helpdesks.zendesk_rows import forms, send
from integration.helpdesks.zendesk_wire import Line


def known_forms(line: Line, names: Collection[str]) -> None:
    """Raises Invalid where one of these names is no active form's."""
    rows = forms(line)
    known = {form_name(row) for row in rows or ()}
    if unknown := sorted(set(names) - known):
        there = f"there are {', '.join(sorted(known))}" if known else "there are none to be seen"
        raise errors.Invalid(
            f"no active ticket form is called {', '.join(unknown)}: {there}",
            fields={f"form:{name}": "there is none that is active" for name in unknown},
        )


def form_name(form: Row) -> str:
    """What an admin calls a form."""
    return str(form.get("raw_name") or form.get("name"))


def lacking(rows: Sequence[Row], fields: Mapping[str, str]) -> tuple[FormLack, ...]:
    """The forms that lack some of ``fields`` (our key -> its id), and which."""
    found = []
    for form in rows:
        has = {str(field_id) for field_id in form.get("ticket_field_ids") or ()}
        missing = tuple(key for key, native in fields.items() if native not in has)
        if missing:
            found.append(FormLack(str(form["id"]), form_name(form), missing))
    return tuple(found)


def fill_forms(
    line: Line,
    rows: Sequence[Row],
    lacks: Sequence[FormLack],
    fields: Mapping[str, str],
    *,
    dry_run: bool,
) -> list[Step]:
    """Give forms what they lack, at the end; what is on them stays, in its order (``PUT
    /ticket_forms/{id}`` with the whole list of fields: documented)."""
    steps = []
    for lack in lacks:
        form = next(f for f in rows if str(f["id"]) == lack.id)
        if not dry_run:
            native = [int(fields[key]) for key in lack.missing]
            field_ids = [*(form.get("ticket_field_ids") or ()), *native]
            body = {"ticket_form": {"ticket_field_ids": field_ids}}
            send(line, "PUT", f"ticket_forms/{lack.id}.json", body)
        count = len(lack.missing)
        added = "1 field added" if count == 1 else f"{count} fields added"
        steps.append(Step(f"form:{lack.name}", "changed", added))
    return steps
