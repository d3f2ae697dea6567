"""What follows when a draft is written, approved or rejected, and when a mail of ours has gone out or failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import MACHINE, Decision, DraftEnd, DraftWanted, Entry, Reminder, Settled
from mailbot.core.endings import closed_with
from mailbot.core.office import Office
from mailbot.core.pledges import Pledge
from mailbot.core.promises import Promise, clock_words, made
from mailbot.core.review_table import CHECK_TABLE, FINAL
from mailbot.core.settling import (
    NOT_A_REPLY,
    done,
    kept,
    owed,
    owner_of,
    pledged,
    refused,
    superseded,
    superseded_replies,
    worked,
)
from mailbot.core.ticket import (
    DraftApproved,
    DraftRejected,
    DraftSuggested,
    DraftWritten,
    OpenDraft,
    PledgesSet,
    SendFailed,
    Sent,
    State,
    Ticket,
    WaitingOn,
    after,
)

ADOPTED = "suggestion_adopted"  # the template that tells a customer so
SOLUTION = "solution"  # the one that offers a plan
PART_NAMES = {
    "order_number": "订单号",
    "tracking_number": "快递单号",
    "phone": "电话",
    "product": "产品",
    "model": "型号",
    "serial": "序列号",
    "happened_at": "发生时间",
    "symptom": "具体情况",
    "demand": "诉求",
    "photo": "照片",
    "people": "当时的工作人员",
    "name": "称呼",
}


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
    kept_parts = replace(wanted, kind=draft.kind, mail_id=draft.mail_id)
    return Decision(changed, (Entry("edited", event.agent),), edited=(draft.id, kept_parts))


def draft_suggested(ticket: Ticket, event: DraftSuggested) -> Decision:
    """Words of the drafting help, for a draft that no person has touched: its template is rendered with them.

    The ticket stays as it is, nobody has worked on it. The desk weighs the new draft against the old one.
    """
    draft, why = _find(ticket, event.draft_id, event.seen_version)
    if draft is None:
        return refused(ticket, why)
    if draft.kind != "reply" or draft.author != MACHINE:
        return refused(ticket, "草稿已由人工撰写或修改")
    if not event.text.strip():
        return refused(ticket, "建议的内容为空")
    more = (("suggested", event.text.strip()),)
    wanted = DraftWanted("reply", event.template, event.language, draft.mail_id, MACHINE, more=more)
    entry = Entry("suggested", MACHINE, ("起草助手补充了几句话，批准前请核对",))
    return Decision(ticket, (entry,), edited=(draft.id, wanted))


def pledges_set(ticket: Ticket, event: PledgesSet, office: Office, now: datetime) -> Decision:
    """The agent says which times this draft promises; the words stay as they are."""
    draft, why = _find(ticket, event.draft_id, event.seen_version)
    if draft is None:
        return refused(ticket, why)
    if any(each.due_at <= now for each in event.pledges):
        return refused(ticket, "承诺的时间必须在以后")
    words = tuple(f"{each.words} → {clock_words(each.due_at, office.hours)}" for each in event.pledges)
    entry = Entry("pledges_set", event.agent, words or ("不作为时限跟踪",))
    return Decision(replace(ticket, updated_at=now), (entry,), pledges=(draft.id, event.agent, event.pledges))


def draft_approved(ticket: Ticket, event: DraftApproved, now: datetime) -> Decision:
    """000-34: a person approves; text, recipients and Message-ID are pinned from here on."""
    draft, why = _find(ticket, event.draft_id, event.seen_version)
    if draft is None:
        return refused(ticket, why)
    if stopped := _stopped(draft, event):
        return refused(ticket, stopped)
    override = " ".join(event.override.split()) if draft.blocked else ""
    ended = [DraftEnd(draft.id, "approved", event.agent, override=override)]
    entries = [Entry("approved", event.agent, mail_id=draft.mail_id)]
    if override:
        passed = tuple(f"{CHECK_TABLE[code].what}（{code}）" for code in draft.blocks if code in CHECK_TABLE)
        entries.append(Entry("overridden", event.agent, (f"原因：{override}", *passed), draft.mail_id))
    if draft.kind == "reply":
        ended += superseded(ticket, NOT_A_REPLY, MACHINE, "已有正式回复")
    changed, settled = worked(ticket, event.agent, now) if draft.kind == "reply" else (ticket, ())
    return Decision(
        replace(changed, owner=ticket.owner or event.agent, updated_at=now),
        tuple(entries),
        settled=settled,
        ended=tuple(ended),
        approve=(draft.id, event.agent),
    )


def _stopped(draft: OpenDraft, event: DraftApproved) -> str:
    """Why this draft cannot be approved as it stands; empty: it can, perhaps by a supervisor's word."""
    if not draft.blocked:
        return ""
    if not event.override.strip():
        return "草稿有必须先解决的审核意见,不能批准"
    if not event.supervisor:
        return "只有主管可以在有审核意见时仍批准发送"
    # Without codes nobody can say what would be let pass.
    final = [CHECK_TABLE[code].what for code in draft.blocks if code in FINAL]
    if final or not draft.blocks:
        return f"这样的问题主管也不能放行,请先改好:{'；'.join(final) or '审核意见不明'}"
    return ""


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


