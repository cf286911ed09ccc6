"""The issuer: by which channel a card was locked, and cards by their phone."""

import sqlalchemy as sa
from alembic import op

revision = "issuer_0002"
down_revision = "issuer_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issuer_card_events", sa.Column("channel", sa.Text))
    op.create_index("ix_issuer_cards_phone", "issuer_cards", ["phone"])
