"""What happened, for the agent's pages: a ticket's audits, and the deliveries of webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.sandbox import pages
from integration.sandbox.options import Json
from integration.sandbox.shown import When, moment

if TYPE_CHECKING:
    from integration.sandbox.state import State

_LONGEST = 160
_UNTOLD = ("brand_id", "ticket_form_id", "custom_status_id", "requester_id", "organization_id")
_WORDS = {"assignee_id": "Assignee", "group_id": "Group", "due_at": "Due", "external_id": "Id"}
_CHANNELS = {"web": "agent view", "api": "API", "email": "e-mail", "rule": "rule"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed; ``rule`` is the trigger behind it. ``old`` None: it had none."""

    what: str
    old: str | None
    new: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """One update of a ticket: who, through which door, when, and what."""

    who: str
    door: str
    at: When
    lines: tuple[Line, ...]
    remarks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver: its result in words and when it ended."""

    result: str
    at: When
    answer: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook's delivery: ``tone`` good, ask or bad; attempts oldest first."""

    id: str
    status: str
    tone: str
    icon: str
    code: str
    at: When
    attempts: tuple[Attempt, ...]
    payload: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook with its deliveries, newest first."""

    id: str
    name: str
    endpoint: str
    status: str
    deliveries: tuple[Delivery, ...]


def updates(state: State, audits: Iterable[Json]) -> list[Update]:
    """A ticket's audits as an agent reads them, in their own order."""
    return [
        Update(
            str(state.users.get(audit["author_id"], {}).get("name") or "(unknown)"),
            _CHANNELS.get(audit["via"]["channel"], audit["via"]["channel"]),
            moment(audit["created_at"], state.now()),
            tuple(line for event in audit["events"] if (line := _line(state, event))),
            tuple((str(k), str(v)) for k, v in audit["metadata"]["custom"].items()),
        )
        for audit in audits
    ]


def _line(state: State, event: Json) -> Line | None:
    kind = event["type"]
    if kind == "Comment":
        what = "Public comment" if event["public"] else "Internal note"
        return Line(what, None, _short(event["body"]))
    if kind in ("Create", "Change"):
        return _changed(state, event)
    if kind == "AgentMacroReference":
        return Line("Macro", None, str(event["macro_title"]))
    if kind == "CommentPrivacyChange":
        return Line("Comment", None, "made private")
    if kind == "Notification":
        return Line("Notification (not sent)", None, _short(str(event["subject"])), _rule(event))
    return Line(kind, None, "")


def _changed(state: State, event: Json) -> Line | None:
    name, new, old = event["field_name"], event.get("value"), event.get("previous_value")
    if name in _UNTOLD or (event["type"] == "Create" and not new):
        return None
    if name == "tags":
        gone, come = (
            sorted(set(old or ()) - set(new or ())),
            sorted(set(new or ()) - set(old or ())),
        )
        words = [f"+{tag}" for tag in come] + [f"−{tag}" for tag in gone]
        return Line("Tags", None, " ".join(words), _rule(event))
    row = state.fields.get(int(name)) if name.isdigit() else None
    title = row["title"] if row else _WORDS.get(name, name.replace("_", " ").capitalize())

    def told(value: Any) -> str:
        if row is not None:
            return _short(pages.label(row, value))
        return _short(_person(state, value) if name == "assignee_id" else str(value or ""))

    return Line(title, told(old) if event["type"] == "Change" else None, told(new), _rule(event))


def _person(state: State, key: Any) -> str:
    user = state.users.get(int(key)) if str(key).isdigit() else None
    return str(user["name"]) if user else ""


def _rule(event: Json) -> str:
    return str(event.get("via", {}).get("source", {}).get("from", {}).get("title") or "")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


_RESULTS = {
    "succeeded": ("delivered", "good", "check"),
    "retried": ("will be tried again", "ask", "clock"),
    "failed": ("failed", "bad", "cross"),
}
_BODY = 4000


def hooks(state: State) -> list[Hook]:
    """Every webhook with its deliveries. Called under the state's lock; no secret is shown."""
    return [
        Hook(
            webhook.id,
            str(webhook.row["name"]),
            str(webhook.row["endpoint"]),
            str(webhook.row["status"]),
            tuple(
                _delivery(state, row, webhook.attempts.get(row["id"], []))
                for row in webhook.invocations
            ),
        )
        for webhook in state.webhooks.values()
    ]


def _delivery(state: State, row: Json, attempts: list[Json]) -> Delivery:
    status, tone, icon = _RESULTS.get(row["status"], (row["status"], "plain", "dot"))
    now = state.now()
    return Delivery(
        row["id"],
        status,
        tone,
        icon,
        str(row.get("status_code", "no answer")),
        moment(row["latest_completed_at"], now),
        tuple(
            Attempt(
                str(one.get("status_code", "no answer")),
                moment(one["completed_at"], now),
                str(one["response"]["payload"])[:_BODY],
            )
            for one in reversed(attempts)
        ),
        str(attempts[0]["request"]["payload"])[:_BODY] if attempts else "",
    )
