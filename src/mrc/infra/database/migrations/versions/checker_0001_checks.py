"""Checks in person and sign-ins at services."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "checker_0001"
down_revision = None
branch_labels = ("checker",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checker_checks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("post", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("closes_at", Instant, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("transaction", sa.Text),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("ending", sa.Text),
        sa.Column("decision", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("data_as_of", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("face", sa.Text),
    )
    op.create_index(None, "checker_checks", ["post", "opened_at"])
    op.create_table("checker_sign_in_tries", sa.Column("at", Instant, nullable=False))
    op.create_index(None, "checker_sign_in_tries", ["at"])
    op.create_table(
        "online_sign_ins",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("browser", sa.LargeBinary, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("device", sa.Text),
        sa.Column("transaction", sa.Text),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("closes_at", Instant),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("end", sa.Text),
        sa.Column("reason", sa.Text),
    )
    op.create_index(None, "online_sign_ins", ["opened_at"])
