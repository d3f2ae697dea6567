"""Rows of the paper's database, to and from the values of the core; texts of times as mailbot's SQLite has them."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from mailbot.core.decision import Reminder
from mailbot.core.promises import Promise
from mailbot.core.ticket import State, Ticket
from tests.simulation.shop import text_of

TICKET = tuple(
    each.name
    for each in fields(Ticket)
    if each.name not in ("promises", "drafts", "on_its_way", "opted_out", "account", "elderly", "id", "version")
)
LISTS = ("missing", "facts", "news", "concerns")

LOAD = (
    f"SELECT {', '.join(TICKET)}, version, EXISTS (SELECT 1 FROM customer WHERE address = ticket.customer"
    " AND no_revisit_at IS NOT NULL) FROM ticket WHERE id = ?"
)
PROMISES = (
    "SELECT kind, due_at, because, owed_to, state, broken_at, id, opened_at, about, party, next_at, stepped_at"
    " FROM promise WHERE ticket_id = ? AND state = 'open' ORDER BY due_at"
)
DRAFTS = (
    "SELECT id, kind, version, blocked, author, mail_id FROM draft WHERE ticket_id = ? AND state = 'open' ORDER BY id"
)


def promise(row: tuple[Any, ...]) -> Promise:
    kind, due, because, owed_to, state, broken, id_, opened, about, party, next_at, stepped = row
    return Promise(
        kind,
        sure(due),
        because,
        owed_to,
        state,
        moment_or_none(broken),
        id_,
        moment_or_none(opened),
        about,
        party,
        moment_or_none(next_at),
        moment_or_none(stepped),
    )


def promise_row(ticket: Ticket, each: Promise, now: str) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "kind": each.kind,
        "owed_to": each.owed_to,
        "due_at": text_of(each.due_at),
        "because": each.because,
        "state": each.state,
        "opened_at": text_or_none(each.began_at) or now,
        "about": each.about,
        "party": each.party,
        "next_at": text_or_none(each.next_at),
        "settled_because": "",
    }


def reminder_row(ticket: Ticket, each: Reminder, now: str) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "promise_id": each.promise_id,
        "audience": each.audience,
        "level": each.level,
        "text": each.text,
        "urgent": each.urgent,
        "due_at": text_or_none(each.due_at),
        "at": now,
    }


@lru_cache(maxsize=1000)
def inserting(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})"


@lru_cache(maxsize=10_000)
def listed(text: str) -> tuple[Any, ...]:
    return tuple(tuple(each) if isinstance(each, list) else each for each in json.loads(text))


def as_stored(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return text_of(value)
    if name == "confidence":
        return round(value * 1000)
    if name in LISTS:
        return json.dumps(value)
    return value.value if isinstance(value, State) else value


def sure(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def moment_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text + "+00:00") if text is not None else None


def text_or_none(moment: datetime | None) -> str | None:
    return text_of(moment) if moment is not None else None
