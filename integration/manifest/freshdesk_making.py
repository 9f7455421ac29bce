"""What of the Freshdesk app is made: the sidebar, which is the Zendesk app's.

Markup, style, modules and words are copied as they stand there. Not copied is ``panel/desk.js``,
the one module that knows the helpdesk's window: there is another one for Freshdesk. The page
differs in three addresses: Freshworks wants its own folders, and fills in where its client is. The
words differ where Freshdesk's own are others (``freshdesk_words``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import integration
from integration.manifest import freshdesk_words, house_texts
from integration.manifest.house_zendesk import SDK
from integration.manifest.packages import Package, from_folder

SOURCE: Final = Path(integration.__file__).parents[1] / "manifest" / "zendesk"
APPCLIENT: Final = "{{{appclient}}}"
DESK: Final = "app/scripts/panel/desk.js"
PAGE: Final = "app/index.html"
ICON: Final = "app/styles/images/icon.svg"
OWNED: Final = ("app/scripts/", "app/styles/")
"""Folders in which nothing lies but what is made, and ``DESK``."""

_ADDRESSES: Final = (
    (f'src="{SDK}"', f'src="{APPCLIENT}"'),
    ('href="panel.css"', 'href="styles/panel.css"'),
    ('src="panel/main.js"', 'src="scripts/panel/main.js"'),
)


def made(package: Package) -> dict[str, bytes]:
    """The files that are made, by their paths, whatever the package holds. ValueError where the
    Zendesk app is not there, or is not as it is expected."""
    if not SOURCE.is_dir():
        raise ValueError(f"{SOURCE} is not there: the sidebar is copied from the Zendesk app")
    return shared(from_folder(SOURCE))


def shared(zendesk: Package) -> dict[str, bytes]:
    """The Zendesk app's sidebar, by the paths that it has in the Freshdesk app."""
    modules = (path for path in zendesk.ending(".js") if path.startswith("assets/panel/"))
    found = {path.replace("assets/", "app/scripts/", 1): zendesk.files[path] for path in modules}
    found.pop(DESK, None)
    for language in house_texts.LANGUAGES:
        words = freshdesk_words.words(house_texts.panel(zendesk, language), language)
        text = json.dumps(words, ensure_ascii=False, indent=2)
        found[f"app/scripts/words/{language}.json"] = f"{text}\n".encode()
    found["app/styles/panel.css"] = zendesk.files["assets/panel.css"]
    found[ICON] = zendesk.files["assets/logo.svg"]
    found[PAGE] = _page(zendesk.text("assets/panel.html")).encode()
    return found


def _page(text: str) -> str:
    for theirs, ours in _ADDRESSES:
        if text.count(theirs) != 1:
            raise ValueError(f"assets/panel.html: {theirs} is expected, once")
        text = text.replace(theirs, ours)
    return text
