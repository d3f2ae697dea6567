"""One ticket's page as values: what was said and done in order, the drafts, the facts, the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.engine import Connection

from mailbot.console import reads, views
from mailbot.core import endings, settling
from mailbot.core.acts import ENDED_BY_HAND
from mailbot.core.departments import Staff
from mailbot.core.lanes import Lane, lane
from mailbot.core.mail import Attachment, Mail, parse
from mailbot.core.pledges import Pledge
from mailbot.core.quoting import Segment, split
from mailbot.core.review_table import FINAL
from mailbot.core.rules import RuleBook
from mailbot.core.ticket import State, Ticket
from mailbot.desk import Desk
from mailbot.drafting import ASSISTED, Agent, signature
from mailbot.judging import judged_mail
from mailbot.learned import Why
from mailbot.store import intake, lists, people, reminders, tickets

READ_AGAIN = 30  # mails of one ticket that are taken apart for the page; older ones show their words
LONGEST_SHOWN = 60_000
REMINDERS_SHOWN = 8

# Journal lines that stand in the thread too: what a reader of the story must know.
TOLD = frozenset(
    {"resolved", "reopened", "overdue", "failed", "uncertain", "settled", "bounced", "moved", "corrected"}
    | {"taken", "no_acknowledge", "assigned", "planned", "transferred", "task_done", "delayed", "material_wanted"}
    | {"escalated", "objected", "closed", "merged", "unmerged", "rated", "opted_out", "adopted", "not_sent"}
)


@dataclass(frozen=True, slots=True)
class MailItem:
    """A mail that came in."""

    at: datetime
    id: int
    sender: str
    sender_name: str
    subject: str
    kind: str
    segments: tuple[Segment, ...]
    attachments: tuple[Attachment, ...]
    has_html: bool
    size: int
    cut: bool
    problems: tuple[str, ...] = ()
    what: Literal["mail"] = "mail"


@dataclass(frozen=True, slots=True)
class SendItem:
    """A mail of ours."""

    at: datetime
    id: int
    kind: str
    recipients: tuple[str, ...]
    words: str
    approver: str
    state: str
    last_result: str
    bounced: tuple[str, ...]
    what: Literal["send"] = "send"


@dataclass(frozen=True, slots=True)
class NoteItem:
    """Internal words of an agent."""

    at: datetime
    author: str
    text: str
    for_customer: bool = False  # told in the progress mail of its day
    what: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class EntryItem:
    """A line of the journal."""

    at: datetime
    code: str
    who: str
    reasons: tuple[str, ...]
    what: Literal["entry"] = "entry"


Item = MailItem | SendItem | NoteItem | EntryItem


@dataclass(frozen=True, slots=True)
class DraftCard:
    """An open draft as an agent edits it."""

    id: int
    kind: str
    version: int
    author: str
    language: str
    subject: str
    text: str
    recipient: str
    blocks: tuple[str, ...]
    warns: tuple[str, ...]
    signature: str
    template: str | None
    pledges: tuple[Pledge, ...]
    pledges_by: str | None  # the agent who looked them through
    final: bool = False  # a finding that no supervisor can let pass
    assisted: str = ""  # the words that the drafting help proposed


@dataclass(frozen=True, slots=True)
class PromiseItem:
    """A promise as the page lists it. `standing`: see documents.standing."""

    id: int
    kind: str
    about: str
    party: str
    due_at: datetime
    because: str
    standing: str
    by_hand: bool  # an agent may end it
    settled_at: datetime | None
    settled_because: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that a ticket's page shows."""

    ticket: Ticket
    items: tuple[Item, ...]
    drafts: tuple[DraftCard, ...]
    promises: tuple[PromiseItem, ...]  # open, the one due next first
    past_promises: tuple[PromiseItem, ...]
    tasks: tuple[PromiseItem, ...]  # of departments, open and answered
    reminders: Sequence[Any]  # the newest first
    staff: Sequence[Staff]
    lacking: tuple[str, ...]  # of the closing gate
    no_news: datetime | None  # a progress mail goes out then, and nobody wrote a word for it
    links: Sequence[Any]
    journal: tuple[EntryItem, ...]
    reasons: tuple[str, ...]
    why: Why | None  # what in the mail speaks for its category; None: no mail of a person
    lane: Lane
    confirmed: bool  # an agent has said what it is about
    facts: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    next_number: str | None
    answers: int | None  # the mail that a new reply would answer


