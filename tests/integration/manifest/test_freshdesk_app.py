"""The Freshdesk app as it stands in the checkout: made of the Zendesk app's sidebar, packed as a
source bundle, and asking the service in the way that the service understands."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.manifest import freshdesk_making
from integration.manifest.freshdesk_code import MOST
from integration.manifest.freshdesk_making import DESK, PAGE, made, shared
from integration.manifest.freshdesk_packages import for_service, from_folder
from integration.manifest.freshdesk_words import UNSAID, WORDS
from integration.manifest.house_code import loaded_bytes
from integration.manifest.house_texts import LANGUAGES
from integration.manifest.kinds import FOLDER
from integration.manifest.packages import Package, from_zip
from integration.manifest.packages import from_folder as from_zendesk_folder
from integration.manifest.zipping import zipped
from tests.integration.manifest.freshdesk_sample import good

ZENDESK = from_zendesk_folder(FOLDER / "zendesk")
PLACE = re.compile(r"\{\w+\}")
ZENDESK_S = re.compile(
    r"zendesk|ma[ck]ro|宏|submit|\babsenden\b|ticket ab\b|envoyez le ticket|env[ií]\w+ el ticket"
    r"|提交|intern(?:al|en?) not|notes? internes?|notas? internas?|内部备注|\bsolved\b|composer",
    re.IGNORECASE,
)
"""Words of the sidebar's that are Zendesk's alone, in our languages."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["manifest", "freshdesk", *arguments])


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A copy of the app, up to date whatever the sidebar is like now."""
    folder = tmp_path / "app"
    shutil.copytree(FOLDER / "freshdesk", folder)
    done = run("--folder", str(folder))
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize("path", sorted(made(good())))
def test_what_is_made_is_as_it_is_made_now(path: str) -> None:
    """`warranty manifest freshdesk` was run after the last change of the Zendesk app's sidebar."""
    assert good().files.get(path) == made(good())[path]


def test_the_sidebar_is_the_zendesk_app_s() -> None:
    """Style and every module are the same files, letter by letter; but for the one module that
    knows the helpdesk's window, and the three addresses in the page. So are the words, but for
    those that are Freshdesk's own."""
    theirs = {
        path.removeprefix("assets/"): data
        for path, data in ZENDESK.files.items()
        if path.startswith(("assets/panel/", "assets/words/"))
    }
    ours = {
        path.removeprefix("app/scripts/"): data
        for path, data in good().files.items()
        if path.startswith("app/scripts/")
    }
    assert ours.keys() == theirs.keys()
    modules = [path for path in ours if not path.startswith("words/")]
    assert [path for path in modules if ours[path] != theirs[path]] == ["panel/desk.js"]
    for path in ours.keys() - set(modules):
        said, other = json.loads(ours[path]), json.loads(theirs[path])
        assert other.keys() - said.keys() == UNSAID
        own = WORDS[path.removeprefix("words/").removesuffix(".json")]
        assert {key: said[key] for key in said if said[key] != other.get(key)} == own
    assert good().files["app/styles/panel.css"] == ZENDESK.files["assets/panel.css"]
    theirs_page, page = (
        found.split("\n") for found in (ZENDESK.text("assets/panel.html"), good().text(PAGE))
    )
    differing = [one for one, other in zip(page, theirs_page, strict=True) if one != other]
    assert differing == [
        '<link rel="stylesheet" href="styles/panel.css">',
        '<script src="{{{appclient}}}"></script>',
        '<script type="module" src="scripts/panel/main.js"></script>',
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_words_are_freshdesk_s(language: str) -> None:
    """No word of the sidebar is one that only Zendesk has: macros, submitting a ticket, internal
    notes, solving. Each fills in what the Zendesk app's does."""
    said = json.loads(good().files[f"app/scripts/words/{language}.json"])
    theirs = json.loads(ZENDESK.files[f"assets/words/{language}.json"])
    foreign = {key: text for key, text in said.items() if ZENDESK_S.search(text)}
    assert foreign == {}
    assert any(ZENDESK_S.search(text) for text in theirs.values())
    for key, text in said.items():
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(theirs[key])), key
    assert WORDS.keys() == set(LANGUAGES)


def test_the_two_windows_offer_the_same() -> None:
    """The panel asks nothing of the one desk that the other lacks: each member that it uses stands
    in both modules."""
    used: set[str] = set()
    for path, data in ZENDESK.files.items():
        if path.startswith("assets/panel/") and not path.endswith("/desk.js"):
            used |= set(re.findall(r"(?<![\w/-])desk\??\.(\w+)", data.decode()))
    assert {"ticket", "settings", "service", "fields", "set", "beforeSave", "onField"} <= used
    for text in (ZENDESK.text("assets/panel/desk.js"), good().text(DESK)):
        assert [name for name in sorted(used) if not re.search(rf"[ ,]{name}\b[(:,]", text)] == []


