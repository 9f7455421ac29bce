"""`warranty uninstall`: what the app owns goes, what is an admin's stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from integration import catalogue
from integration.cli import main
from integration.sandbox.faults import Fault
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import connect

GOES = ("triggers", "automations", "views", "sla_policies", "macros")


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An account in which everything was put in place by the command."""
    with running_sandbox() as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{running.port}")
        monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
        monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", running.token)
        result = run("install", "--url", "https://warranty.example.com")
        assert result.exit_code == 0, result.output
        yield running


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=answer)


def bindings() -> Any:
    store = connect("sqlite:///warranty.sqlite")
    found = store.load_bindings("main")
    store.close()
    assert found is not None
    return found


def left(sandbox: Sandbox) -> set[str]:
    """The titles of all that could go and is still there."""
    shelves = [sandbox.state.shelf(name).values() for name in GOES]
    names = {str(w.row["name"]) for w in sandbox.state.webhooks.values()}
    return names | {str(row["title"]) for rows in shelves for row in rows}


def row(sandbox: Sandbox, shelf: str, title: str) -> dict[str, Any]:
    return next(r for r in sandbox.state.shelf(shelf).values() if r["title"] == title)


def test_everything_goes_but_the_fields(sandbox: Sandbox) -> None:
    """Ticket fields stay, and so do their bindings; the others are gone, and what stays is said."""
    fields = {key: dict(row) for key, row in sandbox.state.fields.items()}
    before = bindings()
    result = run("uninstall", "--yes")
    assert result.exit_code == 0, result.output
    assert left(sandbox) == set()
    assert sandbox.state.fields == fields
    after = bindings()
    assert (after.fields, after.options, after.macros) == (before.fields, before.options, {})
    words = " ".join(result.output.split())
    assert "This stays" in words
    assert f"The {len(catalogue.FIELDS)} ticket fields" in words
    assert "warranty forget" in words
    assert max(map(len, result.output.splitlines())) <= 80


def test_a_ticket_keeps_its_data(sandbox: Sandbox) -> None:
    """Values, tags: as they were."""
    native = int(bindings().fields["verdict"])
    ticket = sandbox.state.file_ticket(
        {
            "subject": "s",
            "comment": {"body": "b"},
            "tags": ["warranty_claim"],
            "custom_fields": [{"id": native, "value": "warranty_covered"}],
        },
        "Buyer",
        "buyer@example.com",
    )
    record = sandbox.state.tickets[ticket["id"]]
    run("uninstall", "--yes")
    assert record.values[native] == "warranty_covered"
    assert record.tags >= {"warranty_claim", "warranty_covered"}


def test_it_asks_first(sandbox: Sandbox) -> None:
    """Without a yes, nothing goes."""
    everything = left(sandbox)
    result = run("uninstall", answer="n\n")
    assert result.exit_code == 1
    assert "Delete 19 things from sandbox.zendesk.com?" in result.output
    assert left(sandbox) == everything
    assert run("uninstall", answer="y\n").exit_code == 0
    assert left(sandbox) == set()


def test_a_dry_run_takes_nothing(sandbox: Sandbox) -> None:
    """It says what would go."""
    everything = left(sandbox)
    result = run("uninstall", "--dry-run")
    assert result.exit_code == 0
    assert "deleted" in result.output
    assert left(sandbox) == everything
    assert bindings().macros


def test_again_there_is_nothing_to_do(sandbox: Sandbox) -> None:
    """Doing it twice is doing it once; so is doing what was broken off."""
    path = r"/api/v2/views/\d+"
    sandbox.state.faults.add(Fault(method="DELETE", path=path, status=503))
    broken = run("uninstall", "--yes")
    assert broken.exit_code == 1
    assert "Try again" in broken.output
    assert "Warranty Desk" in left(sandbox)
    assert run("uninstall", "--yes").exit_code == 0
    assert left(sandbox) == set()
    again = run("uninstall", "--yes")
    assert again.exit_code == 0
    assert "nothing of the app's" in again.output


def test_what_was_gone_meanwhile_is_no_failure(sandbox: Sandbox) -> None:
    """Somebody else deleted a view between our look and our hand."""
    path = r"/api/v2/views/\d+"
    sandbox.state.faults.add(Fault(method="DELETE", path=path, status=404, applied=True))
    assert run("uninstall", "--yes").exit_code == 0
    assert left(sandbox) == set()


