"""What a customer may read: the questions of a claim, the reasons of a denial, the reply of both.

The words are in ``languages``; here is which of them to say. Nothing is sent by itself; an agent
sends it, or the installation allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from integration.claims import Reading
from integration.languages import ENGLISH, Language
from policy import UNKNOWN, Verdict


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to the customer: its ``text``, None where there is nothing to say; the titles of
    macros that are ``missing`` from it; and whether it ``asks`` for anything."""

    text: Markup | None = None
    missing: tuple[str, ...] = ()
    asks: bool = False


def questions(reading: Reading, verdict: Verdict, language: Language = ENGLISH) -> tuple[str, ...]:
    """What to ask the customer, each question once, in plain words: everything that is needed for
    the status and for the freight, and nothing else."""
    facts = {ask.fact for ask in (*verdict.ask, *verdict.freight.ask) if ask.of == "buyer"}
    return tuple(language(f"question.{key}") for key in _keys(reading, facts))


def of_freight_alone(verdict: Verdict) -> bool:
    """Whether all that the customer is asked concerns the freight: the status needs nothing of
    theirs, or what an agent has to document alone."""
    return not any(ask.of == "buyer" for ask in verdict.ask)


def _keys(reading: Reading, facts: set[str]) -> Iterator[str]:
    """The questions that these facts are asked by, each by its key, in their order."""
    yield from _of_the_purchase(reading, facts)
    if "purchase_date" in facts:
        yield "purchase_date"
    countries = facts & {"purchase_country", "claim_country"}
    if countries:
        yield "countries" if len(countries) == 2 else countries.pop()
    if {"problem", "defect_evidence"} <= facts:
        yield "problem_and_evidence"
    elif "problem" in facts:
        yield "problem"
    elif "defect_evidence" in facts:
        yield "evidence"


def _of_the_purchase(reading: Reading, facts: set[str]) -> Iterator[str]:
    """The one question, if any, that settles channel and proof together."""
    claim = reading.claim
    proof, channel = "proof_of_purchase" in facts, "purchase_channel" in facts
    ordered = claim.order_number is not UNKNOWN or claim.proof_of_purchase == "order_number"
    if proof and claim.transferred_ownership is True:
        # V3: one proof is not enough from another owner than the first.
        if ordered:
            yield "first_owner_invoice"
        elif claim.proof_of_purchase == "sales_invoice":
            yield "first_owner_order_or_seller" if channel else "first_owner_order"
        else:
            yield "first_owner_both_or_seller" if channel else "first_owner_both"
    elif proof and channel:
        yield "order_or_seller"
    elif proof:
        yield "proof"
    elif channel:
        yield "channel"


def denial(
    clause: str, verdict: Verdict, reading: Reading, language: Language = ENGLISH
) -> str | None:
    """Why a claim is not covered, as a customer reads it."""
    key = f"denial.{clause}"
    if key not in language.texts:
        return None
    ends = {"X3": verdict.warranty_ends_on, "X4": verdict.refund_window_ends_on}
    if clause not in ends:
        return language(key)
    ended = ends[clause]
    if ended is None:
        return language(f"{key}.undated")
    opened = language.date(reading.claim.claim_opened_on)
    return language(key, ended=language.date(ended), opened=opened)


def compose(
    texts: Sequence[Markup],
    reading: Reading,
    verdict: Verdict,
    asked: Sequence[str],
    *,
    own: bool,
    language: Language = ENGLISH,
) -> Markup | None:
    """A message to the customer: the texts of the macros that fit, the reasons of a denial, then
    the questions. ``own``: the policy's verdict is the one that the ticket shows, so that its
    reasons may be given. ``texts`` and ``asked`` are in the ``language`` already. None where there
    is nothing to say."""
    if not texts:
        return None
    parts = list(texts)
    if own and verdict.status == "not_covered":
        reasons = (denial(clause, verdict, reading, language) for clause in verdict.clauses)
        said = listed(Markup("{}").format(reason) for reason in reasons if reason)
        # After the status's own text, before a word on freight.
        parts.insert(1, _lead(language("decided")) + said)
    of_freight = of_freight_alone(verdict)
    if asked and verdict.status == "needs_information" and of_freight:
        # The macro would say that the claim waits for the customer, who is asked nothing for it.
        parts = [_lead(language("greeting"))]
    if asked and verdict.status == "needs_review":
        parts.append(_lead(language("meanwhile")))
    elif asked and (of_freight or verdict.status != "needs_information"):
        parts.append(_lead(language("settle_freight")))
    if asked:
        parts.append(listed(Markup("{}").format(question) for question in asked))
    return inert(Markup("").join(parts))


def _lead(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)


# -- HTML ------------------------------------------------------------------------------------------


def listed(items: Iterable[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    )


_CONTROLS: Final = {code: None for code in range(32) if chr(code) != "\n"}


def inert(html: Markup) -> Markup:
    """Without what a helpdesk would take for a placeholder of its own, and without control
    characters."""
    text = str(html).translate(_CONTROLS)
    return Markup(text.replace("{{", "{ {").replace("{%", "{ %"))  # noqa: S704 - escaped above
