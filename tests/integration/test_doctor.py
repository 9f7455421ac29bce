"""`warranty doctor`: an installation that is well, and everything that may be wrong with one."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from click.testing import CliRunner

from integration.chores import Chores
from integration.cli import main
from integration.config import Installation
from integration.connections import zendesk_account
from integration.doctor import Check, as_json, examine, is_poor
from integration.heartbeats import Heartbeats
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk import StaticToken
from integration.helpdesks.zendesk_admin import put_in_place
from integration.helpdesks.zendesk_wire import Account
from integration.jobs import Jobs
from integration.sandbox import auth
from integration.sandbox.faults import Fault
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import Store, connect
from integration.vendors.zendesk_things import wanted

URL = "https://warranty.example.com"


@dataclass
class Patient:
    """A live installation, in a sandbox; ``store`` is its own."""

    sandbox: Sandbox
    store: Store
    installation: Installation

    def rows(self, shelf: str) -> list[dict[str, Any]]:
        return list(self.sandbox.state.shelf(shelf).values())

    def row(self, shelf: str, title: str) -> dict[str, Any]:
        return next(r for r in self.rows(shelf) if title in (r.get("title"), r.get("name")))

    @property
    def webhook(self) -> Any:
        (webhook,) = self.sandbox.state.webhooks.values()
        return webhook

    def examine(self, **more: Any) -> dict[str, Check]:
        account = zendesk_account(self.installation)
        checks = examine(self.installation, account, self.store, **{"url": URL, **more})
        return {check.key: check for check in checks}


@dataclass
class Ward:
    """A sandbox in which everything was put in place once, for all that are examined there."""

    sandbox: Sandbox
    bindings: Bindings
    secret: str


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with running_sandbox(Options(limits=Limits(enabled=False))) as sandbox:
        with pytest.MonkeyPatch.context() as patch:
            _point(patch, sandbox)
            account = zendesk_account(
                Installation("main", subdomain="sandbox", token=sandbox.token)
            )
            placed = put_in_place(account, wanted("main", URL))
        assert placed.signing_secret is not None
        yield Ward(sandbox, placed.bindings, placed.signing_secret)


def _point(patch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    patch.setenv("ZENPY_FORCE_SCHEME", "http")
    patch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")


SHELVES = (
    *("ticket_fields", "ticket_forms", "macros", "triggers", "automations", "views"),
    "sla_policies",
)


@pytest.fixture
def patient(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """Everything is in place, a worker is alive, and a delivery has arrived. What is done to the
    sandbox is undone."""
    _point(monkeypatch, ward.sandbox)
    state = ward.sandbox.state
    shelves = {name: copy.deepcopy(state.shelf(name)) for name in SHELVES}
    webhooks = copy.deepcopy(state.webhooks)
    store = connect(f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    store.save_bindings("main", ward.bindings)
    Heartbeats(store).beat("worker")
    one = Patient(
        ward.sandbox,
        store,
        Installation(
            "main",
            subdomain="sandbox",
            token=ward.sandbox.token,
            signing_secrets=(ward.secret,),
        ),
    )
    one.webhook.ended = ended([delivery("succeeded")])
    yield one
    store.close()
    state.faults.clear()
    state.app_user["role"] = "admin"
    state.webhooks.clear()
    state.webhooks.update(webhooks)
    for name, rows in shelves.items():
        state.shelf(name).clear()
        state.shelf(name).update(rows)


def ended(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Invocations as the sandbox keeps them: by id, the one that ended last at the end."""
    return {one["id"]: one for one in reversed(rows)}


def delivery(status: str, at: str = "2026-11-23T08:00:00Z") -> dict[str, Any]:
    return {"id": f"D{status}{at}", "status": status, "latest_completed_at": at}


def test_one_that_is_well(patient: Patient) -> None:
    """Nothing is poor, and nothing was written to find that out."""
    writes = len(patient.sandbox.state.requests.writes())
    checks = patient.examine()
    told = {key: check for key, check in checks.items() if check.state != "good"}
    assert set(told) <= {"scopes"}, told
    assert not is_poor([*checks.values()])
    assert len(patient.sandbox.state.requests.writes()) == writes
    assert {
        "access",
        "webhook",
        "secret",
        "deliveries",
        "fields",
        "forms",
        "macros",
        "views",
    } < set(checks)


# -- what may be wrong -----------------------------------------------------------------------------


def switch_off_webhook(p: Patient) -> None:
    p.webhook.row["status"] = "inactive"


def other_address(p: Patient) -> None:
    p.webhook.row["endpoint"] = "https://elsewhere.example.com/webhooks/zendesk/main"


def other_secret(p: Patient) -> None:
    p.webhook.secret = "another-secret-of-zendesk"


def no_webhook(p: Patient) -> None:
    p.sandbox.state.webhooks.clear()


