"""What the queue and the lists show, read from the store as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from mailbot.console import reads
from mailbot.console.reads import Due
from mailbot.store import lists, people

LINE = 160


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
    blocks: int = 0
    warns: int = 0


def queue(tx: Connection) -> list[Row]:
    """Tickets with open drafts, by what is due next; a reply and its acknowledgement are one line."""
    drafts = lists.open_drafts(tx)
    dues = reads.next_dues(tx, [each.ticket_id for each in drafts])
    mails = reads.words_of(tx, [each.mail_id for each in drafts if each.mail_id is not None])
    by_ticket: dict[int, list[Any]] = {}
    for each in drafts:
        by_ticket.setdefault(each.ticket_id, []).append(each)
    return [_queued(own, dues.get(ticket_id), mails) for ticket_id, own in by_ticket.items()]


def _queued(drafts: list[Any], due: Due | None, mails: Mapping[int, tuple[str, str]]) -> Row:
    first = min(drafts, key=lambda each: each.kind != "reply")
    name, words = mails.get(first.mail_id, ("", ""))
    levels = [finding.get("level") for each in drafts for finding in each.findings]
    return Row(
        **_row(first, due, first.ticket_subject, first.ticket_state),
        customer_name=name,
        words=one_line(words),
        kinds=tuple(sorted({each.kind for each in drafts}, reverse=True)),
        blocks=levels.count("block"),
        warns=levels.count("warn"),
    )


def tickets(tx: Connection, states: Sequence[str], owner: str | None) -> list[Row]:
    """Tickets of these states and this owner, by what is due next."""
    rows = lists.tickets(tx, states, owner)
    dues = reads.next_dues(tx, [each.id for each in rows])
    found = []
    for each in rows:
        name = next((value for code, value in each.facts if code == "name"), "")
        row = _row(each, dues.get(each.id), each.subject, each.state)
        found.append(Row(**row, customer_name=name))
    return found


def agents(tx: Connection) -> Mapping[str, str]:
    """Log-in name -> the name colleagues know."""
    return {row.name: row.display_name for row in people.everyone(tx)}


def one_line(text: str) -> str:
    """The first words as one line."""
    line = " ".join(text.split())
    return line if len(line) <= LINE else f"{line[:LINE]}…"


def _row(each: Any, due: Due | None, subject: str, state: str) -> dict[str, Any]:
    return {
        "number": each.number,
        "subject": subject,
        "customer": each.customer,
        "category": each.category,
        "topic": each.topic,
        "priority": each.priority,
        "state": state,
        "owner": each.owner,
        "mood": each.mood,
        "due": due,
    }
