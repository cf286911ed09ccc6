"""Askers: what was decided about reports, and an index to delete them by age."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "askers_0002"
down_revision = "askers_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asker_report_decisions",
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
    )
    op.create_index(None, "asker_reports", ["received_on"])
