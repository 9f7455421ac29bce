"""The app's package brings fields, macros and views along: `install` takes up what is there, in
whichever order the two came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from integration import catalogue
from integration.cli import main
from integration.helpdesks.zendesk import Account, StaticToken
from integration.helpdesks.zendesk_rows import send
from integration.helpdesks.zendesk_wire import Line, open_line
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import connect

PACKAGE = Path(__file__).parents[2] / "manifest" / "zendesk" / "requirements.json"
SINGULAR = {"ticket_fields": "ticket_field", "macros": "macro", "views": "view"}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with running_sandbox(Options(limits=Limits(enabled=False))) as running:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{running.port}")
        monkeypatch.setenv("WARRANTY_ZENDESK_SUBDOMAIN", "sandbox")
        monkeypatch.setenv("WARRANTY_ZENDESK_TOKEN", running.token)
        yield running


def line(sandbox: Sandbox) -> Line:
    return open_line(Account("main", "sandbox", StaticToken(sandbox.token)))


def install_package(sandbox: Sandbox, *, refusing: bool = False) -> None:
    """What Zendesk does with the package's requirements: each is the body of a POST. With
    ``refusing``, only what can be there twice: no option's tag may be."""
    to = line(sandbox)
    requirements: dict[str, dict[str, Any]] = json.loads(PACKAGE.read_text())
    for kind, rows in requirements.items():
        for row in rows.values():
            if refusing and (row.get("custom_field_options") or row.get("tag")):
                continue
            send(to, "POST", f"{kind}.json", {SINGULAR[kind]: row})


def run(*arguments: str) -> Result:
    url = ["--url", "https://warranty.example.com"]
    return CliRunner().invoke(main, [arguments[0], *url, *arguments[1:]])


def titles(sandbox: Sandbox, shelf: str) -> list[str]:
    rows = sandbox.state.shelf(shelf).values()
    return sorted(t for row in rows if (t := str(row["title"])).startswith("Warranty: "))


def ours(sandbox: Sandbox) -> dict[str, list[str]]:
    return {shelf: titles(sandbox, shelf) for shelf in SINGULAR}


def bindings() -> Any:
    store = connect("sqlite:///warranty.sqlite")
    found = store.load_bindings("main")
    store.close()
    return found


def found(json_: str) -> dict[str, dict[str, Any]]:
    return {check["key"]: check for check in json.loads(json_)}


def test_the_package_first(sandbox: Sandbox) -> None:
    """Everything of it is taken up, with every option, and nothing is made twice."""
    install_package(sandbox)
    before = ours(sandbox)
    dry = run("install", "--dry-run")
    assert dry.exit_code == 0, dry.output
    result = run("install")
    assert result.exit_code == 0, result.output
    assert ours(sandbox) == before
    assert before["ticket_fields"] == sorted(spec.title for spec in catalogue.FIELDS)
    assert before["macros"] == sorted(macro.title for macro in catalogue.MACROS)
    assert before["views"] == sorted(view.title for view in catalogue.VIEWS)
    bound = bindings()
    assert set(bound.fields) == set(catalogue.FIELD)
    assert set(bound.macros) == {macro.key for macro in catalogue.MACROS}
    for spec in catalogue.FIELDS:
        if spec.kind == "choice":
            assert set(bound.options[spec.key]) == {option for option, _ in spec.options}
    assert "other tickets than ours" not in result.output
    again = run("install")
    assert "created" not in again.output
    assert not [key for key in found(run("doctor", "--json").output) if key.endswith(":doubles")]


def test_the_package_afterwards(sandbox: Sandbox) -> None:
    """What is then there twice is named, by the number of the one that is not in use, by `install`
    and by `doctor`; with those switched off, all is well."""
    run("install")
    bound = bindings()
    used = {*bound.fields.values(), *bound.macros.values()}
    install_package(sandbox, refusing=True)
    title = "Warranty: serial number"
    fields = sandbox.state.shelf("ticket_fields").values()
    (other,) = [r for r in fields if r["title"] == title and str(r["id"]) not in used]
    result = run("install")
    assert result.exit_code == 0, result.output
    words = " ".join(result.output.split())
    assert f"another of this title, number {other['id']}" in words
    assert bindings() == bound
    checks = found(run("doctor", "--json").output)
    assert (
        f"{title} (number " in checks["fields:doubles"]["said"]
        or "more" in (checks["fields:doubles"]["said"])
    )
    for kind in ("fields", "macros", "views"):
        assert checks[f"{kind}:doubles"]["state"] == "poor"
        assert "switch off" in checks[f"{kind}:doubles"]["mend"]
    seen = set[str]()
    for shelf in SINGULAR:
        for row in sandbox.state.shelf(shelf).values():
            if str(row["id"]) not in used and str(row["title"]) in seen:
                row["active"] = False
            seen.add(str(row["title"]))
    left = found(run("doctor", "--json").output)
    assert not [key for key in left if key.endswith(":doubles")]


def test_a_field_beside_one_that_stands_for_it(sandbox: Sandbox) -> None:
    """The package's own field, where an admin has chosen another for it, is not read: agents must
    not be left to fill it in."""
    run("install")
    store = connect("sqlite:///warranty.sqlite")
    bound = store.load_bindings("main")
    assert bound is not None
    mine = {"type": "text", "title": "Serial no.", "description": "d"}
    made = send(line(sandbox), "POST", "ticket_fields.json", {"ticket_field": mine})
    chosen = {**bound.fields, "serial_number": str(made["ticket_field"]["id"])}
    store.save_bindings("main", type(bound)(chosen, bound.options, bound.macros))
    store.close()
    said = found(run("doctor", "--json").output)["fields:doubles"]["said"]
    assert f"Warranty: serial number (number {bound.fields['serial_number']})" in said
    assert "is not read" in said
