"""Everything this app owns inside a helpdesk: ticket fields with their options, macros, tags.

The one list of it. Options and tags begin with ``warranty_`` and are unique in the whole account,
because Zendesk mirrors a drop-down's option as a ticket tag. The vocabulary of tags is small and
fixed, so that views can be built on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pycountry

from policy import COUNTRIES, FACTS, STATUSES, Fact, Status

FieldKind = Literal["text", "textarea", "date", "choice", "checkbox"]
Role = Literal["fact", "control", "outcome"]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A ticket field of ours. ``options`` are (option, label); ``values`` say what each option
    means, in the policy's words. ``role``: read as a fact, read as an instruction, or written.
    ``tag``: what a checkbox, while it is ticked, tags the ticket with."""

    key: str
    title: str
    kind: FieldKind
    role: Role
    options: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, str | bool] | None = None
    help: str = ""
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class MacroSpec:
    """A reply to start from, in plain text; the account's admins may reword it."""

    key: str
    title: str
    text: str


CLAIM_TAG: Final = "warranty_claim"
"""On tickets that are warranty claims: only these are reviewed."""
DEADLINE_NEAR_TAG: Final = "warranty_deadline_near"
"""From the first threshold before a claim's deadline up to its last day."""
DEADLINE_LAST_TAG: Final = "warranty_deadline_last"
"""From the second threshold on, beside the other: a view of what comes near misses nothing, and
one of what is urgent needs no more than this tag."""
SET_ASIDE_TAG: Final = "warranty_set_aside"

STATUS_LABELS: Final[dict[Status, str]] = {
    "covered": "Covered",
    "not_covered": "Not covered",
    "needs_information": "Needs information",
    "awaiting_inspection": "Awaiting inspection",
    "refund_eligible": "Refund eligible",
    "refer_to_dealer": "Refer to dealer",
    "needs_review": "Needs review",
}
PAYER_LABELS: Final = {
    "buyer": "Buyer",
    "soocas": "SOOCAS",
    "undetermined": "Undetermined",
    "not_applicable": "Not applicable",
}
assert set(STATUS_LABELS) == set(STATUSES)


def status_tag(status: str) -> str:
    """The tag (and the verdict field's option) of a status."""
    return f"warranty_{status}"


def payer_tag(payer: str) -> str:
    """The tag (and the freight field's option) of a freight payer."""
    return f"warranty_freight_{payer}"


TAGS: Final[frozenset[str]] = frozenset(
    {status_tag(status) for status in STATUS_LABELS}
    | {payer_tag(payer) for payer in PAYER_LABELS}
    | {DEADLINE_NEAR_TAG, DEADLINE_LAST_TAG, SET_ASIDE_TAG}
)
"""Every tag this app sets or removes by itself; no other tag is ever touched."""

# -- the facts -------------------------------------------------------------------------------------

