"""Zendesk's rules for requirements.json, each broken once in a copy of the app."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.manifest.sample import Change, added, keys, setting, with_files, with_json

FILE = "requirements.json"
TYPES, RELATIONS = "custom_object_types", "custom_object_relationship_types"
HOOK = {
    "name": "a",
    "status": "active",
    "endpoint": "https://a.b",
    "http_method": "POST",
    "request_format": "json",
}


def objects(**given: Any) -> Change:
    """Custom objects, one good one of each, and then as given."""
    good = {
        "objects": [
            {"key": "o", "title": "O", "title_pluralized": "Os", "include_in_list_view": True}
        ],
        "object_fields": [field()],
        "object_triggers": [rule()],
    }
    return setting("custom_objects_v2", to={**good, **given})


def field(**given: Any) -> dict[str, Any]:
    return {"key": "f", "title": "F", "type": "text", "object_key": "o", **given}


def rule(**given: Any) -> dict[str, Any]:
    conditions = {"all": [{"field": "a"}]}
    return {"object_key": "o", "title": "T", "actions": [1], "conditions": conditions, **given}


def many(number: int, kind: str) -> Change:
    return setting(kind, to={f"m{n}": {"title": "a"} for n in range(number)})


BROKEN: list[tuple[str, Change]] = [
    ("requirements_not_json", lambda _: []),
    ("invalid_requirements_types", setting("sla_policies", to={})),
    ("invalid_requirements_types", setting("ticket_forms", to={})),
    (
        "invalid_requirements_types",
        setting("targets", to={"t": {"title": "a", "type": "http_target"}}),
    ),
    ("excessive_requirements", many(5001, "macros")),
    ("multiple_channel_integrations", setting("channel_integrations", to={"a": {}, "b": {}})),
    ("missing_required_fields", setting("channel_integrations", to={"a": {}})),
    ("missing_required_fields", setting("triggers", to={"a": {"actions": []}})),
    ("missing_required_fields", setting("user_fields", to={"a": {"title": "a"}})),
    *(
        (
            "missing_required_fields",
            setting("webhooks", to={"a": {k: v for k, v in HOOK.items() if k != name}}),
        )
        for name in HOOK
    ),
    ("missing_required_fields", setting("custom_objects", to={})),
    (
        "missing_required_fields",
        setting("custom_objects", to={TYPES: [{"key": "a"}], RELATIONS: []}),
    ),
    (
        "invalid_custom_objects_schema_keys",
        setting(
            "custom_objects",
            to={TYPES: [{"key": "a", "schema": {}, "more": 1}], RELATIONS: []},
        ),
    ),
    (
        "excessive_custom_objects_requirements",
        setting(
            "custom_objects",
            to={TYPES: [{"key": "a", "schema": {}}] * 51, RELATIONS: []},
        ),
    ),
    ("invalid_cov2_requirements_structure_v2", setting("custom_objects_v2", to=[])),
    ("empty_cov2_requirements", setting("custom_objects_v2", to={"objects": []})),
    ("invalid_objects_structure_in_cov2_requirements_v2", objects(objects={})),
    ("excessive_cov2_payload_size", objects(objects=[{"key": "x" * 1024 * 1024}])),
    ("cov2_setting_placeholder", objects(object_fields=[field(title="{{setting.a}}")])),
    ("missing_cov2_object_schema_key", objects(objects=[{"key": "o"}])),
    ("missing_cov2_field_schema_key", objects(object_fields=[{"key": "f", "object_key": "o"}])),
    ("missing_cov2_trigger_schema_key", objects(object_triggers=[{"object_key": "o"}])),
    ("invalid_cov2_trigger_conditions_structure", objects(object_triggers=[rule(conditions=[])])),
    ("empty_cov2_trigger_conditions", objects(object_triggers=[rule(conditions={"all": []})])),
    ("invalid_cov2_trigger_actions_structure", objects(object_triggers=[rule(actions={})])),
    ("empty_cov2_trigger_actions", objects(object_triggers=[rule(actions=[])])),
    ("excessive_custom_objects_v2_requirements", objects(objects=[{"key": "o"}] * 51)),
    ("excessive_custom_objects_v2_fields", objects(object_fields=[field()] * 21)),
    ("excessive_custom_objects_v2_triggers", objects(object_triggers=[rule()] * 11)),
    (
        "excessive_cov2_selection_fields_per_object",
        objects(object_fields=[field(type="dropdown")] * 6),
    ),
    (
        "excessive_cov2_field_options",
        objects(object_fields=[field(type="multiselect", custom_field_options=[1] * 11)]),
    ),
    (
        "excessive_cov2_relationship_filter_conditions",
        objects(object_fields=[field(relationship_filter={"all": [1] * 11, "any": [1] * 10})]),
    ),
    (
        "excessive_custom_objects_v2_trigger_conditions",
        objects(object_triggers=[rule(conditions={"all": [1] * 51})]),
    ),
    (
        "excessive_custom_objects_v2_trigger_actions",
        objects(object_triggers=[rule(actions=[1] * 26)]),
    ),
    ("cov2_field_object_reference", objects(object_fields=[field(object_key="other")])),
    ("cov2_trigger_object_reference", objects(object_triggers=[rule(object_key="other")])),
]


@pytest.mark.parametrize(("key", "change"), BROKEN)
def test_what_zendesk_refuses_is_found(key: str, change: Change) -> None:
    """Requirements that break the rule are told so by Zendesk's name of the error."""
    found = [one for one in added(with_json(FILE, change)) if one.key == key]
    assert found
    assert {(one.level, one.file) for one in found} == {("error", FILE)}


FINE: list[Change] = [
    objects(),
    objects(
        object_fields=[field(type="dropdown", custom_field_options=[1] * 10)] * 5 + [field()] * 15
    ),
    objects(object_triggers=[rule(actions=[1] * 25, conditions={"any": [1] * 50})] * 10),
    setting("webhooks", to={"a": HOOK}),
    setting("macros", to={f"m{n}": {"title": "a"} for n in range(4900)}),
]


@pytest.mark.parametrize("change", FINE)
def test_what_zendesk_takes_is_not_found_fault_with(change: Change) -> None:
    """The last that is allowed is allowed."""
    assert not added(with_json(FILE, change))


def test_what_is_no_json_and_what_stands_twice() -> None:
    """The file's shape is judged before what it says."""
    assert "requirements_not_json" in keys(added(with_files({FILE: b"{,}"})))
    twice = b'{"macros": {"a": {"title": "x"}, "a": {"title": "y"}}}'
    assert [one.value for one in added(with_files({FILE: twice}))] == ["a"]
    assert keys(added(with_files({FILE: twice}))) == {"duplicate_requirements"}


def test_an_app_for_chat_alone_has_no_requirements() -> None:
    """Zendesk makes them in Support and Sell."""
    chat = {"chat": {"chat_sidebar": {"url": "assets/panel.html"}}}
    found = added(with_json("manifest.json", setting("location", to=chat)))
    assert "requirements_not_supported" in keys(found)


def test_an_app_may_do_without() -> None:
    """Where there is no file, there is nothing to say of it."""
    assert not added(with_files({FILE: None}))
