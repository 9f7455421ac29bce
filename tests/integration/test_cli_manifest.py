"""`warranty manifest`: what is made of an app, whether it is fit, and the file to upload."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.manifest.kinds import FOLDER
from integration.manifest.packages import from_folder, from_zip
from integration.manifest.zipping import for_service


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of the Zendesk app, up to date and fit, whatever its sidebar is like now."""
    folder = tmp_path / "app"
    shutil.copytree(FOLDER / "zendesk", folder)
    shutil.rmtree(folder / "assets" / "panel", ignore_errors=True)
    (folder / "assets" / "panel.html").write_text("<!doctype html><title>Warranty Desk</title>\n")
    done = run("--folder", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["manifest", *arguments])


def test_what_is_up_to_date_is_left_alone(app: Path) -> None:
    """Nothing is written a second time, and the check agrees."""
    before = {path: path.stat().st_mtime_ns for path in app.rglob("*")}
    done = run("--folder", str(app))
    assert done.exit_code == 0, done.output
    assert "Written" not in done.output
    assert "No error" in done.output
    assert run("--folder", str(app), "--check").exit_code == 0
    assert before == {path: path.stat().st_mtime_ns for path in app.rglob("*")}


@pytest.mark.parametrize(
    "path", ["requirements.json", "assets/words/de.json", "manifest.json", "translations/de.json"]
)
def test_what_is_late_is_said_and_then_written(app: Path, path: str) -> None:
    """--check names the file, changes nothing and exits 1; without it, the file is made anew."""
    right = from_folder(app).files
    changed = (app / path).read_text("utf-8")
    if path == "manifest.json":
        changed = changed.replace('"version": "', '"version": "7')
    elif path == "translations/de.json":
        text = json.loads(changed)
        text["panel"] = {key: f"{value}!" for key, value in text["panel"].items()}
        changed = json.dumps(text, ensure_ascii=False)
    else:
        changed = "{}"
    (app / path).write_text(changed, "utf-8")
    late = "assets/words/de.json" if path.startswith("translations") else path
    done = run("--folder", str(app), "--check")
    assert done.exit_code == 1
    assert f"{late}: not what is made now" in done.stderr
    assert (app / path).read_text("utf-8") == changed
    done = run("--folder", str(app))
    assert done.exit_code == 0, done.output
    assert f"Written: {late}" in done.output
    if path != late:
        assert json.loads((app / late).read_text("utf-8")) == json.loads(changed)["panel"]
    else:
        assert from_folder(app).files == right
    assert run("--folder", str(app), "--check").exit_code == 0


def test_everything_that_is_wrong_is_named(app: Path) -> None:
    """File, value, what is expected and the vendor's name of the error; and exit 1."""
    manifest = json.loads((app / "manifest.json").read_text("utf-8"))
    manifest["parameters"][0]["type"] = "password"
    del manifest["location"]["support"]["nav_bar"]
    manifest["location"]["support"]["left_bar"] = {"url": "assets/lost.html"}
    (app / "manifest.json").write_text(json.dumps(manifest, indent=2), "utf-8")
    for arguments in ([], ["--check"], ["--zip", str(app.parent / "app.zip")]):
        done = run("--folder", str(app), *arguments)
        assert done.exit_code == 1
        assert "manifest.json: password: " in done.stderr
        for key in ("invalid_type_parameter", "invalid_location", "invalid_location_uri"):
            assert f"[{key}]" in done.stderr
    assert not (app.parent / "app.zip").exists()


def test_what_cannot_be_read_is_no_traceback(app: Path) -> None:
    """A file that is no JSON is named as the others are."""
    (app / "translations" / "fr.json").write_text("{", "utf-8")
    done = run("--folder", str(app))
    assert done.exit_code == 1
    assert "[translation.not_json]" in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_the_app_is_packed(app: Path, tmp_path: Path) -> None:
    """Into one file, with what is in the folder and as it is there."""
    target = tmp_path / "warranty-desk.zip"
    done = run("--folder", str(app), "--zip", str(target))
    assert done.exit_code == 0, done.output
    assert from_zip(target.read_bytes()).files == from_folder(app).files
    assert "--service" in done.stderr, "a warning that requests may be refused"
    first = target.read_bytes()
    assert run("--folder", str(app), "--zip", str(target)).exit_code == 0
    assert target.read_bytes() == first


def test_the_app_is_packed_for_a_service(app: Path, tmp_path: Path) -> None:
    """With the service's host in its list, and nothing in the folder changed."""
    target, url = tmp_path / "warranty-desk.zip", "https://warranty.example.com"
    before = from_folder(app)
    done = run("--folder", str(app), "--zip", str(target), "--service", url)
    assert done.exit_code == 0, done.output
    assert from_zip(target.read_bytes()).files == for_service(before, url).files
    assert from_folder(app) == before
    assert "--service" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--service", "https://warranty.example.com"],
        ["--zip", "a.zip", "--service", "http://warranty.example.com"],
        ["trello"],
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], app: Path) -> None:
    """An address without a file to pack, one that is no service's, and an unknown helpdesk."""
    assert run(*arguments, "--folder", str(app)).exit_code == 2


def test_without_the_source_it_says_where_the_apps_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed without its source, the program has no apps beside it."""
    monkeypatch.setattr("integration.commands.manifest.FOLDER", tmp_path)
    done = run()
    assert done.exit_code == 1
    assert "--folder" in done.stderr
