"""What was done in an account, or would be, and what is the matter with it: in words for an admin
at the set-up page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from integration.helpdesks.placing import INSTALL, Placed, Step
from integration.install import title_of
from integration.setup.wording import Wording

_HOW: Final = {
    "created": "new",
    "adopted": "yours, used as it is",
    "changed": "set right",
    "unchanged": "in place",
    "left out": "left out",
}


def shown(steps: Iterable[Step], kinds: Mapping[str, str]) -> list[dict[str, str]]:
    """The steps one by one. ``kinds`` are the helpdesk's words for kinds of things, here and
    below."""
    return [
        {
            "what": title_of(step.what, kinds),
            "how": _HOW.get(step.action, step.action)
            + (f": {_here(step.why)}" if step.why else ""),
        }
        for step in steps
    ]


_PLURALS: Final = {
    "SLA policy": "SLA policies",
    "folder of canned responses": "folders of canned responses",
}


def _counted(steps: Iterable[Step], action: str, kinds: Mapping[str, str]) -> str:
    """The things of an action by kind: 27 ticket fields, 9 macros and 1 webhook."""
    numbers = Counter(s.what.partition(":")[0] for s in steps if s.action == action)
    said = []
    for kind, name in kinds.items():
        if number := numbers[kind]:
            if kind == "app":
                said.append(name)
                continue
            said.append(f"{number} {name if number == 1 else _PLURALS.get(name, name + 's')}")
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def would(steps: Sequence[Step], kinds: Mapping[str, str]) -> str:
    """What all of it would come to."""
    new, used = _counted(steps, "created", kinds), _counted(steps, "adopted", kinds)
    right = _counted(steps, "changed", kinds)
    said = [f"create {new}"] if new else []
    said += [f"use {used} of yours as they are"] if used else []
    said += [f"set right {right}"] if right else []
    return ", and ".join(said) or "change nothing: everything is in place"


def did(steps: Sequence[Step], kinds: Mapping[str, str]) -> str:
    """What it came to."""
    new, there = _counted(steps, "created", kinds), _counted(steps, "unchanged", kinds)
    used, right = _counted(steps, "adopted", kinds), _counted(steps, "changed", kinds)
    said = [f"created {new}"] if new else []
    said += [f"used {used} of yours"] if used else []
    said += [f"set right {right}"] if right else []
    said += [f"left as they were: {there}"] if there else []
    return "; ".join(said)


def remarks(
    placed: Placed, steps: Iterable[Step], kinds: Mapping[str, str], *, dry_run: bool = False
) -> list[str]:
    """What an admin should know of some steps; without those that are made by hand, which are
    shown apart. After a dry run only what would be left out."""
    said = []
    for step in steps:
        by_hand = step.what in placed.manual
        if not step.why or (by_hand and not dry_run) or (dry_run and step.action != "left out"):
            continue
        said.append(f"{title_of(step.what, kinds)}: {_BY_HAND if by_hand else _here(step.why)}")
    said += [
        f"Form “{form.name}” lacks {len(form.missing)} of the fields: agents who use it do not "
        "see them. Add them in Admin Center › Objects and rules › Forms."
        for form in placed.forms or ()
        if not dry_run
    ]
    return [f"{one.rstrip('.')}." for one in said] if dry_run else said


_BY_HAND: Final = "it has to be made by hand; how, is shown here once everything else is in place"


def by_hand(placed: Placed, kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """What could not be done from here, each with the steps by which an admin does it."""
    return [
        {"what": title_of(what, kinds), "steps": list(words)}
        for what, words in placed.manual.items()
    ]


_MENDS: Final = {
    INSTALL: "Press “Put in place again” in the first step: it puts back what is missing and sets "
    "it right.",
}
_COMMAND: Final = re.compile(r",? or (by|run) `warranty [^`]*`( again)?")


def _here(words: str) -> str:
    """Without a command that an admin at the page has no use for, beside another way."""
    return _COMMAND.sub("", words)


def for_admin(check: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """A finding with what to do on this page, where the doctor's own advice is a command."""
    mend = _MENDS.get(check["mend"], _here(check["mend"]))
    if check["key"] == "set_aside" and mend:
        mend = wording.set_aside
    if check["key"].startswith("trigger:") and check["mend"] == INSTALL:
        mend += wording.rule_by_hand
    return {**check, "mend": mend}
