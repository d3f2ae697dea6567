"""What follows when a mail arrives for a ticket: the table CHECKS, first to speak wins.

Follow-ups never lower what is owed: an open answer promise stays, a graver mail raises category and priority.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import (
    MACHINE,
    Decision,
    DraftEnd,
    DraftWanted,
    Entry,
    Settled,
    ended_revisit,
    superseded_replies,
)
from mailbot.core.facts import Fact, Facts
from mailbot.core.office import Office
from mailbot.core.promises import Promise
from mailbot.core.ticket import STATE_NAMES, BounceArrived, MailArrived, State, Ticket, after

# The graver one leads when a follow-up speaks of something else than the ticket did.
CATEGORY_RANK = ("other", "revisit", "enquiry", "request", "fault", "complaint")
PRIORITY_RANK = ("normal", "important", "urgent")


def open_ticket(event: MailArrived, number: str, mailbox: str, now: datetime) -> Ticket:
    """A fresh ticket for this mail, before anything is decided about it."""
    understood = event.understood
    found = understood.triage
    return Ticket(
        number=number,
        mailbox=mailbox,
        customer=understood.sender,
        subject=understood.mail.subject[:300],
        language=understood.language,
        category=found.category,
        topic=found.topic,
        priority=found.priority,
        state=State.PENDING,
        waiting_on="us",
        opened_at=min(event.received_at, now),
        updated_at=now,
        mood=found.mood,
        confidence=found.confidence,
        missing=found.missing,
        facts=facts_pairs(understood.facts),
    )


def mail_arrived(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision:
    """Apply CHECKS to a mail that belongs to this ticket."""
    for check in CHECKS:
        decision = check(ticket, event, office, now)
        if decision is not None:
            return decision
    raise AssertionError("the last check always decides")


def _is_from_a_machine(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision | None:
    judged = event.understood.automail
    if judged.kind == "human":
        return None
    reasons = (judged.reason, "仅作记录,不重新打开工单,不回复")
    return Decision(replace(ticket, updated_at=now), (Entry("auto_mail", MACHINE, reasons, event.mail_id),))


def _is_thanks(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision | None:
    found = event.understood.triage
    new = ticket.id is None
    if new or found.category != "revisit" or found.topic != "thanks":
        return None
    state = after(ticket.state, "thanks")
    if state is None:  # an open ticket is not answered by the customer's thanks
        state = ticket.state
    entry = Entry("thanks", MACHINE, (event.placement.reason, "客户致谢,无需回复", *found.reasons), event.mail_id)
    return Decision(replace(ticket, state=state, updated_at=now), (entry,))


def _wants_an_answer(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision | None:
    new = ticket.id is None
    changed = ticket if new else _merged(ticket, event)
    changed = replace(changed, waiting_on="us", updated_at=now, asked_at=now, resolved_at=None, closed_at=None)
    state = after(ticket.state, "mail") or ticket.state
    changed = replace(changed, state=state)
    promised, settled = _promises(ticket, changed, event, office, now)
    drafts, ended = _drafts(ticket, changed, event, office)
    journal = [Entry("opened" if new else "mail", MACHINE, _why(ticket, changed, event), event.mail_id)]
    acknowledge, why = _acknowledge(ticket, event)
    if new:
        journal.append(Entry("acknowledge" if acknowledge else "no_acknowledge", MACHINE, (why,)))
    if acknowledge:
        drafts = (*drafts, DraftWanted("acknowledgement", "acknowledgement", changed.language, event.mail_id))
    return Decision(
        changed,
        tuple(journal),
        promised=promised,
        settled=settled,
        drafts=drafts,
        ended=ended,
        linked=event.placement.linked,
        use_quota=acknowledge,
    )


Check = Callable[[Ticket, MailArrived, Office, datetime], Decision | None]
CHECKS: tuple[Check, ...] = (
    _is_from_a_machine,  # before all: a machine's words decide nothing
    _is_thanks,  # before the rest: it wants no answer
    _wants_an_answer,
)


def bounce_arrived(ticket: Ticket, event: BounceArrived, office: Office, now: datetime) -> Decision:
    """A report about our own mail: what did not reach the customer is owed again."""
    judged = event.understood.automail
    changed = replace(ticket, updated_at=now)
    if not event.failed or event.kind == "acknowledgement":
        return Decision(changed, (Entry("report", MACHINE, (judged.reason,), event.mail_id),))
    reasons = (
        f"我们的回复没有送达:{'、'.join(event.failed)}",
        judged.reason,
        "请核对地址或改用其他方式联系客户",
    )
    promised = () if _open(ticket, "answer") else (office.promise("answer", ticket.priority, now),)
    state = after(ticket.state, "mail") or ticket.state
    changed = replace(changed, waiting_on="us", state=state, resolved_at=None, closed_at=None)
    settled = _end_revisit(ticket, state)
    return Decision(
        changed,
        (Entry("bounced", MACHINE, reasons, event.mail_id),),
        promised=(*promised, *_solve_if_none(ticket, changed, office, now)),
        settled=settled,
    )


def facts_pairs(found: Facts) -> tuple[tuple[str, str], ...]:
    """Facts as the ticket keeps them: (code, value) pairs of what is sure."""
    pairs: list[tuple[str, str]] = []
    many: tuple[tuple[str, tuple[Fact, ...]], ...] = (
        ("order_number", found.order_numbers),
        ("tracking_number", found.tracking_numbers),
        ("phone", found.phones),
        ("people", found.people),
    )
    for code, several in many:
        pairs += [(code, fact.value) for fact in several if fact.sure]
    for code in ("product", "model", "serial", "happened_at", "symptom", "demand"):
        fact: Fact | None = getattr(found, code)
        if fact is not None:
            pairs.append((code, fact.value))
    if found.customer_name is not None:
        pairs.append(("name", found.customer_name.value))
    return tuple(dict.fromkeys(pairs))


def _merged(ticket: Ticket, event: MailArrived) -> Ticket:
    """The ticket with what this follow-up adds: more facts, a graver category, a higher priority."""
    found = event.understood.triage
    known = tuple(dict.fromkeys((*ticket.facts, *facts_pairs(event.understood.facts))))
    codes = {code for code, _ in known}
    graver = CATEGORY_RANK.index(found.category) > CATEGORY_RANK.index(ticket.category)
    category, topic = (found.category, found.topic) if graver else (ticket.category, ticket.topic)
    missing = found.missing if graver else ticket.missing
    priority = max(ticket.priority, found.priority, key=PRIORITY_RANK.index)
    return replace(
        ticket,
        category=category,
        topic=topic,
        priority=priority,
        mood=found.mood,
        facts=known,
        missing=tuple(code for code in missing if code not in codes),
        confidence=found.confidence if graver else ticket.confidence,
    )


def _promises(
    before: Ticket, now_is: Ticket, event: MailArrived, office: Office, now: datetime
) -> tuple[tuple[Promise, ...], tuple[Settled, ...]]:
    start = min(event.received_at, now)
    promised: list[Promise] = []
    settled = list(_end_revisit(before, now_is.state))
    for kind in ("answer", "solve"):
        fresh = office.promise(kind, now_is.priority, start)
        standing = _open(before, kind)
        if standing is None:
            promised.append(fresh)
        elif now_is.priority != before.priority and fresh.due_at < standing.due_at and standing.id is not None:
            promised.append(fresh)
            settled.append(Settled(standing.id, "withdrawn", "问题等级提高,改按更早的时限"))
    return tuple(promised), tuple(settled)


def _drafts(
    before: Ticket, now_is: Ticket, event: MailArrived, office: Office
) -> tuple[tuple[DraftWanted, ...], tuple[DraftEnd, ...]]:
    ended = superseded_replies(before, MACHINE, "客户又来信")
    topic = office.book.topics.get((now_is.category, now_is.topic))
    template = topic.template if topic else now_is.category
    if event.understood.automail.may_answer == "no" or not template or not now_is.customer:
        return (), ended
    return (DraftWanted("reply", template, event.understood.language, event.mail_id),), ended


def _acknowledge(ticket: Ticket, event: MailArrived) -> tuple[bool, str]:
    """May an acknowledgement go out, and why (docs/automail.md rows 12 and 13)."""
    understood = event.understood
    if ticket.id is not None:
        return False, "不是新工单"
    if not understood.automail.may_acknowledge:
        return False, understood.automail.reason
    if understood.triage.topic == "spam":
        return False, "疑似垃圾邮件"
    if understood.trust.level == "fail":
        return False, understood.trust.reason
    if not event.quota_free:
        return False, "24 小时内已向该地址发过确认信"
    return True, "新工单,自动确认收到"


def _why(before: Ticket, now_is: Ticket, event: MailArrived) -> tuple[str, ...]:
    understood = event.understood
    reasons = [event.placement.reason, *understood.triage.reasons]
    if understood.trust.level == "fail":
        reasons.append(understood.trust.reason)
    if understood.automail.may_answer == "warn":
        reasons.append(understood.automail.reason)
    if before.id is not None and understood.sender != before.customer:
        reasons.append("发件人与工单客户不同,回复前请核实身份")
    if now_is.state != before.state:
        reasons.append(f"{STATE_NAMES[before.state]} → {STATE_NAMES[now_is.state]}")
    return tuple(reasons)


def _open(ticket: Ticket, kind: str) -> Promise | None:
    return next((promise for promise in ticket.promises if promise.kind == kind), None)


def _end_revisit(ticket: Ticket, state: State) -> tuple[Settled, ...]:
    if state in (State.RESOLVED, State.CLOSED):
        return ()
    return ended_revisit(ticket)


def _solve_if_none(ticket: Ticket, now_is: Ticket, office: Office, now: datetime) -> tuple[Promise, ...]:
    if _open(ticket, "solve") or now_is.state in (State.RESOLVED, State.CLOSED):
        return ()
    return (office.promise("solve", now_is.priority, now),)
