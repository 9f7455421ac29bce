"""The first tables: field bindings, events, reviews.

A table that is there already is adopted as it is: stores were made without a number before this,
and one that only ``warranty install`` had touched has the bindings alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bindings",
        sa.Column("installation", sa.String(40), primary_key=True),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("macros", sa.JSON, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("installation", sa.String(40), nullable=False),
        sa.Column("delivery_id", sa.String(200)),
        sa.Column("ticket_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("installation", "delivery_id"),
        if_not_exists=True,
    )
    op.create_table(
        "reviews",
        sa.Column("installation", sa.String(40), primary_key=True),
        sa.Column("ticket_id", sa.String(64), primary_key=True),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("set_aside_at", sa.BigInteger),
        if_not_exists=True,
    )
    op.create_index(
        "reviews_due",
        "reviews",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
        if_not_exists=True,
    )
