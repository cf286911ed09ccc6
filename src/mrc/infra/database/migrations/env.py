"""Alembic's entry: the connection comes from `mrc.infra.database.upgrade`, nothing from files."""

from alembic import context

from mrc.infra.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
