"""`warranty sandbox`: the stand-in for Zendesk, as somebody starts it to try the set-up page."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from integration.cli import main

APP = Path(__file__).parent / "sandbox" / "testing_app"
REDIRECT = "http://127.0.0.1:8000/setup/callback"


@contextmanager
def started(*arguments: str) -> Iterator[list[str]]:
    """The process, and what it says before it serves."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "integration.cli", "sandbox", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(20) == 0


def test_what_a_set_up_page_needs_is_printed() -> None:
    """Both clients with their secrets, which the account knows; the app's page and its key. Within
    80 columns."""
    with started(
        "--redirect", REDIRECT, "--app-url", "http://127.0.0.1:8000/setup/zendesk"
    ) as said:
        assert max(map(len, said)) <= 80
        url = said[0].rpartition(" ")[2]
        words = dict(line.strip().split("=") for line in said if "=" in line)
        own = dict(line.split() for line in said if line.startswith(("  identifier", "  secret")))
        assert words["WARRANTY_OAUTH_CLIENT_ID"].startswith("zdg-")
        assert len(words["WARRANTY_OAUTH_CLIENT_SECRET"]) > 20
        grant = {
            "grant_type": "client_credentials",
            "client_id": own["identifier"],
            "client_secret": own["secret"],
            "scope": "read write",
        }
        answer = requests.post(f"{url}/oauth/tokens", json=grant, timeout=5)
        assert answer.ok, answer.text
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        (key,) = (line.rpartition(" ")[2] for line in said if line.startswith("  its key"))
        shown = requests.get(key, headers=token, timeout=5)
        assert shown.text.startswith("-----BEGIN PUBLIC KEY-----")
        asked = {
            "response_type": "code",
            "client_id": words["WARRANTY_OAUTH_CLIENT_ID"],
            "redirect_uri": REDIRECT,
            "scope": "read write",
            "state": "s",
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        page = requests.get(f"{url}/oauth/authorizations/new", params=asked, timeout=5)
        assert page.status_code == 200, page.text
        other = {**asked, "redirect_uri": "http://127.0.0.1:8000/other"}
        refused = requests.get(f"{url}/oauth/authorizations/new", params=other, timeout=5)
        assert refused.status_code == 400


def test_an_app_is_installed_from_its_package() -> None:
    """With the settings that were given; what is not set yet is said, and where to set it."""
    arguments = ("--app", str(APP), "--app-setting", "service_url=http://127.0.0.1:8000")
    with started(*arguments) as said:
        assert max(map(len, said)) <= 80
        url = said[0].rpartition(" ")[2]
        (lacking,) = (line for line in said if line.startswith("  not set yet"))
        assert lacking.split()[3:] == ["app_secret"]
        token = next(line.rpartition(" ")[2] for line in said if "bearer token   " in line)
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{url}/api/v2/apps/installations.json"
        (one,) = requests.get(path, headers=headers, timeout=10).json()["installations"]
        assert one["settings"]["service_url"] == "http://127.0.0.1:8000"


def test_no_client_is_printed_where_nobody_connects() -> None:
    """As ever."""
    with started("--job-pause", "0.5") as said:
        assert not [line for line in said if "OAUTH" in line or "secret" in line]
        assert any("bearer token" in line for line in said)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--redirect", "http://elsewhere.example.com/back"), "https, or http on this machine"),
        (("--job-pause", "-1"), "--job-pause"),
        (("--app", "nowhere"), "--app"),
        (("--app", str(APP.parent)), "manifest.json"),
        (("--app-setting", "no_value"), "expected NAME=VALUE"),
    ],
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], words: str) -> None:
    """It is said before anything is started."""
    result = CliRunner().invoke(main, ["sandbox", *arguments])
    assert result.exit_code == 2
    assert words in result.output


def test_a_freshdesk_is_started_alike() -> None:
    """Its address and both keys are printed, and the API lets each in as who they are; what only a
    Zendesk has is refused."""
    with started("--helpdesk", "freshdesk") as said:
        assert max(map(len, said)) <= 80
        url = said[0].rpartition(" ")[2]
        keys = [line.split()[-1] for line in said if "key" in line]
        assert len(set(keys)) == 2
        for key, status in ((keys[0], 200), (keys[1], 403)):
            me = requests.get(f"{url}/api/v2/agents/me", auth=(key, "X"), timeout=10)
            assert me.status_code == 200
            fields = requests.get(f"{url}/api/v2/admin/ticket_fields", auth=(key, "X"), timeout=10)
            assert fields.status_code == status
    refused = CliRunner().invoke(
        main, ["sandbox", "--helpdesk", "freshdesk", "--redirect", REDIRECT]
    )
    assert refused.exit_code == 2
    assert "it takes no" in refused.output