def failing(p: Patient) -> None:
    p.webhook.ended = ended([delivery("succeeded"), delivery("failed", "2026-11-23T09:00:00Z")])


def trigger_off(p: Patient) -> None:
    p.row("triggers", "Warranty: new claim")["active"] = False


def trigger_gone(p: Patient) -> None:
    row = p.row("triggers", "Warranty: claim changed")
    del p.sandbox.state.shelf("triggers")[row["id"]]


def trigger_changed(p: Patient) -> None:
    p.row("triggers", "Warranty: new claim")["conditions"]["all"].pop()


def automation_off(p: Patient) -> None:
    p.row("automations", "Warranty: claim without a verdict")["active"] = False


def field_off(p: Patient) -> None:
    p.row("ticket_fields", "Warranty: verdict")["active"] = False


def field_gone(p: Patient) -> None:
    row = p.row("ticket_fields", "Warranty: purchase date")
    del p.sandbox.state.shelf("ticket_fields")[row["id"]]


def option_gone(p: Patient) -> None:
    p.row("ticket_fields", "Warranty: inspection")["custom_field_options"].pop()


def tag_gone(p: Patient) -> None:
    p.row("ticket_fields", "Warranty: claim")["tag"] = None


def stamp_open(p: Patient) -> None:
    p.row("ticket_fields", "Warranty: stamp")["editable_in_portal"] = True


def form_lacks(p: Patient) -> None:
    p.rows("ticket_forms")[0]["ticket_field_ids"].pop()


def macro_gone(p: Patient) -> None:
    row = p.row("macros", "Warranty: covered")
    del p.sandbox.state.shelf("macros")[row["id"]]


def macro_off(p: Patient) -> None:
    p.row("macros", "Warranty: covered")["active"] = False


def view_gone(p: Patient) -> None:
    row = p.row("views", "Warranty: set aside")
    del p.sandbox.state.shelf("views")[row["id"]]


def policy_gone(p: Patient) -> None:
    p.sandbox.state.shelf("sla_policies").clear()


def policy_behind(p: Patient) -> None:
    catch_all = {"title": "All", "position": 0, "filter": {"all": [], "any": []}}
    p.sandbox.state.keep("sla_policies", {**catch_all, "policy_metrics": []})


def too_many_requests(p: Patient) -> None:
    p.installation = replace(p.installation, request_limit=2_500)


def no_worker(p: Patient) -> None:
    Heartbeats(p.store).leave("worker")


def long_due(p: Patient) -> None:
    Jobs(p.store).make_due("main", "7", datetime.now(UTC) - timedelta(hours=1))


def chore_failed(p: Patient) -> None:
    """Another account's trouble is not this one's."""
    chores = Chores(p.store)
    for name in ("main", "other"):
        chores.ensure(name, "reconcile", timedelta(minutes=5))
        turn = chores.claim("worker", 60, [(name, "reconcile")])
        assert turn is not None
        chores.fail(turn, 60, "ticket export: answered 403.")


def set_aside(p: Patient) -> None:
    jobs = Jobs(p.store)
    jobs.make_due("main", "7")
    job = jobs.claim("worker", 60)
    assert job is not None
    jobs.set_aside(job, "no access")


def only_an_agent(p: Patient) -> None:
    p.sandbox.state.app_user["role"] = "agent"


def wrong_scope(p: Patient) -> None:
    token = auth.issue(p.sandbox.state, int(p.sandbox.state.app_user["id"]), "nonsense")
    p.installation = replace(p.installation, token=token)


def no_such_token(p: Patient) -> None:
    p.installation = replace(p.installation, token="nobody-s")


WRONG: dict[Callable[[Patient], None], tuple[str, str]] = {
    switch_off_webhook: ("webhook", "switched off"),
    other_address: ("webhook", "elsewhere"),
    other_secret: ("secret", "another secret"),
    no_webhook: ("webhook", "none of this name"),
    failing: ("deliveries", "1 of the newest 2 arrived; 1 failed"),
    trigger_off: ("trigger:ticket_created", "switched off"),
    trigger_gone: ("trigger:ticket_changed", "none"),
    trigger_changed: ("trigger:ticket_created", "not as they should be"),
    automation_off: ("automation:claim_missed", "switched off"),
    field_off: ("field:verdict", "switched off"),
    field_gone: ("field:purchase_date", "gone"),
    option_gone: ("field:inspection", "lacks option"),
    tag_gone: ("field:claim", "warranty_claim"),
    stamp_open: ("field:stamp", "Customers can edit"),
    form_lacks: ("forms", "lacks 1 of our fields"),
    macro_gone: ("macros", "gone"),
    macro_off: ("macros", "switched off"),
    view_gone: ("views", "set aside”: gone"),
    policy_gone: ("policy:claim_window", "none"),
    policy_behind: ("policy:claim_window", "takes every ticket"),
    too_many_requests: ("limits", "the account has 700"),
    no_worker: ("workers", "No worker"),
    long_due: ("due", "60 minutes"),
    set_aside: ("set_aside", "1 waits for a person"),
    chore_failed: ("chores", "Looking for tickets that no webhook told of came to nothing once"),
    only_an_agent: ("access", "agent"),
    wrong_scope: ("access", "403"),
    no_such_token: ("access", "401"),
}


