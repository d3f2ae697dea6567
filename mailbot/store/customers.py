"""One customer's file: tickets, ratings, orders, and what agents know of them (000-42, 002-14, 002-39, 003-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.ticket import State
from mailbot.store.engine import upsert
from mailbot.store.tables import customer, mail, rating, ticket, ticket_order

ACCOUNTS = ("", "personal", "business", "vip")  # empty: unknown
LONGEST_NOTE = 2_000
MOST_TICKETS = 500  # of one customer, the newest: a shop's own robot may have thousands
ENDED = (State.RESOLVED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Flags:
    """What agents know of a customer, and since when the customer wants no revisit mails."""

    account: str = ""
    elderly: bool | None = None  # None: unknown, what the mails say counts
    note: str = ""
    changed_by: str | None = None
    changed_at: datetime | None = None
    no_revisit_at: datetime | None = None
    no_revisit_how: str = ""  # link, mail


@dataclass(frozen=True, slots=True)
class Mine:
    """One ticket of the customer's."""

    id: int
    number: str
    subject: str
    category: str
    topic: str
    priority: str
    state: str
    owner: str | None
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rating:
    """One answer to a revisit."""

    number: str  # of its ticket
    at: datetime
    score: int
    reason: str
    how: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """An order that the customer's mails speak of, in these tickets. Whose order it is the look-up says."""

    number: str
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """All of it. `names`, `phones`: as their mails say; times are of their mails and ours."""

    address: str
    flags: Flags
    tickets: tuple[Mine, ...]  # the newest first
    ratings: tuple[Rating, ...]  # the newest first
    orders: tuple[Numbered, ...]
    names: tuple[str, ...]
    phones: tuple[str, ...]
    mails: int
    first_at: datetime | None
    last_at: datetime | None
    written_at: datetime | None  # when they last had a mail of ours


def read(tx: Connection, address: str) -> Customer | None:
    """The file of the customer who writes from here; None: nobody does."""
    address = plain_address(address)
    known = on_file(tx, address)
    if known is None:
        return None
    mine = sa.select(ticket).where(ticket.c.customer == address)
    rows = tx.execute(mine.order_by(ticket.c.id.desc()).limit(MOST_TICKETS)).all()
    ids = [row.id for row in rows]
    count, first, last = tx.execute(
        sa.select(sa.func.count(), sa.func.min(mail.c.received_at), sa.func.max(mail.c.received_at)).where(
            mail.c.ticket_id.in_(ids), mail.c.sender == address, mail.c.copy_of.is_(None)
        )
    ).one()
    return Customer(
        address=address,
        flags=known,
        tickets=tuple(Mine(**{name: row._mapping[name] for name in Mine.__slots__}) for row in rows),
        ratings=_ratings(tx, ids),
        orders=_orders(tx, ids),
        names=_said(rows, "name"),
        phones=_said(rows, "phone"),
        mails=count,
        first_at=first,
        last_at=last,
        written_at=max((row.written_at for row in rows if row.written_at), default=None),
    )


def plain_address(written: str) -> str:
    """An address as tickets keep it."""
    return written.strip().lower()


def flags(tx: Connection, address: str) -> Flags | None:
    """What agents know of this customer; None: nobody said anything yet."""
    row = tx.execute(sa.select(customer).where(customer.c.address == plain_address(address))).first()
    return Flags(**{name: row._mapping[name] for name in Flags.__slots__}) if row is not None else None


def on_file(tx: Connection, address: str) -> Flags | None:
    """The flags of a customer who has a file, empty ones where nobody set any; None: there is no file."""
    address = plain_address(address)
    if not address:
        return None
    wrote = sa.select(ticket.c.id).where(ticket.c.customer == address).limit(1)
    return flags(tx, address) or (Flags() if tx.execute(wrote).first() else None)


def set_flags(tx: Connection, address: str, known: Flags, who: str, now: datetime) -> None:
    """An agent's word on the customer, in place of what was there; the wish for no revisits stays the customer's."""
    if known.account not in ACCOUNTS:
        raise ValueError(known.account)
    row = {"account": known.account, "elderly": known.elderly, "note": known.note[:LONGEST_NOTE]}
    upsert(tx, customer, {"address": plain_address(address), **row, "changed_by": who, "changed_at": now})


def others_open(tx: Connection, address: str, besides: int) -> int:
    """How many tickets of this customer are open, another one than this."""
    query = (
        sa.select(sa.func.count())
        .select_from(ticket)
        .where(ticket.c.customer == address, ticket.c.id != besides, ticket.c.state.not_in(ENDED))
    )
    return int(tx.execute(query).scalar_one())


def _ratings(tx: Connection, ids: Sequence[int]) -> tuple[Rating, ...]:
    """Of every round."""
    query = (
        sa.select(ticket.c.number, rating.c.at, rating.c.score, rating.c.reason, rating.c.how)
        .join(ticket, ticket.c.id == rating.c.ticket_id)
        .where(rating.c.ticket_id.in_(ids))
        .order_by(rating.c.id.desc())
    )
    return tuple(Rating(**row._mapping) for row in tx.execute(query))


def _orders(tx: Connection, ids: Sequence[int]) -> tuple[Numbered, ...]:
    query = (
        sa.select(ticket_order.c.order_number, ticket.c.number)
        .join(ticket, ticket.c.id == ticket_order.c.ticket_id)
        .where(ticket_order.c.ticket_id.in_(ids))
        .order_by(ticket.c.id.desc(), ticket_order.c.order_number)
    )
    found: dict[str, list[str]] = {}
    for row in tx.execute(query):
        found.setdefault(row.order_number, []).append(row.number)
    return tuple(Numbered(number, tuple(numbers)) for number, numbers in found.items())


def _said(rows: Sequence[Any], code: str) -> tuple[str, ...]:
    """The different values of one fact, the newest ticket's first."""
    return tuple(dict.fromkeys(value for row in rows for name, value in row.facts if name == code))
