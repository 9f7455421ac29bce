"""A connected service, as the set-up page's tests have it."""

from __future__ import annotations

from tests.integration.setup.conftest import (  # noqa: F401
    connected,
    freshdesk,
    keyed,
    made,
    make_freshdesk,
    make_service,
    service,
    sqlite_url,
)
