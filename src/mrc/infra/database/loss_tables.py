"""The tables of losses and of what follows from register events. No column has a lock code, an
answer to a recognition question, or the address of who tried."""

import sqlalchemy as sa

from mrc.infra.database.schema import Document, Instant, metadata

codes = sa.Table(
    "loss_codes",
    metadata,
    sa.Column("card", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, index=True),
    sa.Column("registered_at", Instant, nullable=False),
)

tries = sa.Table(
    "loss_tries",
    metadata,
    sa.Column("bucket", sa.LargeBinary, primary_key=True),
    sa.Column("window", Instant, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

reports = sa.Table(
    "loss_reports",
    metadata,
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("once", sa.LargeBinary, unique=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("targets", Document, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("refused_from", Instant),
    sa.Index(None, "refused_from", "received_at"),
)

notices = sa.Table(
    "loss_notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False, index=True),
)

cases = sa.Table(
    "loss_cases",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("registrant", sa.Text, nullable=False, index=True),
    sa.Column("questions", Document, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("taken_at", Instant),
    sa.Column("outcome", sa.Text),
    sa.Column("right_answers", sa.Integer),
)

phone_checks = sa.Table(
    "loss_phone_checks",
    metadata,
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("numbers", sa.Text, nullable=False),
    sa.Column("first_asked_at", Instant, nullable=False),
    sa.Column("passed_at", Instant),
)

carried = sa.Table(
    "loss_carried_acts",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("carried_at", Instant, nullable=False),
    sa.Column("cards", sa.Integer, nullable=False),
)
