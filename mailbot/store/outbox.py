"""Approved mails on their way out. Phases are committed; a send without an answer is never resent.

queued -> sending(claimed) -> sending(data) -> sent | queued again | failed | uncertain
queued -> recalled: an automatic mail that an answer has overtaken
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from mailbot.store.tables import draft, outbox, ticket

# Longer than the longest wait of one attempt (600 s after the final dot, RFC 5321 4.5.3.2.6).
CLAIM = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one claimed row needs to be sent."""

    id: int
    ticket_id: int | None  # None: a reminder to an agent
    draft_id: int | None
    kind: str
    mailbox: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    smtputf8: bool
    asks: bool
    attempts: int  # this one included


def add(tx: Connection, values: dict[str, Any]) -> int:
    """Queue an approved mail; everything in it is pinned from here on."""
    row = {"state": "queued", "attempts": 0, "told": False, **values}
    return int(tx.execute(sa.insert(outbox).values(**row).returning(outbox.c.id)).scalar_one())


def claim(tx: Connection, worker: str, limit: int, now: datetime, db_now: datetime) -> list[Letter]:
    """Claim queued mails whose time has come, and count the attempt. `now`: the loops' clock, for retries."""
    free = _UNDER_WAY & (outbox.c.state == "queued") & (outbox.c.next_try_at <= now) & ~_OVERTAKEN
    chosen = sa.select(outbox.c.id).where(free).order_by(outbox.c.next_try_at, outbox.c.id).limit(limit)
    # As a CTE, which runs once, and with the guard twice: see intake.claim.
    ids_chosen = chosen.with_for_update(skip_locked=True).cte("chosen")
    rows = tx.execute(
        sa.update(outbox)
        .where(outbox.c.id.in_(sa.select(ids_chosen.c.id)), free)
        .values(
            state="sending",
            phase="claimed",
            attempts=outbox.c.attempts + 1,
            claimed_by=worker,
            claimed_until=db_now + CLAIM,
        )
        .returning(*_LETTER)
    )
    return [_letter(row) for row in sorted(rows, key=lambda row: row.id)]


# A holding reply or a progress mail never follows the answer it was sent for want of (000-36), and nobody is
# asked how it went while the ticket is open again.
_answer = outbox.alias("answer")
_OVERTAKEN = (
    outbox.c.kind.in_(("holding", "progress"))
    & sa.exists()
    .where(_answer.c.ticket_id == outbox.c.ticket_id, _answer.c.kind == "reply", _answer.c.id > outbox.c.id)
    .correlate(outbox)
) | (
    (outbox.c.kind == "revisit")
    & sa.exists()
    .where(ticket.c.id == outbox.c.ticket_id, ticket.c.state.not_in(("resolved", "closed")))
    .correlate(outbox)
)


_UNDER_WAY = outbox.c.state.in_(("queued", "sending"))  # as the partial index has it, which SQLite takes literally
_RECALL = (
    sa.update(outbox).where(_UNDER_WAY, outbox.c.state == "queued", _OVERTAKEN).values(state="recalled", told=True)
)


def recall_overtaken(tx: Connection) -> int:
    """Automatic mails that wait although time has overtaken them: they are not sent any more."""
    return int(tx.execute(_RECALL).rowcount)


def mark_data(tx: Connection, outbox_id: int, worker: str) -> bool:
    """Commit this before DATA: from here on a lost answer means `uncertain`. False: the claim was lost."""
    return _move(tx, outbox_id, worker, phase="data")


def succeeded(tx: Connection, outbox_id: int, worker: str, text: str, now: datetime) -> bool:
    return _end(tx, outbox_id, worker, state="sent", last_result=text, sent_at=now)


def retry(tx: Connection, outbox_id: int, worker: str, why: str, at: datetime) -> bool:
    return _end(tx, outbox_id, worker, state="queued", last_result=why, next_try_at=at)


def unclaim(tx: Connection, outbox_id: int, worker: str, why: str, at: datetime) -> bool:
    """Give a mail back that was never offered to a server; the attempt does not count."""
    return _end(tx, outbox_id, worker, state="queued", last_result=why, next_try_at=at, attempts=outbox.c.attempts - 1)


def failed(tx: Connection, outbox_id: int, worker: str, why: str) -> bool:
    return _end(tx, outbox_id, worker, state="failed", last_result=why)


def uncertain(tx: Connection, outbox_id: int, worker: str, why: str) -> bool:
    return _end(tx, outbox_id, worker, state="uncertain", last_result=why)


