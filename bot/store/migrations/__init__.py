"""Alembic's revisions; run by `bot.store.schema` when a database is older than the program."""
