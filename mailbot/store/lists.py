"""What people look at: queues, lists and the parts of a ticket's page. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from mailbot.store.engine import batches
from mailbot.store.tables import draft, health, journal, mail, note, outbox, promise, rating, ticket, ticket_link

AT_ONCE = 1000  # ids that Wanted.among may hold; databases have a limit

# The moment that matters on a ticket: its next open promise.
NEXT_DUE = (
    sa.select(sa.func.min(promise.c.due_at))
    .where(promise.c.ticket_id == ticket.c.id, promise.c.state == "open")
    .correlate(ticket)
    .scalar_subquery()
    .label("next_due")
)


def open_drafts(tx: Connection, limit: int = 200) -> Sequence[Any]:
    """The queue to approve: open drafts with their tickets, by what is due next."""
    query = (
        sa.select(
            draft,
            ticket.c.number,
            ticket.c.subject.label("ticket_subject"),
            ticket.c.customer,
            ticket.c.category,
            ticket.c.topic,
            ticket.c.priority,
            ticket.c.state.label("ticket_state"),
            ticket.c.owner,
            ticket.c.mood,
            NEXT_DUE,
        )
        .join(ticket, ticket.c.id == draft.c.ticket_id)
        .where(draft.c.state == "open")
    )
    return tx.execute(query.order_by(NEXT_DUE, draft.c.id).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets to list; what is empty narrows nothing."""

    states: Sequence[str] = ()
    owner: str | None = None
    waiting_on: str = ""
    department: str = ""  # the one that usually has to help, or that owes us an answer
    due_by: datetime | None = None  # has an open promise due at this moment or before
    limit: int = 200
    among: Sequence[int] | None = None  # ids, at most as many as one query takes


def tickets(tx: Connection, states: Sequence[str] = (), owner: str | None = None, limit: int = 200) -> Sequence[Any]:
    """Tickets by what is due next; tickets that owe nothing come last, newest first."""
    return wanted_tickets(tx, Wanted(states, owner, limit=limit))


def wanted_tickets(tx: Connection, wanted: Wanted) -> Sequence[Any]:
    """The tickets that fit, in the same order."""
    query = sa.select(ticket, NEXT_DUE)
    if wanted.states:
        query = query.where(ticket.c.state.in_(wanted.states))
    if wanted.owner is not None:
        query = query.where(ticket.c.owner == wanted.owner)
    if wanted.waiting_on:
        query = query.where(ticket.c.waiting_on == wanted.waiting_on)
    if wanted.department:
        helps = _open_promise(promise.c.kind == "department", promise.c.party == wanted.department)
        query = query.where(sa.or_(ticket.c.department == wanted.department, helps))
    if wanted.due_by is not None:
        query = query.where(_open_promise(promise.c.due_at <= wanted.due_by))
    if wanted.among is not None:
        query = query.where(ticket.c.id.in_(wanted.among))
    return tx.execute(query.order_by(NEXT_DUE.asc().nulls_last(), ticket.c.id.desc()).limit(wanted.limit)).all()


def _open_promise(*where: sa.ColumnElement[bool]) -> sa.Exists:
    """The ticket has an open promise of this sort."""
    mine = sa.exists().where(promise.c.ticket_id == ticket.c.id, promise.c.state == "open", *where)
    return mine.correlate(ticket)


