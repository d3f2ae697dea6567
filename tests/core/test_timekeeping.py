"""What the clock brings: reminders, the holding reply, progress, revisits, and the end of waiting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot.core.decide import decide
from mailbot.core.decision import Decision
from mailbot.core.office import Office
from mailbot.core.promises import Case
from mailbot.core.ticket import OnItsWay, PromiseDue, State, Ticket
from tests.core.events import arrived, draft, ticket, understood

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def owing(kind: str, began: str, office: Office, **over: Any) -> Ticket:
    """A ticket that owes one promise of this kind, begun then."""
    state = over.pop("state", State.IN_PROGRESS)
    case = Case(over.get("priority", "normal"), over.get("category", "fault"), over.get("topic", "malfunction"))
    (promise,) = office.promises((kind,), case, local(began))
    given: dict[str, Any] = {
        "priority": case.priority,
        "category": case.category,
        "topic": case.topic,
        "promises": (replace(promise, id=1),),
        "drafts": (),
        "opened_at": local(began),
    }
    return ticket(state, **{**given, **over})


def at(moment: str, owes: Ticket, office: Office) -> Decision:
    """What the clock does at this moment, after all that came before it."""
    now = local(moment)
    for _ in range(20):
        decision = decide(owes, PromiseDue(1), office, now)
        following = decision.stepped[0].next_at if decision.stepped else None
        if following is None or following > now:
            return decision
        owes = replace(owes, promises=(decision.stepped[0],))
    raise AssertionError("the clock never comes to rest")


def told(decision: Decision) -> list[tuple[str, str]]:
    return [(each.audience, each.level) for each in decision.reminders]


# ---- reminders ----


def test_the_owner_is_reminded_and_at_the_last_step_the_supervisors_too(office: Office) -> None:
    owes = owing("answer", "2026-11-23 09:00", office, owner="wang", priority="important")

    assert [("agent:wang", "soon")] == told(at("2026-11-23 11:30", owes, office))
    assert [("agent:wang", "last"), ("supervisors", "last")] == told(at("2026-11-23 13:00", owes, office))


def test_a_ticket_of_nobody_is_the_supervisors_matter(office: Office) -> None:
    assert [("supervisors", "soon")] == told(
        at("2026-11-23 11:30", owing("answer", "2026-11-23 09:00", office, priority="important"), office)
    )


@pytest.mark.rule("001-52")
def test_a_reminder_names_no_customer(office: Office) -> None:
    facts = (("phone", "13800000017"), ("name", "李明"))
    owes = owing("answer", "2026-11-23 09:00", office, owner="wang", priority="important", facts=facts)
    (first, *_) = at("2026-11-23 13:05", owes, office).reminders

    assert owes.number in first.text
    assert not any(word in first.text for word in (owes.customer, owes.subject, "13800000017", "李明"))


def test_after_an_outage_only_the_step_of_now_is_done(office: Office) -> None:
    owes = owing("answer", "2026-11-23 09:00", office, owner="wang", priority="important")

    decision = decide(owes, PromiseDue(1), office, local("2026-11-23 13:30"))

    assert [("agent:wang", "last"), ("supervisors", "last")] == told(decision)


def test_what_broke_in_an_outage_is_told_once_and_not_for_each_morning_that_passed(office: Office) -> None:
    owes = owing("department", "2026-11-23 09:00", office, owner="wang", priority="important")
    owes = replace(owes, promises=(replace(owes.promises[0], party="technical"),))

    decision = decide(owes, PromiseDue(1), office, local("2026-11-26 02:20"))

    assert [("department:technical", "overdue"), ("agent:wang", "overdue"), ("supervisors", "overdue")] == told(
        decision
    )
    assert local("2026-11-26 09:00") == decision.stepped[0].next_at


@pytest.mark.rule("001-22")
def test_what_breaks_is_escalated_and_both_hear_of_it(office: Office) -> None:
    owes = owing("answer", "2026-11-23 09:00", office, owner="wang", priority="important")

    decision = at("2026-11-23 14:00", owes, office)

    assert State.ESCALATED == decision.ticket.state
    assert [("agent:wang", "overdue"), ("supervisors", "overdue")] == told(decision)
    assert decision.stepped[0].broken_at == decision.stepped[0].due_at


# ---- the holding reply ----


@pytest.mark.rule("000-36")
def test_a_second_graver_mail_does_not_put_off_the_holding_reply_of_the_first(office: Office) -> None:
    waits = owing("answer", "2026-11-23 09:00", office, category="enquiry", topic="usage", owner="wang")
    second = arrived(understood("fault", "malfunction", "important"), mail_id=2, into=7, at=local("2026-11-23 10:00"))

    decision = decide(waits, second, office, local("2026-11-23 10:00"))

    (answer,) = (each for each in decision.promised if each.kind == "answer")
    assert local("2026-11-23 09:00") == answer.began_at
    held = at("2026-11-24 08:30", replace(decision.ticket, promises=(replace(answer, id=1),)), office)
    assert ["holding"] == [each.kind for each in held.drafts]


@pytest.mark.rule("000-36")
@pytest.mark.rule("003-11")
def test_half_an_hour_before_the_cap_a_holding_reply_says_when_work_resumes(office: Office) -> None:
    owes = owing("answer", "2026-10-01 10:00", office)  # National Day

    decision = at("2026-10-02 09:30", owes, office)

    (wanted,) = decision.drafts
    said = dict(wanted.more)
    assert ("holding", "holding") == (wanted.kind, wanted.template)
    assert (local("2026-10-08 09:00"), local("2026-10-08 14:00")) == (said["resumes_at"], said["answer_by"])
    assert "1" == said["closed_now"]


@pytest.mark.rule("000-36")
def test_no_holding_reply_while_an_answer_is_on_its_way(office: Office) -> None:
    owes = owing("answer", "2026-10-01 10:00", office)
    answered = replace(owes, on_its_way=(OnItsWay("reply", local("2026-10-02 09:29")),))

    assert () == at("2026-10-02 09:30", answered, office).drafts


def test_no_holding_reply_to_whom_no_machine_may_write(office: Office) -> None:
    decision = at("2026-10-02 09:30", owing("answer", "2026-10-01 10:00", office, hush="疑似垃圾邮件"), office)

    assert () == decision.drafts
    assert ["not_sent"] == [entry.what for entry in decision.journal]


# ---- progress ----


@pytest.mark.rule("000-39")
@pytest.mark.rule("001-24")
@pytest.mark.rule("001-25")
@pytest.mark.rule("003-21")
def test_at_five_the_customer_hears_what_was_noted_today(office: Office) -> None:
    noted = ("已联系维修团队,预计明日上门",)
    owes = owing("progress", "2026-11-23 09:00", office, news=noted, news_at=local("2026-11-23 11:00"))

    decision = at("2026-11-23 17:00", owes, office)

    (wanted,) = decision.drafts
    assert noted == dict(wanted.more)["news"]
    assert local("2026-11-24 17:00") == dict(wanted.more)["next_by"]
    assert [local("2026-11-24 17:00")] == [each.due_at for each in decision.promised]
    assert () == decision.settled  # kept when it was sent


def test_news_of_yesterday_is_no_news(office: Office) -> None:
    owes = owing("progress", "2026-11-23 09:00", office, news=("明日上门",), news_at=local("2026-11-22 11:00"))

    assert () == dict(at("2026-11-23 17:00", owes, office).drafts[0].more)["news"]


@pytest.mark.rule("001-21")
def test_who_has_noted_nothing_is_asked_for_it_and_who_has_is_not(office: Office) -> None:
    owes = owing("progress", "2026-11-23 09:00", office, owner="wang")
    noted = replace(owes, news=("已发货",), news_at=local("2026-11-23 11:00"))

    assert [("agent:wang", "soon")] == told(at("2026-11-23 15:00", owes, office))
    assert [("agent:wang", "soon")] == told(at("2026-11-23 16:30", owes, office))
    assert [] == told(at("2026-11-23 15:00", noted, office))


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"written_at": local("2026-11-23 09:01")}, "今天已写信给客户"),
        ({"on_its_way": (OnItsWay("reply", local("2026-11-23 16:59")),)}, "正在发出"),
        ({"waiting_on": "customer"}, "等待客户"),
        ({"hush": "疑似垃圾邮件"}, "疑似垃圾邮件"),
    ],
)
@pytest.mark.rule("001-24")
def test_no_progress_mail_has_its_reason_and_tomorrow_is_promised(
    over: dict[str, Any], why: str, office: Office
) -> None:
    decision = at("2026-11-23 17:00", owing("progress", "2026-11-23 09:00", office, **over), office)

    assert () == decision.drafts
    assert why in decision.settled[0].reason
    assert "withdrawn" == decision.settled[0].state
    assert [local("2026-11-24 17:00")] == [each.due_at for each in decision.promised]


def test_a_progress_mail_that_an_outage_swallowed_is_not_sent_on_another_day(office: Office) -> None:
    decision = at("2026-11-24 10:00", owing("progress", "2026-11-23 09:00", office), office)

    assert () == decision.drafts
    assert [("broken", "当天没有运行,未能发出")] == [(each.state, each.reason) for each in decision.settled]
    assert [local("2026-11-24 17:00")] == [each.due_at for each in decision.promised]


@pytest.mark.rule("001-24")
def test_before_a_holiday_the_next_progress_is_promised_for_after_it(office: Office) -> None:
    decision = at("2026-09-30 17:00", owing("progress", "2026-09-30 09:00", office), office)

    assert [local("2026-10-08 17:00")] == [each.due_at for each in decision.promised]


# ---- departments ----


@pytest.mark.rule("002-25")
@pytest.mark.rule("002-26")
@pytest.mark.rule("003-20")
def test_a_late_department_is_chased_and_the_customer_is_told_once(office: Office) -> None:
    owes = late_department(office, owner="wang")

    decision = at("2026-11-23 14:00", owes, office)

    assert [("department:technical", "overdue"), ("agent:wang", "overdue"), ("supervisors", "overdue")] == told(
        decision
    )
    (wanted,) = decision.drafts
    assert ("progress", "技术部") == (wanted.kind, dict(wanted.more)["department_name"])
    assert State.ESCALATED == decision.ticket.state
    # It is today's progress mail: there is no second one at five, and no other for a second department.
    assert [(2, "kept")] == [(each.promise_id, each.state) for each in decision.settled]
    assert [("progress", local("2026-11-24 17:00"))] == [(each.kind, each.due_at) for each in decision.promised]
    late = replace(decision.ticket, promises=decision.stepped)
    assert [("department:technical", "overdue"), ("agent:wang", "overdue")] == told(
        decide(late, PromiseDue(1), office, local("2026-11-24 09:00"))
    )


def late_department(office: Office, **over: Any) -> Ticket:
    """A department that owes its answer by 14:00, and the progress mail of five o'clock."""
    owes = owing("department", "2026-11-23 09:00", office, priority="important", **over)
    (progress,) = office.promises(("progress",), owes.case, local("2026-11-23 09:00"))
    task = replace(owes.promises[0], party="technical", about="检测主板")
    return replace(owes, promises=(task, replace(progress, id=2)))


