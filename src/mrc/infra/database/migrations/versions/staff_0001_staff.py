"""Staff: members, passkeys, sessions, visits, approvals, and what they did."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Instant

revision = "staff_0001"
down_revision = None
branch_labels = ("staff",)
depends_on = None


def upgrade() -> None:
    _members()
    _passkeys()
    _enrolments()
    _challenges()
    _sessions()
    _screens()
    _visits()
    _approvals()
    _offices()
    _acts()
    for table, column in _INDICES:
        op.create_index(None, table, [column])
    op.create_index(
        "uq_staff_approvals_one_request",
        "staff_approvals",
        ["registrant", "act"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_on_sqlite()
    else:
        _refuse_changes_on_postgresql()


def _members() -> None:
    op.create_table(
        "staff_members",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
    )


def _passkeys() -> None:
    op.create_table(
        "staff_passkeys",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
    )


def _enrolments() -> None:
    op.create_table(
        "staff_enrolments",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )


def _challenges() -> None:
    op.create_table(
        "staff_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )


def _sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("member", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("counter", sa.Integer),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )


def _screens() -> None:
    op.create_table(
        "staff_screens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("opened", sa.Boolean, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("expires_at", Instant, nullable=False),
    )


def _visits() -> None:
    op.create_table(
        "staff_visits",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("officer", sa.Text, sa.ForeignKey("staff_members.id"), nullable=False),
        sa.Column("session", sa.Text, nullable=False),
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


def _approvals() -> None:
    op.create_table(
        "staff_approvals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("registrant", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", Instant),
        sa.Column("remark", sa.Text, nullable=False),
    )


def _offices() -> None:
    op.create_table(
        "staff_offices",
        sa.Column("office", sa.Text, primary_key=True),
        sa.Column("counters", sa.Integer, nullable=False),
    )


def _acts() -> None:
    op.create_table(
        "staff_acts",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
    )


def _refuse_changes_on_sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER staff_acts_no_{act.lower()} BEFORE {act} ON staff_acts "
            "BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END"
        )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION staff_acts_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'acts are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER staff_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON staff_acts EXECUTE FUNCTION staff_acts_refuse()"
    )


_INDICES = (
    ("staff_passkeys", "member"),
    ("staff_enrolments", "member"),
    ("staff_challenges", "expires_at"),
    ("staff_sessions", "member"),
    ("staff_sessions", "expires_at"),
    ("staff_screens", "session"),
    ("staff_visits", "registrant"),
    ("staff_visits", "officer"),
    ("staff_visits", "session"),
    ("staff_approvals", "asked_at"),
    ("staff_acts", "actor"),
    ("staff_acts", "subject"),
    ("staff_acts", "at"),
)
