"""The wallet provider: instances and used challenges."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "provider_0001"
down_revision = None
branch_labels = ("provider",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_instances",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("evidence_kind", sa.Text),
        sa.Column("registered_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
    )
    op.create_table(
        "provider_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_index(None, "provider_challenges", ["expires_at"])
