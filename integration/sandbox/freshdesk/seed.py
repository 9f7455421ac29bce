"""What is in a new account: three people, a group, a product, the standard fields."""

from __future__ import annotations

from typing import Any, Final

from integration.sandbox.freshdesk import apps, bundles, slas, triggering
from integration.sandbox.freshdesk.options import Options
from integration.sandbox.freshdesk.records import (
    PRIORITIES,
    SOURCES,
    TYPES,
    Actor,
    Change,
    Ticket,
)
from integration.sandbox.freshdesk.state import Account
from integration.sandbox.options import Json

ADMIN_ROLE: Final = "Account Administrator"
_FIELDS: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("requester", "Search a requester", "default_requester", True),
    ("subject", "Subject", "default_subject", True),
    ("source", "Source", "default_source", False),
    ("ticket_type", "Type", "default_ticket_type", False),
    ("status", "Status", "default_status", True),
    ("priority", "Priority", "default_priority", True),
    ("group", "Group", "default_group", False),
    ("agent", "Agent", "default_agent", False),
    ("product", "Product", "default_product", False),
    ("description", "Description", "default_description", True),
    ("company", "Company", "default_company", False),
)
_CHOICES: Final[dict[str, Any]] = {
    "priority": {words: number for number, words in PRIORITIES.items()},
    "source": {words: number for number, words in SOURCES.items()},
    "ticket_type": list(TYPES),
}


def new_account(options: Options | None = None, base_url: str = "http://localhost") -> Account:
    """An account as it is on its first day: nobody has filed a ticket yet. ValueError where the
    app's folder holds no bundle, or a setting is none of its."""
    account = Account(options or Options(), base_url)
    roles = [
        account.keep("roles", "role", name=name, description=name, default=True)["id"]
        for name in (ADMIN_ROLE, "Agent")
    ]
    group = account.keep("groups", "group", name="Customer Support", description=None)
    account.keep("products", "product", name="SOOCAS", description=None, primary_email=None)
    for name, role, key in (
        ("Admin Sample", roles[0], account.options.api_key),
        ("Bot Sample", roles[1], account.options.agent_key),
        ("Agent Sample", roles[1], ""),
    ):
        row = _agent(account, name, role, group["id"])
        if key:
            account.keys[key] = row["id"]
    for place, (name, label, kind, required) in enumerate(_FIELDS, 1):
        _field(account, name, label, kind, required, place)
    slas.add_default(account)
    account.react = triggering.happened
    if account.options.app_folder:
        _install(account, bundles.read(account.options.app_folder))
    return account


def _install(account: Account, bundle: bundles.Bundle) -> None:
    account.app = app = apps.App(account, bundle, account.options.app_name)

    def both(account: Account, ticket: Ticket, changed: Change, actor: Actor) -> None:
        triggering.happened(account, ticket, changed, actor)
        app.happened(account, ticket, changed, actor)

    account.react = both
    app.put(account.options.app_settings)


def desk_agent(account: Account) -> int:
    """The agent who sits at the pages: neither of the two that have a key."""
    with_key = set(account.keys.values())
    return next(identity for identity in account.shelf("agents") if identity not in with_key)


def _agent(account: Account, name: str, role: int, group: int) -> Json:
    now = account.stamp()
    return account.keep(
        "agents",
        "agent",
        available=True,
        occasional=False,
        signature=None,
        ticket_scope=1,
        type="support_agent",
        group_ids=[group],
        role_ids=[role],
        skill_ids=[],
        available_since=now,
        last_active_at=now,
        focus_mode=True,
        contact={
            "active": True,
            "email": f"{name.split(maxsplit=1)[0].lower()}@{account.options.domain}.example",
            "job_title": None,
            "language": "en",
            "last_login_at": now,
            "mobile": None,
            "name": name,
            "phone": None,
            "time_zone": account.options.time_zone,
            "created_at": now,
            "updated_at": now,
        },
    )


def _field(
    account: Account, name: str, label: str, kind: str, required: bool, position: int
) -> None:
    row = account.keep(
        "fields",
        "field",
        name=name,
        label=label,
        label_for_customers=label,
        type=kind,
        default=True,
        position=position,
        archived=False,
        required_for_closure=False,
        required_for_agents=required,
        required_for_customers=name in ("requester", "subject", "description"),
        customers_can_edit=name in ("requester", "subject", "description"),
        displayed_to_customers=name in ("requester", "subject", "status", "description"),
    )
    if name == "status":
        row["choices"] = {str(number): list(words) for number, words in account.statuses.items()}
    elif name in _CHOICES:
        row["choices"] = _CHOICES[name]
