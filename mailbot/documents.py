"""Rows as documents: what `--json` prints. Raw bytes, passwords and keys never stand in one."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection, Row

from mailbot.store import lists

_TICKET = (
    *("number", "state", "priority", "category", "topic", "waiting_on", "owner", "customer", "subject"),
    *("language", "mood", "missing", "result", "opened_at", "updated_at", "resolved_at", "closed_at"),
)
_DRAFT = (
    *("id", "ticket_id", "mail_id", "kind", "template", "language", "author", "recipient", "subject", "text"),
    *("findings", "blocked", "state", "version", "created_at", "decided_at", "decided_by"),
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
_PROMISE = ("kind", "state", "due_at", "because", "broken_at", "settled_at", "settled_because")
_JOURNAL = ("at", "what", "who", "reasons", "mail_id")


def ticket(row: Row[Any]) -> dict[str, Any]:
    """A ticket of a list, with the time of its next promise."""
    return {**_some(row, _TICKET), "facts": _facts(row), "next_due": row.next_due}


def whole_ticket(tx: Connection, row: Row[Any]) -> dict[str, Any]:
    """A ticket with all that belongs to it, oldest first."""
    return {
        **_some(row, _TICKET),
        "facts": _facts(row),
        "promises": [_some(each, _PROMISE) for each in lists.promises_of(tx, row.id)],
        "mails": [mail(each) for each in lists.mails_of(tx, row.id)],
        "drafts": [draft(each) for each in lists.drafts_of(tx, row.id)],
        "outbox": [send(each) for each in lists.sends_of(tx, row.id)],
        "notes": [_some(each, ("at", "author", "text")) for each in lists.notes_of(tx, row.id)],
        "linked": [_some(each, ("number", "state", "reason")) for each in lists.links_of(tx, row.id)],
        "journal": [_some(each, _JOURNAL) for each in lists.journal_of(tx, row.id)],
    }


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
