"""The tables of checks in person and of sign-ins at services. No column holds personal data."""

import sqlalchemy as sa

from mrc.infra.database.schema import Instant, metadata

checks = sa.Table(
    "checker_checks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("post", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closes_at", Instant, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("transaction", sa.Text),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("ending", sa.Text),
    sa.Column("decision", sa.Text),
    sa.Column("answer", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("data_as_of", Instant),
    sa.Column("finished_at", Instant),
    sa.Column("face", sa.Text),
    sa.Index(None, "post", "opened_at"),
)

sign_in_tries = sa.Table(
    "checker_sign_in_tries",
    metadata,
    sa.Column("at", Instant, nullable=False),
    sa.Index(None, "at"),
)

sign_ins = sa.Table(
    "online_sign_ins",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("browser", sa.LargeBinary, nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("device", sa.Text),
    sa.Column("transaction", sa.Text),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("closes_at", Instant),
    sa.Column("codes", sa.Integer, nullable=False),
    sa.Column("end", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Index(None, "opened_at"),
)
