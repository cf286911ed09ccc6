"""The front desk: chip cards being made, so that they go on after an interruption."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "staff_0002"
down_revision = "staff_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_card_jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("officer", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("document_number", sa.Text, nullable=False),
        sa.Column("approval", sa.Text, nullable=True, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("trouble", sa.Text, nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_index(
        "uq_staff_card_jobs_one_card",
        "staff_card_jobs",
        ["registrant"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
