"""One understood mail finds its ticket: is it a copy, a report about a mail of ours, a follow-up, or new?

Works inside the caller's transaction, so that a batch is one commit; tickets change in the desk only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from mailbot.core import threads, tokens
from mailbot.core.departments import choose_owner
from mailbot.core.mail import Unreadable
from mailbot.core.ticket import BounceArrived, MailArrived
from mailbot.core.understand import Understood, as_follow_up, as_human
from mailbot.desk import ConflictError, Desk
from mailbot.store import clues, intake, outbox, people, tickets
from mailbot.store.intake import Claimed

WORDS_KEPT = 20_000  # characters of the new words kept beside the raw mail, for lists and search
FAILED_ACTIONS = ("failed",)


@dataclass(frozen=True, slots=True)
class Received:
    """How a mail ended: the values its row gets."""

    state: str  # done, held
    why: str
    ticket_id: int | None = None
    copy_of: int | None = None
    words: str | None = None  # the new words as its ticket sees them; None: as the mail alone shows them


class Reception:
    """Takes understood mails to their tickets."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._key = desk.door.key

    def receive(
        self, tx: Connection, claimed: Claimed, read: Understood | Unreadable, worker: str, now: datetime
    ) -> None:
        """Everything that follows from one mail. Raises ConflictError when a ticket changed meanwhile."""
        if isinstance(read, Unreadable):
            row = {"kind": "unreadable", "subject": read.subject, "message_id": read.message_id}
            values: dict[str, Any] = {"state": "aside", "why": read.reason, **row}
            if read.from_ is not None:
                values["sender"] = read.from_.address.lower()
            self._finish(tx, claimed, worker, values)
            return
        understood = as_human(read) if claimed.as_human else read
        received = self._place(tx, claimed, understood, now)
        self._finish(tx, claimed, worker, _mail_values(understood, received))

    @staticmethod
    def _finish(tx: Connection, claimed: Claimed, worker: str, values: dict[str, Any]) -> None:
        """The mail is done. Who lost the claim meanwhile must undo all they did: somebody else does it."""
        if not intake.finish(tx, claimed.id, worker, values):
            raise ConflictError(f"mail {claimed.id} is not claimed by {worker} any more")

    def _place(self, tx: Connection, claimed: Claimed, understood: Understood, now: datetime) -> Received:
        original = intake.original_of(tx, claimed)
        if original is not None and not claimed.as_human:
            return Received("done", "与已收到的邮件相同", copy_of=original)
        judged = understood.automail
        if judged.kind in ("loop", "unreadable") or not understood.sender:
            return Received("held", judged.reason)
        if judged.kind == "bounce":
            return self._bounce(tx, claimed, understood, now)
        keys = self._keys(understood)
        placement = self._placement(tx, claimed, understood, keys, now)
        if judged.kind != "human" and placement.ticket_id is None:
            return Received("held", judged.reason)
        self._proof_of_delivery(tx, understood, keys, now)
        if claimed.partial:
            placement = replace(placement, reason=f"{placement.reason};{_cut(claimed)}")
        owner, routed = None, ""
        if placement.ticket_id is not None:
            placement = replace(placement, ticket_id=tickets.followed(tx, placement.ticket_id))
            assert placement.ticket_id is not None
            originals = (*tickets.sent_texts(tx, placement.ticket_id), *tickets.mail_texts(tx, placement.ticket_id))
            understood = as_follow_up(understood, originals, self._desk.door.shelf.volume.book)
        else:
            if self._desk.door.learned is not None:
                understood = self._desk.door.learned.opinion(understood)
            owner, routed = self._route(tx, understood)
        event = MailArrived(
            mail_id=claimed.id,
            mailbox=claimed.mailbox,
            understood=understood,
            placement=placement,
            received_at=claimed.received_at,
            quota_free=self._may_acknowledge(tx, claimed, understood, now),
            owner=owner,
            routed=routed,
        )
        decision = self._desk.handle_in(tx, placement.ticket_id, event, now)
        return Received("done", placement.reason, ticket_id=decision.ticket.id, words=understood.body.new)

    @staticmethod
    def _placement(
        tx: Connection, claimed: Claimed, understood: Understood, keys: threads.Keys, now: datetime
    ) -> threads.Placement:
        known = clues.by_keys(tx, keys, understood.sender)
        found = threads.place(known, understood.sender, understood.trust, now)
        if found.ticket_id is not None or understood.automail.kind != "human" or understood.triage.topic == "spam":
            return found
        burst = clues.of_burst(tx, keys, understood.sender, claimed.received_at)
        return threads.place((*known, *burst), understood.sender, understood.trust, now) if burst else found

    def _route(self, tx: Connection, understood: Understood) -> tuple[str | None, str]:
        """Whose this new ticket is, by topic and priority (001-12, 002-22)."""
        book, found = self._desk.door.shelf.volume.book, understood.triage
        topic = book.topics.get((found.category, found.topic))
        department = book.departments.get(topic.route) if topic else None
        return choose_owner(department, found.priority, people.staff(tx))

    def _keys(self, understood: Understood) -> threads.Keys:
        """Looked-up keys; robots' mails go by token and reference only, since anyone may name an order."""
        mail = understood.mail
        ids = (*mail.in_reply_to, *mail.references)
        found = [tokens.ticket_of(each, self._key) for each in ids]
        found += [tokens.ticket_of_address(each.address, self._key) for each in (*mail.to, *mail.cc)]
        keys = threads.keys(mail, understood.facts, tuple(dict.fromkeys(each for each in found if each)))
        if understood.automail.kind != "human":
            return replace(keys, numbers=(), orders=(), subject=None)
        return keys

    def _bounce(self, tx: Connection, claimed: Claimed, understood: Understood, now: datetime) -> Received:
        returned = understood.automail.returned_message_id
        sent = outbox.by_message_id(tx, returned) if returned and tokens.ticket_of(returned, self._key) else None
        if sent is None:
            return Received("held", f"{understood.automail.reason};不是我们发出的邮件,内容不可信")
        reported = {each.address.lower() for each in understood.automail.bounced if each.action in FAILED_ACTIONS}
        ours = {address.lower() for address in sent.recipients}
        failed = tuple(sorted(reported & ours))
        if failed:
            outbox.mark_bounced(tx, sent.id, failed)
        if sent.ticket_id is None:  # a reminder to one of us
            return Received("held", f"发给同事的提醒没有送达:{understood.automail.reason}")
        event = BounceArrived(claimed.id, understood, sent.kind, failed)
        decision = self._desk.handle_in(tx, sent.ticket_id, event, now)
        return Received("done", understood.automail.reason, ticket_id=decision.ticket.id)

    def _proof_of_delivery(self, tx: Connection, understood: Understood, keys: threads.Keys, now: datetime) -> None:
        """Whoever answers a mail has received it: an uncertain send is settled by that."""
        for outbox_id in outbox.answered_proof(tx, keys.message_ids):
            self._desk.settle_in(tx, outbox_id, True, "mailbot", now, "客户已回复该邮件")

    def _may_acknowledge(self, tx: Connection, claimed: Claimed, understood: Understood, now: datetime) -> bool:
        mailbox = self._desk.door.mailboxes.get(claimed.mailbox)
        if mailbox is not None and not mailbox.acknowledge:
            return False
        return tickets.quota_free(tx, understood.sender, now)


def _cut(claimed: Claimed) -> str:
    megabytes = claimed.size / 1_000_000
    return f"邮件太大({megabytes:.1f} MB,超过收取上限),只取了邮件头和正文开头,附件请到邮箱中查看"


def _mail_values(understood: Understood, received: Received) -> dict[str, Any]:
    mail = understood.mail
    words = understood.body.new if received.words is None else received.words
    return {
        "state": received.state,
        "why": received.why,
        "ticket_id": received.ticket_id,
        "copy_of": received.copy_of,
        "kind": understood.automail.kind,
        "message_id": mail.message_id[:998] if mail.message_id else None,
        "sender": understood.sender[:320],
        "sender_name": mail.from_.name if mail.from_ else "",
        "subject": mail.subject,
        "words": words[:WORDS_KEPT],
    }
