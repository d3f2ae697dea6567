"""What follows when an agent does something to a ticket or to a draft, and when a promise falls due."""

from __future__ import annotations

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
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES, PRIORITY_NAMES, PromiseState
from mailbot.core.ticket import (
    STATE_NAMES,
    Corrected,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    MailMoved,
    Noted,
    OpenDraft,
    PromiseDue,
    Reopened,
    Resolved,
    State,
    Taken,
    Ticket,
    after,
)


def refused(ticket: Ticket, why: str) -> Decision:
    """Nothing changes, and why."""
    return Decision(ticket, refused=why)


def taken(ticket: Ticket, event: Taken, now: datetime) -> Decision:
    state = after(ticket.state, "take")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能领取;如需继续处理请先重新打开")
    changed = replace(ticket, owner=event.agent, state=state, updated_at=now)
    return Decision(changed, (Entry("taken", event.agent),))


def noted(ticket: Ticket, event: Noted, now: datetime) -> Decision:
    text = event.text.strip()
    if not text:
        return refused(ticket, "备注内容为空")
    return Decision(replace(ticket, updated_at=now), (Entry("note", event.agent),), note=(event.agent, text))


def corrected(ticket: Ticket, event: Corrected, office: Office, now: datetime) -> Decision:
    """000-13: the agent knows better. Promises keep their beginning; a machine's draft is redone."""
    topic = office.book.topics.get((event.category, event.topic))
    if topic is None:
        return refused(ticket, f"没有这个类别:{event.category}/{event.topic}")
    if event.priority not in PRIORITY_NAMES:
        return refused(ticket, f"没有这个问题等级:{event.priority}")
    changed = replace(
        ticket,
        category=event.category,
        topic=event.topic,
        priority=event.priority,
        missing=tuple(code for code in topic.requires if code not in {c for c, _ in ticket.facts}),
        confidence=1.0,
        updated_at=now,
    )
    was = f"{_named(office, ticket)} {PRIORITY_NAMES[ticket.priority]}"
    becomes = f"{_named(office, changed)} {PRIORITY_NAMES[event.priority]}"
    promised, settled = [], []
    if event.priority != ticket.priority:
        for promise in ticket.promises:
            if promise.kind in ("answer", "solve") and promise.id is not None:
                began = promise.began_at or ticket.opened_at
                promised.append(office.promise(promise.kind, event.priority, began))
                settled.append(Settled(promise.id, "withdrawn", "问题等级已更正"))
    drafts: tuple[DraftWanted, ...] = ()
    ended: tuple[DraftEnd, ...] = ()
    replies = [draft for draft in ticket.drafts if draft.kind == "reply" and draft.author == MACHINE]
    if replies and topic.template:
        ended = tuple(DraftEnd(draft.id, "superseded", event.agent, "类别已更正") for draft in replies)
        drafts = (DraftWanted("reply", topic.template, ticket.language, replies[-1].mail_id),)
    return Decision(
        changed,
        (Entry("corrected", event.agent, (f"{was} → {becomes}",)),),
        promised=tuple(promised),
        settled=tuple(settled),
        drafts=drafts,
        ended=ended,
    )


def resolved(ticket: Ticket, event: Resolved, office: Office, now: datetime) -> Decision:
    """The result is on record, and the revisit is owed from now on (000-41)."""
    result = event.result.strip()
    if not result:
        return refused(ticket, "请写明处理结果,客户和后续回访都需要它")
    state = after(ticket.state, "resolve")
    if state is None:
        return refused(ticket, f"工单已是{STATE_NAMES[ticket.state]}")
    settled = tuple(
        Settled(promise.id, _kept(promise.broken_at) if promise.kind == "solve" else "withdrawn", "已解决")
        for promise in ticket.promises
        if promise.id is not None
    )
    ended = tuple(DraftEnd(draft.id, "superseded", event.agent, "已解决") for draft in ticket.drafts)
    changed = replace(
        ticket,
        state=state,
        waiting_on="customer",
        result=result,
        owner=ticket.owner or event.agent,
        resolved_at=now,
        updated_at=now,
    )
    return Decision(
        changed,
        (Entry("resolved", event.agent, (result,)),),
        promised=(office.promise("revisit", ticket.priority, now),),
        settled=settled,
        ended=ended,
    )


def reopened(ticket: Ticket, event: Reopened, office: Office, now: datetime) -> Decision:
    state = after(ticket.state, "reopen")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},无需重新打开")
    changed = replace(ticket, state=state, waiting_on="us", resolved_at=None, closed_at=None, updated_at=now)
    return Decision(
        changed,
        (Entry("reopened", event.agent, (event.reason,)),),
        promised=(office.promise("solve", ticket.priority, now),),
        settled=tuple(Settled(promise.id, "withdrawn", "问题重新打开") for promise in ticket.promises if promise.id),
    )