_TITLES: Final = {
    "claim_opened_on": (
        "claim opened on",
        "Only where the claim was opened on another day than the ticket.",
    ),
    "purchase_date": ("purchase date", "The day the buyer bought the product."),
    "purchase_channel": ("bought from", "Who sold the product."),
    "purchase_country": ("country of purchase", "Where the product was bought."),
    "claim_country": ("country of the claim", "Where the product is now."),
    "order_number": ("order number", "The order number of the official website."),
    "serial_number": ("serial number", ""),
    "product_model": ("product model", ""),
    "proof_of_purchase": (
        "proof of purchase",
        "Choose 'Insufficient' only when the buyer was asked and has no more.",
    ),
    "transferred_ownership": (
        "changed hands",
        "Whether the claim comes from another owner than the first.",
    ),
    "free_product": ("free product", "Whether the product was a gift or a free extra."),
    "problem": ("problem", "What is wrong with the product, as far as it is known."),
    "defect_evidence": (
        "evidence of the defect",
        "Choose 'Insufficient' only when the buyer was asked and has no more.",
    ),
    "third_party_maintenance": (
        "third-party maintenance",
        "Whether somebody other than SOOCAS worked on the product.",
    ),
    "troubleshooting": (
        "troubleshooting",
        "Documented: you went through the steps with the buyer and wrote them down.",
    ),
    "fully_refunded": ("fully refunded", "Whether the purchase was already refunded in full."),
    "replacement_shipped_on": (
        "is a replacement, shipped on",
        "Where the product is itself a replacement: the day it was shipped.",
    ),
    "replaced_item_returned": (
        "replaced item came back",
        "Say 'Not returned' when the time to return it is over.",
    ),
    "return_kind": ("kind of return", ""),
    "return_route": ("route of the return", "Within a region counts as domestic."),
    "return_label": ("return label", "Who paid the label the item travels on."),
    "transit_loss_or_damage": (
        "lost or damaged on the way",
        "Whether the item was lost or damaged on its way to SOOCAS.",
    ),
    "inspection": ("inspection", "What SOOCAS found when it had the item."),
    "remedy_preference": ("remedy preferred", "What the buyer would rather have."),
    "replacement_stock": ("replacement in stock", ""),
}
_LABELS: Final = {
    "official_store": "SOOCAS official store",
    "authorized_dealer": "Authorised dealer",
    "unauthorized_seller": "Unauthorised seller",
    "both": "Order number and sales invoice",
    "not_quality": "No matter of quality (changed mind, …)",
    "unauthorized": "Unauthorised",
    "own": "The buyer's own",
    "prepaid": "Prepaid by SOOCAS",
    "defect_confirmed": "Defect confirmed (materials or workmanship)",
    "not_returned": "Not returned (time is over)",
}


def _country(code: str) -> str:
    """A country's name in English."""
    if code == "XK":  # in use, but no assigned code of ISO 3166-1, so not in its list
        return "Kosovo"
    country = pycountry.countries.get(alpha_2=code)
    assert country is not None  # policy.COUNTRIES holds assigned codes, and XK
    return str(getattr(country, "common_name", country.name))


def _field_of(fact: Fact) -> FieldSpec:
    title, text = _TITLES[fact.name]
    kind: FieldKind = "text"
    options: dict[str, tuple[str, str | bool]] = {}
    if fact.kind == "date":
        kind = "date"
    elif fact.kind != "text":
        kind = "choice"
        if fact.kind == "boolean":
            options = {"yes": ("Yes", True), "no": ("No", False)}
        elif fact.kind == "country":
            named = sorted((_country(code), code) for code in COUNTRIES)
            options = {code.lower(): (name, code) for name, code in named}
        else:
            for value in fact.values:
                label = _LABELS.get(value, value.replace("_", " ").capitalize())
                options[value] = (label, value)
    return FieldSpec(
        key=fact.name,
        title=f"Warranty: {title}",
        kind=kind,
        role="fact",
        options=tuple(
            (f"warranty_{fact.name}_{name}", label) for name, (label, _) in options.items()
        ),
        values={f"warranty_{fact.name}_{name}": value for name, (_, value) in options.items()},
        help=text,
    )


# -- what people tell the app, and what it writes --------------------------------------------------

ACCEPT, HOLD = "accept", "hold"
_DECISIONS: Final[dict[str, str]] = {
    ACCEPT: "Accept the verdict",
    HOLD: "Hold: leave the outcome as it is",
} | {status: f"Override to: {label.lower()}" for status, label in STATUS_LABELS.items()}


def decision_option(decision: str) -> str:
    """The option of the decision field for accept, hold or a status to override to."""
    return f"warranty_decision_{decision}"


