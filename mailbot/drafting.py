"""From what was decided to words: drafts out of templates, and the approved letter with everything pinned.

Pure given the templates; reads and writes no rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailbot.config import Company, MailboxConfig
from mailbot.core import pledges, reply, tokens, wording
from mailbot.core.decision import DraftWanted, More
from mailbot.core.facts import Fact, Facts
from mailbot.core.knowledge import Cited, is_gap, question_of
from mailbot.core.lanes import lane, lane_findings
from mailbot.core.language import answer_in
from mailbot.core.letter_html import Letterhead
from mailbot.core.mail import Address, Mail
from mailbot.core.notices import notice_facts
from mailbot.core.office import Office
from mailbot.core.order import order_words
from mailbot.core.pledges import Pledge
from mailbot.core.review import DraftText, Finding, known_values, review
from mailbot.core.review_context import context_of
from mailbot.core.revisits import rating_round
from mailbot.core.settling import owed
from mailbot.core.ticket import Ticket
from mailbot.core.triage import Triage
from mailbot.core.understand import Understood
from mailbot.orders import Orders, own_order, unchecked
from mailbot.store.tickets import NewDraft, pledge_rows
from mailbot.templates import Templates


@dataclass(frozen=True, slots=True)
class Desktop:
    """What lies on the desk while writing: who we are, our templates, our hours."""

    company: Company
    templates: Templates
    office: Office
    public_url: str = ""  # where customers reach the rating page
    key: bytes = b""  # of the tokens in its links
    orders: Orders | None = None  # what was bought, where the shop exports it


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
    pledges: tuple[Pledge, ...] | None = None  # as an agent set them; None: those found in the text


def draft_from_template(
    desktop: Desktop, ticket: Ticket, understood: Understood, wanted: DraftWanted, now: datetime
) -> NewDraft:
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
    cited = _cited(desktop, understood, facts, triage, language) if wanted.kind == "reply" else None
    bought = _order_words(desktop, ticket, understood, facts, now)
    words |= _knowledge_words(cited) | bought | dict(wanted.more)
    assert wanted.template is not None
    rendered = desktop.templates.render(wanted.template, language, words)
    questions = words["fault_questions"] if ticket.category == "fault" else words["questions"]
    # A template need not ask what could be asked: nobody waits for an answer to a question that is not there.
    asked = isinstance(questions, tuple) and any(each in rendered.text for each in questions)
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
        asks=asked and wanted.kind == "reply",
        mail_id=wanted.mail_id,
        gap=_gap(understood) if wanted.kind == "reply" and is_gap(triage, cited) else "",
    )
    done = reviewed(desktop, ticket, fresh, understood, now, tuple(map(str, bought.values())))
    return _marked(done, str(words["suggested"]))


ASSISTED = "assisted"  # the finding that names words of the drafting help


def _marked(fresh: NewDraft, suggested: str) -> NewDraft:
    """Words of the drafting help are shown as such until a person has written the draft anew."""
    if not suggested or suggested not in fresh.text:
        return fresh
    row = {"check": ASSISTED, "level": "warn", "message": f"由起草助手建议，请核对：“{suggested}”"}
    row["words"] = suggested  # the console shows them apart from the other findings
    return replace(fresh, findings=(*fresh.findings, row))


INFORMED = ("enquiry", "fault")  # a request is decided by policy.toml, and its steps ask for what is missing


def _cited(desktop: Desktop, understood: Understood, facts: Facts, triage: Triage, language: str) -> Cited | None:
    """The article of the knowledge base that answers this mail (000-46), where one surely does."""
    if triage.category not in INFORMED:
        return None
    product = facts.model or facts.product
    return desktop.office.book.knowledge.answer(
        f"{understood.mail.subject}\n{understood.body.new}",
        triage.category,
        triage.topic,
        product.value if product else "",
        language,
    )


def published_for(desktop: Desktop, ticket: Ticket, understood: Understood, language: str) -> tuple[str, ...]:
    """The sentences of the knowledge base that a reply to this mail rests on."""
    triage = replace(understood.triage, category=ticket.category, topic=ticket.topic, priority=ticket.priority)
    cited = _cited(desktop, understood, _known_facts(ticket, understood), triage, language)
    return (*cited.sentences, *cited.more) if cited else ()


def _knowledge_words(cited: Cited | None) -> dict[str, object]:
    if cited is None:
        return {}
    return {"knowledge": cited.sentences, "knowledge_source": cited.source, "knowledge_more": cited.more}


def _order_words(
    desktop: Desktop, ticket: Ticket, understood: Understood, facts: Facts, now: datetime
) -> dict[str, object]:
    """What the shop's system says about the order; nothing unless it is surely the sender's (002-06, 002-10)."""
    ours = understood.sender == ticket.customer and understood.trust.level != "fail"
    if desktop.orders is None or not ours:
        return {}
    numbers = [each.value for each in facts.order_numbers]
    order = own_order(desktop.orders, numbers, ticket.customer, ticket_phones(ticket))
    if order is None:
        return {}
    language = answer_in(understood.language, desktop.templates.languages)
    return order_words(order, desktop.office.book.orders.products, now.astimezone(desktop.office.hours.zone), language)


def ticket_phones(ticket: Ticket) -> tuple[str, ...]:
    return tuple(value for code, value in ticket.facts if code == "phone")


def _gap(understood: Understood) -> str:
    return question_of(understood.mail.subject, understood.body.new)


def is_notice(desktop: Desktop, wanted: DraftWanted) -> bool:
    """Does its template speak of the ticket as a whole, and not of the one mail that it answers?"""
    if wanted.template is None or wanted.kind == "acknowledgement":
        return False
    return desktop.templates.category(wanted.template, wanted.language) is None


def draft_from_notice(desktop: Desktop, ticket: Ticket, wanted: DraftWanted, now: datetime) -> NewDraft:
    """Render a template that answers no single mail: progress, transfer, revisit ..."""
    assert wanted.template is not None
    language = answer_in(wanted.language, desktop.templates.languages)
    occasion = _occasion(desktop, ticket, language)
    told = {name: _in_zone(value, desktop) for name, value in wanted.more}
    links = _rating_links(desktop, ticket) if wanted.kind == "revisit" else {}
    words = notice_facts(ticket, occasion, {**links, **told})
    rendered = desktop.templates.render(wanted.template, language, words)
    fresh = NewDraft(
        kind=wanted.kind,
        template=wanted.template,
        language=language,
        author=wanted.author,
        subject=rendered.subject,
        text=rendered.text,
        recipient=ticket.customer,
        findings=(),
        blocked=False,
        asks=wanted.asks,
        mail_id=wanted.mail_id,
    )
    return reviewed(desktop, ticket, fresh, None, now, tuple(_texts(links)))


def _in_zone(value: More, desktop: Desktop) -> More:
    return value.astimezone(desktop.office.hours.zone) if isinstance(value, datetime) else value


def _texts(facts: dict[str, More]) -> list[str]:
    """The links of a mail: our own, so the numbers in them are nobody's secret."""
    return [each for value in facts.values() for each in (value if isinstance(value, tuple) else (str(value),))]