def recover(tx: Connection, db_now: datetime, own: str | None) -> int:
    """Rows whose sender is gone: before DATA back into the queue, in DATA `uncertain`. Returns how many.

    `own`: on SQLite, where one process runs, every claim of another name is a dead one at once.
    """
    dead = outbox.c.claimed_until < db_now
    if own is not None:
        dead = dead | (outbox.c.claimed_by != own)
    gone = _UNDER_WAY & (outbox.c.state == "sending") & dead
    freed = tx.execute(
        sa.update(outbox)
        .where(gone, outbox.c.phase == "claimed")
        .values(state="queued", phase="", claimed_by=None, attempts=outbox.c.attempts - 1)
    )
    lost = tx.execute(
        sa.update(outbox)
        .where(gone, outbox.c.phase == "data")
        .values(state="uncertain", phase="", claimed_by=None, last_result="发送中断,没有收到服务器的答复")
    )
    return int(freed.rowcount + lost.rowcount)


def settle(tx: Connection, outbox_id: int, sent: bool, proof: str, now: datetime) -> bool:
    """End an uncertain send: it was sent (proof or a person's word), or a person has it sent again."""
    values: dict[str, Any] = {"last_result": proof, "told": False}
    # It went when it was tried, not when somebody found out.
    values |= {"state": "sent", "sent_at": outbox.c.next_try_at} if sent else {"state": "queued", "next_try_at": now}
    done = tx.execute(sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.state == "uncertain").values(**values))
    return done.rowcount == 1


def ticket_of(tx: Connection, outbox_id: int) -> int | None:
    """The ticket a send belongs to."""
    found: int | None = tx.execute(sa.select(outbox.c.ticket_id).where(outbox.c.id == outbox_id)).scalar()
    return found


def untold(tx: Connection, limit: int = 200) -> list[Row[Any]]:
    """Sends that ended and whose ticket does not know yet, with the template they were written from."""
    return list(tx.execute(_UNTOLD.limit(limit)))


_UNTOLD = (
    sa.select(outbox, draft.c.template)
    .join(draft, draft.c.id == outbox.c.draft_id, isouter=True)
    .where(outbox.c.told.is_(False), outbox.c.state.in_(("sent", "failed", "uncertain")))
    .order_by(outbox.c.id)
)


def mark_told(tx: Connection, outbox_id: int, state: str) -> bool:
    """The ticket knows; False: somebody else told it, or the send has moved on."""
    done = tx.execute(
        sa.update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.state == state, outbox.c.told.is_(False))
        .values(told=True)
    )
    return done.rowcount == 1


def by_message_id(tx: Connection, message_id: str) -> Row[Any] | None:
    """The send with this Message-ID."""
    return tx.execute(sa.select(outbox).where(outbox.c.message_id == _as_ours(message_id))).first()


def answered_proof(tx: Connection, message_ids: Sequence[str]) -> list[int]:
    """Uncertain sends that somebody answered: they did arrive."""
    if not message_ids:
        return []
    ours = [_as_ours(each) for each in message_ids]
    query = sa.select(outbox.c.id).where(outbox.c.state == "uncertain", outbox.c.message_id.in_(ours))
    return list(tx.execute(query).scalars())


def mark_bounced(tx: Connection, outbox_id: int, addresses: Sequence[str]) -> None:
    tx.execute(sa.update(outbox).where(outbox.c.id == outbox_id).values(bounced=list(addresses)))


def uncertain_rows(tx: Connection) -> list[Row[Any]]:
    """Every send whose end nobody knows."""
    return list(tx.execute(sa.select(outbox).where(outbox.c.state == "uncertain").order_by(outbox.c.id)))


_LETTER = (
    outbox.c.id,
    outbox.c.ticket_id,
    outbox.c.draft_id,
    outbox.c.kind,
    outbox.c.mailbox,
    outbox.c.message_id,
    outbox.c.sender,
    outbox.c.recipients,
    outbox.c.content,
    outbox.c.smtputf8,
    outbox.c.asks,
    outbox.c.attempts,
)


def _letter(row: Row[Any]) -> Letter:
    values = dict(row._mapping)
    values["recipients"] = tuple(values["recipients"])
    return Letter(**values)


def _as_ours(message_id: str) -> str:
    # We write them in lower case (core/tokens.py); relays and address books change that, and drop the brackets.
    return f"<{message_id.strip().strip('<>').lower()}>"


def _move(tx: Connection, outbox_id: int, worker: str, **values: Any) -> bool:
    done = tx.execute(
        sa.update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.claimed_by == worker, outbox.c.state == "sending")
        .values(**values)
    )
    return done.rowcount == 1


def _end(tx: Connection, outbox_id: int, worker: str, **values: Any) -> bool:
    return _move(tx, outbox_id, worker, phase="", claimed_by=None, claimed_until=None, told=False, **values)
