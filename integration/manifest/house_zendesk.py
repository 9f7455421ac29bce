"""What this project asks of its Zendesk app beyond Zendesk's validator: pictures, settings, code.

Two doubts about Zendesk stand here, and nowhere else.

*Is a place's own ``signed`` honoured?* The page in the navigation bar is ours and has to know who
opens it: it is opened by a signed POST. The sidebar's pages are assets, which are fetched by GET.
So ``signedUrls``, which holds for the whole app, is off, and ``signed`` is on for that one place.
Zendesk's validator knows the option of a place, and lets it beat the app's; its documentation
tells of the app's alone. Were it not honoured, a GET without a token would lead to the page for
connecting, and an admin would open the set-up page in a tab of its own.

*May ``domainWhitelist`` name a setting?* Zendesk's proxy sends secure settings to the hosts in it
alone, and one who reviews apps refuses those without it. A service of one's own is at a host that
is not known here. ``{{setting.service_url}}`` passes the validator, and people who tried the like
report that the proxy answers "Invalid request". So the host is written into the list when the app
is packed for a service (``warranty manifest --zip FILE --service URL``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from integration.manifest import house_code
from integration.manifest.packages import Package
from integration.manifest.problems import Problem
from integration.manifest.reading import Object, objects
from integration.manifest.zendesk_files import png_size
from integration.manifest.zendesk_locations import places
from integration.manifest.zendesk_manifest import FILE

SDK: Final = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
_LOGOS: Final = {"assets/logo.png": 320, "assets/logo-small.png": 128}
_ICONS: Final = ("top_bar", "nav_bar", "system_top_bar", "ticket_editor")
_COLOUR: Final = re.compile(r"(?:fill|stroke|color)\s*[=:]\s*[\"']?\s*([^\"';\s>]+)", re.I)


def logos(manifest: Object, package: Package) -> Iterator[Problem]:
    """The logos that Zendesk shows, in the sizes it shows; the small one may be seen through."""
    for path, side in _LOGOS.items():
        data = package.files.get(path)
        if data is None:
            yield Problem("house.logo", path, path, "it must be there")
        elif png_size(data) != (side, side):
            yield Problem("house.logo", path, png_size(data), f"a PNG of {side} x {side}")
        elif path.endswith("small.png") and (data[24], data[25]) != (8, 6):
            expected = "24 bits of colour and transparency"
            yield Problem("house.logo", path, f"{data[24]} bits, type {data[25]}", expected)
    if "assets/logo.svg" not in package.files:
        yield Problem("house.logo", "assets/logo.svg", "assets/logo.svg", "it must be there")


def icons(manifest: Object, package: Package) -> Iterator[Problem]:
    """A drawing for each place that is opened by an icon, in the colour of what is around it."""
    for _, name, _options in places(manifest):
        path = f"assets/icon_{name}.svg"
        if name not in _ICONS:
            continue
        if path not in package.files:
            yield Problem("house.icon", path, path, "it must be there")
            continue
        text = package.text(path)
        if "viewBox" not in text:
            yield Problem("house.icon", path, "viewBox", "it must be there")
        for colour in _COLOUR.findall(text):
            if colour not in ("currentColor", "none", "inherit"):
                yield Problem("house.icon", path, colour, "currentColor: Zendesk colours it")


def clean(manifest: Object, package: Package) -> Iterator[Problem]:
    """Drawings hold nothing that runs, and nothing from elsewhere."""
    for path in package.ending(".svg"):
        pattern = r"<(?:script|foreignObject|image|iframe)\b|\bon\w+\s*=|href\s*=\s*[\"'](?!#)"
        if found := re.search(pattern, package.text(path), re.I):
            yield Problem("house.svg", path, found[0], "shapes alone")


def settings(manifest: Object, package: Package) -> Iterator[Problem]:
    """What the sidebar's requests rest on; and an admin who installs the app knows its address
    alone, so that nothing else may be asked for then."""
    given = {str(one.get("name")): one for one in objects(manifest.get("parameters"))}
    for needed in ("service_url", "installation", "app_secret"):
        if needed not in given:
            yield Problem("house.setting", FILE, needed, "the sidebar needs this parameter")
    for name, one in given.items():
        if bool(one.get("required")) != (name == "service_url"):
            expected = "only service_url is known when the app is installed"
            yield Problem("house.setting", FILE, f"{name}: required", expected)
    secret = given.get("app_secret", {})
    if secret and (secret.get("secure") is not True or secret.get("scopes") != ["jwt_secret_key"]):
        expected = "app_secret is secure, and signs requests and nothing else (jwt_secret_key)"
        yield Problem("house.setting", FILE, "app_secret", expected)


def signed(manifest: Object, package: Package) -> Iterator[Problem]:
    """Pages of ours are opened by signed requests, assets are not; see the module."""
    if manifest.get("signedUrls"):
        yield Problem("house.signed", FILE, "signedUrls", "assets are fetched by GET: leave it out")
    for _, name, options in places(manifest):
        asset = str(options.get("url", "")).startswith("assets/")
        if bool(options.get("signed")) == asset:
            expected = "signed is true for pages of the service, and for no asset"
            yield Problem("house.signed", FILE, name, expected)


def host(manifest: Object, package: Package) -> Iterator[Problem]:
    """Packed for a service, the app names its host; see the module."""
    if not manifest.get("domainWhitelist"):
        expected = "pack it with --service, so that Zendesk sends requests there"
        yield Problem("house.host", FILE, "domainWhitelist", expected, "warning")


def ignored(manifest: Object, package: Package) -> Iterator[Problem]:
    """What .zcliignore names is left out by zcli and by us alike."""
    for pattern in package.unclear:
        expected = "a path from the root, with *, ?, **/ or /** alone"
        yield Problem("house.zcliignore", ".zcliignore", pattern, expected)


def code(manifest: Object, package: Package) -> Iterator[Problem]:
    """See ``house_code``."""
    pages = [str(options.get("url", "")) for _, _, options in places(manifest)]
    yield from house_code.check(package, pages, [SDK])


RULES: Final = (logos, icons, clean, settings, signed, host, ignored, code)
