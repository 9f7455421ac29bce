"""Creating, changing and deleting tickets, each in one piece: all of it or none.

Every function takes the state's lock. What changed is told in an audit; then the triggers run,
and what they change goes into the same audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from integration.sandbox import comments, patches, people, records, triggers
from integration.sandbox.errors import conflict, invalid, not_found, problem
from integration.sandbox.options import Json, parse_moment, stamp
from integration.sandbox.records import Actor, Record, Snapshot

if TYPE_CHECKING:
    from integration.sandbox.state import State


def find(state: State, ticket_id: object) -> Record:
    """A ticket that is not deleted; 404 where there is none."""
    record = state.tickets.get(ticket_id) if isinstance(ticket_id, int) else None
    if record is None or record.deleted:
        raise not_found()
    return record


def create(state: State, given: Mapping[str, Any], actor: Actor) -> tuple[Record, Json]:
    """File a ticket and run the triggers: the ticket and its first audit. 422 where unsound."""
    with state.lock:
        said = given.get("comment")
        first = said if isinstance(said, dict) else {"body": said or given.get("description")}
        if comments.texts(first) is None:
            words = "Description: cannot be blank"
            raise invalid({"base": [problem(words, "BlankValue")]})
        door = given.get("via")
        channel = door.get("channel") if isinstance(door, dict) else None
        record = Record(_blank(state, actor, records.via(str(channel or actor.channel))))
        wanted = patches.plan(state, record, given, actor)
        _settle_requester(state, wanted, given, actor)
        record.attributes, record.values, record.tags = (
            wanted.attributes,
            wanted.values,
            wanted.tags,
        )
        record.attributes["id"] = state.ids.ticket()
        audit = _new_audit(state, record, actor, given)
        comment = comments.make(state, first, actor.id, record.attributes["via"])
        assert comment is not None
        _keep(record, comment, audit)
        record.attributes["description"] = comment["body"]
        record.attributes["subject"] = record.attributes["subject"] or comment["body"][:150]
        audit["events"] += [comments.as_event(comment), *records.creation_events(state, record)]
        state.tickets[record.id] = record
        state.touch(record)
        record.audits.append(audit)
        triggers.run(state, record, triggers.Cycle(None, actor, comment, audit))
        return record, audit


def _settle_requester(
    state: State, wanted: patches.Plan, given: Mapping[str, Any], actor: Actor
) -> None:
    named = people.requester(state, given.get("requester"))
    wanted.attributes["requester_id"] = (
        named["id"] if named else wanted.attributes["requester_id"] or actor.id
    )
    submitter = given.get("submitter_id")
    wanted.attributes["submitter_id"] = submitter if submitter in state.users else actor.id
    if wanted.attributes["organization_id"] is None:
        owner = state.users[wanted.attributes["requester_id"]]
        wanted.attributes["organization_id"] = owner["organization_id"]


def _blank(state: State, actor: Actor, door: Json) -> Json:
    now = stamp(state.now())
    return {
        "id": 0,
        "external_id": None,
        "via": door,
        "created_at": now,
        "updated_at": now,
        "type": None,
        "subject": None,
        "description": "",
        "priority": None,
        "status": "new",
        "recipient": None,
        "requester_id": None,
        "submitter_id": actor.id,
        "assignee_id": None,
        "organization_id": None,
        "group_id": None,
        "problem_id": None,
        "due_at": None,
        "custom_status_id": state.default_custom_status("new"),
        "ticket_form_id": next(iter(state.shelf("ticket_forms"))),
        "brand_id": next(iter(state.shelf("brands"))),
    }


def check_stamp(record: Record, given: Mapping[str, Any]) -> None:
    """409 where ``safe_update`` is asked for and the ticket moved on since ``updated_stamp``.

    ``safe_update: false`` counts as asked for, as Zendesk documents. Guess: without a readable
    stamp nothing can be safe, so that is a conflict too.
    """
    if "safe_update" not in given:
        return
    seen = parse_moment(given.get("updated_stamp"))
    last = parse_moment(record.attributes["updated_at"])
    if seen is None or last is None or last > seen:
        raise conflict()


def update(
    state: State, ticket_id: object, given: Mapping[str, Any], actor: Actor
) -> tuple[Record, Json]:
    """Change a ticket and run the triggers: the ticket and the audit of this change.

    An update that changes nothing leaves ``updated_at`` alone, is kept in no audit and fires
    nothing. Raises 404, 409 and 422.
    """
    with state.lock:
        record = find(state, ticket_id)
        check_stamp(record, given)
        if record.attributes["status"] == "closed":
            words = "Status: closed prevents ticket update"
            raise invalid({"status": [problem(words, None)]})
        wanted = patches.plan(state, record, given, actor)
        before = record.snapshot()
        record.attributes, record.values, record.tags = (
            wanted.attributes,
            wanted.values,
            wanted.tags,
        )
        audit = _new_audit(state, record, actor, given)
        comment = _comment(state, record, given.get("comment"), actor, audit)
        if comment is not None:
            audit["events"].append(comments.as_event(comment))
        audit["events"] += records.change_events(state, before, record)
        audit["events"] += _macro_event(state, given)
        _finish(state, record, before, actor, comment, audit)
        return record, audit


def _finish(
    state: State, record: Record, before: Snapshot, actor: Actor, comment: Json | None, audit: Json
) -> None:
    if audit["events"]:
        record.audits.append(audit)
        state.touch(record, event=True)
        triggers.run(state, record, triggers.Cycle(before, actor, comment, audit))


def _comment(state: State, record: Record, given: object, actor: Actor, audit: Json) -> Json | None:
    if isinstance(given, str):
        given = {"body": given}
    if not isinstance(given, dict):
        return None
    comment = comments.make(state, given, actor.id, actor.via())
    if comment is not None:
        _keep(record, comment, audit)
        author = state.users.get(comment["author_id"])
        answered = author is not None and not people.is_agent(author) and comment["public"]
        if answered and record.attributes["status"] in ("pending", "hold", "solved"):
            record.attributes["status"] = "open"
            record.attributes["custom_status_id"] = state.default_custom_status("open")
    return comment


def _keep(record: Record, comment: Json, audit: Json) -> None:
    comment["audit_id"] = audit["id"]
    comment["metadata"] = audit["metadata"]
    record.comments.append(comment)


def _new_audit(state: State, record: Record, actor: Actor, given: Mapping[str, Any]) -> Json:
    custom = given.get("metadata")
    return {
        "id": state.ids.large(),
        "ticket_id": record.id,
        "created_at": stamp(state.now()),
        "author_id": actor.id,
        "metadata": {
            "system": {
                "client": actor.client,
                "ip_address": actor.address,
                "location": "Loopback",
                "latitude": 0.0,
                "longitude": 0.0,
            },
            "custom": dict(custom) if isinstance(custom, dict) else {},
        },
        "events": [],
        "via": actor.via(),
    }


def _macro_event(state: State, given: Mapping[str, Any]) -> list[Json]:
    macro = state.shelf("macros").get(given.get("macro_id"))
    if macro is None:
        return []
    return [
        {
            "id": state.ids.large(),
            "type": "AgentMacroReference",
            "macro_id": str(macro["id"]),
            "macro_title": macro["title"],
            "macro_deleted": False,
        }
    ]


def change_tags(
    state: State, ticket_id: object, how: str, given: Mapping[str, Any], actor: Actor
) -> list[str]:
    """Add (``PUT``), set (``POST``) or remove (``DELETE``) tags: the tags afterwards."""
    name = {"PUT": "additional_tags", "POST": "tags", "DELETE": "remove_tags"}[how]
    kept = {key: given[key] for key in ("safe_update", "updated_stamp") if key in given}
    record, _ = update(state, ticket_id, {name: given.get("tags") or [], **kept}, actor)
    return sorted(record.tags)


def delete(state: State, ticket_id: object, actor: Actor) -> None:
    """Delete a ticket: it stays in the incremental export with status ``deleted``."""
    with state.lock:
        record = find(state, ticket_id)
        audit = _new_audit(state, record, actor, {})
        audit["events"].append(
            {
                "id": state.ids.large(),
                "type": "Change",
                "value": "deleted",
                "field_name": "status",
                "previous_value": record.attributes["status"],
            }
        )
        record.audits.append(audit)
        record.deleted = True
        state.touch(record, event=True)


def make_private(state: State, ticket_id: object, comment_id: int, actor: Actor) -> None:
    """Turn a public comment into a private one; never the other way round."""
    with state.lock:
        record = find(state, ticket_id)
        comment = next((row for row in record.comments if row["id"] == comment_id), None)
        if comment is None:
            raise not_found()
        if comment["public"]:
            before = record.snapshot()
            comment["public"] = False
            audit = _new_audit(state, record, actor, {})
            audit["events"].append(
                {
                    "id": state.ids.large(),
                    "type": "CommentPrivacyChange",
                    "comment_id": comment_id,
                    "public": False,
                }
            )
            _finish(state, record, before, actor, None, audit)
