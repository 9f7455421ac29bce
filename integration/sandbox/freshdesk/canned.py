"""Canned responses and their folders (developers.freshdesk.com/api/#canned-responses).

They are told raw, with their placeholders; nothing fills these in. Nothing takes one away through
the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integration.sandbox import comments
from integration.sandbox.freshdesk import errors
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_KEYS: Final = ("title", "content_html", "folder_id", "visibility", "group_ids", "attachments")
_VISIBLE: Final = (0, 1, 2)


def save_folder(account: Account, given: Any, row: Json | None) -> Json:
    """Take a folder in, or give this one another name."""
    if not isinstance(given, dict):
        raise errors.invalid_json()
    wrong = [errors.unknown(key) for key in given if key != "name"]
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        wrong.append(errors.missing("name"))
    elif any(one["name"] == name for one in account.shelf("folders").values() if one is not row):
        wrong.append(errors.problem("name", "It should be a unique value", "duplicate_value"))
    if wrong:
        raise errors.invalid(wrong)
    if row is None:
        return account.keep("folders", "folder", name=name, personal=False)
    row.update(name=name, updated_at=account.stamp())
    return row


def folder(account: Account, row: Json, *, whole: bool = False) -> Json:
    """A folder as the API tells it; ``whole`` with what is in it."""
    rows = inside(account, row)
    told = {**row, "responses_count": len(rows)}
    return {**told, "canned_responses": [brief(one) for one in rows]} if whole else told


def inside(account: Account, row: Json) -> list[Json]:
    return [one for one in account.shelf("canned").values() if one["folder_id"] == row["id"]]


def brief(row: Json) -> Json:
    return {key: row[key] for key in ("id", "title")}


def save(account: Account, given: Any, row: Json | None) -> Json:
    """Take a canned response in, or change this one; 400 with all that is wrong."""
    if not isinstance(given, dict):
        raise errors.invalid_json()
    wrong = [errors.unknown(key) for key in given if key not in _KEYS]
    for key in ("title", "content_html"):
        absent = key not in given and row is not None
        if not absent and (not isinstance(given.get(key), str) or not given[key].strip()):
            wrong.append(errors.missing(key))
    if "folder_id" in given or row is None:
        place = given.get("folder_id")
        if type(place) is not int:
            wrong.append(errors.missing("folder_id", "Positive Integer"))
        elif place not in account.shelf("folders"):
            words = "There is no folder matching the given folder_id"
            wrong.append(errors.problem("folder_id", words))
    if "visibility" in given or row is None:
        seen = given.get("visibility")
        if type(seen) is not int or seen not in _VISIBLE:
            wrong.append(errors.one_of("visibility", _VISIBLE))
    if wrong:
        raise errors.invalid(wrong)
    values = dict(given)
    if "content_html" in values:
        values["content_html"] = comments.sanitised(values["content_html"])
        values["content"] = comments.plain(values["content_html"])
    if row is None:
        values = {"group_ids": [], "attachments": [], **values}
        return account.keep("canned", "canned", **values)
    row.update(values, updated_at=account.stamp())
    account.touched()
    return row
