"""The Freshdesk app's own unit tests with the coverage that packing wants, its code by the linter's
rules, and what it sends, as the service understands it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.helpdesks import freshdesk_webhook
from integration.manifest.kinds import FOLDER
from integration.panel.asked import numbered, understood
from integration.webhooks import KINDS

APP = FOLDER / "freshdesk"
TESTS = Path(__file__).parents[2]
MODULES = TESTS / "node_modules"
NODE = shutil.which("node")
LEAST = 80
OURS = ("app/scripts/panel/desk.js", "server/server.js")


def able() -> bool:
    """Whether npm's packages are there, and a node that runs them."""
    if NODE is None or not (MODULES / "vitest").is_dir():
        return False
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", said.stdout)
    return found is not None and int(found[1]) >= 20


pytestmark = pytest.mark.skipif(
    not able(), reason="node 20 or tests/node_modules is missing: npm ci --prefix tests"
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app in a folder of its own, with npm's packages beside it."""
    folder = tmp_path_factory.mktemp("freshdesk") / "app"
    shutil.copytree(APP, folder, ignore=shutil.ignore_patterns("node_modules", "coverage"))
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    return folder


def node(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run(
        [NODE, *arguments],
        cwd=folder,
        env={**os.environ, "CI": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_its_unit_tests_pass_and_cover_more_than_packing_wants(copied: Path) -> None:
    """Statements, branches and functions of server and sidebar, from the file that packing reads;
    the runner itself looks at lines, too."""
    done = node(copied, "node_modules/vitest/vitest.mjs", "run", "--coverage")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    found = json.loads((copied / "coverage" / "unit" / "coverage-final.json").read_text("utf-8"))
    files = {Path(path).resolve().relative_to(copied.resolve()).as_posix() for path in found}
    expected = {
        path.relative_to(APP).as_posix()
        for top in ("app/scripts", "server")
        for path in (APP / top).rglob("*.js")
    }
    assert files == expected
    for part in ("s", "f", "b"):
        counts = [
            count
            for one in found.values()
            for value in one[part].values()
            for count in (value if isinstance(value, list) else [value])
        ]
        assert 100 * sum(count > 0 for count in counts) / len(counts) >= LEAST, part


def test_it_names_the_packages_that_its_tests_are_run_with() -> None:
    """Whoever packs it installs the same versions as are pinned here."""
    own = json.loads((APP / "package.json").read_text("utf-8"))
    pinned = json.loads((TESTS / "package.json").read_text("utf-8"))["devDependencies"]
    assert own["devDependencies"].items() <= pinned.items()
    scripts = json.loads((APP / "manifest.json").read_text("utf-8"))["scripts"]
    assert own["scripts"] == scripts


def test_the_linter_refuses_nothing_of_it(copied: Path) -> None:
    """What is only warned of (complexity) is kept by what is written for this helpdesk."""
    config = str(TESTS / "freshdesk" / "eslint.config.mjs")
    eslint = "node_modules/eslint/bin/eslint.js"
    done = node(copied, eslint, "-c", config, "-f", "json", "app/scripts", "server")
    results = json.loads(done.stdout)
    assert len(results) > 10, done.stderr
    said = {
        (Path(one["filePath"]).resolve().relative_to(copied.resolve()).as_posix(), rule)
        for one in results
        for rule in (str(message["ruleId"]) for message in one["messages"])
    }
    assert {(path, rule) for path, rule in said if path in OURS} == set()
    assert {(path, rule) for path, rule in said if rule != "complexity"} == set()


SEND = """
const { readFileSync } = require('node:fs');
const { runInNewContext } = require('node:vm');
const said = [];
const sandbox = {
  exports: {},
  renderData: (given) => said.push({ rendered: given ?? null }),
  $request: {
    invokeTemplate: async (template, { body }) => {
      said.push({ template, body });
      return { status: 200, response: '{"state":"off"}' };
    },
  },
};
runInNewContext(readFileSync('server/server.js', 'utf8'), sandbox);
const given = (path) => JSON.parse(readFileSync(`server/test_data/${path}.json`, 'utf8'));
(async () => {
  await sandbox.exports.onAppInstallHandler(given('common/onAppInstall'));
  await sandbox.exports.onTicketCreateHandler(given('support_ticket/onTicketCreate'));
  console.log(JSON.stringify(said));
})();
"""


def sent(templates: Mapping[str, Any], name: str, iparams: Mapping[str, str]) -> dict[str, Any]:
    """A request as the platform makes it of a template."""

    def filled(text: str) -> str:
        return re.sub(r"<%= iparam\.(\w+) %>", lambda found: iparams[found[1]], text)

    schema = templates[name]["schema"]
    return {
        "url": f"{schema['protocol']}://{filled(schema['host'])}{filled(schema['path'])}",
        "headers": {key: filled(value) for key, value in schema["headers"].items()},
    }


def test_what_it_sends_is_understood(copied: Path) -> None:
    """The installing app asks for no ticket; a new ticket is reported to the door, with the app's
    secret; the sidebar's questions carry it as a bearer's, with the installation's name."""
    done = node(copied, "-e", SEND)
    assert done.returncode == 0, done.stderr
    asked, rendered, told = json.loads(done.stdout)
    assert rendered == {"rendered": None}

    iparams = {
        "service_host": "warranty.example.com",
        "installation": "sample",
        "app_secret": freshdesk_webhook.new_secret(),
    }
    templates = json.loads((APP / "config" / "requests.json").read_text("utf-8"))
    assert asked["template"] == "getVerdict"
    assert understood(json.loads(asked["body"])).ticket is None
    for name, path in (("getVerdict", "ticket"), ("again", "again")):
        request = sent(templates, name, iparams)
        assert request["url"] == f"https://warranty.example.com/panel/{path}"
        assert request["headers"]["Authorization"] == f"Bearer {iparams['app_secret']}"
        assert request["headers"]["X-Warranty-Installation"] == "sample"
        assert request["headers"]["Content-Type"] == "application/json"
    assert numbered({"ticket": "165"}) == "165"

    assert told["template"] == "reportTicket"
    request = sent(templates, "reportTicket", iparams)
    assert request["url"] == "https://warranty.example.com/webhooks/freshdesk/sample"
    event = freshdesk_webhook.authenticate(
        request["headers"],
        told["body"].encode(),
        secrets=(iparams["app_secret"],),
        installation="sample",
        now=datetime(2026, 5, 5, tzinfo=UTC),
        max_age=timedelta(minutes=5),
    )
    assert (event.ref.id, event.kind) == ("165", "ticket_created")
    assert event.kind in KINDS
    assert iparams["app_secret"] not in told["body"] + asked["body"]
