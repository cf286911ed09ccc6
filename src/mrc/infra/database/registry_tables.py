"""The register's tables. `acts` is append-only: triggers refuse to change or remove a row."""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, Instant, metadata

portraits = sa.Table(
    "registry_portraits",
    metadata,
    sa.Column("sha256", sa.LargeBinary, primary_key=True),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
)

registrants = sa.Table(
    "registrants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("family_name", sa.Text, nullable=False),
    sa.Column("given_name", sa.Text, nullable=False),
    sa.Column("family_name_hangul", sa.Text, nullable=False),
    sa.Column("given_name_hangul", sa.Text, nullable=False),
    sa.Column("search_key", sa.Text, nullable=False),
    sa.Column("birth_date", sa.Date, nullable=False, index=True),
    sa.Column("sex", sa.Text, nullable=False),
    sa.Column("nationality", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("permitted_until", sa.Date),
    sa.Column("registered_on", sa.Date),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("end_reason", sa.Text),
    sa.Column("portrait", sa.LargeBinary, sa.ForeignKey("registry_portraits.sha256"), index=True),
    sa.Column("portrait_width", sa.Integer),
    sa.Column("portrait_height", sa.Integer),
    sa.Column("portrait_size", sa.Integer),
    sa.Column("addresses", Document, nullable=False),
    sa.Column("phones", Document, nullable=False),
    sa.Column("cards", Document, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

acts = sa.Table(
    "registry_acts",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("registrant", sa.Text, sa.ForeignKey("registrants.id"), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("changed", Document, nullable=False),
)
