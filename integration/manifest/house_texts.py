"""What this project asks of a package's translations: all five languages say the same things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, flat, mapping, objects, read

LANGUAGES: Final = ("en", "de", "fr", "es", "zh-CN")
SHORT: Final = 80
LONG: Final = 65_000
NAME: Final = 40
"""The most letters that the Marketplace takes."""
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PLURAL: Final = re.compile(r"\.(zero|one|two|few|many)$")


def texts(package: Package, language: str) -> dict[str, object] | None:
    """A language's texts by their path in its file; None where there is no such file."""
    path = f"translations/{language}.json"
    try:
        return flat(read(package.files[path]).value)
    except (KeyError, ValueError):
        return None


def languages(manifest: Object, package: Package) -> Iterator[Problem]:
    """A file for each of our languages."""
    for language in LANGUAGES:
        path = f"translations/{language}.json"
        if path not in package.files:
            yield Problem("house.language", path, language, "it must be there")


def complete(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each language has every text of the English file, none beside, and none that is empty. A
    language may have forms of a plural that English has not."""
    english = texts(package, "en") or {}
    for language, given in _translated(package):
        path = f"translations/{language}.json"
        for key in english.keys() - given.keys():
            yield Problem("house.untranslated", path, key, "translate it, as in en.json")
        for key in given.keys() - english.keys():
            if _PLURAL.sub(".other", key) not in english:
                yield Problem("house.unknown_text", path, key, "en.json has no such text")
    for language, given in [("en", english), *_translated(package)]:
        for key, value in given.items():
            # An object without anything in it is a leaf too.
            if not isinstance(value, str) or not value.strip():
                path = f"translations/{language}.json"
                yield Problem("house.empty_text", path, key, "a text is expected")


def placeholders(manifest: Object, package: Package) -> Iterator[Problem]:
    """What is filled in is the same everywhere; of a plural's forms some may do without."""
    english = texts(package, "en") or {}
    for language, given in _translated(package):
        for key, value in given.items():
            model = english.get(key, english.get(_PLURAL.sub(".other", key)))
            if not isinstance(value, str) or not isinstance(model, str):
                continue
            ours, theirs = set(_PLACEHOLDER.findall(value)), set(_PLACEHOLDER.findall(model))
            if _PLURAL.search(key):
                whole = english.get(_PLURAL.sub(".other", key), model)
                fits = ours <= set(_PLACEHOLDER.findall(str(whole)))
            else:
                fits = ours == theirs
            if not fits:
                path, wanted = f"translations/{language}.json", ", ".join(sorted(theirs)) or "none"
                yield Problem("house.placeholders", path, f"{key}: {value}", f"{wanted} expected")


def settings(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each setting is named and explained, and nothing that is none."""
    names = {str(one.get("name")) for one in objects(manifest.get("parameters"))}
    for language in LANGUAGES:
        path, given = f"translations/{language}.json", texts(package, language)
        if given is None:
            continue
        for name in sorted(names):
            for word in ("label", "helpText"):
                if f"app.parameters.{name}.{word}" not in given:
                    value = f"app.parameters.{name}.{word}"
                    yield Problem("house.setting_text", path, value, "it must be there")
        said = {key.split(".")[2] for key in given if key.startswith("app.parameters.")}
        for name in sorted(said - names):
            yield Problem("house.setting_text", path, name, "manifest.json has no such parameter")


def lengths(manifest: Object, package: Package) -> Iterator[Problem]:
    """What the Marketplace shows is not too long for it, in any language."""
    for language in LANGUAGES:
        given: Mapping[str, object] = texts(package, language) or {}
        for key, most in (
            ("name", NAME),
            ("short_description", SHORT),
            ("long_description", LONG),
            ("installation_instructions", LONG),
        ):
            value = given.get(f"app.{key}")
            if isinstance(value, str) and len(value) > most:
                path = f"translations/{language}.json"
                found = f"app.{key}: {len(value)} letters"
                yield Problem("house.too_long", path, found, f"at most {most}")


def panel(package: Package, language: str) -> Object:
    """The sidebar's own words in a language: what ``assets/words/`` holds."""
    path = f"translations/{language}.json"
    return mapping(mapping(read(package.files[path]).value).get("panel"))


def _translated(package: Package) -> list[tuple[str, dict[str, object]]]:
    found = ((language, texts(package, language)) for language in LANGUAGES if language != "en")
    return [(language, given) for language, given in found if given is not None]


RULES: Final = (languages, complete, placeholders, settings, lengths)