def test_macros_may_be_kept(sandbox: Sandbox) -> None:
    """They stay, bound; and it is said how they go."""
    result = run("uninstall", "--yes", "--keep-macros")
    assert left(sandbox) == {macro.title for macro in catalogue.MACROS}
    assert set(bindings().macros) == {macro.key for macro in catalogue.MACROS}
    assert "--keep-macros" in result.output


def test_a_later_install_takes_the_fields_up_again(sandbox: Sandbox) -> None:
    """No field is made a second time, also one that was renamed."""
    before = bindings().fields
    title = "Warranty: serial number"
    row(sandbox, "ticket_fields", title).update(title="Nummer", raw_title="Nummer")
    run("uninstall", "--yes")
    result = run("install", "--url", "https://warranty.example.com")
    assert result.exit_code == 0, result.output
    assert bindings().fields == before
    assert "fields “Warranty: …” │ created" not in result.output


def test_what_is_an_admins_stays(sandbox: Sandbox) -> None:
    """Things of our name that do something else, with a word each; renamed ones of ours go."""
    row(sandbox, "views", "Warranty: set aside")["conditions"] = {
        "all": [{"field": "status", "operator": "is", "value": "open"}],
        "any": [],
    }
    row(sandbox, "views", "Warranty: deadline near")["title"] = "Soon"
    row(sandbox, "sla_policies", "Warranty: claim window")["filter"] = {
        "all": [{"field": "priority", "operator": "is", "value": "urgent"}],
        "any": [],
    }
    row(sandbox, "triggers", "Warranty: new claim")["actions"] = [
        {"field": "status", "value": "open"}
    ]
    row(sandbox, "triggers", "Warranty: claim changed")["title"] = "Tell the app"
    result = run("uninstall", "--yes")
    assert result.exit_code == 0, result.output
    assert left(sandbox) == {
        *("Warranty: set aside", "Warranty: claim window", "Warranty: new claim"),
    }
    assert "yours" in result.output


def test_a_webhook_that_others_call_stays(sandbox: Sandbox) -> None:
    """An admin's own trigger on it would fail from then on: it is named, and the webhook left."""
    ours = row(sandbox, "triggers", "Warranty: new claim")
    body = ours["actions"][0]["value"][1].replace("ticket_created", "other")
    webhook_id = ours["actions"][0]["value"][0]
    actions = [{"field": "notification_webhook", "value": [webhook_id, body]}]
    sandbox.state.keep(
        "triggers", {**{k: v for k, v in ours.items() if k != "id"}, "title": "My own",
                     "raw_title": "My own", "actions": actions}
    )  # fmt: skip
    result = run("uninstall", "--yes")
    assert left(sandbox) == {"My own", "Warranty Desk"}
    assert "“My own”" in result.output


def test_another_app_s_webhook_stays(sandbox: Sandbox) -> None:
    """One of our name that calls something else is not ours, and neither are its triggers."""
    (webhook,) = sandbox.state.webhooks.values()
    webhook.row["endpoint"] = "https://elsewhere.example.com/hook"
    result = run("uninstall", "--yes")
    assert "Warranty Desk" in left(sandbox)
    assert "not this app" in " ".join(result.output.split())


def test_macros_that_were_never_ours(sandbox: Sandbox) -> None:
    """An unbound macro of our name goes only where it says what ours says; a bound one goes, and
    that an admin reworded it is said before."""
    store = connect("sqlite:///warranty.sqlite")
    known = bindings()
    macros = {k: v for k, v in known.macros.items() if k == "status:covered"}
    store.save_bindings("main", type(known)(known.fields, known.options, macros))
    store.close()
    mine = [{"field": "comment_value", "value": "In my words"}]
    row(sandbox, "macros", "Warranty: covered")["actions"] = mine
    row(sandbox, "macros", "Warranty: not covered")["actions"] = mine
    assert "your own words" in " ".join(run("uninstall", "--dry-run").output.split())
    run("uninstall", "--yes")
    assert left(sandbox) == {"Warranty: not covered"}
