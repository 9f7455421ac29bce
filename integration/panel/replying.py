"""The reply and the macro that fit a verdict, without asking the helpdesk for anything.

As a review suggests them, but from the texts of the macros (in Freshdesk: canned responses) as this
app brings them, in the customer's language: an admin may have reworded them in the helpdesk, and
only there is the real text.
"""

from __future__ import annotations

import html
import re
from typing import Any, Final

from markupsafe import Markup

from integration import replies
from integration.assess import Assessment
from integration.catalogue import HOLD, MACROS
from integration.helpdesks import Bindings
from integration.installation import HelpdeskName
from integration.languages import ENGLISH, Language

APPLIED_IN: Final[frozenset[HelpdeskName]] = frozenset({"zendesk"})
"""Helpdesks whose window applies a macro for an app. Freshdesk's inserts a text and no canned
response ("Use interface method"): there the reply is all that is offered."""

_MACRO: Final = {macro.key: macro for macro in MACROS}
_NEVER_ANNOUNCED: Final = ("needs_information", "needs_review", "refer_to_dealer")


def fitting(found: Assessment) -> list[str]:
    """The keys of the macros that fit what the ticket shows, as a review chooses them."""
    intent = found.intent
    status, payer = intent.status, intent.outcome["freight_payer"]
    held = intent.decision is not None and intent.decision.what == HOLD
    if status is None or held or (status == "needs_information" and not asked(found)):
        return []
    keys = [f"status:{status}"]
    spoken = payer == "buyer" if status == "not_covered" else payer in ("buyer", "soocas")
    if spoken and status not in _NEVER_ANNOUNCED:
        keys.append(f"freight:{payer}")
    return keys


def asked(found: Assessment, language: Language = ENGLISH) -> tuple[str, ...]:
    """What to ask the customer, where the policy's verdict is the one that is shown."""
    if found.intent.status != found.verdict.status:
        return ()
    return replies.questions(found.reading, found.verdict, language)


def message(found: Assessment, language: Language = ENGLISH) -> dict[str, Any] | None:
    """A reply to start from, as text and as HTML, in ``language``; None where there is nothing to
    say. ``named`` is its greeting with the place of a name, which is not known here;
    ``may_differ``: an admin may have reworded the macros that it is made of."""
    own = found.intent.status == found.verdict.status
    questions = asked(found, language)
    texts = [_html(language(key)) for key in fitting(found)]
    if texts:
        texts[0] = _html(language("greeting")) + texts[0]
    composed = replies.compose(
        texts, found.reading, found.verdict, questions, own=own, language=language
    )
    if composed is None:
        return None
    return {
        "text": _plain(composed),
        "html": str(composed),
        "asks": bool(questions),
        "language": language.tag,
        "greeting": language("greeting"),
        "named": language("greeting.named"),
        "may_differ": True,
    }


def macro(found: Assessment, bindings: Bindings) -> dict[str, str] | None:
    """The macro of what the ticket shows, by the helpdesk's own number; None where none fits, or
    the account has none. It gives its own text alone: a reply may say more (a word on the freight,
    questions, the reasons of a denial), and the panel says so."""
    key = next(iter(fitting(found)), None)
    native = bindings.macros.get(key) if key is not None else None
    if key is None or native is None:
        return None
    return {"id": native, "title": _MACRO[key].title}


def _html(text: str) -> Markup:
    paragraphs = (Markup("<br>").join(part.split("\n")) for part in text.split("\n\n"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs)


def _plain(composed: Markup) -> str:
    """The same as plain text. Only for HTML of our own making, which has these tags alone."""
    text = str(composed).replace("<li>", "- ").replace("<br>", "\n").replace("</li>", "\n")
    text = re.sub(r"</p>|</ul>", "\n\n", text)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
