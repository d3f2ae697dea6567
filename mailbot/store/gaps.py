"""Questions that no entry of the knowledge base answers: what an owner should write next (003-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.store.tables import gap, ticket

EXAMPLES = 10  # of a topic


@dataclass(frozen=True, slots=True)
class NewGap:
    """A question as core.knowledge.question_of keeps it."""

    mail_id: int
    ticket_id: int
    question: str
    category: str
    topic: str


@dataclass(frozen=True, slots=True)
class OpenGap:
    """One question that waits for an entry."""

    id: int
    number: str  # of its ticket
    at: datetime
    question: str


@dataclass(frozen=True, slots=True)
class TopicGaps:
    """All open questions of a topic: how many, and the newest."""

    category: str
    topic: str
    count: int
    examples: tuple[OpenGap, ...]


def add(tx: Connection, fresh: NewGap, now: datetime) -> bool:
    """Count a question; a mail counts once, however often it is read."""
    if tx.execute(sa.select(gap.c.id).where(gap.c.mail_id == fresh.mail_id).limit(1)).first() is not None:
        return False
    tx.execute(
        sa.insert(gap).values(
            mail_id=fresh.mail_id,
            ticket_id=fresh.ticket_id,
            at=now,
            question=fresh.question,
            category=fresh.category,
            topic=fresh.topic,
        )
    )
    return True


def open_gaps(tx: Connection, limit: int = 300) -> tuple[TopicGaps, ...]:
    """The topics that customers ask about in vain, the most asked first; examples out of the newest `limit`."""
    counted = tx.execute(
        sa.select(gap.c.category, gap.c.topic, sa.func.count().label("often"))
        .where(gap.c.closed_at.is_(None))
        .group_by(gap.c.category, gap.c.topic)
        .order_by(sa.func.count().desc(), gap.c.category, gap.c.topic)
    ).all()
    newest = tx.execute(
        sa.select(gap, ticket.c.number)
        .join(ticket, ticket.c.id == gap.c.ticket_id)
        .where(gap.c.closed_at.is_(None))
        .order_by(gap.c.id.desc())
        .limit(limit)
    ).all()
    by_topic: dict[tuple[str, str], list[OpenGap]] = {}
    for row in newest:
        by_topic.setdefault((row.category, row.topic), []).append(OpenGap(row.id, row.number, row.at, row.question))
    return tuple(
        TopicGaps(row.category, row.topic, row.often, tuple(by_topic.get((row.category, row.topic), ())[:EXAMPLES]))
        for row in counted
    )


def close(tx: Connection, ids: Sequence[int], who: str, now: datetime) -> int:
    """Somebody wrote the entry, or none is needed; how many of these were still open."""
    if not ids:
        return 0
    done = tx.execute(
        sa.update(gap).where(gap.c.id.in_(ids), gap.c.closed_at.is_(None)).values(closed_at=now, closed_by=who)
    )
    return done.rowcount