@pytest.mark.rule("002-26")
def test_a_customer_who_was_told_of_the_transfer_is_told_that_it_is_late(office: Office) -> None:
    written = late_department(office, written_at=local("2026-11-23 10:00"))
    after_five = replace(written, promises=written.promises[:1])

    assert 1 == len(at("2026-11-23 14:00", written, office).drafts)
    assert () == at("2026-11-23 14:00", after_five, office).drafts


# ---- what we wait for ----


@pytest.mark.rule("002-27")
@pytest.mark.rule("004-14")
def test_a_customer_who_sends_nothing_is_asked_once_more_by_an_agent(office: Office) -> None:
    owes = owing("material", "2026-11-23 10:00", office, waiting_on="customer", missing=("photo",), owner="wang")

    (wanted,) = at("2026-11-26 09:00", owes, office).drafts

    assert ("reply", "material_reminder", True) == (wanted.kind, wanted.template, wanted.asks)
    items = dict(wanted.more)["items"]
    assert isinstance(items, tuple)
    assert "照片" in items[0]
    assert ("us", ()) == (
        at("2026-11-30 18:00", owes, office).ticket.waiting_on,
        at("2026-11-30 18:00", owes, office).drafts,
    )


@pytest.mark.rule("001-30")
@pytest.mark.rule("003-23")
@pytest.mark.rule("004-28")
def test_a_solved_case_is_asked_about(office: Office) -> None:
    owes = owing("revisit", "2026-11-23 09:00", office, state=State.RESOLVED, result="已更换主板")

    (wanted,) = at("2026-11-23 11:00", owes, office).drafts

    assert ("revisit", "revisit_invitation") == (wanted.kind, wanted.template)
    assert "已更换主板" == dict(wanted.more)["result"]


