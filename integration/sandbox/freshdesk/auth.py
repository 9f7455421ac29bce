"""Who asks: an API key by Basic authentication, and what the role of its agent may do.

developers.freshdesk.com/api/#authentication. Which endpoints are for administrators stands in
their sections; that automation rules are is a guess.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING, Final

from integration.sandbox.freshdesk import errors
from integration.sandbox.freshdesk.seed import ADMIN_ROLE
from integration.sandbox.options import Json

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_ADMIN: Final = re.compile(
    r"/api/v2/(admin|canned_response_folders?|canned_responses|sla_policies|automations)(/|$)"
)


def authenticate(account: Account, header: str | None) -> Json:
    """The agent behind an ``Authorization`` header; 401 where there is none. The password is not
    looked at."""
    kind, _, text = (header or "").partition(" ")
    if kind.lower() != "basic":
        raise errors.not_authenticated()
    try:
        given = base64.b64decode(text, validate=True).partition(b":")[0]
    except (binascii.Error, ValueError):
        raise errors.not_authenticated() from None
    for key, identity in account.keys.items():
        if hmac.compare_digest(key.encode(), given):
            return account.find("agents", identity)
    raise errors.not_authenticated()


def is_admin(account: Account, agent: Json) -> bool:
    """Whether an agent is an administrator."""
    roles = account.shelf("roles")
    return any(roles[identity]["name"] == ADMIN_ROLE for identity in agent["role_ids"])


def authorize(account: Account, agent: Json, path: str) -> None:
    """403 where a path is for administrators and the agent is none."""
    if _ADMIN.match(path) and not is_admin(account, agent):
        raise errors.forbidden()
