"""The demo's tickets: what customers write, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from policy import Status

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DemoClaim:
    """A ticket to file, and the outcome that must be written back on it.

    ``facts`` are by name, in the policy's words. ``ends`` and ``until`` are the warranty's end and
    the claim's deadline (YYYY-MM-DD). ``asks`` is the number of questions to the customer where
    that is the point of it.
    """

    subject: str
    text: str
    facts: Mapping[str, object]
    status: Status
    payer: str
    clauses: str
    ends: str | None
    until: str | None
    asks: int | None = None


def demo_claims(today: date) -> tuple[DemoClaim, ...]:
    """Varied claims as of ``today``, one at least for every status."""

    def ago(days: int) -> str:
        return (today - days * DAY).isoformat()

    def year_after(days: int) -> str:
        """One year from a purchase that many days ago; from 29 February on 1 March."""
        bought = today - days * DAY
        leap_day = (bought.month, bought.day) == (2, 29)
        bought = bought + DAY if leap_day else bought
        return bought.replace(year=bought.year + 1).isoformat()

    def three_months_after(days: int) -> str:
        """Three months from a day that many days ago; where the month lacks it, the next first."""
        sent = today - days * DAY
        year, month = sent.year + (sent.month + 2) // 12, (sent.month + 2) % 12 + 1
        try:
            return date(year, month, sent.day).isoformat()
        except ValueError:
            return date(year, month + 1, 1).isoformat()

    in_30_days = (today + 30 * DAY).isoformat()

    sound = {
        "purchase_date": ago(90),
        "purchase_country": "DE",
        "claim_country": "DE",
        "order_number": "SO-20931",
        "serial_number": "X3U-77120041",
        "product_model": "X3U sonic toothbrush",
        "problem": "quality_defect",
        "defect_evidence": "verified",
        "troubleshooting": "documented",
    }
    return (
        DemoClaim(
            "Toothbrush no longer charges",
            "Hello, my X3U stopped charging last week. The lamp stays dark on every socket. I "
            "reset it as your colleague told me on the phone. A video is attached.",
            sound,
            "covered",
            "soocas",
            "S1 W1",
            year_after(90),
            year_after(90),
        ),
        DemoClaim(
            "Moved to France, brush broken",
            "I bought the brush in Germany and now live in Lyon. It vibrates no more.",
            {**sound, "claim_country": "FR", "order_number": "SO-20977"},
            "covered",
            "buyer",
            "S1 W1",
            year_after(90),
            year_after(90),
        ),
        DemoClaim(
            "Lost by the carrier on your label",
            "I sent the brush in with the label from your mail, and the carrier has lost it.",
            {
                **sound,
                "problem": "lost",
                "return_label": "prepaid",
                "transit_loss_or_damage": True,
            },
            "covered",
            "soocas",
            "S1 W1 T1",
            year_after(90),
            year_after(90),
        ),
        DemoClaim(
            "The replacement you sent has failed too",
            "You replaced my shaver two months ago, and the new one does not switch on.",
            {**sound, "purchase_date": ago(400), "replacement_shipped_on": ago(60)},
            "covered",
            "soocas",
            "S1 R4",
            three_months_after(60),
            max(three_months_after(60), in_30_days),
        ),
        DemoClaim(
            "Flosser leaks after two years",
            "The W3 water flosser leaks at the bottom. I have had it for some time now.",
            {**sound, "purchase_date": ago(760), "product_model": "W3 water flosser"},
            "not_covered",
            "not_applicable",
            "X3",
            year_after(760),
            None,
        ),
        DemoClaim(
            "Fell into the bath",
            "My toothbrush fell from the shelf into the bath and is dead since then.",
            {**sound, "problem": "dropped"},
            "not_covered",
            "not_applicable",
            "X8",
            year_after(90),
            None,
        ),
        DemoClaim(
            "You say it works?",
            "I sent my brush in because it made a noise, and you write that it is in order.",
            {**sound, "inspection": "no_fault_found"},
            "not_covered",
            "buyer",
            "S1 F3",
            year_after(90),
            None,
        ),
        DemoClaim(
            "Hair dryer smells burnt",
            "The dryer smells burnt. Order SO-21500, bought three months ago here in Germany. I "
            "tried another socket with your colleague.",
            {
                name: value
                for name, value in {**sound, "order_number": "SO-21500"}.items()
                if name != "defect_evidence"
            },
            "needs_information",
            "undetermined",
            "",
            year_after(90),
            year_after(90),
            asks=1,
        ),
        DemoClaim(
            "It is broken!!!",
            "It is broken. I want a new one. <script>alert('hello')</script>",
            {"product_model": "<b>the white one</b>"},
            "needs_information",
            "undetermined",
            "",
            None,
            in_30_days,
            asks=4,
        ),
        DemoClaim(
            "Shaver is on its way to you",
            "As agreed I sent the shaver to your workshop yesterday.",
            {**sound, "inspection": "pending"},
            "awaiting_inspection",
            "soocas",
            "E4",
            year_after(90),
            year_after(90),
        ),
        DemoClaim(
            "Changed my mind",
            "The brush is fine, but I would rather not keep it.",
            {
                "purchase_date": ago(12),
                "purchase_country": "DE",
                "claim_country": "DE",
                "order_number": "SO-22871",
                "problem": "not_quality",
            },
            "refund_eligible",
            "buyer",
            "X4",
            year_after(12),
            year_after(12),
        ),
        DemoClaim(
            "Bought at an electronics store",
            "My brush from the store in town does not hold its charge.",
            {**sound, "order_number": "", "purchase_channel": "authorized_dealer"},
            "refer_to_dealer",
            "not_applicable",
            "U2",
            year_after(90),
            None,
        ),
        DemoClaim(
            "Arrived with a crack",
            "The parcel came today, and the handle has a crack from top to bottom.",
            {**sound, "purchase_date": ago(4), "problem": "damaged_on_delivery"},
            "needs_review",
            "undetermined",
            "P2",
            year_after(4),
            year_after(4),
        ),
        DemoClaim(
            "Ordered next week?",
            "My brush is broken. Please see the date of purchase I gave.",
            {**sound, "purchase_date": (today + 7 * DAY).isoformat()},
            "needs_review",
            "undetermined",
            "P1",
            year_after(-7),
            year_after(-7),
        ),
    )