def _rating_links(desktop: Desktop, ticket: Ticket) -> dict[str, More]:
    round_ = rating_round(ticket)
    if round_ is None or not desktop.public_url:
        return {}
    page = f"{desktop.public_url.rstrip('/')}/r/{tokens.rating_token(ticket.number, round_, desktop.key)}"
    return {
        "rating_url": page,
        "rating_urls": tuple(f"{page}?score={score}" for score in range(5, 0, -1)),
        "stop_url": f"{page}/stop",
    }


def reviewed(
    desktop: Desktop,
    ticket: Ticket,
    fresh: NewDraft,
    understood: Understood | None,
    now: datetime,
    own_texts: tuple[str, ...] = (),
) -> NewDraft:
    """The draft with the findings of every review check, and with the times that it promises."""
    promised = found_pledges(desktop, ticket, fresh.kind, fresh.text, now)
    texts = (*_own_texts(desktop, ticket, understood), *own_texts)
    context = replace(
        context_of(ticket, understood, desktop.office.book, texts),
        language=fresh.language,
        allowed=known_values(texts),
        kind=fresh.kind,
        by_agent=fresh.template is None,
    )
    found = review(DraftText(fresh.subject, fresh.text, (fresh.recipient,), ()), context)
    found += tuple(_unchecked_orders(desktop, ticket, fresh.kind))
    if fresh.template is not None and fresh.kind == "reply" and understood is not None:
        found += _doubts(ticket, understood)
    rows = pledges_judged(desktop, ticket, _rows(found), promised, now)
    blocked = any(each["level"] == "block" for each in rows)
    return replace(fresh, findings=rows, blocked=blocked, pledges=promised)


def _doubts(ticket: Ticket, understood: Understood) -> tuple[Finding, ...]:
    """Where a person should choose the template first. That a case is urgent, the page says without a finding."""
    unsure = sum(not each.sure for each in understood.facts.order_numbers)
    chosen = lane(ticket.priority, ticket.mood, ticket.confidence, unsure)
    return lane_findings(chosen) if chosen.kind == "choose" else ()


