"""Rules for translations: Zendesk's, and that all our languages say the same things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integration.manifest.house_texts import LANGUAGES, texts
from integration.manifest.problems import errors
from tests.integration.manifest.sample import (
    Change,
    added,
    good,
    keys,
    setting,
    with_files,
    with_json,
    without,
)

EN, DE = "translations/en.json", "translations/de.json"


def product(name: str) -> Change:
    """What the Marketplace shows, said of one product and not of the app."""

    def change(given: Any) -> None:
        texts = ("name", "short_description", "long_description", "installation_instructions")
        given["app"][name] = {text: given["app"].pop(text) for text in texts}

    return change


BROKEN: list[tuple[str, str, Change]] = [
    ("translation.not_json_object", EN, lambda _: []),
    ("translation.missing_required_key", EN, without("app", "name")),
    ("translation.missing_required_key", EN, without("app", "short_description")),
    ("translation.missing_required_key", EN, without("app", "long_description")),
    ("translation.missing_required_key", EN, without("app", "installation_instructions")),
    ("translation.products_do_not_match_manifest_products", EN, product("sell")),
    (
        "translation.missing_required_key_for_product",
        EN,
        setting("app", "support", to={"name": "a"}),
    ),
    (
        "translation.missing_required_key_on_leaf",
        DE,
        without("app", "parameters", "service_url", "label"),
    ),
    (
        "translation.missing_required_key_on_leaf",
        DE,
        setting("app", "parameters", "service_url", to="Adresse"),
    ),
    ("translation.invalid_format", DE, setting("app", "package", to="warranty_desk")),
    ("house.untranslated", DE, without("app", "long_description")),
    ("house.unknown_text", DE, setting("app", "slogan", to="Garantiert.")),
    ("house.empty_text", DE, setting("app", "name", to=" ")),
    ("house.empty_text", EN, setting("app", "name", to=7)),
    ("house.placeholders", DE, setting("app", "name", to="Warranty Desk {count}")),
    ("house.setting_text", DE, without("app", "parameters", "app_secret", "helpText")),
    ("house.setting_text", EN, without("app", "parameters", "installation")),
    ("house.setting_text", DE, setting("app", "parameters", "colour", to={"label": "Farbe"})),
    ("house.too_long", EN, setting("app", "name", to="W" * 41)),
    ("house.too_long", DE, setting("app", "short_description", to="w" * 81)),
    ("house.too_long", EN, setting("app", "long_description", to="w" * 65_001)),
]


@pytest.mark.parametrize(("key", "path", "change"), BROKEN)
def test_what_is_wrong_with_a_translation_is_found(key: str, path: str, change: Change) -> None:
    """In the file that breaks the rule, by the error's name."""
    found = [one for one in added(with_json(path, change)) if one.key == key]
    assert path in {one.file for one in found}
    assert {one.level for one in found} == {"error"}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("translations/pt_BR.json", "translation.invalid_locale"),
        ("translations/english.json", "translation.invalid_locale"),
    ],
)
def test_a_file_is_named_for_a_locale(path: str, key: str) -> None:
    """Zendesk looks for en and pt-BR, not for pt_BR."""
    assert key in keys(added(with_files({path: b'{"app": {}}'})))
    fine = with_files({"translations/pt-BR.json": b'{"app": {}}'})
    assert "translation.invalid_locale" not in keys(added(fine))


def test_what_is_no_json_is_named() -> None:
    """And nothing else is said of that file by Zendesk."""
    found = added(with_files({DE: b"{"}))
    assert [one.key for one in found if one.file == DE] == ["translation.not_json"]


def test_each_language_has_a_file() -> None:
    """A language that lost its file is missed."""
    found = added(with_files({"translations/fr.json": None}))
    # The warning of words such as pass names one file fewer than before.
    wrong = [(one.key, one.value) for one in found if one.key != "generic_secrets"]
    assert wrong == [("house.language", "fr")]


def test_a_private_app_needs_no_more_than_a_name() -> None:
    """Only what everybody may install is described in the Marketplace."""
    files = {
        "manifest.json": json.dumps({**json.loads(good().files["manifest.json"]), "private": True}),
        EN: json.dumps({"app": {"name": "Warranty Desk"}}),
    }
    package = with_files({path: text.encode() for path, text in files.items()})
    assert "translation.missing_required_key" not in keys(added(package))


def test_a_language_has_the_plurals_that_it_has() -> None:
    """French may have a form of its own, and one that says the number as a word; but no form may
    ask for what is not given."""
    english, french = json.loads(good().files[EN]), json.loads(good().files["translations/fr.json"])
    english["panel"] |= {"odd.one": "1 day", "odd.other": "{count} days"}
    forms = {"odd.one": "un jour", "odd.many": "{count} de jours", "odd.other": "{count} jours"}

    def found(**more: str) -> set[tuple[str, str]]:
        french["panel"] |= forms | more
        others = {
            f"translations/{one}.json": json.loads(good().files[f"translations/{one}.json"])
            for one in LANGUAGES
            if one not in ("en", "fr")
        }
        for other in others.values():
            other["panel"] |= {"odd.one": "1", "odd.other": "{count}"}
        files = {**others, EN: english, "translations/fr.json": french}
        package = with_files({path: json.dumps(given).encode() for path, given in files.items()})
        return {(one.key, one.file) for one in errors(added(package)) if one.file in files}

    assert not found()
    assert found(**{"odd.many": "{days} jours"}) == {("house.placeholders", "translations/fr.json")}


def test_the_app_speaks_five_languages_in_full() -> None:
    """Each of them has every text, with something in it."""
    english = texts(good(), "en")
    assert english
    for language in LANGUAGES:
        given = texts(good(), language)
        assert given is not None
        assert english.keys() <= given.keys()
        assert all(str(value).strip() for value in given.values())
    assert texts(good(), "zh-CN") != english
