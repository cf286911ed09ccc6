"""The wallet provider's tables. Nothing here says who holds a phone or what is on it."""

import sqlalchemy as sa

from mrc.infra.database.schema import Instant, metadata

provider_instances = sa.Table(
    "provider_instances",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("evidence_kind", sa.Text),
    sa.Column("registered_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)

provider_challenges = sa.Table(
    "provider_challenges",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index(None, "expires_at"),
)
