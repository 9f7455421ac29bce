"""Zendesk's rules for ``translations/*.json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, mapping, read
from integration.manifest.zendesk_locations import PLACES, places
from integration.manifest.zendesk_manifest import LOCALE

ENGLISH: Final = "translations/en.json"
_PUBLIC: Final = ("name", "short_description", "long_description", "installation_instructions")


def files(package: Package) -> dict[str, str]:
    """The files of translations, and the locales that they are named for."""
    found = [path for path in package.files if path.startswith("translations/")]
    return {
        path: path.removeprefix("translations/").removesuffix(".json")
        for path in found
        if path.endswith(".json") and path.count("/") == 1
    }


def check(manifest: Object, package: Package) -> Iterator[Problem]:
    """Each file's name and shape; and in the English one, what the Marketplace shows."""
    for path, locale in files(package).items():
        if not LOCALE.fullmatch(locale):
            expected = "named for a locale such as en or pt-BR"
            yield Problem("translation.invalid_locale", path, locale, expected)
        try:
            found = read(package.files[path]).value
        except ValueError as error:
            yield Problem("translation.not_json", path, str(error), "JSON is expected")
            continue
        if not isinstance(found, dict):
            yield Problem("translation.not_json_object", path, found, "an object is expected")
            continue
        app = mapping(found.get("app"))
        yield from labels(path, app)
        yield from leaves(path, found)
        if path == ENGLISH:
            yield from shown(path, app, manifest)


def labels(path: str, app: Object) -> Iterator[Problem]:
    """What is said of a parameter is an object, and has a label."""
    for name, one in mapping(app.get("parameters")).items():
        if not isinstance(one, dict) or "label" not in one:
            key = "translation.missing_required_key_on_leaf"
            yield Problem(key, path, f"app.parameters.{name}", "an object with a label")


def leaves(path: str, found: Object) -> Iterator[Problem]:
    """In a file for Zendesk's own translators (``app.package``), every text has a title too."""
    if not mapping(found.get("app")).get("package"):
        return

    def wrong(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("translation.invalid_format", path, at, "title and value are expected")
        elif set(value) == {"title", "value"} and all(isinstance(v, str) for v in value.values()):
            return
        else:
            for key, inner in value.items():
                if (at, key) != ("app", "package"):
                    yield from wrong(inner, f"{at}.{key}" if at else key)

    yield from wrong(found, "")


def shown(path: str, app: Object, manifest: Object) -> Iterator[Problem]:
    """What the Marketplace shows: a name; of an app for everybody, descriptions too. Once for the
    whole app, or once for each of its products."""
    needed = ("name",) if manifest.get("private", True) else _PUBLIC
    products = [name for name in app if name in PLACES]
    known = {product for product, _, _ in places(manifest)}
    if any(product not in known for product in products):
        key = "translation.products_do_not_match_manifest_products"
        yield Problem(key, path, products, f"the app's products are {', '.join(sorted(known))}")
    for product in products or [""]:
        texts = mapping(app.get(product)) if product else app
        there = {"short_description" if key == "description" else key for key in texts}
        key = "translation.missing_required_key" + ("_for_product" if product else "")
        for name in (name for name in needed if name not in there):
            at = f"app.{product}.{name}" if product else f"app.{name}"
            yield Problem(key, path, at, "it must be there")
