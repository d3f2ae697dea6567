"""Which ticket does a mail belong to? Our signed token, then References of the same sender, then more.

An order number can be guessed: another sender's mail is never joined by it, only linked.
The subject alone joins nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailbot.core.facts import Facts
from mailbot.core.mail import Mail
from mailbot.core.reply import bare_subject
from mailbot.core.trust import Trust

How = Literal["token", "reference", "number", "order", "subject", "burst"]

# A closed ticket takes a new mail about its order number, or an answer to its subject, for so long.
REMEMBERED = timedelta(days=30)

# What a customer writes so soon after a first mail belongs to it: "忘了说,订单号是..." (002-12).
BURST = timedelta(minutes=10)

MOST_SUBJECT = 2_000  # characters; each answer prefix costs a copy of the rest

TICKET_NUMBER = re.compile(r"(?<!\d)(20\d{6}-\d{4,6})(?!\d)")

HOW_WORDS: dict[How, str] = {
    "token": "邮件带有我们签名的标记",
    "reference": "回复了该工单中的邮件",
    "number": "主题中写有工单号",
    "order": "提到了同一订单号",
    "subject": "回复同一主题",
    "burst": "同一客户几分钟内的又一封来信",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """What to look a mail's ticket up by."""

    tokens: tuple[str, ...]  # ticket numbers out of verified tokens
    message_ids: tuple[str, ...]  # In-Reply-To first, then References from the newest back
    numbers: tuple[str, ...]  # ticket numbers in the subject
    orders: tuple[str, ...]
    subject: str | None  # bare, when the mail says it is an answer


@dataclass(frozen=True, slots=True)
class Clue:
    """A ticket that one of the keys leads to."""

    how: How
    ticket_id: int
    number: str
    customer: str
    open: bool
    last_at: datetime  # closed, or last changed
    what: str  # the key's value, as agents see it


@dataclass(frozen=True, slots=True)
class Link:
    ticket_id: int
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The ticket to join (None: open a new one), why, and the tickets it may belong to."""

    ticket_id: int | None
    reason: str
    linked: tuple[Link, ...] = ()


def keys(mail: Mail, facts: Facts, tokens: tuple[str, ...]) -> Keys:
    """What this mail can be looked up by. `tokens`: ticket numbers whose signature in the mail is ours."""
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    subject = mail.subject[:MOST_SUBJECT].strip()
    answers = bare_subject(subject) != subject
    return Keys(
        tokens,
        tuple(ids)[:50],
        tuple(dict.fromkeys(TICKET_NUMBER.findall(subject)))[:5],
        tuple(dict.fromkeys(fact.value for fact in facts.order_numbers if fact.sure))[:10],
        subject_key(subject) if answers else None,
    )


def subject_key(subject: str) -> str:
    """The subject without answer prefixes, folded for comparison."""
    return " ".join(bare_subject(subject).split()).casefold()[:200]


def place(clues: tuple[Clue, ...], sender: str, trust: Trust, now: datetime) -> Placement:
    """Choose among the clues; `sender` is the From address, lower case."""
    joined: Clue | None = None
    linked: dict[int, Link] = {}
    # Strongest evidence first; within one kind the open ticket, then the newest.
    rank = ("token", "reference", "number", "order", "subject", "burst")
    for clue in sorted(clues, key=lambda c: (rank.index(c.how), not c.open, -c.last_at.timestamp())):
        refusal = _refusal(clue, sender, trust, now)
        if joined is None and refusal is None:
            joined = clue
        elif refusal != "" and clue.how not in ("subject", "burst"):
            reason = _words(clue) + (f",但{refusal}" if refusal else "")
            linked.setdefault(clue.ticket_id, Link(clue.ticket_id, clue.number, reason))
    if joined is not None:
        linked.pop(joined.ticket_id, None)
        return Placement(joined.ticket_id, _words(joined), tuple(linked.values()))
    return Placement(None, "没有找到所属工单,新建", tuple(linked.values()))


def _words(clue: Clue) -> str:
    return f"{HOW_WORDS[clue.how]} {clue.what}".rstrip()


def _refusal(clue: Clue, sender: str, trust: Trust, now: datetime) -> str | None:
    """Why this clue may not join the mail: None: it may; "": not even worth a link."""
    if clue.how == "token":
        return None
    if clue.customer != sender:
        return "发件人不同"
    if trust.level == "fail":
        return "发件人身份验证失败"
    if clue.how in ("order", "subject") and not clue.open and now - clue.last_at > REMEMBERED:
        return "" if clue.how == "subject" else "该工单关闭已超过 30 天"
    return None
