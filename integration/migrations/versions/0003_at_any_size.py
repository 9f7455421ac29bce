"""What keeps many accounts apart and within their limits; what was reviewed; work by the clock.

The tables of ``budgets``, ``records`` and ``chores``. A review gains how often its ticket was
written lately. Indexes follow the new questions: who is due in this account, what is known of this
ticket or this requester, what is old enough to go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("installation", sa.String(40), primary_key=True),
        sa.Column("served_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("updates", sa.Float, nullable=False, server_default="0"),
        sa.Column("requests", sa.Float, nullable=False, server_default="0"),
        sa.Column("filled_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("request_limit", sa.Integer),
        sa.Column("paused_until", sa.BigInteger),
        sa.Column("troubles", sa.Integer, nullable=False, server_default="0"),
    )
    op.execute("INSERT INTO accounts (installation) SELECT DISTINCT installation FROM reviews")
    op.add_column("reviews", sa.Column("writes", sa.Integer, nullable=False, server_default="0"))
    op.add_column("reviews", sa.Column("writes_since", sa.BigInteger))
    op.create_index(
        "reviews_turn",
        "reviews",
        ["installation", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("events_ticket", "events", ["installation", "ticket_id"])
    op.create_index("events_received", "events", ["received_at"])
    op.create_table(
        "records",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("installation", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("requester", sa.String(64)),
        sa.Column("ticket_created_at", sa.BigInteger, nullable=False),
        sa.Column("reviewed_at", sa.BigInteger, nullable=False),
        sa.Column("review", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("delivery_id", sa.String(200)),
        sa.Column("did", sa.String(32), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("misread", sa.JSON, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("clauses", sa.JSON, nullable=False),
        sa.Column("freight_payer", sa.String(32), nullable=False),
        sa.Column("remedy", sa.String(32), nullable=False),
        sa.Column("warranty_ends_on", sa.String(10)),
        sa.Column("claim_deadline", sa.String(10)),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("shown", sa.String(32)),
        sa.Column("decision", sa.String(32)),
        sa.Column("edition", sa.String(32), nullable=False),
        sa.Column("facts_hash", sa.String(16), nullable=False),
        sa.Column("settings_hash", sa.String(16), nullable=False),
        sa.Column("wrote", sa.JSON, nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
    )
    op.create_index("records_ticket", "records", ["installation", "ticket_id"])
    op.create_index("records_requester", "records", ["installation", "requester"])
    op.create_index("records_reviewed", "records", ["reviewed_at"])
    op.create_table(
        "chores",
        sa.Column("installation", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("state", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
    )