TOGETHER = (
    (
        *(switch_off_webhook, other_secret, failing, trigger_off, automation_off, field_off),
        *(option_gone, macro_gone, view_gone, policy_gone, too_many_requests, no_worker, long_due),
    ),
    (
        *(other_address, trigger_gone, trigger_changed, field_gone, tag_gone, stamp_open),
        *(form_lacks, macro_off, policy_behind, set_aside, chore_failed),
    ),
    *((harm,) for harm in (no_webhook, only_an_agent, wrong_scope, no_such_token)),
)
"""What may be wrong at once without one hiding the other."""


def test_every_harm_is_tried() -> None:
    """None of the list is left out below."""
    assert sorted(h.__name__ for group in TOGETHER for h in group) == sorted(
        h.__name__ for h in WRONG
    )


@pytest.mark.parametrize("harms", TOGETHER, ids=lambda harms: harms[0].__name__)
def test_what_is_wrong_is_found_and_how_to_mend_it(
    patient: Patient, harms: tuple[Callable[[Patient], None], ...]
) -> None:
    """Each is poor, in plain words, and something can be done; and nothing else is."""
    for harm in harms:
        harm(patient)
    checks = patient.examine()
    for harm in harms:
        key, words = WRONG[harm]
        assert checks[key].state == "poor", harm
        assert words in checks[key].said
        assert checks[key].mend
    if no_webhook not in harms:  # without which the triggers have nothing to call
        poor = {key for key, check in checks.items() if check.state == "poor"}
        assert poor == {WRONG[harm][0] for harm in harms}


def test_an_installation_without_anything(patient: Patient) -> None:
    """Nothing was ever put in place from here: said once, not for each field."""
    patient.store.save_bindings("other", Bindings())
    patient.installation = replace(patient.installation, id="other")
    checks = patient.examine()
    assert checks["webhook"].state == "poor"
    assert "never put in place" in checks["field:verdict"].said
    patient.installation = replace(patient.installation, id="third")
    assert patient.examine()["fields"].state == "poor"


def test_without_access_the_rest_is_not_guessed(patient: Patient) -> None:
    """One poor finding, and a word that all else is unknown; our own side is still looked at."""
    no_such_token(patient)
    checks = patient.examine()
    assert checks["helpdesk"].state == "unknown"
    assert "webhook" not in checks
    assert checks["workers"].state == "good"


def test_what_could_not_be_read_is_unknown(patient: Patient) -> None:
    """An outage in the middle, a secret that is not set here, no delivery to be seen: none of it is
    good, and none of it is poor."""
    patient.installation = replace(patient.installation, signing_secrets=())
    patient.webhook.ended = ended([])
    for path in ("/api/v2/views", "/api/v2/triggers"):
        patient.sandbox.state.faults.add(Fault(status=503, path=path))
    checks = patient.examine()
    assert {key for key, check in checks.items() if check.state == "unknown"} - {"scopes"} == {
        *("secret", "deliveries", "views", "triggers"),
    }
    assert not is_poor([*checks.values()])


def test_clocks_that_differ_are_told(patient: Patient) -> None:
    """This machine's against Zendesk's, and against the store's."""
    ahead = patient.examine(now=lambda: datetime.now(UTC) + timedelta(minutes=10))
    assert ahead["clock"].state == ahead["store"].state == "poor"
    assert "ahead of" in ahead["clock"].said


