"""What the set-up page's forms carry, as it came in: nothing here is believed yet."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from flask import request

from integration.installation import HELPDESKS, HelpdeskName
from integration.setup.access import NotLetIn
from integration.vendors import VENDORS

OFFERED: Final = (
    *("mode", "time_zone", "cross_border", "regions", "public_replies", "due_date_tasks"),
    *("deadline_near_days", "deadline_last_days"),
)
"""The settings that the page has fields for; no other is taken from a form."""
_FIELD: Final = "field:"


def from_our_page() -> None:
    """NotLetIn for a form without a pass that another site sends: it would sign somebody in to an
    account of that site's choosing. Every browser of today says where a POST comes from."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "")
    own = site == "same-origin" if site else urlsplit(origin).netloc == request.host
    if not own:
        raise NotLetIn("This form was sent from another site: open the page here and begin again.")


def helpdesk(text: str) -> HelpdeskName:
    """Whose account somebody wants to connect; Zendesk's where that is not said."""
    return next((name for name in HELPDESKS if name == text), "zendesk")


def subdomain(text: str, helpdesk: HelpdeskName = "zendesk") -> str:
    """The subdomain in what somebody typed: it may be the whole address."""
    host = text.strip().lower().removeprefix("https://").removeprefix("http://")
    return host.partition("/")[0].removesuffix(f".{VENDORS[helpdesk].domain}")


def given() -> dict[str, object]:
    """The settings that a form carries, by name. Boxes that are not ticked are not sent, so the
    form names them in ``boxes``."""
    form = request.form
    boxes = form.getlist("boxes")
    found: dict[str, object] = {
        name: form[name].strip() for name in OFFERED if name in form and name not in boxes
    }
    if "public_replies" in boxes:
        found["public_replies"] = form.getlist("public_replies")
    if "due_date_tasks" in boxes:
        found["due_date_tasks"] = "due_date_tasks" in form
    return found


def mapped(native: re.Pattern[str]) -> dict[str, str]:
    """Which existing field stands for which key of ours; empty for one of the app's own. ``native``
    is what the helpdesk's ids of fields look like."""
    return {
        name.removeprefix(_FIELD): value
        for name, value in request.form.items()
        if name.startswith(_FIELD) and (not value or native.fullmatch(value))
    }


def seen(values: Mapping[str, Any]) -> str:
    """Names these settings: an admin who sends it along was shown what they would change."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