@pytest.mark.rule("002-32")
def test_silence_gets_one_reminder_and_then_closes_the_case(office: Office) -> None:
    asked = {"state": State.RESOLVED, "result": "已更换", "handled_at": local("2026-11-20 10:00")}
    owes = owing("feedback", "2026-11-23 10:00", office, **asked, revisited_at=local("2026-11-23 10:00"))

    assert ["revisit_reminder"] == [each.template for each in at("2026-11-26 09:00", owes, office).drafts]
    closed = at("2026-11-30 18:00", owes, office)
    assert (State.CLOSED, ()) == (closed.ticket.state, closed.drafts)
    assert "没有评价" in closed.journal[0].reasons[0]


def test_nobody_is_asked_who_wants_no_more_revisits(office: Office) -> None:
    asked = {"state": State.RESOLVED, "result": "已更换", "handled_at": local("2026-11-20 10:00"), "opted_out": True}

    decision = at("2026-11-23 12:00", owing("revisit", "2026-11-23 09:00", office, **asked), office)

    assert ((), State.CLOSED) == (decision.drafts, decision.ticket.state)


@pytest.mark.rule("003-24")
def test_a_major_case_gets_a_care_visit_later(office: Office) -> None:
    owes = owing("care", "2026-11-23 09:00", office, category="complaint", topic="quality", state=State.CLOSED)

    assert ["care"] == [each.template for each in at("2026-12-07 09:00", owes, office).drafts]
    again = replace(owes, state=State.IN_PROGRESS)
    assert "withdrawn" == at("2026-12-07 09:00", again, office).settled[0].state


def test_rules_that_were_changed_meanwhile_only_move_the_next_look(office: Office) -> None:
    owes = owing("solve", "2026-11-23 09:00", office)

    decision = decide(owes, PromiseDue(1), office, local("2026-11-23 09:01") + timedelta(minutes=1))

    assert ((), (), owes) == (decision.journal, decision.reminders, decision.ticket)
    assert owes.promises == decision.stepped


def test_a_new_progress_mail_takes_the_place_of_one_that_nobody_approved(office: Office) -> None:
    owes = owing("progress", "2026-11-23 09:00", office)
    old = replace(owes.promises[0], id=9, due_at=local("2026-11-20 17:00"), stepped_at=local("2026-11-20 17:00"))
    owes = replace(owes, promises=(*owes.promises, old), drafts=(draft(5, kind="progress"),))

    decision = decide(
        replace(owes, promises=(replace(owes.promises[0], stepped_at=local("2026-11-23 16:30")), old)),
        PromiseDue(1),
        office,
        local("2026-11-23 17:00"),
    )

    assert [(5, "superseded")] == [(each.draft_id, each.state) for each in decision.ended]
    assert [(9, "broken")] == [(each.promise_id, each.state) for each in decision.settled]
