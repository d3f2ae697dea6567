"""What the clock brings: the next step of a promise (core/ladder.py) and what follows from it.

The table STEPS says what each step does, by kind of promise. A step is done once; reminders that an outage left
behind are passed over for the step that is due now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from mailbot.core.decision import MACHINE, SUPERVISORS, Decision, DraftWanted, Entry, More, Reminder, Settled
from mailbot.core.endings import ended, lacking
from mailbot.core.notices import material_items
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES, Promise, clock_words, progress
from mailbot.core.settling import about, by_id, is_urgent, owner_of, refused, superseded
from mailbot.core.ticket import STATE_NAMES, DraftKind, PromiseDue, State, Ticket, after

LOOK_AGAIN = timedelta(minutes=5)
_PASSED_OVER = ("remind", "alert", "nudge", "chase")


def promise_due(ticket: Ticket, event: PromiseDue, office: Office, now: datetime) -> Decision:
    """Do the step that is due; a promise that has none any more is left alone."""
    owed = by_id(ticket, event.promise_id)
    step = office.step(owed, ticket.case) if owed is not None else None
    if owed is None:
        return refused(ticket, "该时限已不再有效")
    if step is None or step.at > now:  # the rules were changed meanwhile
        return Decision(ticket, stepped=(office.planned(owed, ticket.case),))
    following = office.stepped(owed, ticket.case, step)
    while step.name in _PASSED_OVER and following.next_at is not None and following.next_at <= now:
        owed = following
        step = office.step(owed, ticket.case) or step
        following = office.stepped(owed, ticket.case, step)
    if step.name == "hold" and any(each.kind == "reply" for each in ticket.on_its_way):
        # The answer has still to arrive somewhere: should it fail for good, the customer must be told in time.
        return Decision(ticket, stepped=(replace(owed, next_at=now + LOOK_AGAIN),))
    act = STEPS.get((owed.kind, step.name)) or STEPS["", step.name]
    decision = act(ticket, owed, office, now)
    broken = step.name == "due" and owed.kind not in _ENDS_AT_DUE
    after_step = _without_past_mornings(office.stepped(owed, ticket.case, step, broken=broken), ticket, office, now)
    return replace(decision, stepped=(after_step,))


def _without_past_mornings(owed: Promise, ticket: Ticket, office: Office, now: datetime) -> Promise:
    """Who is told now that it is overdue is not told at once again for the mornings of an outage."""
    step = office.step(owed, ticket.case)
    while step is not None and step.name == "chase" and step.at <= now:
        owed = office.stepped(owed, ticket.case, step)
        step = office.step(owed, ticket.case)
    return owed


# ---- any promise ----


def _remind(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    return Decision(ticket, reminders=(_reminder(ticket, owed, office, owner_of(ticket), "soon"),))


def _alert(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """The last word before it breaks: the supervisors hear it too."""
    return Decision(ticket, reminders=_to_both(ticket, owed, office, "last"))


def _overdue(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """The limit has passed: broken, still owed, and the ticket shows it."""
    state = after(ticket.state, "overdue") or ticket.state
    reasons = [f"{KIND_NAMES[owed.kind]}已超时", owed.because]
    if state != ticket.state:
        reasons.append(f"{STATE_NAMES[ticket.state]} → {STATE_NAMES[state]}")
    return Decision(
        replace(ticket, state=state, updated_at=now),
        (Entry("overdue", MACHINE, tuple(reasons)),),
        reminders=_to_both(ticket, owed, office, "overdue"),
    )


def _chase(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    return Decision(ticket, reminders=(_reminder(ticket, owed, office, owner_of(ticket), "overdue"),))


def _to_both(ticket: Ticket, owed: Promise, office: Office, level: Literal["last", "overdue"]) -> tuple[Reminder, ...]:
    audiences = dict.fromkeys((owner_of(ticket), SUPERVISORS))
    return tuple(_reminder(ticket, owed, office, each, level) for each in audiences)


def _reminder(
    ticket: Ticket, owed: Promise, office: Office, audience: str, level: Literal["soon", "last", "overdue"]
) -> Reminder:
    verb = "已于" if level == "overdue" else "将于"
    words = f"{verb} {clock_words(owed.due_at, office.hours)} {'超时' if level == 'overdue' else '到期'}"
    return Reminder(audience, level, about(ticket, owed, words), is_urgent(ticket), owed.due_at, owed.id)


# ---- the holding reply (000-36) ----


def _hold(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """Half an hour before the cap without an answer on its way: say honestly when there will be one."""
    if ticket.hush:
        return Decision(ticket, (Entry("not_sent", MACHINE, ("没有发暂复", ticket.hush)),))
    resumes = office.hours.next_open(now)
    answer_by = office.book.limits.resume.due(resumes, office.hours)
    more: tuple[tuple[str, More], ...] = (
        ("resumes_at", resumes),
        ("answer_by", answer_by),
        ("closed_now", "" if office.hours.is_open(now) else "1"),
    )
    return Decision(
        replace(ticket, updated_at=now),
        (Entry("holding", MACHINE, ("24 小时内没有批准的答复,发暂复说明何时答复", owed.because)),),
        drafts=(DraftWanted("holding", "holding", ticket.language, None, more=more),),
        ended=superseded(ticket, ("holding", "acknowledgement"), MACHINE, "改发暂复"),
    )


# ---- progress (001-21, 001-24, 001-25) ----


def _ask_for_news(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """The owner is asked for a word for the customer, if one is needed and not there."""
    if _no_progress(ticket, owed, office, now) or _todays_news(ticket, office, now):
        return Decision(ticket)
    words = f"今天还没有写给客户的进展,{owed.due_at.astimezone(office.hours.zone):%H:%M} 将告知客户"
    text = about(ticket, owed, words)
    return Decision(ticket, reminders=(Reminder(owner_of(ticket), "soon", text, False, owed.due_at, owed.id),))


def _tell_progress(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """One mail each working day, or the reason why there is none; the next is promised at once."""
    following = office.planned(progress(max(now, owed.due_at), office.book.limits, office.hours), ticket.case)
    why = _no_progress(ticket, owed, office, now)
    left_over = superseded(ticket, ("progress",), MACHINE, "改发今天的进展")
    older = tuple(
        Settled(each.id, "broken", "没有人批准当天的进展邮件")
        for each in ticket.promises
        if each.kind == "progress" and each.id not in (None, owed.id) and each.stepped_at == each.due_at
    )
    if why:
        missed = why == _MISSED
        assert owed.id is not None
        return Decision(
            ticket,
            (Entry("no_progress", MACHINE, (why,)),),
            promised=(following,),
            settled=(*older, Settled(owed.id, "broken" if missed else "withdrawn", why)),
            ended=left_over,
        )
    news = _todays_news(ticket, office, now)
    more: tuple[tuple[str, More], ...] = (("news", news), ("next_by", following.due_at))
    words = "告知客户今天的进展" if news else "今天没有给客户的备注,如实告知仍在处理和下次告知的时间"
    return Decision(
        replace(ticket, updated_at=now),
        (Entry("progress", MACHINE, (words,)),),
        promised=(following,),
        settled=older,
        drafts=(DraftWanted("progress", "progress", ticket.language, None, more=more),),
        ended=left_over,
    )


_MISSED = "当天没有运行,未能发出"


def _no_progress(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> str:
    """Why no progress mail goes out today; empty: it does."""
    if not office.hours.same_day(owed.due_at, now):
        return _MISSED
    if ticket.written_at is not None and office.hours.same_day(ticket.written_at, now):
        return "今天已写信给客户"
    if ticket.on_its_way:
        return "给客户的邮件正在发出"
    if ticket.waiting_on == "customer":
        return "正在等待客户补充"
    return ticket.hush


def _todays_news(ticket: Ticket, office: Office, now: datetime) -> tuple[str, ...]:
    return ticket.news if ticket.news_at is not None and office.hours.same_day(ticket.news_at, now) else ()


# ---- departments (002-25, 002-26) ----


def _remind_department(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    return Decision(ticket, reminders=(_department(ticket, owed, office, "last"),))


def _department_late(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """The department is chased, and the customer is told that it is being hurried."""
    decision = _overdue(ticket, owed, office, now)
    reminders = (_department(ticket, owed, office, "overdue"), *decision.reminders)
    todays = _progress_to_come(ticket, office, now)
    if todays is None or todays.id is None or ticket.hush or ticket.on_its_way:
        return replace(decision, reminders=reminders)
    department = office.book.departments.get(owed.party)
    expected = office.book.limits.resume.due(office.hours.next_open(now), office.hours)
    side = "zh" if ticket.language == "zh" else "en"
    more: tuple[tuple[str, More], ...] = (
        ("department_name", department.name[side] if department else ""),
        ("expected_by", expected),
    )
    following = progress(todays.due_at, office.book.limits, office.hours)
    return replace(
        decision,
        reminders=reminders,
        promised=(office.planned(following, ticket.case),),
        settled=(Settled(todays.id, "kept", "今天已告知客户正在催办"),),
        drafts=(DraftWanted("progress", "progress", ticket.language, None, more=more),),
        ended=superseded(ticket, ("progress",), MACHINE, "改为告知客户正在催办"),
    )


def _progress_to_come(ticket: Ticket, office: Office, now: datetime) -> Promise | None:
    """Today's progress mail, if it is still to come: this one takes its place, so that there is one a day."""
    to_come = (each for each in ticket.promises if each.kind == "progress" and each.due_at > now)
    return next((each for each in to_come if office.hours.same_day(each.due_at, now)), None)


