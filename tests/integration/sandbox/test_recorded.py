"""What the sandbox answers has every key that recorded answers of a real account have."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "platforms" / "recorded"
BY_ACCOUNT = {"custom_fields", "fields", "tags", "custom"}
"""Below these, keys depend on what an account has set up."""


def recorded(name: str) -> list[Any]:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing: in CI this check must run")
        pytest.skip(f"{path} is not here")
    found: list[Any] = json.loads(path.read_text())
    return found


def missing(real: Any, ours: Any, at: str = "") -> list[str]:
    """Where ours lacks a key that the real one has, or has another type of value there."""
    if isinstance(real, dict):
        if not isinstance(ours, dict):
            return [f"{at}: {type(ours).__name__} for an object"]
        found = [f"{at}.{key}" for key in real if key not in ours]
        for key in real.keys() & ours.keys() - BY_ACCOUNT:
            found += missing(real[key], ours[key], f"{at}.{key}")
        return found
    if isinstance(real, list):
        if not isinstance(ours, list):
            return [f"{at}: {type(ours).__name__} for a list"]
        return missing(real[0], ours[0], f"{at}[]") if real and ours else []
    if real is None or ours is None or type(real) is type(ours):
        return []
    if {type(real), type(ours)} == {int, float}:
        return []
    return [f"{at}: {type(ours).__name__} for {type(real).__name__}"]


def replay(api: Any, rows: list[Any], ids: dict[str, str], *, most: int = 9) -> list[str]:
    """Send what was sent, with our ids for theirs, and compare statuses and keys."""
    wrong: list[str] = []
    for row in rows[:most]:
        path = row["uri"].partition("/api/v2")[2]
        for theirs, ours in ids.items():
            path = path.replace(theirs, ours)
        body = row["request"] or None
        if isinstance(body, dict) and isinstance(body.get("tickets"), list):
            named = [dict(ticket) for ticket in body["tickets"]]
            for ticket in named:
                if "id" in ticket:
                    ticket["id"] = int(ids[str(ticket["id"])])
            body = {"tickets": named}
        answer = api.call(row["method"], path, body)
        if answer.status_code != row["status"]:
            wrong.append(f"{row['method']} {path}: {answer.status_code} for {row['status']}")
        if not row["response"]:
            continue
        wrong += missing(row["response"], answer.json, f"{row['method']} {path} ")
        for wrapper, real in row["response"].items():
            if isinstance(real, dict) and "id" in real and wrapper != "audit":
                ids[str(real["id"])] = str(answer.json[wrapper]["id"])
            theirs = (real.get("results") if isinstance(real, dict) else None) or []
            ours = (answer.json[wrapper].get("results") or []) if theirs else []
            ids.update({str(t["id"]): str(o["id"]) for t, o in zip(theirs, ours, strict=True)})
    return wrong


@pytest.mark.parametrize(
    "name",
    [
        "ticket_create_201_and_update_200_with_audit",
        "ticket_404_put",
        "ticket_400_too_many",
        "ticket_update_many_job",
        "job_statuses_delete_many",
        "ticket_field_create_update",
        "macro_create_update",
        "macros_list",
        "trigger_create_update",
        "triggers_list",
        "webhook_create",
        "webhook_patch",
        "webhook_secret",
        "custom_status",
    ],
)
def test_replayed(api: Any, name: str) -> None:
    """The recorded requests get the recorded statuses, with every recorded key."""
    assert replay(api, recorded(name), {}) == []


def test_a_difference_is_noticed() -> None:
    """A missing key and another type are found: this check can fail."""
    assert missing({"a": 1, "b": [{"c": "x"}]}, {"b": [{"c": 2}]}) == [
        ".a",
        ".b[].c: int for str",
    ]


def test_audits(api: Any) -> None:
    """Audits and each type of event they can hold have the recorded keys."""
    api.update(api.ticket(tags=["a"])["id"], priority="normal")
    ours = api.ok("GET", "/ticket_audits.json?page[size]=100")
    page = recorded("ticket_audits_list")[0]["response"]
    names = (None, "subject", "priority")
    kinds, told = (
        {e["type"]: e for a in rows["audits"] for e in a["events"] if e.get("field_name") in names}
        for rows in (page, ours)
    )
    for row in [*page["audits"], *ours["audits"]]:
        row["events"] = []
    assert missing(page, ours) == []
    assert [missing(kinds[kind], told[kind]) for kind in ("Comment", "Create", "Change")] == [
        [],
        [],
        [],
    ]


def test_invocations(api: Any, receiver: Any) -> None:
    """The log of a webhook has the recorded keys."""
    receiver.answers.append((403, {}, 0.0))
    webhook = api.webhook(receiver.url)
    always = {"all": [{"field": "status", "operator": "less_than", "value": "solved"}]}
    api.trigger("T", always, ("notification_webhook", [webhook["id"], "{}"]))
    api.ticket()
    assert api.state.webhooks_idle()
    path = f"/webhooks/{webhook['id']}/invocations"
    rows = {row["uri"].rpartition("/")[2]: row for row in recorded("webhook_invocation_attempts")}
    ours = api.ok("GET", path)
    real = rows["invocations"]["response"]
    assert missing(real["invocations"], ours["invocations"]) == []
    assert missing(real["meta"], ours["meta"]) == []
    attempts = api.ok("GET", f"{path}/{ours['invocations'][0]['id']}/attempts")
    assert missing(rows["attempts"]["response"], attempts) == []


def test_webhook_test(api: Any, receiver: Any) -> None:
    """A test of a webhook answers with the recorded keys."""
    row = next(r for r in recorded("webhook_test") if r["uri"].endswith("/test"))
    given = {"endpoint": receiver.url, "request_format": "json", "http_method": "GET"}
    assert missing(row["response"], api.ok("POST", "/webhooks/test", {"request": given})) == []
