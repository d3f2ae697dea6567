"""The customer's word afterwards: ratings by link or mail, no more revisits please, suggestions taken up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from mailbot.core.decision import MACHINE, SUPERVISORS, Decision, DraftWanted, Entry, More, Reminder
from mailbot.core.endings import and_ended, lacking, open_again
from mailbot.core.office import Office
from mailbot.core.ratings import SCORE_NAMES
from mailbot.core.replies import ADOPTED
from mailbot.core.settling import (
    AFTERWARDS,
    done,
    is_urgent,
    machines_replies,
    owner_of,
    refused,
    superseded_replies,
    withdrawn,
)
from mailbot.core.ticket import Adopted, OptedOut, Rated, State, Ticket, after

LINK_LIVES = timedelta(days=30)
DISSATISFIED = 2  # this score and below: the case is open again (001-32)


def rating_round(ticket: Ticket) -> int | None:
    """Which resolution a rating link is for; None: there is nothing to rate."""
    return int(ticket.resolved_at.timestamp()) if ticket.resolved_at else None


def rated(ticket: Ticket, event: Rated, office: Office, now: datetime) -> Decision:
    """A rating counts once a round: satisfied closes the case, dissatisfied opens it again (001-31, 001-32)."""
    why = _not_counted(ticket, event, now)
    if why:
        return refused(ticket, why)
    reason = " ".join(event.reason.split())[:500]
    words = f"{event.score} 分 {SCORE_NAMES[event.score]['zh']}"
    entry = Entry("rated", MACHINE, (words, reason) if reason else (words,), event.mail_id)
    changed = replace(ticket, score=event.score, score_reason=reason, updated_at=now)
    if event.score <= DISSATISFIED:
        return _dissatisfied(changed, event, entry, office, now)
    settled = done(ticket, ("revisit", "feedback"), f"客户评价:{words}", now)
    thanks: tuple[DraftWanted, ...] = ()
    if event.how == "mail":  # the page of the link has said thanks already (004-29)
        more: tuple[tuple[str, More], ...] = (("score", event.score), ("score_reason", reason))
        thanks = (DraftWanted("revisit", "rating_thanks", ticket.language, event.mail_id, more=more),)
    decision = Decision(changed, (entry,), settled=settled, drafts=thanks, rated=event)
    if ticket.state != State.RESOLVED or lacking(changed):
        return decision
    return and_ended(decision, "客户已评价,反馈、处理、结果、回访齐全", now)


def _not_counted(ticket: Ticket, event: Rated, now: datetime) -> str:
    if not 1 <= event.score <= 5:
        return "评分须为 1 到 5 分"
    if ticket.state not in (State.RESOLVED, State.CLOSED) or ticket.resolved_at is None or ticket.merged_into:
        return "工单正在处理,暂时不需要评价"
    if event.round_ is not None and event.round_ != rating_round(ticket):
        return "这个评价链接属于之前的处理,已经失效"
    if event.how == "link" and now > ticket.resolved_at + LINK_LIVES:
        return "评价链接已过期"
    return "您已经评价过,谢谢" if ticket.score is not None else ""


def _dissatisfied(ticket: Ticket, event: Rated, entry: Entry, office: Office, now: datetime) -> Decision:
    """Open again, with a new plan owed, and the supervisors know (001-32, 002-29)."""
    state = after(ticket.state, "reopen") or ticket.state
    alert = Reminder(SUPERVISORS, "unhappy", f"{ticket.number} 客户对处理结果不满意,已重新打开", is_urgent(ticket))
    own = replace(alert, audience=owner_of(ticket))
    return Decision(
        open_again(ticket, state, now),
        (entry, Entry("reopened", MACHINE, ("客户不满意,重新分析原因并调整方案",))),
        # Whatever it was about, it is a complaint now: a new plan is owed.
        promised=(
            *office.promises(("plan",), replace(ticket.case, category="complaint"), now),
            *office.promises(("solve", "progress"), ticket.case, now),
        ),
        settled=withdrawn(ticket, AFTERWARDS, "客户不满意,问题重新打开"),
        reminders=(alert, own) if ticket.owner else (alert,),
        ended=superseded_replies(ticket, MACHINE, "客户不满意"),
        rated=event,
    )


def opted_out(ticket: Ticket, event: OptedOut, now: datetime) -> Decision:
    """No revisit mail to this customer any more; what is resolved counts as asked."""
    changed = replace(ticket, opted_out=True, updated_at=now)
    entry = Entry("opted_out", "customer", ("客户不希望再收到回访",), event.mail_id)
    if ticket.state == State.RESOLVED and lacking(changed):
        settled = withdrawn(ticket, ("care",), "客户谢绝回访")
        return Decision(changed, (entry,), settled=settled, opted_out=event.how)
    settled = withdrawn(ticket, AFTERWARDS, "客户谢绝回访")
    decision = Decision(changed, (entry,), settled=settled, opted_out=event.how)
    return and_ended(decision, "客户谢绝回访", now) if ticket.state == State.RESOLVED else decision


def adopted(ticket: Ticket, event: Adopted, now: datetime) -> Decision:
    """The customer whose suggestion it was hears of it (002-35); an agent approves the mail."""
    suggestion = " ".join(event.suggestion.split())
    if not suggestion:
        return refused(ticket, "请写明采纳了什么建议")
    more: tuple[tuple[str, More], ...] = (("suggestion", suggestion), ("launch", event.launch.strip()))
    return Decision(
        replace(ticket, updated_at=now),
        (Entry("adopted", event.agent, tuple(each for each in (suggestion, event.launch.strip()) if each)),),
        drafts=(DraftWanted("reply", ADOPTED, ticket.language, None, more=more),),
        ended=machines_replies(ticket, event.agent, "改为告知建议已被采纳"),
    )
