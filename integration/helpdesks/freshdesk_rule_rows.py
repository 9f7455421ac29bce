"""An account's automation rules as Freshdesk tells them: which one is ours, what is the matter with
it, and what it misses as it stands.

Vendor pages: developers.freshdesk.com/api, "Automations"; support.freshdesk.com 207276, "When and
how to use the triggers for automations", on their order: rules run from top to bottom, and an
account chooses for new tickets whether only the first that fits is run, or all. The API does not
tell which. It takes a rule's ``position``, and ours is not moved to the top by it: where only the
first is run, that would keep claims from the account's own rules, and where all are, from the tag
that such a rule may give them. Whoever moves it decides that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_wanted import WantedRule, WantedWebhook
from integration.helpdesks.freshdesk_webhook import HEADER, webhook_content

Row = Mapping[str, Any]

CALL: Final = "trigger_webhook"
"""The action that calls a webhook."""
TAGS: Final = "tag_names"
"""A ticket's tags, in conditions."""
EVERY: Final = {"field_name": "ticket_action", "value": "update"}
"""The event of any update."""
OFF: Final = "it is switched off"
_TAGS: Final = (TAGS, "tags")


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule that works misses as it stands, and what an admin may do about it."""

    about: Literal["tag", "order"]
    said: str
    mend: str


def watched(wanted: WantedRule, bindings: Bindings) -> list[str]:
    """The fields whose change counts, by Freshdesk's names. None that the app writes is among them,
    so that its own update, which counts as an agent's, does not set the rule off."""
    return [*(bindings.fields[key] for key in wanted.watches), "status"]


def titled(row: Row, wanted: WantedRule) -> bool:
    """Whether a rule bears the title of ours."""
    return str(row.get("name") or "").strip() == wanted.title


def _calls(row: Row) -> Iterator[Mapping[str, Any]]:
    """The actions by which a rule calls webhooks."""
    actions = row.get("actions")
    for one in actions if isinstance(actions, list) else ():
        if isinstance(one, Mapping) and one.get("field_name") == CALL:
            yield one


def call_of(row: Row, webhook: WantedWebhook) -> Mapping[str, Any] | None:
    """The action by which a rule calls our address, or another installation's of this service;
    None where it has none: it may call another service of our kind, as one on trial does beside
    the one in use."""
    ours = [one for one in _calls(row) if _serves(one.get("url"), webhook.url)]
    right = (one for one in ours if _is(one.get("url"), webhook.url))
    return next(right, ours[0] if ours else None)


def _serves(url: object, ours: str) -> bool:
    """Whether an address is a door of the service that ``ours`` is one of. Of a service that does
    not know its own address there is the path alone: any host will do."""
    (host, path), (own, own_path) = _parts(url), _parts(ours)
    served = bool(host) and own in (host, "")
    return served and path.startswith(own_path.rpartition("/")[0] + "/")


def _is(url: object, ours: str) -> bool:
    """Whether an address is this very door."""
    return url == ours or (not _parts(ours)[0] and _parts(url)[1] == ours)


def _parts(url: object) -> tuple[str, str]:
    """An address's host, with its port, and its path. The rest of it may be a secret."""
    try:
        parts = urlsplit(str(url or ""))
    except ValueError:
        return "", ""
    return parts.netloc.rpartition("@")[2].lower(), parts.path


def find(rows: Sequence[Row], wanted: WantedRule, webhook: WantedWebhook) -> Row | None:
    """The account's rule for one of ours: by what it calls and says, and by its title where it
    calls this service otherwise. One of our title that calls something else is not ours."""
    named = [row for row in rows if titled(row, wanted)]
    for row in (*named, *rows):
        if says(row, wanted, webhook):
            return row
    return next((row for row in named if call_of(row, webhook) is not None), None)


def in_the_way(rows: Sequence[Row], wanted: WantedRule, webhook: WantedWebhook) -> str | None:
    """What another's rule of our title calls, in words for an admin; None where there is none, or
    ours is there all the same."""
    named = [row for row in rows if titled(row, wanted)]
    if not named or find(rows, wanted, webhook) is not None:
        return None
    return calls_what(named[0])


def calls_what(row: Row) -> str:
    """What a rule calls that is not this service, in words; by its host, because the rest of an
    address may be a secret."""
    hosts = [_parts(one.get("url"))[0] or "no address" for one in _calls(row)]
    return f"calls {', '.join(hosts)}, which is not this app" if hosts else "calls no webhook"


