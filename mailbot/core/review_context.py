"""What a ticket, the mail that is answered and the rules know, as the context of a review. Pure."""

from __future__ import annotations

from mailbot.core.knowledge import Knowledge
from mailbot.core.policy import Policy
from mailbot.core.review_answers import BY_CATEGORY
from mailbot.core.review_facts import Context
from mailbot.core.rules import RuleBook
from mailbot.core.settling import owed
from mailbot.core.ticket import Ticket
from mailbot.core.understand import Understood


def context_of(ticket: Ticket, understood: Understood | None, book: RuleBook, texts: tuple[str, ...]) -> Context:
    """All but `allowed` and what only the draft knows (language, kind, by_agent).

    `texts`: what may be said on this ticket: its facts, the customer's mail, the order, the company's own.
    `understood` is None for mails that answer none.
    """
    own = understood is not None and understood.sender == ticket.customer
    name = understood.facts.customer_name if understood and own else None
    return Context(
        customer=ticket.customer,
        sender=understood.sender if understood else None,
        reply_to=tuple(each.address for each in understood.mail.reply_to) if understood else (),
        customer_words=understood.body.new if understood else "",
        policy=book.policy,
        checks=book.checks,
        catalogue=book.orders,
        simplified=book.simplified,
        parts=_parts(ticket),
        elderly=_elderly(ticket, understood),
        customer_name=name.value if name and name.sure else "",
        customer_title=(understood.facts.customer_title or "") if understood and own else "",
        known_texts=texts,
        policy_texts=published(book.policy, book.knowledge),
    )


def published(policy: Policy, knowledge: Knowledge) -> tuple[str, ...]:
    """Everything that customers may be told of the company's policy."""
    plans = policy.plans.values()
    told = [words for plan in plans for words in (*plan.name, *plan.basis, *plan.time, *plan.pros, *plan.cons)]
    for entry in knowledge.entries:
        for section in entry.sections if entry.for_customers else ():
            told += [section.heading, *section.sentences, *section.more]
    return tuple(told)


def _parts(ticket: Ticket) -> tuple[str, ...]:
    """Only the first answer has all parts: what comes later goes on where that left off."""
    first = ticket.asked_at is None or ticket.asked_at == ticket.opened_at
    return BY_CATEGORY.get(ticket.category, ()) if first and owed(ticket, "answer") else ()


def _elderly(ticket: Ticket, understood: Understood | None) -> bool:
    if ticket.elderly is not None:
        return ticket.elderly
    told = understood is not None and understood.facts.elderly is not None
    return told or any(code == "elderly" for code, _ in ticket.facts)