FIELDS: Final[tuple[FieldSpec, ...]] = (
    FieldSpec(
        "claim",
        "Warranty: claim",
        "checkbox",
        "control",
        help="Ticked: this ticket is a warranty claim, and its verdict is worked out.",
        tag=CLAIM_TAG,
    ),
    *(_field_of(fact) for fact in FACTS),
    FieldSpec(
        "agent_decision",
        "Warranty: agent decision",
        "choice",
        "control",
        tuple((decision_option(key), label) for key, label in _DECISIONS.items()),
        {decision_option(key): key for key in _DECISIONS},
        help="Your decision beats the app's. Leave empty to follow the policy.",
    ),
    FieldSpec(
        "agent_decision_reason",
        "Warranty: reason of the decision",
        "text",
        "control",
        help="Why the agent decided otherwise.",
    ),
    FieldSpec(
        "verdict",
        "Warranty: verdict",
        "choice",
        "outcome",
        tuple((status_tag(key), label) for key, label in STATUS_LABELS.items()),
        {status_tag(key): key for key in STATUS_LABELS},
        help="Written by Warranty Desk. What it finds changed by hand it leaves alone.",
    ),
    FieldSpec(
        "freight_payer",
        "Warranty: freight paid by",
        "choice",
        "outcome",
        tuple((payer_tag(key), label) for key, label in PAYER_LABELS.items()),
        {payer_tag(key): key for key in PAYER_LABELS},
        help="Written by Warranty Desk.",
    ),
    FieldSpec(
        "warranty_end",
        "Warranty: warranty ends on",
        "date",
        "outcome",
        help="Written by Warranty Desk. The last day is included.",
    ),
    FieldSpec(
        "claim_deadline",
        "Warranty: claim deadline",
        "date",
        "outcome",
        help="Written by Warranty Desk. The last day on which the claim can be processed.",
    ),
    FieldSpec(
        "stamp",
        "Warranty: stamp",
        "text",
        "outcome",
        help="Warranty Desk's own mark of what it wrote last. Do not edit.",
    ),
)
FIELD: Final[dict[str, FieldSpec]] = {spec.key: spec for spec in FIELDS}
OUTCOME_FIELDS: Final = ("verdict", "freight_payer", "warranty_end", "claim_deadline")

# -- macros ----------------------------------------------------------------------------------------

_HELLO: Final = "Hello {{ticket.requester.first_name}},\n\n"
_MACRO_TEXTS: Final[dict[Status, str]] = {
    "covered": "thank you for writing to us. Your product is covered by the SOOCAS limited "
    "warranty. We will now arrange the next step with you.",
    "not_covered": "thank you for writing to us, and we are sorry that your product gives you "
    "trouble. By what we know so far, the SOOCAS limited warranty does not cover this claim. If "
    "something about it is different from what you told us, please reply, and we will gladly look "
    "at it again.",
    "needs_information": "thank you for writing to us. To decide your warranty claim we need a "
    "little more from you:",
    "awaiting_inspection": "thank you. We will decide your claim as soon as the item has been "
    "inspected, and write to you then.",
    "refund_eligible": "thank you for writing to us. You are within the time for a refund. We "
    "will send you the next step for the return and the refund.",
    "refer_to_dealer": "thank you for writing to us. You bought your product from an authorised "
    "dealer, who handles returns and replacements directly. Please contact the dealer with your "
    "receipt; that is the quickest way.",
    "needs_review": "thank you for writing to us. A colleague is looking at your claim in person "
    "and will write to you.",
}
MACROS: Final[tuple[MacroSpec, ...]] = (
    *(
        MacroSpec(f"status:{status}", f"Warranty: {STATUS_LABELS[status].lower()}", _HELLO + text)
        for status, text in _MACRO_TEXTS.items()
    ),
    MacroSpec(
        "freight:buyer",
        "Warranty: freight borne by buyer",
        "Please note that the freight for this return is borne by the buyer.",
    ),
    MacroSpec(
        "freight:soocas",
        "Warranty: freight borne by SOOCAS",
        "SOOCAS bears the freight for this return.",
    ),
)
"""One text each, in English: a package can bring no dynamic content along. Who answers in more
languages keeps a macro's title, by which it is found, and rewords its text in the helpdesk. In
Zendesk, by dynamic content (``{{dc.warranty_covered}}``, from the Professional plan on), whose
variant goes by the requester's language; or on every plan by ``{% case ticket.requester.language
%}``, a ``when`` for each. ``languages`` has the same texts translated, to start from. A review
takes what the helpdesk renders; what it adds itself, reasons and questions, stays English there."""


