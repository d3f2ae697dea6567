"""The records behind a review, read in bulk: four queries for a period and the one before it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.figures import CaseRecord, PromiseRecord, RatingRecord, Records, Turn
from mailbot.core.period import Period
from mailbot.core.summary import STAGES, turns
from mailbot.store.tables import journal, outbox, promise, rating, ticket

PRIVATE = ("name", "phone", "order_number", "tracking_number", "serial")  # facts that tell who a customer is


def records(tx: Connection, period: Period) -> Records:
    """What core/summary.py reckons with."""
    begin, until = period.before.begin, period.until
    touched = _touched(begin, until)
    return Records(_cases(tx, touched), _promises(tx, begin, until), _ratings(tx, begin, until))


def _touched(begin: datetime, until: datetime) -> sa.ColumnElement[bool]:
    """Tickets that were open at some moment in between. One that ended before has not been written to since."""
    is_open = ticket.c.state.not_in(("resolved", "closed"))
    return sa.and_(ticket.c.opened_at < until, sa.or_(is_open, ticket.c.updated_at >= begin))


def _cases(tx: Connection, touched: sa.ColumnElement[bool]) -> tuple[CaseRecord, ...]:
    stages = _turns(tx, touched)
    # Whom it did not reach was not answered. JSON without a value is NULL or the word null, by the database.
    is_answer = sa.and_(outbox.c.kind == "reply", outbox.c.state == "sent", outbox.c.sent_at.is_not(None))
    arrived = sa.func.coalesce(sa.cast(outbox.c.bounced, sa.Text), "null").in_(("null", "[]"))
    # One look into an index for each ticket: a pass over the outbox would read all its letters.
    answered = (
        sa.select(sa.func.min(outbox.c.sent_at))
        .where(outbox.c.ticket_id == ticket.c.id, is_answer, arrived)
        .correlate(ticket)
        .scalar_subquery()
        .label("answered_at")
    )
    columns = ("id", "number", "category", "topic", "priority", "side", "mailbox", "merged_into", "opened_at")
    query = sa.select(*(ticket.c[name] for name in columns), answered).where(touched).order_by(ticket.c.id)
    return tuple(
        CaseRecord(
            number=row.number,
            category=row.category,
            topic=row.topic,
            priority=row.priority,
            side=row.side,
            mailbox=row.mailbox,
            merged=row.merged_into is not None,
            opened_at=row.opened_at,
            answered_at=row.answered_at,
            turns=stages.get(row.id, ()),
        )
        for row in tx.execute(query)
    )


def _turns(tx: Connection, touched: sa.ColumnElement[bool]) -> dict[int, tuple[Turn, ...]]:
    """When each of these tickets was resolved, closed and open again."""
    # A bounce or a mail that was moved in does not always open a ticket again. Where it does, the solution is
    # promised anew from that moment on.
    begins = (
        sa.exists()
        .where(
            promise.c.ticket_id == journal.c.ticket_id,
            promise.c.kind == "solve",
            promise.c.opened_at == journal.c.at,
        )
        .correlate(journal)
    )
    sure = [what for what in STAGES if what not in ("bounced", "moved")]
    query = (
        sa.select(journal.c.ticket_id, journal.c.at, journal.c.what)
        .join(ticket, ticket.c.id == journal.c.ticket_id)
        .where(touched, sa.or_(journal.c.what.in_(sure), sa.and_(journal.c.what.in_(("bounced", "moved")), begins)))
        .order_by(journal.c.id)
    )
    entries: dict[int, list[tuple[datetime, str]]] = {}
    for row in tx.execute(query):
        entries.setdefault(row.ticket_id, []).append((row.at, row.what))
    return {ticket_id: turns(each) for ticket_id, each in entries.items()}


def _promises(tx: Connection, begin: datetime, until: datetime) -> tuple[PromiseRecord, ...]:
    """What fell due in between."""
    names = ("kind", "owed_to", "due_at", "state", "broken_at", "settled_at")
    query = (
        sa.select(*(promise.c[name] for name in names), ticket.c.priority)
        .join(ticket, ticket.c.id == promise.c.ticket_id)
        .where(promise.c.due_at >= begin, promise.c.due_at < until)
        .order_by(promise.c.id)
    )
    return tuple(
        PromiseRecord(
            kind=row.kind,
            owed_to=row.owed_to,
            priority=row.priority,
            due_at=row.due_at,
            state=row.state,
            broken_at=row.broken_at,
            settled_at=row.settled_at,
        )
        for row in tx.execute(query)
    )


def _ratings(tx: Connection, begin: datetime, until: datetime) -> tuple[RatingRecord, ...]:
    query = (
        sa.select(rating.c.at, rating.c.score, rating.c.reason, ticket.c.number, ticket.c.facts)
        .join(ticket, ticket.c.id == rating.c.ticket_id)
        .where(rating.c.at >= begin, rating.c.at < until)
        .order_by(rating.c.id)
    )
    return tuple(
        RatingRecord(row.number, row.at, row.score, row.reason, _private(row.facts)) for row in tx.execute(query)
    )


def _private(facts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(value for code, value in facts if code in PRIVATE)
