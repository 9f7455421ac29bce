"""The one list of what the app owns inside a helpdesk."""

from __future__ import annotations

from collections import Counter

from integration import catalogue
from integration.webhooks import KINDS
from policy import COUNTRIES, FACTS, STATUSES
from policy.editions import EDITIONS


def test_options_are_unique_in_the_whole_account() -> None:
    """Zendesk mirrors an option as a tag: two fields that share one would answer for each other."""
    options = Counter(option for spec in catalogue.FIELDS for option, _ in spec.options)
    assert [option for option, count in options.items() if count > 1] == []
    assert all(option.startswith("warranty_") for option in options)


def test_fields_have_keys_and_titles_of_their_own() -> None:
    """What is found by its title must not be found twice."""
    assert len({spec.key for spec in catalogue.FIELDS}) == len(catalogue.FIELDS)
    assert len({spec.title for spec in catalogue.FIELDS}) == len(catalogue.FIELDS)
    assert all(spec.title.startswith("Warranty: ") for spec in catalogue.FIELDS)


def test_every_fact_has_a_field_and_every_option_a_meaning() -> None:
    """The fields draw on the policy's own vocabulary."""
    facts = {spec.key for spec in catalogue.FIELDS if spec.role == "fact"}
    assert facts == {fact.name for fact in FACTS}
    for spec in catalogue.FIELDS:
        assert [option for option, _ in spec.options] == list(spec.values or {})
    assert {catalogue.FIELD["purchase_country"].values[o] for o, _ in  # type: ignore[index]
            catalogue.FIELD["purchase_country"].options} == COUNTRIES  # fmt: skip


def test_the_tags_are_one_for_each_status_and_payer_and_three_more() -> None:
    """A small fixed vocabulary that views can be built on."""
    payers = ("buyer", "soocas", "undetermined", "not_applicable")
    assert {
        *(f"warranty_{status}" for status in STATUSES),
        *(f"warranty_freight_{payer}" for payer in payers),
        "warranty_deadline_near",
        "warranty_deadline_last",
        "warranty_set_aside",
    } == catalogue.TAGS
    assert catalogue.CLAIM_TAG not in catalogue.TAGS, "that one is the agents' to set"


def test_no_facts_option_is_a_tag_of_ours() -> None:
    """What a customer chose in a form is never removed as if it were the app's."""
    for spec in catalogue.FIELDS:
        if spec.role != "outcome":
            assert not {option for option, _ in spec.options} & catalogue.TAGS


def test_macros_are_one_for_each_status_and_for_freight_both_ways() -> None:
    """Each has a text that a customer may read, and none threatens."""
    keys = {macro.key for macro in catalogue.MACROS}
    assert keys == {*(f"status:{s}" for s in STATUSES), "freight:buyer", "freight:soocas"}
    for macro in catalogue.MACROS:
        assert len(macro.text) > 30
        assert "denied" not in macro.text.lower()
        assert "reject" not in macro.text.lower()


def test_countries_have_names() -> None:
    """An agent chooses 'Germany', not a code; Kosovo too, which ISO has not assigned."""
    labels = dict(catalogue.FIELD["purchase_country"].options)
    assert labels["warranty_purchase_country_de"] == "Germany"
    assert labels["warranty_purchase_country_xk"] == "Kosovo"
    assert labels["warranty_purchase_country_tw"] == "Taiwan"


def test_views_are_built_on_the_tags_that_the_app_sets() -> None:
    """And show fields of ours, the claim's deadline among them."""
    assert [view.key for view in catalogue.VIEWS] == [
        *("needs_information", "awaiting_inspection", "deadline_near", "freight_buyer"),
        "set_aside",
    ]
    for view in catalogue.VIEWS:
        assert view.tags
        assert set(view.tags) <= catalogue.TAGS
        assert "claim_deadline" in view.columns
        assert set(view.columns) <= set(catalogue.FIELD)


def test_triggers_watch_what_is_read_and_nothing_that_is_written() -> None:
    """Every fact and every instruction; no outcome."""
    created, changed = catalogue.TRIGGERS
    assert (created.on, changed.on) == ("created", "changed")
    assert set(changed.watches) == {s.key for s in catalogue.FIELDS if s.role != "outcome"}
    assert {trigger.key for trigger in catalogue.TRIGGERS} == KINDS


def test_the_safety_net_tells_what_the_front_door_takes() -> None:
    """An event of another name would be answered and forgotten."""
    assert catalogue.SAFETY_NET.event in KINDS
    assert set(catalogue.SAFETY_NET.without) <= catalogue.TAGS


def test_the_clock_runs_as_long_as_the_policy_s_window() -> None:
    """D1's days, in each edition there is."""
    assert {edition.claim_days for edition in EDITIONS} == {catalogue.CLAIM_CLOCK.days}
    assert catalogue.SAFETY_NET.days == catalogue.CLAIM_CLOCK.days
