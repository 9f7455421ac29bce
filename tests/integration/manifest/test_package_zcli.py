"""The app packed by Zendesk's own command, `zcli apps:package`, against a stand-in of the address
that it asks whether Zendesk would take it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.manifest.kinds import FOLDER
from integration.manifest.packages import from_folder, from_zip
from integration.manifest.zipping import zipped
from tests.integration.manifest.validating import Validator, validating

NODE = shutil.which("node")
ZCLI = Path(__file__).parents[2] / "node_modules" / "@zendesk" / "zcli" / "bin" / "run"
pytestmark = pytest.mark.skipif(
    NODE is None or not ZCLI.is_file(),
    reason="node or tests/node_modules is missing: npm ci --prefix tests",
)


@pytest.fixture(scope="module")
def zendesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    with validating(tmp_path_factory.mktemp("validator")) as validator:
        yield validator


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of the app: zcli writes into its folder."""
    shutil.copytree(FOLDER / "zendesk", tmp_path / "app")
    return tmp_path / "app"


@pytest.fixture
def package(
    zendesk: Validator, app: Path, tmp_path: Path
) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Runs `zcli apps:package` on it."""

    def run() -> subprocess.CompletedProcess[str]:
        assert NODE is not None
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ZENDESK_") and not name.lower().endswith("_proxy")
        }
        environment |= {
            "HOME": str(tmp_path),
            "ZENDESK_SUBDOMAIN": "127",
            "ZENDESK_DOMAIN": f"0.0.1:{zendesk.port}",
            "ZENDESK_OAUTH_TOKEN": "let-me-in",
            "NODE_EXTRA_CA_CERTS": str(zendesk.authority),
        }
        return subprocess.run(
            [NODE, str(ZCLI), "apps:package", str(app)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=tmp_path,
        )

    return run


def test_zcli_packs_what_we_pack(
    zendesk: Validator, app: Path, package: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    """The file that it makes holds the same files as ours, and the stand-in takes it."""
    ours = from_folder(app)
    (app / "notes.md").write_text("left behind")
    (app / "assets" / ".DS_Store").write_text("left behind")
    (app / "old.zip").write_bytes(zipped({"manifest.json": b"{}"}))
    done = package()
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (app / "tmp").glob("app-*.zip")
    assert from_zip(made.read_bytes()) == ours
    assert zendesk.uploads[-1] == made.read_bytes()


def test_zcli_is_told_what_is_wrong(
    app: Path, package: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    """A broken app is refused, with all that is wrong with it."""
    manifest = app / "manifest.json"
    text = manifest.read_text("utf-8").replace('"frameworkVersion": "2.0"', '"private": "no"')
    manifest.write_text(text, "utf-8")
    (app / "assets" / "logo.png").unlink()
    done = package()
    assert done.returncode != 0
    told = " ".join((done.stdout + done.stderr).split())
    for key in ("manifest_keys.missing", "duplicate_manifest_keys", "house.logo"):
        assert key in told.replace(" ", "").replace("›", ""), told
