"""Rows that tests of the store begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from mailbot.store import intake, outbox, tickets
from mailbot.store.engine import Engine
from mailbot.store.intake import Incoming, Place
from tests.core.events import ticket

NOW = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
INBOX = Place("support", "INBOX", 7)


def raw(number: int, words: str = "words") -> bytes:
    head = f"From: c{number}@mail.example\r\nMessage-ID: <{number}@mail.example>\r\nSubject: s{number}\r\n"
    return f"{head}Date: Mon, 23 Nov 2026 09:00:00 +0800\r\n\r\n{words}\r\n".encode()


def incoming(uid: int, content: bytes | None = None) -> Incoming:
    content = raw(uid) if content is None else content
    return Incoming(uid, NOW, len(content), content)


def store_mails(engine: Engine, uids: Sequence[int], place: Place = INBOX) -> None:
    with engine.write() as tx:
        intake.take_in(tx, place, [incoming(uid) for uid in uids], max(uids), NOW)


def claim_mails(engine: Engine, worker: str = "w1", limit: int = 100, later: timedelta = timedelta()) -> list[Any]:
    with engine.write() as tx:
        return list(intake.claim(tx, worker, limit, engine.now(tx) + later))


def new_ticket(tx: Connection, **over: Any) -> int:
    """A ticket without promises and drafts; its number is the next one."""
    given = {"id": None, "promises": (), "drafts": (), "number": tickets.next_number(tx, "20261123")}
    return tickets.insert(tx, ticket(**{**given, **over}))


def new_draft(tx: Connection, ticket_id: int, **over: Any) -> int:
    given: dict[str, Any] = {
        "kind": "reply",
        "template": "fault",
        "language": "zh",
        "author": "mailbot",
        "subject": "Re: question",
        "text": "您好",
        "recipient": "li.ming@mail.example",
        "findings": (),
        "blocked": False,
        "asks": False,
        "mail_id": None,
    }
    return tickets.add_draft(tx, ticket_id, tickets.NewDraft(**{**given, **over}), NOW)


def queue(tx: Connection, number: int = 1, at: datetime = NOW, **over: Any) -> int:
    """An approved letter in the outbox, with ticket and draft of its own."""
    ticket_id = over.pop("ticket_id", None) or new_ticket(tx)
    given: dict[str, Any] = {
        "ticket_id": ticket_id,
        "draft_id": new_draft(tx, ticket_id),
        "kind": "reply",
        "mailbox": "support",
        "message_id": f"<out{number}@shop.example>",
        "sender": "support@shop.example",
        "recipients": ["li.ming@mail.example"],
        "content": b"letter",
        "content_sha256": "0" * 64,
        "smtputf8": False,
        "words": "您好",
        "asks": False,
        "approver": "wang",
        "approved_at": at,
        "next_try_at": at,
    }
    return outbox.add(tx, {**given, **over})
