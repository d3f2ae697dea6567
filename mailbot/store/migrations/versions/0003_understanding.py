"""What agents teach, what they know of a customer, questions without an answer, and findings let pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailbot.store.types import UtcDateTime, Words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New columns with a value for every old row, then new tables."""
    op.add_column("ticket", sa.Column("concerns", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("draft", sa.Column("overridden_by", Words(80)))
    op.add_column("draft", sa.Column("overridden_because", Words(), nullable=False, server_default=""))
    op.add_column("customer", sa.Column("account", Words(12), nullable=False, server_default=""))
    op.add_column("customer", sa.Column("elderly", sa.Boolean()))
    op.add_column("customer", sa.Column("note", Words(), nullable=False, server_default=""))
    op.add_column("customer", sa.Column("changed_by", Words(80)))
    op.add_column("customer", sa.Column("changed_at", UtcDateTime()))
    _verdicts()
    _gaps()


def _verdicts() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("mail_id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("agent", Words(80), nullable=False),
        sa.Column("category", Words(20), nullable=False),
        sa.Column("topic", Words(60), nullable=False),
        sa.Column("priority", Words(12), nullable=False),
        sa.Column("said_category", Words(20), nullable=False),
        sa.Column("said_topic", Words(60), nullable=False),
        sa.Column("undone_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_verdict_mail_id_mail"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_verdict_ticket_id_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_mail_id", "verdict", ["mail_id"])


def _gaps() -> None:
    op.create_table(
        "gap",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("mail_id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("question", Words(), nullable=False),
        sa.Column("category", Words(20), nullable=False),
        sa.Column("topic", Words(60), nullable=False),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("closed_by", Words(80)),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_gap_mail_id_mail"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_gap_ticket_id_ticket"),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
    )
    where = sa.text("closed_at IS NULL")
    op.create_index("ix_gap_open", "gap", ["id"], sqlite_where=where, postgresql_where=where)
