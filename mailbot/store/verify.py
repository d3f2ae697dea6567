"""The conservation check: no mail is nowhere, no byte has changed, no open ticket is forgotten."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.store.tables import mail, outbox, promise, raw, ticket


def counts(tx: Connection) -> dict[str, int]:
    """How many mails are in each state, and how many sends."""
    found: dict[str, int] = {}
    for table, column, what in ((mail, mail.c.state, "mails"), (outbox, outbox.c.state, "sends")):
        for state, count in tx.execute(sa.select(column, sa.func.count()).select_from(table).group_by(column)):
            found[f"{what} {state}"] = count
    return found


def faults(tx: Connection) -> list[str]:
    """Everything that must not be, one line each."""
    found: list[str] = []
    lost = sa.select(mail.c.id).where(mail.c.state == "done", mail.c.ticket_id.is_(None), mail.c.copy_of.is_(None))
    found += [f"mail {each}: done, but belongs to no ticket" for each in tx.execute(lost).scalars()]
    for sha, content in tx.execute(sa.select(raw.c.sha256, raw.c.content)).yield_per(100):
        if hashlib.sha256(content).hexdigest() != sha:
            found.append(f"raw {sha}: its bytes have changed")
    for row in tx.execute(sa.select(outbox.c.id, outbox.c.content, outbox.c.content_sha256)).yield_per(100):
        if hashlib.sha256(row.content).hexdigest() != row.content_sha256:
            found.append(f"send {row.id}: its letter is not the one that was approved")
    owes = sa.select(promise.c.ticket_id).where(promise.c.state == "open")
    forgotten = sa.select(ticket.c.number).where(ticket.c.state != "closed", ticket.c.id.not_in(owes))
    found += [f"ticket {each}: open, but nothing is promised" for each in tx.execute(forgotten).scalars()]
    return found
