"""Who may import whom: the house's directions, read from the source."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HELPDESKS = "integration.helpdesks"
COMMON = ("bulk", "confirming", "placing", "tokens", "transport", "values", "watching")
PORT = {HELPDESKS, *(f"{HELPDESKS}.{name}" for name in COMMON)}
"""What all helpdesks have in common: for one ticket, for many at once, to be let in; the line and
fields' values."""
CLIENTS = {"zendesk": {"zenpy", "requests", "urllib3"}, "freshdesk": {"requests", "urllib3"}}
"""What each helpdesk's modules may use to speak to it."""

JOINING = {
    "integration.assess",
    "integration.backfill_look",
    "integration.review",
    "integration.claims",
    "integration.decisions",
    "integration.writeback",
}
"""Where policy and tickets meet: the use case, and the two halves it is made of."""


def modules() -> dict[str, set[str]]:
    """Every module of ours, and what it imports (wherever in it)."""
    found = {}
    for package in ("policy", "integration"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = imported(path)
    return found


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


MODULES = modules()
OURS = set(MODULES)


def uses(module: str, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in MODULES[module])


def helpdesk(module: str) -> str | None:
    """The helpdesk a module speaks to: helpdesks/zendesk.py and helpdesks/zendesk_*.py."""
    if not module.startswith(f"{HELPDESKS}.") or module in PORT:
        return None
    return module.removeprefix(f"{HELPDESKS}.").split(".")[0].split("_")[0]


POLICY = sorted(name for name in OURS if name.split(".")[0] == "policy")
DESKS = sorted(name for name in OURS if helpdesk(name))


def test_the_source_was_found() -> None:
    """These tests read something."""
    assert "policy.verdict" in POLICY
    assert f"{HELPDESKS}.zendesk" in DESKS


@pytest.mark.parametrize("module", POLICY)
def test_policy_imports_the_standard_library_alone(module: str) -> None:
    """No dependency, and nothing that touches the world: no clock, no file, no network."""
    for name in MODULES[module]:
        top = name.split(".")[0]
        assert top == "policy" or top in sys.stdlib_module_names, name
    for name in ("os", "time", "pathlib", "socket", "subprocess", "random", "logging"):
        assert not uses(module, name), name


@pytest.mark.parametrize("module", POLICY)
def test_policy_reads_no_clock(module: str) -> None:
    """The day of a verdict is an argument: nothing asks for today or now."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("today", "now", "utcnow", "fromtimestamp"), module
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "input", "print"), module


@pytest.mark.parametrize("module", DESKS)
def test_a_helpdesk_knows_neither_policy_nor_another_helpdesk(module: str) -> None:
    """It imports errors, the port and its client."""
    own = helpdesk(module)
    for name in MODULES[module]:
        top = name.split(".")[0]
        assert top not in ("policy", "flask", "click", "sqlalchemy"), name
        if top == "integration":
            assert name.startswith((HELPDESKS, "integration.errors")) or name == "integration", name
        if name in OURS and helpdesk(name):
            assert helpdesk(name) == own, name
        for other, clients in CLIENTS.items():
            if other != own:
                assert top not in clients - CLIENTS.get(own or "", set()), name


def test_a_vendor_s_client_stays_in_its_helpdesk() -> None:
    """No vendor's type leaves its file: only a helpdesk's own modules import its client."""
    for module in OURS:
        if uses(module, "zenpy"):
            assert helpdesk(module) == "zendesk", module


def test_the_port_knows_no_helpdesk() -> None:
    """helpdesks/__init__.py and bulk.py are what they all have in common."""
    for name in set().union(*(MODULES[module] for module in PORT)):
        assert not (name in OURS and helpdesk(name)), name
        assert name.split(".")[0] not in ("policy", "zenpy", "flask"), name


def test_nothing_imports_the_app_but_the_command_line() -> None:
    """The one that knows all the others is known to none of them."""
    for module in OURS - {"integration.app", "integration.cli"}:
        if not module.startswith("integration.commands."):
            assert not uses(module, "integration.app"), module


def test_policy_and_tickets_meet_in_one_place() -> None:
    """Only the review and its parts know both a claim and a ticket."""
    for module in OURS:
        if uses(module, "policy") and uses(module, HELPDESKS) and not module.startswith("policy"):
            tickets = {name for name in MODULES[module] if name.startswith(f"{HELPDESKS}.")}
            names = {name.removeprefix(f"{HELPDESKS}.") for name in tickets}
            if names & {"Ticket", "Change", "Helpdesk", "Outcome"}:
                assert module in JOINING, module


def test_deciding_happens_in_one_place_and_on_the_command_line() -> None:
    """decide() has two callers in the house."""
    for module in OURS - {"integration.assess"}:
        if not module.startswith(("policy", "integration.commands.")):
            assert "policy.decide" not in MODULES[module], module


def test_outsiders_see_the_face_of_policy_alone() -> None:
    """Nothing below `policy` is for anybody else."""
    for module in OURS:
        if module.startswith("integration"):
            for name in MODULES[module]:
                assert name not in POLICY or name in ("policy", "policy.explain"), (module, name)
