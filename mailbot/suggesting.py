"""What the drafting help is asked about a draft, and whether the draft is the better for its answer.

Pure given the templates. The template's draft is the measure: words may be added to it, nothing of it may change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from mailbot.core.helping import Allowed, Question, names_of
from mailbot.core.masking import masked, secrets_of
from mailbot.core.review_table import CHECK_TABLE
from mailbot.core.ticket import Ticket
from mailbot.core.understand import Understood
from mailbot.drafting import ASSISTED, Desktop, published_for
from mailbot.store.tickets import NewDraft

# Stands for a suggestion where one is only tried on.
TRIAL = {"zh": "您描述的情况我们都看明白了。", "en": "We have understood everything that you describe."}


@dataclass(frozen=True, slots=True)
class Asking:
    """One draft to ask about: the masked question, and what the answer is held against."""

    draft_id: int
    version: int
    template: str
    language: str
    question: Question
    allowed: Allowed


def asking(desktop: Desktop, ticket: Ticket, understood: Understood, row: Row[Any], now: datetime) -> Asking:
    """The question about this draft. Nothing in it says who the customer is."""
    secrets, patterns = secrets_of(ticket, understood), desktop.office.book.orders
    language = "zh" if row.language == "zh" else "en"

    def hidden(text: str) -> str:
        return masked(text, secrets, patterns, language).text

    words = f"{understood.mail.subject}\n{understood.body.new}"
    topic = desktop.office.book.topics.get((ticket.category, ticket.topic))
    question = Question(
        language=language,
        topic=topic.name[language] if topic else ticket.category,
        mood=ticket.mood,
        words=hidden(words),
        draft=hidden(row.text),
        knowledge=tuple(map(hidden, published_for(desktop, ticket, understood, language))),
    )
    names = tuple(names_of(tuple(each.value for each in secrets if each.kind in ("customer", "person"))))
    allowed = Allowed(
        language=language,
        draft=row.text,
        words=words,
        names=names,
        checks=desktop.office.book.checks,
        hours=desktop.office.hours,
        now=now,
    )
    return Asking(row.id, row.version, row.template, row.language, question, allowed)


def unfit(row: Row[Any], plain: NewDraft, helped: NewDraft, words: str) -> str:
    """Why the draft with these words may not take the place of the stored one; empty: it may.

    `plain` and `helped`: the draft as its template makes it now, without and with them.
    """
    if helped.template is None or (plain.subject, plain.text) != (row.subject, row.text):
        return "草稿所依据的内容已有变化"
    before, found, behind = helped.text.partition(words)
    if not found:
        return "这份模板没有可以补充的地方"
    if f"{before} {behind}".split() != plain.text.split() or helped.subject != plain.subject:
        return "会改动模板原有的话"
    if len(helped.pledges) > len(plain.pledges) or helped.asks != plain.asks:
        return "多了承诺或提问"
    old = {(each["check"], each["message"]) for each in plain.findings}
    new = [each for each in helped.findings if each["check"] != ASSISTED]
    more = [each["check"] for each in new if (each["check"], each["message"]) not in old]
    if (helped.blocked and not plain.blocked) or len(new) > len(plain.findings):
        return "审核意见增多：" + "；".join(CHECK_TABLE[code].what if code in CHECK_TABLE else code for code in more)
    return ""
