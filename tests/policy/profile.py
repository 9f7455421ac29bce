"""How property tests run: the same examples every time, without a clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings


def steady(examples: int) -> Callable[[Any], Any]:
    """That many examples, the same in every run, however slow the machine."""
    return hypothesis_settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
