"""What agents said mails are about. The words stay in the mail's own row: erasing a mail erases them here too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.learning import Lesson
from mailbot.store.tables import mail, ticket, verdict

MOST_LESSONS = 3_000  # the newest ones; a company's mails change, and a whole training stays under half a minute


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """An agent's word on one mail; `said_*`: what the ticket said before."""

    mail_id: int
    ticket_id: int
    agent: str
    category: str
    topic: str
    priority: str
    said_category: str
    said_topic: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Changes whenever a verdict comes, is undone or goes with its mail."""

    rows: int
    newest: int
    undone: int


def add(tx: Connection, new: NewVerdict, now: datetime) -> int:
    values = {name: getattr(new, name) for name in NewVerdict.__slots__}
    return int(tx.execute(sa.insert(verdict).values(**values, at=now).returning(verdict.c.id)).scalar_one())


def exists(tx: Connection, verdict_id: int) -> bool:
    return tx.execute(sa.select(verdict.c.id).where(verdict.c.id == verdict_id)).first() is not None


def undo(tx: Connection, verdict_id: int, now: datetime) -> bool:
    """Nothing is learned from it any more; False: there is no such verdict, or it was undone before."""
    changed = tx.execute(
        sa.update(verdict).where(verdict.c.id == verdict_id, verdict.c.undone_at.is_(None)).values(undone_at=now)
    )
    return changed.rowcount == 1


def forget(tx: Connection, mail_ids: Sequence[int]) -> int:
    """Take out the verdicts on these mails, which are being erased; the model is made anew without them."""
    return tx.execute(sa.delete(verdict).where(verdict.c.mail_id.in_(mail_ids))).rowcount


def mark(tx: Connection) -> Mark:
    found = tx.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(verdict.c.id), 0), sa.func.count(verdict.c.undone_at))
        .select_from(verdict)
    ).one()  # fmt: skip
    return Mark(*(int(each) for each in found))


def lessons(tx: Connection) -> list[Lesson]:
    """The newest standing verdict of each mail, in the order in which they were given; MOST_LESSONS at most."""
    standing = (
        sa.select(sa.func.max(verdict.c.id)).where(verdict.c.undone_at.is_(None)).group_by(verdict.c.mail_id)
    ).scalar_subquery()
    rows = tx.execute(
        _with_words().where(verdict.c.id.in_(standing)).order_by(verdict.c.id.desc()).limit(MOST_LESSONS)
    ).all()
    return [
        Lesson(row.id, row.mail_id, row.subject, row.words, f"{row.category}/{row.topic}", row.priority)
        for row in reversed(rows)
        if row.words or row.subject
    ]


def listed(tx: Connection, most: int = 200) -> Sequence[Any]:
    """Verdicts, the newest first: verdict columns, the mail's subject and words, the ticket's number."""
    return tx.execute(_with_words().order_by(verdict.c.id.desc()).limit(most)).all()


def of_ticket(tx: Connection, ticket_id: int) -> Sequence[Any]:
    """A ticket's standing verdicts, the newest first."""
    query = _with_words().where(verdict.c.ticket_id == ticket_id, verdict.c.undone_at.is_(None))
    return tx.execute(query.order_by(verdict.c.id.desc())).all()


def _with_words() -> sa.Select[Any]:
    return (
        sa.select(verdict, mail.c.subject, mail.c.words, ticket.c.number)
        .join(mail, mail.c.id == verdict.c.mail_id)
        .join(ticket, ticket.c.id == verdict.c.ticket_id)
    )
