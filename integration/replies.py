"""What a customer may read: the questions of a claim, the reasons of a denial, the reply of both.

Nothing here is sent by itself; an agent sends it, or the installation allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from integration.claims import Reading
from policy import UNKNOWN, Verdict


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to the customer: its ``text``, None where there is nothing to say; the titles of
    macros that are ``missing`` from it; and whether it ``asks`` for anything."""

    text: Markup | None = None
    missing: tuple[str, ...] = ()
    asks: bool = False


def questions(reading: Reading, verdict: Verdict) -> tuple[str, ...]:
    """What to ask the customer, each question once, in plain words: everything that is needed for
    the status and for the freight, and nothing else."""
    facts = {ask.fact for ask in (*verdict.ask, *verdict.freight.ask) if ask.of == "buyer"}
    asked = [*_of_the_purchase(reading, facts)]
    if "purchase_date" in facts:
        asked.append("On what day did you buy the product?")
    countries = facts & {"purchase_country", "claim_country"}
    if len(countries) == 2:
        asked.append("In which country did you buy the product, and in which country is it now?")
    elif "purchase_country" in countries:
        asked.append("In which country did you buy the product?")
    elif countries:
        asked.append("In which country is the product now?")
    if {"problem", "defect_evidence"} <= facts:
        asked.append(
            "What is wrong with the product, and how did it come about? Please add a photo or a "
            "short video that shows it."
        )
    elif "problem" in facts:
        asked.append("What is wrong with the product, and how did it come about?")
    elif "defect_evidence" in facts:
        asked.append("Please send us a photo or a short video that shows the problem.")
    return tuple(asked)


def _of_the_purchase(reading: Reading, facts: set[str]) -> Iterator[str]:
    """The one question, if any, that settles channel and proof together."""
    claim = reading.claim
    proof, channel = "proof_of_purchase" in facts, "purchase_channel" in facts
    ordered = claim.order_number is not UNKNOWN or claim.proof_of_purchase == "order_number"
    if proof and claim.transferred_ownership is True:
        # V3: one proof is not enough from another owner than the first.
        if ordered:
            yield "Please send us the sales invoice of the original buyer."
        elif claim.proof_of_purchase == "sales_invoice":
            yield "What is the order number of the purchase on the SOOCAS official website?"
        else:
            yield (
                "Please send us both the order number of the purchase on the SOOCAS official "
                "website and the sales invoice of the original buyer."
            )
    elif proof and channel:
        yield (
            "What is the order number of your purchase on the SOOCAS official website? If you "
            "bought somewhere else, please tell us the seller and send us the sales invoice."
        )
    elif proof:
        yield "Please send us the order number of your purchase, or the sales invoice."
    elif channel:
        yield (
            "Where did you buy the product? If it was on the SOOCAS official website, please tell "
            "us the order number."
        )


_DENIALS: Final[dict[str, str]] = {
    "S1": "Our inspection found the product in working order.",
    "R5": "The purchase was refunded in full, which ends the warranty.",
    "E2": "We need the troubleshooting steps to be gone through before we can go on.",
    "E3": "We could not see the defect from what you were able to send us.",
    "E5": "The item that we asked for did not come back to us.",
    "D2": "The time in which the claim could be processed is over.",
    "W2": "The warranty applies in the country or region where the product was bought.",
    "X1": "We could not confirm the purchase with the proof that you were able to send us.",
    "X2": "The warranty does not include products that were lost or stolen.",
    "X5": "The product was a free one, which the warranty does not include.",
    "X6": "The product was worked on by somebody else than SOOCAS.",
    "X7": "The warranty does not include damage that comes from outside the product.",
    "X8": "The warranty does not include damage from falls, water, extreme temperatures or "
    "improper operation.",
    "X9": "The product comes from a seller whom SOOCAS has not authorised.",
}


def denial(clause: str, verdict: Verdict, reading: Reading) -> str | None:
    """Why a claim is not covered, as a customer reads it."""
    opened = _long(reading.claim.claim_opened_on)
    if clause == "X3":
        if verdict.warranty_ends_on is None:
            return "The warranty had ended before you wrote to us."
        ended = _long(verdict.warranty_ends_on)
        return f"The warranty ended on {ended}, and your claim reached us on {opened}."
    if clause == "X4":
        if verdict.refund_window_ends_on is None:
            return "The time for a refund had ended before you wrote to us."
        ended = _long(verdict.refund_window_ends_on)
        return f"The time for a refund ended on {ended}, and your claim reached us on {opened}."
    return _DENIALS.get(clause)


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def compose(
    texts: Sequence[Markup],
    reading: Reading,
    verdict: Verdict,
    asked: Sequence[str],
    *,
    own: bool,
) -> Markup | None:
    """A message to the customer: the texts of the macros that fit, the reasons of a denial, then
    the questions. ``own``: the policy's verdict is the one that the ticket shows, so that its
    reasons may be given. None where there is nothing to say."""
    if not texts:
        return None
    parts = list(texts)
    if own and verdict.status == "not_covered":
        reasons = (denial(clause, verdict, reading) for clause in verdict.clauses)
        said = listed(Markup("{}").format(reason) for reason in reasons if reason)
        # After the status's own text, before a word on freight.
        parts.insert(1, Markup("<p>What decided it:</p>") + said)
    if asked and verdict.status not in ("needs_information", "needs_review"):
        parts.append(Markup("<p>To settle who pays the freight, please also tell us:</p>"))
    elif asked and verdict.status == "needs_review":
        parts.append(Markup("<p>Meanwhile, please tell us:</p>"))
    if asked:
        parts.append(listed(Markup("{}").format(question) for question in asked))
    return inert(Markup("").join(parts))


# -- HTML ------------------------------------------------------------------------------------------


def listed(items: Iterable[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    )


def inert(html: Markup) -> Markup:
    """Without what a helpdesk would take for a placeholder of its own, and without control
    characters."""
    text = "".join(char for char in html if char >= " " or char == "\n")
    return Markup(text.replace("{{", "{ {").replace("{%", "{ %"))  # noqa: S704 - escaped above
