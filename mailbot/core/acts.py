"""What follows when an agent does something to a ticket: take, note, plan, wait, correct, move a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import (
    MACHINE,
    SUPERVISORS,
    Decision,
    DraftEnd,
    DraftWanted,
    Entry,
    Note,
    Reminder,
    Settled,
)
from mailbot.core.endings import closed_with
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES, Promise, made
from mailbot.core.settling import (
    AFTERWARDS,
    by_id,
    done,
    is_urgent,
    kept,
    machines_replies,
    not_owed,
    owed,
    plan_wanted,
    refused,
    superseded_replies,
    withdrawn,
    worked,
)
from mailbot.core.solutions import excessive
from mailbot.core.ticket import (
    STATE_NAMES,
    Corrected,
    Escalated,
    MailMoved,
    Noted,
    Planned,
    PromiseEnded,
    Taken,
    Ticket,
    Waiting,
    after,
)

# What an agent may end by hand; the others end by what is done for the customer.
ENDED_BY_HAND = ("pledge", "material", "department", "suggestion", "care", "plan")
NEWS_LINES = 10


def taken(ticket: Ticket, event: Taken, office: Office, now: datetime) -> Decision:
    state = after(ticket.state, "take")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能领取;如需继续处理请先重新打开")
    changed, settled = worked(ticket, event.agent, now)
    changed = replace(changed, owner=event.agent, state=state)
    return Decision(changed, (Entry("taken", event.agent),), settled=settled, promised=plan_wanted(ticket, office, now))


def noted(ticket: Ticket, event: Noted, office: Office, now: datetime) -> Decision:
    """An internal note; one for the customer is told in the progress mail of its day (001-25)."""
    text = event.text.strip()
    if not text:
        return refused(ticket, "备注内容为空")
    changed, settled = worked(ticket, event.agent, now)
    if event.for_customer:
        earlier = ticket.news if ticket.news_at and office.hours.same_day(ticket.news_at, now) else ()
        changed = replace(changed, news=(*earlier, " ".join(text.split()))[-NEWS_LINES:], news_at=now)
    late = event.for_customer and ticket.written_at is not None and office.hours.same_day(ticket.written_at, now)
    warning = ("今天已写信给客户,这条不会自动告知;需要告知请直接回复",) if late else ()
    entry = Entry("news" if event.for_customer else "note", event.agent, warning)
    return Decision(changed, (entry,), settled=settled, note=Note(event.agent, text, event.for_customer))


def planned(ticket: Ticket, event: Planned, office: Office, now: datetime) -> Decision:
    """The plan is on record (001-17, 001-42); the day it is to be done becomes a promise."""
    plan = event.plan.strip()
    state = after(ticket.state, "work")
    if not plan:
        return refused(ticket, "请写明处理方案")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能再定方案;如需继续处理请先重新打开")
    if event.ready_by is not None and event.ready_by <= now:
        return refused(ticket, "预计完成时间已经过去")
    if why := excessive(plan, office.book.policy):
        return refused(ticket, why)
    changed, settled = worked(ticket, event.agent, now)
    changed = replace(changed, plan=plan, state=state, owner=ticket.owner or event.agent)
    promised: tuple[Promise, ...] = ()
    if event.ready_by is not None:
        owes = made("pledge", now, event.ready_by, f"处理方案:“{plan[:60]}”", office.hours)
        promised = (office.planned(replace(owes, about=plan[:200], party="plan"), ticket.case),)
    return Decision(
        changed,
        (Entry("planned", event.agent, (plan,)),),
        promised=promised,
        settled=(*settled, *done(ticket, ("plan",), "已有处理方案", now)),
    )


def waiting(ticket: Ticket, event: Waiting, office: Office, now: datetime) -> Decision:
    """Whose turn it is; what we wait for has its own time limit."""
    if after(ticket.state, "work") is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},没有在等谁")
    if event.on == "department" and owed(ticket, "department") is None:
        return refused(ticket, "还没有转给任何部门;请先转交")
    promised: tuple[Promise, ...] = ()
    if event.on == "customer" and owed(ticket, "material") is None:
        promised = office.promises(("material",), ticket.case, now)
    words = {"us": "由我们处理", "customer": "等待客户", "department": "等待部门"}[event.on]
    settled = withdrawn(ticket, ("material",), "不再等待客户") if event.on == "us" else ()
    return Decision(
        replace(ticket, waiting_on=event.on, updated_at=now),
        (Entry("waiting", event.agent, (words,)),),
        promised=promised,
        settled=settled,
    )


def escalated(ticket: Ticket, event: Escalated, now: datetime) -> Decision:
    """Before a limit breaks (001-22)."""
    reason = event.reason.strip()
    state = after(ticket.state, "escalate")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能升级")
    if not reason:
        return refused(ticket, "请写明升级的原因,主管需要它")
    reminder = Reminder(SUPERVISORS, "escalated", f"{ticket.number} 由 {event.agent} 升级", is_urgent(ticket))
    return Decision(
        replace(ticket, state=state, updated_at=now),
        (Entry("escalated", event.agent, (reason,)),),
        reminders=(reminder,),
    )


def promise_ended(ticket: Ticket, event: PromiseEnded, office: Office, now: datetime) -> Decision:
    promise = by_id(ticket, event.promise_id)
    if promise is None:
        return refused(ticket, "该时限已经结束")
    name = KIND_NAMES[promise.kind]
    if promise.kind == "revisit":
        return _revisited(ticket, event, promise, office, now)
    if promise.kind not in ENDED_BY_HAND:
        return refused(ticket, f"“{name}”不能手工结束,完成相应处理后会自动结束")
    reason = event.reason.strip()
    if not event.done and not reason:
        return refused(ticket, "请写明为什么不再需要")
    state = kept(promise, now) if event.done else "withdrawn"
    words = f"{name}{'已完成' if event.done else '不再需要'}"
    decision = Decision(
        replace(ticket, updated_at=now),
        (Entry("promise_ended", event.agent, tuple(each for each in (words, promise.about, reason) if each)),),
        settled=(Settled(event.promise_id, state, reason or f"{event.agent} 确认完成"),),
    )
    return closed_with(decision, "该做的都已完成,反馈、处理、结果、回访齐全", now)


def _revisited(ticket: Ticket, event: PromiseEnded, promise: Promise, office: Office, now: datetime) -> Decision:
    """Asked by telephone instead (002-34): what the customer said is on record."""
    said = event.reason.strip()
    if not event.done or not said:
        return refused(ticket, "回访不能省略;已用其他方式回访的,请写明客户的反馈")
    return Decision(
        replace(ticket, revisited_at=now, updated_at=now),
        (Entry("promise_ended", event.agent, ("已用其他方式回访", said)),),
        promised=office.promises(not_owed(ticket, ("feedback",)), ticket.case, now),
        settled=(Settled(event.promise_id, kept(promise, now), said),),
    )


def corrected(ticket: Ticket, event: Corrected, office: Office, now: datetime) -> Decision:
    """000-13: the agent knows better, or says that all is right. Promises keep their beginning; a machine's draft is
    redone where anything changed.
    """
    topic = office.book.topics.get((event.category, event.topic))
    if topic is None:
        return refused(ticket, f"没有这个类别:{event.category}/{event.topic}")
    if event.priority not in PRIORITY_NAMES:
        return refused(ticket, f"没有这个问题等级:{event.priority}")
    if (event.category, event.topic, event.priority) == (ticket.category, ticket.topic, ticket.priority):
        sure = replace(ticket, confidence=1.0, updated_at=now)  # a confirmation: nothing is redone
        words = f"{_named(office, ticket)} {PRIORITY_NAMES[ticket.priority]}"
        return Decision(sure, (Entry("confirmed", event.agent, (words,)),))
    changed = replace(
        ticket,
        category=event.category,
        topic=event.topic,
        priority=event.priority,
        department=topic.route,
        missing=tuple(code for code in topic.requires if code not in {c for c, _ in ticket.facts}),
        confidence=1.0,
        updated_at=now,
    )
    was = f"{_named(office, ticket)} {PRIORITY_NAMES[ticket.priority]}"
    becomes = f"{_named(office, changed)} {PRIORITY_NAMES[event.priority]}"
    promised: list[Promise] = []
    settled: list[Settled] = []
    limits = office.book.limits
    for promise in ticket.promises:
        if promise.kind in ("answer", "start", "plan", "solve") and promise.id is not None:
            if limits.limit(promise.kind, changed.case) == limits.limit(promise.kind, ticket.case):
                continue
            began = promise.began_at or ticket.opened_at
            promised += office.promises((promise.kind,), changed.case, began)
            settled.append(Settled(promise.id, "withdrawn", "类别或问题等级已更正"))
    drafts: tuple[DraftWanted, ...] = ()
    ended: tuple[DraftEnd, ...] = ()
    replies = [draft for draft in ticket.drafts if draft.kind == "reply" and draft.author == MACHINE]
    if replies and topic.template:
        ended = machines_replies(ticket, event.agent, "类别已更正")
        drafts = (DraftWanted("reply", topic.template, ticket.language, replies[-1].mail_id),)
    return Decision(
        changed,
        (Entry("corrected", event.agent, (f"{was} → {becomes}",)),),
        promised=tuple(promised),
        settled=tuple(settled),
        drafts=drafts,
        ended=ended,
    )


def mail_moved(ticket: Ticket, event: MailMoved, office: Office, now: datetime) -> Decision:
    """One click joins and un-joins; the ticket that gets a mail owes it an answer."""
    words = f"邮件移入,来自 {event.other}" if event.into else f"邮件移出,去往 {event.other}"
    entry = Entry("moved", event.agent, (words,), event.mail_id)
    changed = replace(ticket, updated_at=now, facts=tuple(dict.fromkeys((*ticket.facts, *event.facts))))
    if not event.into:
        gone = tuple(
            DraftEnd(draft.id, "superseded", event.agent, "所回复的邮件已移出")
            for draft in ticket.drafts
            if draft.mail_id == event.mail_id
        )
        return Decision(changed, (entry,), ended=gone)
    if event.answered:
        return Decision(changed, (entry,))
    topic = office.book.topics.get((ticket.category, ticket.topic))
    drafts: tuple[DraftWanted, ...] = ()
    if topic is not None and topic.template:
        drafts = (DraftWanted("reply", topic.template, ticket.language, event.mail_id),)
    return Decision(
        replace(
            changed,
            state=after(ticket.state, "mail") or ticket.state,
            waiting_on="us",
            asked_at=now,
            resolved_at=None,
            closed_at=None,
        ),
        (entry,),
        promised=office.promises(not_owed(ticket, ("answer", "solve", "progress")), ticket.case, now),
        settled=withdrawn(ticket, AFTERWARDS, "问题重新打开"),
        drafts=drafts,
        ended=superseded_replies(ticket, event.agent, "又移入一封来信"),
    )


def _named(office: Office, ticket: Ticket) -> str:
    """Category and topic as agents call them."""
    category = office.book.categories.get(ticket.category, {}).get("zh", ticket.category)
    topic = office.book.topics.get((ticket.category, ticket.topic))
    return f"{category}-{topic.name['zh'] if topic else ticket.topic}"
