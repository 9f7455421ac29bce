"""The environment's one account: which helpdesk's it is, how it is reached and how its tickets are
treated. A part of ``config``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from integration.environ import BadSetting, Reader
from integration.helpdesks import freshdesk_webhook, zendesk_webhook
from integration.installation import CROSS_BORDER, HelpdeskName, Installation
from policy import STATUSES, CrossBorder, Status, parse_regions

UPDATES: Final[Mapping[HelpdeskName, int]] = {"zendesk": 100, "freshdesk": 80}
"""The ticket updates a minute of each helpdesk's least plan (Zendesk's "Update Ticket" limit;
Freshdesk's Growth plan, developers.freshdesk.com/api, "Rate limit")."""

_NAME: Final = "1 to 40 of a-z, 0-9 and -: it is the last part of the webhook's address"
_SUBDOMAIN: Final = r"[a-z0-9][a-z0-9-]{0,62}"
_SUBDOMAINS: Final[Mapping[HelpdeskName, tuple[str, str]]] = {
    "zendesk": (
        "WARRANTY_ZENDESK_SUBDOMAIN",
        "the part of the account's address before .zendesk.com",
    ),
    "freshdesk": (
        "WARRANTY_FRESHDESK_SUBDOMAIN",
        "the part of the account's address before .freshdesk.com (not a domain of your own)",
    ),
}
SIGNING: Final[Mapping[HelpdeskName, tuple[str, str]]] = {
    "zendesk": (
        "WARRANTY_ZENDESK_SIGNING_SECRET",
        "the webhook's signing secret, or the new and the old one separated by a comma; "
        "not Zendesk's public test secret",
    ),
    "freshdesk": (
        "WARRANTY_FRESHDESK_WEBHOOK_SECRET",
        "the secret that the automation rules send, of 24 characters or more, or the new and the "
        "old one separated by a comma; `warranty install --save-secret .env` makes one",
    ),
}
"""By helpdesk, the setting that holds what proves its webhooks, and what it is."""
_CLIENT: Final = (
    "WARRANTY_ZENDESK_CLIENT_ID with WARRANTY_ZENDESK_CLIENT_SECRET of a confidential OAuth "
    "client, or WARRANTY_ZENDESK_TOKEN, and not both"
)
_ACCESS: Final = (
    "an OAuth access token (or a client: WARRANTY_ZENDESK_CLIENT_ID with "
    "WARRANTY_ZENDESK_CLIENT_SECRET), and not both"
)
_KEY: Final = "an administrator's API key (Profile settings › View API key)"
_ONE: Final = (
    "settings of one helpdesk: WARRANTY_ZENDESK_… or WARRANTY_FRESHDESK_…, and not both; with "
    "WARRANTY_KEYS, further accounts are connected on the set-up page"
)


def read_account(read: Reader) -> tuple[Installation, list[BadSetting]]:
    """The environment's account, and what is wrong with its settings taken together."""
    name = read.text("WARRANTY_INSTALLATION", r"[a-z0-9-]{1,40}", _NAME, default="main")
    subdomains = {
        one: read.text(setting, _SUBDOMAIN, expected)
        for one, (setting, expected) in _SUBDOMAINS.items()
    }
    secrets: dict[HelpdeskName, tuple[str, ...]] = {
        one: read.parsed(setting, _secrets(one), expected, default=(), secret=True)
        for one, (setting, expected) in SIGNING.items()
    }
    token = read.text("WARRANTY_ZENDESK_TOKEN", r"\S+", _ACCESS, secret=True)
    client_id = read.text("WARRANTY_ZENDESK_CLIENT_ID", r"\S+", _CLIENT)
    client_secret = read.text("WARRANTY_ZENDESK_CLIENT_SECRET", r"\S+", _CLIENT, secret=True)
    key = read.text("WARRANTY_FRESHDESK_API_KEY", r"[!-~]+", _KEY, secret=True)
    theirs = (subdomains["zendesk"], secrets["zendesk"], token, client_id, client_secret)
    zendesk, freshdesk = any(theirs), any((subdomains["freshdesk"], secrets["freshdesk"], key))
    helpdesk: HelpdeskName = "freshdesk" if freshdesk else "zendesk"
    wrong = []
    if zendesk and freshdesk:
        wrong.append(BadSetting("WARRANTY_FRESHDESK_SUBDOMAIN", subdomains["freshdesk"], _ONE))
    return Installation(
        id=name or "main",
        helpdesk=helpdesk,
        subdomain=subdomains[helpdesk],
        signing_secrets=secrets[helpdesk],
        token=token,
        client_id=client_id,
        client_secret=client_secret,
        api_key=key,
        **_treated(read, helpdesk),
    ), wrong


