"""The IC card's tables: sealed sessions, the card register, and the chips' signatures as evidence.

No PIN, name or picture stands here; `sealed` holds session keys and is encrypted by the store.
"""

import sqlalchemy as sa

from mrc.infra.database.schema import Instant, metadata

ic_sessions = sa.Table(
    "ic_sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index(None, "expires_at"),
)

ic_cards = sa.Table(
    "ic_cards",
    metadata,
    sa.Column("document_number", sa.Text, primary_key=True),
    sa.Column("registrant", sa.Text, nullable=False, index=True),
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

ic_proofs = sa.Table(
    "ic_proofs",
    metadata,
    sa.Column("context", sa.LargeBinary, primary_key=True),
    sa.Column("document_number", sa.Text, nullable=False, index=True),
    sa.Column("registrant", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("counter", sa.BigInteger, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("issuance_key", sa.LargeBinary, nullable=False),
    sa.Column("sod_hash", sa.LargeBinary, nullable=False),
    sa.Column("face", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False, server_default="issue"),
)