def sent(ticket: Ticket, event: Sent, office: Office, now: datetime) -> Decision:
    """A mail to the customer has gone out: what it kept, and what it began."""
    changed = replace(ticket, updated_at=now, written_at=event.sent_at or now)
    now = event.sent_at or now  # what it kept, it kept when it left
    entry = Entry("sent", MACHINE, (event.how,))
    match event.kind:
        case "reply":
            return _reply_sent(changed, event, entry, office, now)
        case "holding":
            # The 24-hour rule is kept honestly; the answer itself is a pledge from now on (000-36).
            settled = done(ticket, ("answer",), "已如实暂复客户", now)
            promised = (*_pledged(ticket, event.pledges, office, now), *_still_unanswered(ticket, event, office))
            return Decision(changed, (entry,), settled=settled, promised=promised)
        case "progress":
            told = tuple(_told_progress(ticket, "已告知客户进展", now))
            return Decision(changed, (entry,), settled=told, promised=_pledged(ticket, event.pledges, office, now))
        case "revisit":
            return _revisit_sent(changed, event, entry, office, now)
    return Decision(changed, (entry,))


def _reply_sent(changed: Ticket, event: Sent, entry: Entry, office: Office, now: datetime) -> Decision:
    """The answer is given: its promise is kept (or was broken and is done late).

    A mail that came after the approval is not answered by it: it is promised an answer of its own.
    """
    answers = done(changed, ("answer",), "已回复客户", now)
    unanswered = _came_after(changed, event)
    settled = [*answers]
    if not unanswered:
        settled += [
            Settled(each.id, kept(each, now), "已回复客户")
            for each in pledged(changed, "answer")
            if each.id is not None
        ]
    # An offer asks, and tells the plan all the same; in an agent's own words it has no template any more.
    if not event.asks or event.template == SOLUTION or (event.template is None and changed.plan is not None):
        settled += done(changed, ("plan",), "处理方案已在回复中告知客户", now)
    settled += _told_progress(changed, "已写信给客户", now)  # its progress mail was overtaken by this one
    if event.template == ADOPTED:
        settled += done(changed, ("suggestion",), "已告知客户建议被采纳", now)
    promised = list(_pledged(changed, event.pledges, office, now))
    promised += _still_unanswered(changed, event, office)
    is_asked = event.asks and not unanswered and changed.state not in (State.RESOLVED, State.CLOSED)
    if is_asked and owed(changed, "material") is None:
        wanted = "、".join(PART_NAMES.get(code, code) for code in changed.missing) or "客户的答复"
        promised += [replace(each, about=wanted) for each in office.promises(("material",), changed.case, now)]
    changed = replace(
        changed,
        state=after(changed.state, "sent") or changed.state,
        waiting_on=_whose_turn(changed, event, unanswered is not None),
        handled_at=changed.handled_at or now,
        hush="",  # the agent who approved it takes the customer for a person
        concerns=changed.concerns if unanswered else (),
    )
    decision = Decision(changed, (entry,), settled=tuple(settled), promised=tuple(promised))
    return closed_with(decision, "来信已答复,反馈、处理、结果、回访齐全", now)


