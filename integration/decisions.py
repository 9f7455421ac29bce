"""An agent's decision, and the outcome under it. It beats the app's, always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integration import catalogue
from integration.catalogue import ACCEPT, HOLD
from integration.helpdesks import Ticket
from integration.stamp import Stamp
from policy import ENDED, Verdict

_LONGEST_REASON: Final = 500

Words = Mapping[str, str | None]
"""Our outcome fields by key, in the policy's words."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent decided: accept, hold, or a status to override to; with the agent's reason.
    ``unclear`` is what the field says where that is none of its options: it counts as a hold."""

    what: str
    reason: str = ""
    unclear: str | None = None

    @property
    def status(self) -> str | None:
        """The status that the agent overrode to, if so."""
        return None if self.what in (ACCEPT, HOLD) else self.what


def read(ticket: Ticket) -> Decision | None:
    """The agent's decision on a ticket, None while there is none."""
    option = ticket.fields.get("agent_decision")
    if option is None or not str(option).strip():
        return None
    text = ticket.fields.get("agent_decision_reason")
    reason = text.strip()[:_LONGEST_REASON] if isinstance(text, str) else ""
    meant = catalogue.meaning("agent_decision", str(option).strip())
    if not isinstance(meant, str):
        return Decision(HOLD, reason, str(option)[:60])
    return Decision(meant, reason)


def followed(
    decision: Decision, policy: Words, current: Words, before: Stamp | None, verdict: Verdict
) -> dict[str, str | None]:
    """Status and payer under a decision; dates as the policy has them.

    Accept keeps what the ticket shows. Only where that asks for information, or nothing is shown
    yet, does it take the policy's verdict of the moment: an agent who fills in what was missing
    and accepts in one go means the answer, and not the question.
    """
    wanted = dict(policy)
    if decision.what == HOLD:
        wanted["verdict"], wanted["freight_payer"] = current["verdict"], current["freight_payer"]
    elif decision.what == ACCEPT:
        # A question that somebody else put there is kept like any verdict by hand.
        ours = before.outcome["verdict"] if before else None
        asked = current["verdict"] is None or current["verdict"] == "needs_information" == ours
        fresh = before is None or before.decision != ACCEPT
        if not (asked and fresh):
            wanted["verdict"] = current["verdict"]
            wanted["freight_payer"] = current["freight_payer"]
    else:
        wanted["verdict"] = decision.what
        if decision.what != verdict.status:
            wanted["freight_payer"] = _payer(decision.what, verdict)
    return wanted


def _payer(status: str, verdict: Verdict) -> str:
    """Who pays the freight under a status that is not the policy's. What bears on the freight alone
    still holds (F1, F2, F4, F5); F3 does not, since the agent judged the defect otherwise."""
    if status in ENDED:
        return "not_applicable"
    return "buyer" if set(verdict.freight.clauses) - {"F3"} else "undetermined"
