"""The issuer's tables. The partial unique index makes "one phone per person and card type" a rule
of the database: two live mobile cards of one holder and type cannot both be committed."""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, Instant, metadata

offers = sa.Table(
    "issuer_offers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False, index=True),
    sa.Column("card_type", sa.Text, nullable=False),
    sa.Column("configuration_ids", Document, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("code_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("reference_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("issuer_state_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("tx_code_digest", sa.LargeBinary),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("max_tries", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

uses = sa.Table(
    "issuer_uses",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

authorizations = sa.Table(
    "issuer_authorizations",
    metadata,
    sa.Column("request_digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("redirect_uri", sa.Text),
    sa.Column("state", sa.Text),
    sa.Column("configuration_ids", Document, nullable=False),
    sa.Column("use_identifiers", sa.Boolean, nullable=False),
    sa.Column("code_challenge", sa.Text, nullable=False),
    sa.Column("jkt", sa.Text),
    sa.Column("instance_jkt", sa.Text),
    sa.Column("offer", sa.Text),
    sa.Column("holder", sa.Text),
    sa.Column("card_type", sa.Text),
    sa.Column("code_digest", sa.LargeBinary, unique=True),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

grants = sa.Table(
    "issuer_grants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("card_type", sa.Text, nullable=False),
    sa.Column("configuration_ids", Document, nullable=False),
    sa.Column("use_identifiers", sa.Boolean, nullable=False),
    sa.Column("client_id", sa.Text),
    sa.Column("jkt", sa.Text),
    sa.Column("instance_jkt", sa.Text),
    sa.Column("offer", sa.Text),
    sa.Column("card", sa.Text, index=True),
    sa.Column("refresh_digest", sa.LargeBinary, unique=True),
    sa.Column("refresh_expires_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)

access_tokens = sa.Table(
    "issuer_access_tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("grant_id", sa.Text, sa.ForeignKey("issuer_grants.id"), nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

cards = sa.Table(
    "issuer_cards",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False, index=True),
    sa.Column("card_type", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False, index=True),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("renewal_due", sa.Boolean, nullable=False),
    sa.Column("ended_at", Instant),
)
ONE_PHONE = sa.Index(
    "uq_issuer_cards_one_phone",
    cards.c.holder,
    cards.c.card_type,
    unique=True,
    sqlite_where=cards.c.ended_at.is_(None),
    postgresql_where=cards.c.ended_at.is_(None),
)

card_events = sa.Table(
    "issuer_card_events",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("card", sa.Text, sa.ForeignKey("issuer_cards.id"), nullable=False, index=True),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("channel", sa.Text),
)

status_lists = sa.Table(
    "issuer_status_lists",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("decoys", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("published_version", sa.Integer, nullable=False),
    sa.Column("published_at", Instant),
)

copies = sa.Table(
    "issuer_copies",
    metadata,
    sa.Column("list_id", sa.Text, sa.ForeignKey("issuer_status_lists.id"), primary_key=True),
    sa.Column("idx", sa.Integer, primary_key=True),
    sa.Column("card", sa.Text, sa.ForeignKey("issuer_cards.id"), nullable=False, index=True),
    sa.Column("configuration_id", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("changed_in", sa.Integer, nullable=False),
    sa.Index("ix_issuer_copies_changed", "list_id", "changed_in"),
)

responses = sa.Table(
    "issuer_responses",
    metadata,
    sa.Column("request_digest", sa.LargeBinary, primary_key=True),
    sa.Column("nonce_digest", sa.LargeBinary, nullable=False),
    sa.Column("grant_id", sa.Text, nullable=False, index=True),
    sa.Column("configuration_id", sa.Text, nullable=False),
    sa.Column("notification_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

deferred = sa.Table(
    "issuer_deferred",
    metadata,
    sa.Column("transaction_digest", sa.LargeBinary, primary_key=True),
    sa.Column("grant_id", sa.Text, nullable=False),
    sa.Column("configuration_id", sa.Text, nullable=False),
    sa.Column("keys", Document, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

status_tokens = sa.Table(
    "issuer_status_tokens",
    metadata,
    sa.Column("list_id", sa.Text, sa.ForeignKey("issuer_status_lists.id"), primary_key=True),
    sa.Column("issued_at", Instant, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("jwt", sa.LargeBinary, nullable=False),
    sa.Column("cwt", sa.LargeBinary, nullable=False),
)
