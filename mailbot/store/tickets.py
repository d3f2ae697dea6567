"""Tickets with their promises, drafts, journal and links: loaded as values, saved against their version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from mailbot.core.decision import Decision, DraftEnd, Settled
from mailbot.core.pledges import Pledge
from mailbot.core.promises import Promise
from mailbot.core.threads import Link, subject_key
from mailbot.core.ticket import OnItsWay, OpenDraft, State, Ticket
from mailbot.store.engine import insert_new, upsert
from mailbot.store.tables import (
    customer,
    draft,
    journal,
    mail,
    note,
    outbox,
    promise,
    quota,
    rating,
    reminder,
    serial,
    ticket,
    ticket_link,
    ticket_order,
)

ACKNOWLEDGE_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A rendered draft, ready to store."""

    kind: str
    template: str | None
    language: str
    author: str
    subject: str
    text: str
    recipient: str
    findings: tuple[dict[str, str], ...]
    blocked: bool
    asks: bool
    mail_id: int | None
    pledges: tuple[Pledge, ...] = ()
    gap: str = ""  # the customer's question, where no entry of the knowledge base answers it


def load(tx: Connection, ticket_id: int) -> Ticket | None:
    """The ticket with its open promises and drafts, and with what is on its way to the customer."""
    return load_many(tx, [ticket_id]).get(ticket_id)


def load_many(tx: Connection, ids: Sequence[int]) -> dict[int, Ticket]:
    """Several tickets in four queries."""
    if not ids:
        return {}
    of = {"ids": list(ids)}
    rows = tx.execute(_TICKETS, of).all()
    promised: dict[int, list[Promise]] = {}
    for row in tx.execute(_PROMISES, of):
        promised.setdefault(row.ticket_id, []).append(
            Promise(
                kind=row.kind,
                due_at=row.due_at,
                because=row.because,
                owed_to=row.owed_to,
                state=row.state,
                broken_at=row.broken_at,
                id=row.id,
                began_at=row.opened_at,
                about=row.about,
                party=row.party,
                next_at=row.next_at,
                stepped_at=row.stepped_at,
            )
        )
    drafts: dict[int, list[OpenDraft]] = {}
    for row in tx.execute(_DRAFTS, of):
        drafts.setdefault(row.ticket_id, []).append(
            OpenDraft(row.id, row.kind, row.version, row.blocked, row.author, row.mail_id, _blocks(row))
        )
    going: dict[int, list[OnItsWay]] = {}
    for row in tx.execute(_ON_ITS_WAY, of):
        going.setdefault(row.ticket_id, []).append(OnItsWay(row.kind, row.approved_at))
    return {
        row.id: _ticket(
            row, tuple(promised.get(row.id, ())), tuple(drafts.get(row.id, ())), tuple(going.get(row.id, ()))
        )
        for row in rows
    }


# Statements made once: SQLAlchemy spends more time on making one than a database on the rows of a ticket.
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_TICKETS = (
    sa.select(ticket, customer.c.no_revisit_at, customer.c.account, customer.c.elderly)
    .outerjoin(customer, customer.c.address == ticket.c.customer)
    .where(ticket.c.id.in_(_IDS))
)
_PROMISES = (
    sa.select(promise).where(promise.c.ticket_id.in_(_IDS), promise.c.state == "open").order_by(promise.c.due_at)
)
_DRAFTS = (
    sa.select(
        draft.c.id,
        draft.c.ticket_id,
        draft.c.kind,
        draft.c.version,
        draft.c.blocked,
        draft.c.author,
        draft.c.mail_id,
        draft.c.findings,
    )
    .where(draft.c.ticket_id.in_(_IDS), draft.c.state == "open")
    .order_by(draft.c.id)
)
# An uncertain one may well have arrived; only a person or proof ends it.
_ON_ITS_WAY = sa.select(outbox.c.ticket_id, outbox.c.kind, outbox.c.approved_at).where(
    outbox.c.ticket_id.in_(_IDS),
    (outbox.c.told.is_(False) & outbox.c.state.in_(("queued", "sending", "sent"))) | (outbox.c.state == "uncertain"),
)