def page_of(tx: Connection, desk: Desk, ticket_id: int, viewer: str, now: datetime) -> Page | None:
    """Read everything about a ticket; `viewer`: whose signature the previews show."""
    ticket = tickets.load(tx, ticket_id)
    if ticket is None:
        return None
    journal = tuple(EntryItem(row.at, row.what, row.who, tuple(row.reasons)) for row in lists.journal_of(tx, ticket_id))
    mails = _mails(tx, ticket_id)
    promises = [_promise(row, now) for row in lists.promises_of(tx, ticket_id)]
    confirmed = any(each.code in ("corrected", "confirmed") for each in journal)
    due_first = tuple(sorted((each for each in promises if each.settled_at is None), key=lambda each: each.due_at))
    return Page(
        ticket=ticket,
        items=_in_order(tx, ticket_id, mails, journal),
        drafts=_drafts(tx, desk, ticket, viewer),
        promises=due_first,
        past_promises=tuple(each for each in reversed(promises) if each.settled_at is not None),
        tasks=tuple(each for each in promises if each.kind == "department"),
        reminders=list(reversed(reminders.of_ticket(tx, ticket_id)))[:REMINDERS_SHOWN],
        staff=people.staff(tx),
        lacking=endings.lacking(ticket),
        no_news=_no_news(desk, ticket, now),
        links=lists.links_of(tx, ticket_id),
        journal=journal,
        reasons=_reasons(journal, ticket, desk.desktop().office.book),
        why=why_of(tx, desk, ticket),
        lane=_lane(ticket, confirmed),
        confirmed=confirmed,
        facts=_grouped(ticket.facts),
        names=views.agents(tx),
        next_number=reads.next_in_queue(tx, ticket_id),
        answers=next((m.id for m in reversed(mails) if m.sender == ticket.customer), None),
    )


def _promise(row: Any, now: datetime) -> PromiseItem:
    return PromiseItem(
        id=row.id,
        kind=row.kind,
        about=row.about,
        party=row.party,
        due_at=row.due_at,
        because=row.because,
        standing=views.standing(row, now),
        # A department's answer has a form of its own; a revisit may have been made by telephone.
        by_hand=row.kind == "revisit" or (row.kind in ENDED_BY_HAND and row.kind != "department"),
        settled_at=(row.settled_at or row.due_at) if row.state != "open" else None,
        settled_because=row.settled_because or "",
    )


def _no_news(desk: Desk, ticket: Ticket, now: datetime) -> datetime | None:
    progress = settling.owed(ticket, "progress")
    due = progress.due_at if progress else None
    return due if views.news_wanted(ticket, due, now, desk.desktop(ticket.mailbox).office.hours.zone) else None


def _in_order(
    tx: Connection, ticket_id: int, mails: Sequence[MailItem], journal: Sequence[EntryItem]
) -> tuple[Item, ...]:
    items: list[Item] = [*mails]
    items += [
        SendItem(
            at=row.sent_at or row.approved_at,
            id=row.id,
            kind=row.kind,
            recipients=tuple(row.recipients),
            words=row.words,
            approver=row.approver,
            state=row.state,
            last_result=row.last_result,
            bounced=tuple(row.bounced or ()),
        )
        for row in lists.sends_of(tx, ticket_id)
    ]
    items += [NoteItem(row.at, row.author, row.text, row.for_customer) for row in lists.notes_of(tx, ticket_id)]
    items += [entry for entry in journal if entry.code in TOLD]
    return tuple(sorted(items, key=lambda item: item.at))


def _mails(tx: Connection, ticket_id: int) -> list[MailItem]:
    rows = lists.mails_of(tx, ticket_id)
    ours = tickets.sent_texts(tx, ticket_id)
    first_read = len(rows) - READ_AGAIN
    # Our answers quote the customer's earlier words, and answers to them quote both.
    before = [(*ours, *(each.words for each in rows[:n])) for n in range(len(rows))]
    return [_mail(tx, row, before[n], n >= first_read) for n, row in enumerate(rows)]


