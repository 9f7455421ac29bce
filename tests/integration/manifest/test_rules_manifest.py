"""Zendesk's rules for manifest.json, each broken once in a copy of the app."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integration.manifest.packages import Package
from integration.manifest.zendesk_checks import by_zendesk, check
from tests.integration.manifest.sample import (
    Change,
    added,
    good,
    setting,
    with_files,
    with_json,
    without,
)

FILE = "manifest.json"
PLACE = ("location", "support", "ticket_sidebar")


def parameter(**attributes: Any) -> Change:
    """A fourth parameter."""

    def change(manifest: Any) -> None:
        manifest["parameters"].append({"name": "more", "type": "text", **attributes})

    return change


def alone(**attributes: Any) -> Change:
    """The app as one without a place of its own."""

    def change(manifest: Any) -> None:
        del manifest["location"], manifest["frameworkVersion"]
        manifest.update(attributes)

    return change


OAUTH = {"client_id": "a", "client_secret": "b", "authorize_uri": "c", "access_token_uri": "d"}
BROKEN: list[tuple[str, Change]] = [
    ("manifest_keys.missing", without("author")),
    ("manifest_keys.missing", without("defaultLocale")),
    ("manifest_keys.missing", without("location")),
    ("manifest_keys.missing", setting("location", to={})),
    ("manifest_keys.missing", without("frameworkVersion")),
    ("invalid_version", setting("frameworkVersion", to="2.1")),
    ("invalid_version", setting("frameworkVersion", to=2.0)),
    ("no_location_required", setting("requirementsOnly", to=True)),
    ("no_framework_version_required", setting("requirementsOnly", to=True)),
    ("unacceptable_boolean", setting("private", to="false")),
    ("unacceptable_boolean", setting("signedUrls", to=0)),
    ("unacceptable_boolean", setting("singleInstall", to=None)),
    ("unacceptable_boolean", setting("parameters", 0, "required", to="true")),
    ("unacceptable_string", setting("version", to=1)),
    ("unacceptable_string", setting("author", "email", to=["a"])),
    ("unacceptable_hash", setting("experiments", to=["hashParams"])),
    ("invalid_experiment", setting("experiments", to={"teleport": True})),
    ("unacceptable_array_of_strings", setting("domainWhitelist", to="example.com")),
    ("unacceptable_array_of_strings", setting("domainWhitelist", to=[1])),
    ("no_template_deprecated_in_v2", setting("noTemplate", to=True)),
    ("invalid_url", setting("termsConditionsURL", to="example.com/terms")),
    ("invalid_url", setting("author", "url", to="https://")),
    ("invalid_default_locale", setting("defaultLocale", to="pt_BR")),
    ("missing_translation_file", setting("defaultLocale", to="nl")),
    ("locations_must_be_urls", setting("location", to=["ticket_sidebar"])),
    ("invalid_host", setting("location", "guide", to={"modal": {"url": "https://example.com"}})),
    ("invalid_location", setting("location", "support", "left_bar", to={"url": "https://a.b"})),
    ("invalid_location_uri", setting(*PLACE, "url", to="assets/lost.html")),
    ("invalid_location_uri", setting(*PLACE, "url", to="panel.html")),
    ("invalid_location_uri", setting(*PLACE, "url", to="http://example.com/panel")),
    ("blank_location_uri", setting(*PLACE, "url", to="")),
    ("invalid_location_flexible_type", setting(*PLACE, "flexible", to="yes")),
    ("parameters_not_an_array", setting("parameters", to={})),
    ("unacceptable_array", setting("parameters", to={})),
    ("duplicate_parameters", parameter(name="installation")),
    ("name_as_parameter_name", parameter(name="name")),
    ("invalid_type_parameter", parameter(type="password")),
    ("invalid_type_parameter", parameter(type="dropdown")),
    ("invalid_hidden_parameter", parameter(type="hidden", required=True)),
    (
        "too_many_oauth_parameters",
        lambda m: m["parameters"].extend({"name": n, "type": "oauth"} for n in "ab"),
    ),
    ("oauth_parameter_cannot_be_secure", parameter(type="oauth", secure=True)),
    ("oauth_keys.missing", setting("oauth", to={"client_id": "a"})),
    ("oauth_parameter_required", setting("oauth", to=OAUTH)),
    ("field_requires_secure_parameter", parameter(scopes=["header"])),
    ("field_cannot_be_empty", parameter(secure=True, scopes=[])),
    ("field_contains_invalid_values", parameter(secure=True, scopes=["cookie"])),
    ("no_parameters_required", alone(marketingOnly=True)),
    ("marketing_only_app_cant_be_private", alone(marketingOnly=True, private=True)),
    ("requirements_not_supported", alone(marketingOnly=True)),
]
WARNED: list[tuple[str, Change]] = [
    ("insecure_token_parameter_in_manifest", parameter(name="api_token")),
    ("default_secure_or_hidden_parameter_in_manifest", parameter(type="hidden", default="x")),
    ("secure_parameters_with_no_scopes_in_manifest", parameter(secure=True)),
]


@pytest.mark.parametrize(("key", "change"), BROKEN)
def test_what_zendesk_refuses_is_found(key: str, change: Change) -> None:
    """A manifest that breaks the rule is told so by Zendesk's name of the error."""
    found = [one for one in added(with_json(FILE, change)) if one.key == key]
    assert found
    assert {one.level for one in found} == {"error"}
    assert all(one.expected for one in found)


