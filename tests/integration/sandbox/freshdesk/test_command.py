"""`warranty sandbox --helpdesk freshdesk` with an app."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from integration.cli import main
from tests.integration.sandbox.freshdesk.hosting import BUNDLE, FOLDER
from tests.integration.test_cli_sandbox import started

FRESHDESK = ("--helpdesk", "freshdesk")


def test_an_app_is_installed_from_its_bundle() -> None:
    """With the settings that were given; what is not set yet is said, and where to set it while it
    runs. Within 80 columns."""
    given = ("--app", str(BUNDLE), "--app-setting", "installation=main")
    with started(*FRESHDESK, *given) as said:
        assert max(map(len, said)) <= 80
        url = said[0].rpartition(" ")[2]
        (lacking,) = (line for line in said if line.startswith("  not set yet"))
        assert lacking.split()[3:] == ["service_host,", "app_secret"]
        (line,) = (line for line in said if "admin's key" in line)
        with requests.Session() as session:
            session.auth = (line.split()[-1], "X")
            given_later = {"settings": {"service_host": "127.0.0.1:9", "app_secret": "s"}}
            told = session.put(f"{url}/sandbox/app", json=given_later, timeout=10).json()
            assert told["lacking"] == []
            assert told["settings"] == {"installation": "main", "service_host": "127.0.0.1:9"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--app", str(FOLDER.parent)), "manifest.json"),
        (("--app", str(BUNDLE), "--app-setting", "other=x"), "setting other"),
        (("--app-setting", "installation=main"), "there is no --app"),
        (("--app-url", "http://127.0.0.1:8000/"), "it takes no"),
    ],
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], words: str) -> None:
    """It is said before anything is started."""
    result = CliRunner().invoke(main, ["sandbox", *FRESHDESK, *arguments])
    assert result.exit_code == 2
    assert words in result.output


def test_a_zendesk_package_is_no_bundle() -> None:
    """Each helpdesk takes its own."""
    folder = Path(BUNDLE).parent / "zendesk"
    result = CliRunner().invoke(main, ["sandbox", *FRESHDESK, "--app", str(folder)])
    assert result.exit_code == 2
    assert "expected 3.0" in result.output
