"""An agent's word on what a mail is about is kept as a verdict, beside the change of the ticket."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from mailbot.core.learning import sample
from mailbot.core.rules import RuleBook
from mailbot.core.ticket import Corrected, Ticket
from mailbot.store import lists, verdicts
from mailbot.store.verdicts import NewVerdict

LOOKED_AT = 10  # of a ticket's mails, the oldest, for the one its category comes from


def keep(tx: Connection, book: RuleBook, before: Ticket, event: Corrected, now: datetime) -> None:
    """000-13: corrections and confirmations are both verdicts. `before`: the ticket as it stood. A ticket without a
    person's mail gives none, and neither does a button that is pressed twice.
    """
    assert before.id is not None
    mail_id = judged_mail(tx, book, before.id, f"{before.category}/{before.topic}")
    known = verdicts.of_ticket(tx, before.id)
    said = (mail_id, event.category, event.topic, event.priority)
    if mail_id is None or said in [(row.mail_id, row.category, row.topic, row.priority) for row in known]:
        return
    new = NewVerdict(
        mail_id=mail_id,
        ticket_id=before.id,
        agent=event.agent,
        category=event.category,
        topic=event.topic,
        priority=event.priority,
        said_category=before.category,
        said_topic=before.topic,
    )
    verdicts.add(tx, new, now)


def judged_mail(tx: Connection, book: RuleBook, ticket_id: int, key: str) -> int | None:
    """The mail that a ticket's category speaks of: the first that the rules take for it, else the first of all.

    A ticket keeps its category over follow-ups that are not graver, so mostly it is the mail that opened it.
    """
    mails = [row for row in lists.mails_of(tx, ticket_id) if row.kind == "human" and (row.words or row.subject)]
    for row in mails[:LOOKED_AT] if len(mails) > 1 else ():
        if sample(row.subject, row.words, book).rules == key:
            return int(row.id)
    return int(mails[0].id) if mails else None