def mail_moved(ticket: Ticket, event: MailMoved, office: Office, now: datetime) -> Decision:
    """One click joins and un-joins; the ticket that gets a mail owes it an answer."""
    words = f"邮件移入,来自 {event.other}" if event.into else f"邮件移出,去往 {event.other}"
    entry = Entry("moved", event.agent, (words,), event.mail_id)
    changed = replace(ticket, updated_at=now)
    if not event.into:
        gone = tuple(
            DraftEnd(draft.id, "superseded", event.agent, "所回复的邮件已移出")
            for draft in ticket.drafts
            if draft.mail_id == event.mail_id
        )
        return Decision(changed, (entry,), ended=gone)
    open_kinds = {promise.kind for promise in ticket.promises}
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
        promised=tuple(
            office.promise(kind, ticket.priority, now) for kind in ("answer", "solve") if kind not in open_kinds
        ),
        settled=ended_revisit(ticket),
        drafts=drafts,
        ended=superseded_replies(ticket, event.agent, "又移入一封来信"),
    )


def draft_written(ticket: Ticket, event: DraftWritten, now: datetime) -> Decision:
    """An agent's own words: into an open draft, or as a new one."""
    if not event.text.strip():
        return refused(ticket, "回复内容为空")
    wanted = DraftWanted("reply", None, ticket.language, event.mail_id, event.agent, event.subject, event.text)
    changed = replace(ticket, updated_at=now)
    if event.draft_id is None:
        ended = superseded_replies(ticket, event.agent, "改用人工撰写的回复")
        return Decision(changed, (Entry("written", event.agent),), drafts=(wanted,), ended=ended)
    draft, why = _find(ticket, event.draft_id, event.seen_version)
    if draft is None:
        return refused(ticket, why)
    kept = replace(wanted, kind=draft.kind, mail_id=draft.mail_id)
    return Decision(changed, (Entry("edited", event.agent),), edited=(draft.id, kept))


def draft_approved(ticket: Ticket, event: DraftApproved, now: datetime) -> Decision:
    """000-34: a person approves; text, recipients and Message-ID are pinned from here on."""
    draft, why = _find(ticket, event.draft_id, event.seen_version)
    if draft is None:
        return refused(ticket, why)
    if draft.blocked:
        return refused(ticket, "草稿有必须先解决的审核意见,不能批准")
    ended = [DraftEnd(draft.id, "approved", event.agent)]
    if draft.kind == "reply":
        ended += [
            DraftEnd(other.id, "superseded", MACHINE, "已有正式回复")
            for other in ticket.drafts
            if other.kind == "acknowledgement"
        ]
    changed = replace(ticket, owner=ticket.owner or event.agent, updated_at=now)
    return Decision(
        changed,
        (Entry("approved", event.agent, mail_id=draft.mail_id),),
        ended=tuple(ended),
        approve=(draft.id, event.agent),
    )


def draft_rejected(ticket: Ticket, event: DraftRejected, now: datetime) -> Decision:
    draft, why = _find(ticket, event.draft_id, None)
    if draft is None:
        return refused(ticket, why)
    entry = Entry("rejected", event.agent, (event.reason,) if event.reason else ())
    return Decision(
        replace(ticket, updated_at=now),
        (entry,),
        ended=(DraftEnd(draft.id, "rejected", event.agent, event.reason),),
    )


def promise_due(ticket: Ticket, event: PromiseDue, now: datetime) -> Decision:
    """A limit has passed: the promise is broken, still owed, and the ticket shows it."""
    promise = next((p for p in ticket.promises if p.id == event.promise_id), None)
    if promise is None or promise.broken_at is not None or promise.due_at > now:
        return refused(ticket, "该时限已不再有效")
    state = after(ticket.state, "overdue") or ticket.state
    reasons = [f"{KIND_NAMES.get(promise.kind, promise.kind)}已超时", promise.because]
    if state == State.ESCALATED and ticket.state != State.ESCALATED:
        reasons.append(f"{STATE_NAMES[ticket.state]} → {STATE_NAMES[state]}")
    return Decision(
        replace(ticket, state=state, updated_at=now),
        (Entry("overdue", MACHINE, tuple(reasons)),),
        overdue=(event.promise_id,),
    )


def _named(office: Office, ticket: Ticket) -> str:
    """Category and topic as agents call them."""
    category = office.book.categories.get(ticket.category, {}).get("zh", ticket.category)
    topic = office.book.topics.get((ticket.category, ticket.topic))
    return f"{category}-{topic.name['zh'] if topic else ticket.topic}"


def _find(ticket: Ticket, draft_id: int, seen: int | None) -> tuple[OpenDraft | None, str]:
    draft = next((draft for draft in ticket.drafts if draft.id == draft_id), None)
    if draft is None:
        return None, "这份草稿已处理过,或已被新的来信取代"
    if seen is not None and seen != draft.version:
        return None, "草稿刚被他人修改,请先查看最新内容"
    return draft, ""


def _kept(broken_at: datetime | None) -> PromiseState:
    return "kept" if broken_at is None else "broken"
