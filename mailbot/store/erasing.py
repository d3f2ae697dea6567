"""A customer's personal data erased for good (000-10), so that reports and the conservation check stay true.

What a report counts stays: category, times, scores, who handled it. What tells who the customer is goes: the bytes and
words of their mails, names, addresses, facts, our letters to them. Words of agents stay without what is known to be
theirs. The places of the mails stay, so that intake does not take them in again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.decision import Entry
from mailbot.core.ticket import State
from mailbot.log import masked
from mailbot.store import search, verdicts
from mailbot.store.customers import plain_address
from mailbot.store.engine import Engine, batches, insert_new
from mailbot.store.tables import (
    customer,
    draft,
    gap,
    journal,
    mail,
    note,
    outbox,
    promise,
    quota,
    rating,
    raw,
    reminder,
    ticket,
    ticket_link,
    ticket_order,
)

GONE = "（个人信息已清除）"
KEPT_FACTS = ("product", "model")  # what was bought tells nobody who bought it
LETTER = b"Subject: erased\r\n\r\nErased at the customer's request.\r\n"  # in place of every mail and letter
HEADER = re.compile(
    rb"^(?:from|sender|reply-to|return-path)[ \t]*:[^\r\n]{0,2000}(?:\r?\n[ \t][^\r\n]{0,2000}){0,20}",
    re.IGNORECASE | re.MULTILINE,
)
HEADER_BYTES = 100_000
TELLING_FACTS = ("name", "phone", "order_number", "tracking_number", "serial", "people", "place")
SHORTEST, SHORTEST_BOX = 2, 5  # characters: a name of one, or a box "info", would leave holes in every sentence

Scrub = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Held:
    """What belongs to an address: tickets, and mails with or without one."""

    address: str
    tickets: tuple[Any, ...]
    mails: tuple[Any, ...]  # all of their tickets, and theirs elsewhere

    @property
    def ticket_ids(self) -> list[int]:
        return [row.id for row in self.tickets]

    @property
    def mail_ids(self) -> list[int]:
        return [row.id for row in self.mails]


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased, and the name that stands for the customer from now on."""

    pseudonym: str
    tickets: int
    mails: int
    letters: int


def held(tx: Connection, address: str) -> Held:
    """All that there is of this customer; goes through every mail, as asking for erasure is rare."""
    address = plain_address(address)
    tickets = tx.execute(sa.select(ticket).where(ticket.c.customer == address).order_by(ticket.c.id)).all()
    ids = [row.id for row in tickets]
    columns = (mail.c.id, mail.c.ticket_id, mail.c.state, mail.c.sender, mail.c.sender_name, mail.c.raw_sha256)
    theirs = sa.select(*columns).where(sa.or_(mail.c.ticket_id.in_(ids), mail.c.sender == address))
    found: dict[int, Any] = {row.id: row for row in tx.execute(theirs)}
    # A mail that could not be read has no sender of its own: its header tells.
    unread = sa.select(*columns, sa.func.substr(raw.c.content, 1, HEADER_BYTES).label("head"))
    unread = unread.join(raw, raw.c.sha256 == mail.c.raw_sha256)
    waiting = unread.where(mail.c.state.in_(("stored", "aside")), mail.c.sender == "")
    for each in tx.execute(waiting).yield_per(20):
        if each.id not in found and _is_from(bytes(each.head), address):
            found[each.id] = each
    return Held(address, tuple(tickets), tuple(found[each] for each in sorted(found)))


def refusal(tx: Connection, of: Held) -> str:
    """Why nothing may be erased now, in words with the remedy; "" when nothing stands against it."""
    if still := [row.number for row in of.tickets if row.state != State.CLOSED]:
        return f"these tickets are not closed: {', '.join(still[:10])}; close them first"
    going = sa.select(sa.func.count()).where(
        outbox.c.ticket_id.in_(of.ticket_ids),
        sa.or_(outbox.c.state.in_(("queued", "sending", "uncertain")), outbox.c.told.is_(False)),
    )
    if tx.execute(going.select_from(outbox)).scalar_one():
        return "a mail to them is on its way or uncertain; wait until it is sent, or settle it: mailbot aside"
    if any(row.state == "stored" for row in of.mails):
        return "a mail of theirs waits to be worked on; try again when it is done"
    return ""


