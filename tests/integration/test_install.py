"""`warranty install`: from an empty account to one that works."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from integration import catalogue, install
from integration.cli import main
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import connect
from integration.vendors import zendesk_things


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{running.port}")
        monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
        monkeypatch.setenv("WARRANTY_ZENDESK_CLIENT_ID", running.state.options.client_id)
        monkeypatch.setenv("WARRANTY_ZENDESK_CLIENT_SECRET", running.state.options.client_secret)
        yield running


def run(*arguments: str) -> Result:
    url = ["--url", "https://warranty.example.com"] if "--url" not in arguments else []
    return CliRunner().invoke(main, ["install", *url, *arguments])


def listing(sandbox: Sandbox, what: str) -> list[dict[str, object]]:
    answer = requests.get(
        f"{sandbox.base_url}/api/v2/{what}.json",
        headers={"Authorization": f"Bearer {sandbox.token}"},
        timeout=5,
    )
    rows: list[dict[str, object]] = answer.json()[what.replace("slas/policies", "sla_policies")]
    return rows


EVERYTHING = (
    *("ticket_fields", "ticket_forms", "macros", "triggers", "automations", "views"),
    *("slas/policies", "webhooks"),
)


def everything(sandbox: Sandbox) -> dict[str, list[dict[str, object]]]:
    return {what: listing(sandbox, what) for what in EVERYTHING}


def test_everything_is_put_in_place(sandbox: Sandbox) -> None:
    """Fields with their options and help, macros, webhook and triggers; the bindings are kept."""
    result = run()
    assert result.exit_code == 0, result.output
    fields = {row["title"]: row for row in listing(sandbox, "ticket_fields")}
    for spec in catalogue.FIELDS:
        options = fields[spec.title].get("custom_field_options") or []
        assert [(o["value"], o["name"]) for o in options] == list(spec.options)  # type: ignore[attr-defined]
    assert fields["Warranty: claim"]["tag"] == catalogue.CLAIM_TAG
    titles = {row["title"] for row in listing(sandbox, "macros")}
    assert {macro.title for macro in catalogue.MACROS} <= titles
    (webhook,) = listing(sandbox, "webhooks")
    assert webhook["endpoint"] == "https://warranty.example.com/webhooks/zendesk/main"
    assert len(listing(sandbox, "triggers")) == 2
    assert {row["title"] for row in listing(sandbox, "views")} == {v.title for v in catalogue.VIEWS}
    (net,) = listing(sandbox, "automations")
    assert net["actions"][0]["value"][0] == webhook["id"]  # type: ignore[index]
    (policy,) = listing(sandbox, "slas/policies")
    assert {m["target"] for m in policy["policy_metrics"]} == {43_200}  # type: ignore[attr-defined]
    store = connect("sqlite:///warranty.sqlite")
    bindings = store.load_bindings("main")
    store.close()
    assert bindings is not None
    assert set(bindings.fields) == set(catalogue.FIELD)


def test_doing_it_again_changes_nothing(sandbox: Sandbox) -> None:
    """It comes to the same state however often it runs."""
    run()
    before = everything(sandbox)
    again = run()
    assert again.exit_code == 0
    assert "created" not in again.output
    assert "changed" not in again.output.replace("claim changed", "")
    assert everything(sandbox) == before


def test_a_dry_run_only_says(sandbox: Sandbox) -> None:
    """Nothing is made, nothing is stored."""
    result = run("--dry-run")
    assert result.exit_code == 0, result.output
    assert "33 fields “Warranty: …”" in result.output
    assert "freight on buyer" in result.output
    assert not any(rows for what, rows in everything(sandbox).items() if "ticket" not in what)
    store = connect("sqlite:///warranty.sqlite")
    store.prepare()
    assert store.load_bindings("main") is None
    store.close()


def test_the_signing_secret_is_saved_and_not_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    """It goes into the settings' file, which only its owner may read; the rest of it stays."""
    old = "WARRANTY_TIME_ZONE=UTC\nWARRANTY_ZENDESK_SIGNING_SECRET=one-of-an-earlier-webhook\n"
    (tmp_path / ".env").write_text(old)
    result = run("--save-secret", ".env")
    assert result.exit_code == 0, result.output
    (webhook,) = sandbox.state.webhooks.values()
    text = (tmp_path / ".env").read_text()
    assert f"WARRANTY_ZENDESK_SIGNING_SECRET={webhook.secret}\n" in text
    assert "WARRANTY_TIME_ZONE=UTC\n" in text
    assert "earlier" not in text
    assert webhook.secret not in result.output
    run("--save-secret", "new.env")
    assert stat.S_IMODE((tmp_path / "new.env").stat().st_mode) == 0o600


def test_a_clash_is_named(sandbox: Sandbox) -> None:
    """A field of the same title and another type is the admin's: it says so, changing nothing."""
    requests.post(
        f"{sandbox.base_url}/api/v2/ticket_fields.json",
        json={"ticket_field": {"type": "text", "title": "Warranty: verdict"}},
        headers={"Authorization": f"Bearer {sandbox.token}"},
        timeout=5,
    ).raise_for_status()
    result = run()
    assert result.exit_code == 1
    assert "Warranty: verdict" in result.output
    assert listing(sandbox, "macros") == []


