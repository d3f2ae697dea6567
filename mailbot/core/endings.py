"""How a ticket ends: resolved, revisited, closed through its gate; reopened, merged and un-merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import MACHINE, Decision, DraftWanted, Entry, More
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES
from mailbot.core.settling import AFTERWARDS, all_superseded, done, owed, pledged, refused, withdrawn
from mailbot.core.ticket import (
    SIDE_NAMES,
    STATE_NAMES,
    Closed,
    Merged,
    Reopened,
    Resolved,
    State,
    Ticket,
    Unmerged,
    after,
)

# Categories whose cause somebody is responsible for, and whose cure can be proved (004-12, 001-28).
CAUSED = ("complaint", "fault", "request")
OUTLIVES = ("suggestion", "care")  # owed beyond the end of a ticket


def resolved(ticket: Ticket, event: Resolved, office: Office, now: datetime) -> Decision:
    """Result, responsible side and proof are on record, and the revisit is owed from now on (000-41)."""
    result, proof = event.result.strip(), event.proof.strip()
    state = after(ticket.state, "resolve")
    if not result:
        return refused(ticket, "请写明处理结果,客户和后续回访都需要它")
    if state is None:
        return refused(ticket, f"工单已是{STATE_NAMES[ticket.state]}")
    if ticket.category in CAUSED and ticket.topic != "suggestion":
        if event.side not in SIDE_NAMES:
            return refused(ticket, "请选择责任方:企业、第三方、客户使用不当,或不涉及")
        if not proof:
            return refused(ticket, "请写明怎样确认问题已经解决,例如客户确认、试机正常、签收记录")
    if (task := owed(ticket, "department")) is not None:
        return refused(ticket, f"还有部门事项没有完成:{task.about}")
    changed = replace(
        ticket,
        state=state,
        waiting_on="customer",
        result=result,
        side=event.side or "none",
        proof=proof,
        owner=ticket.owner or event.agent,
        handled_at=ticket.handled_at or now,
        resolved_at=now,
        revisited_at=None,
        score=None,
        score_reason="",
        updated_at=now,
    )
    # A mail that nobody answered is still owed its answer (000-36): the summary gives it, else a holding reply.
    stays = (*OUTLIVES, "answer", "start", "confirm", "plan", "solve")
    over = [kind for kind in KIND_NAMES if kind not in stays]
    promised = frozenset(each.id for each in pledged(ticket, "answer"))  # by a holding reply: the same answer
    facts: tuple[tuple[str, More], ...] = (("result", result),)
    summary = () if ticket.hush else (DraftWanted("reply", "closing", ticket.language, None, more=facts),)
    reasons = (result, f"责任方:{SIDE_NAMES[changed.side]}", *([f"确认方式:{proof}"] if proof else []))
    return Decision(
        changed,
        (Entry("resolved", event.agent, reasons),),
        promised=office.promises(("revisit", "care"), ticket.case, now),
        settled=(
            *done(ticket, ("start", "confirm", "plan", "solve"), "已解决", now),
            *(each for each in withdrawn(ticket, over, "已解决") if each.promise_id not in promised),
        ),
        drafts=summary,
        ended=all_superseded(ticket, event.agent, "已解决"),
    )


def reopened(ticket: Ticket, event: Reopened, office: Office, now: datetime) -> Decision:
    state = after(ticket.state, "reopen")
    if state is None or ticket.merged_into:
        where = f"已并入 {ticket.merged_into}" if ticket.merged_into else STATE_NAMES[ticket.state]
        return refused(ticket, f"工单{where},无需重新打开")
    return Decision(
        open_again(ticket, state, now),
        (Entry("reopened", event.agent, (event.reason,)),),
        promised=office.promises(("solve", "progress"), ticket.case, now),
        settled=withdrawn(ticket, AFTERWARDS, "问题重新打开"),
    )


def open_again(ticket: Ticket, state: State, now: datetime) -> Ticket:
    """The ticket as work again; what was asked and rated before belongs to the round that is over."""
    return replace(
        ticket,
        state=state,
        waiting_on="us",
        resolved_at=None,
        revisited_at=None,
        closed_at=None,
        plan=None,
        updated_at=now,
    )


def lacking(ticket: Ticket) -> tuple[str, ...]:
    """Which of 有反馈、有处理、有结果、有回访 a ticket lacks; it cannot be closed with one lacking (001-54).

    There is feedback: a mail opened it. A customer who wants no revisit mail has been asked as far as we may.
    """
    asked = ticket.revisited_at is not None or ticket.score is not None or ticket.opted_out
    parts = (
        ("有处理", ticket.handled_at is not None),
        ("来信的答复", not _owes_an_answer(ticket)),
        ("有结果", bool(ticket.result) and ticket.resolved_at is not None),
        ("有回访", asked),
    )
    return tuple(name for name, there in parts if not there)


def _owes_an_answer(ticket: Ticket) -> bool:
    """000-36 holds for every mail: an answer is owed, or a holding reply has promised it."""
    return owed(ticket, "answer") is not None or bool(pledged(ticket, "answer"))


def closed(ticket: Ticket, event: Closed, now: datetime) -> Decision:
    """By an agent: through the gate, or for what is no customer's case at all."""
    if ticket.category == "other" and (state := after(ticket.state, "dismiss")) is not None:
        if not event.reason.strip():
            return refused(ticket, "请写明为什么无需处理")
        return Decision(
            replace(ticket, state=state, closed_at=now, updated_at=now),
            (Entry("closed", event.agent, ("无需处理", event.reason.strip())),),
            settled=withdrawn(ticket, KIND_NAMES, "无需处理"),
            ended=all_superseded(ticket, event.agent, "无需处理"),
        )
    if after(ticket.state, "close") is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},只有已解决的工单可以关闭")
    if missing := lacking(ticket):
        return refused(ticket, f"还缺:{'、'.join(missing)},不能关闭")
    return ended(ticket, event.agent, event.reason.strip() or "反馈、处理、结果、回访齐全", now)


