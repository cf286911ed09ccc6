"""The issuer: offers, grants, mobile cards with their copies, status lists and their tokens."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Document, Instant

revision = "issuer_0001"
down_revision = None
branch_labels = ("issuer",)
depends_on = None


def upgrade() -> None:
    _offers_and_grants()
    _cards()
    _answers()
    op.create_index(
        "uq_issuer_cards_one_phone",
        "issuer_cards",
        ["holder", "card_type"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_issuer_copies_changed", "issuer_copies", ["list_id", "changed_in"])


def _create_offers() -> None:
    op.create_table(
        "issuer_offers",
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


def _create_uses() -> None:
    op.create_table(
        "issuer_uses",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at", Instant, nullable=False, index=True),
    )


def _create_authorizations() -> None:
    op.create_table(
        "issuer_authorizations",
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


def _create_grants() -> None:
    op.create_table(
        "issuer_grants",
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


def _create_access_tokens() -> None:
    op.create_table(
        "issuer_access_tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column(
            "grant_id", sa.Text, sa.ForeignKey("issuer_grants.id"), nullable=False, index=True
        ),
        sa.Column("expires_at", Instant, nullable=False, index=True),
    )


def _create_cards() -> None:
    op.create_table(
        "issuer_cards",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False, index=True),
        sa.Column("card_type", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("renewal_due", sa.Boolean, nullable=False),
        sa.Column("ended_at", Instant),
    )


def _create_card_events() -> None:
    op.create_table(
        "issuer_card_events",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("card", sa.Text, sa.ForeignKey("issuer_cards.id"), nullable=False, index=True),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )


def _create_status_lists() -> None:
    op.create_table(
        "issuer_status_lists",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("decoys", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("published_version", sa.Integer, nullable=False),
        sa.Column("published_at", Instant),
    )


def _create_copies() -> None:
    op.create_table(
        "issuer_copies",
        sa.Column("list_id", sa.Text, sa.ForeignKey("issuer_status_lists.id"), primary_key=True),
        sa.Column("idx", sa.Integer, primary_key=True),
        sa.Column("card", sa.Text, sa.ForeignKey("issuer_cards.id"), nullable=False, index=True),
        sa.Column("configuration_id", sa.Text, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("changed_in", sa.Integer, nullable=False),
    )


def _create_responses() -> None:
    op.create_table(
        "issuer_responses",
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


def _create_deferred() -> None:
    op.create_table(
        "issuer_deferred",
        sa.Column("transaction_digest", sa.LargeBinary, primary_key=True),
        sa.Column("grant_id", sa.Text, nullable=False),
        sa.Column("configuration_id", sa.Text, nullable=False),
        sa.Column("keys", Document, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False, index=True),
    )


def _create_status_tokens() -> None:
    op.create_table(
        "issuer_status_tokens",
        sa.Column("list_id", sa.Text, sa.ForeignKey("issuer_status_lists.id"), primary_key=True),
        sa.Column("issued_at", Instant, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("jwt", sa.LargeBinary, nullable=False),
        sa.Column("cwt", sa.LargeBinary, nullable=False),
    )


def _offers_and_grants() -> None:
    _create_offers()
    _create_uses()
    _create_authorizations()
    _create_grants()
    _create_access_tokens()


def _cards() -> None:
    _create_cards()
    _create_card_events()
    _create_status_lists()
    _create_copies()


def _answers() -> None:
    _create_responses()
    _create_deferred()
    _create_status_tokens()
