"""From what was decided to words: drafts out of templates, and the approved letter with everything pinned.

Pure given the templates; reads and writes no rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailbot.config import Company, MailboxConfig
from mailbot.core import reply, tokens, wording
from mailbot.core.decision import DraftWanted
from mailbot.core.facts import Fact, Facts
from mailbot.core.language import answer_in
from mailbot.core.mail import Address, Mail
from mailbot.core.office import Office
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.ticket import Ticket
from mailbot.core.understand import Understood
from mailbot.store.tickets import NewDraft
from mailbot.templates import Templates


@dataclass(frozen=True, slots=True)
class Desktop:
    """What lies on the desk while writing: who we are, our templates, our hours."""

    company: Company
    templates: Templates
    office: Office


@dataclass(frozen=True, slots=True)
class Agent:
    """Who signs."""

    display_name: str = ""
    staff_number: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a letter leaves from: the mailbox, who signs, and the key of our tokens."""

    mailbox: MailboxConfig
    signer: Agent
    key: bytes


@dataclass(frozen=True, slots=True)
class Approved:
    """A draft that a person approved, with what its letter needs."""

    draft_id: int
    draft_version: int
    kind: str
    language: str
    subject: str
    text: str
    recipient: str
    asks: bool
    parent: Mail | None


def draft_from_template(desktop: Desktop, ticket: Ticket, understood: Understood, wanted: DraftWanted) -> NewDraft:
    """Render the wanted template with what this mail and this ticket say, and review it."""
    facts = _known_facts(ticket, understood)
    triage = replace(
        understood.triage,
        category=ticket.category,
        topic=ticket.topic,
        priority=ticket.priority,
        missing=ticket.missing,
    )
    language = answer_in(wanted.language, desktop.templates.languages)
    occasion = _occasion(desktop, ticket, language)
    words = wording.reply_facts(understood.mail, understood.body, facts, triage, occasion)
    assert wanted.template is not None
    rendered = desktop.templates.render(wanted.template, language, words)
    asks = words["fault_questions"] if ticket.category == "fault" else words["questions"]
    fresh = NewDraft(
        kind=wanted.kind,
        template=wanted.template,
        language=language,
        author=wanted.author,
        subject=rendered.subject,
        text=rendered.text,
        recipient=understood.sender or ticket.customer,  # 000-35; a Reply-To elsewhere is shown as a finding
        findings=(),
        blocked=False,
        asks=bool(asks) and wanted.kind == "reply",
        mail_id=wanted.mail_id,
    )
    return reviewed(desktop, ticket, fresh, understood)


def reviewed(desktop: Desktop, ticket: Ticket, fresh: NewDraft, understood: Understood | None) -> NewDraft:
    """The draft with the findings of every review check."""
    context = Context(
        customer=ticket.customer,
        sender=understood.sender if understood else None,
        reply_to=tuple(each.address for each in understood.mail.reply_to) if understood else (),
        language=fresh.language,
        allowed=known_values(_own_texts(desktop, ticket, understood)),
        customer_words=understood.body.new if understood else "",
    )
    findings = review(DraftText(fresh.subject, fresh.text, (fresh.recipient,), ()), context)
    rows = tuple({"check": each.check, "level": each.level, "message": each.message} for each in findings)
    return replace(fresh, findings=rows, blocked=any(each.level == "block" for each in findings))


