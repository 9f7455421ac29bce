"""Of which account the field bindings are, so that those of one are not taken for another's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("bindings", sa.Column("helpdesk", sa.String(16)))
    op.add_column("bindings", sa.Column("address", sa.String(63)))
