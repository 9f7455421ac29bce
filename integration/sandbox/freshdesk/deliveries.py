"""Deliveries of webhooks: unsigned, unnumbered, within the account's rate limit, tried again late.

support.freshdesk.com on webhooks: they count towards the limit of the account; what finds it used
up waits an hour, and is given up after a day. A failed one is tried again after 5, 30 and 60
minutes, and then the administrators get an e-mail. Guesses: anything but a 2xx is a failure,
redirects are not followed, ten seconds are waited for an answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import requests

from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.freshdesk.state import Account

_KEPT: Final = 5_000
_SHOWN: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One delivery: what goes where."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes


class Deliveries:
    """Everything that was sent, is under way or waits to be tried again."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._pool = ThreadPoolExecutor(account.options.webhook_workers, "freshdesk-webhook")
        self._rows: deque[Json] = deque(maxlen=_KEPT)
        self._count = 0

    def send(self, rule: Json, ticket_id: int, shot: Shot) -> None:
        """Queue a delivery. Called under the account's lock."""
        now = self._account.now()
        self._count += 1
        row: Json = {
            "id": self._count,
            "rule_id": rule["id"],
            "rule": rule["name"],
            "ticket_id": ticket_id,
            "url": shot.url,
            "method": shot.method,
            "headers": sorted(shot.headers),  # their values are secret
            "body": shot.body.decode(),
            "state": "waiting",
            "attempts": [],
            "created_at": stamp(now),
            "next_at": None,
        }
        self._rows.append(row)
        self._submit(row, shot, now)

    def log(self) -> list[Json]:
        """All deliveries, the oldest first; the values of their headers are left out. To be called
        under the account's lock."""
        return [{**row, "attempts": list(row["attempts"])} for row in self._rows]

    def clear(self) -> None:
        """Forget what was sent so far. Called under the account's lock."""
        self._rows.clear()

    def close(self) -> None:
        """Stop sending: what waits is dropped, what is on its way may end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, row: Json, shot: Shot, since: datetime) -> None:
        if self._account.agenda.closed():
            return
        self._account.agenda.begin()
        try:
            self._pool.submit(self._deliver, row, shot, since)
        except RuntimeError:  # closed in this very moment
            self._account.agenda.end()

    def _deliver(self, row: Json, shot: Shot, since: datetime) -> None:
        try:
            if self._may(row, shot, since):
                status, answer = self._attempt(shot)
                self._log(row, shot, since, status, answer)
        finally:
            self._account.agenda.end()

    def _may(self, row: Json, shot: Shot, since: datetime) -> bool:
        """Whether the account's limit leaves room for a delivery now; if not, it is put off."""
        account = self._account
        with account.lock:
            now = account.now()
            if not account.counters.take(1, (), now).exceeded:
                return True
            if (now - since).total_seconds() >= account.options.webhook_dropped:
                self._give_up(row, "dropped")
                return False
            self._later(row, shot, since, account.options.webhook_postponed, "postponed")
            return False

    def _attempt(self, shot: Shot) -> tuple[int | None, str]:
        """Send once: the answer's status, None where none came, and the beginning of its text."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    shot.method,
                    shot.url,
                    data=shot.body or None,
                    headers={"User-Agent": "Freshdesk", **shot.headers},
                    timeout=self._account.options.webhook_timeout,
                    allow_redirects=False,
                )
        except (requests.RequestException, ValueError) as error:  # a header of odd letters, say
            return None, type(error).__name__
        return answer.status_code, answer.text[:_SHOWN]

    def _log(self, row: Json, shot: Shot, since: datetime, status: int | None, answer: str) -> None:
        account = self._account
        with account.lock:
            tried = len(row["attempts"])
            row["attempts"].append({"at": account.stamp(), "status": status, "answer": answer})
            row["next_at"] = None
            pauses = account.options.webhook_retries
            if status is not None and 200 <= status < 300:
                row["state"] = "delivered"
                account.touched()
            elif tried < len(pauses):
                self._later(row, shot, since, pauses[tried], "retrying")
            else:
                self._give_up(row, "failed")

    def _later(self, row: Json, shot: Shot, since: datetime, seconds: float, state: str) -> None:
        account = self._account
        row["state"] = state
        row["next_at"] = stamp(account.now() + timedelta(seconds=seconds))
        account.touched()
        account.agenda.later(seconds, lambda: self._submit(row, shot, since))

    def _give_up(self, row: Json, state: str) -> None:
        account = self._account
        row["state"], row["next_at"] = state, None
        admins = [
            account.shelf("agents")[identity]["contact"]["email"]
            for key, identity in account.keys.items()
            if key == account.options.api_key
        ]
        words = f"The webhook of the rule '{row['rule']}' failed."
        about = {"ticket_id": row["ticket_id"], "conversation_id": None, "at": account.stamp()}
        account.emails.append({**about, "to": admins, "body": words})
        account.touched()