def pin(
    desktop: Desktop, sender: Sender, ticket: Ticket, approved: Approved, now: datetime
) -> dict[str, Any] | reply.Refused:
    """The outbox row of an approved draft: rendered once, Message-ID fixed, recipients pinned."""
    automatic = approved.kind == "acknowledgement"
    mailbox, key = sender.mailbox, sender.key
    text = approved.text if automatic else _signed(desktop, ticket, approved, sender.signer)
    message_id = tokens.message_id(
        ticket.number,
        f"d{approved.draft_id}v{approved.draft_version}",
        mailbox.address.rpartition("@")[2],
        key,
    )
    parent = approved.parent
    letter = reply.Letter(
        from_=Address(mailbox.display_name or desktop.company.name, mailbox.address),
        to=(Address(parent.from_.name if parent and parent.from_ else "", approved.recipient),),
        subject=approved.subject,
        text=text,
        message_id=message_id,
        date=now.astimezone(desktop.office.hours.zone),
        reply_to=_reply_to(mailbox, ticket, key),
        parent_id=parent.message_id if parent else None,
        references=parent.references if parent else (),
        automatic=automatic,
        language=approved.language,
        quote=None if automatic or parent is None else _quote(parent),
    )
    composed = reply.compose(letter)
    if isinstance(composed, reply.Refused):
        return composed
    return {
        "ticket_id": ticket.id,
        "draft_id": approved.draft_id,
        "kind": approved.kind,
        "mailbox": mailbox.name,
        "message_id": message_id,
        "sender": mailbox.address,
        "recipients": list(composed.recipients),
        "content": composed.raw,
        "content_sha256": hashlib.sha256(composed.raw).hexdigest(),
        "smtputf8": composed.smtputf8,
        "words": text,
        "asks": approved.asks,
        "approved_at": now,
        "next_try_at": now,
    }


def signature(desktop: Desktop, ticket: Ticket, language: str, signer: Agent) -> str:
    """What is set under an agent's reply when it is approved."""
    facts = {
        "company_name": desktop.company.name,
        "hotline": desktop.company.hotline,
        "agent_name": signer.display_name,
        "agent_number": signer.staff_number,
        "ticket_number": ticket.number,
        "language": language,
    }
    return desktop.templates.render("signature", language, facts).text


def _signed(desktop: Desktop, ticket: Ticket, approved: Approved, signer: Agent) -> str:
    return f"{approved.text.rstrip()}\n\n{signature(desktop, ticket, approved.language, signer)}"


def _reply_to(mailbox: MailboxConfig, ticket: Ticket, key: bytes) -> Address | None:
    if not mailbox.reply_token:
        return None
    return Address(mailbox.display_name, tokens.plus_address(mailbox.address, ticket.number, key))


def _quote(parent: Mail) -> reply.Quote | None:
    if parent.from_ is None or not parent.text.strip():
        return None
    return reply.Quote(parent.from_.name or parent.from_.address, parent.date, parent.text)


def _occasion(desktop: Desktop, ticket: Ticket, language: str) -> wording.Occasion:
    topic = desktop.office.book.topics.get((ticket.category, ticket.topic))
    limit = desktop.office.book.limits.limit("answer", ticket.priority)
    due = min((each.due_at for each in ticket.promises if each.kind == "answer"), default=None)
    name = "zh" if language == "zh" else "en"
    return wording.Occasion(
        ticket_number=ticket.number,
        company_name=desktop.company.name,
        hotline=desktop.company.hotline,
        language=language,
        topic_name=topic.name.get(name, "") if topic else "",
        response_time=wording.within(limit.amount / 60, limit.unit == "working", language),
        due_at=due.astimezone(desktop.office.hours.zone) if due else None,
    )


def _known_facts(ticket: Ticket, understood: Understood) -> Facts:
    """What this mail says, completed by what the same customer said before on this ticket."""
    found = understood.facts
    if understood.sender != ticket.customer:
        return found
    before: dict[str, list[Fact]] = {}
    for code, value in ticket.facts:
        before.setdefault(code, []).append(Fact(value, value))

    def first(code: str) -> Fact | None:
        return next(iter(before.get(code, ())), None)

    return replace(
        found,
        order_numbers=found.order_numbers or tuple(before.get("order_number", ())),
        tracking_numbers=found.tracking_numbers or tuple(before.get("tracking_number", ())),
        phones=found.phones or tuple(before.get("phone", ())),
        product=found.product or first("product"),
        model=found.model or first("model"),
        serial=found.serial or first("serial"),
        customer_name=found.customer_name or first("name"),
    )


def _own_texts(desktop: Desktop, ticket: Ticket, understood: Understood | None) -> tuple[str, ...]:
    """Texts whose addresses and numbers may stand in a reply of this ticket: its own, and the company's."""
    texts = [value for _, value in ticket.facts]
    texts += [ticket.customer, ticket.number, desktop.company.hotline]
    if understood is not None and understood.sender == ticket.customer:
        texts += [understood.mail.subject, understood.mail.text]
    return tuple(texts)
