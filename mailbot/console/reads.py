"""Queries that only the console's pages need, beside store/lists.py. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from mailbot.store.lists import NEXT_DUE
from mailbot.store.tables import draft, mail, outbox, promise, reminder, ticket

WORDS_SHOWN = 400


def progress_dues(tx: Connection, ticket_ids: Sequence[int]) -> dict[int, datetime]:
    """When the next progress mail of each ticket that owes one is due."""
    rows = tx.execute(
        sa.select(promise.c.ticket_id, sa.func.min(promise.c.due_at).label("at"))
        .where(promise.c.ticket_id.in_(ticket_ids), promise.c.kind == "progress", promise.c.state == "open")
        .group_by(promise.c.ticket_id)
    )
    return {row.ticket_id: row.at for row in rows}


def reminders_waiting(tx: Connection) -> int:
    """How many reminders wait to be mailed."""
    query = sa.select(sa.func.count()).select_from(reminder).where(reminder.c.gathered_at.is_(None))
    return int(tx.execute(query).scalar_one())


def reminders_since(tx: Connection, since: datetime, limit: int = 300) -> Sequence[Any]:
    """Reminders that wait or went out after `since`, with their tickets; what waits first, then the newest."""
    query = (
        sa.select(reminder, ticket.c.number, ticket.c.category, ticket.c.topic, ticket.c.priority)
        .join(ticket, ticket.c.id == reminder.c.ticket_id)
        .where(sa.or_(reminder.c.gathered_at.is_(None), reminder.c.gathered_at > since))
        .order_by(reminder.c.gathered_at.is_not(None), reminder.c.urgent.desc(), reminder.c.id.desc())
    )
    return tx.execute(query.limit(limit)).all()


def words_of(tx: Connection, mail_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The sender's name and the first words of mails."""
    rows = tx.execute(
        sa.select(mail.c.id, mail.c.sender_name, sa.func.substr(mail.c.words, 1, WORDS_SHOWN).label("words"))
        .where(mail.c.id.in_(mail_ids))
    )  # fmt: skip
    return {row.id: (row.sender_name, row.words) for row in rows}


def next_in_queue(tx: Connection, besides: int) -> str | None:
    """The number of the ticket whose open draft is due next, another one than this."""
    found: str | None = tx.execute(
        sa.select(ticket.c.number)
        .join(draft, draft.c.ticket_id == ticket.c.id)
        .where(draft.c.state == "open", ticket.c.id != besides)
        .order_by(NEXT_DUE, draft.c.id)
        .limit(1)
    ).scalar()
    return found


def draft_place(tx: Connection, draft_id: int) -> Row[Any] | None:
    """A draft with the number of its ticket."""
    query = sa.select(draft, ticket.c.number).join(ticket, ticket.c.id == draft.c.ticket_id)
    return tx.execute(query.where(draft.c.id == draft_id)).first()


def mail_place(tx: Connection, mail_id: int) -> str | None:
    """The number of the ticket that a mail belongs to."""
    found: str | None = tx.execute(
        sa.select(ticket.c.number).join(mail, mail.c.ticket_id == ticket.c.id).where(mail.c.id == mail_id)
    ).scalar()
    return found


def send_place(tx: Connection, outbox_id: int) -> str | None:
    """The number of the ticket that a send belongs to."""
    found: str | None = tx.execute(
        sa.select(ticket.c.number).join(outbox, outbox.c.ticket_id == ticket.c.id).where(outbox.c.id == outbox_id)
    ).scalar()
    return found


def customer_of(tx: Connection, ticket_id: int) -> str | None:
    """The address of a ticket's customer."""
    found: str | None = tx.execute(sa.select(ticket.c.customer).where(ticket.c.id == ticket_id)).scalar()
    return found