@pytest.mark.parametrize(("key", "change"), WARNED)
def test_what_zendesk_warns_of_is_a_warning(key: str, change: Change) -> None:
    """It is told, and does not make the app unfit."""
    found = [one for one in added(with_json(FILE, change)) if one.key == key]
    assert {one.level for one in found} == {"warning"}


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://example.com/panel", True),
        ("http://localhost:4567/panel.html", True),
        ("{{setting.service_url}}/panel", True),
        ("assets/panel.html?at=sidebar", True),
        ("assets/panel.html.html", False),
        ("http://[", False),
    ],
)
def test_where_a_place_may_lead(url: str, fits: bool) -> None:
    """An https address, this machine, an asset that is there, or what a setting says."""
    found = by_zendesk(with_json(FILE, setting(*PLACE, "url", to=url)))
    assert ("invalid_location_uri" in {one.key for one in found}) is not fits


def test_a_place_may_be_given_as_its_address_alone() -> None:
    """Zendesk takes the address in the place of the options."""
    fine = with_json(FILE, setting(*PLACE, to="assets/panel.html"))
    assert not [one for one in by_zendesk(fine) if one.level == "error"]
    lost = with_json(FILE, setting(*PLACE, to="assets/lost.html"))
    assert "invalid_location_uri" in {one.key for one in by_zendesk(lost)}


def test_nothing_needs_to_be_loaded_where_the_app_loads_nothing() -> None:
    """Without an address only with autoLoad false."""
    package = with_json(FILE, setting(*PLACE, to={"autoLoad": False}))
    assert "blank_location_uri" not in {one.key for one in by_zendesk(package)}


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ({"manifest.json": None}, "missing_manifest"),
        ({"manifest.json": None, "app/manifest.json": b"{}"}, "nested_manifest"),
        ({"manifest.json": b"{"}, "manifest_not_json"),
        ({"manifest.json": b"\xff\xfe"}, "manifest_not_json"),
        ({"manifest.json": b"[]"}, "manifest_not_json"),
    ],
)
def test_without_a_manifest_nothing_else_is_said(files: dict[str, bytes | None], key: str) -> None:
    """What the manifest would say cannot be judged."""
    assert [one.key for one in check(with_files(files))] == [key]


def test_a_key_that_stands_twice_is_found_at_any_depth() -> None:
    """And what else is wrong is told beside."""
    text = good().text("manifest.json")
    twice = text.replace('"flexible": true', '"flexible": true, "flexible": "no"', 1)
    found = added(with_files({"manifest.json": twice.encode()}))
    assert {"duplicate_manifest_keys", "invalid_location_flexible_type"} <= {o.key for o in found}
    assert [one.value for one in found if one.key == "duplicate_manifest_keys"] == ["flexible"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Nobody mends one thing to hear of the next; and where, what and why are in the words."""

    def change(manifest: Any) -> None:
        manifest["frameworkVersion"] = "1.0"
        manifest["private"] = "no"
        manifest["parameters"][0]["type"] = "password"

    found = added(with_json(FILE, change))
    assert {"invalid_version", "unacceptable_boolean", "invalid_type_parameter"} <= {
        one.key for one in found
    }
    told = str(next(one for one in found if one.key == "invalid_version"))
    assert told == 'manifest.json: 1.0: frameworkVersion must be "2.0" [invalid_version]'


@pytest.mark.parametrize(
    "odd", [{"location": 3}, {"location": {"support": 3}}, {"parameters": [3]}, {"author": "me"}]
)
def test_no_shape_is_too_odd_to_be_judged(odd: dict[str, Any]) -> None:
    """Whatever stands where an object should, the checker answers."""
    check(with_json(FILE, lambda manifest: manifest.update(odd)))
    check(Package({"manifest.json": json.dumps(odd).encode(), "requirements.json": b"[]"}))


def test_an_app_of_requirements_alone_needs_them_and_has_no_source() -> None:
    """Zendesk's rules for the app that shows itself nowhere."""
    package = with_json(FILE, alone(requirementsOnly=True))
    files = {**package.files, "app.js": b"", "lib/a.js": b""}
    del files["requirements.json"]
    found = {one.key for one in by_zendesk(Package(files))}
    assert {"missing_requirements", "no_source_required_apps"} <= found
