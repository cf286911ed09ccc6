"""The register: portraits, registrants and the append-only record of acts."""

import sqlalchemy as sa
from alembic import op

from mrc.infra.database.schema import Document, Instant

revision = "registry_0001"
down_revision = None
branch_labels = ("registry",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_portraits",
        sa.Column("sha256", sa.LargeBinary, primary_key=True),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
    )
    op.create_table("registrants", *_registrant_columns())
    op.create_table(
        "registry_acts",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column(
            "registrant", sa.Text, sa.ForeignKey("registrants.id"), nullable=False, index=True
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("changed", Document, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_on_sqlite()
    else:
        _refuse_changes_on_postgresql()


def _registrant_columns() -> list[sa.Column[object]]:
    return [
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
        sa.Column(
            "portrait", sa.LargeBinary, sa.ForeignKey("registry_portraits.sha256"), index=True
        ),
        sa.Column("portrait_width", sa.Integer),
        sa.Column("portrait_height", sa.Integer),
        sa.Column("portrait_size", sa.Integer),
        sa.Column("addresses", Document, nullable=False),
        sa.Column("phones", Document, nullable=False),
        sa.Column("cards", Document, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    ]


def _refuse_changes_on_sqlite() -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER registry_acts_no_{act.lower()} BEFORE {act} ON registry_acts "
            "BEGIN SELECT RAISE(ABORT, 'acts are append-only'); END"
        )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION registry_acts_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'acts are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER registry_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON registry_acts EXECUTE FUNCTION registry_acts_refuse()"
    )
