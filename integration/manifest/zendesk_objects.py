"""Zendesk's rules for custom objects in requirements.json.

This app has none. The rules are here so that the checker misses nothing that Zendesk would refuse.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

from integration.manifest.problems import Problem
from integration.manifest.reading import Object, items, mapping, objects

FILE: Final = "requirements.json"
_OLD: Final = {
    "custom_object_types": ("key", "schema"),
    "custom_object_relationship_types": ("key", "source", "target"),
}
_NEEDED: Final = {
    "objects": ("key", "title", "title_pluralized", "include_in_list_view"),
    "object_fields": ("key", "title", "type", "object_key"),
    "object_triggers": ("object_key", "title", "actions", "conditions"),
}
_ONE: Final = {"objects": "object", "object_fields": "field", "object_triggers": "trigger"}
_BYTES: Final = 1024 * 1024


def _problem(key: str, value: object, expected: str) -> Problem:
    return Problem(key, FILE, value, expected)


def custom_objects(given: Object) -> Iterator[Problem]:
    """Custom objects of the old kind."""
    if "custom_objects" not in given:
        return
    old = mapping(given["custom_objects"])
    for kind, keys in _OLD.items():
        if kind not in old:
            value = f"custom_objects.{kind}"
            yield _problem("missing_required_fields", value, "it must be there")
        for one in objects(old.get(kind)):
            for key in (key for key in keys if key not in one):
                yield _problem("missing_required_fields", kind, f"{key} must be there")
            for key in (key for key in one if key not in keys):
                expected = f"{kind} have {', '.join(keys)}"
                yield _problem("invalid_custom_objects_schema_keys", key, expected)
    for key in (key for key in old if key not in _OLD):
        yield _problem("invalid_custom_objects_schema_keys", key, f"one of {', '.join(_OLD)}")
    count = sum(len(items(old.get(kind))) for kind in _OLD)
    if count > 50:
        yield _problem("excessive_custom_objects_requirements", count, "at most 50")


def custom_objects_v2(given: Object) -> Iterator[Problem]:
    """Custom objects: their shape, how many there may be of what, and what they refer to."""
    if "custom_objects_v2" not in given:
        return
    new = given["custom_objects_v2"]
    if not isinstance(new, dict):
        yield _problem("invalid_cov2_requirements_structure_v2", new, "an object is expected")
        return
    if not any(new.values()):
        yield _problem("empty_cov2_requirements", new, "objects, fields or triggers")
    for kind in _NEEDED:
        if new.get(kind) is not None and not isinstance(new[kind], list):
            key = f"invalid_{kind}_structure_in_cov2_requirements_v2"
            yield _problem(key, new[kind], f"{kind} must be a list")
    text = json.dumps(new)
    if len(text.encode()) > _BYTES:
        yield _problem("excessive_cov2_payload_size", len(text.encode()), f"at most {_BYTES}")
    if "{{setting." in text:
        # Zendesk's own name of this error could not be found.
        yield _problem("cov2_setting_placeholder", "{{setting.", "no settings in custom objects")
    yield from _complete(new)
    yield from _limits(new)
    yield from _references(new)


def _complete(new: Object) -> Iterator[Problem]:
    for kind, keys in _NEEDED.items():
        for one in objects(new.get(kind)):
            for key in (key for key in keys if key not in one):
                name = f"missing_cov2_{_ONE[kind]}_schema_key"
                yield _problem(name, one.get("key") or one.get("title"), f"{key} must be there")
    for one in objects(new.get("object_triggers")):
        title, conditions = one.get("title"), one.get("conditions")
        some = mapping(conditions)
        if not {"all", "any"} & set(some) or not all(
            isinstance(some.get(key) or [], list) for key in ("all", "any")
        ):
            expected = "conditions must have all or any, as lists"
            yield _problem("invalid_cov2_trigger_conditions_structure", title, expected)
        elif not _conditions(some):
            yield _problem("empty_cov2_trigger_conditions", title, "a condition is needed")
        if not isinstance(one.get("actions"), list):
            expected = "actions must be a list"
            yield _problem("invalid_cov2_trigger_actions_structure", title, expected)
        elif not one["actions"]:
            yield _problem("empty_cov2_trigger_actions", title, "an action is needed")


def _conditions(given: object) -> int:
    return sum(len(items(mapping(given).get(key))) for key in ("all", "any"))


def _limits(new: Object) -> Iterator[Problem]:
    fields, triggers = objects(new.get("object_fields")), objects(new.get("object_triggers"))
    if (count := len(items(new.get("objects")))) > 50:
        yield _problem("excessive_custom_objects_v2_requirements", count, "at most 50 objects")
    chosen = [one for one in fields if one.get("type") in ("dropdown", "multiselect")]
    for key, rows, most in (
        (
            "excessive_custom_objects_v2_fields",
            [(str(f.get("object_key")), "") for f in fields],
            20,
        ),
        (
            "excessive_custom_objects_v2_triggers",
            [(str(t.get("object_key")), "") for t in triggers],
            10,
        ),
        (
            "excessive_cov2_selection_fields_per_object",
            [(str(f.get("object_key")), str(f["type"])) for f in chosen],
            5,
        ),
    ):
        for (owner, kind), count in Counter(rows).items():
            if count > most:
                yield _problem(key, f"{owner} {kind}".strip(), f"{count}, at most {most}")
    for key, value, count, most in (
        *(
            ("excessive_cov2_field_options", one, len(items(one.get("custom_field_options"))), 10)
            for one in chosen
        ),
        *(
            (
                "excessive_cov2_relationship_filter_conditions",
                one,
                _conditions(one.get("relationship_filter")),
                20,
            )
            for one in fields
        ),
        *(
            (
                "excessive_custom_objects_v2_trigger_conditions",
                one,
                _conditions(one.get("conditions")),
                50,
            )
            for one in triggers
        ),
        *(
            ("excessive_custom_objects_v2_trigger_actions", one, len(items(one.get("actions"))), 25)
            for one in triggers
        ),
    ):
        if count > most:
            name = value.get("key") or value.get("title")
            yield _problem(key, name, f"{count}, at most {most}")


def _references(new: Object) -> Iterator[Problem]:
    known = {str(one.get("key")) for one in objects(new.get("objects"))}
    for kind in ("object_fields", "object_triggers"):
        for one in objects(new.get(kind)):
            if "object_key" in one and str(one["object_key"]) not in known:
                # Zendesk's own names of these two errors could not be found.
                key = f"cov2_{_ONE[kind]}_object_reference"
                yield _problem(key, one["object_key"], "the key of one of the objects")