def says(row: Row, wanted: WantedRule, webhook: WantedWebhook) -> bool:
    """Whether a rule calls our address with a body that tells us of the ticket: with this rule's,
    or with less, as somebody may have typed it; ``freshdesk_webhook`` understands both."""
    call = call_of(row, webhook) or {}
    content = _content(call.get("content"))
    if not _is(call.get("url"), webhook.url) or not isinstance(content, Mapping):
        return False
    right = webhook_content(webhook.installation, wanted.event)
    told = {name: str(content[name]).replace(" ", "") for name in right if name in content}
    return "ticket_id" in told and all(right[name] == value for name, value in told.items())


def _content(content: object) -> object:
    """A call's body: beside its layout, or in it, as the page has it; an object or its text."""
    if isinstance(content, Mapping) and "content_layout" in content:
        content = content.get("content")
    if isinstance(content, str):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return None
    return content


def wrong_with(
    row: Row, wanted: WantedRule, webhook: WantedWebhook, bindings: Bindings
) -> list[str]:
    """Why the app would be deaf with a rule as it is, each in words for an admin; none where it
    hears. An admin's conditions are no fault: they may want fewer tickets looked at."""
    found = [OFF] if row.get("active") is False else []
    if not says(row, wanted, webhook):
        return [*found, "it calls another address, or says something else"]
    headers = (call_of(row, webhook) or {}).get("custom_headers")
    if isinstance(headers, Mapping):  # not told: nothing is known of it
        sent = {str(name).lower(): value for name, value in headers.items()}
        if sent.get(HEADER.lower()) != webhook.secret:
            found.append("it does not send the secret")
    if lacking := unheard(row, wanted, bindings):
        found.append(f"it does not hear of {len(lacking)} of our fields")
    return found


def unheard(row: Row, wanted: WantedRule, bindings: Bindings) -> list[str]:
    """The fields whose change should set a rule off and does not, by Freshdesk's names."""
    events = row.get("events")
    seen = {one.get("field_name") for one in events or () if isinstance(one, Mapping)}
    if wanted.on == "created" or EVERY["field_name"] in seen:
        return []
    return [name for name in watched(wanted, bindings) if name not in seen]


def remarks(
    row: Row | None, rows: Sequence[Row], wanted: WantedRule, bindings: Bindings
) -> list[Remark]:
    """What a rule that works misses as it stands. ``row`` is one of ``rows``; None for one that is
    about to be made, which comes last."""
    found = []
    if row is not None and _passes_by_tag(row, wanted, bindings):
        said = f"its conditions do not name the tag “{wanted.tag}”: claims that the tag alone "
        said += "tells are seen by reconciliation only"
        mend = f"Add to the rule's conditions, as one of which any will do: Tags is “{wanted.tag}”."
        found.append(Remark("tag", said, mend))
    if wanted.on == "created" and (above := _above(row, rows)):
        others = "another rule stands" if above == 1 else f"{above} other rules stand"
        said = f"{others} above it: where Freshdesk runs only the first rule that fits a new "
        said += "ticket, this one is passed over whenever one above it fits. Reconciliation finds "
        said += "such claims all the same, some minutes later"
        found.append(Remark("order", said, ORDER))
    return found


ORDER: Final = (
    "Admin > Workflows > Automations > Ticket Creation: choose “Execute all matching rules” "
    "(Freshdesk does not tell us whether that is chosen), or move the rule to the top; where only "
    "the first is run, your rules below it are then passed over for claims."
)


def _passes_by_tag(row: Row, wanted: WantedRule, bindings: Bindings) -> bool:
    """Whether a rule asks for our checkbox, and not for the tag as well."""
    conditions = row.get("conditions")
    properties = [
        one
        for group in (conditions if isinstance(conditions, list) else ())
        if isinstance(group, Mapping) and isinstance(group.get("properties"), list)
        for one in group["properties"]
        if isinstance(one, Mapping)
    ]
    ticked = any(one.get("field_name") == bindings.fields.get(wanted.claim) for one in properties)
    return ticked and not any(
        one.get("field_name") in _TAGS and wanted.tag in _words(one.get("value"))
        for one in properties
    )


def _words(value: object) -> list[str]:
    many = value if isinstance(value, list) else str(value or "").split(",")
    return [str(one).strip() for one in many]


def _above(row: Row | None, rows: Sequence[Row]) -> int:
    """How many rules that are switched on come before one; None: before one that comes last."""
    order = list(rows)
    if all(type(one.get("position")) is int for one in order):
        order.sort(key=lambda one: int(one["position"]))
    before = order if row is None else order[: [one is row for one in order].index(True)]
    return sum(one.get("active") is not False for one in before)
