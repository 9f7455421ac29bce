"""The app in the sidebar by the command line: put in place, given another secret, taken out."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.commands import accounts_app
from integration.installations import Installations
from integration.sandbox.api.apps import apps
from integration.sandbox.faults import Fault
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.store import connect
from integration.vault import Vault, new_key

KEY = new_key()
URL = "https://warranty.example.com"
APPS = r"/api/v2/apps/installations(/\d+)?(\.json)?"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A connected account in which the app was installed; an admin typed the service's address."""
    for name in [name for name in os.environ if name.startswith("WARRANTY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("WARRANTY_KEYS", KEY)
    monkeypatch.setenv("WARRANTY_URL", URL)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'warranty.sqlite'}")
    monkeypatch.setattr(accounts_app, "wait", lambda seconds: None)
    options = Options(
        limits=Limits(enabled=False),
        app_url=f"{URL}/setup/zendesk",
        app_settings={"service_url": f"{URL}/"},
    )
    with running_sandbox(options) as running:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{running.port}")
        monkeypatch.setenv("WARRANTY_CLIENT_SECRET", options.client_secret)
        connected = run("accounts", "connect", "sandbox", "--client-id", options.client_id)
        assert connected.exit_code == 0, connected.output
        yield running


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=answer)


def said(result: Result) -> str:
    return " ".join(result.output.split())


def secrets() -> tuple[str | None, tuple[str, ...]]:
    """The app's secret as it is kept, and those before it while they are good."""
    store = connect(os.environ["DATABASE_URL"])
    found = Installations(store, Vault([KEY])).at("zendesk", "sandbox")
    store.close()
    assert found is not None
    return found.installation.app_secret, found.installation.app_secrets_before


def account() -> str:
    store = connect(os.environ["DATABASE_URL"])
    found = Installations(store, Vault([KEY])).at("zendesk", "sandbox")
    store.close()
    assert found is not None
    return found.installation.id


def there(sandbox: Sandbox) -> dict[str, Any]:
    """The settings of the installed app, secure ones too."""
    (one,) = apps(sandbox.app).installations.values()
    return {**one.settings, **one.secrets}


def refused(sandbox: Sandbox, method: str) -> None:
    sandbox.state.faults.add(Fault(method=method, path=APPS, status=403, times=9))


def test_from_install_to_uninstall(sandbox: Sandbox) -> None:
    """`install` fills in the account and the secret, `doctor` finds them, `uninstall` takes them
    out again; no secret is shown by any of them."""
    before = run("doctor", "--json")
    assert '"key": "app"' in before.output
    done = run("install")
    assert done.exit_code == 0, done.output
    assert "Settings of the app in the sidebar" in done.output
    secret, _ = secrets()
    assert secret
    settings = there(sandbox)
    assert (settings["service_url"], settings["installation"]) == (URL, account())
    assert settings["app_secret"] == secret
    again = run("install")
    doctor = run("doctor")
    assert "set to this service" in said(doctor)
    told = run("accounts", "app-secret", account())
    assert "It is in the settings of the installed app" in said(told)
    gone = run("uninstall", "--yes")
    assert gone.exit_code == 0, gone.output
    assert (there(sandbox)["installation"], there(sandbox)["app_secret"]) == ("", "")
    assert secrets() == (None, ())
    for one in (done, again, doctor, told, gone):
        assert secret not in one.output


def test_another_secret(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """It is in the app before the one before it ends, and shown nowhere."""
    run("install")
    before, _ = secrets()
    with caplog.at_level(logging.DEBUG):
        result = run("accounts", "app-secret", account(), "--new")
    assert result.exit_code == 0, result.output
    now, old = secrets()
    assert now not in (None, before)
    assert old == (before,)
    assert there(sandbox)["app_secret"] == now
    assert str(now) not in result.output + caplog.text
    assert "another 10 minutes" in said(result)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_where_zendesk_refuses_it_is_shown_once(sandbox: Sandbox, method: str) -> None:
    """Alone on standard output; what else to copy, and where, beside it. Asked again, it is not
    shown again."""
    run("install")
    before, _ = secrets()
    refused(sandbox, method)
    (one,) = apps(sandbox.app).installations.values()
    one.settings["installation"] = "somebody's"
    install = run("install")
    assert install.exit_code == 0, install.output
    assert "app-secret" in install.output
    name = account()
    result = run("accounts", "app-secret", name, "--new")
    assert result.exit_code == 0, result.output
    now, old = secrets()
    assert old == (before,)
    assert result.stdout.strip().splitlines()[-1] == now
    assert str(now) not in result.stderr
    for words in (URL, name, "Change settings", "not shown again"):
        assert words in result.stderr
    run("accounts", "app-secret", name, "--new")
    assert secrets()[1] == (now, before), "whichever of them was copied into the app is good"
    told = run("accounts", "app-secret", name)
    assert str(now) not in told.output
    assert "It is not shown." in told.output


def test_while_zendesk_is_away_nothing_changes(sandbox: Sandbox) -> None:
    """A secret that could not be put anywhere would only lock the sidebar out."""
    run("install")
    before = secrets()
    sandbox.state.faults.add(Fault(method="GET", path=APPS, status=503))
    result = run("accounts", "app-secret", account(), "--new")
    assert result.exit_code == 1
    assert "Try again" in result.output
    assert secrets() == before


def test_before_anything_was_made(sandbox: Sandbox) -> None:
    """It says how one is made."""
    result = run("accounts", "app-secret", account())
    assert result.exit_code == 0
    assert "None was made yet" in result.output
