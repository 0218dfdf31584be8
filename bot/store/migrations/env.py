"""How Alembic reaches the database: by the connection of the transaction that `bot.store.schema` opened."""

from __future__ import annotations

from alembic import context

from bot.store.tables import metadata


def run() -> None:
    """Migrate on the connection in `config.attributes`, within its transaction."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # the store's transaction is the one
    )
    context.run_migrations()


run()
