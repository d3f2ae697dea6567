"""What follows when a mail arrives for a ticket: the table CHECKS, first to speak wins.

Follow-ups never lower what is owed: an open answer promise stays, a graver mail raises category and priority.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import MACHINE, Decision, DraftEnd, DraftWanted, Entry, More, Settled
from mailbot.core.endings import open_again
from mailbot.core.facts import Fact, Facts
from mailbot.core.ladder import hold_at
from mailbot.core.office import Office
from mailbot.core.promises import Promise
from mailbot.core.ratings import Rating, opts_out, read_rating
from mailbot.core.replies import PART_NAMES
from mailbot.core.revisits import DISSATISFIED, opted_out, rated
from mailbot.core.settling import AFTERWARDS, kept, not_owed, owed, superseded, superseded_replies, withdrawn
from mailbot.core.teamwork import given_to, new_owner
from mailbot.core.ticket import (
    STATE_NAMES,
    BounceArrived,
    MailArrived,
    OptedOut,
    Rated,
    State,
    Ticket,
    after,
)
from mailbot.core.triage import Triage, stands_beside

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
        concerns=_concerns(found),
    )


def _concerns(found: Triage) -> tuple[tuple[str, str], ...]:
    return tuple((each.category, each.topic) for each in found.concerns)


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


def _opts_out(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision | None:
    if ticket.resolved_at is None or not opts_out(event.understood.body.new) or not _is_customers(ticket, event):
        return None
    return opted_out(ticket, OptedOut("mail", event.mail_id), now)


def _is_rating(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> Decision | None:
    """The customer's answer to our revisit, in their own words; who is not satisfied gets an answer (001-32)."""
    found = _rating(ticket, event)
    if found is None:
        return None
    given = Rated(found.score, found.reason, "mail", mail_id=event.mail_id)
    counted = rated(ticket, given, office, now)
    if counted.refused is not None:
        return None
    if found.score > DISSATISFIED and not found.more:
        return counted
    # What the mail says besides wants an answer of its own; the ticket is open again.
    # The case stays what it was about: "不满意" makes a fault no complaint.
    triage = replace(event.understood.triage, category="revisit", topic="rating")
    asked = replace(event, understood=replace(event.understood, triage=triage))
    answer = _wants_an_answer(replace(ticket, score=found.score, score_reason=found.reason), asked, office, now)
    assert answer is not None
    unhappy = found.score <= DISSATISFIED
    more: tuple[tuple[str, More], ...] = (("topic", "still_broken" if unhappy else "rating"),)
    promised = {each.kind: each for each in (*counted.promised, *answer.promised)}
    return replace(
        answer,
        journal=(*(counted.journal if unhappy else counted.journal[:1]), *answer.journal),
        promised=tuple(promised.values()) if unhappy else answer.promised,
        drafts=tuple(replace(each, template="revisit", more=more) for each in answer.drafts),
        reminders=(*counted.reminders, *answer.reminders),
        rated=given,
    )


def _rating(ticket: Ticket, event: MailArrived) -> Rating | None:
    """The rating in this mail, where one was asked for or the mail is plainly about how it went."""
    if ticket.resolved_at is None or ticket.score is not None or not _is_customers(ticket, event):
        return None
    if ticket.revisited_at is None and event.understood.triage.topic != "rating":
        return None
    return read_rating(event.understood.body.new)


def _is_customers(ticket: Ticket, event: MailArrived) -> bool:
    return event.understood.sender == ticket.customer and event.understood.trust.level != "fail"


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
    state = after(ticket.state, "mail") or ticket.state
    again = state != ticket.state and ticket.state in (State.RESOLVED, State.CLOSED)
    changed = open_again(changed, state, now) if again else replace(changed, state=state, updated_at=now)
    changed = replace(changed, waiting_on="us", asked_at=now, hush="" if not _hush(event) else changed.hush)
    acknowledge, why = _acknowledge(ticket, event, office, now)
    if new:
        changed = _new(changed, event, office)
    promised, settled = _promises(ticket, changed, event, office, now)
    drafts, ended = _drafts(ticket, changed, event, office)
    if again:
        ended = (*ended, *superseded(ticket, ("revisit",), MACHINE, "问题重新打开"))
    supplied, reasons = _supplied(ticket, changed, event, now)
    journal = [Entry("opened" if new else "mail", MACHINE, (*_why(ticket, changed, event), *reasons), event.mail_id)]
    if new:
        journal.append(Entry("acknowledge" if acknowledge else "no_acknowledge", MACHINE, (why,)))
        journal.append(Entry("routed", MACHINE, (event.routed or "没有指定负责人",)))
    if acknowledge:
        drafts = (*drafts, DraftWanted("acknowledgement", "acknowledgement", changed.language, event.mail_id))
    return Decision(
        changed,
        tuple(journal),
        promised=promised,
        settled=(*settled, *supplied),
        reminders=(new_owner(changed),) if new and changed.owner else (),
        drafts=drafts,
        ended=ended,
        linked=event.placement.linked,
        use_quota=acknowledge,
    )


def _new(ticket: Ticket, event: MailArrived, office: Office) -> Ticket:
    """Whose it is, and whether machines may write to this customer at all."""
    topic = office.book.topics.get((ticket.category, ticket.topic))
    return replace(ticket, department=topic.route if topic else "", owner=event.owner, hush=_hush(event))


def _hush(event: MailArrived) -> str:
    """Why no automatic mail goes to this sender (docs/automail.md); a person's reply lifts it."""
    understood = event.understood
    if understood.triage.topic == "spam":
        return "疑似垃圾邮件"
    if understood.trust.level == "fail":
        return understood.trust.reason
    return "" if understood.automail.may_acknowledge else understood.automail.reason