def _unchecked_orders(desktop: Desktop, ticket: Ticket, kind: str) -> Iterator[Finding]:
    """003-15: before a plan, the order is looked up; in a reply, because that is where plans stand."""
    if desktop.orders is None or kind != "reply":
        return
    told = {code: tuple(value for name, value in ticket.facts if name == code) for code in ("order_number", "phone")}
    yield from unchecked(desktop.orders, told["order_number"], ticket.customer, told["phone"])


def pledges_judged(
    desktop: Desktop, ticket: Ticket, findings: Sequence[dict[str, str]], promised: tuple[Pledge, ...], now: datetime
) -> tuple[dict[str, str], ...]:
    """The findings of a draft with those about its promised times made anew: an agent may have set others."""
    solve = owed(ticket, "solve")
    fresh = pledges.findings(promised, now, desktop.office.hours, solve.due_at if solve else None)
    return (*(each for each in findings if not each["check"].startswith("pledge_")), *_rows(fresh))


def _rows(findings: Iterable[Finding]) -> tuple[dict[str, str], ...]:
    return tuple({"check": each.check, "level": each.level, "message": each.message} for each in findings)


def found_pledges(desktop: Desktop, ticket: Ticket, kind: str, text: str, now: datetime) -> tuple[Pledge, ...]:
    """The times that a mail of this kind promises, but for the next progress mail: that is promised already."""
    if kind not in ("reply", "holding", "progress"):
        return ()
    known = {each.due_at for each in ticket.promises if each.kind == "progress"}
    return tuple(each for each in pledges.pledges(text, now, desktop.office.hours) if each.due_at not in known)


def pin(
    desktop: Desktop, sender: Sender, ticket: Ticket, approved: Approved, now: datetime
) -> dict[str, Any] | reply.Refused:
    """The outbox row of an approved draft: rendered once, Message-ID fixed, recipients pinned."""
    automatic = approved.kind != "reply"
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
        head=Letterhead(desktop.company.name, desktop.company.hotline, desktop.public_url),
        signature="" if automatic else signature(desktop, ticket, approved.language, sender.signer),
    )
    composed = reply.compose(letter)
    if isinstance(composed, reply.Refused):
        return composed
    return {
        **outbox_row(mailbox, letter, composed, now),
        "ticket_id": ticket.id,
        "draft_id": approved.draft_id,
        "kind": approved.kind,
        "asks": approved.asks,
        "pledges": pledge_rows(_pledged(desktop, ticket, approved, now)),
    }


def outbox_row(mailbox: MailboxConfig, letter: reply.Letter, composed: reply.Composed, now: datetime) -> dict[str, Any]:
    """What a row of the outbox says of any letter: its bytes, where they leave from, and when."""
    return {
        "mailbox": mailbox.name,
        "message_id": letter.message_id,
        "sender": mailbox.address,
        "recipients": list(composed.recipients),
        "content": composed.raw,
        "content_sha256": hashlib.sha256(composed.raw).hexdigest(),
        "smtputf8": composed.smtputf8,
        "words": letter.text,
        "approved_at": now,
        "next_try_at": now,
    }


def _pledged(desktop: Desktop, ticket: Ticket, approved: Approved, now: datetime) -> tuple[Pledge, ...]:
    """Counted from the approval: "within 24 hours" is said when the mail goes out."""
    if approved.pledges is not None:
        return approved.pledges
    return found_pledges(desktop, ticket, approved.kind, approved.text, now)


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
    topics = desktop.office.book.topics
    topic = topics.get((ticket.category, ticket.topic))
    limit = desktop.office.book.limits.limit("answer", ticket.case)
    assert limit is not None  # an answer is always owed
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
        concern_names=tuple(topics[pair].name[name] for pair in ticket.concerns if pair in topics),
        account=ticket.account,
        elderly=ticket.elderly,
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
        place=found.place or first("place"),
        tried=found.tried or first("tried"),
        extent=found.extent or first("extent"),
        account=found.account or first("account"),
        elderly=found.elderly or first("elderly"),
    )


def _own_texts(desktop: Desktop, ticket: Ticket, understood: Understood | None) -> tuple[str, ...]:
    """Texts whose addresses and numbers may stand in a reply of this ticket: its own, and the company's."""
    texts = [value for _, value in ticket.facts]
    texts += [ticket.customer, ticket.number, desktop.company.hotline]
    if understood is not None and understood.sender == ticket.customer:
        texts += [understood.mail.subject, understood.mail.text]
    return tuple(texts)
