"""English: what the translations translate. The macros' texts are the catalogue's."""

from __future__ import annotations

from typing import Final

from integration.catalogue import MACROS
from integration.languages.language import Language

_NAME: Final = " {{ticket.requester.first_name}}"
_GREETING: Final = "Hello,"


def _body(text: str) -> str:
    """A macro's text without its greeting."""
    return text.replace(_NAME, "").removeprefix(f"{_GREETING}\n\n")


ENGLISH: Final = Language(
    "en",
    {
        "greeting": _GREETING,
        "greeting.named": "Hello {name},",
        **{macro.key: _body(macro.text) for macro in MACROS},
        # -- what stands before a list ------------------------------------------------------------
        "decided": "What decided it:",
        "settle_freight": "To settle who pays the freight, please also tell us:",
        "meanwhile": "Meanwhile, please tell us:",
        # -- questions ----------------------------------------------------------------------------
        "question.first_owner_invoice": "Please send us the sales invoice of the original buyer.",
        "question.first_owner_order": "What is the order number of the purchase on the SOOCAS "
        "official website?",
        "question.first_owner_both": "Please send us both the order number of the purchase on the "
        "SOOCAS official website and the sales invoice of the original buyer.",
        "question.first_owner_order_or_seller": "What is the order number of the purchase on the "
        "SOOCAS official website? If it was bought somewhere else, please tell us the seller.",
        "question.first_owner_both_or_seller": "Please send us both the order number of the "
        "purchase on the SOOCAS official website and the sales invoice of the original buyer. If "
        "it was bought somewhere else, please tell us the seller and send us the sales invoice.",
        "question.order_or_seller": "What is the order number of your purchase on the SOOCAS "
        "official website? If you bought somewhere else, please tell us the seller and send us the "
        "sales invoice.",
        "question.proof": "Please send us the order number of your purchase, or the sales invoice.",
        "question.channel": "Where did you buy the product? If it was on the SOOCAS official "
        "website, please tell us the order number.",
        "question.purchase_date": "On what day did you buy the product?",
        "question.countries": "In which country did you buy the product, and in which country is "
        "it now?",
        "question.purchase_country": "In which country did you buy the product?",
        "question.claim_country": "In which country is the product now?",
        "question.problem_and_evidence": "What is wrong with the product, and how did it come "
        "about? Please add a photo or a short video that shows it.",
        "question.problem": "What is wrong with the product, and how did it come about?",
        "question.evidence": "Please send us a photo or a short video that shows the problem.",
        # Said on the phone alone: in writing nobody is asked for it.
        "spoken.troubleshooting": "May I go through a few steps with you, to see where the fault "
        "lies?",
        # -- why a claim is not covered -----------------------------------------------------------
        "denial.S1": "Our inspection found the product in working order.",
        "denial.R5": "The purchase was refunded in full, which ends the warranty.",
        "denial.E2": "We need the troubleshooting steps to be gone through before we can go on.",
        "denial.E3": "We could not see the defect from what you were able to send us.",
        "denial.E5": "The item that we asked for did not come back to us.",
        "denial.D2": "The time in which the claim could be processed is over.",
        "denial.W2": "The warranty applies in the country or region where the product was bought.",
        "denial.X1": "We could not confirm the purchase with the proof that you were able to send "
        "us.",
        "denial.X2": "The warranty does not include products that were lost or stolen.",
        "denial.X3": "The warranty ended on {ended}, and your claim reached us on {opened}.",
        "denial.X3.undated": "The warranty had ended before you wrote to us.",
        "denial.X4": "The time for a refund ended on {ended}, and your claim reached us on "
        "{opened}.",
        "denial.X4.undated": "The time for a refund had ended before you wrote to us.",
        "denial.X5": "The product was a free one, which the warranty does not include.",
        "denial.X6": "The product was worked on by somebody else than SOOCAS.",
        "denial.X7": "The warranty does not include damage that comes from outside the product.",
        "denial.X8": "The warranty does not include damage from falls, water, extreme temperatures "
        "or improper operation.",
        "denial.X9": "The product comes from a seller whom SOOCAS has not authorised.",
    },
    day="{day} {month} {year}",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
)