def _supplied(
    before: Ticket, now_is: Ticket, event: MailArrived, now: datetime
) -> tuple[tuple[Settled, ...], tuple[str, ...]]:
    """What the customer was asked for and has sent (002-27)."""
    material = owed(before, "material")
    if material is None or material.id is None or event.understood.sender != before.customer:
        return (), ()
    came = tuple(PART_NAMES.get(code, code) for code in before.missing if code not in now_is.missing)
    left = tuple(PART_NAMES.get(code, code) for code in now_is.missing if code in before.missing)
    reasons = [f"客户已补充:{'、'.join(came)}"] if came else []
    reasons += [f"仍缺:{'、'.join(left)}"] if left else []
    return (Settled(material.id, kept(material, now), "客户已来信"),), tuple(reasons)


Check = Callable[[Ticket, MailArrived, Office, datetime], Decision | None]
CHECKS: tuple[Check, ...] = (
    _is_from_a_machine,  # before all: a machine's words decide nothing
    _opts_out,  # before ratings: who says so wants none of it
    _is_rating,  # before thanks: "很满意,谢谢" is both
    _is_thanks,  # before the rest: it wants no answer
    _wants_an_answer,
)


_UNDELIVERED = "之前的邮件没有送达"


def bounce_arrived(ticket: Ticket, event: BounceArrived, office: Office, now: datetime) -> Decision:
    """A report about our own mail: what did not reach the customer is owed again."""
    judged = event.understood.automail
    changed = replace(ticket, updated_at=now)
    if not event.failed or event.kind == "acknowledgement":
        return Decision(changed, (Entry("report", MACHINE, (judged.reason,), event.mail_id),))
    if event.kind != "reply":
        words = f"自动邮件没有送达:{'、'.join(event.failed)}"
        entry = Entry("bounced", MACHINE, (words, judged.reason, "请核对地址或改用其他方式联系客户"), event.mail_id)
        return Decision(replace(changed, hush=_UNDELIVERED), (entry,))
    reasons = (
        f"我们的回复没有送达:{'、'.join(event.failed)}",
        judged.reason,
        "请核对地址或改用其他方式联系客户",
    )
    state = after(ticket.state, "mail") or ticket.state
    changed = open_again(changed, state, now) if ticket.resolved_at else replace(changed, waiting_on="us", state=state)
    return Decision(
        replace(changed, hush=_UNDELIVERED),
        (Entry("bounced", MACHINE, reasons, event.mail_id),),
        promised=office.promises(not_owed(ticket, ("answer", "solve", "progress")), changed.case, now),
        settled=withdrawn(ticket, AFTERWARDS, "问题重新打开"),
    )


ONCE = (
    "product",
    "model",
    "serial",
    "happened_at",
    "symptom",
    "demand",
    "place",
    "tried",
    "extent",
    "account",
    "elderly",
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
    for code in ONCE:
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
    if any(each.content_type.lower().startswith(("image/", "video/")) for each in event.understood.mail.attachments):
        codes.add("photo")
    graver = CATEGORY_RANK.index(found.category) > CATEGORY_RANK.index(ticket.category)
    pairs = ((found.category, found.topic), (ticket.category, ticket.topic))
    (category, topic), other = pairs if graver else pairs[::-1]
    beside = (other,) if stands_beside(other, (category, topic)) and ticket.waiting_on == "us" else ()
    missing = found.missing if graver else ticket.missing
    priority = max(ticket.priority, found.priority, key=PRIORITY_RANK.index)
    return replace(
        ticket,
        category=category,
        topic=topic,
        priority=priority,
        mood=found.mood,
        facts=known,
        concerns=tuple(dict.fromkeys((*ticket.concerns, *beside, *_concerns(found)))),
        missing=tuple(code for code in missing if code not in codes),
        confidence=found.confidence if graver else ticket.confidence,
    )


def _promises(
    before: Ticket, now_is: Ticket, event: MailArrived, office: Office, now: datetime
) -> tuple[tuple[Promise, ...], tuple[Settled, ...]]:
    """What this mail makes us owe. A standing promise keeps its time, unless the case has become graver."""
    start = min(event.received_at, now)
    fresh = office.promises(("answer", "solve"), now_is.case, start)
    settled = list(withdrawn(before, AFTERWARDS, "问题重新打开"))
    promised: list[Promise] = []
    for each in fresh:
        standing = owed(before, each.kind)
        if standing is None:
            promised.append(each)
        elif now_is.priority != before.priority and each.due_at < standing.due_at and standing.id is not None:
            # The customer waits since the first mail: its 24 hours go on (000-36).
            began = min(standing.began_at or start, start)
            promised.append(office.planned(replace(each, began_at=began), now_is.case))
            settled.append(Settled(standing.id, "withdrawn", "问题等级提高,改按更早的时限"))
    begins = ["progress"]
    if now_is.handled_at is None:
        begins.append("start")
    if now_is.topic == "suggestion" and before.id is None:
        begins.append("suggestion")
    promised += office.promises(not_owed(before, begins), now_is.case, start)
    if before.id is None and now_is.owner is not None:
        promised += given_to(now_is, office, now)
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


def _acknowledge(ticket: Ticket, event: MailArrived, office: Office, now: datetime) -> tuple[bool, str]:
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
    if now >= hold_at(min(event.received_at, now), office.book.limits, office.hours):
        return False, "来信已久,不再确认收到,直接说明何时答复"
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
