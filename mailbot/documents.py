"""Rows as documents: what `--json` prints. Raw bytes, passwords and keys never stand in one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy.engine import Connection, Row

from mailbot.core.promises import KIND_NAMES
from mailbot.store import lists, reminders

Standing = Literal["open", "soon", "overdue", "kept", "broken", "withdrawn"]

_TICKET = (
    *("number", "state", "priority", "category", "topic", "waiting_on", "owner", "department", "customer", "subject"),
    *("language", "mood", "missing", "plan", "result", "side", "proof", "score", "score_reason", "merged_into"),
    *("opened_at", "updated_at", "handled_at", "written_at", "resolved_at", "revisited_at", "closed_at"),
)
_DRAFT = (
    *("id", "ticket_id", "mail_id", "kind", "template", "language", "author", "recipient", "subject", "text"),
    *("findings", "blocked", "pledges", "pledges_by", "state", "version", "created_at", "decided_at", "decided_by"),
    *("overridden_by", "overridden_because"),
)
_SEND = (
    *("id", "draft_id", "kind", "message_id", "recipients", "state", "attempts", "approver", "approved_at"),
    *("sent_at", "last_result", "bounced"),
)
_MAIL = (
    "id",
    "received_at",
    "state",
    "kind",
    "message_id",
    "sender",
    "sender_name",
    "subject",
    "words",
    "why",
)
_PROMISE = (
    *("id", "kind", "state", "owed_to", "party", "about", "opened_at", "due_at", "next_at", "stepped_at"),
    *("because", "broken_at", "settled_at", "settled_because"),
)
_REMINDER = ("at", "audience", "level", "text", "urgent", "due_at", "promise_id", "gathered_at")
_RATING = ("at", "score", "reason", "how", "mail_id")
_JOURNAL = ("at", "what", "who", "reasons", "mail_id")


def ticket(row: Row[Any], next_promise: Row[Any] | None, now: datetime) -> dict[str, Any]:
    """A ticket of a list, with its next promise."""
    owed = promise(next_promise, now) if next_promise is not None else None
    return {**_some(row, _TICKET), "facts": _facts(row), "next_due": row.next_due, "next_promise": owed}


def whole_ticket(tx: Connection, row: Row[Any], now: datetime) -> dict[str, Any]:
    """A ticket with all that belongs to it, oldest first."""
    return {
        **_some(row, _TICKET),
        "facts": _facts(row),
        "promises": [promise(each, now) for each in lists.promises_of(tx, row.id)],
        "reminders": [_some(each, _REMINDER) for each in reminders.of_ticket(tx, row.id)],
        "mails": [mail(each) for each in lists.mails_of(tx, row.id)],
        "drafts": [draft(each) for each in lists.drafts_of(tx, row.id)],
        "outbox": [send(each) for each in lists.sends_of(tx, row.id)],
        "notes": [_some(each, ("at", "author", "text", "for_customer")) for each in lists.notes_of(tx, row.id)],
        "ratings": [_some(each, _RATING) for each in lists.ratings_of(tx, row.id)],
        "linked": [_some(each, ("number", "state", "reason")) for each in lists.links_of(tx, row.id)],
        "journal": [_some(each, _JOURNAL) for each in lists.journal_of(tx, row.id)],
    }


def standing(row: Row[Any], now: datetime) -> Standing:
    """How a promise stands at `now`. soon: the clock has told somebody; overdue: its time has passed and it is owed."""
    if row.state != "open":
        ended: Standing = row.state
        return ended
    if row.broken_at is not None or row.due_at <= now:
        return "overdue"
    return "soon" if row.stepped_at is not None else "open"


def promise(row: Row[Any], now: datetime) -> dict[str, Any]:
    """A promise with its Chinese name and how it stands."""
    return {**_some(row, _PROMISE), "name": KIND_NAMES.get(row.kind, row.kind), "standing": standing(row, now)}


def draft(row: Row[Any]) -> dict[str, Any]:
    """A draft; in the queue with its ticket's number."""
    found = _some(row, _DRAFT)
    if "number" in row._mapping:
        found |= {"ticket": row.number, "next_due": row.next_due}
    return found


def mail(row: Row[Any]) -> dict[str, Any]:
    """A mail without its bytes."""
    return _some(row, _MAIL)


def send(row: Row[Any]) -> dict[str, Any]:
    """A row of the outbox without the letter itself."""
    return _some(row, _SEND)


def _some(row: Row[Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in names}


def _facts(row: Row[Any]) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = {}
    for code, value in row.facts:
        facts.setdefault(code, []).append(value)
    return facts
