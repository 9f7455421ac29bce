"""`warranty install`, `doctor` and `uninstall` in a Freshdesk account."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from integration import catalogue
from integration.cli import main
from integration.heartbeats import Heartbeats
from integration.helpdesks import Bindings
from integration.helpdesks.freshdesk_webhook import HEADER, check_secret
from integration.helpdesks.freshdesk_wire import STAND_IN
from integration.sandbox.faults import Fault
from integration.sandbox.freshdesk import Options, Sandbox, running_sandbox
from integration.store import connect
from tests.integration.at_once import at_once

URL = "https://warranty.example.com"
HOOK = f"{URL}/webhooks/freshdesk/main"
SECRET = "WARRANTY_FRESHDESK_WEBHOOK_SECRET"
RULES = r"/api/v2/automations/{}/rules"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An empty account, which the environment names."""
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    at_once(monkeypatch)
    with running_sandbox(Options(limited=False)) as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv(STAND_IN, running.base_url)
        monkeypatch.setenv("WARRANTY_URL", URL)
        monkeypatch.setenv("WARRANTY_FRESHDESK_SUBDOMAIN", "sandbox")
        monkeypatch.setenv("WARRANTY_FRESHDESK_API_KEY", running.api_key)
        yield running


def run(*arguments: str, answer: str | None = None) -> Result:
    result = CliRunner().invoke(main, arguments, input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def install(*arguments: str) -> Result:
    result = run("install", "--save-secret", ".env", *arguments)
    assert result.exit_code == 0, result.output
    return result


def said(result: Result) -> str:
    """All of it on one line, without the lines of tables."""
    return " ".join(result.output.replace("│", " ").split())


def secrets(file: str = ".env") -> list[str]:
    """The webhook's secrets as they are saved."""
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    (found,) = [line for line in lines if line.startswith(SECRET)] or [""]
    return [one for one in found.removeprefix(f"{SECRET}=").split(",") if one]


def shelf(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    return list(sandbox.account.shelf(name).values())


def calls(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """What each rule calls, by its name."""
    return {row["name"]: row["actions"][0] for row in shelf(sandbox, "rules")}


def bindings() -> Bindings | None:
    store = connect("sqlite:///warranty.sqlite")
    store.prepare()
    found = store.load_bindings("main")
    store.close()
    return found


def doctor(*more: str) -> dict[str, dict[str, str]]:
    """The findings, with a worker at work."""
    store = connect("sqlite:///warranty.sqlite")
    Heartbeats(store).beat("worker")
    store.close()
    return {one["key"]: one for one in json.loads(run("doctor", "--json", *more).stdout)}


def writes(sandbox: Sandbox) -> int:
    return len(sandbox.account.requests.writes())


def refuse_rules(sandbox: Sandbox, kind: int, method: str = "POST") -> None:
    """Freshdesk takes none of the shapes that a rule of this kind is tried in."""
    path, body = RULES.format(kind) + r"(/\d+)?", {"description": "Validation failed"}
    sandbox.account.faults.add(Fault(path, method, status=400, body=body, times=3))


# -- install ---------------------------------------------------------------------------------------


def test_everything_is_put_in_place(sandbox: Sandbox) -> None:
    """Fields, canned responses in a folder and two rules that send our secret; in an admin's words,
    which are Freshdesk's; the bindings are kept."""
    result = install()
    assert "33 fields “Warranty: …”" in result.output
    assert "9 canned responses “Warranty: …”" in result.output
    assert "2 automation rules “Warranty: …”" in result.output
    for word in ("Zendesk", "Trigger ", "Macro", "Admin Center"):
        assert word not in result.output
    assert max(map(len, result.output.splitlines())) <= 100
    labels = {row["label"] for row in shelf(sandbox, "fields")}
    assert {spec.title for spec in catalogue.FIELDS} <= labels
    assert {row["title"] for row in shelf(sandbox, "canned")} == {m.title for m in catalogue.MACROS}
    found = calls(sandbox)
    assert set(found) == {trigger.title for trigger in catalogue.TRIGGERS}
    assert {(one["url"], one["custom_headers"][HEADER]) for one in found.values()} == {
        (HOOK, secrets()[0])
    }
    bound = bindings()
    assert bound is not None
    assert set(bound.fields) == set(catalogue.FIELD)


def test_the_secret_is_saved_before_the_rules_are_made(sandbox: Sandbox) -> None:
    """Where that breaks off, it is there: the rules that come next send it. It is shown nowhere,
    and nobody but its owner may read the file."""
    sandbox.account.faults.add(Fault(RULES.format(1), "POST", status=503))
    broken = run("install", "--save-secret", ".env")
    assert broken.exit_code == 1
    (secret,) = secrets()
    assert check_secret(secret) == secret
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert calls(sandbox) == {}
    again = install()
    assert secrets() == [secret]
    assert {one["custom_headers"][HEADER] for one in calls(sandbox).values()} == {secret}
    assert secret not in broken.output + again.output


def test_a_secret_has_to_be_kept_somewhere(sandbox: Sandbox) -> None:
    """Without a file to put it into, nothing is made."""
    result = run("install")
    assert result.exit_code == 2
    assert "--save-secret FILE" in result.output
    assert SECRET in result.output
    assert writes(sandbox) == 0


def test_doing_it_again_changes_nothing(sandbox: Sandbox) -> None:
    """Neither there nor here: every step is in place."""
    install()
    before, file, bound = writes(sandbox), Path(".env").read_text(), bindings()
    again = install()
    assert writes(sandbox) == before
    assert (Path(".env").read_text(), bindings()) == (file, bound)
    assert "created" not in again.output
    assert "changed" not in again.output.replace("claim changed", "")
    assert again.output.count("in place") >= 3


def test_a_dry_run_only_says(sandbox: Sandbox) -> None:
    """Nothing is made, nothing is stored, and no secret is kept."""
    result = install("--dry-run")
    assert "2 automation rules “Warranty: …”" in result.output
    assert writes(sandbox) == 0
    assert bindings() is None
    assert not Path(".env").exists()


@pytest.mark.parametrize(
    ("choices", "there"),
    [
        (["Question", "Warranty claim"], True),
        ([{"id": 1, "value": "Question"}, {"id": 2, "value": "Warranty claim"}], True),
        (["Question"], False),
        (["Warranty claim", "Out of warranty"], False),
    ],
)
def test_claims_have_a_ticket_type(sandbox: Sandbox, choices: list[Any], there: bool) -> None:
    """Then they have an SLA policy, which is for that type alone; else it says why not."""
    row = next(one for one in shelf(sandbox, "fields") if one["name"] == "ticket_type")
    row["choices"] = choices
    words = said(install())
    mine = [one for one in shelf(sandbox, "slas") if one["name"] == catalogue.CLAIM_CLOCK.title]
    assert [one["applicable_to"] for one in mine] == [{"ticket_types": ["Warranty claim"]}] * there
    assert ("has “warranty” in its name" in words) != there


@pytest.mark.parametrize("arguments", [("--forms",), ("--form", "Returns")])
def test_there_are_no_forms(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    """It is refused, in words, and nothing is done."""
    result = run("install", "--save-secret", ".env", *arguments)
    assert result.exit_code == 2
    assert "Freshdesk shows agents every ticket field" in said(result)
    assert writes(sandbox) == 0
    assert not Path(".env").exists()


def test_what_is_in_the_way_is_named_as_freshdesk_does(sandbox: Sandbox) -> None:
    """A rule of our title that calls nothing is the admin's: an automation rule, not a trigger."""
    theirs = {"field_name": "priority", "value": 4}
    sandbox.account.keep(
        "rules", "rule", rule_type=1, name="Warranty: new claim", active=True, position=1,
        conditions=[], actions=[theirs],
    )  # fmt: skip
    result = run("install", "--save-secret", ".env")
    assert result.exit_code == 1
    assert "Automation rule “Warranty: new claim”" in said(result)
    assert writes(sandbox) == 0


def theirs(sandbox: Sandbox, name: str, action: dict[str, Any], position: int = 1) -> None:
    """An admin's own rule on new tickets."""
    sandbox.account.keep(
        "rules", "rule", rule_type=1, name=name, active=True, position=position,
        conditions=[], actions=[action],
    )  # fmt: skip


def test_an_admin_s_part_of_a_rule_stays(sandbox: Sandbox) -> None:
    """Freshdesk takes a rule back as it was told, with our call alone set right."""
    install()
    mine = {row["rule_type"]: row for row in shelf(sandbox, "rules")}
    for row in mine.values():
        group = {"resource_type": "ticket", "field_name": "group_id", "operator": "in", "value": 7}
        row["conditions"][0]["properties"].append(group)
        row["actions"].insert(0, {"field_name": "priority", "value": 4})
        row["position"] += 3
    mine[4]["performer"] = {"type": 1, "members": [9]}
    volatile = ("updated_at", "last_updated_by")
    right = {n: {k: v for k, v in one.items() if k not in volatile} for n, one in mine.items()}
    right = json.loads(json.dumps(right))
    for row in mine.values():
        row["actions"][1]["custom_headers"] = {HEADER: "old"}
        row["active"] = False
    words = said(install())
    assert words.count("it was switched off, and is switched on again") == 2
    for row in shelf(sandbox, "rules"):
        now = {k: v for k, v in row.items() if k not in volatile}
        assert now == right[str(row["rule_type"])]


def test_another_service_s_rule_is_in_the_way(sandbox: Sandbox) -> None:
    """As of a service on trial: it is named, nothing is made, and its rule is left."""
    away = {"field_name": "trigger_webhook", "url": "https://staging.example.com/webhooks/x/main"}
    theirs(sandbox, "Warranty: new claim", away)
    result = run("install", "--save-secret", ".env")
    assert result.exit_code == 1
    assert "calls staging.example.com, which is not this app" in said(result)
    assert writes(sandbox) == 0
    assert calls(sandbox) == {"Warranty: new claim": away}


def test_a_rule_above_ours_is_told(sandbox: Sandbox) -> None:
    """Install says it, and doctor, whose status is not bad for it."""
    theirs(sandbox, "Route to the workshop", {"field_name": "priority", "value": 4})
    assert "another rule stands above it" in said(install())
    order = doctor()["trigger:ticket_created:order"]
    assert (order["state"], "Execute all matching rules" in order["mend"]) == ("unknown", True)
    assert run("doctor", "--url", URL).exit_code == 0


# -- rules that are made by hand -------------------------------------------------------------------


def by_hand(sandbox: Sandbox, secret: str, action: dict[str, Any]) -> None:
    """An admin makes the rule on changes as they were told: with the shorter event."""
    shown = {
        "name": "Warranty: claim changed",
        "performer": {"type": 3},
        "events": [{"field_name": "ticket_action", "value": "update"}],
        "actions": [
            {
                "field_name": "trigger_webhook",
                "request_type": "POST",
                "url": HOOK,
                "custom_headers": {HEADER: secret},
                **action,
            }
        ],
    }
    url = f"{sandbox.base_url}/api/v2/automations/4/rules"
    answer = requests.post(url, json=shown, auth=(sandbox.api_key, "X"), timeout=10)
    assert answer.status_code == 201, answer.text


TYPED = '{ "ticket_id": "{{ ticket.id }}", "event": "ticket_changed" }'
BODIES: tuple[dict[str, Any], ...] = (
    {"content_type": "JSON", "content_layout": "2", "content": TYPED},
    {"content": {"content_type": "JSON", "content_layout": "2", "content": TYPED}},
    {"content_type": "JSON", "content_layout": "1", "content": {"ticket_id": "{{ticket.id}}"}},
)


@pytest.mark.parametrize("action", BODIES, ids=["beside", "nested", "simple"])
def test_a_rule_that_is_refused_is_made_by_hand(sandbox: Sandbox, action: dict[str, Any]) -> None:
    """Step by step, with the secret shown this once. Made, it is recognised: install leaves it as
    it is, doctor looks at it as at any other, and uninstall takes it away."""
    refuse_rules(sandbox, 4)
    result = install()
    (secret,) = secrets()
    assert "Automation rule “Warranty: claim changed”: to be made by hand." in result.output
    assert HOOK in result.output
    assert result.output.count(secret) == 1
    assert "not shown again" in said(result)
    assert doctor()["trigger:ticket_changed"]["said"] == "It is not there."
    by_hand(sandbox, secret, action)
    before = writes(sandbox)
    again = install()
    assert writes(sandbox) == before
    assert "by hand" not in again.output
    assert secret not in again.output
    assert doctor()["trigger:ticket_changed"]["state"] == "good"
    row = next(one for one in shelf(sandbox, "rules") if one["rule_type"] == 4)
    row["actions"][0]["custom_headers"] = {HEADER: "another"}
    assert doctor()["trigger:ticket_changed"]["said"].endswith("it does not send the secret.")
    assert run("uninstall", "--yes").exit_code == 0
    assert shelf(sandbox, "rules") == []


def test_a_secret_is_not_shown_twice(sandbox: Sandbox) -> None:
    """Asked again, it says how another is made; that one is shown, and the one before it stays good
    beside it, so that no rule falls silent meanwhile."""
    install()
    (first,) = secrets()
    rule = next(one for one in shelf(sandbox, "rules") if one["rule_type"] == 4)
    del sandbox.account.shelf("rules")[rule["id"]]
    refuse_rules(sandbox, 4)
    told = install()
    assert first not in told.output
    assert "--new-secret" in told.output
    refuse_rules(sandbox, 4)
    renewed = install("--new-secret")
    new, old = secrets()
    assert old == first
    assert new != first
    assert renewed.output.count(new) == 1
    assert calls(sandbox)["Warranty: new claim"]["custom_headers"] == {HEADER: new}
    dry = install("--dry-run", "--new-secret")
    assert secrets() == [new, old]
    assert new not in dry.output


def test_where_rules_cannot_be_seen(sandbox: Sandbox) -> None:
    """A plan without them: both by hand, doctor does not know, and uninstall says what to do."""
    sandbox.account.faults.add(Fault(RULES.format(r"\d"), "GET", status=403, times=99))
    result = install()
    assert result.output.count("to be made by hand") == 2
    assert doctor()["trigger:ticket_created"]["state"] == "unknown"
    gone = run("uninstall", "--yes")
    assert gone.exit_code == 0, gone.output
    assert "if it was made, delete it in Admin > Workflows > Automations" in said(gone)


# -- doctor ----------------------------------------------------------------------------------------


def test_one_that_is_well(sandbox: Sandbox) -> None:
    """Nothing is poor, and nothing is written to find that out."""
    install()
    before = writes(sandbox)
    checks = doctor()
    assert {one["state"] for one in checks.values()} == {"good"}
    assert {"access", "fields", "macros", "trigger:ticket_created", "workers"} <= set(checks)
    assert writes(sandbox) == before
    assert "Zendesk" not in json.dumps(checks)
    shown = run("doctor", "--url", URL)
    assert shown.exit_code == 0, shown.output
    assert max(map(len, shown.output.splitlines())) <= 100


def test_another_address_is_found(sandbox: Sandbox) -> None:
    """By what the rules call."""
    install()
    poor = {
        key
        for key, one in doctor("--url", "https://elsewhere.example.com").items()
        if one["state"] == "poor"
    }
    assert poor == {"trigger:ticket_created", "trigger:ticket_changed"}


@pytest.mark.parametrize("status", [401, 404, 503])
def test_without_access_the_rest_is_not_guessed(sandbox: Sandbox, status: int) -> None:
    """One finding, and a word that all else is unknown; our own side is still looked at."""
    install()
    sandbox.account.faults.add(Fault(r"/api/v2/agents/me", status=status, times=99))
    checks = doctor()
    assert checks["access"]["state"] == ("unknown" if status == 503 else "poor")
    assert checks["helpdesk"]["state"] == "unknown"
    assert not {"fields", "macros", "trigger:ticket_created"} & set(checks)
    assert checks["workers"]["state"] == "good"


def test_an_agent_s_key_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets in, and sees no canned responses: that is poor, with what to do."""
    install()
    monkeypatch.setenv("WARRANTY_FRESHDESK_API_KEY", sandbox.agent_key)
    access = doctor()["access"]
    assert access["state"] == "poor"
    assert "administrator" in access["mend"]


def test_before_anything_was_put_in_place(sandbox: Sandbox) -> None:
    """Said once, not for each field."""
    checks = doctor()
    assert checks["fields"]["state"] == "poor"
    assert "warranty install" in checks["fields"]["mend"]


def test_the_sla_policy_is_looked_at(sandbox: Sandbox) -> None:
    """There, switched off, gone; and not needed where claims have no ticket type."""
    install()
    key = f"policy:{catalogue.CLAIM_CLOCK.key}"
    assert doctor()[key]["state"] == "good"
    policy(sandbox)["active"] = False
    assert (doctor()[key]["state"], "Switch it on" in doctor()[key]["mend"]) == ("poor", True)
    del sandbox.account.shelf("slas")[policy(sandbox)["id"]]
    assert (doctor()[key]["state"], doctor()[key]["said"]) == ("poor", "There is none.")
    row = next(one for one in shelf(sandbox, "fields") if one["name"] == "ticket_type")
    row["choices"] = ["Question"]
    assert (doctor()[key]["state"], "ticket type" in doctor()[key]["said"]) == ("good", True)


def test_ticket_types_that_cannot_be_read(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by an agent's key: whether there should be a policy is unknown."""
    install()
    monkeypatch.setenv("WARRANTY_FRESHDESK_API_KEY", sandbox.agent_key)
    assert doctor()["policies"]["state"] == "unknown"


# -- uninstall -------------------------------------------------------------------------------------


def policy(sandbox: Sandbox) -> dict[str, Any]:
    title = catalogue.CLAIM_CLOCK.title
    return next(one for one in shelf(sandbox, "slas") if one["name"] == title)


def test_rules_go_and_the_policy_is_switched_off(sandbox: Sandbox) -> None:
    """After a yes; fields, what stands in them and canned responses stay, and what stays is said
    with where to remove it."""
    install()
    assert policy(sandbox)["active"] is True
    fields = len(shelf(sandbox, "fields"))
    refused = run("uninstall", answer="n\n")
    assert refused.exit_code == 1
    assert "Delete 2 things from sandbox.freshdesk.com, and switch 1 off?" in refused.output
    assert len(shelf(sandbox, "rules")) == 2
    assert run("uninstall", "--dry-run").exit_code == 0
    assert len(shelf(sandbox, "rules")) == 2
    result = run("uninstall", answer="y\n")
    assert result.exit_code == 0, result.output
    assert "2 deleted, 1 switched off." in result.output
    assert shelf(sandbox, "rules") == []
    assert policy(sandbox)["active"] is False
    assert len(shelf(sandbox, "fields")) == fields
    assert len(shelf(sandbox, "canned")) == len(catalogue.MACROS)
    words = said(result)
    assert f"The {len(catalogue.FIELDS)} ticket fields" in words
    assert "Admin > Agent Productivity > Canned Responses > Warranty Desk" in words
    assert "API key" in words
    assert "Zendesk" not in words
    assert max(map(len, result.output.splitlines())) <= 100
    again = run("uninstall", "--yes")
    assert "nothing of the app's" in again.output


def test_a_policy_alone_is_switched_off_too(sandbox: Sandbox) -> None:
    """An admin deleted the rules before."""
    install()
    sandbox.account.shelf("rules").clear()
    result = run("uninstall", answer="y\n")
    assert "Switch 1 thing off in sandbox.freshdesk.com?" in result.output
    assert policy(sandbox)["active"] is False


def test_a_later_install_takes_everything_up_again(sandbox: Sandbox) -> None:
    """No field and no canned response is made a second time."""
    install()
    before = bindings()
    assert run("uninstall", "--yes").exit_code == 0
    again = install()
    assert bindings() == before
    assert "2 automation rules “Warranty: …”" in again.output
    assert len(shelf(sandbox, "canned")) == len(catalogue.MACROS)
    assert {one["custom_headers"][HEADER] for one in calls(sandbox).values()} == set(secrets())
