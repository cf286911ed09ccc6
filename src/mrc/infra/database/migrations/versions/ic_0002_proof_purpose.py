"""The IC card: what a chip's proof was for. Those kept before were all for an issue."""

import sqlalchemy as sa
from alembic import op

revision = "ic_0002"
down_revision = "ic_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("purpose", sa.Text, nullable=False, server_default="issue")
    op.add_column("ic_proofs", column)
