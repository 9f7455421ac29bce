"""What of the Zendesk app is made, and not written by hand.

``requirements.json``, which Zendesk puts into an account as the app is installed, from the
catalogue; ``assets/words/``, the sidebar's words as files that an iframe can load, from
``translations/``; and the version in manifest.json.

What is *not* in requirements.json, and why ``warranty install`` (or the set-up page) puts it in
place afterwards, which adopts by its title what is there already:

- **The webhook.** Its address ends with the installation's own name, and its signing secret is
  each installation's own. Neither is known when the app is packed.
- **Triggers and the automation.** They call the webhook, and they name fields: Zendesk gives both
  their numbers at installing. How a requirement refers to another is documented for neither.
- **Columns of ours in views**, and their order by the claim's deadline: these are numbers of
  fields too. The views here show what any view may; installing adds the columns to a view that
  is as it was made here.
- **The SLA policy, and fields on ticket forms**: no kinds of requirement.

One thing that Zendesk refuses keeps the whole app disabled. So only what is documented is here:
the bodies are those that ``install`` sends for the same things.
"""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import integration
from integration.helpdesks import Bindings
from integration.helpdesks.zendesk_admin import macro_actions
from integration.helpdesks.zendesk_compare import native_type
from integration.helpdesks.zendesk_rules import conditions_of
from integration.helpdesks.zendesk_wanted import FIELD, WantedField, WantedMacro, WantedView
from integration.manifest import house_texts
from integration.manifest.packages import Package
from integration.vendors.zendesk_things import wanted

REQUIREMENTS: Final = "requirements.json"
MANIFEST: Final = "manifest.json"


def made(package: Package) -> dict[str, bytes]:
    """The files that are made, by their paths, as they should be for this package's own manifest
    and translations. ValueError where one of those is no JSON."""
    found = {REQUIREMENTS: _json(requirements())}
    if MANIFEST in package.files:
        found[MANIFEST] = with_version(package.files[MANIFEST], version())
    for language in house_texts.LANGUAGES:
        if f"translations/{language}.json" in package.files:
            words = house_texts.panel(package, language)
            found[f"assets/words/{language}.json"] = _json(words)
    return found


def requirements() -> dict[str, dict[str, Any]]:
    """Ticket fields with their options, macros and views, in the bodies that Zendesk's own API
    takes for each (documented: "Specifying app requirements")."""
    # Neither the installation's name nor its address is used by what is taken from here.
    everything = wanted("", "")
    return {
        "ticket_fields": {_named(field.key): _field(field) for field in everything.fields},
        "macros": {_named(macro.key): _macro(macro) for macro in everything.macros},
        "views": {_named(view.key): _view(view) for view in everything.views},
    }


def with_version(manifest: bytes, number: str) -> bytes:
    """The manifest with a version, and otherwise as it stands, to the letter."""
    text = manifest.decode("utf-8")
    value = json.dumps(number)
    changed, found = re.subn(r'(?m)^(  "version":\s*)[^\n]*?(,?)$', rf"\g<1>{value}\2", text)
    if not found:
        raise ValueError(f'{MANIFEST}: a line with "version" is expected, indented by two')
    return changed.encode("utf-8")


def version() -> str:
    """This program's version: pyproject.toml's where it is run from its source."""
    path = Path(integration.__file__).parents[1] / "pyproject.toml"
    if path.is_file():
        found = re.search(r'(?m)^version = "([^"]+)"$', path.read_text("utf-8"))
        if found:
            return found[1]
    return metadata.version("warranty-desk")


def _named(key: str) -> str:
    return "warranty_" + re.sub(r"\W", "_", key)


def _field(field: WantedField) -> dict[str, Any]:
    """As ``zendesk_fields`` makes it: agents alone see it, and nobody has to fill it in."""
    shown: dict[str, Any] = {
        "type": native_type(field),
        "title": field.title,
        "description": field.description or field.title,
    }
    if field.type == "choice":
        shown["custom_field_options"] = [
            {"name": label, "value": option} for option, label in field.options
        ]
    if field.tag is not None:
        shown["tag"] = field.tag
    return shown


def _macro(macro: WantedMacro) -> dict[str, Any]:
    return {"title": macro.title, "actions": macro_actions(macro)}


def _view(view: WantedView) -> dict[str, Any]:
    """Without the columns that are fields of ours, and in the order of the tickets' age, which is
    that of their deadlines unless a claim was opened on another day than its ticket. The keys are
    those of a request that makes a view (documented: "Views", "Create View")."""
    return {
        "title": view.title,
        "description": view.description,
        **conditions_of(view, Bindings()),
        "output": {
            "columns": [name for name in view.columns if not name.startswith(FIELD)],
            "sort_by": "created",
            "sort_order": "asc",
        },
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