def _told_progress(ticket: Ticket, reason: str, now: datetime) -> list[Settled]:
    """The end of every progress promise whose hour has come."""
    return [
        Settled(each.id, kept(each, now), reason)
        for each in ticket.promises
        if each.kind == "progress" and each.stepped_at == each.due_at and each.id is not None
    ]


def _came_after(ticket: Ticket, event: Sent) -> datetime | None:
    """When a mail came that this one, approved before, does not answer."""
    return ticket.asked_at if ticket.asked_at and ticket.asked_at > event.approved_at else None


def _still_unanswered(ticket: Ticket, event: Sent, office: Office) -> tuple[Promise, ...]:
    came = _came_after(ticket, event)
    if came is None or owed(ticket, "answer") is None:
        return ()
    return office.promises(("answer",), ticket.case, came)


def _whose_turn(ticket: Ticket, event: Sent, unanswered: bool) -> WaitingOn:
    if unanswered:
        return "us"
    if event.asks or ticket.resolved_at:
        return "customer"
    return "department" if owed(ticket, "department") else "us"


def _revisit_sent(changed: Ticket, event: Sent, entry: Entry, office: Office, now: datetime) -> Decision:
    if event.template == "care":
        return Decision(changed, (entry,), settled=done(changed, ("care",), "已关怀回访", now))
    if event.template != "revisit_invitation" or changed.state != State.RESOLVED:
        return Decision(changed, (entry,))
    settled = done(changed, ("revisit",), "已发回访", now)
    waits = office.promises(("feedback",), changed.case, now) if owed(changed, "feedback") is None else ()
    return Decision(replace(changed, revisited_at=now), (entry,), settled=settled, promised=waits)


def _pledged(ticket: Ticket, pledges: tuple[Pledge, ...], office: Office, now: datetime) -> tuple[Promise, ...]:
    """The times that the mail promised are watched from now on.

    One that is over already is not, nor one that a department owes us for the same moment: that is watched.
    """
    watched = {each.due_at for each in ticket.promises if each.kind == "department"}
    return tuple(
        office.planned(
            replace(made("pledge", now, each.due_at, each.because, office.hours), about=each.words, party=each.what),
            ticket.case,
        )
        for each in pledges
        if each.due_at > now and each.due_at not in watched
    )


def send_failed(ticket: Ticket, event: SendFailed, now: datetime) -> Decision:
    """Refused for good: the words go back to the agents as a draft; the answer is still owed."""
    changed = replace(ticket, updated_at=now)
    if event.kind == "revisit" and owed(ticket, "revisit") is not None:
        words = f"{ticket.number} 回访邮件没有送达,请用其他方式回访并登记客户的反馈"
        told = Reminder(owner_of(ticket), "escalated", words)
        return Decision(changed, (Entry("failed", MACHINE, (event.why, "请用其他方式回访")),), reminders=(told,))
    if event.kind != "reply":
        return Decision(changed, (Entry("failed", MACHINE, (event.why,)),))
    return Decision(
        replace(changed, waiting_on="us"),
        (Entry("failed", MACHINE, (event.why, "回复退回为草稿,请核对地址后重新处理")),),
        ended=(DraftEnd(event.draft_id, "open", MACHINE, event.why),),
    )


def _find(ticket: Ticket, draft_id: int, seen: int | None) -> tuple[OpenDraft | None, str]:
    draft = next((draft for draft in ticket.drafts if draft.id == draft_id), None)
    if draft is None:
        return None, "这份草稿已处理过,或已被新的来信取代"
    if seen is not None and seen != draft.version:
        return None, "草稿刚被他人修改,请先查看最新内容"
    return draft, ""
