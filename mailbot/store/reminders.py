"""What agents are still to be told by mail, and when they were told last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.store.tables import reminder, ticket


def any_waiting(tx: Connection) -> bool:
    """Is anybody still to be told of anything?"""
    return tx.execute(sa.select(reminder.c.id).where(reminder.c.gathered_at.is_(None)).limit(1)).first() is not None


def waiting(tx: Connection, limit: int = 500) -> Sequence[Any]:
    """Reminders that wait, with their tickets, the urgent first. Rows that another clock holds are left to it."""
    query = (
        sa.select(reminder, ticket.c.number, ticket.c.mailbox, ticket.c.category, ticket.c.topic, ticket.c.priority)
        .join(ticket, ticket.c.id == reminder.c.ticket_id)
        .where(reminder.c.gathered_at.is_(None))
        .order_by(reminder.c.urgent.desc(), reminder.c.due_at, reminder.c.id)
        .limit(limit)
    )
    return tx.execute(query.with_for_update(of=reminder, skip_locked=True)).all()


def last_told(tx: Connection, audiences: Sequence[str]) -> dict[str, datetime]:
    """When each of these audiences had its last reminders."""
    query = sa.select(reminder.c.audience, sa.func.max(reminder.c.gathered_at).label("at"))
    query = query.where(reminder.c.audience.in_(audiences), reminder.c.gathered_at.is_not(None))
    return {row.audience: row.at for row in tx.execute(query.group_by(reminder.c.audience))}


def gathered(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """These are in a mail now, or shown on the console alone where nobody has an address."""
    tx.execute(
        sa.update(reminder).where(reminder.c.id.in_(ids), reminder.c.gathered_at.is_(None)).values(gathered_at=now)
    )


def of_ticket(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """Every reminder about a ticket, oldest first."""
    return tx.execute(sa.select(reminder).where(reminder.c.ticket_id == ticket_id).order_by(reminder.c.id)).all()
