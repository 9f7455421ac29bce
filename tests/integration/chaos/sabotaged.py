"""Web app and worker with one promise broken on purpose: WARRANTY_CHAOS_SABOTAGE says which."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from integration import review, writeback
from integration.cli import main
from integration.helpdesks import freshdesk_change, freshdesk_messages, freshdesk_wire, zendesk
from integration.helpdesks.freshdesk import FreshdeskHelpdesk
from integration.helpdesks.zendesk import ZendeskHelpdesk
from integration.helpdesks.zendesk_wire import Line
from integration.jobs import Jobs
from tests.integration.chaos import brisk, brisk_web

create_app = brisk_web.create_app

_apply, _put, _accept = ZendeskHelpdesk.apply, Line.put, Jobs.accept


def _stamp_not_looked_at() -> None:
    intend = writeback.intend

    def anew(*given: Any) -> Any:
        return replace(intend(*given), tell=True, done=False)

    writeback.intend = anew


def _note_in_a_request_of_its_own() -> None:
    def apply(self: Any, base: Any, change: Any, messages: Any = ()) -> Any:
        done = _apply(self, base, change)
        return _apply(self, done.ticket, type(change)(audit=change.audit), messages)

    ZendeskHelpdesk.apply = apply  # type: ignore[method-assign]


def _stamp_in_a_request_of_its_own() -> None:
    def apply(self: Any, base: Any, change: Any, messages: Any = ()) -> Any:
        fields = dict(change.fields)
        mark = {"stamp": fields.pop("stamp")}
        done = _apply(self, base, replace(change, fields=fields), messages)
        return _apply(self, done.ticket, type(change)(fields=mark))

    ZendeskHelpdesk.apply = apply  # type: ignore[method-assign]


def _changes_meanwhile_not_looked_at() -> None:
    def put(self: Any, path: str, payload: Any) -> Any:
        for name in ("safe_update", "updated_stamp"):
            payload["ticket"].pop(name, None)
        return _put(self, path, payload)

    Line.put = put  # type: ignore[method-assign]
    # A preview would find it out, too: it reads the ticket again where it differs.
    zendesk.touches_ours = lambda *given: False  # type: ignore[attr-defined]


def _note_to_the_customer() -> None:
    def put(self: Any, path: str, payload: Any) -> Any:
        if "comment" in payload["ticket"]:
            payload["ticket"]["comment"]["public"] = True
        return _put(self, path, payload)

    Line.put = put  # type: ignore[method-assign]


def _answered_before_it_is_stored() -> None:
    def accept(self: Any, *event: Any) -> bool:
        threading.Timer(0.5, _accept, (self, *event)).start()
        return True

    Jobs.accept = accept  # type: ignore[method-assign]


def _finished_before_it_is_done() -> None:
    usual = review.Reviewer.__call__

    def some(self: Any, installation: str, ticket: str) -> Any:
        if int(ticket) % 4 == 0:
            return review.Reviewed(None, "unchanged")
        return usual(self, installation, ticket)

    review.Reviewer.__call__ = some  # type: ignore[method-assign]


# -- Freshdesk ------------------------------------------------------------------------------------

_freshdesk_apply, _freshdesk_post = FreshdeskHelpdesk.apply, freshdesk_wire.Line.post


def _conversation_not_looked_at() -> None:
    freshdesk_messages._there = lambda *given: None


def _read_anew_and_not_compared() -> None:
    def apply(self: Any, base: Any, change: Any, messages: Any = ()) -> Any:
        return _freshdesk_apply(self, self.get(base.ref), change, messages)

    FreshdeskHelpdesk.apply = apply  # type: ignore[method-assign]


def _tags_of_others_not_looked_at() -> None:
    freshdesk_change.native_tags = lambda native: ()


def _stamp_in_an_update_of_its_own() -> None:
    def apply(self: Any, base: Any, change: Any, messages: Any = ()) -> Any:
        fields = dict(change.fields)
        mark = {"stamp": fields.pop("stamp")}
        first = replace(change, fields=fields, along={})
        done = _freshdesk_apply(self, base, first, messages)
        return _freshdesk_apply(self, done.ticket or base, type(change)(fields=mark))

    FreshdeskHelpdesk.apply = apply  # type: ignore[method-assign]


def _note_for_everybody() -> None:
    def post(self: Any, path: str, payload: Any) -> Any:
        return _freshdesk_post(self, path, {**payload, "private": False})

    freshdesk_wire.Line.post = post  # type: ignore[method-assign]


FRESHDESK: dict[str, tuple[Callable[[], None], str]] = {
    "conversation not looked at": (_conversation_not_looked_at, "doubled"),
    "read anew and not compared": (_read_anew_and_not_compared, "stale"),
    "tags of others not looked at": (_tags_of_others_not_looked_at, "overwritten"),
    "stamp in an update of its own": (_stamp_in_an_update_of_its_own, "half-written"),
    "note for everybody": (_note_for_everybody, "public"),
    "answered before it is stored": (_answered_before_it_is_stored, "lost"),
    "finished before it is done": (_finished_before_it_is_done, "lost"),
}
"""The same on Freshdesk."""
SABOTAGES: dict[str, tuple[Callable[[], None], str]] = {
    "stamp not looked at": (_stamp_not_looked_at, "doubled"),
    "note in a request of its own": (_note_in_a_request_of_its_own, "half-written"),
    "stamp in a request of its own": (_stamp_in_a_request_of_its_own, "half-written"),
    "changes meanwhile not looked at": (_changes_meanwhile_not_looked_at, "overwritten"),
    "note to the customer": (_note_to_the_customer, "public"),
    "answered before it is stored": (_answered_before_it_is_stored, "lost"),
    "finished before it is done": (_finished_before_it_is_done, "lost"),
}
"""What is broken, and what the reckoning must call it."""

if sabotage := os.environ.get("WARRANTY_CHAOS_SABOTAGE"):
    {**SABOTAGES, **FRESHDESK}[sabotage][0]()

if __name__ == "__main__":
    assert brisk.FASTER  # its waits are the brisk worker's
    main()
