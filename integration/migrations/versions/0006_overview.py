"""What the overview asks of the records: each ticket's brand, and the reviews of a period and the
claims near their deadline without looking through all that is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("records", sa.Column("brand", sa.String(64)))
    op.create_index("records_period", "records", ["installation", "reviewed_at", "ticket_id"])
    ends = sa.text("claim_deadline IS NOT NULL")
    op.create_index(
        "records_deadline",
        "records",
        ["installation", "claim_deadline"],
        sqlite_where=ends,
        postgresql_where=ends,
    )
