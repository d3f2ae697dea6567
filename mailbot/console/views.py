"""What the queue and the lists show, read from the store as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from mailbot import documents
from mailbot.console import moments, reads
from mailbot.console.words_codes import CODE_WORDS
from mailbot.core.journal import MAIL_NAMES
from mailbot.core.ticket import State
from mailbot.drafting import ASSISTED
from mailbot.store import lists, people

LINE = 160
LATELY = timedelta(days=3)  # reminders that went out are shown so long


@dataclass(frozen=True, slots=True)
class Due:
    """What a ticket owes next, and why then. `standing`: open, soon or overdue."""

    at: datetime
    kind: str
    because: str
    about: str
    party: str
    standing: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue or of the list of tickets."""

    number: str
    subject: str
    customer: str
    category: str
    topic: str
    priority: str
    state: str
    owner: str | None
    mood: str
    due: Due | None
    customer_name: str = ""
    words: str = ""
    kinds: tuple[str, ...] = ()  # of its open drafts, the reply first
    templates: tuple[str, ...] = ()  # of those that speak of the ticket as a whole
    blocks: int = 0
    warns: int = 0
    assisted: bool = False  # a draft holds words of the drafting help
    department: str = ""
    waiting_on: str = ""
    no_news: bool = False  # a progress mail goes out today, and nobody wrote a word for it


def standing(row: Any, now: datetime) -> str:
    """As everywhere in mailbot; in its last hour an open promise is due soon, whatever the clock has told."""
    found = documents.standing(row, now)
    return "soon" if found == "open" and row.due_at - now <= moments.SOON else found


def queue(tx: Connection, now: datetime) -> list[Row]:
    """Tickets with open drafts, by what is due next; a reply and its acknowledgement are one line."""
    drafts = lists.open_drafts(tx)
    dues = lists.next_promises(tx, [each.ticket_id for each in drafts])
    mails = reads.words_of(tx, [each.mail_id for each in drafts if each.mail_id is not None])
    by_ticket: dict[int, list[Any]] = {}
    for each in drafts:
        by_ticket.setdefault(each.ticket_id, []).append(each)
    return [_queued(own, due_of(dues.get(ticket_id), now), mails) for ticket_id, own in by_ticket.items()]


def _queued(drafts: list[Any], due: Due | None, mails: Mapping[int, tuple[str, str]]) -> Row:
    first = min(drafts, key=lambda each: each.kind != "reply")
    name, words = mails.get(first.mail_id, ("", ""))
    findings = [finding for each in drafts for finding in each.findings]
    levels = [finding.get("level") for finding in findings if finding.get("check") != ASSISTED]
    present = {each.kind for each in drafts}
    return replace(
        _row(first, due, first.ticket_subject, first.ticket_state),
        customer_name=name,
        words=one_line(words),
        kinds=tuple(kind for kind in MAIL_NAMES if kind in present),
        templates=tuple(sorted({each.template for each in drafts if f"template.{each.template}" in CODE_WORDS})),
        blocks=levels.count("block"),
        warns=levels.count("warn"),
        assisted=len(levels) < len(findings),
    )


def tickets(tx: Connection, wanted: lists.Wanted, now: datetime, zone: ZoneInfo) -> list[Row]:
    """The tickets wanted, by what is due next."""
    rows = lists.wanted_tickets(tx, wanted)
    ids = [each.id for each in rows]
    dues, progress = lists.next_promises(tx, ids), reads.progress_dues(tx, ids)
    return [
        replace(
            _row(each, due_of(dues.get(each.id), now), each.subject, each.state),
            customer_name=next((value for code, value in each.facts if code == "name"), ""),
            department=each.department,
            waiting_on=each.waiting_on if each.state not in (State.RESOLVED, State.CLOSED) else "",
            no_news=news_wanted(each, progress.get(each.id), now, zone),
        )
        for each in rows
    ]


def news_wanted(ticket: Any, progress_due: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """001-21: a progress mail goes out today, and nobody has written a word for the customer yet."""

    def today(at: datetime | None) -> bool:
        return at is not None and at.astimezone(zone).date() == now.astimezone(zone).date()

    silent = ticket.waiting_on == "customer" or bool(ticket.hush) or today(ticket.written_at)
    return today(progress_due) and not silent and not today(ticket.news_at)


def end_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment of today."""
    return now.astimezone(zone).replace(hour=23, minute=59, second=59, microsecond=999_999)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom reminders are for: "agent:NAME", "department:CODE" or "supervisors"."""

    code: str
    mine: bool
    waiting: tuple[Any, ...]
    sent: tuple[Any, ...]


def audiences(tx: Connection, viewer: str, role: str, now: datetime) -> list[Audience]:
    """What people are to be told: the viewer's own first, then those with most that waits."""
    by_code: dict[str, list[Any]] = {}
    for row in reads.reminders_since(tx, now - LATELY):
        by_code.setdefault(row.audience, []).append(row)
    own = {f"agent:{viewer}"} | ({"supervisors"} if role != "agent" else set())
    found = [
        Audience(
            code,
            code in own,
            tuple(row for row in rows if row.gathered_at is None),
            tuple(row for row in rows if row.gathered_at is not None),
        )
        for code, rows in by_code.items()
    ]
    return sorted(found, key=lambda each: (not each.mine, -len(each.waiting), each.code))


def agents(tx: Connection) -> Mapping[str, str]:
    """Log-in name -> the name colleagues know."""
    return {row.name: row.display_name for row in people.everyone(tx)}


def one_line(text: str) -> str:
    """The first words as one line."""
    line = " ".join(text.split())
    return line if len(line) <= LINE else f"{line[:LINE]}…"


def due_of(row: Any | None, now: datetime) -> Due | None:
    """A promise's row as the lists show it."""
    return Due(row.due_at, row.kind, row.because, row.about, row.party, standing(row, now)) if row is not None else None


def _row(each: Any, due: Due | None, subject: str, state: str) -> Row:
    return Row(
        number=each.number,
        subject=subject,
        customer=each.customer,
        category=each.category,
        topic=each.topic,
        priority=each.priority,
        state=state,
        owner=each.owner,
        mood=each.mood,
        due=due,
    )
