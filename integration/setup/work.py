"""The errands of the set-up page, as the worker does them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from integration import errors
from integration.assess import Assessment, assess
from integration.catalogue import CLAIM_TAG, PAYER_LABELS, STATUS_LABELS
from integration.config import Installation
from integration.errands import Errand
from integration.helpdesks import Bindings, Phase, Ticket
from integration.helpdesks.placing import Step
from integration.install import short_title, title_of
from integration.notes import headline
from integration.setup import telling
from integration.setup.mapping import Candidate, candidates, suggestions
from integration.setup.wording import wording_of
from integration.vendors import Office, secured, vendor_of

TRIED: Final = 25
"""How many tickets are tried."""
_CANDIDATES: Final = 50


class Worked:
    """Does errands. ``office`` gives an installation's account for setting it up, ``load`` and
    ``save`` its bindings; ``keep_secret`` keeps what proves its webhooks; ``examine`` gives the
    doctor's checks, JSON-ready; ``settle`` puts the settings of the app in the sidebar right, or
    only says what it would do."""

    def __init__(
        self,
        *,
        installations: Mapping[str, Installation],
        office: Callable[[Installation], Office],
        load: Callable[[str], Bindings | None],
        save: Callable[[Installation, Bindings], None],
        keep_secret: Callable[[str, str], None],
        examine: Callable[[Installation], list[dict[str, Any]]],
        settle: Callable[[Installation, bool], list[Step]],
        now: Callable[[], datetime],
    ) -> None:
        self._installations = installations
        self._office = office
        self._load = load
        self._save = save
        self._keep_secret = keep_secret
        self._examine = examine
        self._settle = settle
        self._now = now

    def __call__(self, errand: Errand) -> Any:
        """The result of an errand. Raises what ``integration.errors`` lists."""
        installation = self._installations.get(errand.installation)
        if installation is None:
            raise errors.Rejected("This account is no longer connected.", advice="")
        work = {
            "look": self._look,
            "place": self._place,
            "try": self._try,
            "examine": self._examined,
        }
        try:
            return work[errand.kind](installation, errand.given)
        except errors.Invalid as error:
            kinds = vendor_of(installation).kinds
            named = {title_of(key, kinds): words for key, words in error.fields.items()}
            raise errors.Invalid(str(error), fields=named) from None

    # -- what would be put in place, and putting it there ------------------------------------------

    def _look(self, installation: Installation, given: Mapping[str, Any]) -> Any:
        known = self._load(installation.id)
        office, kinds = self._office(installation), vendor_of(installation).kinds
        fitting = candidates(office.own_fields())
        bound = {key: (known.fields.get(key, "") if known else "") for key in fitting}
        likely = suggestions(fitting)
        # What somebody decided before is not decided for them once more.
        chosen = likely if known is None else _among(bound, fitting)
        found = {
            "fields": [
                {
                    "key": key,
                    "title": short_title(f"field:{key}").capitalize(),
                    "own": bound[key] if key not in chosen else "",
                    "candidates": [
                        {
                            "id": one.id,
                            "title": one.title,
                            "suggested": likely.get(key) == one.id,
                            "chosen": chosen.get(key) == one.id,
                        }
                        for n, one in enumerate(some)
                        if n < _CANDIDATES or chosen.get(key) == one.id
                    ],
                }
                for key, some in fitting.items()
                if some
            ],
            "suggested": len(likely),
        }
        try:
            placed = office.put_in_place(_with(known, chosen), dry_run=True)
        except errors.Invalid as error:
            clashes = [f"{title_of(key, kinds)}: {words}" for key, words in error.fields.items()]
            return {**found, "words": "", "clashes": clashes or [str(error)], "steps": []}
        steps = _told(placed.steps, known, chosen) + self._settle(installation, True)
        return {
            **found,
            "words": telling.would(steps, kinds),
            "clashes": [],
            "remarks": telling.remarks(placed, steps, kinds, dry_run=True),
            "steps": telling.shown(steps, kinds),
        }

    def _place(self, installation: Installation, given: Mapping[str, Any]) -> Any:
        known = self._load(installation.id)
        kinds = vendor_of(installation).kinds
        # A webhook that calls must find its secret known.
        installation = secured(installation, self._keep_secret)
        mapped: dict[str, str] = dict(given.get("mapped") or {})
        placed = self._office(installation).put_in_place(
            _with(known, mapped),
            extend=[key for key, native in mapped.items() if native] if given.get("extend") else (),
            forms=None if given.get("forms") else (),
        )
        if placed.signing_secret is not None:
            self._keep_secret(installation.id, placed.signing_secret)
        self._save(installation, placed.bindings)
        # The app in the sidebar last: once it asks, everything that it asks for is there.
        steps = _told(placed.steps, known, mapped) + self._settle(installation, False)
        return {
            "words": telling.did(steps, kinds),
            "remarks": telling.remarks(placed, steps, kinds),
            "by_hand": telling.by_hand(placed, kinds),
            "steps": telling.shown(steps, kinds),
        }

    # -- trying ------------------------------------------------------------------------------------

    def _try(self, installation: Installation, given: Mapping[str, Any]) -> Any:
        bindings = self._load(installation.id)
        if bindings is None:
            advice = "Put the fields in place first."
            raise errors.FieldGone("No fields are set up yet.", advice=advice)
        office, vendor = self._office(installation), vendor_of(installation)
        found = office.lately(bindings, TRIED, tag=CLAIM_TAG)
        words = "Your last warranty tickets, as they would be decided today."
        if not found:
            found = office.lately(bindings, TRIED)
            words = (
                f"No ticket carries the tag {CLAIM_TAG} yet, so these are your last tickets as if "
                "they were warranty claims: with nothing filled in, most need information."
            )
        rows = []
        for ticket in found:
            row = {
                "ticket": ticket.ref.id,
                "url": vendor.ticket_url(installation.subdomain or "", ticket.ref.id),
            }
            try:
                rows.append(row | _judged(assess(_as_claim(ticket), installation, self._now())))
            except errors.FieldGone:
                why = "This ticket lacks the app's fields: they are not on its form."
                rows.append(
                    row | {"status": "", "verdict": "Not judged", "freight": "", "why": why}
                )
        if not rows:
            words = "There are no tickets in this account yet."
        return {"words": words, "rows": rows}

    def _examined(self, installation: Installation, given: Mapping[str, Any]) -> Any:
        wording = wording_of(installation)
        found = self._examine(installation)
        return {"checks": [telling.for_admin(check, wording) for check in found]}


def _judged(found: Assessment) -> dict[str, str]:
    verdict = found.verdict
    return {
        "status": verdict.status,
        "verdict": STATUS_LABELS[verdict.status],
        "freight": PAYER_LABELS[verdict.freight.payer],
        "why": headline(found.reading, verdict).partition(" · ")[2],
    }


def _among(bound: Mapping[str, str], fitting: Mapping[str, list[Candidate]]) -> dict[str, str]:
    """Which of the account's own fields are in use for which fact."""
    return {
        key: native
        for key, native in bound.items()
        if any(one.id == native for one in fitting[key])
    }


def _as_claim(ticket: Ticket) -> Ticket:
    """A ticket as if it were a claim, and none that is over."""
    return replace(ticket, tags=ticket.tags | {CLAIM_TAG}, phase=Phase.OPEN)


def _with(known: Bindings | None, mapped: Mapping[str, str]) -> Bindings | None:
    """The bindings with the fields that an admin chose (empty: none of their own); for a field that
    is chosen anew, the old one's options no longer count."""
    if known is None and not any(mapped.values()):
        return None
    before = known or Bindings()
    new = {key for key, native in mapped.items() if before.fields.get(key) != native}
    fields = {**before.fields, **mapped}
    return Bindings(
        fields={key: native for key, native in fields.items() if native},
        options={key: options for key, options in before.options.items() if key not in new},
        macros=before.macros,
    )


def _told(steps: Iterable[Step], known: Bindings | None, mapped: Mapping[str, str]) -> list[Step]:
    """The steps, with those fields as adopted that an admin has just chosen: to the helpdesk's side
    they look as if they had been bound before."""
    before = known.fields if known else {}
    new = {f"field:{key}" for key, native in mapped.items() if native != before.get(key)}
    return [
        replace(one, action="adopted") if one.action == "unchanged" and one.what in new else one
        for one in steps
    ]
