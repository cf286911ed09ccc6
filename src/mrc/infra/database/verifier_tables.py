"""The verifier's table: one row for one question, from asking to forgetting.

`claims` is the only column with personal data; it is set to NULL as soon as the claims are to be
forgotten. `nonce`, `state` and `sealed_key` are set to NULL by the claim.
"""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, Instant, metadata

verifier_transactions = sa.Table(
    "verifier_transactions",
    metadata,
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
    sa.Index(None, "opened_at"),
)
