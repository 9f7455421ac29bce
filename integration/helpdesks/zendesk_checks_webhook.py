"""Looking at the webhook of a Zendesk account, its secret and its deliveries; see
``zendesk_checks``."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from integration.helpdesks.placing import INSTALL, Check
from integration.helpdesks.zendesk_checks import Look, read_or_say
from integration.helpdesks.zendesk_compare import SUBSCRIPTIONS
from integration.helpdesks.zendesk_rows import get, listed, secret_of
from integration.helpdesks.zendesk_wanted import WantedWebhook

_NEWEST: Final = 100


def webhook(look: Look, secrets: Sequence[str]) -> tuple[list[Check], str | None]:
    """The webhook, its secret and its newest deliveries; and its id, where there is one."""
    wanted = look.wanted.webhook
    assert wanted is not None
    rows = read_or_say(
        "webhook", "Webhook", lambda: listed(look.line, "webhooks", look.line.zenpy.webhooks.list)
    )
    if isinstance(rows, Check):
        return [rows], None
    named = [row for row in rows if row.get("name") == wanted.name]
    named.sort(key=lambda row: (not _address_fits(row, wanted), str(row["id"])))
    what = f"Webhook “{wanted.name}”"
    if not named:
        return [Check("webhook", what, "poor", "There is none of this name.", INSTALL)], None
    webhook_id = str(named[0]["id"])
    return [
        _webhook_as_wanted(what, named, wanted),
        _secret(look, webhook_id, secrets),
        _deliveries(look, webhook_id),
    ], webhook_id


def _address_fits(row: Mapping[str, Any], wanted: WantedWebhook) -> bool:
    """Whether it calls our address; where ours is no more than a path, any host will do."""
    endpoint = str(row.get("endpoint"))
    if wanted.endpoint.startswith("/"):
        return urlsplit(endpoint).path == wanted.endpoint
    return endpoint == wanted.endpoint


def _webhook_as_wanted(
    what: str, rows: Sequence[Mapping[str, Any]], wanted: WantedWebhook
) -> Check:
    row = rows[0]
    wrong = []
    if row.get("status") != "active":
        wrong.append("it is switched off")
    if not _address_fits(row, wanted):
        wrong.append(f"it calls {row.get('endpoint')}, not {wanted.endpoint}")
    if (row.get("http_method"), row.get("request_format")) != ("POST", "json"):
        wrong.append("it does not send JSON by POST")
    if tuple(row.get("subscriptions") or ()) != SUBSCRIPTIONS:
        wrong.append("triggers cannot call it")
    if wrong:
        said = f"{'; '.join(wrong)}."
        return Check("webhook", what, "poor", said[:1].upper() + said[1:], INSTALL)
    said = f"Switched on; it calls {row.get('endpoint')}."
    if len(rows) > 1:
        said += f" {len(rows)} have this name; the others may be removed."
    return Check("webhook", what, "good", said)


def _secret(look: Look, webhook_id: str, secrets: Sequence[str]) -> Check:
    key, what = "secret", "The webhook's signature"
    theirs = read_or_say(key, what, lambda: secret_of(look.line, webhook_id))
    if isinstance(theirs, Check):
        return theirs
    if not secrets:
        said = "The signing secret is not set here, so that nothing can be compared."
        return Check(key, what, "unknown", said, "Look where the web process has its settings.")
    # Compared as digests are, in constant time; neither is ever shown.
    if any([hmac.compare_digest(theirs.encode(), ours.encode()) for ours in secrets]):
        return Check(key, what, "good", "Zendesk signs with the secret that is set here.")
    said = "Zendesk signs with another secret than is set here: every delivery is refused."
    mend = "Run `warranty install --save-secret .env`, and start the web process again."
    return Check(key, what, "poor", said, mend)


def _deliveries(look: Look, webhook_id: str) -> Check:
    """How the newest deliveries ended; Zendesk keeps them for 7 days."""
    key, what = "deliveries", "Deliveries of late"
    path = f"webhooks/{webhook_id}/invocations?page[size]={_NEWEST}"
    answer = read_or_say(key, what, lambda: get(look.line, path))
    if isinstance(answer, Check):
        return answer
    rows = [row for row in answer.get("invocations") or () if isinstance(row, Mapping)]
    rows.sort(key=lambda row: str(row.get("latest_completed_at")), reverse=True)
    if not rows:
        said = "None in the last 7 days, so that nothing is known of them."
        return Check(key, what, "unknown", said, "File a ticket with “Warranty: claim” ticked.")
    ended = Counter(str(row.get("status")) for row in rows)
    arrived = ended["succeeded"]
    counted = f"{arrived} of the newest {len(rows)} arrived"
    if arrived == len(rows):
        return Check(key, what, "good", f"{counted}.")
    others = ", ".join(f"{n} {status}" for status, n in ended.items() if status != "succeeded")
    # A few that failed and were sent again, or found again since, are everyday life.
    poor = arrived < 0.9 * len(rows) or rows[0].get("status") == "failed"
    mend = "Look at the web process's log and at Admin Center > Webhooks > Activity."
    return Check(key, what, "poor" if poor else "good", f"{counted}; {others}.", mend)
