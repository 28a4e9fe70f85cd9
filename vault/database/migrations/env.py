"""Run by Alembic: migrate on the connection that `vault.database.connection` hands over."""

from alembic import context

from vault.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
