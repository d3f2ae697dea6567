"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mailbot.store.types import UtcDateTime, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "agent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", Words(80), nullable=False),
        sa.Column("display_name", Words(80), nullable=False),
        sa.Column("staff_number", Words(20), nullable=False),
        sa.Column("role", Words(12), nullable=False),
        sa.Column("password", Words(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("name", name=op.f("uq_agent_name")),
    )
    op.create_table(
        "cursor",
        sa.Column("mailbox", Words(120), nullable=False),
        sa.Column("folder", Words(255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "folder", "uidvalidity", name=op.f("pk_cursor")),
    )
    op.create_table(
        "health",
        sa.Column("name", Words(120), nullable=False),
        sa.Column("ok_at", UtcDateTime(), nullable=True),
        sa.Column("error_at", UtcDateTime(), nullable=True),
        sa.Column("error", Words(), nullable=False),
        sa.Column("wait_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_health")),
    )
    op.create_table(
        "lease",
        sa.Column("name", Words(120), nullable=False),
        sa.Column("holder", Words(120), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "login_failure",
        sa.Column("name", Words(80), nullable=False),
        sa.Column("address", Words(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", "address", name=op.f("pk_login_failure")),
    )
    op.create_table(
        "quota",
        sa.Column("address", Words(320), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_quota")),
    )
    op.create_table(
        "raw",
        sa.Column("sha256", Words(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_raw")),
    )
    op.create_table(
        "serial",
        sa.Column("day", Words(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_serial")),
    )
    op.create_table(
        "setting",
        sa.Column("name", Words(80), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "standing_approval",
        sa.Column("template", Words(80), nullable=False),
        sa.Column("language", Words(8), nullable=False),
        sa.Column("text_sha256", Words(64), nullable=False),
        sa.Column("approver", Words(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("template", "language", "text_sha256", name=op.f("pk_standing_approval")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", Words(20), nullable=False),
        sa.Column("mailbox", Words(120), nullable=False),
        sa.Column("customer", Words(320), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("subject_key", Words(200), nullable=False),
        sa.Column("language", Words(8), nullable=False),
        sa.Column("category", Words(20), nullable=False),
        sa.Column("topic", Words(60), nullable=False),
        sa.Column("priority", Words(12), nullable=False),
        sa.Column("state", Words(12), nullable=False),
        sa.Column("waiting_on", Words(12), nullable=False),
        sa.Column("owner", Words(80), nullable=True),
        sa.Column("mood", Words(8), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("result", Words(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index(op.f("ix_ticket_customer_subject_key"), "ticket", ["customer", "subject_key"], unique=False)
    op.create_index(op.f("ix_ticket_state_updated_at"), "ticket", ["state", "updated_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", Words(20), nullable=False),
        sa.Column("who", Words(80), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_journal_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_ticket_id"), "journal", ["ticket_id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mailbox", Words(120), nullable=False),
        sa.Column("folder", Words(255), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("taken_in_at", UtcDateTime(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("raw_sha256", Words(64), nullable=False),
        sa.Column("body_sha256", Words(64), nullable=False),
        sa.Column("state", Words(8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", Words(64), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("why", Words(), nullable=False),
        sa.Column("as_human", sa.Boolean(), nullable=False),
        sa.Column("copy_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", Words(12), nullable=False),
        sa.Column("message_id", Words(998), nullable=True),
        sa.Column("sender", Words(320), nullable=False),
        sa.Column("sender_name", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("words", Words(), nullable=False),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["raw_sha256"], ["raw.sha256"], name=op.f("fk_mail_raw_sha256")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_mail_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint(
            "mailbox", "folder", "uidvalidity", "uid", name=op.f("uq_mail_mailbox_folder_uidvalidity_uid")
        ),
    )
    op.create_index(op.f("ix_mail_body_sha256"), "mail", ["body_sha256"], unique=False)
    op.create_index("ix_mail_message_id", "mail", ["message_id"], unique=False)
    op.create_index(
        "ix_mail_stored",
        "mail",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'stored'"),
        postgresql_where=sa.text("state = 'stored'"),
    )
    op.create_index(op.f("ix_mail_ticket_id"), "mail", ["ticket_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", Words(80), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_note_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_ticket_id"), "note", ["ticket_id"], unique=False)
    op.create_table(
        "promise",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", Words(20), nullable=False),
        sa.Column("owed_to", Words(12), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("because", Words(), nullable=False),
        sa.Column("state", Words(12), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("broken_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_because", Words(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_promise_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index(
        "ix_promise_open",
        "promise",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_promise_ticket_id"), "promise", ["ticket_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_sha256", Words(64), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf", Words(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_session_agent_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_session")),
    )
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["ticket.id"], name=op.f("fk_ticket_link_other_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "other_id", name=op.f("pk_ticket_link")),
    )
    op.create_table(
        "ticket_order",
        sa.Column("order_number", Words(80), nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_order_ticket_id")),
        sa.PrimaryKeyConstraint("order_number", "ticket_id", name=op.f("pk_ticket_order")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", Words(20), nullable=False),
        sa.Column("template", Words(80), nullable=True),
        sa.Column("language", Words(8), nullable=False),
        sa.Column("author", Words(80), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("recipient", Words(320), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("state", Words(12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", Words(80), nullable=True),
        sa.Column("why", Words(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_draft_mail_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(
        "ix_draft_open",
        "draft",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_draft_ticket_id"), "draft", ["ticket_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("draft_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", Words(20), nullable=False),
        sa.Column("mailbox", Words(120), nullable=False),
        sa.Column("message_id", Words(300), nullable=False),
        sa.Column("sender", Words(320), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", Words(64), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("words", Words(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("approver", Words(80), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=False),
        sa.Column("state", Words(12), nullable=False),
        sa.Column("phase", Words(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by", Words(64), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("last_result", Words(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("bounced", sa.JSON(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_outbox_draft_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_outbox_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(op.f("ix_outbox_ticket_id"), "outbox", ["ticket_id"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_outbox_ticket_id"), table_name="outbox")
    op.drop_index(
        "ix_outbox_due",
        table_name="outbox",
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_table("outbox")
    op.drop_index(op.f("ix_draft_ticket_id"), table_name="draft")
    op.drop_index(
        "ix_draft_open",
        table_name="draft",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("draft")
    op.drop_table("ticket_order")
    op.drop_table("ticket_link")
    op.drop_table("session")
    op.drop_index(op.f("ix_promise_ticket_id"), table_name="promise")
    op.drop_index(
        "ix_promise_open",
        table_name="promise",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("promise")
    op.drop_index(op.f("ix_note_ticket_id"), table_name="note")
    op.drop_table("note")
    op.drop_index(op.f("ix_mail_ticket_id"), table_name="mail")
    op.drop_index(
        "ix_mail_stored",
        table_name="mail",
        sqlite_where=sa.text("state = 'stored'"),
        postgresql_where=sa.text("state = 'stored'"),
    )
    op.drop_index("ix_mail_message_id", table_name="mail")
    op.drop_index(op.f("ix_mail_body_sha256"), table_name="mail")
    op.drop_table("mail")
    op.drop_index(op.f("ix_journal_ticket_id"), table_name="journal")
    op.drop_table("journal")
    op.drop_index(op.f("ix_ticket_state_updated_at"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_customer_subject_key"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_table("standing_approval")
    op.drop_table("setting")
    op.drop_table("serial")
    op.drop_table("raw")
    op.drop_table("quota")
    op.drop_table("login_failure")
    op.drop_table("lease")
    op.drop_table("health")
    op.drop_table("cursor")
    op.drop_table("agent")
