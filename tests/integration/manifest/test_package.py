"""The Zendesk app as it stands in the checkout: fit to be uploaded, and made of the catalogue."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask

from integration.catalogue import FIELDS, MACROS, OPTIONS, VIEWS
from integration.config import Installation
from integration.connections import zendesk_account
from integration.helpdesks.zendesk_admin import put_in_place
from integration.manifest.house_code import MOST, loaded_bytes
from integration.manifest.house_texts import LANGUAGES
from integration.manifest.kinds import FOLDER, KINDS
from integration.manifest.making import made, requirements, version, with_version
from integration.manifest.packages import from_folder, from_zip
from integration.manifest.problems import errors
from integration.manifest.zendesk_checks import check
from integration.manifest.zipping import for_service, zipped
from integration.sandbox.options import Limits, Options
from integration.sandbox.server import Sandbox, running_sandbox
from integration.setup.pages import blueprint
from integration.vendors.zendesk_things import wanted
from tests.integration.manifest.sample import good, with_files

MANIFEST = json.loads(good().files["manifest.json"])


def test_zendesk_would_take_it_and_so_does_the_house() -> None:
    """No rule is broken."""
    assert [str(problem) for problem in errors(check(good()))] == []


def test_zendesk_would_warn_of_nothing_but_words() -> None:
    """Its words for secrets are noisy: "pass" is in "passed". Nothing else is warned of, but
    what packing for a service mends, and an address that is none."""
    found = {(one.key, one.file) for one in check(good()) if one.level == "warning"}
    rest = {one for one in found if one[0] not in ("generic_secrets", "insecure_http_request")}
    assert rest == {("house.host", "manifest.json")}
    packed = for_service(good(), "https://warranty.example.com")
    assert "house.host" not in {one.key for one in check(packed)}


@pytest.mark.parametrize("path", sorted(made(good())))
def test_what_is_made_is_as_it_is_made_now(path: str) -> None:
    """`warranty manifest` was run after the last change of the catalogue, a translation or the
    version."""
    assert good().files.get(path) == made(good())[path]


def test_the_sidebar_has_words_in_every_language() -> None:
    """An iframe can load assets alone: so they stand there once more, letter by letter."""
    for language in LANGUAGES:
        words = json.loads(good().files[f"assets/words/{language}.json"])
        assert words == json.loads(good().files[f"translations/{language}.json"])["panel"]


def test_the_sidebar_is_small() -> None:
    """Of our own code it loads less than 60 kB."""
    assert loaded_bytes(good(), "assets/panel.html") <= MOST


def test_the_page_in_the_navigation_bar_is_one_of_the_service_s() -> None:
    """Its address takes the signed POST by which Zendesk opens it."""
    url = MANIFEST["location"]["support"]["nav_bar"]["url"]
    assert url.startswith("{{setting.service_url}}/")
    path = url.removeprefix("{{setting.service_url}}")

    class Counter:
        keys = ("k" * 32,)

        def origin_of(self, subdomain: str) -> str:
            return f"https://{subdomain}.zendesk.com"

    app = Flask(__name__)
    app.register_blueprint(blueprint(Counter()))  # type: ignore[arg-type]
    matched, _ = app.url_map.bind("localhost").match(path, method="POST")
    assert matched == "setup.embedded"


def test_requirements_hold_all_fields_macros_and_views() -> None:
    """With all of their options, each once in the whole account."""
    given = requirements()
    assert [one["title"] for one in given["ticket_fields"].values()] == [f.title for f in FIELDS]
    assert [one["title"] for one in given["macros"].values()] == [m.title for m in MACROS]
    assert [one["title"] for one in given["views"].values()] == [v.title for v in VIEWS]
    options = [
        option["value"]
        for one in given["ticket_fields"].values()
        for option in one.get("custom_field_options", ())
    ]
    assert len(options) == len(set(options))
    assert set(options) == OPTIONS
    assert set(given) == {"ticket_fields", "macros", "views"}


def test_requirements_name_no_number_and_no_address() -> None:
    """What an account gives out at installing cannot stand in a file that is packed before."""
    text = json.dumps(requirements())
    for word in ("custom_fields_", "notification_webhook", "field:", "{{setting.", "https://"):
        assert word not in text


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A helpdesk that has made what requirements.json asks for, as the app was installed."""
    with running_sandbox(Options(limits=Limits(enabled=False))) as sandbox:
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", f"127.0.0.1:{sandbox.port}")
        for kind, things in json.loads(good().files["requirements.json"]).items():
            for body in things.values():
                answer = requests.post(
                    f"{sandbox.base_url}/api/v2/{kind}.json",
                    json={kind.removesuffix("s"): body},
                    headers={"Authorization": f"Bearer {sandbox.token}"},
                    timeout=30,
                )
                assert answer.status_code == 201, answer.text
        yield sandbox