@pytest.mark.parametrize(
    "url", ["warranty.example.com", "http://warranty.example.com", "https://a.example/path"]
)
def test_an_address_that_zendesk_cannot_call_is_refused(sandbox: Sandbox, url: str) -> None:
    """Before anything is made."""
    result = run("--url", url)
    assert result.exit_code == 2
    assert url in result.output


def test_missing_settings_are_all_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer is told everything that is missing at once."""
    monkeypatch.chdir(tmp_path)
    result = run()
    assert result.exit_code == 1
    assert "WARRANTY_ZENDESK_SUBDOMAIN" in result.output
    assert "WARRANTY_ZENDESK_TOKEN" in result.output


def test_no_trigger_listens_to_what_the_app_writes() -> None:
    """The guard against going round in circles: conditions name only fields that it reads."""
    wanted = zendesk_things.wanted("main", "https://warranty.example.com")
    written = {spec.key for spec in catalogue.FIELDS if spec.role == "outcome"}
    for trigger in (*wanted.triggers, *wanted.automations):
        for condition in (*trigger.all, *trigger.any):
            assert condition.field.removeprefix("field:") not in written


def test_a_claim_shows_up_in_its_view(sandbox: Sandbox) -> None:
    """Each view lists open tickets with its tags, the claim that ends first on top."""
    run()
    store = connect("sqlite:///warranty.sqlite")
    bindings = store.load_bindings("main")
    store.close()
    assert bindings is not None
    deadline = int(bindings.fields["claim_deadline"])

    def file(tags: list[str], ends: str, status: str = "open") -> object:
        ticket = {
            "subject": "s",
            "comment": {"body": "b"},
            "tags": tags,
            "status": status,
            "custom_fields": [{"id": deadline, "value": ends}],
        }
        answer = requests.post(
            f"{sandbox.base_url}/api/v2/tickets.json",
            json={"ticket": ticket},
            headers={"Authorization": f"Bearer {sandbox.token}"},
            timeout=5,
        )
        return answer.json()["ticket"]["id"]

    later = file(["warranty_freight_buyer"], "2026-12-24")
    sooner = file(["warranty_freight_buyer"], "2026-12-01")
    file(["warranty_freight_buyer"], "2026-11-30", "solved")
    file(["warranty_freight_soocas"], "2026-11-30")
    view = next(v for v in listing(sandbox, "views") if v["title"] == "Warranty: freight on buyer")
    answer = requests.get(
        f"{sandbox.base_url}/api/v2/views/{view['id']}/tickets.json",
        headers={"Authorization": f"Bearer {sandbox.token}"},
        timeout=5,
    )
    assert [row["id"] for row in answer.json()["tickets"]] == [sooner, later]


def test_forms_that_lack_our_fields_are_told(sandbox: Sandbox) -> None:
    """With what to do about it, in the admin's own words for the form."""
    run()
    sandbox.state.keep(
        "ticket_forms", {"name": "Re[turns]", "active": True, "ticket_field_ids": []}
    )
    result = run()
    assert "“Re[turns]” lacks 33 of our fields" in " ".join(result.output.split())
    assert run("--form", "Gone").exit_code == 1
    assert "33 fields added" in run("--forms", "--dry-run").output


def test_steps_have_titles() -> None:
    """An admin reads what they see in Admin Center."""
    titles = {
        "field:verdict": "Field “Warranty: verdict”",
        "verdict": "Field “Warranty: verdict”",
        "macro:status:covered": "Macro “Warranty: covered”",
        "trigger:ticket_created": "Trigger “Warranty: new claim”",
        "automation:claim_missed": "Automation “Warranty: claim without a verdict”",
        "view:set_aside": "View “Warranty: set aside”",
        "policy:claim_window": "SLA policy “Warranty: claim window”",
        "form:Claims: old": "Ticket form “Claims: old”",
        "webhook": "Webhook “Warranty Desk”",
        "base": "base",
    }
    assert {step: install.title_of(step) for step in titles} == titles


def test_the_safety_net_stops_by_itself() -> None:
    """It fires for claims without a verdict alone, at one hourly look after a change, and no more
    once the claim's 30 days are over; its times stand where Zendesk allows them."""
    (net,) = zendesk_things.wanted("main", "https://warranty.example.com").automations
    conditions = {(c.field, c.operator): c.value for c in net.all}
    assert conditions["updated_at", "is"] == "4"
    assert conditions["NEW", "less_than"] == "720"
    assert conditions["current_tags", "includes"] == catalogue.CLAIM_TAG
    none_of = set((conditions["current_tags", "not_includes"] or "").split())
    assert none_of == {
        *(catalogue.status_tag(status) for status in catalogue.STATUS_LABELS),
        catalogue.SET_ASIDE_TAG,
    }
    assert net.any == ()
    assert '"event": "ticket_changed"' in net.body
