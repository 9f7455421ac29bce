"""Taking away from a Zendesk account what this app put there; tickets and their fields stay.

Only what is ours goes: what is bound, or bears our title and does what ours does. What bears our
title and does something else is an admin's, and stays, with a word. Doing it again finds nothing
more to do. Triggers go before the webhook that they call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from integration import errors
from integration.helpdesks import Bindings
from integration.helpdesks.placing import Removed, Step
from integration.helpdesks.zendesk_admin import macro_actions
from integration.helpdesks.zendesk_compare import (
    Row,
    There,
    by_id,
    calls,
    conditions_shape,
    says,
    shape,
    titled,
)
from integration.helpdesks.zendesk_rows import read, send
from integration.helpdesks.zendesk_rules import conditions_of
from integration.helpdesks.zendesk_wanted import Wanted, WantedMacro, WantedTrigger
from integration.helpdesks.zendesk_wire import Account, Line, open_line


def take_away(
    account: Account,
    wanted: Wanted,
    known: Bindings | None,
    *,
    keep_macros: bool = False,
    dry_run: bool = False,
) -> Removed:
    """Delete what is ours of all that is wanted, except ticket fields; ``dry_run`` only says what
    would be. ``wanted``'s webhook may have no more of an address than its path.

    Raises what ``integration.errors`` lists; doing it again goes on from there.
    """
    line = open_line(account)
    known = known or Bindings()
    there = read(line, wanted)
    work = _Work(line, wanted, known, there, dry_run)
    webhook = work.own_webhook()
    webhook_id = None if webhook is None else str(webhook["id"])
    work.rules("trigger", wanted.triggers, there.triggers, webhook_id)
    work.rules("automation", wanted.automations, there.automations, webhook_id)
    work.views()
    work.policies()
    macros = dict(known.macros) if keep_macros else work.macros()
    if webhook is not None:
        work.webhook(webhook)
    left = Bindings(fields=known.fields, options=known.options, macros=macros)
    return Removed(tuple(work.steps), left)


class _Work:
    """The taking away, step by step."""

    def __init__(
        self, line: Line, wanted: Wanted, known: Bindings, there: There, dry_run: bool
    ) -> None:
        self._line = line
        self._wanted = wanted
        self._known = known
        self._there = there
        self._dry_run = dry_run
        self._gone: set[str] = set()
        self.steps: list[Step] = []

    def _delete(self, what: str, path: str, row: Row, why: str = "") -> None:
        if not self._dry_run:
            with suppress(errors.NotFound):  # somebody was quicker
                send(self._line, "DELETE", f"{path}/{row['id']}.json")
        self._gone.add(str(row["id"]))
        self.steps.append(Step(what, "deleted", why))

    def _leave(self, what: str, why: str) -> None:
        self.steps.append(Step(what, "left", why))

    def own_webhook(self) -> Row | None:
        """The webhook of our name that calls our path."""
        wanted = self._wanted.webhook
        assert wanted is not None
        path = urlsplit(wanted.endpoint).path
        named = [row for row in self._there.webhooks if row.get("name") == wanted.name]
        for row in named:
            if urlsplit(str(row.get("endpoint"))).path == path:
                return row
        for row in named:
            self._leave("webhook", f"it calls {row.get('endpoint')}, which is not this app")
        return None

    def rules(
        self,
        kind: str,
        wanted: Sequence[WantedTrigger],
        rows: Sequence[Row],
        webhook_id: str | None,
    ) -> None:
        """Triggers or automations that call our webhook with one of our bodies; where the webhook
        is gone, those that bear our title and call one with our body."""
        for w in wanted:
            what = f"{kind}:{w.key}"
            named = titled(rows, w.title)
            own = [r for r in (rows if webhook_id else named) if says(r, webhook_id, w.body)]
            for row in own:
                self._delete(what, f"{kind}s", row, _renamed(row, w.title))
            for row in named:
                if row not in own:
                    self._leave(what, "it does not call this app's webhook: it is yours")

    def views(self) -> None:
        """Views that bear our title and ask for one of our tags."""
        for w in self._wanted.views:
            right = conditions_shape(conditions_of(w, self._known))
            tags = {t for c in w.all if c.field == "current_tags" for t in (c.value or "").split()}
            for row in self._there.views:
                same = conditions_shape(row.get("conditions")) == right
                if same or (titled([row], w.title) and _asks_for(row, tags)):
                    self._delete(f"view:{w.key}", "views", row, _renamed(row, w.title))
                elif titled([row], w.title):
                    self._leave(f"view:{w.key}", "it shows other tickets than ours: it is yours")

    def policies(self) -> None:
        """SLA policies that bear our title and are about our tag."""
        for w in self._wanted.policies:
            right = conditions_shape(conditions_of(w, self._known))
            for row in titled(self._there.policies or (), w.title):
                if conditions_shape(row.get("filter")) == right:
                    self._delete(f"policy:{w.key}", "slas/policies", row)
                else:
                    self._leave(f"policy:{w.key}", "it is about other tickets: it is yours")

    def macros(self) -> dict[str, str]:
        """Macros that are bound, or bear our title and say what ours say; those that are left."""
        for w in self._wanted.macros:
            what = f"macro:{w.key}"
            bound = by_id(self._there.macros, self._known.macros.get(w.key))
            if bound is not None:
                reworded = "" if _same_words(bound, w) else "with your own words in it"
                self._delete(what, "macros", bound, reworded)
                continue
            for row in titled(self._there.macros, w.title):
                if _same_words(row, w):
                    self._delete(what, "macros", row)
                else:
                    self._leave(what, "it was never this app's, and says something else")
        return {}

    def webhook(self, row: Row) -> None:
        """The webhook, unless something of an admin's calls it too."""
        webhook_id = str(row["id"])
        others = [
            f"“{r.get('title')}”"
            for r in (*self._there.triggers, *self._there.automations)
            if calls(r, webhook_id) and str(r["id"]) not in self._gone
        ]
        if others:
            why = f"{', '.join(others)} of yours calls it: change that first, then run this again"
            self._leave("webhook", why)
            return
        if not self._dry_run:
            with suppress(errors.NotFound):
                send(self._line, "DELETE", f"webhooks/{webhook_id}")
        self.steps.append(Step("webhook", "deleted"))


def _renamed(row: Row, title: str) -> str:
    return "" if titled([row], title) else f"renamed “{row.get('title')}”"


def _asks_for(view: Row, tags: set[str]) -> bool:
    conditions = view.get("conditions")
    given = conditions if isinstance(conditions, Mapping) else {}
    items: list[Any] = [*(given.get("all") or ()), *(given.get("any") or ())]
    return any(
        c.get("field") == "current_tags"
        and c.get("operator") == "includes"
        and tags & set(str(c.get("value")).split())
        for c in items
        if isinstance(c, Mapping)
    )


def _same_words(row: Row, wanted: WantedMacro) -> bool:
    return shape({"actions": row.get("actions")}) == shape({"actions": macro_actions(wanted)})