def _blocks(row: Row[Any]) -> tuple[str, ...]:
    """The checks that stop a draft, each once."""
    return tuple(dict.fromkeys(each["check"] for each in row.findings if each["level"] == "block"))


def by_number(tx: Connection, number: str) -> int | None:
    """The id of the ticket with this number."""
    found: int | None = tx.execute(sa.select(ticket.c.id).where(ticket.c.number == number)).scalar()
    return found


def followed(tx: Connection, ticket_id: int) -> int:
    """The ticket that has this one's mails now: itself, or the one it was merged into, and so on."""
    for _ in range(10):  # a chain of merges; agents cannot make a circle, since a merged ticket is closed
        into = tx.execute(sa.select(ticket.c.merged_into).where(ticket.c.id == ticket_id)).scalar()
        following = by_number(tx, into) if into else None
        if following is None:
            break
        ticket_id = following
    return ticket_id


def next_number(tx: Connection, day: str) -> str:
    """The next ticket number of this day, "20261123-0001" (002-36)."""
    last = tx.execute(_COUNT_ON, {"of_day": day}).scalar()
    if last is None:  # the first of the day
        insert_new(tx, serial, [{"day": day, "last": 0}])
        last = tx.execute(_COUNT_ON, {"of_day": day}).scalar_one()
    return f"{day}-{last:04d}"


_COUNT_ON = (
    sa.update(serial)
    .where(serial.c.day == sa.bindparam("of_day"))
    .values(last=serial.c.last + 1)
    .returning(serial.c.last)
)


def insert(tx: Connection, fresh: Ticket) -> int:
    """A new row for a ticket without id."""
    # Values as parameters, here and below: SQLAlchemy spends more time on .values() than a database on the row.
    row = {**_row(fresh), "version": 1}
    return int(tx.execute(sa.insert(ticket).returning(ticket.c.id), row).scalar_one())


def save(tx: Connection, changed: Ticket) -> bool:
    """Write the ticket if nobody else did since it was loaded; False: load and decide again."""
    row = {**_row(changed), "version": changed.version + 1, "of_id": changed.id, "of_version": changed.version}
    return tx.execute(_SAVE, row).rowcount == 1


_SAVE = sa.update(ticket).where(ticket.c.id == sa.bindparam("of_id"), ticket.c.version == sa.bindparam("of_version"))


def apply(tx: Connection, ticket_id: int, decision: Decision, now: datetime) -> None:
    """Write everything of a decision but the ticket's own row and the drafts' texts."""
    if decision.promised:
        tx.execute(sa.insert(promise), [_promise_row(ticket_id, each, now) for each in decision.promised])
    if decision.settled:
        tx.execute(_OPEN, [_settled_row(each, now) for each in decision.settled])
    if decision.stepped:
        tx.execute(_OPEN, [_stepped_row(each) for each in decision.stepped])
    for ended in decision.ended:
        end_draft(tx, ended, now)
    if decision.journal:
        tx.execute(
            sa.insert(journal),
            [
                {
                    "ticket_id": ticket_id,
                    "at": now,
                    "what": entry.what,
                    "who": entry.who,
                    "reasons": list(entry.reasons),
                    "mail_id": entry.mail_id,
                }
                for entry in decision.journal
            ],
        )
    if decision.note:
        told = decision.note
        row = {"ticket_id": ticket_id, "at": now, "author": told.author, "text": told.text}
        tx.execute(sa.insert(note), {**row, "for_customer": told.for_customer})
    _apply_rare(tx, ticket_id, decision, now)
    orders = [value for code, value in decision.ticket.facts if code == "order_number"]
    insert_new(tx, ticket_order, [{"order_number": number[:80], "ticket_id": ticket_id} for number in orders])
    add_links(tx, ticket_id, decision.linked, now)


