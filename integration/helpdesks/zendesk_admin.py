"""Putting what this app needs in place inside a Zendesk account: ticket fields, macros, the
webhook, the triggers and the automation that call it, views, the SLA policy.

Everything is found by what it is bound to already, else by its title (rules also by what they
call), so that doing it again changes nothing. What is there is an admin's: a field of ours only
ever gains options, one that an admin chose for ours not even that unless they said so; a macro, a
view or an SLA policy is never rewritten. Only the webhook's address and the rules' conditions and
action are set right, because the app is deaf without them.

Vendor pages: developer.zendesk.com, "Ticket fields", "Macros", "Triggers", "Automations", "Views",
"SLA policies", "Ticket forms", "Webhooks". Needs an administrator's token with read and write
access.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import requests

from integration.helpdesks import Bindings
from integration.helpdesks.placing import Action, FormLack, Placed, Step
from integration.helpdesks.zendesk_app_doubles import beside, doubles
from integration.helpdesks.zendesk_clashes import no_clashes
from integration.helpdesks.zendesk_compare import (
    SUBSCRIPTIONS,
    There,
    find,
    find_webhook,
)
from integration.helpdesks.zendesk_fields import put_field
from integration.helpdesks.zendesk_forms import fill_forms, known_forms, lacking
from integration.helpdesks.zendesk_rows import forms as read_forms
from integration.helpdesks.zendesk_rows import made, read, secret_of, send
from integration.helpdesks.zendesk_rules import put_policy, put_rule, put_view
from integration.helpdesks.zendesk_wanted import (
    FIELD,
    Condition,
    Wanted,
    WantedField,
    WantedMacro,
    WantedPolicy,
    WantedTrigger,
    WantedView,
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
    "WantedPolicy",
    "WantedTrigger",
    "WantedView",
    "WantedWebhook",
    "put_in_place",
]


def put_in_place(
    account: Account,
    wanted: Wanted,
    *,
    known: Bindings | None = None,
    extend: Collection[str] = (),
    forms: Collection[str] | None = (),
    dry_run: bool = False,
    session: requests.Session | None = None,
) -> Placed:
    """Put everything in place that is not; ``dry_run`` only says what would be done.

    ``known`` are the bindings so far, or as an admin chose them on the set-up page: a field or
    macro that was renamed is found by them, and a field of the admin's own stands for one of ours.
    ``extend`` are the keys of such fields to which the options that they lack may be added.
    ``forms`` are the names of the ticket forms to which our fields are added; None: all that are
    active.

    Everything is read and compared first: Invalid, naming each by its key in ``fields``, where
    something of an admin's is in the way, and then nothing was changed. A failure later on leaves
    what was made; doing it again goes on from there. ValueError for rules without a webhook, or on
    fields that are not wanted.
    """
    _sane(wanted)
    line = open_line(account, session=session)
    known = known or Bindings()
    there = read(line, wanted)
    no_clashes(wanted, there, known, extend)
    if forms:
        known_forms(line, forms)
    work = _Work(line=line, known=known, there=there, extend=extend, dry_run=dry_run)
    fields = {w.key: work.field(w) for w in wanted.fields}
    bindings = Bindings(
        fields={key: found[0] for key, found in fields.items() if found is not None},
        options={
            w.key: found[1]
            for w in wanted.fields
            if w.type == "choice" and (found := fields[w.key]) is not None
        },
        macros={w.key: id_ for w in wanted.macros if (id_ := work.macro(w)) is not None},
    )
    webhook_id = work.webhook(wanted.webhook) if wanted.webhook else None
    work.rules(wanted, bindings, webhook_id)
    lacks = work.forms(wanted, bindings, forms) if wanted.fields else ()
    secret = secret_of(line, webhook_id) if webhook_id is not None else None
    return Placed(bindings, webhook_id, secret, tuple(work.steps), lacks)


def _sane(wanted: Wanted) -> None:
    rules = (*wanted.triggers, *wanted.automations)
    if rules and wanted.webhook is None:
        raise ValueError("wanted: triggers need a webhook to call")
    named = {c.field for t in rules for c in (*t.all, *t.any)}
    named |= {c.field for p in wanted.policies for c in p.all}
    named |= {c.field for v in wanted.views for c in v.all}
    named |= {column for v in wanted.views for column in (*v.columns, v.sort_by)}
    unknown = {n for n in named if n.startswith(FIELD)} - {FIELD + w.key for w in wanted.fields}
    if unknown:
        raise ValueError(f"wanted: rules name unknown {', '.join(sorted(unknown))}")


class _Work:
    """The doing of it, step by step."""

    def __init__(
        self,
        *,
        line: Line,
        known: Bindings,
        there: There,
        extend: Collection[str],
        dry_run: bool,
    ) -> None:
        self._line = line
        self._known = known
        self._there = there
        self._extend = extend
        self._dry_run = dry_run
        self.steps: list[Step] = []

    def _step(self, what: str, action: Action, why: str = "") -> None:
        self.steps.append(Step(what, action, why))

    def field(self, wanted: WantedField) -> tuple[str, dict[str, str]] | None:
        """The field's id and its options' tags; None where a dry run would make it."""
        known, extend = self._known, wanted.key in self._extend
        step, found = put_field(
            self._line, self._there.fields, wanted, known, extend=extend, dry_run=self._dry_run
        )
        self.steps.append(step)
        return found

    def macro(self, wanted: WantedMacro) -> str | None:
        """The macro's id; None where a dry run would make it."""
        what = f"macro:{wanted.key}"
        bound_to = self._known.macros.get(wanted.key)
        row = find(self._there.macros, bound_to, wanted.title)
        if row is not None:
            native_id = str(row["id"])
            off = "switched off by an admin" if row.get("active") is False else ""
            others = beside(doubles(self._there.macros, wanted.title, native_id))
            why = "; ".join(filter(None, (off, others)))
            self._step(what, "unchanged" if bound_to == native_id else "adopted", why)
            return native_id
        self._step(what, "created")
        if self._dry_run:
            return None
        body = {"macro": {"title": wanted.title, "actions": macro_actions(wanted)}}
        return str(made(send(self._line, "POST", "macros.json", body), "macro")["id"])

    def webhook(self, wanted: WantedWebhook) -> str | None:
        """The webhook's id; None where a dry run would make it."""
        right = webhook_of(wanted)
        row = find_webhook(self._there.webhooks, wanted)
        if row is None:
            self._step("webhook", "created")
            if self._dry_run:
                return None
            new = {"name": wanted.name, "subscriptions": list(SUBSCRIPTIONS), **right}
            answer = send(self._line, "POST", "webhooks", {"webhook": new})
            return str(made(answer, "webhook")["id"])
        webhook_id = str(row["id"])
        wrong = {name: value for name, value in right.items() if row.get(name) != value}
        if wrong and not self._dry_run:
            send(self._line, "PATCH", f"webhooks/{webhook_id}", {"webhook": wrong})
        self._step("webhook", "changed" if wrong else "unchanged")
        return webhook_id

    def rules(self, wanted: Wanted, bindings: Bindings, webhook_id: str | None) -> None:
        """Triggers, the automation, views, the SLA policy."""
        line, there, dry = self._line, self._there, self._dry_run
        for kind, rules, rows in (
            ("trigger", wanted.triggers, there.triggers),
            ("automation", wanted.automations, there.automations),
        ):
            for w in rules:
                step = put_rule(line, kind, rows, w, bindings, webhook_id, dry_run=dry)
                self.steps.append(step)
        for view in wanted.views:
            self.steps.append(put_view(line, there.views, view, bindings, dry_run=dry))
        for policy in wanted.policies:
            self.steps.append(put_policy(line, there.policies, policy, bindings, dry_run=dry))

    def forms(
        self, wanted: Wanted, bindings: Bindings, names: Collection[str] | None
    ) -> tuple[FormLack, ...] | None:
        """What the forms lack, after those that were asked for were given it.

        Read anew: Zendesk puts a new field on an account's only form by itself.
        """
        rows = read_forms(self._line)
        if rows is None:
            return None
        fields = dict(bindings.fields)
        if self._dry_run and len(rows) > 1:
            fields = {w.key: fields.get(w.key, "") for w in wanted.fields}
        lacks = lacking(rows, fields)
        asked = [lack for lack in lacks if names is None or lack.name in names]
        self.steps += fill_forms(self._line, rows, asked, fields, dry_run=self._dry_run)
        return tuple(lack for lack in lacks if lack not in asked)


def macro_actions(wanted: WantedMacro) -> list[dict[str, Any]]:
    """A macro's actions, as Zendesk takes them."""
    comment = "comment_value_html" if wanted.html else "comment_value"
    actions = [{"field": comment, "value": wanted.text}]
    if wanted.tags:
        actions.append({"field": "current_tags", "value": " ".join(wanted.tags)})
    return actions


def webhook_of(wanted: WantedWebhook) -> dict[str, str]:
    """What a webhook must be for us to hear it, as Zendesk has it."""
    return {
        "endpoint": wanted.endpoint,
        "status": "active",
        "http_method": "POST",
        "request_format": "json",
    }