def test_the_page_is_small() -> None:
    """Agents wait for it on every ticket."""
    page = good().text(PAGE).replace("{{{appclient}}}", "https://a.invalid/a.js")
    package = Package({**good().files, PAGE: page.encode()})
    assert 30_000 < loaded_bytes(package, PAGE) <= MOST


def test_a_page_that_is_not_as_expected_stops_the_making() -> None:
    """Nothing is written of which the client or a module would be missing."""
    page = ZENDESK.text("assets/panel.html").replace('src="panel/main.js"', 'src="panel/start.js"')
    with pytest.raises(ValueError, match="expected, once"):
        shared(Package({**ZENDESK.files, "assets/panel.html": page.encode()}))


def test_without_the_zendesk_app_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in an installation without the program's source; it is said plainly."""
    monkeypatch.setattr(freshdesk_making, "SOURCE", tmp_path / "gone")
    done = run("--folder", str(FOLDER / "freshdesk"))
    assert done.exit_code == 1
    assert "is not there" in done.output


def test_what_is_late_is_said_and_then_written(app: Path) -> None:
    """--check names the file, changes nothing and exits 1; without it, the file is made anew."""
    right = from_folder(app)
    module = app / "app/scripts/panel/words.js"
    module.write_text("// changed by hand\n", "utf-8")
    done = run("--folder", str(app), "--check")
    assert done.exit_code == 1
    assert "app/scripts/panel/words.js: not what is made now" in done.stderr
    assert module.read_text("utf-8") == "// changed by hand\n"
    assert run("--folder", str(app)).exit_code == 0
    assert from_folder(app) == right
    assert run("--folder", str(app), "--check").exit_code == 0


def test_what_is_wrong_is_named(app: Path) -> None:
    """The rules are gone through by the command; the desk of our own is never overwritten."""
    (app / DESK).write_text("console.log('here');\n", "utf-8")
    done = run("--folder", str(app), "--check")
    assert done.exit_code == 1
    assert "house.console" in done.stderr
    assert run("--folder", str(app)).exit_code == 1
    assert (app / DESK).read_text("utf-8") == "console.log('here');\n"


def test_the_source_bundle_holds_the_app_and_its_tests(app: Path, tmp_path: Path) -> None:
    """And nothing that tools leave behind; the same files make the same zip."""
    for path in ("node_modules/a/b.js", "coverage/unit/c.json", "dist/app.zip", "log/fdk.log",
                 ".fdk/configs.json", ".report.json"):  # fmt: skip
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text("{}")
    target = tmp_path / "app.zip"
    done = run("--folder", str(app), "--zip", str(target))
    assert done.exit_code == 0, done.output
    assert from_zip(target.read_bytes()) == good()
    assert target.read_bytes() == zipped(good().files)
    for path in ("manifest.json", PAGE, "server/server.js", "config/iparams.json",
                 "config/requests.json", "vitest.config.js", "tests/server.test.js"):  # fmt: skip
        assert path in good().files


def test_a_link_is_not_followed(app: Path) -> None:
    """It is named, and what it leads to is not read."""
    (app / "server" / "linked.js").symlink_to(app / "server" / "server.js")
    assert from_folder(app).links == ("server/linked.js",)
    assert run("--folder", str(app), "--check").exit_code == 1


def test_packed_for_a_service_its_host_is_filled_in(app: Path, tmp_path: Path) -> None:
    """Nothing else is changed."""
    target = tmp_path / "app.zip"
    url = "https://warranty.example.com/"
    assert run("--folder", str(app), "--zip", str(target), "--service", url).exit_code == 0
    packed = from_zip(target.read_bytes())
    settings = json.loads(packed.files["config/iparams.json"])
    assert settings["service_host"].pop("default_value") == "warranty.example.com"
    assert settings == json.loads(good().files["config/iparams.json"])
    assert {p for p in packed.files if packed.files[p] != good().files[p]} == {
        "config/iparams.json"
    }


@pytest.mark.parametrize(
    "url",
    ["http://a.b", "a.b", "https://", "https://a.b/setup", "https://x:y@a.b", "https://a.b?c",
     "https://a.b:8443", "https://localhost"],
)  # fmt: skip
def test_an_address_that_is_no_service_s_is_refused(url: str) -> None:
    """Only https and a host: a template's host takes no port, as far as it is documented."""
    with pytest.raises(ValueError, match="no address of a service"):
        for_service(good(), url)