def _apply_rare(tx: Connection, ticket_id: int, decision: Decision, now: datetime) -> None:
    """Reminders, ratings, and a customer's wish for no more revisits."""
    if decision.reminders:
        tx.execute(
            sa.insert(reminder),
            [
                {
                    "ticket_id": ticket_id,
                    "promise_id": each.promise_id,
                    "audience": each.audience,
                    "level": each.level,
                    "text": each.text,
                    "urgent": each.urgent,
                    "due_at": each.due_at,
                    "at": now,
                }
                for each in decision.reminders
            ],
        )
    if decision.rated:
        given = decision.rated
        row = {"ticket_id": ticket_id, "at": now, "score": given.score, "reason": given.reason, "how": given.how}
        tx.execute(sa.insert(rating), {**row, "mail_id": given.mail_id})
    if decision.opted_out:
        wish = {"address": decision.ticket.customer, "no_revisit_at": now, "no_revisit_how": decision.opted_out}
        upsert(tx, customer, wish)


def pledge_rows(pledges: Sequence[Pledge]) -> list[dict[str, str]]:
    """Times promised in a text, as JSON keeps them."""
    return [
        {"words": each.words, "due_at": each.due_at.isoformat(), "what": each.what, "because": each.because}
        for each in pledges
    ]


def read_pledges(rows: Sequence[dict[str, Any]]) -> tuple[Pledge, ...]:
    return tuple(
        Pledge(row["words"], datetime.fromisoformat(row["due_at"]), row["what"], row["because"]) for row in rows
    )


def add_links(tx: Connection, ticket_id: int, links: Sequence[Link], now: datetime) -> None:
    """Remember that tickets may belong together; seen from both sides."""
    rows = []
    for link in links:
        for one, other in ((ticket_id, link.ticket_id), (link.ticket_id, ticket_id)):
            rows.append({"ticket_id": one, "other_id": other, "reason": link.reason, "at": now})
    insert_new(tx, ticket_link, [row for row in rows if row["ticket_id"] != row["other_id"]])


def add_draft(tx: Connection, ticket_id: int, fresh: NewDraft, now: datetime) -> int:
    values = {
        "ticket_id": ticket_id,
        "kind": fresh.kind,
        "state": "open",
        "version": 1,
        "created_at": now,
        **_draft_text(fresh),
    }
    return int(tx.execute(sa.insert(draft).returning(draft.c.id), values).scalar_one())


def change_draft(tx: Connection, draft_id: int, fresh: NewDraft) -> None:
    """An agent's text takes the place of the old one."""
    tx.execute(sa.update(draft).where(draft.c.id == draft_id).values(version=draft.c.version + 1, **_draft_text(fresh)))


def set_pledges(tx: Connection, draft_id: int, agent: str, pledges: Sequence[Pledge], findings: Sequence[Any]) -> None:
    """An agent says which times a draft promises; the findings are those that remain."""
    values = {
        "pledges": pledge_rows(pledges),
        "pledges_by": agent,
        "findings": list(findings),
        "blocked": any(each["level"] == "block" for each in findings),
        "version": draft.c.version + 1,
    }
    tx.execute(sa.update(draft).where(draft.c.id == draft_id).values(**values))


def end_draft(tx: Connection, ended: DraftEnd, now: datetime) -> None:
    """Close a draft, or give an approved one back (state "open")."""
    values: dict[str, Any] = {"state": ended.state, "why": ended.reason, "version": draft.c.version + 1}
    if ended.state != "open":
        values |= {"decided_at": now, "decided_by": ended.who}
    if ended.override:
        values |= {"overridden_by": ended.who, "overridden_because": ended.override}
    tx.execute(sa.update(draft).where(draft.c.id == ended.draft_id).values(**values))


def draft_row(tx: Connection, draft_id: int) -> Row[Any] | None:
    """A draft with all its columns."""
    return tx.execute(sa.select(draft).where(draft.c.id == draft_id)).first()


def quota_free(tx: Connection, address: str, now: datetime) -> bool:
    """May this address get an automatic mail now? One in 24 h."""
    last: datetime | None = tx.execute(sa.select(quota.c.at).where(quota.c.address == address)).scalar()
    return last is None or last <= now - ACKNOWLEDGE_EVERY


def use_quota(tx: Connection, address: str, now: datetime) -> bool:
    """Take the address's quota; False: another worker was first."""
    row = {"address": address, "at": now}
    return upsert(tx, quota, row, where=quota.c.at <= now - ACKNOWLEDGE_EVERY)