def test_a_store_out_of_reach_is_one_finding(patient: Patient, tmp_path: Path) -> None:
    """And Zendesk is still looked at."""
    patient.store = connect(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    checks = patient.examine()
    assert checks["store"].state == "poor"
    assert checks["webhook"].state == "good"
    patient.store.close()


def test_a_host_that_is_not_known_is_not_compared(patient: Patient) -> None:
    """Without an address of ours, the webhook's path is compared alone."""
    other_address(patient)
    assert patient.examine(url=None)["webhook"].state == "good"
    patient.webhook.row["endpoint"] = f"{URL}/webhooks/zendesk/other"
    assert patient.examine(url=None)["webhook"].state == "poor"


def test_a_trigger_s_place_is_told(patient: Patient) -> None:
    """Among those that are switched on."""
    patient.row("triggers", "Warranty: claim changed")["position"] = 0
    assert "Number 2 of 2" in patient.examine()["trigger:ticket_created"].said


def test_a_chosen_field_is_an_admins(patient: Patient) -> None:
    """A field of the account's own that lacks options is no fault; one of its bound options that
    went is."""
    row = patient.row("ticket_fields", "Warranty: inspection")
    bindings = patient.store.load_bindings("main")
    assert bindings is not None
    row |= {"title": "Workshop", "raw_title": "Workshop"}
    options = [{"id": 1, "name": "Defect confirmed", "value": "defect"}]
    row["custom_field_options"] = options
    ours = {**bindings.options, "inspection": {"warranty_inspection_defect_confirmed": "defect"}}
    patient.store.save_bindings("main", replace(bindings, options=ours))
    check = patient.examine()["field:inspection"]
    assert check.state == "good"
    assert "“Workshop”" in check.said
    row["custom_field_options"] = [{"id": 1, "name": "Other", "value": "other"}]
    assert patient.examine()["field:inspection"].state == "poor"


def test_no_secret_is_told(patient: Patient) -> None:
    """Neither the webhook's nor ours, right or wrong; nor the token."""
    other_secret(patient)
    told = json.dumps(as_json([*patient.examine().values()]))
    for secret in (patient.webhook.secret, *patient.installation.signing_secrets):
        assert secret not in told
    assert patient.sandbox.token not in told


def test_forms_that_are_not_for_claims(patient: Patient) -> None:
    """A form without any of our fields is fine as long as another has all; it is named."""
    form = patient.rows("ticket_forms")[0]
    patient.sandbox.state.keep(
        "ticket_forms", {"name": "Jobs", "active": True, "ticket_field_ids": []}
    )
    check = patient.examine()["forms"]
    assert check.state == "good"
    assert "“Jobs”" in check.said
    form["ticket_field_ids"] = []
    assert patient.examine()["forms"].state == "poor"


@responses.activate
def test_a_silent_helpdesk_is_unknown(tmp_path: Path) -> None:
    """No answer is no verdict on the connection; a subdomain without a help desk is."""
    store = connect(f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    installation = Installation("main", subdomain="acme", token="t")
    account = Account("main", "acme", StaticToken("t"))
    me = "https://acme.zendesk.com/api/v2/users/me.json"
    responses.get(me, body=ConnectionError())
    first, *_ = examine(installation, account, store)
    assert (first.key, first.state) == ("access", "unknown")
    responses.replace("GET", me, status=404, body="<html>No help desk</html>")
    first, *_ = examine(installation, account, store)
    assert first.state == "poor"
    assert "subdomain" in first.mend
    store.close()


@responses.activate
def test_a_plan_without_policies_and_forms(tmp_path: Path) -> None:
    """What a plan refuses is unknown, because a missing permission looks the same."""
    store = connect(f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    api = "https://acme.zendesk.com/api/v2"
    responses.get(f"{api}/users/me.json", json={"user": {"id": 1, "role": "admin"}})
    responses.get(re.compile(f"{api}/(slas|ticket_forms|oauth).*"), status=403, json={"error": "x"})
    for kind in ("webhooks", "triggers", "automations", "ticket_fields", "macros", "views"):
        responses.get(re.compile(f"{api}/{kind}.*"), json={kind: [], "meta": {"has_more": False}})
    store.save_bindings("main", Bindings())
    account = Account("main", "acme", StaticToken("t"))
    found = examine(Installation("main", subdomain="acme", token="t"), account, store)
    states = {check.key: check.state for check in found}
    for key in ("scopes", "limits", "clock", "forms", "policy:claim_window"):
        assert states[key] == "unknown", key
    store.close()


# -- the command -----------------------------------------------------------------------------------


def run(patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: str) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
    monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", patient.installation.token or "")
    monkeypatch.setenv(
        "WARRANTY_ZENDESK_SIGNING_SECRET", ",".join(patient.installation.signing_secrets)
    )
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_the_command_ends_with_1_if_anything_is_poor(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And with 0 else; each line fits an admin's screen, and says how to mend."""
    assert run(patient, monkeypatch, tmp_path, "--url", URL).exit_code == 0
    field_off(patient)
    result = run(patient, monkeypatch, tmp_path)
    assert result.exit_code == 1
    assert "Field “Warranty: verdict”" in result.output
    assert "→" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_the_findings_as_json(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One object each, for a program to read."""
    no_worker(patient)
    result = run(patient, monkeypatch, tmp_path, "--json")
    assert result.exit_code == 1
    found = {row["key"]: row for row in json.loads(result.output)}
    assert found["workers"] == {
        "key": "workers",
        "what": "Workers",
        "state": "poor",
        "said": "No worker was heard of in the last 30 seconds: nothing is reviewed.",
        "mend": "Start one: `warranty worker`.",
    }