def _mail(tx: Connection, row: Any, ours: tuple[str, ...], read: bool) -> MailItem:
    raw = intake.content(tx, row.id) if read else None
    mail = parse(raw) if raw is not None else None
    known = mail if isinstance(mail, Mail) else None
    text = known.text[:LONGEST_SHOWN] if known else row.words
    return MailItem(
        at=row.received_at,
        id=row.id,
        sender=row.sender,
        sender_name=row.sender_name,
        subject=row.subject,
        kind=row.kind,
        segments=split(text, ours).segments if known else (Segment("new", text),),
        attachments=known.attachments if known else (),
        has_html=bool(known and known.html),
        size=row.size,
        cut=row.partial or bool(known and len(known.text) > LONGEST_SHOWN),
        problems=known.problems if known else (),
    )


def _drafts(tx: Connection, desk: Desk, ticket: Ticket, viewer: str) -> tuple[DraftCard, ...]:
    assert ticket.id is not None
    person = people.by_name(tx, viewer)
    signer = Agent(person.display_name, person.staff_number) if person else Agent(viewer)
    desktop = desk.desktop()
    cards = []
    for row in lists.drafts_of(tx, ticket.id):
        if row.state != "open":
            continue
        signed = signature(desktop, ticket, row.language, signer) if row.kind == "reply" else ""
        cards.append(
            DraftCard(
                id=row.id,
                kind=row.kind,
                version=row.version,
                author=row.author,
                language=row.language,
                subject=row.subject,
                text=row.text,
                recipient=row.recipient,
                blocks=_messages(row.findings, "block"),
                warns=_messages([each for each in row.findings if each.get("check") != ASSISTED], "warn"),
                signature=signed,
                template=row.template,
                pledges=tickets.read_pledges(row.pledges),
                pledges_by=row.pledges_by,
                assisted=next((each["words"] for each in row.findings if each.get("check") == ASSISTED), ""),
                final=any(each.get("level") == "block" and each.get("check") in FINAL for each in row.findings),
            )
        )
    return tuple(sorted(cards, key=lambda card: card.kind != "reply"))


def _messages(findings: Sequence[Mapping[str, str]], level: str) -> tuple[str, ...]:
    return tuple(each.get("message", "") for each in findings if each.get("level") == level)


def _reasons(journal: Sequence[EntryItem], ticket: Ticket, book: RuleBook) -> tuple[str, ...]:
    """Why category and priority are what they are: the last entry that speaks for them, else the first of all.

    A follow-up that speaks of nothing in particular leaves the category alone, and its reasons explain nothing.
    """
    judged = [each for each in journal if each.code in ("opened", "mail", "corrected") and each.reasons]
    topic = book.topics.get((ticket.category, ticket.topic))
    label = f"{book.categories[ticket.category]['zh']}-{topic.name['zh']}" if topic else ""
    for entry in reversed(judged):
        if any(label and (why.startswith(label) or f"→ {label} " in why) for why in entry.reasons):
            return entry.reasons
    return judged[0].reasons if judged else ()


def why_of(tx: Connection, desk: Desk, ticket: Ticket) -> Why | None:
    """What speaks for the ticket's category in the mail that it comes from."""
    book, learned = desk.desktop().office.book, desk.door.learned
    key = f"{ticket.category}/{ticket.topic}"
    mail_id = judged_mail(tx, book, ticket.id, key) if learned is not None and ticket.id is not None else None
    row = lists.mail_row(tx, mail_id) if mail_id is not None else None
    return learned.why(row.subject, row.words, key) if learned is not None and row is not None else None


def _lane(ticket: Ticket, confirmed: bool) -> Lane:
    """Who should look first, while it is open; a category that an agent confirmed leaves no doubt."""
    if ticket.state not in (State.PENDING, State.IN_PROGRESS, State.ESCALATED):
        return Lane("draft")
    return lane(ticket.priority, ticket.mood, 1.0 if confirmed else ticket.confidence)


def _grouped(facts: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, value in facts:
        found[code] = (*found.get(code, ()), value)
    return found


__all__ = ["DraftCard", "Page", "PromiseItem", "page_of"]