def ended(ticket: Ticket, who: str, why: str, now: datetime) -> Decision:
    """A resolved ticket is closed; only what outlives it stays owed."""
    over = [kind for kind in KIND_NAMES if kind not in OUTLIVES]
    return Decision(
        replace(ticket, state=after(ticket.state, "close") or ticket.state, closed_at=now, updated_at=now),
        (Entry("closed", who, (why,)),),
        settled=withdrawn(ticket, over, "工单已关闭"),
        ended=all_superseded(ticket, who, "工单已关闭"),
    )


def closed_with(decision: Decision, why: str, now: datetime) -> Decision:
    """A solved case whose customer was asked, and that only owed what this decision settles, is over with it."""
    changed = _with_what_is_left(decision)
    if changed.state != State.RESOLVED or decision.promised or lacking(changed) or _waits(changed):
        return decision
    not_asked = changed.opted_out and changed.revisited_at is None
    return and_ended(decision, f"{why};客户谢绝回访" if not_asked else why, now)


def and_ended(decision: Decision, why: str, now: datetime) -> Decision:
    """The same decision, and the ticket is over with it."""
    end = ended(_with_what_is_left(decision), MACHINE, why, now)
    return replace(
        decision,
        ticket=end.ticket,
        journal=(*decision.journal, *end.journal),
        settled=(*decision.settled, *end.settled),
        ended=(*decision.ended, *end.ended),
    )


def _with_what_is_left(decision: Decision) -> Ticket:
    """The ticket without the promises that this decision settles."""
    settled = {each.promise_id for each in decision.settled}
    left = tuple(each for each in decision.ticket.promises if each.id not in settled)
    return replace(decision.ticket, promises=left)


def _waits(ticket: Ticket) -> bool:
    """Is anything owed that its end has to wait for? Who wants no revisit is not asked by other means either."""
    for each in ticket.promises:
        over = each.kind in OUTLIVES or (each.kind == "revisit" and ticket.opted_out)
        if not over and not (each.kind == "feedback" and each.next_at is None):
            return True
    return False


def merged(ticket: Ticket, event: Merged, now: datetime) -> Decision:
    """Two tickets are one problem: this one has nothing to owe any more."""
    state = after(ticket.state, "merge")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能合并")
    return Decision(
        replace(ticket, state=state, merged_into=event.into, closed_at=now, updated_at=now),
        (Entry("merged", event.agent, (f"并入 {event.into}",)),),
        settled=withdrawn(ticket, KIND_NAMES, f"并入 {event.into}"),
        ended=all_superseded(ticket, event.agent, "工单已合并"),
    )


def unmerged(ticket: Ticket, event: Unmerged, office: Office, now: datetime) -> Decision:
    state = after(ticket.state, "unmerge")
    if state is None or ticket.merged_into is None:
        return refused(ticket, "工单没有并入其他工单")
    return Decision(
        replace(open_again(ticket, state, now), merged_into=None),
        (Entry("unmerged", event.agent, (f"从 {ticket.merged_into} 拆回",)),),
        promised=office.promises(
            ("solve", "progress") if event.answered else ("answer", "solve", "progress"), ticket.case, now
        ),
    )