def erase(engine: Engine, address: str, who: str, now: datetime) -> Erased | str:
    """Do it, in one transaction, and let nothing of it lie about in the database's files; or why it may not be done."""
    with engine.write() as tx:
        engine.take_turn(tx)
        engine.overwrite_deleted(tx)
        of = held(tx, address)
        if why := refusal(tx, of):
            return why
        done = _erase(tx, of, who, now)
    with engine.write() as tx:
        engine.overwrite_deleted(tx)
        search.forget_removed(tx)
    engine.empty_log()
    return done


def _erase(tx: Connection, of: Held, who: str, now: datetime) -> Erased:
    pseudonym = f"erased-{secrets.token_hex(8)}@invalid"
    scrub = _scrubber(of)
    letters = _erase_letters(tx, of, pseudonym, scrub)
    _erase_mails(tx, of, pseudonym)
    _erase_tickets(tx, of, pseudonym, scrub, now)
    _scrub_around(tx, of, scrub)
    for table, column in ((customer, customer.c.address), (quota, quota.c.address)):
        tx.execute(sa.delete(table).where(column == of.address))
    entry = Entry("erased", who, ("应客户要求清除了个人信息，统计数字保留",))
    row = {"at": now, "what": entry.what, "who": entry.who, "reasons": list(entry.reasons), "mail_id": None}
    if of.tickets:
        tx.execute(sa.insert(journal), [{"ticket_id": each, **row} for each in of.ticket_ids])
    return Erased(pseudonym, len(of.tickets), len(of.mails), letters)


def _erase_mails(tx: Connection, of: Held, pseudonym: str) -> None:
    """Bytes, words, names; verdicts, gaps and the search index with them. Other people's addresses on a ticket stay."""
    sha = _placeholder(tx)
    nothing = {"subject": "", "words": "", "sender_name": "", "message_id": None, "why": "", "raw_sha256": sha}
    for ids in batches(of.mail_ids):
        tx.execute(sa.update(mail).where(mail.c.id.in_(ids)).values(**nothing))
        theirs = sa.or_(mail.c.sender == of.address, mail.c.sender == "")
        tx.execute(sa.update(mail).where(mail.c.id.in_(ids), theirs).values(sender=pseudonym))
        # Whoever set it aside can do nothing more with it; it stays where it is counted.
        tx.execute(sa.update(mail).where(mail.c.id.in_(ids), mail.c.state == "aside").values(state="held"))
        tx.execute(sa.delete(gap).where(gap.c.mail_id.in_(ids)))
        verdicts.forget(tx, ids)
        search.remove(tx, ids)
    for shas in batches([row.raw_sha256 for row in of.mails]):
        used = sa.select(mail.c.id).where(mail.c.raw_sha256 == raw.c.sha256).exists()
        tx.execute(sa.delete(raw).where(raw.c.sha256.in_(shas), ~used))


def _placeholder(tx: Connection) -> str:
    sha = hashlib.sha256(LETTER).hexdigest()
    insert_new(tx, raw, [{"sha256": sha, "size": len(LETTER), "content": LETTER}])
    return sha


def _erase_letters(tx: Connection, of: Held, pseudonym: str, scrub: Scrub) -> int:
    """Drafts and what was sent: of their tickets, and answers to mails of theirs elsewhere."""
    about = sa.or_(draft.c.ticket_id.in_(of.ticket_ids), draft.c.mail_id.in_(of.mail_ids))
    drafts = tx.execute(sa.select(draft.c.id, draft.c.why, draft.c.overridden_because).where(about)).all()
    for row in drafts:
        kept = {"why": scrub(row.why), "overridden_because": scrub(row.overridden_because)}
        gone = {"subject": GONE, "text": GONE, "recipient": pseudonym, "findings": [], "pledges": []}
        tx.execute(sa.update(draft).where(draft.c.id == row.id).values(**gone, **kept))
    ids = [row.id for row in drafts]
    sent = sa.or_(outbox.c.ticket_id.in_(of.ticket_ids), outbox.c.draft_id.in_(ids))
    # Whether it came back is counted; to whom it went is not kept.
    letters = tx.execute(sa.select(outbox.c.id, outbox.c.bounced).where(sent)).all()
    nothing = {
        "content": LETTER,
        "content_sha256": hashlib.sha256(LETTER).hexdigest(),
        "words": "",
        "last_result": "",
        "recipients": [pseudonym],
        "pledges": [],
    }
    for each in letters:
        came_back = {"bounced": [pseudonym]} if each.bounced else {}
        tx.execute(sa.update(outbox).where(outbox.c.id == each.id).values(**nothing, **came_back))
    return len(letters)


