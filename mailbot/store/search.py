"""Search in mails, Chinese and English, newest first (000-43, 003-03): what was written, by whom, about which order.

The words of a mail are cut by core/bigrams.py and kept as one set of tokens a mail: on SQLite in an FTS5 table, on
PostgreSQL as a tsvector under GIN. This file and migration 0004 alone know of the two. The tokens find candidates;
the mail itself has the last word, so that a search for 订单号 finds no mail that has 订单 here and 单号 there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot.core.bigrams import bigrams, query_tokens
from mailbot.log import masked
from mailbot.store.engine import batches
from mailbot.store.tables import mail, ticket, ticket_order

FIELDS = ("sender", "sender_name", "subject", "words")  # of a mail; what its tokens are made of
QUERY_LONGEST = 200  # characters of a search that count
EXCERPT = 120  # characters
BEFORE_HIT = 30
FIRST_ROUND, LAST_ROUND, ROUNDS = 60, 500, 12  # candidates looked at in a round, and how many rounds
# PostgreSQL: so many newest mails are looked through in order before GIN, which knows no order, is asked for all. A
# word that is not found often enough among them is rare, and for rare words GIN is quick (docs/search.md).
WINDOW = 10_000
WHOLE_WORD = 3  # a shorter word stands for itself only, a longer one also for words that begin with it
CJK = "\u2fff"  # characters after this one are Chinese, as far as tokens go
TICKETS_OF_A_NUMBER = 50
_NONE: Mapping[int, int] = {}
_SEPARATORS = re.compile(r"[\s,;。、!?:《》“”\"]+")
_NUMBER = re.compile(r"(?=[^0-9]{0,20}[0-9])[\w-]{5,80}")

# Tokens of a search: each group is one token in all its spellings; True: a longer token that begins with it will do.
Spelled = tuple[str, bool]
Group = tuple[Spelled, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A mail that was looked for, with its ticket. `excerpt`: one line of it, addresses and numbers masked (001-52)."""

    mail_id: int
    ticket_id: int
    ticket_number: str
    subject: str
    excerpt: str
    at: datetime  # when the mail came


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search as read."""

    terms: tuple[str, ...]  # folded; all of them must stand in the mail
    groups: tuple[Group, ...]  # one token of each must be among the mail's
    tickets: tuple[int, ...]  # whose number this is, or whose order's: all their mails are meant
    simplified: Mapping[int, int]


def search(
    tx: Connection,
    words: str,
    limit: int,
    before_id: int | None = None,
    mailbox: str | None = None,
    simplified: Mapping[int, int] = _NONE,
) -> list[Found]:
    """Mails of tickets that have all these words, newest first; `before_id`: only older ones, for the next page.

    A ticket's number or an order's finds every mail of its ticket. With RuleBook.simplified a traditional character
    is found by its simplified form and the other way round. Words that say nothing find nothing.

    For transactions that only read: FTS5 (seen in SQLite 3.40.1) breaks its index when the beginning of a word is
    looked for between two changes of one mail in one transaction.
    """
    asked = _read(tx, words, simplified)
    found: list[Found] = []
    count = max(FIRST_ROUND, limit)
    for _ in range(ROUNDS):
        ids = _candidates(tx, asked, before_id, count)
        found += _meant(tx, ids, asked, mailbox)
        if len(found) >= limit or len(ids) < count:
            break
        before_id, count = ids[-1], max(limit, min(count * 3, LAST_ROUND))
    return found[:limit]


def by_ticket(found: Iterable[Found]) -> dict[int, Found]:
    """Ticket id -> its newest mail of these; the ticket with the newest mail first."""
    newest: dict[int, Found] = {}
    for each in found:
        newest.setdefault(each.ticket_id, each)
    return newest


def put(tx: Connection, mail_id: int, values: Mapping[str, Any]) -> None:
    """Make a mail findable by these FIELDS, in the transaction that writes them; what was there before is replaced."""
    index = _index(tx)
    tx.execute(index.PUT, index.row(mail_id, _tokens(values.get(name) or "" for name in FIELDS)))


def put_again(tx: Connection, mail_ids: Sequence[int]) -> None:
    """Make mails findable by what their rows say now: for whoever changed their words by another way than put()."""
    index = _index(tx)
    columns = (mail.c.id, *(mail.c[name] for name in FIELDS))
    for ids in batches(mail_ids):
        rows = tx.execute(sa.select(*columns).where(mail.c.id.in_(ids), mail.c.copy_of.is_(None))).all()
        if rows:
            tx.execute(index.PUT, [index.row(row[0], _tokens(row[1:])) for row in rows])


def remove(tx: Connection, mail_ids: Sequence[int]) -> None:
    """These mails are not found any more. A mail whose row is deleted needs no call: the database sees to it."""
    if mail_ids:
        tx.execute(_index(tx).REMOVE, [{"mail_id": each} for each in mail_ids])


def forget_removed(tx: Connection) -> None:
    """The tokens of removed mails leave the index's own lists as well, which SQLite else does some day. Rewrites the
    whole index there: a matter of seconds in a large database, for erasure only.
    """
    index = _index(tx)
    if index.FORGET is not None:
        tx.execute(index.FORGET)


def tokens_of(text: str) -> dict[str, None]:
    """The different tokens of a text, and the last character of each run of Chinese as one more.

    So every Chinese character begins a token, and one character alone can be looked for by it.
    """
    cut = bigrams(text)
    found = dict.fromkeys(cut)
    for pair, after in pairwise((*cut, "")):
        if len(pair) == 2 and pair > CJK and not after.startswith(pair[1]):
            found[pair[1]] = None
    return found


def _tokens(texts: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for text in texts:
        found |= tokens_of(text)
    return list(found)


# What was asked


def _read(tx: Connection, words: str, simplified: Mapping[int, int]) -> _Asked:
    spellings = _spellings(simplified)
    terms: list[str] = []
    groups: dict[Group, None] = {}
    for term in _SEPARATORS.split(_fold(words[:QUERY_LONGEST], simplified)):
        if cut := query_tokens(term, simplified):
            terms.append(term)
            last = "" if "@" in term else cut[-1]  # an address is looked for whole: every mail has an "example"
            groups |= dict.fromkeys(_group(token, token == last, spellings) for token in cut)
    number = words.strip()
    tickets = _tickets_of(tx, number) if len(terms) == 1 and _NUMBER.fullmatch(number) else ()
    return _Asked(tuple(terms), tuple(groups), tickets, simplified)


def _group(token: str, last: bool, spellings: Mapping[str, str]) -> Group:
    """Every spelling of a token."""
    if token > CJK:
        ways = product(*(spellings.get(each, each) for each in token))
        return tuple(("".join(way), len(token) == 1) for way in ways)
    return ((token, last and len(token) >= WHOLE_WORD),)


def _spellings(simplified: Mapping[int, int]) -> dict[str, str]:
    """Simplified character -> itself and its traditional forms."""
    found: dict[str, str] = {}
    for old, new in simplified.items():
        found[chr(new)] = found.get(chr(new), chr(new)) + chr(old)
    return found


def _fold(text: str, simplified: Mapping[int, int]) -> str:
    """The text as bigrams() reads it."""
    return unicodedata.normalize("NFKC", text).lower().translate(simplified)


def _tickets_of(tx: Connection, number: str) -> tuple[int, ...]:
    """The tickets with this number, or about an order with it."""
    ways = {number, number.upper(), number.lower()}
    found = sa.union(
        sa.select(ticket.c.id.label("id")).where(ticket.c.number.in_(ways)),
        sa.select(ticket_order.c.ticket_id).where(ticket_order.c.order_number.in_(ways)),
    )
    return tuple(tx.execute(found.order_by(sa.desc("id")).limit(TICKETS_OF_A_NUMBER)).scalars())


# What is found


def _candidates(tx: Connection, asked: _Asked, before: int | None, count: int) -> list[int]:
    """The newest mails that may be meant, below `before`."""
    top = before if before is not None else 2**62
    found = _index(tx).newest(tx, asked.groups, top, count) if asked.groups else []
    if asked.tickets:
        query = sa.select(mail.c.id).where(mail.c.ticket_id.in_(asked.tickets), mail.c.id < top)
        theirs = tx.execute(query.order_by(mail.c.id.desc()).limit(count)).scalars()
        found = sorted({*found, *theirs}, reverse=True)[:count]
    return found


def _meant(tx: Connection, ids: Sequence[int], asked: _Asked, mailbox: str | None) -> list[Found]:
    """Those of the candidates that belong to a ticket and really say what was asked, newest first."""
    if not ids:
        return []
    columns = (mail.c.id, mail.c.ticket_id, ticket.c.number, mail.c.received_at, *(mail.c[name] for name in FIELDS))
    query = sa.select(*columns).join(ticket, ticket.c.id == mail.c.ticket_id).where(mail.c.id.in_(ids))
    if mailbox is not None:
        query = query.where(mail.c.mailbox == mailbox)
    found = []
    for row in tx.execute(query.order_by(mail.c.id.desc())):
        text = _fold("\n".join((row.subject, row.words, row.sender_name, row.sender)), asked.simplified)
        if row.ticket_id in asked.tickets or all(term in text for term in asked.terms):
            line = _excerpt(row.words, asked)
            found.append(Found(row.id, row.ticket_id, row.number, row.subject, line, row.received_at))
    return found


def _excerpt(words: str, asked: _Asked) -> str:
    """One line of the mail around the first of the words that stands in it."""
    line = masked(" ".join(words.split()))  # before it is cut: half a number would not be known for one
    plain = line.lower().translate(asked.simplified)
    at = min((place for term in asked.terms if (place := plain.find(term)) >= 0), default=0)
    start = max(0, at - BEFORE_HIT) if len(line) > EXCERPT else 0
    end = start + EXCERPT
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


# The two databases


class _Fts5:
    """SQLite: a table of FTS5, whose lists of row ids are read from the newest on.

    It keeps the tokens beside its lists: what is to be deleted must be known, and SQLite before 3.43 cannot without.
    """

    # The tokenizer takes letters and digits of ASCII and everything beyond: a token of ours stays one.
    PUT = sa.text("INSERT OR REPLACE INTO mail_search (rowid, tokens) VALUES (:mail_id, :tokens)")
    REMOVE = sa.text("DELETE FROM mail_search WHERE rowid = :mail_id")
    FORGET = sa.text("INSERT INTO mail_search (mail_search) VALUES ('optimize')")
    NEWEST = sa.text(
        "SELECT rowid FROM mail_search WHERE mail_search MATCH :tokens AND rowid < :top"
        " ORDER BY rowid DESC LIMIT :count"
    )

    @staticmethod
    def row(mail_id: int, tokens: Sequence[str]) -> dict[str, Any]:
        return {"mail_id": mail_id, "tokens": " ".join(tokens)}

    @classmethod
    def newest(cls, tx: Connection, groups: Sequence[Group], top: int, count: int) -> list[int]:
        """The newest mails below `top` with a token of each group."""
        every = (" OR ".join(f'"{token}"{"*" * begins}' for token, begins in group) for group in groups)
        match = " AND ".join(f"({each})" for each in every)
        return list(tx.execute(cls.NEWEST, {"tokens": match, "top": top, "count": count}).scalars())


class _Gin:
    """PostgreSQL: tsvectors without positions, read from the newest on, then found by GIN."""

    PUT = sa.text(
        "INSERT INTO mail_search (mail_id, tokens) VALUES (:mail_id, array_to_tsvector(CAST(:tokens AS text[])))"
        " ON CONFLICT (mail_id) DO UPDATE SET tokens = excluded.tokens"
    )
    REMOVE = sa.text("DELETE FROM mail_search WHERE mail_id = :mail_id")
    FORGET = None  # vacuum
    LATEST = sa.text(
        "SELECT mail_id FROM (SELECT mail_id, tokens FROM mail_search WHERE mail_id < :top"
        " ORDER BY mail_id DESC LIMIT :window) AS latest"
        " WHERE tokens @@ CAST(:tokens AS tsquery) ORDER BY mail_id DESC LIMIT :count"
    )
    # Materialized: or the planner may walk all mails in order, for a word that none of them has.
    NEWEST = sa.text(
        "WITH hits AS MATERIALIZED ("
        "SELECT mail_id FROM mail_search WHERE tokens @@ CAST(:tokens AS tsquery) AND mail_id < :top)"
        " SELECT mail_id FROM hits ORDER BY mail_id DESC LIMIT :count"
    )

    @staticmethod
    def row(mail_id: int, tokens: Sequence[str]) -> dict[str, Any]:
        return {"mail_id": mail_id, "tokens": tokens}

    @classmethod
    def newest(cls, tx: Connection, groups: Sequence[Group], top: int, count: int) -> list[int]:
        """The newest mails below `top` with a token of each group."""
        every = (" | ".join(f"'{token}'{':*' * begins}" for token, begins in group) for group in groups)
        of = {"tokens": " & ".join(f"({each})" for each in every), "top": top, "count": count}
        latest = list(tx.execute(cls.LATEST, {**of, "window": WINDOW}).scalars())
        return latest if len(latest) == count else list(tx.execute(cls.NEWEST, of).scalars())


def _index(tx: Connection) -> type[_Fts5 | _Gin]:
    return _Fts5 if tx.dialect.name == "sqlite" else _Gin