def _chase_department(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    reminders = (_department(ticket, owed, office, "overdue"), *_chase(ticket, owed, office, now).reminders)
    return Decision(ticket, reminders=reminders)


def _department(ticket: Ticket, owed: Promise, office: Office, level: Literal["last", "overdue"]) -> Reminder:
    reminder = _reminder(ticket, owed, office, f"department:{owed.party}", level)
    return replace(reminder, text=f"{reminder.text}:{owed.about}")


# ---- what we wait for from the customer (002-27, 002-32) ----


def _ask_again(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """A friendly second question, for an agent to approve."""
    if ticket.waiting_on != "customer" or ticket.hush:
        return Decision(ticket)
    words = material_items(ticket.missing, ticket.language)
    wanted = DraftWanted("reply", "material_reminder", ticket.language, None, asks=True, more=(("items", words),))
    return Decision(
        replace(ticket, updated_at=now),
        (Entry("ask_again", MACHINE, ("客户还没有补充,已拟好提醒", owed.about)),),
        drafts=(wanted,),
        reminders=(_reminder(ticket, owed, office, owner_of(ticket), "soon"),),
    )


def _material_missing(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """The customer did not answer: the ticket is ours again, to end it or to try another way."""
    return Decision(
        replace(ticket, waiting_on="us", updated_at=now),
        (Entry("overdue", MACHINE, ("客户没有在期限内补充", owed.because)),),
        reminders=(_reminder(ticket, owed, office, owner_of(ticket), "overdue"),),
    )


def _remind_to_rate(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """One reminder, never a second."""
    if ticket.opted_out or ticket.hush or ticket.state != State.RESOLVED:
        return Decision(ticket)
    return _asking(ticket, "revisit_reminder", "客户还没有评价,提醒一次", now)


def _close_unrated(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    """A quiet period has passed (002-32)."""
    if ticket.state != State.RESOLVED or lacking(ticket):
        return Decision(ticket)
    return ended(ticket, MACHINE, "客户在期限内没有评价,按已解决关闭", now)


# ---- asking afterwards ----


def _revisit(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    if ticket.opted_out and not lacking(ticket):
        return ended(ticket, MACHINE, "客户谢绝回访,按已解决关闭", now)
    if ticket.hush or ticket.opted_out:
        why = ticket.hush or "客户谢绝回访"
        return Decision(ticket, (Entry("not_sent", MACHINE, ("没有发回访", why)),))
    return _asking(ticket, "revisit_invitation", "请客户确认是否真正解决、是否满意", now)


def _care(ticket: Ticket, owed: Promise, office: Office, now: datetime) -> Decision:
    if ticket.opted_out or ticket.hush or ticket.state not in (State.RESOLVED, State.CLOSED):
        assert owed.id is not None
        why = ticket.hush or ("客户谢绝回访" if ticket.opted_out else "问题仍在处理")
        return Decision(ticket, settled=(Settled(owed.id, "withdrawn", why),))
    return _asking(ticket, "care", "重大问题的关怀回访", now)


def _asking(ticket: Ticket, template: str, why: str, now: datetime) -> Decision:
    result: tuple[tuple[str, More], ...] = (("result", ticket.result or ""),)
    kinds: tuple[DraftKind, ...] = ("revisit",)
    return Decision(
        replace(ticket, updated_at=now),
        (Entry("revisit", MACHINE, (why,)),),
        drafts=(DraftWanted("revisit", template, ticket.language, None, more=result),),
        ended=superseded(ticket, kinds, MACHINE, "改发新的回访"),
    )


Act = Callable[[Ticket, Promise, Office, datetime], Decision]
STEPS: dict[tuple[str, str], Act] = {
    ("", "remind"): _remind,
    ("", "alert"): _alert,
    ("", "due"): _overdue,
    ("", "chase"): _chase,
    ("answer", "hold"): _hold,
    ("progress", "remind"): _ask_for_news,
    ("progress", "send"): _tell_progress,
    ("department", "alert"): _remind_department,
    ("department", "remind"): _remind_department,
    ("department", "due"): _department_late,
    ("department", "chase"): _chase_department,
    ("material", "nudge"): _ask_again,
    ("material", "due"): _material_missing,
    ("feedback", "nudge"): _remind_to_rate,
    ("feedback", "due"): _close_unrated,
    ("revisit", "send"): _revisit,
    ("care", "send"): _care,
}
_ENDS_AT_DUE = ("feedback",)  # no limit of ours was broken
