"""Deliveries of webhooks: signed, sent from a few threads, sent again where Zendesk would.

developer.zendesk.com/documentation/webhooks, "Anatomy of a webhook request", "Verifying webhook
authenticity" and "Creating and monitoring webhooks". Guesses: each attempt is signed anew with
its own time; 429 and 503 are tried again up to 3 times; redirects are not followed. The circuit
breaker is left out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from integration.sandbox import webhooks
from integration.sandbox.ids import ulid
from integration.sandbox.options import Json, stamp

if TYPE_CHECKING:
    from integration.sandbox.state import State

_FORMATS = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "form_encoded": "application/x-www-form-urlencoded",
}
_TIMEOUT_RETRIES = 5
_RETRIES = 3
_LONGEST_WAIT = 60
Pairs = Sequence[tuple[str, str]]


def sign(secret: str, at: str, body: bytes) -> str:
    """``x-zendesk-webhook-signature``: HMAC-SHA256 over time and raw body, in base64."""
    mac = hmac.new(secret.encode(), at.encode() + body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


@dataclass(frozen=True, slots=True)
class Shot:
    """One delivery: what goes where, signed with what."""

    invocation_id: str
    webhook_id: str
    url: str
    method: str
    content_type: str
    body: bytes
    params: Pairs
    secret: str
    login: dict[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended; ``status`` None where no answer came at all."""

    status: int | None
    headers: list[tuple[str, str]]
    payload: str
    retry_after: int | None = None
    timed_out: bool = False


class Deliveries:
    """Everything under way. ``idle`` waits until there is nothing left to send."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._pool = ThreadPoolExecutor(state.options.webhook_workers, "sandbox-webhook")
        self._pending = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()

    def send(self, webhook_id: str, body: str, params: Pairs = ()) -> None:
        """Queue a delivery; an unknown or inactive webhook gets none. Called under the lock."""
        webhook = self._state.webhooks.get(webhook_id)
        if webhook is None or webhook.row["status"] != "active" or self._closing.is_set():
            return
        shot = make_shot(self._state, webhook.row, webhook.secret, body, params)
        with self._changed:
            self._pending += 1
        self._pool.submit(self._deliver, shot)

    def idle(self, timeout: float = 10.0) -> bool:
        """Wait up to ``timeout`` seconds for all deliveries, with their retries, to end."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pending == 0, timeout)

    def close(self) -> None:
        """Stop sending: what waits is dropped, what is on its way may end."""
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, seconds: float) -> bool:
        """Let seconds pass; True where the sandbox closed meanwhile."""
        return self._closing.wait(seconds) if seconds > 0 else self._closing.is_set()

    def _deliver(self, shot: Shot) -> None:
        try:
            spent = 0
            while not self._closing.is_set():
                result = self.attempt(shot)
                pause = self._pause(result, spent)
                self._log(shot, result, final=pause is None)
                spent += 1
                if pause is None or self.wait(pause):
                    return
        finally:
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()

    def _pause(self, result: Result, spent: int) -> float | None:
        """Seconds until the next attempt after ``spent`` earlier ones, or None for no more."""
        pause = self._state.options.webhook_retry_pause
        if result.timed_out:
            return pause if spent < _TIMEOUT_RETRIES else None
        if result.status == 409:
            return pause if spent < _RETRIES else None
        if result.status in (429, 503) and result.retry_after is not None and spent < _RETRIES:
            return float(result.retry_after) if result.retry_after < _LONGEST_WAIT else None
        return None

    def attempt(self, shot: Shot) -> Result:
        """Send a delivery once, signed with the present time."""
        headers = _headers(self._state, shot)
        timeout = self._state.options.webhook_timeout
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    shot.method,
                    shot.url,
                    params=list(shot.params),
                    data=shot.body or None,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                )
        except requests.Timeout:
            return Result(504, [], "Gateway Timeout", timed_out=True)
        except requests.RequestException:
            return Result(None, [], "")
        after = answer.headers.get("Retry-After", "")
        return Result(
            answer.status_code,
            list(answer.headers.items()),
            answer.text[:16_000],
            int(after) if after.isdigit() else None,
        )

    def _log(self, shot: Shot, result: Result, *, final: bool) -> None:
        status = "succeeded" if result.status and result.status < 300 else "failed"
        if status == "failed" and not final:
            status = "retried"
        at = stamp(self._state.now())
        attempt: Json = {
            "id": ulid(self._state.now()),
            "invocation_id": shot.invocation_id,
            **({"status_code": result.status} if result.status else {}),
            "status": status,
            "request": {
                "headers": _rows(_headers(self._state, shot).items()),
                "payload": text(shot),
            },
            "response": {"headers": _rows(result.headers), "payload": result.payload},
            "completed_at": at,
        }
        with self._state.lock:
            webhook = self._state.webhooks.get(shot.webhook_id)
            if webhook is None:
                return
            webhook.attempts.setdefault(shot.invocation_id, []).insert(0, attempt)
            webhook.ended.pop(shot.invocation_id, None)  # it goes to the end
            invocation: Json = {"id": shot.invocation_id}
            if result.status:
                invocation["status_code"] = result.status
            invocation |= {"status": status, "latest_completed_at": at}
            webhook.ended[shot.invocation_id] = invocation


def make_shot(state: State, row: Json, secret: str, body: str, params: Pairs = ()) -> Shot:
    """A delivery of this body for a webhook as it now is."""
    return Shot(
        invocation_id=ulid(state.now()),
        webhook_id=str(row.get("id", "")),
        url=str(row["endpoint"]),
        method=str(row["http_method"]),
        content_type=_FORMATS[row.get("request_format", "json")],
        body=body.encode(),
        params=params,
        secret=secret,
        login=webhooks.login_headers(row.get("authentication")),
    )


def _headers(state: State, shot: Shot) -> dict[str, str]:
    at = stamp(state.now())
    return {
        "Content-Type": shot.content_type,
        "User-Agent": "Zendesk Webhook",
        **shot.login,
        "x-zendesk-account-id": str(state.options.account_id),
        "x-zendesk-webhook-id": shot.webhook_id,
        "x-zendesk-webhook-invocation-id": shot.invocation_id,
        "x-zendesk-webhook-signature": sign(shot.secret, at, shot.body),
        "x-zendesk-webhook-signature-timestamp": at,
    }


def text(shot: Shot) -> str:
    return shot.body.decode()


def _rows(headers: object) -> list[Json]:
    """Headers as the log shows them: without what logs in at the endpoint."""
    pairs = list(headers)  # type: ignore[call-overload]
    return [{"key": k, "value": v} for k, v in pairs if k.lower() != "authorization"]
