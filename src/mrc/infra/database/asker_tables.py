"""Reports about askers, and what was decided about them.

No column of a report has a moment, an address or anything of a phone.
"""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, Instant, metadata

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
    sa.Column("received_on", sa.Date, nullable=False, index=True),
    sa.Index(None, "asker", "received_on"),
)

decisions = sa.Table(
    "asker_report_decisions",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", Instant, nullable=False),
)
