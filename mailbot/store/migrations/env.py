"""Alembic's entry: runs the versions over the connection that schema.py hands in."""

from __future__ import annotations

from alembic import context

from mailbot.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
