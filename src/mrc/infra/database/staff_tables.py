"""The tables of staff. `staff_acts` is append-only: triggers refuse to change or remove a row."""

import sqlalchemy as sa

from mrc.infra.database.schema import Instant, metadata

members = sa.Table(
    "staff_members",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

passkeys = sa.Table(
    "staff_passkeys",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("added_at", Instant, nullable=False),
)

enrolments = sa.Table(
    "staff_enrolments",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False, index=True),
    sa.Column("expires_at", Instant, nullable=False),
)

challenges = sa.Table(
    "staff_challenges",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False, index=True),
    sa.Column("counter", sa.Integer),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

screens = sa.Table(
    "staff_screens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("opened", sa.Boolean, nullable=False),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("language", sa.Text),
    sa.Column("expires_at", Instant, nullable=False),
)

visits = sa.Table(
    "staff_visits",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("registrant", sa.Text, nullable=False, index=True),
    sa.Column("officer", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False, index=True),
    sa.Column("session", sa.Text, nullable=False, index=True),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("person_check", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("replacement_agreed", sa.Boolean, nullable=False),
    sa.Column("offer", sa.Text),
    sa.Column("sealed_link", sa.LargeBinary),
    sa.Column("code_sent", sa.Boolean, nullable=False),
    sa.Column("offer_expires_at", Instant),
    sa.Column("issued_at", Instant),
    sa.Column("locked_at", Instant),
)

approvals = sa.Table(
    "staff_approvals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("registrant", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", Instant, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", Instant),
    sa.Column("remark", sa.Text, nullable=False),
    sa.Column("about", sa.Text),
    sa.Column("spent_at", Instant),
)
ONE_REQUEST = sa.Index(
    "uq_staff_approvals_one_request",
    approvals.c.registrant,
    approvals.c.act,
    unique=True,
    sqlite_where=approvals.c.state == sa.text("'waiting'"),
    postgresql_where=approvals.c.state == sa.text("'waiting'"),
)

offices = sa.Table(
    "staff_offices",
    metadata,
    sa.Column("office", sa.Text, primary_key=True),
    sa.Column("counters", sa.Integer, nullable=False),
)

acts = sa.Table(
    "staff_acts",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, index=True),
    sa.Column("subject", sa.Text, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

card_jobs = sa.Table(
    "staff_card_jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("registrant", sa.Text, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("document_number", sa.Text, nullable=False),
    sa.Column("approval", sa.Text, nullable=True, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("trouble", sa.Text, nullable=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)
ONE_CARD = sa.Index(
    "uq_staff_card_jobs_one_card",
    card_jobs.c.registrant,
    unique=True,
    sqlite_where=card_jobs.c.state == sa.text("'open'"),
    postgresql_where=card_jobs.c.state == sa.text("'open'"),
)
"""One card at a time for a person: decided by the database."""