def next_promises(tx: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The open promise that falls due first, of each of these tickets that has one."""
    found: dict[int, Row[Any]] = {}
    for some in batches(ids):
        query = sa.select(promise).where(promise.c.ticket_id.in_(some))
        for row in tx.execute(query.where(promise.c.state == "open").order_by(promise.c.due_at, promise.c.id)):
            found.setdefault(row.ticket_id, row)
    return found


def ticket_row(tx: Connection, ticket_id: int) -> Row[Any] | None:
    """One ticket with all its columns."""
    return tx.execute(sa.select(ticket).where(ticket.c.id == ticket_id)).first()


def ticket_id_of(tx: Connection, number: str) -> int | None:
    """The id behind a ticket's number."""
    found: int | None = tx.execute(sa.select(ticket.c.id).where(ticket.c.number == number)).scalar()
    return found


def mails_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """The mails of a ticket, oldest first, without their bytes."""
    return tx.execute(
        sa.select(mail).where(mail.c.ticket_id == ticket_id).order_by(mail.c.received_at, mail.c.id)
    ).all()


def last_mail_of(tx: Connection, ticket_id: int) -> int | None:
    """The newest mail of the ticket's own customer: what an agent answers who names no mail."""
    query = sa.select(mail.c.id).join(ticket, ticket.c.id == mail.c.ticket_id)
    query = query.where(ticket.c.id == ticket_id, mail.c.sender == ticket.c.customer, mail.c.kind == "human")
    found: int | None = tx.execute(query.order_by(mail.c.received_at.desc(), mail.c.id.desc()).limit(1)).scalar()
    return found


def unanswered_words(tx: Connection, ticket_id: int, before_id: int) -> tuple[str, ...]:
    """What the ticket's customer wrote before this mail and since our last reply, oldest first; at most five mails."""
    replied = (
        sa.select(sa.func.max(outbox.c.approved_at))
        .where(outbox.c.ticket_id == ticket_id, outbox.c.kind == "reply", outbox.c.state != "failed")
        .scalar_subquery()
    )
    query = sa.select(mail.c.words).join(ticket, ticket.c.id == mail.c.ticket_id)
    query = query.where(
        ticket.c.id == ticket_id,
        mail.c.id < before_id,
        mail.c.sender == ticket.c.customer,
        mail.c.kind == "human",
        mail.c.copy_of.is_(None),
        sa.or_(replied.is_(None), mail.c.received_at > replied),
    )
    return tuple(tx.execute(query.order_by(mail.c.id.desc()).limit(5)).scalars())[::-1]


def drafts_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    return tx.execute(sa.select(draft).where(draft.c.ticket_id == ticket_id).order_by(draft.c.id)).all()


def sends_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """What went out for a ticket, or is about to, oldest first."""
    return tx.execute(sa.select(outbox).where(outbox.c.ticket_id == ticket_id).order_by(outbox.c.id)).all()


def promises_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    return tx.execute(sa.select(promise).where(promise.c.ticket_id == ticket_id).order_by(promise.c.id)).all()


def journal_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    return tx.execute(sa.select(journal).where(journal.c.ticket_id == ticket_id).order_by(journal.c.id)).all()


def notes_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    return tx.execute(sa.select(note).where(note.c.ticket_id == ticket_id).order_by(note.c.id)).all()


def ratings_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """Every answer to a revisit, oldest first."""
    return tx.execute(sa.select(rating).where(rating.c.ticket_id == ticket_id).order_by(rating.c.id)).all()


def links_of(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """Tickets that may belong to this one: number, subject, customer, state, reason."""
    query = (
        sa.select(ticket.c.number, ticket.c.subject, ticket.c.customer, ticket.c.state, ticket_link.c.reason)
        .join(ticket_link, ticket_link.c.other_id == ticket.c.id)
        .where(ticket_link.c.ticket_id == ticket_id)
    )
    return tx.execute(query.order_by(ticket.c.id)).all()


def mails_in(tx: Connection, states: Sequence[str], limit: int = 200) -> Sequence[Any]:
    """Mails in these states (aside, held, stored), newest first."""
    return tx.execute(
        sa.select(mail)
        .where(mail.c.state.in_(states), mail.c.copy_of.is_(None))
        .order_by(mail.c.id.desc())
        .limit(limit)
    ).all()


def mail_row(tx: Connection, mail_id: int) -> Row[Any] | None:
    return tx.execute(sa.select(mail).where(mail.c.id == mail_id)).first()


def sends_in(tx: Connection, states: Sequence[str], limit: int = 200) -> Sequence[Any]:
    """Outbox rows in these states with their ticket's number, oldest first."""
    query = sa.select(outbox, ticket.c.number).join(ticket, ticket.c.id == outbox.c.ticket_id)
    return tx.execute(query.where(outbox.c.state.in_(states)).order_by(outbox.c.id).limit(limit)).all()


def health_rows(tx: Connection) -> Sequence[Any]:
    return tx.execute(sa.select(health).order_by(health.c.name)).all()


def counts(tx: Connection, now: datetime) -> dict[str, int]:
    """The numbers on the console's navigation."""

    def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    return {
        "drafts": count(draft, draft.c.state == "open"),
        "overdue": count(promise, promise.c.state == "open", promise.c.due_at <= now),
        "open": count(ticket, ticket.c.state.not_in(("resolved", "closed"))),
        "aside": count(mail, mail.c.state == "aside"),
        "held": count(mail, mail.c.state == "held", mail.c.copy_of.is_(None)),
        "uncertain": count(outbox, outbox.c.state == "uncertain"),
        "failed": count(outbox, outbox.c.state == "failed"),
    }
