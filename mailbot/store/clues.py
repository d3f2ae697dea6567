"""The tickets that a mail may belong to: looked up by its keys, and by when its sender last opened one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.threads import BURST, Clue, How, Keys
from mailbot.store.tables import mail, outbox, ticket, ticket_order


def by_keys(tx: Connection, keys: Keys, sender: str) -> tuple[Clue, ...]:
    """Every ticket that one of a mail's keys leads to."""
    found: list[Clue] = []

    def add(how: How, rows: Sequence[Any]) -> None:
        for row in rows:
            last_at = row.closed_at or row.updated_at
            is_open = row.state not in ("resolved", "closed")
            found.append(Clue(how, row.id, row.number, row.customer, is_open, last_at, row.what))

    head = (
        ticket.c.id,
        ticket.c.number,
        ticket.c.customer,
        ticket.c.state,
        ticket.c.updated_at,
        ticket.c.closed_at,
    )
    numbers = ticket.c.number.label("what")
    if keys.tokens:
        add("token", tx.execute(sa.select(*head, numbers).where(ticket.c.number.in_(keys.tokens))).all())
    if keys.message_ids:
        for table in (outbox, mail):
            query = sa.select(*head, sa.literal("").label("what")).join(table, table.c.ticket_id == ticket.c.id)
            add(
                "reference",
                tx.execute(query.where(table.c.message_id.in_(keys.message_ids)).distinct()).all(),
            )
    if keys.numbers:
        add("number", tx.execute(sa.select(*head, numbers).where(ticket.c.number.in_(keys.numbers))).all())
    if keys.orders:
        query = sa.select(*head, ticket_order.c.order_number.label("what")).join(ticket_order)
        query = query.where(ticket_order.c.order_number.in_(keys.orders))
        add("order", tx.execute(query.order_by(ticket.c.id.desc()).limit(50)).all())
    if keys.subject and sender:
        query = sa.select(*head, sa.literal("").label("what")).where(
            ticket.c.customer == sender, ticket.c.subject_key == keys.subject
        )
        add("subject", tx.execute(query.order_by(ticket.c.id.desc()).limit(10)).all())
    return tuple(found)


def of_burst(tx: Connection, keys: Keys, sender: str, received_at: datetime) -> tuple[Clue, ...]:
    """Unanswered tickets that this sender opened minutes before (or after: mails overtake one another)."""
    query = sa.select(ticket.c.id, ticket.c.number, ticket.c.customer, ticket.c.updated_at).where(
        ticket.c.customer == sender,
        ticket.c.opened_at.between(received_at - BURST, received_at + BURST),
        ticket.c.state.in_(("pending", "in_progress")),
        ~sa.exists().where(outbox.c.ticket_id == ticket.c.id, outbox.c.kind == "reply"),
    )
    if keys.orders:  # another order is another case
        other = sa.select(ticket_order.c.ticket_id).where(ticket_order.c.order_number.not_in(keys.orders))
        query = query.where(ticket.c.id.not_in(other))
    rows = tx.execute(query.order_by(ticket.c.id.desc()).limit(1)).all()
    return tuple(Clue("burst", row.id, row.number, row.customer, True, row.updated_at, "") for row in rows)