def sent_texts(tx: Connection, ticket_id: int) -> tuple[str, ...]:
    """What we wrote to this ticket's customer, newest first: the originals of quoted history."""
    rows = tx.execute(
        sa.select(outbox.c.words).where(outbox.c.ticket_id == ticket_id).order_by(outbox.c.id.desc()).limit(10)
    )
    return tuple(rows.scalars())


def mail_texts(tx: Connection, ticket_id: int) -> tuple[str, ...]:
    """What came in for this ticket so far, newest first: our answers quote it, and so do the answers to them."""
    rows = tx.execute(sa.select(mail.c.words).where(mail.c.ticket_id == ticket_id).order_by(mail.c.id.desc()).limit(10))
    return tuple(rows.scalars())


def due_promises(tx: Connection, now: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """(promise id, ticket id) of every open promise that the clock has to look at, the longest due first."""
    rows = tx.execute(
        sa.select(promise.c.id, promise.c.ticket_id)
        .where(promise.c.state == "open", promise.c.next_at <= now)
        .order_by(promise.c.next_at, promise.c.id)
        .limit(limit)
    )
    return [(row.id, row.ticket_id) for row in rows]


_OPEN = sa.update(promise).where(promise.c.id == sa.bindparam("of_id"), promise.c.state == "open")


def _settled_row(settled: Settled, now: datetime) -> dict[str, Any]:
    how = {"state": settled.state, "settled_at": now, "settled_because": settled.reason}
    return {"of_id": settled.promise_id, **how}


def _stepped_row(stepped: Promise) -> dict[str, Any]:
    steps = {"next_at": stepped.next_at, "stepped_at": stepped.stepped_at, "broken_at": stepped.broken_at}
    return {"of_id": stepped.id, **steps}


def _promise_row(ticket_id: int, each: Promise, now: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "kind": each.kind,
        "owed_to": each.owed_to,
        "due_at": each.due_at,
        "because": each.because,
        "state": each.state,
        "opened_at": each.began_at or now,
        "about": each.about,
        "party": each.party,
        "next_at": each.next_at,
    }


def _draft_text(fresh: NewDraft) -> dict[str, Any]:
    return {
        "template": fresh.template,
        "language": fresh.language,
        "author": fresh.author,
        "subject": fresh.subject,
        "text": fresh.text,
        "recipient": fresh.recipient,
        "findings": list(fresh.findings),
        "blocked": fresh.blocked,
        "asks": fresh.asks,
        "mail_id": fresh.mail_id,
        "pledges": pledge_rows(fresh.pledges),
        "pledges_by": None,
    }


_PLAIN = (
    *(
        "number",
        "mailbox",
        "customer",
        "subject",
        "language",
        "category",
        "topic",
        "priority",
        "owner",
        "mood",
    ),
    *("asked_at", "result", "opened_at", "updated_at", "resolved_at", "closed_at", "waiting_on"),
    *("department", "handled_at", "written_at", "hush", "plan", "news_at", "side", "proof", "revisited_at"),
    *("score", "score_reason", "merged_into"),
)


def _row(value: Ticket) -> dict[str, Any]:
    return {
        **{name: getattr(value, name) for name in _PLAIN},
        "subject_key": subject_key(value.subject),
        "state": value.state.value,
        "confidence": round(value.confidence * 1000),
        "missing": list(value.missing),
        "facts": [list(pair) for pair in value.facts],
        "news": list(value.news),
        "concerns": [list(pair) for pair in value.concerns],
    }


def _ticket(
    row: Row[Any], promises: tuple[Promise, ...], drafts: tuple[OpenDraft, ...], on_its_way: tuple[OnItsWay, ...]
) -> Ticket:
    return Ticket(
        **{name: getattr(row, name) for name in _PLAIN},
        state=State(row.state),
        confidence=row.confidence / 1000,
        missing=tuple(row.missing),
        facts=tuple((code, value) for code, value in row.facts),
        news=tuple(row.news),
        concerns=tuple((category, topic) for category, topic in row.concerns),
        opted_out=row.no_revisit_at is not None,
        account=row.account or "",
        elderly=row.elderly,
        promises=promises,
        drafts=drafts,
        on_its_way=on_its_way,
        version=row.version,
        id=row.id,
    )
