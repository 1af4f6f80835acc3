"""Alembic runs this file for each command. The connection, and its transaction, are the caller's."""

from alembic import context

from umbel.engine.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,  # BEGIN is emitted by us, so that SQLite rolls DDL back too
    transaction_per_migration=False,
)
context.run_migrations()
