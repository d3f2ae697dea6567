"""The search in mails, and the way into it for those that are there already. See store/search.py."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from alembic import op

from mailbot.store import search
from mailbot.store.engine import AT_ONCE

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

log = structlog.get_logger()
SAID_EVERY = 20_000  # mails


def upgrade() -> None:
    """An index of tokens, kept by store/search.py; a mail that is deleted leaves it by itself."""
    if op.get_bind().dialect.name == "sqlite":
        # No positions and no lengths: phrases are looked for in the mail itself, and nothing is ranked.
        op.execute(
            "CREATE VIRTUAL TABLE mail_search USING fts5(tokens, tokenize = 'ascii', detail = none, columnsize = 0)"
        )
        op.execute(
            "CREATE TRIGGER mail_search_forgets AFTER DELETE ON mail"
            " BEGIN DELETE FROM mail_search WHERE rowid = old.id; END"
        )
        _fill()
        return
    op.execute(
        "CREATE TABLE mail_search ("
        " mail_id bigint CONSTRAINT pk_mail_search PRIMARY KEY"
        " CONSTRAINT fk_mail_search_mail_id REFERENCES mail (id) ON DELETE CASCADE,"
        " tokens tsvector NOT NULL)"
    )
    _fill()
    # After the rows, which is far quicker. New mails wait in a list of at most 1 MB, which every search reads whole:
    # twice as quick to write as without, and still short to read.
    op.execute(
        "CREATE INDEX ix_mail_search_tokens ON mail_search USING gin (tokens)"
        " WITH (fastupdate = on, gin_pending_list_limit = 1024)"
    )


def _fill() -> None:
    bind = op.get_bind()
    mails = sa.table("mail", sa.column("id"), sa.column("kind"))
    understood = mails.c.kind != ""
    total = bind.execute(sa.select(sa.func.count()).select_from(mails).where(understood)).scalar_one()
    done = last = 0
    while True:
        query = sa.select(mails.c.id).where(understood, mails.c.id > last).order_by(mails.c.id).limit(AT_ONCE)
        ids = list(bind.execute(query).scalars())
        if not ids:
            return
        search.put_again(bind, ids)
        done, last = done + len(ids), ids[-1]
        if done % SAID_EVERY == 0 or done == total:
            log.info("mails made findable", done=done, of=total)