def meaning(key: str, option: str) -> str | bool | None:
    """What an option of one of our fields means, or None if it is none of them."""
    values = FIELD[key].values or {}
    return values.get(option)


OPTIONS: Final[frozenset[str]] = frozenset(option for spec in FIELDS for option, _ in spec.options)
"""Every option of ours, each of which the helpdesk mirrors as a tag."""

# -- views -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """A list of open tickets that carry one of ``tags``, the claim that ends first on top.
    ``columns`` are fields of ours, by key, beside what any list of tickets shows."""

    key: str
    title: str
    tags: tuple[str, ...]
    columns: tuple[str, ...]
    help: str


VIEWS: Final[tuple[ViewSpec, ...]] = (
    ViewSpec(
        "needs_information",
        "Warranty: needs information",
        (status_tag("needs_information"),),
        ("claim_deadline", "warranty_end"),
        "Claims that cannot be decided before somebody says more.",
    ),
    ViewSpec(
        "awaiting_inspection",
        "Warranty: awaiting inspection",
        (status_tag("awaiting_inspection"),),
        ("claim_deadline", "inspection"),
        "Claims whose item is to be inspected first.",
    ),
    ViewSpec(
        "deadline_near",
        "Warranty: deadline near",
        (DEADLINE_NEAR_TAG,),
        ("claim_deadline", "verdict"),
        "Claims whose last day to be processed is close.",
    ),
    ViewSpec(
        "freight_buyer",
        "Warranty: freight on buyer",
        (payer_tag("buyer"),),
        ("claim_deadline", "verdict"),
        "Claims whose freight the buyer pays, so that nobody sends a paid label.",
    ),
    ViewSpec(
        "set_aside",
        "Warranty: set aside",
        (SET_ASIDE_TAG,),
        ("claim_deadline", "agent_decision"),
        "Claims that Warranty Desk could not review: a person looks.",
    ),
)

# -- what tells us of claims, and the clock that runs on them --------------------------------------


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """When the helpdesk tells us of a claim: as it is filed, or once one of the fields ``watches``
    (by key) or the status of an open one has changed. ``key`` is the event's name too."""

    key: str
    title: str
    on: Literal["created", "changed"]
    watches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetyNetSpec:
    """When the helpdesk tells us of a claim again: ``quiet_hours`` after its last change, while it
    carries none of the tags ``without``, in its first ``days``. ``event`` is what it tells."""

    key: str
    title: str
    event: str
    quiet_hours: int
    days: int
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """How long a claim may take from its ticket's first moment until it is solved, by the calendar
    and whatever its priority."""

    key: str
    title: str
    days: int
    help: str


TRIGGERS: Final[tuple[TriggerSpec, ...]] = (
    TriggerSpec("ticket_created", "Warranty: new claim", "created"),
    # The app writes none of the fields that it watches, so its own update cannot set this off; that
    # is one guard against going round in circles, the ticket's stamp is another.
    TriggerSpec(
        "ticket_changed",
        "Warranty: claim changed",
        "changed",
        tuple(spec.key for spec in FIELDS if spec.role != "outcome"),
    ),
)
SAFETY_NET: Final = SafetyNetSpec(
    "claim_missed",
    "Warranty: claim without a verdict",
    "ticket_changed",
    quiet_hours=4,
    days=30,
    # Whoever was set aside waits for a person, not for another try.
    without=(*(status_tag(status) for status in STATUS_LABELS), SET_ASIDE_TAG),
)
CLAIM_CLOCK: Final = ClockSpec(
    "claim_window",
    "Warranty: claim window",
    days=30,
    help="A warranty claim lapses 30 days after it was opened (D1 of the policy).",
)
