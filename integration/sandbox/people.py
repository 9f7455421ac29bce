"""Users, and the groups, organizations and brands a ticket names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.sandbox.errors import invalid, not_found, problem
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.state import State

ROLES = ("admin", "agent", "end-user")


def add(state: State, name: str, email: str | None, role: str = "end-user", **more: object) -> Json:
    """A new user; 422 where the e-mail is taken or the name is blank."""
    if not name.strip():
        raise invalid({"name": [problem("Name: cannot be blank", "BlankValue")]})
    if role not in ROLES:
        raise invalid({"role": [problem(f"Role: {role} is not valid")]})
    if email and by_email(state, email):
        words = f"Email: {email} is already being used by another user"
        raise invalid({"email": [problem(words, "DuplicateValue")]})
    identity, now = state.ids.large(), stamp(state.now())
    user = {
        "id": identity,
        "name": name,
        "email": email,
        "created_at": now,
        "updated_at": now,
        "time_zone": "UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": role,
        "verified": True,
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": None if role == "end-user" else 4,
        "custom_role_id": None,
        "moderator": role != "end-user",
        "ticket_restriction": "requested" if role == "end-user" else None,
        "only_private_comments": False,
        "restricted_agent": role == "end-user",
        "suspended": False,
        "default_group_id": None,
        "report_csv": False,
        "user_fields": {},
        **more,
    }
    state.users[identity] = user
    return user


_WRITABLE = (
    *("name", "email", "phone", "organization_id", "external_id", "tags", "alias", "details"),
    *("notes", "role", "time_zone", "suspended", "signature", "locale", "verified"),
)


def create(state: State, given: Json) -> Json:
    """A user from a request's body."""
    more = {name: given[name] for name in _WRITABLE if name in given}
    name, email = more.pop("name", None), more.pop("email", None)
    role = more.pop("role", "end-user")
    return add(state, str(name or ""), email, str(role), **more)


def update(state: State, user: Json, given: Json) -> Json:
    """Change a user in place; 422 for an e-mail that somebody else has."""
    email = given.get("email")
    other = by_email(state, email) if isinstance(email, str) else None
    if other is not None and other["id"] != user["id"]:
        words = f"Email: {email} is already being used by another user"
        raise invalid({"email": [problem(words, "DuplicateValue")]})
    if given.get("role", "agent") not in ROLES:
        raise invalid({"role": [problem(f"Role: {given['role']} is not valid")]})
    user.update({name: given[name] for name in _WRITABLE if name in given})
    user["updated_at"] = stamp(state.now())
    return user


def by_email(state: State, email: str) -> Json | None:
    """The active user with this e-mail, whatever its case."""
    wanted = email.casefold()
    for user in state.users.values():
        if user["active"] and str(user["email"] or "").casefold() == wanted:
            return user
    return None


def get(state: State, identity: object) -> Json:
    """A user by id; 404 where there is none."""
    user = state.users.get(identity) if isinstance(identity, int) else None
    if user is None:
        raise not_found()
    return user


def requester(state: State, given: object) -> Json | None:
    """The requester a new ticket names as ``{"name", "email"}``: found by e-mail, or made."""
    if not isinstance(given, dict):
        return None
    email = given.get("email")
    known = by_email(state, email) if isinstance(email, str) else None
    return known or create(state, {**given, "name": given.get("name") or email or ""})


def is_agent(user: Json) -> bool:
    return user["role"] in ("admin", "agent")


def user_json(state: State, user: Json) -> Json:
    return {"url": state.link(f"users/{user['id']}"), **user}
