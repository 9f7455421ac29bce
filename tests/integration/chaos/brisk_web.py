"""The web app as it is, except that it asks to be tried again after a tenth of the usual time."""

from __future__ import annotations

import os

from integration import problems
from integration.app import create_app

if os.environ.get("WARRANTY_CHAOS"):
    problems.RETRY_AFTER //= 10

__all__ = ["create_app"]
