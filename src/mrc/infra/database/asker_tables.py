"""The table of reports about askers. No column has a moment, an address or anything of a phone."""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, metadata

reports = sa.Table(
    "asker_reports",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("id", sa.LargeBinary, nullable=False),
    sa.Column("complaint", sa.Text, nullable=False),
    sa.Column("asker", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("registered", sa.Boolean, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("kinds", Document, nullable=False),
    sa.Column("happened_on", sa.Date, nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Index(None, "asker", "received_on"),
)
