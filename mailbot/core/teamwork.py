"""What follows when a ticket is given to somebody, or a department has to help (001-12 to 001-16, 002-22 to 002-26).

A transfer is a sub-task: a promise that a department owes us. The ticket keeps its owner, who stays responsible.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.core.decision import SUPERVISORS, Decision, DraftWanted, Entry, More, Note, Reminder, Settled
from mailbot.core.notices import material_items
from mailbot.core.office import Office
from mailbot.core.promises import Promise, clock_words, made, promise
from mailbot.core.rules import FACTS
from mailbot.core.settling import (
    by_id,
    done,
    is_urgent,
    kept,
    machines_replies,
    owed,
    owner_of,
    plan_wanted,
    pledged,
    refused,
    withdrawn,
    worked,
)
from mailbot.core.ticket import (
    STATE_NAMES,
    Assigned,
    Delayed,
    MaterialWanted,
    Objected,
    TaskDone,
    Ticket,
    Transferred,
    after,
)


def assigned(ticket: Ticket, event: Assigned, office: Office, now: datetime) -> Decision:
    """The new owner is told (001-14) and has an hour to confirm (001-16)."""
    state = after(ticket.state, "assign")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能分配;如需继续处理请先重新打开")
    if event.to == ticket.owner:
        return refused(ticket, f"{event.to} 已经是负责人")
    changed = replace(ticket, owner=event.to, state=state, updated_at=now)
    settled = withdrawn(ticket, ("confirm",), f"改由 {event.to} 负责")
    return Decision(
        changed,
        (Entry("assigned", event.agent, (f"负责人:{event.to}",)),),
        promised=given_to(changed, office, now),
        settled=settled,
        reminders=(new_owner(changed),),
    )


def given_to(ticket: Ticket, office: Office, now: datetime) -> tuple[Promise, ...]:
    """What an owner owes who did not take the ticket: to confirm it, and a first plan."""
    return (*office.promises(("confirm",), ticket.case, now), *plan_wanted(ticket, office, now))


def new_owner(ticket: Ticket) -> Reminder:
    return Reminder(owner_of(ticket), "assigned", f"{ticket.number} 由您负责,请确认接手", is_urgent(ticket))


def transferred(ticket: Ticket, event: Transferred, office: Office, now: datetime) -> Decision:
    """A department gets a task with a date; the customer is told who will be in touch (002-23)."""
    department = office.book.departments.get(event.department)
    state = after(ticket.state, "work")
    task = event.task.strip()
    if department is None:
        return refused(ticket, f"没有这个部门:{event.department}")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能转交;如需继续处理请先重新打开")
    if not task:
        return refused(ticket, "请写明需要该部门做什么")
    if event.due_by is not None and event.due_by <= now:
        return refused(ticket, "要求完成的时间已经过去")
    name = department.name["zh"]
    owes = _task(ticket, event, name, office, now)
    changed, settled = worked(ticket, event.agent, now)
    changed = replace(changed, state=state, waiting_on="department", owner=ticket.owner or event.agent)
    told = f"{ticket.number} 需要{name}协助:{task};请在 {clock_words(owes.due_at, office.hours)} 前答复"
    drafts: tuple[DraftWanted, ...] = ()
    if event.tell and ticket.customer:
        side = "zh" if ticket.language == "zh" else "en"
        more: tuple[tuple[str, More], ...] = (
            ("department_name", department.name[side]),
            ("person", event.person or (department.person if side == "zh" else "")),
            ("contact_by", owes.due_at),
        )
        drafts = (DraftWanted("reply", "transfer", ticket.language, None, more=more),)
    return Decision(
        changed,
        (Entry("transferred", event.agent, (f"转交{name}:{task}", owes.because)),),
        promised=(office.planned(owes, ticket.case),),
        settled=settled,
        reminders=(Reminder(f"department:{event.department}", "assigned", told, is_urgent(ticket), owes.due_at),),
        drafts=drafts,
        ended=machines_replies(ticket, event.agent, "改为告知客户已转交") if drafts else (),
    )


def _task(ticket: Ticket, event: Transferred, name: str, office: Office, now: datetime) -> Promise:
    by_rule = promise("department", ticket.case, now, office.book.limits, office.hours)
    if event.due_by is not None or by_rule is None:
        due = event.due_by or office.hours.add_working_days(now, 1)
        by_rule = made("department", now, due, f"{name}须在约定时间前答复", office.hours)
    about = event.task.strip()[:300] + (f"（{event.person}）" if event.person else "")  # who it was handed to (001-51)
    return replace(by_rule, about=about, party=event.department)


def task_done(ticket: Ticket, event: TaskDone, now: datetime) -> Decision:
    """The department's word goes into the notes; the owner hears of it."""
    task = by_id(ticket, event.promise_id)
    result = event.result.strip()
    if task is None or task.kind != "department" or task.id is None:
        return refused(ticket, "没有这项部门事项,或已经完成")
    if not result:
        return refused(ticket, "请写明部门的答复")
    others = [each for each in ticket.promises if each.kind == "department" and each.id != task.id]
    changed = replace(ticket, waiting_on="department" if others else "us", updated_at=now)
    reminders: tuple[Reminder, ...] = ()
    if ticket.owner and ticket.owner != event.agent:
        words = f"{ticket.number} 部门已答复,请继续处理"
        reminders = (Reminder(owner_of(ticket), "answered", words, is_urgent(ticket)),)
    return Decision(
        changed,
        (Entry("task_done", event.agent, (task.about, result)),),
        settled=(Settled(task.id, kept(task, now), result),),
        reminders=reminders,
        note=Note(event.agent, f"{task.about}:{result}"),
    )


