"""The errands of the set-up page, in an account of few requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from integration import paced, workplace
from integration.budgets import ACCOUNTS
from integration.catalogue import FIELDS
from integration.sandbox.freshdesk import Options
from tests.integration.setup.served_freshdesk import FreshdeskService
from tests.integration.test_paced import OURS, TRIAL, busiest, later


def test_a_trial_account_is_set_up(
    make_freshdesk: Callable[..., FreshdeskService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker looks, puts everything in place and examines it, without one refusal and within
    the app's part of fifty requests a minute; the budget of reviews knows that limit."""
    time, sent, answers = [0.0], list[float](), list[str]()

    def wait(seconds: float) -> None:
        time[0] += seconds
        later(service.store, seconds)
        with service.account.lock:
            service.account.shift(seconds)

    def told(kind: str, status: str) -> None:
        sent.append(time[0])
        answers.append(status)

    def slowly(*given: object, **more: object) -> object:
        return paced.paced(
            *given,  # type: ignore[arg-type]
            **{**more, "told": told, "wait": wait, "clock": lambda: time[0]},  # type: ignore[arg-type]
        )

    monkeypatch.setattr(workplace, "paced", slowly)
    service = make_freshdesk(Options(plan="trial"))
    assert service.connect().status_code == 303
    wait(60)  # what connecting sent is not ours to count here
    assert service.result("look")["words"]
    assert service.placed()["words"].startswith(f"created {len(FIELDS)} ticket fields")
    assert service.result("examine")["checks"]
    assert set(answers) <= {"200", "201"}
    assert len(sent) > TRIAL
    assert busiest(sent) <= OURS + 1
    with service.store.read() as connection:
        assert connection.execute(select(ACCOUNTS.c.request_limit)).scalar_one() == TRIAL
    assert busiest(sent) > OURS / 2  # and it was not slower than it must be
