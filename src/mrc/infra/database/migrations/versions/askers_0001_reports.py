"""Askers: reports about them."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Document

revision = "askers_0001"
down_revision = None
branch_labels = ("askers",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asker_reports",
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("complaint", sa.Text, nullable=False),
        sa.Column("asker", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("registered", sa.Boolean, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("kinds", Document, nullable=False),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
    )
    op.create_index(None, "asker_reports", ["asker", "received_on"])
