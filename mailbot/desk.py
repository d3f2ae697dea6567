"""THE DOOR: every change of a ticket goes through here. Load, decide (pure), render (pure), one short write.

The write is guarded by the ticket's version: if somebody else was first, load and decide again. A crash
anywhere leaves the event undone and its row waiting, so it is only late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy.engine import Connection, Row

from mailbot import judging
from mailbot.config import Company, MailboxConfig
from mailbot.core import arrival, reply, settling
from mailbot.core.decide import decide
from mailbot.core.decision import MACHINE, Decision, DraftEnd, DraftWanted, Entry
from mailbot.core.errors import UserError
from mailbot.core.hours import Hours
from mailbot.core.mail import Mail, parse
from mailbot.core.office import Office
from mailbot.core.threads import Placement
from mailbot.core.ticket import (
    Corrected,
    DraftSuggested,
    DraftWritten,
    Event,
    MailArrived,
    MailMoved,
    Merged,
    SendSettled,
    Ticket,
    Unmerged,
)
from mailbot.core.understand import Border, Understood, as_human, together, understand
from mailbot.drafting import (
    Agent,
    Approved,
    Desktop,
    Sender,
    draft_from_notice,
    draft_from_template,
    is_notice,
    pin,
    pledges_judged,
    reviewed,
)
from mailbot.learned import Learned
from mailbot.orders import Orders
from mailbot.shelf import Shelf
from mailbot.store import gaps, helped, intake, keep, lists, outbox, people, tickets
from mailbot.store.engine import Engine
from mailbot.store.gaps import NewGap
from mailbot.store.tickets import NewDraft
from mailbot.suggesting import TRIAL, Asking, asking, unfit

log = structlog.get_logger()

T = TypeVar("T")

TRIES = 5


class ConflictError(Exception):
    """Somebody else changed the ticket meanwhile; the transaction is undone and the event decided again."""


@dataclass(frozen=True, slots=True)
class Door:
    """The fixed parts a desk works with."""

    engine: Engine
    shelf: Shelf
    company: Company
    hours_of: Callable[[str | None], Hours]  # of a mailbox by name; None: the company's
    mailboxes: Mapping[str, MailboxConfig]
    key: bytes
    public_url: str  # of the console, where customers find the rating page
    border: Callable[[str], Border]  # of a mailbox by name
    orders: Orders | None = None  # the order table, where there is one
    learned: Learned | None = None  # what agents' verdicts have taught


class Desk:
    """Handles one event at a time; safe to use from several threads and processes."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def handle(self, ticket_id: int | None, event: Event, now: datetime) -> Decision:
        """Decide and write, in a transaction of its own. A refused decision changed nothing."""
        return self._in_turn(lambda tx: self.handle_in(tx, ticket_id, event, now), f"ticket {ticket_id}")

    def handle_in(self, tx: Connection, ticket_id: int | None, event: Event, now: datetime) -> Decision:
        """The same inside the caller's transaction, which must end when this raises ConflictError."""
        ticket = self._load(tx, ticket_id, event, now)
        desktop = self.desktop(ticket.mailbox)
        if isinstance(event, DraftWritten) and ticket_id is not None and event.mail_id is None:
            event = replace(event, mail_id=lists.last_mail_of(tx, ticket_id))  # 000-35: in the same thread
        decision = decide(ticket, event, desktop.office, now)
        if decision.refused is not None:
            return decision
        if isinstance(event, DraftSuggested):
            decision = self._weighed(tx, desktop, decision, event, now)
        letter = self._pinned(tx, desktop, decision, event, now) if decision.approve else None
        if isinstance(letter, reply.Refused):
            return replace(decision, ticket=ticket, refused=f"不能发出:{letter.reason}")
        if isinstance(event, Corrected):
            judging.keep(tx, desktop.office.book, ticket, event, now)
        saved = self._save(tx, decision, now)
        assert saved.id is not None
        if letter is not None and decision.approve is not None:
            outbox.add(tx, {**letter, "approver": decision.approve[1]})
        self._write_drafts(tx, desktop, saved, decision, event, now)
        return replace(decision, ticket=saved)

    def move_mail(self, mail_id: int, to_number: str | None, agent: str, now: datetime) -> Decision:
        """Join a mail to the ticket with this number, or give it a ticket of its own (None)."""
        return self._in_turn(lambda tx: self._move_mail(tx, mail_id, to_number, agent, now), f"mail {mail_id}")

    def merge(self, number: str, into: str, agent: str, now: datetime) -> Decision:
        """Two tickets of one customer are one problem: the mails of the first go into the second."""
        return self._in_turn(lambda tx: self._merge(tx, number, into, agent, now), f"ticket {number}")

    def unmerge(self, number: str, agent: str, now: datetime) -> Decision:
        """The merge undone: the ticket has its mails back and is open again."""
        return self._in_turn(lambda tx: self._unmerge(tx, number, agent, now), f"ticket {number}")

    def settle(self, outbox_id: int, sent: bool, who: str, now: datetime, proof: str = "") -> bool:
        """End an uncertain send by a person's word or by proof; False: it is not uncertain any more."""
        return self._in_turn(lambda tx: self.settle_in(tx, outbox_id, sent, who, now, proof), f"send {outbox_id}")

    def settle_in(self, tx: Connection, outbox_id: int, sent: bool, who: str, now: datetime, proof: str) -> bool:
        """The same inside the caller's transaction."""
        ticket_id = outbox.ticket_of(tx, outbox_id)
        if not outbox.settle(tx, outbox_id, sent, proof or f"由 {who} 确认", now):
            return False
        if ticket_id is not None:  # else a reminder to one of us
            self.handle_in(tx, ticket_id, SendSettled(who, sent, proof), now)
        return True

    def _in_turn(self, act: Callable[[Connection], T], what: str) -> T:
        """Do this in a transaction of its own; again from the start while somebody else is faster."""
        for _ in range(TRIES):
            try:
                with self.door.engine.write() as tx:
                    return act(tx)
            except ConflictError:
                continue
        raise ConflictError(f"{what} changed {TRIES} times meanwhile")

    def desktop(self, mailbox: str | None = None) -> Desktop:
        """What decisions and drafts of this mailbox look at now."""
        door, volume = self.door, self.door.shelf.volume
        office = Office(volume.book, door.hours_of(mailbox))
        return Desktop(door.company, volume.templates, office, door.public_url, door.key, door.orders)

    def _load(self, tx: Connection, ticket_id: int | None, event: Event, now: datetime) -> Ticket:
        if ticket_id is not None:
            ticket = tickets.load(tx, ticket_id)
            if ticket is None:
                raise LookupError(f"no ticket with id {ticket_id}")
            return ticket
        if not isinstance(event, MailArrived):
            raise TypeError("only a mail opens a ticket")
        day = f"{now.astimezone(self.door.hours_of(event.mailbox).zone):%Y%m%d}"
        number = tickets.next_number(tx, day)
        return arrival.open_ticket(event, number, event.mailbox, now)

    def _save(self, tx: Connection, decision: Decision, now: datetime) -> Ticket:
        ticket = decision.ticket
        if ticket.id is None:
            ticket = replace(ticket, id=tickets.insert(tx, ticket))
        elif not tickets.save(tx, ticket):
            raise ConflictError(ticket.number)
        assert ticket.id is not None
        tickets.apply(tx, ticket.id, decision, now)
        return ticket

    def _write_drafts(
        self,
        tx: Connection,
        desktop: Desktop,
        ticket: Ticket,
        decision: Decision,
        event: Event,
        now: datetime,
    ) -> None:
        assert ticket.id is not None
        if decision.use_quota and not tickets.use_quota(tx, ticket.customer, now):
            decision = replace(decision, drafts=tuple(d for d in decision.drafts if d.kind == "reply"))
        # The due times that were just promised are said in the words.
        promised = replace(ticket, promises=(*ticket.promises, *decision.promised))
        for wanted in decision.drafts:
            if wanted.mail_id is None:  # 000-35: in the customer's thread
                wanted = replace(wanted, mail_id=lists.last_mail_of(tx, ticket.id))
            fresh = self._draft(tx, desktop, promised, wanted, event, now)
            draft_id = tickets.add_draft(tx, ticket.id, fresh, now)
            if fresh.gap and isinstance(event, MailArrived):  # counted once, when it was asked
                gaps.add(tx, NewGap(event.mail_id, ticket.id, fresh.gap, ticket.category, ticket.topic), now)
            if fresh.kind != "reply" and fresh.template is not None and not fresh.blocked:
                approved = _approved(draft_id, 1, fresh, self._parent(tx, event, fresh.mail_id))
                self._send_under_standing_approval(tx, desktop, ticket, fresh.template, approved, now)
        if decision.pledges is not None:
            draft_id, agent, set_ = decision.pledges
            row = tickets.draft_row(tx, draft_id)
            assert row is not None
            tickets.set_pledges(tx, draft_id, agent, set_, pledges_judged(desktop, ticket, row.findings, set_, now))
        if decision.edited is not None:
            draft_id, wanted = decision.edited
            tickets.change_draft(tx, draft_id, self._draft(tx, desktop, promised, wanted, event, now))

    def _draft(
        self, tx: Connection, desktop: Desktop, ticket: Ticket, wanted: DraftWanted, event: Event, now: datetime
    ) -> NewDraft:
        if is_notice(desktop, wanted):
            return draft_from_notice(desktop, ticket, wanted, now)
        understood = self._understood(tx, event, wanted.mail_id)
        if wanted.template is not None and understood is not None:
            understood = together(understood, self._earlier(tx, ticket, wanted, event))
            return draft_from_template(desktop, ticket, understood, wanted, now)
        fresh = NewDraft(
            kind=wanted.kind,
            template=None,
            language=wanted.language,
            author=wanted.author,
            subject=wanted.subject or reply.reply_subject(ticket.subject),
            text=wanted.text,
            recipient=understood.sender if understood and understood.sender else ticket.customer,
            findings=(),
            blocked=False,
            asks="?" in wanted.text or "\uff1f" in wanted.text,
            mail_id=wanted.mail_id,
        )
        return reviewed(desktop, ticket, fresh, understood, now)

    @staticmethod
    def _earlier(tx: Connection, ticket: Ticket, wanted: DraftWanted, event: Event) -> tuple[str, ...]:
        """The words of the mails that a reply answers beside the last one."""
        opens = isinstance(event, MailArrived) and event.placement.ticket_id is None
        if wanted.kind != "reply" or opens or ticket.id is None or wanted.mail_id is None:
            return ()
        return lists.unanswered_words(tx, ticket.id, wanted.mail_id)

    def _parent(self, tx: Connection, event: Event, mail_id: int | None) -> Mail | None:
        """The mail that a letter goes below in the customer's thread."""
        if isinstance(event, MailArrived) and event.mail_id == mail_id:
            return event.understood.mail
        raw = intake.content(tx, mail_id) if mail_id is not None else None
        parsed = parse(raw) if raw else None
        return parsed if isinstance(parsed, Mail) else None

    def _send_under_standing_approval(
        self, tx: Connection, desktop: Desktop, ticket: Ticket, template: str, approved: Approved, now: datetime
    ) -> None:
        """An automatic mail goes out only if a supervisor approved exactly this template's text (000-34)."""
        language = desktop.templates.language_for(template, approved.language)
        approver = keep.standing_approver(tx, template, language, desktop.templates.text_hash(template, language))
        mailbox = self.door.mailboxes.get(ticket.mailbox)  # it may have left the configuration
        if approver is None or mailbox is None:
            return  # it waits as a draft
        letter = pin(desktop, Sender(mailbox, Agent(), self.door.key), ticket, approved, now)
        if isinstance(letter, reply.Refused):
            log.warning("automatic mail cannot be composed, it waits as a draft", reason=letter.reason)
            return
        tickets.end_draft(tx, DraftEnd(approved.draft_id, "approved", approver, "常设批准"), now)
        outbox.add(tx, {**letter, "approver": approver})

    def asking(self, tx: Connection, draft_id: int, now: datetime) -> Asking | str:
        """What the drafting help may be asked about an open draft, or why it cannot help there. Reads only."""
        row = tickets.draft_row(tx, draft_id)
        ticket = tickets.load(tx, row.ticket_id) if row is not None else None
        if row is None or ticket is None or row.template is None or row.mail_id is None:
            return "草稿或来信已不在"
        desktop = self.desktop(ticket.mailbox)
        trial = TRIAL["zh" if row.language == "zh" else "en"]
        event = DraftSuggested(draft_id, row.version, row.template, row.language, trial)
        decision = decide(ticket, event, desktop.office, now)
        why = decision.refused or self._unfit(tx, desktop, decision, event, now)
        understood = self._read_again(tx, row.mail_id)
        if why or understood is None:
            return why or "来信已不在"
        wanted = DraftWanted("reply", row.template, row.language, row.mail_id)
        understood = together(understood, self._earlier(tx, ticket, wanted, event))
        return asking(desktop, ticket, understood, row, now)

    def _weighed(
        self, tx: Connection, desktop: Desktop, decision: Decision, event: DraftSuggested, now: datetime
    ) -> Decision:
        """The same decision, or one that leaves the template's draft as it is, where help makes it no better."""
        why = self._unfit(tx, desktop, decision, event, now)
        helped.ended(tx, event.draft_id, why or helped.USED)
        if not why:
            return decision
        return replace(decision, edited=None, journal=(Entry("suggested", MACHINE, (f"未采用起草助手的建议：{why}",)),))

    def _unfit(self, tx: Connection, desktop: Desktop, decision: Decision, event: DraftSuggested, now: datetime) -> str:
        row = tickets.draft_row(tx, event.draft_id)
        assert row is not None
        assert decision.edited is not None
        wanted = decision.edited[1]
        if is_notice(desktop, wanted):
            return "这份模板没有可以补充的地方"
        plain = self._draft(tx, desktop, decision.ticket, replace(wanted, more=()), event, now)
        return unfit(row, plain, self._draft(tx, desktop, decision.ticket, wanted, event, now), event.text)

    def _pinned(
        self, tx: Connection, desktop: Desktop, decision: Decision, event: Event, now: datetime
    ) -> dict[str, Any] | reply.Refused:
        assert decision.approve is not None
        draft_id, approver = decision.approve
        row = tickets.draft_row(tx, draft_id)
        assert row is not None
        mailbox = self.door.mailboxes.get(decision.ticket.mailbox)
        if mailbox is None:
            return reply.Refused("From", f"邮箱 {decision.ticket.mailbox} 已不在配置中")
        approved = Approved(
            draft_id=draft_id,
            draft_version=row.version,
            kind=row.kind,
            language=row.language,
            subject=row.subject,
            text=row.text,
            recipient=row.recipient,
            asks=row.asks,
            parent=self._parent(tx, event, row.mail_id),
            pledges=tickets.read_pledges(row.pledges) if row.pledges_by or row.kind != "reply" else None,
        )
        person = people.by_name(tx, approver)
        signer = Agent(person.display_name, person.staff_number) if person else Agent(approver)
        return pin(desktop, Sender(mailbox, signer, self.door.key), decision.ticket, approved, now)

    def _move_mail(self, tx: Connection, mail_id: int, to_number: str | None, agent: str, now: datetime) -> Decision:
        row = lists.mail_row(tx, mail_id)
        if row is None:
            raise UserError("mail", str(mail_id), "no such mail")
        before = tickets.load(tx, row.ticket_id) if row.ticket_id else None
        if to_number is None:
            decision = self.handle_in(tx, None, self._as_new(tx, row, agent), now)
        else:
            target = tickets.by_number(tx, to_number)
            if target is None or target == row.ticket_id:
                raise UserError("ticket", to_number, "没有这个工单" if target is None else "邮件已在该工单中")
            other = before.number if before else "-"
            decision = self.handle_in(tx, target, MailMoved(agent, mail_id, True, other), now)
        if decision.refused is None:
            intake.assign(tx, mail_id, decision.ticket.id)
            if before is not None:
                left = MailMoved(agent, mail_id, False, decision.ticket.number)
                self.handle_in(tx, before.id, left, now)
        return decision

    def _merge(self, tx: Connection, number: str, into: str, agent: str, now: datetime) -> Decision:
        source, target = self._named(tx, number), self._named(tx, into)
        assert source.id is not None
        if source.id == target.id:
            raise UserError("ticket", into, "工单不能并入自己")
        if source.customer != target.customer:
            raise UserError("ticket", into, "两个工单的客户不同,不能合并;需要时可以逐封移动邮件")
        if target.merged_into:
            raise UserError("ticket", into, f"这个工单已并入 {target.merged_into},请并入那一个")
        decision = self.handle_in(tx, source.id, Merged(agent, into), now)
        if decision.refused is not None:
            return decision
        mails = lists.mails_of(tx, source.id)
        wants = max((mail.id for mail in mails if mail.kind == "human"), default=None)
        for mail in mails:
            answered = mail.id != wants or settling.owed(source, "answer") is None
            moved = MailMoved(agent, mail.id, True, number, answered, source.facts)
            self.handle_in(tx, target.id, moved, now)
            intake.assign(tx, mail.id, target.id, merged_from=source.id)
        return decision

    def _unmerge(self, tx: Connection, number: str, agent: str, now: datetime) -> Decision:
        source = self._named(tx, number)
        assert source.id is not None
        if source.merged_into is None:
            raise UserError("ticket", number, "这个工单没有并入其他工单")
        target = self._named(tx, source.merged_into)
        answered = settling.owed(target, "answer") is None
        decision = self.handle_in(tx, source.id, Unmerged(agent, answered), now)
        if decision.refused is None:
            for mail in lists.mails_of(tx, target.id or 0):
                if mail.merged_from == source.id:
                    self.handle_in(tx, target.id, MailMoved(agent, mail.id, False, number), now)
                    intake.assign(tx, mail.id, source.id)
        return decision

    def _named(self, tx: Connection, number: str) -> Ticket:
        ticket_id = tickets.by_number(tx, number)
        found = tickets.load(tx, ticket_id) if ticket_id is not None else None
        if found is None:
            raise UserError("ticket", number, "没有这个工单")
        return found

    def _as_new(self, tx: Connection, row: Row[Any], agent: str) -> MailArrived:
        understood = self._read_again(tx, row.id)
        if understood is None or not understood.sender:
            raise UserError("mail", str(row.id), "邮件没有可回复的发件人,不能单独建立工单")
        placement = Placement(None, f"{agent} 将邮件移出为新工单")
        return MailArrived(row.id, row.mailbox, as_human(understood), placement, row.received_at, False)

    def _understood(self, tx: Connection, event: Event, mail_id: int | None) -> Understood | None:
        """What the mail that a draft answers says: out of the event, or read again from its bytes."""
        if mail_id is None:
            return None
        if isinstance(event, MailArrived) and event.mail_id == mail_id:
            return event.understood
        return self._read_again(tx, mail_id)

    def _read_again(self, tx: Connection, mail_id: int) -> Understood | None:
        row = lists.mail_row(tx, mail_id)
        raw = intake.content(tx, mail_id)
        if row is None or raw is None:
            return None
        read = understand(raw, self.door.shelf.volume.book, self.door.border(row.mailbox))
        return read if isinstance(read, Understood) else None


def _approved(draft_id: int, version: int, fresh: NewDraft, parent: Mail | None) -> Approved:
    return Approved(
        draft_id=draft_id,
        draft_version=version,
        kind=fresh.kind,
        language=fresh.language,
        subject=fresh.subject,
        text=fresh.text,
        recipient=fresh.recipient,
        asks=fresh.asks,
        parent=parent,
        pledges=fresh.pledges,
    )
