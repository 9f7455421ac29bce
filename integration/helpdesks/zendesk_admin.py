"""Putting what this app needs in place inside a Zendesk account: ticket fields, macros, the
webhook and the triggers that call it.

Everything is found by what it is bound to already, else by its title, so that doing it again
changes nothing. What is there is an admin's: a field only ever gains options, a macro is never
rewritten (its text is the admin's to edit). Only the webhook's address and the triggers'
conditions and action are set right, because the app is deaf without them.

Vendor pages: developer.zendesk.com, "Ticket fields", "Macros", "Triggers", "Webhooks". Needs an
administrator's token with read and write access.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from zenpy.lib.api_objects import CustomFieldOption, Macro, TicketField, Trigger, Webhook

from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_compare import (
    SUBSCRIPTIONS,
    There,
    bind_options,
    find,
    native_condition,
    native_type,
    no_clashes,
    of_type,
    shape,
)
from integration.helpdesks.zendesk_errors import calling
from integration.helpdesks.zendesk_wanted import (
    FIELD,
    Action,
    Condition,
    Placed,
    Step,
    Wanted,
    WantedField,
    WantedMacro,
    WantedTrigger,
    WantedWebhook,
)
from integration.helpdesks.zendesk_wire import Account, Line, open_line

__all__ = [
    "FIELD",
    "Condition",
    "Placed",
    "Step",
    "Wanted",
    "WantedField",
    "WantedMacro",
    "WantedTrigger",
    "WantedWebhook",
    "put_in_place",
]


def put_in_place(
    account: Account,
    wanted: Wanted,
    *,
    known: Bindings | None = None,
    dry_run: bool = False,
    session: requests.Session | None = None,
) -> Placed:
    """Put everything in place that is not; ``dry_run`` only says what would be done.

    ``known`` are the bindings so far: a field or macro that an admin has renamed is found by
    them. Everything is read and compared first: Invalid, naming each by its key in ``fields``,
    where a title is taken by something of another kind, and then nothing was changed. A failure
    later on leaves what was made; doing it again goes on from there. ValueError for triggers
    without a webhook, or on fields that are not wanted.
    """
    if wanted.triggers and wanted.webhook is None:
        raise ValueError("wanted: triggers need a webhook to call")
    named = {c.field for t in wanted.triggers for c in (*t.all, *t.any)}
    unknown = {n for n in named if n.startswith(FIELD)} - {FIELD + w.key for w in wanted.fields}
    if unknown:
        raise ValueError(f"wanted: triggers name unknown {', '.join(sorted(unknown))}")
    line = open_line(account, session=session)
    known = known or Bindings()
    there = _read(line, wanted)
    no_clashes(wanted, there, known)
    work = _Work(line=line, known=known, there=there, dry_run=dry_run)
    fields = {w.key: work.field(w) for w in wanted.fields}
    bindings = Bindings(
        fields={key: found[0] for key, found in fields.items() if found is not None},
        options={
            w.key: found[1]
            for w in wanted.fields
            if w.type == "choice" and (found := fields[w.key]) is not None
        },
        macros={w.key: made for w in wanted.macros if (made := work.macro(w)) is not None},
    )
    webhook_id = work.webhook(wanted.webhook) if wanted.webhook else None
    for trigger in wanted.triggers:
        work.trigger(trigger, bindings, webhook_id)
    secret = None
    if webhook_id is not None:
        with calling(f"{account.subdomain} webhook {webhook_id} secret", writes=False):
            secret = str(line.zenpy.webhooks.show_secret(webhook_id).to_dict()["secret"])
    return Placed(bindings, webhook_id, secret, tuple(work.steps))


def _read(line: Line, wanted: Wanted) -> There:
    def rows(name: str, listing: Any, needed: object) -> list[Mapping[str, Any]]:
        if not needed:
            return []
        with calling(f"{line.account.subdomain} {name}", writes=False):
            return [item.to_dict() for item in listing()]

    zenpy = line.zenpy
    return There(
        fields=rows("ticket fields", zenpy.ticket_fields, wanted.fields),
        macros=rows("macros", zenpy.macros, wanted.macros),
        triggers=rows("triggers", zenpy.triggers, wanted.triggers),
        webhooks=rows("webhooks", zenpy.webhooks.list, wanted.webhook),
    )


class _Work:
    """The doing of it, step by step."""

    def __init__(self, *, line: Line, known: Bindings, there: There, dry_run: bool) -> None:
        self._line = line
        self._known = known
        self._there = there
        self._dry_run = dry_run
        self.steps: list[Step] = []

    def _write(self, subject: str, call: Any, *args: Any) -> dict[str, Any]:
        with calling(f"{self._line.account.subdomain} {subject}", writes=True):
            made = call(*args)
            # A PATCH of a webhook answers 204, which zenpy hands through.
            return {} if isinstance(made, requests.Response) else dict(made.to_dict())

    def _step(self, what: str, action: Action) -> None:
        self.steps.append(Step(what, action))

    def field(self, wanted: WantedField) -> tuple[str, dict[str, str]] | None:
        """The field's id and its options' tags; None where a dry run would make it."""
        what = f"field:{wanted.key}"
        bound_to = self._known.fields.get(wanted.key)
        row = find(of_type(self._there, wanted), bound_to, wanted.title)
        api = self._line.zenpy.ticket_fields
        if row is None:
            self._step(what, "created")
            if self._dry_run:
                return None
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
            made = self._write(f"field {wanted.key}", api.create, TicketField(**attributes))
            return str(made["id"]), bind_options(wanted, made)[0]
        native_id = str(row["id"])
        bound, missing = bind_options(wanted, row)
        lacking: dict[str, Any] = {}
        if row.get("active") is False:
            lacking["active"] = True
        if wanted.tag and not row.get("tag"):
            lacking["tag"] = wanted.tag
        if not self._dry_run:
            if lacking:
                better = TicketField(id=int(native_id), **lacking)
                self._write(f"field {wanted.key}", api.update, better)
            for option, label in missing:
                # One by one, because a PUT of the field takes away every option it leaves out.
                added = CustomFieldOption(name=label, value=option)
                made = self._write(
                    f"field {wanted.key}", api.options.create_or_update, int(native_id), added
                )
                bound[option] = str(made.get("value") or option)
        adopted: Action = "unchanged" if bound_to == native_id else "adopted"
        self._step(what, "changed" if lacking or missing else adopted)
        return native_id, bound

    def macro(self, wanted: WantedMacro) -> str | None:
        """The macro's id; None where a dry run would make it."""
        what = f"macro:{wanted.key}"
        bound_to = self._known.macros.get(wanted.key)
        row = find(self._there.macros, bound_to, wanted.title)
        if row is not None:
            native_id = str(row["id"])
            self._step(what, "unchanged" if bound_to == native_id else "adopted")
            return native_id
        self._step(what, "created")
        if self._dry_run:
            return None
        comment = "comment_value_html" if wanted.html else "comment_value"
        actions = [{"field": comment, "value": wanted.text}]
        if wanted.tags:
            actions.append({"field": "current_tags", "value": " ".join(wanted.tags)})
        macro = Macro(title=wanted.title, actions=actions)
        made = self._write(f"macro {wanted.key}", self._line.zenpy.macros.create, macro)
        return str(made["id"])

    def webhook(self, wanted: WantedWebhook) -> str | None:
        """The webhook's id; None where a dry run would make it."""
        right = {
            "endpoint": wanted.endpoint,
            "status": "active",
            "http_method": "POST",
            "request_format": "json",
        }
        rows = [r for r in self._there.webhooks if r.get("name") == wanted.name]
        rows.sort(key=lambda r: (r.get("endpoint") != wanted.endpoint, str(r["id"])))
        if not rows:
            self._step("webhook", "created")
            if self._dry_run:
                return None
            new = Webhook(name=wanted.name, subscriptions=list(SUBSCRIPTIONS), **right)
            made = self._write("webhook", self._line.zenpy.webhooks.create, new)
            return str(made["id"])
        webhook_id = str(rows[0]["id"])
        wrong = {name: value for name, value in right.items() if rows[0].get(name) != value}
        if wrong and not self._dry_run:
            patch = Webhook(id=webhook_id, **wrong)
            self._write("webhook", self._line.zenpy.webhooks.patch, patch)
        self._step("webhook", "changed" if wrong else "unchanged")
        return webhook_id

    def trigger(self, wanted: WantedTrigger, bindings: Bindings, webhook_id: str | None) -> None:
        """Makes the trigger, or sets its conditions and its action right; whether it is switched
        on is the admin's business."""
        what = f"trigger:{wanted.key}"
        row = find(self._there.triggers, None, wanted.title)
        conditions = {
            "all": [native_condition(c, bindings) for c in wanted.all],
            "any": [native_condition(c, bindings) for c in wanted.any],
        }
        actions = [{"field": "notification_webhook", "value": [webhook_id, wanted.body]}]
        api = self._line.zenpy.triggers
        if row is None:
            self._step(what, "created")
            if not self._dry_run:
                new = Trigger(title=wanted.title, conditions=conditions, actions=actions)
                self._write(f"trigger {wanted.key}", api.create, new)
            return
        if shape(row) == shape({"conditions": conditions, "actions": actions}):
            self._step(what, "unchanged")
            return
        self._step(what, "changed")
        if not self._dry_run:
            better = Trigger(id=int(row["id"]), conditions=conditions, actions=actions)
            self._write(f"trigger {wanted.key}", api.update, better)