def _erase_tickets(tx: Connection, of: Held, pseudonym: str, scrub: Scrub, now: datetime) -> None:
    for row in of.tickets:
        values = {
            "customer": pseudonym,
            "subject": GONE,
            "subject_key": "",
            "hush": scrub(row.hush),
            "score_reason": "",
            "news": [],
            "facts": [pair for pair in row.facts if pair[0] in KEPT_FACTS],
            **{name: scrub(row._mapping[name] or "") or row._mapping[name] for name in ("plan", "result", "proof")},
            "version": row.version + 1,
            "updated_at": row.updated_at,
        }
        tx.execute(sa.update(ticket).where(ticket.c.id == row.id).values(**values))
    for ids in batches(of.ticket_ids):
        tx.execute(sa.update(rating).where(rating.c.ticket_id.in_(ids)).values(reason=""))
        tx.execute(sa.delete(ticket_order).where(ticket_order.c.ticket_id.in_(ids)))
        tx.execute(sa.delete(gap).where(gap.c.ticket_id.in_(ids)))
        _rewrite(tx, promise, promise.c.ticket_id.in_(ids), ("about", "because", "settled_because"), scrub)
        _rewrite(tx, note, note.c.ticket_id.in_(ids), ("text",), scrub)


def _scrub_around(tx: Connection, of: Held, scrub: Scrub) -> None:
    """Journal, reminders and links of their tickets and of those that are linked with them or have mails of theirs."""
    others = {row.ticket_id for row in of.mails if row.ticket_id is not None}
    for ids in batches(of.ticket_ids):
        others.update(tx.execute(sa.select(ticket_link.c.other_id).where(ticket_link.c.ticket_id.in_(ids))).scalars())
    own = set(of.ticket_ids)
    for ids in batches(sorted(others | own)):
        links = sa.select(ticket_link).where(ticket_link.c.ticket_id.in_(ids), ticket_link.c.other_id.in_(others | own))
        for row in tx.execute(links).all():
            this = sa.and_(ticket_link.c.ticket_id == row.ticket_id, ticket_link.c.other_id == row.other_id)
            if row.ticket_id in own or row.other_id in own:
                tx.execute(sa.update(ticket_link).where(this).values(reason=scrub(row.reason)))
        _rewrite(tx, reminder, reminder.c.ticket_id.in_(ids), ("text",), scrub)
        for row in tx.execute(sa.select(journal).where(journal.c.ticket_id.in_(ids))).all():
            # What the machine wrote on their own tickets quotes their mails.
            quoted = row.ticket_id in own and row.who == "mailbot"
            reasons = [] if quoted else [scrub(each) for each in row.reasons]
            who = scrub(row.who) if "@" in row.who else row.who
            tx.execute(sa.update(journal).where(journal.c.id == row.id).values(reasons=reasons, who=who))


def _rewrite(
    tx: Connection, table: sa.Table, which: sa.ColumnElement[bool], columns: Sequence[str], scrub: Scrub
) -> None:
    for row in tx.execute(sa.select(table).where(which)).all():
        before = {name: row._mapping[name] for name in columns}
        after = {name: scrub(text) for name, text in before.items()}
        if after != before:
            tx.execute(sa.update(table).where(table.c.id == row.id).values(**after))


def _scrubber(of: Held) -> Scrub:
    """Takes out of words what is known to be theirs, and every address and long number."""
    box = of.address.partition("@")[0]
    values = {of.address, box if len(box) >= SHORTEST_BOX else of.address}
    for row in of.tickets:
        values.update(value for code, value in row.facts if code in TELLING_FACTS)
    values.update(row.sender_name for row in of.mails if row.sender == of.address)
    told = sorted((each for each in values if len(each.strip()) >= SHORTEST), key=len, reverse=True)
    known = re.compile("|".join(re.escape(each) for each in told), re.IGNORECASE) if told else None

    def scrub(text: str) -> str:
        return masked(known.sub("***", text) if known and text else text)

    return scrub


def _is_from(head: bytes, address: str) -> bool:
    top = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    return any(address.encode() in found[0].lower() for found in HEADER.finditer(top))
