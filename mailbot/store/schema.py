"""The database's schema: which version it has, which we need, and the way there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.errors import UserError
from mailbot.store.engine import Engine

if TYPE_CHECKING:
    from alembic.config import Config

# The newest version under migrations/versions; a test compares the two. Alembic itself takes a quarter of a
# second to import and is only needed when there is something to migrate.
HEAD = "0005"

# Any number, the same in all replicas: one of them migrates, the others wait for its transaction.
MIGRATION_LOCK = 0x6D61696C


def current(tx: Connection) -> str | None:
    """The schema version of the database; None: empty."""
    if not sa.inspect(tx).has_table("alembic_version"):
        return None
    found: str | None = tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(engine: Engine) -> bool:
    """Bring the schema to HEAD, in one transaction; True when there was something to do."""
    with engine.read() as tx:
        if current(tx) == HEAD:
            return False
    from alembic import command

    with engine.write() as tx:
        if not engine.is_sqlite:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        found = current(tx)
        if found == HEAD:
            return False
        _refuse_newer(found)
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
    return True


def require_head(engine: Engine) -> None:
    """UserError unless the schema is the one we need."""
    with engine.read() as tx:
        found = current(tx)
    if found != HEAD:
        _refuse_newer(found)
        raise UserError("database", "", "its schema is not the one of this program; run: mailbot db upgrade")


def _refuse_newer(found: str | None) -> None:
    if found is not None and found not in versions():
        raise UserError("database", "", f"its schema {found} is newer than this program; upgrade mailbot")


def versions() -> set[str]:
    """Every version this program knows."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