def test_install_adopts_what_the_app_made(installed: Sandbox) -> None:
    """`warranty install` makes no second field, macro or view; it gives the views the columns that
    are fields; and what the file cannot hold it makes. Done again, nothing is left to do."""
    account = zendesk_account(Installation("main", subdomain="sandbox", token=installed.token))
    everything = wanted("main", "https://warranty.example.com")
    planned = put_in_place(account, everything, dry_run=True)
    placed = put_in_place(account, everything)
    done = {step.what: step.action for step in placed.steps}
    for one in FIELDS:
        assert done[f"field:{one.key}"] == "adopted"
    for macro in MACROS:
        assert done[f"macro:{macro.key}"] == "adopted"
    for view in VIEWS:
        assert done[f"view:{view.key}"] == "changed"
    assert done["webhook"] == "created"
    assert done["trigger:ticket_created"] == "created"
    assert {step.what: step.action for step in planned.steps}.items() >= {
        what: action for what, action in done.items() if what.startswith(("field:", "view:"))
    }.items()
    for row in installed.state.shelf("views").values():
        columns = [column["id"] for column in row["execution"]["columns"]]
        if row["title"] in {view.title for view in VIEWS}:
            assert placed.bindings.fields["claim_deadline"] in columns
            assert row["execution"]["sort_by"] == placed.bindings.fields["claim_deadline"]
    again = put_in_place(account, everything, known=placed.bindings)
    assert {step.action for step in again.steps} == {"unchanged"}


def test_a_view_that_an_admin_has_changed_stays_theirs(installed: Sandbox) -> None:
    """Columns are added only to a view as the app made it."""
    view = next(v for v in installed.state.shelf("views").values() if v["title"] == VIEWS[0].title)
    answer = requests.put(
        f"{installed.base_url}/api/v2/views/{view['id']}.json",
        json={"view": {"output": {"columns": ["subject", "status"]}}},
        headers={"Authorization": f"Bearer {installed.token}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    account = zendesk_account(Installation("main", subdomain="sandbox", token=installed.token))
    placed = put_in_place(account, wanted("main", "https://warranty.example.com"))
    done = {step.what: step.action for step in placed.steps}
    assert done[f"view:{VIEWS[0].key}"] == "unchanged"
    assert done[f"view:{VIEWS[1].key}"] == "changed"


def test_the_version_is_the_program_s() -> None:
    """It stands in one place, pyproject.toml, and is written from there."""
    assert MANIFEST["version"] == version()
    text = good().files["manifest.json"]
    changed = with_version(text, "9.9.9")
    assert json.loads(changed) == {**MANIFEST, "version": "9.9.9"}
    assert with_version(changed, version()) == text
    with pytest.raises(ValueError, match="version"):
        with_version(b"{}", "1.0.0")


def test_the_same_files_make_the_same_zip() -> None:
    """Whenever and wherever it is packed; with the manifest at its root, and nothing that is
    hidden or ignored."""
    files = dict(reversed(list(good().files.items())))
    packed = zipped(good().files)
    assert zipped(files) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names == sorted(good().files)
    assert "manifest.json" in names
    assert not [name for name in names if name.startswith((".", "tmp/"))]
    assert from_zip(packed) == good()
    with pytest.raises(ValueError, match="no zip"):
        from_zip(b"PK, but no zip")


def test_packed_for_a_service_it_names_its_host() -> None:
    """Requests with the secret go to that host and no other, and an admin finds its address
    filled in; nothing else is changed."""
    packed = for_service(good(), "https://warranty.example.com:8443/")
    changed = json.loads(packed.files["manifest.json"])
    assert changed["domainWhitelist"] == ["warranty.example.com"]
    assert changed["parameters"][0]["default"] == "https://warranty.example.com:8443"
    del changed["parameters"][0]["default"]
    assert changed == {**MANIFEST, "domainWhitelist": ["warranty.example.com"]}
    others = {path: data for path, data in good().files.items() if path != "manifest.json"}
    assert {p: d for p, d in packed.files.items() if p != "manifest.json"} == others


@pytest.mark.parametrize(
    "url",
    ["http://a.b", "a.b", "https://", "https://a.b/setup", "https://x:y@a.b", "https://a.b?c"],
)
def test_an_address_that_is_no_service_s_is_refused(url: str) -> None:
    """Only https and a host, so that no secret goes anywhere else."""
    with pytest.raises(ValueError, match="no address of a service"):
        for_service(good(), url)


def test_what_is_left_out_of_the_package(tmp_path: Any) -> None:
    """Hidden files, ``tmp`` and what .zcliignore names, at any depth where it says so."""
    for path in (
        "manifest.json", ".DS_Store", ".git/config", "tmp/app-1.zip", "README.md", "assets/n.md",
        "assets/.hidden", "old.zip", "zcli.apps.config.json", "assets/tmp/kept.js", "assets/a.js",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    (tmp_path / ".zcliignore").write_text((FOLDER / "zendesk" / ".zcliignore").read_text())
    assert sorted(from_folder(tmp_path).files) == [
        "assets/a.js", "assets/tmp/kept.js", "manifest.json",
    ]  # fmt: skip


def test_each_helpdesk_s_app_has_a_folder() -> None:
    """What the command offers is there."""
    for name in KINDS:
        assert (FOLDER / name / "manifest.json").is_file()


def test_a_translation_that_is_no_json_stops_the_making() -> None:
    """No words are written from a file that cannot be read."""
    with pytest.raises(ValueError, match="Expecting"):
        made(with_files({"translations/fr.json": b"{"}))
