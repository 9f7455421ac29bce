"""Contacts and agents: finding who asks, and taking contacts in.

developers.freshdesk.com/api/#contacts and #agents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integration.sandbox.freshdesk import errors
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_KEYS: Final = ("name", "email", "phone", "mobile", "unique_external_id", "job_title", "language")
_UNIQUE: Final = ("email", "unique_external_id")


def requester(account: Account, given: Json) -> int:
    """Who asks: the person with this number, or the contact with this address, taken in where
    there is none yet."""
    if given.get("requester_id") is not None:
        return int(given["requester_id"])
    for key in ("email", "unique_external_id", "phone"):
        value = given.get(key)
        if not value:
            continue
        found = _by(account, key, value)
        if found is not None:
            return int(found["id"])
    values = {key: given.get(key) for key in ("name", "email", "phone", "unique_external_id")}
    values["name"] = values["name"] or str(values["email"] or values["phone"]).partition("@")[0]
    return int(_keep(account, values)["id"])


def _by(account: Account, key: str, value: str) -> Json | None:
    for row in account.shelf("contacts").values():
        if str(row[key] or "").lower() == value.lower():
            return row
    for row in account.shelf("agents").values():
        if str(row["contact"].get(key) or "").lower() == value.lower():
            return {**row["contact"], "id": row["id"]}
    return None


def _keep(account: Account, values: Json) -> Json:
    blank: Json = dict.fromkeys(_KEYS)
    return account.keep(
        "contacts",
        "contact",
        **{**blank, "language": "en", **values},
        active=False,
        company_id=None,
        custom_fields={},
        tags=[],
        time_zone=account.options.time_zone,
    )


def save(account: Account, given: Any, row: Json | None) -> Json:
    """Take a contact in, or change this one; 400 with all that is wrong."""
    if not isinstance(given, dict):
        raise errors.invalid_json()
    wrong = [errors.unknown(key) for key in given if key not in _KEYS]
    wrong += [
        errors.mismatch(key, "String")
        for key in _KEYS
        if given.get(key) is not None and not isinstance(given[key], str)
    ]
    if row is None and not given.get("name"):
        wrong.append(errors.missing("name"))
    if row is None and not any(given.get(key) for key in (*_UNIQUE, "phone", "mobile")):
        words = "One of these should be present: email, phone, mobile, unique_external_id"
        wrong.append(errors.problem("email", words, "missing_field"))
    for key in _UNIQUE:
        found = _by(account, key, given[key]) if isinstance(given.get(key), str) else None
        if found is not None and (row is None or found["id"] != row["id"]):
            wrong.append(errors.problem(key, "It should be a unique value", "duplicate_value"))
    if wrong:
        raise errors.invalid(wrong)
    if row is None:
        return _keep(account, given)
    row.update(given, updated_at=account.stamp())
    account.touched()
    return row


def person(account: Account, identity: int | None) -> Json:
    """A person as tickets show them: ``id``, ``name``, ``email``, ``phone``, ``mobile``."""
    row = account.shelf("contacts").get(identity or 0)
    if row is None:
        agent = account.shelf("agents").get(identity or 0)
        row = agent["contact"] if agent else {}
    return {
        "id": identity,
        "name": row.get("name"),
        "email": row.get("email"),
        "mobile": row.get("mobile"),
        "phone": row.get("phone"),
    }


def is_agent(account: Account, identity: int | None) -> bool:
    return identity in account.shelf("agents")
