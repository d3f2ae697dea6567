"""Gathers the reminders that wait into one mail a person: one mail, not forty, and none at midnight.

What is urgent goes at once; the rest waits until somebody is at work and until the last mail to the same people
is a while ago. A reminder that nobody has an address for is shown on the console alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from mailbot.config import MailboxConfig
from mailbot.core import reply, tokens
from mailbot.core.decision import MACHINE, SUPERVISORS
from mailbot.core.departments import Department
from mailbot.core.letter_html import Letterhead
from mailbot.core.mail import Address
from mailbot.core.notices import reminder_facts
from mailbot.core.promises import PRIORITY_NAMES
from mailbot.desk import Desk
from mailbot.drafting import outbox_row
from mailbot.store import outbox, people, reminders

APART = timedelta(minutes=15)  # between two mails to the same people
NUMBER = "00000000-0"  # in the Message-ID of a mail that belongs to no ticket
TEMPLATE = "reminder"


@dataclass(frozen=True, slots=True)
class Recipient:
    address: str
    name: str


def gather(tx: Connection, desk: Desk, now: datetime) -> int:
    """Queue a mail for everybody whose reminders are due; how many mails. Inside the caller's transaction."""
    rows = _due(tx, reminders.waiting(tx), desk, now)
    if not rows:
        return 0
    staff = people.recipients(tx)
    departments = desk.desktop().office.book.departments
    letters: dict[tuple[str, Recipient], list[Any]] = {}
    for row in rows:
        for recipient in _recipients(row.audience, staff, departments):
            letters.setdefault((row.mailbox, recipient), []).append(row)
    sent = 0
    for (mailbox_name, recipient), own in letters.items():
        mailbox = desk.door.mailboxes.get(mailbox_name)  # it may have left the configuration
        if mailbox is not None:
            sent += _queue(tx, desk, mailbox, recipient, own, now)
    reminders.gathered(tx, [row.id for row in rows], now)
    return sent


def _due(tx: Connection, rows: Sequence[Any], desk: Desk, now: datetime) -> list[Any]:
    """Urgent ones at any hour; the others in opening hours, some time after the last."""
    last = reminders.last_told(tx, sorted({row.audience for row in rows})) if rows else {}

    def is_due(row: Any) -> bool:
        if row.urgent:
            return True
        told = last.get(row.audience)
        return desk.door.hours_of(row.mailbox).is_open(now) and (told is None or told <= now - APART)

    return [row for row in rows if is_due(row)]


def _recipients(audience: str, staff: Sequence[Any], departments: Mapping[str, Department]) -> list[Recipient]:
    """Who hears it: the agent, the department, or the supervisors where these cannot be reached."""
    kind, _, name = audience.partition(":")
    supervisors = [Recipient(each.address, each.display_name) for each in staff if each.role != "agent"]
    if audience == SUPERVISORS:
        chosen = supervisors
    elif kind == "agent":
        chosen = [Recipient(each.address, each.display_name) for each in staff if each.name == name]
    else:
        department = departments.get(name)
        if department is not None and department.address:
            chosen = [Recipient(department.address, department.name["zh"])]
        else:
            chosen = [Recipient(each.address, each.display_name) for each in staff if each.department == name]
    reachable = [each for each in chosen if each.address]
    return reachable or [each for each in supervisors if each.address]


def _queue(
    tx: Connection, desk: Desk, mailbox: MailboxConfig, recipient: Recipient, rows: Sequence[Any], now: datetime
) -> int:
    desktop = desk.desktop(mailbox.name)
    language = desktop.templates.languages[0]
    lines = tuple(dict.fromkeys(_line(row, desk) for row in rows))
    urgent = any(row.urgent for row in rows)
    facts = reminder_facts(
        desktop.company.name,
        language,
        {
            "recipient_name": recipient.name,
            "reminder_lines": lines,
            "count": len(lines),
            "urgent": "1" if urgent else "",
        },
    )
    rendered = desktop.templates.render(TEMPLATE, language, facts)
    whose = hashlib.sha256(recipient.address.encode()).hexdigest()[:8]  # one mail for each, about the same rows
    message_id = tokens.message_id(
        NUMBER, f"r{min(row.id for row in rows)}x{whose}", mailbox.address.rpartition("@")[2], desk.door.key
    )
    letter = reply.Letter(
        from_=Address(mailbox.display_name or desktop.company.name, mailbox.address),
        to=(Address(recipient.name, recipient.address),),
        subject=rendered.subject,
        text=rendered.text,
        message_id=message_id,
        date=now.astimezone(desktop.office.hours.zone),
        automatic=True,
        language=language,
        head=Letterhead(desktop.company.name, "", desk.door.public_url),
    )
    composed = reply.compose(letter)
    if isinstance(composed, reply.Refused):
        return 0
    row = outbox_row(mailbox, letter, composed, now)
    outbox.add(tx, {**row, "ticket_id": None, "draft_id": None, "kind": TEMPLATE, "asks": False, "approver": MACHINE})
    return 1


def _line(row: Any, desk: Desk) -> str:
    """One reminder: how grave, which ticket, what about; nothing that is the customer's (001-52)."""
    topic = desk.desktop().office.book.topics.get((row.category, row.topic))
    about = topic.name["zh"] if topic else row.topic
    return f"【{PRIORITY_NAMES[row.priority]}】{row.text}（{about}） {desk.door.public_url}/tickets/{row.number}"
