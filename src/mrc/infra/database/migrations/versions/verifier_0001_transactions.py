"""The verifier: questions and their answers."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Document, Instant

revision = "verifier_0001"
down_revision = None
branch_labels = ("verifier",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verifier_transactions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False, unique=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("question", Document, nullable=False),
        sa.Column("key", Document),
        sa.Column("nonce", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("sealed_key", sa.LargeBinary),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("claimed_at", Instant),
        sa.Column("finished_at", Instant),
        sa.Column("outcome", Document),
        sa.Column("claims", Document),
        sa.Column("response_code_hash", sa.LargeBinary),
        sa.Column("keep_until", Instant),
    )
    op.create_index(None, "verifier_transactions", ["opened_at"])
