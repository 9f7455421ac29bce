"""Rules for files: what Zendesk does not take, and what this project asks of code and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integration.manifest.house_code import MOST, loaded_bytes
from integration.manifest.packages import Package, from_folder
from integration.manifest.problems import errors
from integration.manifest.zendesk_checks import check
from integration.manifest.zendesk_files import png_size
from tests.integration.manifest.sample import added, good, keys, setting, with_files, with_json

PAGE, MAIN = "assets/panel.html", "assets/panel/main.js"


def png(width: int, height: int, kind: int = 6) -> bytes:
    """The beginning of a PNG."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + size + bytes([8, kind, 0, 0, 0])


def page(more: str) -> dict[str, bytes | None]:
    return {PAGE: good().files[PAGE] + more.encode()}


def script(more: str) -> dict[str, bytes | None]:
    return {MAIN: good().files[MAIN] + b"\n" + more.encode()}


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18">'
Files = Mapping[str, bytes | None]
BROKEN: list[tuple[str, Files]] = [
    *(
        ("unsupported_mime_type_detected", {f"assets/a.{kind}": b"x"})
        for kind in ("zip", "PDF", "docx", "sh", "7z", "mp3", "bin")
    ),
    *(
        ("unsupported_mime_type_detected", {"assets/a.txt": begin + b" more of it"})
        for begin in (b"PK\x03\x04", b"%PDF-1.7", b"\x1f\x8b", b"Rar!", b"RIFF\x00\x00\x00\x00AVI ")
    ),
    ("banner.invalid_format", {"assets/banner.png": b"GIF89a"}),
    ("banner.invalid_size", {"assets/banner.png": png(830, 201)}),
    ("house.logo", {"assets/logo.png": None}),
    ("house.logo", {"assets/logo.svg": None}),
    ("house.logo", {"assets/logo.png": png(321, 320)}),
    ("house.logo", {"assets/logo-small.png": png(320, 320)}),
    ("house.logo", {"assets/logo-small.png": png(128, 128, kind=2)}),
    ("house.icon", {"assets/icon_nav_bar.svg": None}),
    ("house.icon", {"assets/icon_nav_bar.svg": f'{SVG}<path fill="#123456"/></svg>'.encode()}),
    ("house.icon", {"assets/icon_nav_bar.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>'}),
    ("house.svg", {"assets/logo.svg": f"{SVG}<script/></svg>".encode()}),
    ("house.svg", {"assets/logo.svg": f'{SVG}<use href="https://a.b/c"/></svg>'.encode()}),
    ("house.svg", {"assets/logo.svg": f'{SVG}<g onload="a()"/></svg>'.encode()}),
    *(
        ("house.markup", script(code))
        for code in (
            "box.innerHTML = text;",
            "box.outerHTML = text;",
            'box["innerHTML"] = text;',
            "frame.srcdoc = text;",
            'box.insertAdjacentHTML("beforeend", text);',
            "document.write(text);",
            "eval(text);",
            "new Function(text)();",
            'setTimeout("run()", 1);',
            "range.createContextualFragment(text);",
        )
    ),
    ("house.inline_script", page("<script>run()</script>")),
    ("house.inline_script", page('<p onclick="run()">')),
    ("house.http", script('const far = "http://example.com/a";')),
    ("house.http", page('<a href="http://example.com/a">a</a>')),
    ("house.elsewhere", page('<script src="https://cdn.example.com/a.js"></script>')),
    ("house.elsewhere", page('<script src="//cdn.example.com/a.js"></script>')),
    ("house.elsewhere", page('<link rel="stylesheet" href="https://fonts.example.com/a.css">')),
    ("house.elsewhere", page('<img src="https://example.com/a.png" alt="">')),
    ("house.elsewhere", script('import a from "https://cdn.example.com/a.js";')),
    ("house.elsewhere", script('const a = await import("https://cdn.example.com/a.js");')),
    ("house.elsewhere", {"assets/a.css": b'@import "https://fonts.example.com/a.css";'}),
    ("house.elsewhere", {"assets/a.css": b"p { background: url(https://example.com/a.png) }"}),
    ("house.missing_file", page('<script type="module" src="panel/lost.js"></script>')),
    ("house.missing_file", script('import { a } from "./lost.js";')),
    ("house.missing_file", script('import {\n  a,\n  b,\n} from "./lost.js";')),
    ("house.missing_file", script('import "./lost.js";')),
    ("house.too_large", script("// " + "x" * MOST)),
]
FINE: list[Files] = [
    {"assets/banner.png": png(830, 200)},
    {"assets/banner.png": png(1660, 400)},
    page('<script type="application/json">{"a": 1}</script>'),
    page('<!-- <script src="https://cdn.example.com/a.js"></script> -->'),
    script("// innerHTML is for those who trust strangers"),
    script('// import { a } from "./lost.js";'),
    script('const name = "http://www.w3.org/2000/svg";'),
    {"assets/a.css": b"p { background: url(data:image/png;base64,AAAA) }"},
]


@pytest.mark.parametrize(("key", "files"), BROKEN)
def test_what_is_wrong_with_a_file_is_found(key: str, files: Files) -> None:
    """By the error's name, in the file that has it."""
    found = [one for one in check(with_files(files)) if one.key == key]
    assert found
    assert {one.level for one in found} == {"error"}
    assert {str(one.file).partition(":")[0] for one in found} & {*files, PAGE}


@pytest.mark.parametrize("files", FINE)
def test_what_is_right_is_not_found_fault_with(files: Files) -> None:
    """Rules go by what a file does, not by a word in it."""
    found = keys(errors(added(with_files(files))))
    assert not found - {"house.too_large"}  # which counts what was added here


@pytest.mark.parametrize(
    ("key", "files"),
    [
        ("sanitised_svg", {"assets/a.svg": f'{SVG}<g onload="a()"/></svg>'.encode()}),
        (
            "sanitised_svg",
            {"assets/a.svg": f'{SVG}<image href="data:image/png;a"/></svg>'.encode()},
        ),
        ("insecure_http_request", script('const far = "http://example.com/a";')),
        ("application_secret", {"assets/a.js": b"-----BEGIN RSA PRIVATE KEY-----"}),
        ("application_secret", {"assets/a.json": b'{"app_secret": "0123456789abcdef"}'}),
        ("application_secret", {"assets/a.json": b'{"token": "0123456789abcdef"}'}),
        ("generic_secrets", {"assets/a.html": b"username"}),
    ],
)
def test_what_zendesk_warns_of_is_a_warning(key: str, files: Files) -> None:
    """It is told, and does not make the app unfit by itself."""
    found = [one for one in added(with_files(files)) if one.key == key]
    assert {one.level for one in found} == {"warning"}


def test_a_module_is_counted_once_however_often_it_is_loaded() -> None:
    """What a page loads is its own size and that of each module, style and what they load."""
    files = {
        "p.html": b'<link rel="stylesheet" href="a.css"><script type="module" src="./m/a.js?v=1">',
        "a.css": b"p {}",
        "m/a.js": b'import "./b.js"; import "../m/b.js";',
        "m/b.js": b'import { a } from "./a.js";',
        "m/unused.js": b"x" * 1000,
    }
    expected = sum(len(data) for path, data in files.items() if path != "m/unused.js")
    assert loaded_bytes(Package(files), "p.html") == expected


def test_what_the_sidebar_needs_of_the_manifest() -> None:
    """Its three settings; of which an admin is asked for the address alone; the secret signs and
    does nothing else; assets are not opened by signed requests, and pages of the service are."""
    place = ("location", "support")
    changes: list[tuple[str, Any]] = [
        ("house.setting", lambda m: m["parameters"].pop()),
        ("house.setting", setting("parameters", 1, "required", to=True)),
        ("house.setting", setting("parameters", 0, "required", to=False)),
        ("house.setting", setting("parameters", 2, "secure", to=False)),
        ("house.setting", setting("parameters", 2, "scopes", to=["jwt_secret_key", "header"])),
        ("house.signed", setting("signedUrls", to=True)),
        ("house.signed", setting(*place, "ticket_sidebar", "signed", to=True)),
        ("house.signed", setting(*place, "nav_bar", "signed", to=False)),
    ]
    for key, change in changes:
        assert key in keys(added(with_json("manifest.json", change)))


def test_links_are_found_and_not_followed(tmp_path: Any) -> None:
    """Zendesk refuses them, and what they lead to is nobody's business."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "manifest.json").write_bytes(good().files["manifest.json"])
    (tmp_path / "assets" / "panel.html").symlink_to("/etc/hostname")
    package = from_folder(tmp_path)
    assert package.links == ("assets/panel.html",)
    assert "assets/panel.html" not in package.files
    assert "symlink_in_zip" in keys(check(package))


def test_a_pattern_that_is_read_in_two_ways_is_named(tmp_path: Any) -> None:
    """zcli and we must leave out the same files."""
    (tmp_path / "manifest.json").write_bytes(good().files["manifest.json"])
    (tmp_path / ".zcliignore").write_text(
        "# a comment\n\nassets/*.map\n!assets/keep.map\n[ab].js\n"
    )
    package = from_folder(tmp_path)
    assert package.unclear == ("!assets/keep.map", "[ab].js")
    assert "house.zcliignore" in keys(check(package))


def test_a_png_tells_its_size() -> None:
    """And what is none has none."""
    assert png_size(png(3, 4)) == (3, 4)
    assert png_size(b"GIF89a") is None
