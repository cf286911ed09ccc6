"""Losses: lock codes, tries, reports, notices, cases, phone checks, carried register acts."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Document, Instant

revision = "loss_0001"
down_revision = None
branch_labels = ("loss",)
depends_on = None


def upgrade() -> None:
    _codes_and_tries()
    _reports()
    _recognition()
    _following()


def _codes_and_tries() -> None:
    op.create_table(
        "loss_codes",
        sa.Column("card", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("registered_at", Instant, nullable=False),
    )
    op.create_index(None, "loss_codes", ["digest"])
    op.create_table(
        "loss_tries",
        sa.Column("bucket", sa.LargeBinary, primary_key=True),
        sa.Column("window", Instant, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_index(None, "loss_tries", ["expires_at"])


def _reports() -> None:
    op.create_table(
        "loss_reports",
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("once", sa.LargeBinary, unique=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("targets", Document, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("refused_from", Instant),
    )
    op.create_index(None, "loss_reports", ["refused_from", "received_at"])
    op.create_table(
        "loss_notices",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("partner", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
    )
    op.create_index(None, "loss_notices", ["created_at"])


def _recognition() -> None:
    op.create_table(
        "loss_cases",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("questions", Document, nullable=False),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("taken_at", Instant),
        sa.Column("outcome", sa.Text),
        sa.Column("right_answers", sa.Integer),
    )
    op.create_index(None, "loss_cases", ["registrant"])


def _following() -> None:
    op.create_table(
        "loss_phone_checks",
        sa.Column("holder", sa.Text, primary_key=True),
        sa.Column("numbers", sa.Text, nullable=False),
        sa.Column("first_asked_at", Instant, nullable=False),
        sa.Column("passed_at", Instant),
    )
    op.create_table(
        "loss_carried_acts",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("carried_at", Instant, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
    )
