"""Promises with steps, reminders to agents, ratings, and what a ticket needs to be led to its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailbot.store.types import UtcDateTime, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """New columns with a value for every old row, then new tables."""
    for column in (
        sa.Column("department", Words(40), nullable=False, server_default=""),
        sa.Column("hush", Words(), nullable=False, server_default=""),
        sa.Column("plan", Words()),
        sa.Column("news", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("news_at", UtcDateTime()),
        sa.Column("handled_at", UtcDateTime()),
        sa.Column("written_at", UtcDateTime()),
        sa.Column("side", Words(12), nullable=False, server_default=""),
        sa.Column("proof", Words(), nullable=False, server_default=""),
        sa.Column("revisited_at", UtcDateTime()),
        sa.Column("score", sa.Integer()),
        sa.Column("score_reason", Words(), nullable=False, server_default=""),
        sa.Column("merged_into", Words(20)),
    ):
        op.add_column("ticket", column)
    op.execute("UPDATE ticket SET handled_at = resolved_at WHERE resolved_at IS NOT NULL")
    op.add_column("mail", sa.Column("merged_from", _ID))
    op.add_column("note", sa.Column("for_customer", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("draft", sa.Column("pledges", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("draft", sa.Column("pledges_by", Words(80)))
    op.add_column("agent", sa.Column("address", Words(320), nullable=False, server_default=""))
    op.add_column("agent", sa.Column("department", Words(40), nullable=False, server_default=""))
    _promise_steps()
    _outbox_without_ticket()
    _new_tables()


def _promise_steps() -> None:
    op.add_column("promise", sa.Column("about", Words(), nullable=False, server_default=""))
    op.add_column("promise", sa.Column("party", Words(80), nullable=False, server_default=""))
    op.add_column("promise", sa.Column("next_at", UtcDateTime()))
    op.add_column("promise", sa.Column("stepped_at", UtcDateTime()))
    # What was open before is looked at when it falls due, as it was then.
    op.execute("UPDATE promise SET next_at = due_at WHERE state = 'open' AND broken_at IS NULL")
    where = sa.text("state = 'open'")
    op.create_index("ix_promise_next", "promise", ["next_at"], sqlite_where=where, postgresql_where=where)


def _outbox_without_ticket() -> None:
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("ticket_id", existing_type=_ID, nullable=True)
        batch.alter_column("draft_id", existing_type=_ID, nullable=True)
        batch.add_column(sa.Column("pledges", sa.JSON(), nullable=False, server_default="[]"))

    op.create_index(
        "ix_outbox_untold",
        "outbox",
        ["id"],
        sqlite_where=sa.text("told IS 0"),
        postgresql_where=sa.text("told IS false"),
    )


def _new_tables() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("promise_id", _ID),
        sa.Column("audience", Words(90), nullable=False),
        sa.Column("level", Words(12), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("gathered_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_reminder_ticket_id")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_reminder_promise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
    )
    op.create_index(op.f("ix_reminder_ticket_id"), "reminder", ["ticket_id"])
    where = sa.text("gathered_at IS NULL")
    op.create_index("ix_reminder_told", "reminder", ["audience", "gathered_at"])
    op.create_index("ix_reminder_waiting", "reminder", ["id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "rating",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("how", Words(8), nullable=False),
        sa.Column("mail_id", _ID),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_rating_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
    )
    op.create_index(op.f("ix_rating_ticket_id"), "rating", ["ticket_id"])
    op.create_table(
        "customer",
        sa.Column("address", Words(320), nullable=False),
        sa.Column("no_revisit_at", UtcDateTime()),
        sa.Column("no_revisit_how", Words(8), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_customer")),
    )
