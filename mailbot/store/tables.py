"""Every table of mailbot, in SQLAlchemy Core. The migrations make them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.sql.elements import ColumnElement

from mailbot.store.types import UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives out row ids only for INTEGER PRIMARY KEY; PostgreSQL gets 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _of(table: str, name: str, nullable: bool = True) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{table}.id"), nullable=nullable)


setting = Table(  # what the installation itself has to remember: the signing key, made once
    "setting",
    metadata,
    Column("name", Words(80), primary_key=True),
    Column("value", Words(), nullable=False),
)

lease = Table(  # who may do what only one may do; by the database's clock, with an epoch that fences
    "lease",
    metadata,
    Column("name", Words(120), primary_key=True),
    Column("holder", Words(120), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

cursor = Table(  # how far a folder has been read; the server's flags are never our memory
    "cursor",
    metadata,
    Column("mailbox", Words(120), primary_key=True),
    Column("folder", Words(255), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True),
    Column("last_uid", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

health = Table(  # the last word of each loop and mailbox, for /readyz and the console
    "health",
    metadata,
    Column("name", Words(120), primary_key=True),
    Column("ok_at", UtcDateTime),
    Column("error_at", UtcDateTime),
    Column("error", Words(), nullable=False, default=""),
    Column("wait_until", UtcDateTime),
)

raw = Table(  # the bytes as they came, once for equal bytes
    "raw",
    metadata,
    Column("sha256", Words(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    _id(),
    Column("number", Words(20), nullable=False, unique=True),
    Column("mailbox", Words(120), nullable=False),
    Column("customer", Words(320), nullable=False),
    Column("subject", Words(), nullable=False),
    Column("subject_key", Words(200), nullable=False),
    Column("language", Words(8), nullable=False),
    Column("category", Words(20), nullable=False),
    Column("topic", Words(60), nullable=False),
    Column("priority", Words(12), nullable=False),
    Column("state", Words(12), nullable=False),
    Column("waiting_on", Words(12), nullable=False),
    Column("owner", Words(80)),
    Column("mood", Words(8), nullable=False),
    Column("confidence", Integer, nullable=False),  # per mille
    Column("missing", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("concerns", JSON, nullable=False, default=list),  # [category, topic] of what else its mails ask for
    Column("asked_at", UtcDateTime),
    Column("department", Words(40), nullable=False, default=""),  # who usually has to help; code
    Column("hush", Words(), nullable=False, default=""),  # why no automatic mail goes to this customer
    Column("plan", Words()),
    Column("news", JSON, nullable=False, default=list),  # notes for the customer that were not told yet
    Column("news_at", UtcDateTime),
    Column("handled_at", UtcDateTime),  # when somebody first worked on it
    Column("written_at", UtcDateTime),  # when the customer last had a mail of ours
    Column("result", Words()),
    Column("side", Words(12), nullable=False, default=""),  # who was responsible: company, third_party, ...
    Column("proof", Words(), nullable=False, default=""),  # how we know that it works
    Column("revisited_at", UtcDateTime),  # when we asked whether it is really solved
    Column("score", Integer),  # 1 to 5, of the present round
    Column("score_reason", Words(), nullable=False, default=""),
    Column("merged_into", Words(20)),  # number of the ticket that has its mails now
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Index(None, "customer", "subject_key"),
    Index(None, "state", "updated_at"),
)

mail = Table(
    "mail",
    metadata,
    _id(),
    Column("mailbox", Words(120), nullable=False),
    Column("folder", Words(255), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),  # INTERNALDATE
    Column("taken_in_at", UtcDateTime, nullable=False),
    Column("size", BigInteger, nullable=False),  # on the server; raw may be shorter, see partial
    Column("partial", Boolean, nullable=False),  # over the size limit: header and beginning only
    Column("raw_sha256", Words(64), ForeignKey("raw.sha256"), nullable=False),
    Column("body_sha256", Words(64), nullable=False),  # without trace headers: tells copies
    # stored -> done | held | aside. held: understood, but no ticket (bulk, stray auto-replies and bounces)
    Column("state", Words(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", Words(64)),
    Column("claimed_until", UtcDateTime),
    Column("why", Words(), nullable=False, default=""),  # set aside or held because
    Column("as_human", Boolean, nullable=False, default=False),  # an agent said: treat it as a person's mail
    Column("copy_of", Id),  # an earlier row with the same words
    Column("ticket_id", Id, ForeignKey("ticket.id")),
    Column("kind", Words(12), nullable=False, default=""),
    Column("message_id", Words(998)),
    Column("sender", Words(320), nullable=False, default=""),
    Column("sender_name", Words(), nullable=False, default=""),
    Column("subject", Words(), nullable=False, default=""),
    Column("words", Words(), nullable=False, default=""),  # the new words, for lists and search
    Column("filed", Boolean, nullable=False, default=False),  # moved to the file_away folder
    Column("merged_from", Id),  # the ticket it was in before a merge
    UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),
    Index(None, "ticket_id"),
    Index(None, "body_sha256"),
)
Index(
    "ix_mail_stored",
    mail.c.id,
    sqlite_where=mail.c.state == "stored",
    postgresql_where=mail.c.state == "stored",
)
Index("ix_mail_message_id", mail.c.message_id)

ticket_order = Table(  # the order numbers of a ticket, to find it by
    "ticket_order",
    metadata,
    Column("order_number", Words(80), primary_key=True),
    Column("ticket_id", Id, ForeignKey("ticket.id"), primary_key=True),
)

ticket_link = Table(
    "ticket_link",
    metadata,
    Column("ticket_id", Id, ForeignKey("ticket.id"), primary_key=True),
    Column("other_id", Id, ForeignKey("ticket.id"), primary_key=True),
    Column("reason", Words(), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

promise = Table(
    "promise",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    Column("kind", Words(20), nullable=False),
    Column("owed_to", Words(12), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("because", Words(), nullable=False),
    Column("state", Words(12), nullable=False),  # open, kept, broken, withdrawn
    Column("opened_at", UtcDateTime, nullable=False),
    Column("broken_at", UtcDateTime),  # due time passed while it was owed
    Column("settled_at", UtcDateTime),
    Column("settled_because", Words(), nullable=False, default=""),
    Column("about", Words(), nullable=False, default=""),  # what exactly: the words of a pledge, a task
    Column("party", Words(80), nullable=False, default=""),  # who owes it to us: a department's code
    Column("next_at", UtcDateTime),  # when the clock has to look at it next; None: nothing more to do by the clock
    Column("stepped_at", UtcDateTime),  # the planned moment of the last step that was done
    Index(None, "ticket_id"),
)
_open_promise: ColumnElement[bool] = promise.c.state == "open"
Index("ix_promise_open", promise.c.due_at, sqlite_where=_open_promise, postgresql_where=_open_promise)
Index("ix_promise_next", promise.c.next_at, sqlite_where=_open_promise, postgresql_where=_open_promise)

journal = Table(
    "journal",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("what", Words(20), nullable=False),
    Column("who", Words(80), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("mail_id", Id),
    Index(None, "ticket_id"),
)

note = Table(
    "note",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("author", Words(80), nullable=False),
    Column("text", Words(), nullable=False),
    Column("for_customer", Boolean, nullable=False, default=False),  # may be told in a progress mail
    Index(None, "ticket_id"),
)

draft = Table(
    "draft",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    _of("mail", "mail_id"),  # the mail it answers
    Column("kind", Words(20), nullable=False),
    Column("template", Words(80)),
    Column("language", Words(8), nullable=False),
    Column("author", Words(80), nullable=False),
    Column("subject", Words(), nullable=False),
    Column("text", Words(), nullable=False),
    Column("recipient", Words(320), nullable=False),
    Column("findings", JSON, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("asks", Boolean, nullable=False, default=False),
    Column("state", Words(12), nullable=False),  # open, approved, rejected, superseded
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Words(80)),
    Column("why", Words(), nullable=False, default=""),
    Column("pledges", JSON, nullable=False, default=list),  # times it promises, as found or set by an agent
    Column("pledges_by", Words(80)),  # the agent who set them; None: found in the text
    Column("overridden_by", Words(80)),  # the supervisor who let it go in spite of its findings
    Column("overridden_because", Words(), nullable=False, default=""),
    Column("helped", Words(), nullable=False, default=""),  # "": not asked; "asked", "used", or why it was no help
    Index(None, "ticket_id"),
)
_open_draft: ColumnElement[bool] = draft.c.state == "open"
Index("ix_draft_open", draft.c.id, sqlite_where=_open_draft, postgresql_where=_open_draft)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _of("ticket", "ticket_id"),  # None: a reminder to an agent, about several
    _of("draft", "draft_id"),
    Column("kind", Words(20), nullable=False),
    Column("mailbox", Words(120), nullable=False),
    Column("message_id", Words(300), nullable=False, unique=True),
    Column("sender", Words(320), nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("content", LargeBinary, nullable=False),  # rendered once, when approved
    Column("content_sha256", Words(64), nullable=False),
    Column("smtputf8", Boolean, nullable=False),
    Column("words", Words(), nullable=False),  # the text part, to tell it in a quoted answer
    Column("asks", Boolean, nullable=False),
    Column("approver", Words(80), nullable=False),
    Column("approved_at", UtcDateTime, nullable=False),
    Column("pledges", JSON, nullable=False, default=list),  # become promises once it is sent
    # queued, sending, sent, failed, uncertain; recalled: an answer overtook an automatic mail
    Column("state", Words(12), nullable=False),
    Column("phase", Words(12), nullable=False, default=""),  # of the attempt under way: claimed, data
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("claimed_by", Words(64)),
    Column("claimed_until", UtcDateTime),
    Column("last_result", Words(), nullable=False, default=""),
    Column("sent_at", UtcDateTime),
    Column("bounced", JSON),
    Column("told", Boolean, nullable=False),  # the ticket knows how it ended
    Index(None, "ticket_id"),
)
_due: ColumnElement[bool] = outbox.c.state.in_(("queued", "sending"))
Index("ix_outbox_due", outbox.c.next_try_at, sqlite_where=_due, postgresql_where=_due)
_untold: ColumnElement[bool] = outbox.c.told.is_(False)
Index("ix_outbox_untold", outbox.c.id, sqlite_where=_untold, postgresql_where=_untold)

reminder = Table(  # what agents are to be told; the clock gathers what waits into one mail a person
    "reminder",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    _of("promise", "promise_id"),
    Column("audience", Words(90), nullable=False),  # "agent:NAME", "supervisors", "department:CODE"
    Column("level", Words(12), nullable=False),  # soon, last, overdue, chase, assigned, unhappy, escalated
    Column("text", Words(), nullable=False),
    Column("urgent", Boolean, nullable=False),  # may wake people up
    Column("due_at", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),
    Column("gathered_at", UtcDateTime),  # None: it waits to be mailed
    Index(None, "ticket_id"),
)
Index("ix_reminder_told", reminder.c.audience, reminder.c.gathered_at)
_waiting: ColumnElement[bool] = reminder.c.gathered_at.is_(None)
Index("ix_reminder_waiting", reminder.c.id, sqlite_where=_waiting, postgresql_where=_waiting)

rating = Table(  # every answer to a revisit, also of earlier rounds
    "rating",
    metadata,
    _id(),
    _of("ticket", "ticket_id", nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("score", Integer, nullable=False),
    Column("reason", Words(), nullable=False),
    Column("how", Words(8), nullable=False),  # link, mail
    Column("mail_id", Id),
    Index(None, "ticket_id"),
)

customer = Table(  # what a customer asked of us for good, and what agents know of them
    "customer",
    metadata,
    Column("address", Words(320), primary_key=True),
    Column("no_revisit_at", UtcDateTime),  # since when they want no revisit mails
    Column("no_revisit_how", Words(8), nullable=False, default=""),
    Column("account", Words(12), nullable=False, default=""),  # personal, business, vip; empty: unknown
    Column("elderly", Boolean),  # None: unknown, what their mails say counts
    Column("note", Words(), nullable=False, default=""),
    Column("changed_by", Words(80)),
    Column("changed_at", UtcDateTime),
)

verdict = Table(  # what agents said a mail is about: what the learner learns from
    "verdict",
    metadata,
    _id(),
    _of("mail", "mail_id", nullable=False),
    _of("ticket", "ticket_id", nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("agent", Words(80), nullable=False),
    Column("category", Words(20), nullable=False),
    Column("topic", Words(60), nullable=False),
    Column("priority", Words(12), nullable=False),
    Column("said_category", Words(20), nullable=False),  # what the rules had said
    Column("said_topic", Words(60), nullable=False),
    Column("undone_at", UtcDateTime),
    Index(None, "mail_id"),
)

gap = Table(  # questions that no entry of the knowledge base answers
    "gap",
    metadata,
    _id(),
    _of("mail", "mail_id", nullable=False),
    _of("ticket", "ticket_id", nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("question", Words(), nullable=False),
    Column("category", Words(20), nullable=False),
    Column("topic", Words(60), nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_by", Words(80)),
)
_open_gap: ColumnElement[bool] = gap.c.closed_at.is_(None)
Index("ix_gap_open", gap.c.id, sqlite_where=_open_gap, postgresql_where=_open_gap)

quota = Table(  # the last automatic mail to an address
    "quota",
    metadata,
    Column("address", Words(320), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

serial = Table(  # the last ticket number of a day
    "serial",
    metadata,
    Column("day", Words(8), primary_key=True),
    Column("last", Integer, nullable=False),
)

agent = Table(
    "agent",
    metadata,
    _id(),
    Column("name", Words(80), nullable=False, unique=True),  # for logging in
    Column("display_name", Words(80), nullable=False),
    Column("staff_number", Words(20), nullable=False),  # 工号, in signatures
    Column("role", Words(12), nullable=False),  # agent, supervisor, admin
    Column("address", Words(320), nullable=False, default=""),  # where reminders go
    Column("department", Words(40), nullable=False, default=""),  # code, as in rules/departments.toml
    Column("password", Words(), nullable=False),  # argon2id
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)

session = Table(
    "session",
    metadata,
    Column("token_sha256", Words(64), primary_key=True),
    _of("agent", "agent_id", nullable=False),
    Column("csrf", Words(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

login_failure = Table(  # by (agent name, network address): guessing locks the guesser out, not the owner
    "login_failure",
    metadata,
    Column("name", Words(80), primary_key=True),
    Column("address", Words(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
)

standing_approval = Table(
    "standing_approval",
    metadata,
    Column("template", Words(80), primary_key=True),
    Column("language", Words(8), primary_key=True),
    Column("text_sha256", Words(64), primary_key=True),
    Column("approver", Words(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
