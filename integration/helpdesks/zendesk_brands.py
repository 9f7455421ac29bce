"""What an account's brands are called.

developer.zendesk.com/api-reference/ticketing/account-configuration/brands
"""

from __future__ import annotations

from integration.helpdesks.zendesk_rows import listed
from integration.helpdesks.zendesk_wire import Account, open_line


def brands(account: Account) -> dict[str, str]:
    """Each brand's name by its number. Raises what ``integration.errors`` lists."""
    line = open_line(account)
    rows = listed(line, "brands", line.zenpy.brands)
    return {str(row["id"]): str(row.get("name") or row["id"]) for row in rows}
