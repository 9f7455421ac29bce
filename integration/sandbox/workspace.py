"""What the agent's pages know of the apps beside a ticket, and tell their host scripts.

The host scripts (``static/workspace``) speak Zendesk's app framework with the frames. They get the
account and the ticket as it is saved from here, and what is typed from the page's own form; never a
secure setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app

from integration.sandbox import guard, people
from integration.sandbox.apps import Apps, Installation, Location, Opening
from integration.sandbox.assets import asset_origin
from integration.sandbox.drafts import name_of
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.state import State, TicketDetail

EXTENSION = "sandbox_apps"


@dataclass(frozen=True, slots=True)
class Hosted:
    """The apps of a page: each with how it is opened, and all that their host must know."""

    apps: tuple[Shown, ...]
    told: Json


@dataclass(frozen=True, slots=True)
class Shown:
    """An app on a page; ``icon`` is None where the package has none."""

    one: Installation
    opening: Opening
    icon: str | None


def _apps() -> Apps:
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Apps)
    return found


def _state() -> State:
    found: State = current_app.extensions["sandbox"]
    return found


def nav_apps() -> list[Installation]:
    """The apps in the navigation bar."""
    return _apps().at("nav_bar")


def hosted(location: Location, ticket_id: int | None = None) -> Hosted | None:
    """The apps that a page hosts at a location, and let into its policy; None where there are
    none."""
    found = [opened(one, _state().agent, location) for one in _apps().at(location) if one.package]
    return told(found, _state().agent, location, ticket_id) if found else None


def opened(one: Installation, user: Json, location: Location) -> Shown:
    """An app opened for a user."""
    opening, icon = _apps().open(one, user, location), None
    if one.package is not None and one.package.asset("logo-small.png") is not None:
        icon = f"{asset_origin(_state().base_url)}/apps/{one.app_id}/assets/logo-small.png"
    return Shown(one, opening, icon)


def told(
    found: list[Shown], user: Json, location: Location, ticket_id: int | None = None
) -> Hosted:
    """Apps that were opened, with what their host must know of them and of the account."""
    state = _state()
    guard.let_in(
        (shown.opening.origin for shown in found),
        icons=[asset_origin(state.base_url)] if any(shown.icon for shown in found) else (),
    )
    host = {
        "product": "support",
        "location": location,
        "ticketId": ticket_id,
        "subdomain": state.options.subdomain,
        "user": person_json(state, user),
        "apps": [_app_json(shown) for shown in found],
        "requirements": {
            name: row for shown in found for name, row in shown.one.requirements.items()
        },
    }
    return Hosted(tuple(found), host)


def _app_json(shown: Shown) -> Json:
    one = shown.one
    return {
        "guid": shown.opening.guid,
        "origin": shown.opening.origin,
        "url": shown.opening.action,
        "flexible": shown.opening.flexible,
        "metadata": {
            "appId": one.app_id,
            "name": one.name,
            "version": one.version,
            "installationId": one.id,
            "plan": {"name": None},
            "settings": one.settings,
        },
    }


# -- a ticket --------------------------------------------------------------------------------------


def known(state: State, detail: TicketDetail | None = None) -> Json:
    """The ticket as it is saved, and the account around it, in the framework's words; None for a
    ticket that is being filed."""
    return {
        "ticket": _ticket_json(state, detail) if detail else _new_json(state),
        "fields": [_field_json(row) for row in state.custom_fields()],
        "agents": [
            person_json(state, user) for user in state.users.values() if people.is_agent(user)
        ],
    }


def _around(state: State) -> Json:
    brand = next(iter(state.shelf("brands").values()))
    form = next(iter(state.shelf("ticket_forms").values()))
    keys = ("id", "name", "subdomain", "active", "default")
    return {
        "brand": {**{key: brand[key] for key in keys}, "url": brand["brand_url"]},
        "form": {"id": form["id"], "name": form["name"]},
    }


def _new_json(state: State) -> Json:
    nothing: dict[str, Any] = dict.fromkeys(
        ("id", "subject", "description", "externalId", "createdAt", "updatedAt", "requester")
    )
    return {**nothing, "isNew": True, "via": {"channel": "web"}, "comments": [], **_around(state)}


def _ticket_json(state: State, detail: TicketDetail) -> Json:
    ticket = detail.ticket
    requester = detail.users.get(ticket["requester_id"])
    return {
        "id": ticket["id"],
        "subject": ticket["subject"],
        "description": ticket["description"],
        "externalId": ticket["external_id"],
        "createdAt": ticket["created_at"],
        "updatedAt": ticket["updated_at"],
        "isNew": False,
        "via": ticket["via"],
        "requester": person_json(state, requester) if requester else None,
        "comments": [
            {
                "id": comment["id"],
                "value": comment["html_body"],
                "author": person_json(state, detail.users[comment["author_id"]]),
                "via": comment["via"],
                "createdAt": comment["created_at"],
            }
            for comment in detail.comments
        ],
        **_around(state),
    }


def person_json(state: State, user: Json) -> Json:
    """A person as the framework tells of one."""
    groups = [
        {"id": row["id"], "name": row["name"]}
        for row in state.shelf("groups").values()
        if people.is_agent(user)
    ]
    return {
        "id": user["id"],
        "name": user["name"],
        "email": user["email"],
        "role": user["role"],
        "locale": user["locale"],
        "externalId": user["external_id"],
        "tags": user["tags"],
        "timeZone": {"name": user["time_zone"], "ianaName": user["iana_time_zone"]},
        "avatarUrl": None,
        "groups": groups,
        "organizations": [],
    }


def _field_json(row: Json) -> Json:
    options = row.get("custom_field_options", ())
    return {
        "id": row["id"],
        "name": f"custom_field_{row['id']}",
        "input": name_of(row),
        "label": row["title"],
        "type": row["type"],
        "optionValues": [{"value": one["value"], "label": one["name"]} for one in options],
    }
