"""The workers' signs of life; and which delivery made a review due, to tie their logs together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.add_column("reviews", sa.Column("delivery_id", sa.String(200)))
