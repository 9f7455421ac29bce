"""Set-ups that wait for no turn, for tests of what is set up; ``test_paced`` tells how they do."""

from __future__ import annotations

import pytest

from integration import paced


def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always room in the account's budget for a request of a set-up."""
    monkeypatch.setattr(paced._Budget, "take", lambda budget: 0.0)
