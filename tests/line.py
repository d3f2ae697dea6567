"""The line a mail takes, without servers: mails are handed in, understood in this process and received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from mailbot.app import App
from mailbot.core.ticket import DraftApproved, Event, Ticket
from mailbot.core.understand import understand
from mailbot.reception import Reception
from mailbot.store import intake, keep, lists, outbox, tickets
from mailbot.store.intake import Claimed, Incoming, Place
from mailbot.store.tables import draft, mail
from mailbot.store.tables import outbox as outbox_table
from mailbot.store.tables import ticket as ticket_table
from tests.conftest import MONDAY, OURS

LI = "li.ming@mail.example"
EVE = "eve@qq.example"
INBOX = Place("support", "INBOX", 7)


def letter(
    subject: str = "洗衣机无法开机",
    text: str = "你好,我买的洗衣机按下开关没有反应,无法开机,请尽快处理。",
    sender: str = LI,
    message_id: str | None = "auto",
    **headers: str,
) -> bytes:
    """One mail as its writer's program would have written it; `in_reply_to=` becomes In-Reply-To."""
    lines = [f"From: {sender}", f"To: {headers.pop('to', OURS)}", f"Subject: {subject}"]
    if message_id == "auto":
        message_id = f"<{crc32(repr((subject, text, sender, headers)).encode())}@mail.example>"
    if message_id is not None:
        lines.append(f"Message-ID: {message_id}")
    lines.append("Date: Mon, 23 Nov 2026 09:00:00 +0800")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", text, ""]
    return "\r\n".join(lines).encode()


class Line:
    """One program and what a test does to it."""

    def __init__(self, app: App) -> None:
        self.app, self.desk, self.engine = app, app.desk, app.engine
        self.reception = Reception(app.desk)
        self._uid = 0

    def hand_in(self, raw: bytes, place: Place = INBOX, at: datetime = MONDAY) -> int:
        """A mail is in the mailbox and was fetched; its UID."""
        self._uid += 1
        with self.engine.write() as tx:
            incoming = Incoming(self._uid, at, len(raw), raw)
            intake.take_in(tx, place, [incoming], self._uid, at)
        return self._uid

    def claim(self, worker: str = "w1") -> list[Claimed]:
        with self.engine.write() as tx:
            return intake.claim(tx, worker, 100, self.engine.now(tx))

    def receive(self, claimed: Claimed, worker: str = "w1", now: datetime = MONDAY) -> None:
        book, border = self.desk.door.shelf.volume.book, self.desk.door.border(claimed.mailbox)
        with self.engine.write() as tx:
            self.reception.receive(tx, claimed, understand(claimed.content, book, border), worker, now)

    def work(self, now: datetime = MONDAY) -> None:
        """Receive every mail that waits."""
        while claimed := self.claim():
            for each in claimed:
                self.receive(each, now=now)

    def deliver(self, raw: bytes, place: Place = INBOX, at: datetime = MONDAY, now: datetime | None = None) -> Any:
        """A mail comes in and is received; its row."""
        uid = self.hand_in(raw, place, at)
        self.work(now or at)
        return self.row(mail, mail.c.uid == uid)

    def row(self, table: sa.Table, *where: Any) -> Any:
        with self.engine.read() as tx:
            return tx.execute(sa.select(table).where(*where)).one()

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.engine.read() as tx:
            return list(tx.execute(sa.select(table).where(*where).order_by(*table.primary_key)))

    def ticket(self, ticket_id: int) -> Ticket:
        with self.engine.read() as tx:
            found = tickets.load(tx, ticket_id)
        assert found is not None
        return found

    def tickets(self) -> list[Any]:
        return self.rows(ticket_table)

    def links(self, ticket_id: int) -> list[str]:
        with self.engine.read() as tx:
            return [each.number for each in lists.links_of(tx, ticket_id)]

    def drafts(self, ticket_id: int, kind: str = "reply") -> list[Any]:
        """Open drafts of a kind."""
        return self.rows(draft, draft.c.ticket_id == ticket_id, draft.c.kind == kind, draft.c.state == "open")

    def journal(self, ticket_id: int) -> list[str]:
        with self.engine.read() as tx:
            return [each.what for each in lists.journal_of(tx, ticket_id)]

    def handle(self, ticket_id: int, event: Event, now: datetime = MONDAY) -> str | None:
        """An event; why it was refused."""
        return self.desk.handle(ticket_id, event, now).refused

    def approve(self, ticket_id: int, agent: str = "wang", now: datetime = MONDAY) -> Any:
        """Approve the open reply of this ticket; its row in the outbox."""
        (waiting,) = self.drafts(ticket_id)
        assert self.handle(ticket_id, DraftApproved(agent, waiting.id), now) is None
        return self.rows(outbox_table, outbox_table.c.ticket_id == ticket_id)[-1]

    def end_send(self, outbox_id: int, state: str) -> None:
        """The send ends so: sent, failed or uncertain."""
        end = {"failed": outbox.failed, "uncertain": outbox.uncertain}
        with self.engine.write() as tx:
            outbox.claim(tx, "p1", 50, MONDAY + timedelta(days=1), self.engine.now(tx))
            if state == "sent":
                assert outbox.succeeded(tx, outbox_id, "p1", "250 ok", MONDAY)
            else:
                assert end[state](tx, outbox_id, "p1", "why")

    def give_standing_approval(self, language: str = "zh", by: str = "boss") -> None:
        digest = self.desk.desktop().templates.text_hash("acknowledgement", language)
        with self.engine.write() as tx:
            keep.approve_template(tx, "acknowledgement", language, digest, by, MONDAY)