def _treated(read: Reader, helpdesk: HelpdeskName) -> dict[str, Any]:
    return {
        "time_zone": read.parsed(
            "WARRANTY_TIME_ZONE",
            _time_zone,
            "an IANA time zone, as Europe/Berlin",
            default=ZoneInfo("UTC"),
        ),
        "cross_border": read.parsed(
            "WARRANTY_CROSS_BORDER",
            _cross_border,
            f"one of {', '.join(CROSS_BORDER)}",
            default=CROSS_BORDER[0],
        ),
        "regions": read.parsed(
            "WARRANTY_REGIONS",
            _regions,
            "groups of ISO 3166-1 country codes, as EU:DE,FR;NA:US,CA",
            default="",
        ),
        "public_replies": read.parsed(
            "WARRANTY_PUBLIC_REPLIES",
            _statuses,
            f"some of {', '.join(STATUSES)}, separated by commas",
            default=frozenset(),
        ),
        "due_date_tasks": read.flag("WARRANTY_DUE_DATE_TASKS"),
        "deadline_near_days": read.number("WARRANTY_DEADLINE_NEAR_DAYS", 7, 0, 365, "days"),
        "deadline_last_days": read.number("WARRANTY_DEADLINE_LAST_DAYS", 1, 0, 365, "days"),
        "update_limit": read.number(
            "WARRANTY_UPDATE_LIMIT", UPDATES[helpdesk], 1, 1_000_000, "updates a minute"
        ),
        "request_limit": read.number(
            "WARRANTY_REQUEST_LIMIT", 0, 0, 10_000_000, "requests a minute"
        ),
        "limit_share": read.number("WARRANTY_LIMIT_SHARE", 75, 1, 100, "per cent"),
    }


def lacking(one: Installation, *, web: bool, worker: bool) -> list[BadSetting]:
    """What a role lacks of an account, as the names in the environment: the web app what proves a
    webhook, a worker the address and the credentials."""
    found = []
    if web and not _usable(one.helpdesk, one.signing_secrets):
        found.append(_missing(SIGNING[one.helpdesk]))
    if worker and not one.subdomain:
        found.append(_missing(_SUBDOMAINS[one.helpdesk]))
    if worker:
        found += _access_of(one)
    return found


def _access_of(one: Installation) -> list[BadSetting]:
    if one.helpdesk == "freshdesk":
        return [] if one.api_key else [BadSetting("WARRANTY_FRESHDESK_API_KEY", None, _KEY)]
    client = (one.client_id, one.client_secret)
    if bool(one.token) == any(client):  # neither, or both
        return [BadSetting("WARRANTY_ZENDESK_TOKEN", None, _ACCESS)]
    if one.token:
        return []
    names = ("WARRANTY_ZENDESK_CLIENT_ID", "WARRANTY_ZENDESK_CLIENT_SECRET")
    pairs = zip(names, client, strict=True)
    return [BadSetting(name, None, _CLIENT) for name, value in pairs if not value]


def _missing(setting: tuple[str, str]) -> BadSetting:
    return BadSetting(setting[0], None, setting[1])


_CHECKS: Final[Mapping[HelpdeskName, Callable[[str], str]]] = {
    "zendesk": zendesk_webhook.check_secret,
    "freshdesk": freshdesk_webhook.check_secret,
}


def _usable(helpdesk: HelpdeskName, secrets: Sequence[str]) -> bool:
    try:
        for secret in secrets:
            _CHECKS[helpdesk](secret)
    except ValueError:
        return False
    return bool(secrets)


def _secrets(helpdesk: HelpdeskName) -> Callable[[str], tuple[str, ...]]:
    def parsed(value: str) -> tuple[str, ...]:
        secrets = tuple(part.strip() for part in value.split(","))
        if len(secrets) > 2 or not all(secrets):
            raise ValueError("one or two")
        for secret in secrets:
            _CHECKS[helpdesk](secret)
        return secrets

    return parsed


def _time_zone(value: str) -> ZoneInfo:
    if value not in available_timezones():
        raise ValueError("unknown")
    return ZoneInfo(value)


def _cross_border(value: str) -> CrossBorder:
    return CROSS_BORDER[CROSS_BORDER.index(value)]


def _regions(value: str) -> str:
    parse_regions(value)
    return value


def _statuses(value: str) -> frozenset[Status]:
    named = {part.strip() for part in value.split(",")} - {""}
    known = frozenset(status for status in STATUSES if status in named)
    if len(known) < len(named):
        raise ValueError("unknown")
    return known