def delayed(ticket: Ticket, event: Delayed, now: datetime) -> Decision:
    """Told in advance, with the reason and the new time (001-22, 001-23, 004-24)."""
    state = after(ticket.state, "escalate")
    reason = event.reason.strip()
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},没有什么可延期")
    if not reason or event.new_by <= now:
        return refused(ticket, "请写明延期的原因和新的时间(须在以后)")
    changed, settled = worked(ticket, event.agent, now)
    more: tuple[tuple[str, More], ...] = (("reason", reason), ("new_by", event.new_by))
    moved = tuple(
        Settled(each.id, "withdrawn", "已延期,改按新的时间") for each in pledged(ticket, "plan") if each.id is not None
    )
    return Decision(
        replace(changed, state=state, owner=ticket.owner or event.agent),
        (Entry("delayed", event.agent, (reason,)),),
        settled=(*settled, *moved),
        reminders=(Reminder(SUPERVISORS, "escalated", f"{ticket.number} 预计延期", is_urgent(ticket)),),
        drafts=(DraftWanted("reply", "delay", ticket.language, None, more=more),),
        ended=machines_replies(ticket, event.agent, "改为告知客户延期"),
    )


def material_wanted(ticket: Ticket, event: MaterialWanted, now: datetime) -> Decision:
    """A mail that lists exactly what is missing and how to send it (002-27)."""
    items = tuple(" ".join(each.split()) for each in event.items if each.strip())
    state = after(ticket.state, "work")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]},不能再向客户要材料;如需继续处理请先重新打开")
    if not items:
        return refused(ticket, "请写明需要客户补充什么")
    codes = tuple(each for each in items if each in FACTS)
    words = tuple(phrase for each in items for phrase in _phrases(each, ticket.language))
    changed, settled = worked(ticket, event.agent, now)
    missing = tuple(dict.fromkeys((*ticket.missing, *codes)))
    wanted = DraftWanted("reply", "material", ticket.language, None, asks=True, more=(("items", words),))
    return Decision(
        replace(changed, missing=missing, state=state, owner=ticket.owner or event.agent),
        (Entry("material_wanted", event.agent, words),),
        settled=settled,
        drafts=(wanted,),
        ended=machines_replies(ticket, event.agent, "改为请客户补充材料"),
    )


def _phrases(item: str, language: str) -> tuple[str, ...]:
    return material_items((item,), language) if item in FACTS else (item,)


def objected(ticket: Ticket, event: Objected, office: Office, now: datetime) -> Decision:
    """002-29: another plan, or the final opinion on record and the case escalated."""
    demand, plan = event.demand.strip().removeprefix("要求"), event.plan.strip()
    state = after(ticket.state, "work" if plan else "escalate")
    if state is None:
        return refused(ticket, f"工单{STATE_NAMES[ticket.state]};客户不接受时请先重新打开")
    if not demand:
        return refused(ticket, "请写明客户的诉求")
    changed, settled = worked(ticket, event.agent, now)
    if plan:
        return Decision(
            replace(changed, state=state, plan=plan),
            (Entry("objected", event.agent, (f"客户不接受原方案:{demand}", f"调整方案:{plan}")),),
            settled=(*settled, *done(ticket, ("plan",), "方案已调整", now)),
        )
    words = f"客户坚持要求{demand},将升级至主管处理"
    promised = office.promises(("plan",), ticket.case, now) if owed(ticket, "plan") is None else ()
    return Decision(
        replace(changed, state=state, plan=None),
        (Entry("objected", event.agent, (words,)),),
        promised=promised,
        settled=settled,
        reminders=(Reminder(SUPERVISORS, "escalated", f"{ticket.number} 客户不接受方案", is_urgent(ticket)),),
    )
