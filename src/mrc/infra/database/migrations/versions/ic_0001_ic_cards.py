"""The IC card: sealed sessions, the card register, signatures kept as evidence."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "ic_0001"
down_revision = None
branch_labels = ("ic",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ic_sessions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )
    op.create_index(None, "ic_sessions", ["expires_at"])
    op.create_table(
        "ic_cards",
        sa.Column("document_number", sa.Text, primary_key=True),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("serial", sa.LargeBinary, nullable=False),
        sa.Column("sod_hash", sa.LargeBinary, nullable=False),
        sa.Column("dg1_hash", sa.LargeBinary, nullable=False),
        sa.Column("chip_key", sa.LargeBinary, nullable=False),
        sa.Column("issuance_key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("document_signer", sa.LargeBinary, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("last_counter", sa.BigInteger, nullable=False),
        sa.Column("registered_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_index(None, "ic_cards", ["registrant"])
    op.create_table(
        "ic_proofs",
        sa.Column("context", sa.LargeBinary, primary_key=True),
        sa.Column("document_number", sa.Text, nullable=False),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("issuance_key", sa.LargeBinary, nullable=False),
        sa.Column("sod_hash", sa.LargeBinary, nullable=False),
        sa.Column("face", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_index(None, "ic_proofs", ["document_number"])
