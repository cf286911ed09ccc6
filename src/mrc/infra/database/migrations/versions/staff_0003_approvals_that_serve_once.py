"""The front desk: what an approval is about, and when it has served."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "staff_0003"
down_revision = "staff_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_approvals", sa.Column("about", sa.Text))
    op.add_column("staff_approvals", sa.Column("spent_at", Instant))
