"""The tickets of an account that were filed last, to try things on. Writes nothing.

developer.zendesk.com/api-reference/ticketing/ticket-management/search: at most 100 a page, sorted
by ``sort_by``; what was filed in the last minutes may be missing.
"""

from __future__ import annotations

from urllib.parse import urlencode

from integration import errors
from integration.helpdesks import Bindings, Ticket
from integration.helpdesks.transport import calling
from integration.helpdesks.zendesk_ticket import ticket_from
from integration.helpdesks.zendesk_wire import Line, origin


def lately(line: Line, bindings: Bindings, most: int, *, tag: str | None = None) -> list[Ticket]:
    """The tickets filed last, newest first, ``most`` of them (100 at most), of those with a tag if
    one is given. What cannot be understood is left out. One request."""
    query = "type:ticket" + (f" tags:{tag}" if tag else "")
    asked = {"query": query, "sort_by": "created_at", "sort_order": "desc", "per_page": str(most)}
    account = line.account
    with calling(f"{account.subdomain} search", writes=False):
        answer = line.session.get(
            f"{origin(account.subdomain)}/api/v2/search.json?{urlencode(asked)}",
            timeout=(account.connect_timeout, account.read_timeout),
        ).json()
        rows = answer["results"]
    found = []
    for row in rows[:most]:
        try:
            found.append(ticket_from(row, account.installation, bindings))
        except errors.HelpdeskError:
            continue
    return found
